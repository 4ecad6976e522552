// Times since an instant of the server's clock, which go on by themselves.

let clockOffset = 0; // the server's clock minus this browser's monotonic one

export const setServerTime = milliseconds => { clockOffset = milliseconds - performance.now(); };

const span = milliseconds => {
  const seconds = Math.max(0, milliseconds) / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.floor(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
};

/** An element that says how long it has been since then, and stands out where that is later than it should be. */
export function time(since, late) {
  const made = document.createElement('time');
  made.dataset.since = since;
  if (late !== undefined) made.dataset.late = late;
  made.append('');
  write(made);
  return made;
}

function write(time) {
  const age = performance.now() + clockOffset - time.dataset.since;
  const text = span(age);
  if (time.firstChild.data !== text) time.firstChild.data = text; // the same node, so that a selection that begins or ends in it stays
  time.classList.toggle('late', age > Number(time.dataset.late)); // never without a limit: NaN
}

// Not more often: one text that changes lays its whole table out anew, and with thousands of rows that is most of what the page does.
setInterval(() => { for (const time of document.querySelectorAll('time')) write(time); }, 1000);
