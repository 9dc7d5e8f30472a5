import { query } from './api.js';
import { html, keyed, make, partsOf, rove, send, show, text } from './lib/dom.js';
import { ErrorNote } from './lib/error.js';
import { ago, envName, exact, short, tagName } from './lib/words.js';

const LIMIT = 100;

/** Dev's commit log, a tab of the site. */
export function Commits(el) {
  const log = CommitLog(el);
  return (board) => log(board, 'dev');
}

/** An environment's commits down the first parents, with the environments that hold each; one opens with its diff. */
export function CommitLog(el) {
  el.append(make('div'), html`<div class="panel"><ol class="rows log" aria-label="Commit Log"></ol><p class="none">No commit yet.</p><p class="foot-note"><button type="button" class="link">Show more</button></p></div>`);
  const note = ErrorNote(el.firstElementChild);
  const [list, none, foot] = el.lastElementChild.children;
  let shown = '';
  let commits = [];
  let limit = LIMIT;
  let asked = 0;
  let environment = '';
  rove(list);
  foot.firstElementChild.addEventListener('click', () => { limit += LIMIT; load(); });

  async function load() {
    const mine = ++asked;
    try {
      const answer = await query({ query: 'code_log', environment, limit });
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
    show(foot, commits.length >= limit);
    keyed(list, commits, (it) => it.commit, Row, (row, it) => row.update(it, it === commits[0]));
  }

  function Row({ commit }) {
    const row = html`<li><button type="button" class="row" data-rove data-part="open"><code data-part="commit"></code><span class="what"><b data-part="subject"></b><small data-part="author"></small></span><span class="labels" data-part="labels"></span><time class="when" data-part="when"></time></button></li>`;
    const parts = partsOf(row);
    parts.open.addEventListener('click', () => send(row, 'showCommit', { site: environment.split('.')[0], commit }));
    row.update = (it, first) => {
      parts.open.tabIndex = first ? 0 : -1;
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

  return (board, name) => {
    // Asked again only when an environment's code has moved, not on every drawing.
    const state = [`${board.site.name}.${name}`, ...board.environments.map((it) => `${it.code.commit} ${it.code.tag}`)].join(' ');
    if (state === shown) return draw();
    if (environment !== `${board.site.name}.${name}`) [commits, limit] = [[], LIMIT];
    environment = `${board.site.name}.${name}`;
    shown = state;
    load();
  };
}
