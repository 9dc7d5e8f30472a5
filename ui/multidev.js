// The Multidev tab of a site: its environments beside Dev, Test and Live, and branches that can become one.
import { query } from './api.js';
import { html, keyed, make, partsOf, send, show, text } from './lib/dom.js';
import { ErrorNote } from './lib/error.js';
import { ago, exact, host, short } from './lib/words.js';
import { MenuButton } from './menu.js';

export function Multidev(el) {
  el.className = 'multidev';
  el.append(
    html`<header class="bar"><p class="note">An environment of its own for a branch, with a copy of another’s database and files. Merge it into Dev when it is ready.</p><button type="button" class="code" data-part="create">Create Multidev Environment</button></header>`,
    make('div'),
    html`<section aria-labelledby="multidevs-title"><h2 id="multidevs-title">Multidev Environments</h2><div class="scroll" data-part="some"><table><thead><tr><th scope="col">Environment</th><th scope="col">Last commit</th><th scope="col" class="number">Ahead</th><th scope="col" class="number">Behind</th><th scope="col"><span class="unseen">Actions</span></th></tr></thead><tbody data-part="rows"></tbody></table></div><p class="panel none" data-part="none">No multidev environments yet.</p></section>`,
    html`<section aria-labelledby="branches-title" data-part="branchSection"><h2 id="branches-title">Git Branches</h2><div class="scroll"><table><thead><tr><th scope="col">Branch</th><th scope="col">Last commit</th><th scope="col" class="number">Ahead</th><th scope="col" class="number">Behind</th><th scope="col"><span class="unseen">Actions</span></th></tr></thead><tbody data-part="branches"></tbody></table></div></section>`,
  );
  const parts = partsOf(el);
  const note = ErrorNote(el.children[1]);
  let board = null;
  let busy = false;
  let asked = null;
  /** @type {import('./types').BranchRow[]} */
  let branches = [];
  parts.create.addEventListener('click', () => send(el, 'createMultidev', {}));

  async function load() {
    const mine = board;
    try {
      const answer = await query({ query: 'branches', site: board.site.name });
      if (mine !== board) return;
      branches = answer;
      note(null);
    } catch (error) {
      if (mine === board) note(error);
    }
    draw();
  }

  function draw() {
    const multidevs = board.environments.filter((it) => !['dev', 'test', 'live'].includes(it.environment));
    const of = (it) => branches.find((row) => row.environment === it.environment);
    show(parts.some, multidevs.length);
    show(parts.none, !multidevs.length);
    parts.create.disabled = busy;
    keyed(parts.rows, multidevs, (it) => it.environment, EnvironmentRow, (row, it) => row.update(it, of(it), busy));
    const free = branches.filter((it) => !it.environment);
    show(parts.branchSection, free.length);
    keyed(parts.branches, free, (it) => it.name, BranchLine, (row, it) => row.update(it, busy));
  }

  return (next, isBusy) => {
    if (board && board.site.name !== next.site.name) branches = [];
    [board, busy] = [next, isBusy];
    draw();
    if (asked === board) return;
    asked = board;
    load();
  };
}

function distance(cell, number, title) {
  text(cell, number ?? '');
  cell.className = `number${number ? ' some' : ''}`;
  cell.title = number == null ? '' : title;
}

function EnvironmentRow(first) {
  const row = html`<tr><th scope="row"><span class="dot" data-part="dot"></span> <button type="button" class="open" data-part="name"></button><small class="mono" data-part="url"></small></th><td><code data-part="commit"></code> <span data-part="message"></span><small data-part="meta"></small></td><td data-part="ahead"></td><td data-part="behind"></td>
    <td class="acts"><button type="button" class="link" data-part="visit">Visit</button><button type="button" class="code soft" data-part="merge">Merge into Dev…</button><button type="button" data-part="from">Merge from Dev…</button><span data-part="menu"></span></td></tr>`;
  const parts = partsOf(row);
  let info = first;
  row.dataset.environment = first.environment;
  const environment = `${first.site}.${first.environment}`;
  text(parts.name, first.environment);
  parts.name.addEventListener('click', () => send(row, 'openEnvironment', { environment: info.environment, tab: 'code' }));
  parts.visit.addEventListener('click', () => send(row, 'visit', info));
  parts.merge.addEventListener('click', () => send(row, 'merge', { kind: 'merge_to_dev', environment }));
  parts.from.addEventListener('click', () => send(row, 'merge', { kind: 'merge_from_dev', environment }));
  for (const [part, words] of [['visit', 'Visit'], ['merge', 'Merge into Dev:'], ['from', 'Merge from Dev:']]) parts[part].setAttribute('aria-label', `${words} ${first.environment}`);
  MenuButton(parts.menu, `More for ${first.environment}`, () => [
    { label: 'Connection Info', verb: 'showConnection', detail: info },
    { label: 'Open code folder', verb: 'openFolder', detail: info.code_folder },
    { label: 'Terminal', verb: 'openTerminal', detail: info.code_folder },
    null,
    { label: 'Delete environment…', verb: 'deleteMultidev', detail: info, tone: 'bad' },
  ]);
  row.update = (next, branch, busy) => {
    info = next;
    parts.dot.className = `dot ${{ asleep: 'asleep', answered: 'ok', broken: 'bad' }[info.health.type]}`;
    text(parts.url, host(info.url));
    text(parts.commit, short(info.code.commit));
    text(parts.message, info.code.message);
    text(parts.meta, [info.code.author, info.code.date && ago(info.code.date), info.code.uncommitted ? `${info.code.uncommitted} changed, not committed` : ''].filter(Boolean).join(' · ')).title = info.code.date ? exact(info.code.date) : '';
    distance(parts.ahead, branch?.ahead, 'Commits that it has and Dev lacks');
    distance(parts.behind, branch?.behind, 'Commits that Dev has and it lacks');
    parts.merge.disabled = busy || branch?.ahead === 0;
    parts.from.disabled = busy || branch?.behind === 0;
  };
  return row;
}

function BranchLine({ name }) {
  const row = html`<tr><th scope="row" class="mono" data-part="name"></th><td><code data-part="commit"></code> <span data-part="subject"></span><small data-part="meta"></small></td><td data-part="ahead"></td><td data-part="behind"></td><td class="acts"><button type="button" data-part="create">Create Environment…</button></td></tr>`;
  const parts = partsOf(row);
  text(parts.name, name);
  parts.create.setAttribute('aria-label', `Create Environment from ${name}`);
  parts.create.addEventListener('click', () => send(row, 'createMultidev', { branch: name }));
  row.update = (it, busy) => {
    text(parts.commit, short(it.commit.commit));
    text(parts.subject, it.commit.subject);
    text(parts.meta, `${it.commit.author} · ${ago(it.commit.date)}`).title = exact(it.commit.date);
    distance(parts.ahead, it.ahead, 'Commits that it has and Dev lacks');
    distance(parts.behind, it.behind, 'Commits that Dev has and it lacks');
    parts.create.disabled = busy;
  };
  return row;
}
