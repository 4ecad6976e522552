import { Table, badge } from './tables.js';
import { setServerTime } from './times.js';

const $ = id => document.getElementById(id);
const state = {};
let selfAt = 0;

const duration = milliseconds => milliseconds < 1 ? `${(milliseconds * 1000).toFixed(0)} µs` : milliseconds < 1000 ? `${milliseconds.toFixed(milliseconds < 10 ? 1 : 0)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: 'short', timeStyle: 'medium' });
const safeUrl = url => /^https?:\/\//.test(url ?? '') ? { href: url } : url;
const words = row => Object.values(row).flat().filter(value => typeof value === 'string').join(' ');

const statusTone = { Up: 'good', Suspect: 'bad', Leaving: 'warn', Joining: 'warn' };
const stateTone = { Joined: 'good', Observing: 'good', Suspect: 'warn', Joining: 'warn', Leaving: 'warn', Lost: 'bad', Left: 'bad' };
const kinds = {
  Joined: ['joined', 'good'], Left: ['left', ''], Died: ['died', 'bad'], Suspected: ['suspected', 'warn'], Recovered: ['recovered', 'good'],
  Superseded: ['superseded', 'warn'], Updated: ['updated', ''], LostLock: ['lost a lock', 'bad'],
};

const member = id => {
  const known = state.members?.find(one => one.id === id);
  return known?.isSelf ? [{ text: id }, badge('this')] : id;
};
const lockName = row => row.group ? [{ text: row.name }, badge(`group ${row.group}`)] : row.name;
const mode = row => row.mode === 'Shared' ? badge('shared', 'accent') : 'exclusive';

const tables = {
  members: new Table($('members'), {
    title: 'Members', none: 'Nobody is in the group.', tall: true, key: row => row.number, text: words,
    columns: [
      { label: 'Member', kind: 'mono', of: row => [{ text: row.id }, row.isLeader && badge('leader', 'accent'), row.isSelf && badge('this')].filter(Boolean) },
      { label: 'Status', of: row => [badge(row.status.toLowerCase(), statusTone[row.status]), row.degraded && badge(`degraded: ${row.degraded}`, 'warn')].filter(Boolean) },
      { label: 'Heartbeat', kind: 'num', of: row => ({ since: row.lastHeartbeat, late: row.overdueMs }) },
      { label: 'Locks', kind: 'num', of: row => row.locks },
      { label: 'Waits', kind: 'num', of: row => row.waits },
      { label: 'Version', of: row => row.version },
      { label: 'Zone', of: row => row.zone },
      { label: 'Url', kind: 'wide', of: row => safeUrl(row.url) },
      { label: 'Up for', kind: 'num', of: row => ({ since: row.joinedAt }) },
      { label: 'No.', kind: 'num', of: row => row.number },
    ],
  }),
  held: new Table($('held'), {
    title: 'Held locks', none: 'No lock has been held for longer than a second.', tall: true, key: row => `${row.token}/${row.name}/${row.member}`, text: words,
    columns: [
      { label: 'Lock', kind: 'mono', of: lockName },
      { label: 'Holder', kind: 'mono', of: row => member(row.member) },
      { label: 'Held', kind: 'num', of: row => ({ since: row.since }) },
      { label: 'Mode', of: mode },
      { label: 'Waiters', kind: 'num', of: row => row.waiters ? badge(row.waiters, 'warn') : '0' },
      { label: 'Token', kind: 'num', of: row => row.token },
      { label: 'Reason', kind: 'wide', of: row => row.reason },
    ],
  }),
  waits: new Table($('waits'), {
    title: 'Waiters', none: 'Nobody has waited for longer than a second.', tall: true, key: row => `${row.name}/${row.member}/${row.since}`, text: words,
    columns: [
      { label: 'Lock', kind: 'mono', of: lockName },
      { label: 'Waiter', kind: 'mono', of: row => member(row.member) },
      { label: 'Waits', kind: 'num', of: row => ({ since: row.since }) },
      { label: 'Blocked by', kind: 'mono', of: row => row.blockedBy.join(', ') },
      { label: 'Mode', of: mode },
      { label: 'Reason', kind: 'wide', of: row => row.reason },
    ],
  }),
  roles: new Table($('roles'), {
    title: 'Roles', none: 'No member leads a role or wants to.', tall: true, key: row => row.role, text: words,
    columns: [
      { label: 'Role', kind: 'mono', of: row => row.role },
      { label: 'Leader', kind: 'mono', of: row => row.leader ? member(row.leader) : badge('no leader', 'warn') },
      { label: 'Leads', kind: 'num', of: row => row.since === undefined ? null : ({ since: row.since }) },
      { label: 'Token', kind: 'num', of: row => row.token },
      { label: 'Candidates', kind: 'wide', of: row => row.candidates.join(', ') },
    ],
  }),
  partitions: new Table($('partitions'), {
    title: 'Partitions', none: 'No member runs a partitioned service.', tall: true, key: row => `${row.service}/${row.owner}`, text: words,
    columns: [
      { label: 'Service', kind: 'mono', of: row => row.service },
      { label: 'Owner', kind: 'mono', of: row => row.owner ? member(row.owner) : badge('no owner', 'warn') },
      { label: 'Count', kind: 'num', of: row => row.count },
      { label: 'Partitions', kind: 'wide', of: row => row.ranges },
    ],
  }),
  times: new Table($('times'), {
    title: 'Wait times of this process, last 5 min', none: 'Nothing was acquired here since somebody looks, or metrics are off.', key: row => row.template, text: row => row.template,
    columns: [
      { label: 'Template', kind: 'mono', of: row => row.template },
      { label: 'Count', kind: 'num', of: row => row.count },
      { label: 'p50', kind: 'num', of: row => duration(row.p50Ms) },
      { label: 'p99', kind: 'num', of: row => duration(row.p99Ms) },
      { label: 'p50 and p99', of: row => ({ spark: [row.p50, row.p99], label: `Median ${duration(row.p50Ms)}, 99th percentile ${duration(row.p99Ms)} over five minutes` }) },
    ],
  }),
  history: new Table($('history'), {
    title: 'History', none: 'Nothing has happened yet.', tall: true, key: row => row.key, text: words,
    columns: [
      { label: 'What', of: row => badge(...kinds[row.kind] ?? [row.kind, '']) },
      { label: 'Member', kind: 'mono', of: row => row.member },
      { label: 'When', kind: 'num', of: row => moment.format(row.at) },
      { label: 'Why', kind: 'wide', of: row => row.why },
    ],
  }),
};

const show = {
  self() {
    const self = state.self;
    selfAt = performance.now();
    document.title = `${self.group} – coordination`;
    $('group').textContent = self.group;
    $('place').textContent = self.backend;
    $('self').textContent = self.memberId + (self.isObserver ? ' (observer)' : '');
    $('state').textContent = self.state.toLowerCase();
    $('state').className = `badge ${stateTone[self.state] ?? ''}`;
    $('reconnects').textContent = self.reconnects;
    error();
    tick();
  },
  group() {
    const group = state.group;
    if (group.serverTime !== undefined && !group.error) setServerTime(group.serverTime);
    $('view').textContent = group.view ?? '–';
    const version = group.serverVersion;
    $('server').textContent = !version ? '–' : version === 'memory' ? 'in memory' : `PostgreSQL ${version}`;
    error();
  },
  members() {
    $('leader').textContent = state.members.find(one => one.isLeader)?.id ?? '–';
    tables.members.show(state.members);
  },
  locks() {
    tables.held.show(state.locks.held, state.locks.lockCount);
    tables.waits.show(state.locks.waits, state.locks.waitCount);
  },
  roles() {
    tables.roles.show(state.roles);
  },
  partitions() {
    tables.partitions.show(state.partitions.flatMap(service => {
      const owners = new Map();
      for (const one of service.owned) owners.set(one.owner, [...owners.get(one.owner) ?? [], one.partition]);
      const taken = new Set(service.owned.map(one => one.partition));
      const free = Array.from({ length: service.count }, (_, i) => i).filter(i => !taken.has(i));
      if (free.length) owners.set('', free);
      return [...owners].sort(([a], [b]) => a < b ? -1 : 1).map(([owner, list]) => ({ service: service.service, owner, count: list.length, ranges: ranges(list) }));
    }));
  },
  history: history,
  lost: history,
  waits() { tables.times.show(state.waits); },
  sql() { for (const [name, table] of Object.entries(tables)) table.offer(state.sql[name]); },
};

function history() {
  const changes = (state.history ?? []).map((one, i) => ({ ...one, key: `${one.view}/${one.number}/${one.kind}`, why: [one.reason, one.judge && !one.reason?.includes(one.judge) && `judged by ${one.judge}`].filter(Boolean).join('; ') }));
  const lost = (state.lost ?? []).map(one => ({ ...one, kind: 'LostLock', key: `lost/${one.token}/${one.name}`, why: `${one.name}, token ${one.token}: ${one.reason}` }));
  tables.history.show([...changes, ...lost].sort((a, b) => b.at - a.at));
  const [newest] = changes;
  if (newest && history.last !== undefined && history.last !== newest.key) $('news').textContent = `${newest.member} ${kinds[newest.kind]?.[0] ?? newest.kind}`;
  history.last = newest?.key;
}

function ranges(list) {
  const parts = [];
  for (let i = 0; i < list.length; i++) {
    const start = list[i];
    while (list[i + 1] === list[i] + 1) i++;
    parts.push(start === list[i] ? `${start}` : `${start}–${list[i]}`);
  }
  return parts.join(', ');
}

function error() {
  const text = state.group?.error ?? state.self?.lastError;
  $('error').hidden = !text;
  if ($('error').textContent !== (text ?? '')) $('error').textContent = text ?? '';
}

function tick() {
  const self = state.self;
  if (self) {
    const left = self.leaseRemainingMs === null ? 0 : Math.max(0, self.leaseRemainingMs - (performance.now() - selfAt));
    const share = Math.min(1, left / self.leaseMs);
    $('lease').textContent = self.leaseRemainingMs === null ? 'none' : `${(left / 1000).toFixed(1)} s`;
    $('lease-bar').style.transform = `scaleX(${share.toFixed(3)})`;
    $('lease-bar').dataset.level = share > 1 / 3 ? 'good' : share > 0 ? 'warn' : 'bad';
  }
}

function live(value, text) {
  if ($('live').dataset.state === value) return;
  $('live').dataset.state = value;
  $('live').textContent = text;
}

$('filter').addEventListener('input', event => {
  const text = event.target.value.trim().toLowerCase();
  for (const table of Object.values(tables)) table.find(text);
});

const events = new EventSource('api/events');
events.onopen = () => live('on', 'live');
events.onerror = () => live('off', 'no connection to this process');
for (const name of Object.keys(show)) {
  events.addEventListener(name, event => {
    state[name] = JSON.parse(event.data);
    show[name]();
  });
}
setInterval(tick, 200);
