// Tables that change under the eyes of whoever reads them: a row keeps its element for as long as its key is there, and only cells that differ are
// written, so that focus, selection and the screen reader's place stay where they are.

import { time } from './times.js';

const firstRows = 100;
const mostFresh = 20; // about as many as are seen at once

export const element = (name, attributes = {}, ...children) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null && value !== false) made.setAttribute(key, value === true ? '' : value);
  }
  made.append(...children);
  return made;
};

export const badge = (text, tone = '') => ({ badge: text, tone });

export class Table {
  /**
   * @param section where it goes
   * @param terms {title, none, tall, columns: [{label, kind, of(row) → text | part | [part]}], key(row), text(row)}
   */
  constructor(section, terms) {
    this.terms = terms;
    this.rows = [];
    this.total = 0;
    this.filter = '';
    this.all = false;
    this.known = new Map();
    this.keys = new Set();
    this.fresh = new Set();
    this.isFirst = true;
    this.count = element('span', { class: 'count' });
    this.copy = element('button', { type: 'button', hidden: true }, 'Copy SQL');
    this.copy.setAttribute('aria-label', `Copy the SQL statement for ${terms.title.toLowerCase()}`);
    this.body = element('tbody');
    this.body.addEventListener('animationend', event => event.target.classList.remove('fresh')); // or it would begin again whenever its table is hidden and shown
    this.none = element('p', { class: 'none' });
    this.more = element('div', { class: 'more', hidden: true });
    const title = element('h2', { id: `${section.id}-title` }, terms.title);
    const head = element('tr', {}, ...terms.columns.map(column => element('th', { scope: 'col', class: column.kind === 'num' ? 'num' : null }, column.label)));
    this.scroll = element('div', { class: terms.tall ? 'scroll tall' : 'scroll', tabindex: terms.tall ? '0' : null, role: terms.tall ? 'region' : null, 'aria-labelledby': terms.tall ? title.id : null },
      element('table', { 'aria-labelledby': title.id }, element('thead', {}, head), this.body));
    section.setAttribute('aria-labelledby', title.id);
    section.replaceChildren(element('div', { class: 'head' }, title, this.count, this.copy), this.scroll, this.none, this.more);
  }

  offer(sql) {
    this.copy.hidden = !sql;
    this.copy.onclick = async () => {
      const label = this.copy.textContent;
      this.copy.textContent = await copyText(sql) ? 'Copied' : 'Not allowed to copy';
      setTimeout(() => { this.copy.textContent = label; }, 1500);
    };
  }

  show(rows, total = rows.length) {
    const keys = new Set(rows.map(this.terms.key));
    const added = [...keys].filter(key => !this.keys.has(key));

    // Not what the filter or a button brings back: it has been there before. Where all in sight is new nothing stands out, and a thousand animations stop the page.
    this.fresh = new Set(this.isFirst || added.length > mostFresh ? [] : added);
    this.keys = keys;
    this.rows = rows;
    this.total = total;
    this.render();
    this.fresh.clear();
    this.isFirst = this.isFirst && rows.length === 0;
  }

  find(filter) {
    this.filter = filter;
    this.render();
  }

  render() {
    const { terms, filter } = this;
    const fit = filter ? this.rows.filter(row => terms.text(row).toLowerCase().includes(filter)) : this.rows;
    const shown = new Map((this.all ? fit : fit.slice(0, firstRows)).map(row => [terms.key(row), row]));

    // First of all: in front of one that is to go, all that stay would be moved, and moved elements lose focus and selection.
    for (const [key, line] of this.known) if (!shown.has(key)) line.element.remove();
    const kept = new Map();
    let place = this.body.firstElementChild;
    for (const [key, row] of shown) {
      let line = this.known.get(key);
      if (!line) {
        line = { element: element('tr', { class: this.fresh.has(key) ? 'fresh' : null }), cells: terms.columns.map(() => null) };
        line.element.append(...terms.columns.map(column => element('td', { class: column.kind ?? null, 'data-label': column.label })));
      }
      kept.set(key, line);
      this.fill(line, row);
      if (line.element === place) place = place.nextElementSibling;
      else this.body.insertBefore(line.element, place);
    }
    this.known = kept;
    this.count.textContent = filter ? `${fit.length} of ${this.total}` : this.total > this.rows.length ? `${this.total}, the oldest ${this.rows.length} are known here` : `${this.total}`;
    this.scroll.hidden = fit.length === 0;
    this.none.hidden = fit.length > 0;
    this.none.textContent = filter && this.rows.length > 0 ? 'Nothing fits the filter.' : terms.none;
    this.more.hidden = this.all || fit.length <= firstRows;
    if (!this.more.hidden) {
      const button = this.more.firstElementChild ?? element('button', { type: 'button' });
      button.textContent = `Show all ${fit.length}`;
      button.onclick = () => { this.all = true; this.render(); };
      this.more.replaceChildren(button);
    }
  }

  fill(line, row) {
    this.terms.columns.forEach((column, i) => {
      const content = column.of(row);
      const mark = JSON.stringify(content ?? null);
      if (line.cells[i] === mark) return;
      line.cells[i] = mark;
      const cell = line.element.children[i];
      cell.replaceChildren(...(Array.isArray(content) ? content : [content]).filter(part => part !== null && part !== undefined && part !== '').map(part));
    });
  }
}

const part = content => {
  if (typeof content !== 'object') return document.createTextNode(content);
  if (content.badge) return element('span', { class: `badge ${content.tone}` }, content.badge);
  if (content.href) return element('a', { href: content.href, rel: 'noreferrer' }, content.href);
  if (content.since !== undefined) return time(content.since, content.late);
  if (content.spark) return spark(content);
  return element('span', {}, content.text);
};

async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Only https and localhost have a clipboard of that kind.
    const area = element('textarea', { class: 'hidden', 'aria-hidden': 'true' });
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    return done;
  }
}

function spark({ spark: [p50, p99], label }) {
  const space = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(space, 'svg');
  svg.setAttribute('class', 'spark');
  svg.setAttribute('viewBox', `0 0 ${Math.max(1, p99.length - 1)} 20`);
  svg.setAttribute('preserveAspectRatio', 'none');
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', label);
  const most = Math.max(...p99, 1e-9);
  for (const [name, points] of [['p99', p99], ['p50', p50]]) {
    const line = document.createElementNS(space, 'polyline');
    line.setAttribute('class', name);
    line.setAttribute('points', points.map((value, i) => `${i},${(19 - 18 * value / most).toFixed(2)}`).join(' '));
    svg.append(line);
  }
  return svg;
}
