import { query } from './api.js';
import { html, keyed, make, partsOf, show, text } from './lib/dom.js';
import { ErrorNote } from './lib/error.js';
import { ago, envName, exact, short, tagName } from './lib/words.js';

const LIMIT = 100;

/** Dev's commit log, with the environments that hold each commit. */
export function Commits(el) {
  el.append(make('div'), html`<div class="panel"><ol class="rows" aria-label="Commits"></ol><p class="none">No commit yet.</p></div>`);
  const note = ErrorNote(el.firstElementChild);
  const [list, none] = el.lastElementChild.children;
  let shown = '';
  let commits = [];
  let asked = 0;

  async function load(site) {
    const mine = ++asked;
    try {
      const answer = await query({ query: 'code_log', environment: `${site}.dev`, limit: LIMIT });
      if (mine !== asked) return;
      commits = answer;
      note(null);
    } catch (error) {
      if (mine === asked) note(error);
    }
    draw();
  }

  function draw() {
    show(none, !commits.length);
    keyed(list, commits, (it) => it.commit, Row, (row, it) => row.update(it));
  }

  return (board) => {
    // Asked again only when an environment's code has moved, not on every drawing.
    const state = [board.site.name, ...board.environments.map((it) => `${it.code.commit} ${it.code.tag}`)].join(' ');
    if (state === shown) return draw();
    if (!shown.startsWith(`${board.site.name} `)) commits = [];
    shown = state;
    load(board.site.name);
  };
}

function Row() {
  const row = html`<li><code data-part="commit"></code><span class="what"><b data-part="subject"></b><small data-part="author"></small></span><span class="labels" data-part="labels"></span><time class="when" data-part="when"></time></li>`;
  const parts = partsOf(row);
  row.update = (it) => {
    text(parts.commit, short(it.commit));
    parts.commit.title = it.commit;
    text(parts.subject, it.subject);
    text(parts.author, it.author);
    text(parts.when, ago(it.date));
    parts.when.dateTime = it.date;
    parts.when.title = exact(it.date);
    const labels = [...it.tags.map((tag) => [tagName(tag), 'badge']), ...it.labels.map((label) => [envName(label), 'badge plain'])];
    keyed(parts.labels, labels, (label) => label[0], () => make('span'), (el, [words, name]) => { text(el, words).className = name; });
  };
  return row;
}
