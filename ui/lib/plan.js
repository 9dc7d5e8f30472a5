// Parts of dialogs that say what a clone or an import is going to do.
import { html, keyed, make, text } from './dom.js';
import { bytes, count, host, left, rows } from './words.js';

/** Facts as `[name, value]`; a value is text or an element. An unchanged fact keeps its element. */
export function Facts(el) {
  el.classList.add('facts');
  return (all) => keyed(el, all.filter(([, value]) => value), ([name]) => name, () => { const row = make('div'); row.append(make('dt'), make('dd')); return row; }, (row, [name, value]) => {
    const [term, words] = row.children;
    row.dataset.fact = name;
    text(term, name);
    if (typeof value === 'string') text(words, value);
    else if (words.firstChild !== value) words.replaceChildren(value);
  });
}

/** @param {import('../types').Effort} it */
export function effort({ needed, free, about_s: seconds }) {
  const time = seconds == null ? '' : `, about ${left(Math.max(1, seconds))}`;
  return `At most ${bytes(needed)} of ${bytes(free)} free${time}`;
}

export const isTight = ({ needed, free }) => needed > free;

/** Addresses and what replaces them. */
export function PairList() {
  const list = make('ul', 'pairs');
  return Object.assign(list, {
    update: (pairs) => keyed(list, pairs, (it) => `${it.old} ${it.new}`, (it) => {
      const row = html`<li><code></code><span aria-label="becomes">→</span><code></code></li>`;
      const [old, arrow, now] = row.children;
      arrow.setAttribute('role', 'img');
      text(old, host(it.old)).title = it.old;
      text(now, host(it.new)).title = it.new;
      return row;
    }, () => {}),
  });
}

/** Tables that are left out: how many, and on demand which. */
export function LeftOut() {
  const el = html`<details class="leftout"><summary></summary><ul></ul></details>`;
  const [summary, list] = el.children;
  return Object.assign(el, {
    update: (tables) => {
      const all = { rows: tables.reduce((sum, it) => sum + it.rows, 0), estimated: tables.some((it) => it.estimated) };
      const size = tables.reduce((sum, it) => sum + it.bytes, 0);
      text(summary, `${rows(all)} of ${count(tables.length, 'table')}${size ? ` (${bytes(size)})` : ''}; their structure is kept`);
      keyed(list, tables, (it) => it.table, () => html`<li><code></code><small></small></li>`, (row, it) => {
        const [name, note] = row.children;
        text(name, it.table);
        text(note, [rows(it), it.bytes ? bytes(it.bytes) : ''].filter(Boolean).join(', '));
      });
    },
  });
}
