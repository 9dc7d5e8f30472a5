import { html, keyed, make, partsOf, show, text } from './lib/dom.js';

export const SCORES = { ok: 'OK', info: 'Info', warning: 'Warning', error: 'Error' };
const ORDER = ['error', 'warning', 'info', 'ok'];

/** How a check came out, in a word and a colour. */
export function Score() {
  const badge = make('span', 'score');
  badge.update = (score) => {
    badge.dataset.score = score;
    text(badge, SCORES[score]);
  };
  return badge;
}

/** The name of a check; groups of one bear its name. */
export const nameOf = (it) => (it.group === it.name ? it.name : `${it.group}: ${it.name}`);

/**
 * The checks of a Launch Check: those to look at first, those that are all right folded away.
 * @returns {(findings: import('./types').Finding[]) => void}
 */
export function Findings(el) {
  el.append(
    html`<ul class="rows panel findings" aria-label="Checks to look at"></ul>`,
    html`<details class="fine"><summary></summary><ul class="rows panel findings" aria-label="Checks that are all right"></ul></details>`,
  );
  const [open, fine] = el.children;
  const [summary, closed] = fine.children;
  return (findings) => {
    const sorted = [...findings].sort((a, b) => ORDER.indexOf(a.score) - ORDER.indexOf(b.score));
    const bad = sorted.filter((it) => it.score !== 'ok');
    const good = sorted.filter((it) => it.score === 'ok');
    show(open, bad.length);
    show(fine, good.length);
    text(summary, `${good.length} ${good.length === 1 ? 'check is' : 'checks are'} all right`);
    keyed(open, bad, nameOf, Finding, (row, it) => row.update(it));
    keyed(closed, good, nameOf, Finding, (row, it) => row.update(it));
  };
}

function Finding() {
  const row = html`<li><div class="what selectable"><b data-part="name"></b><span data-part="result"></span><span class="advice" data-part="action"></span><details data-part="more"><summary>Details</summary><div class="scroll" tabindex="0"><table><thead><tr data-part="head"></tr></thead><tbody data-part="body"></tbody></table></div></details></div></li>`;
  const parts = partsOf(row);
  const score = Score();
  row.prepend(score);
  row.update = (it) => {
    score.update?.(it.score);
    text(parts.name, nameOf(it));
    text(parts.result, it.result);
    text(parts.action, it.action);
    show(parts.action, it.action);
    show(parts.more, it.rows.length);
    parts.more.querySelector('.scroll').setAttribute('aria-label', `Details of ${nameOf(it)}`);
    keyed(parts.head, it.headings, (name) => name, () => heading(), (cell, name) => text(cell, name));
    keyed(parts.body, it.rows.map((cells, at) => ({ cells, at })), (line) => line.at, () => make('tr'), (line, { cells }) => {
      keyed(line, cells.map((value, at) => ({ value, at })), (cell) => cell.at, () => make('td'), (cell, { value }) => text(cell, value));
    });
  };
  return row;
}

function heading() {
  const cell = make('th');
  cell.scope = 'col';
  return cell;
}
