// The contents that an environment had, each of which it can be taken back to.
import { query } from './api.js';
import { address } from './actions.js';
import { switchRequest } from './dialogs/generations.js';
import { html, keyed, partsOf, send, show, text } from './lib/dom.js';
import { ErrorNote } from './lib/error.js';
import { databaseSize, filesSize } from './lib/found.js';
import { ago, bytes, envName, exact, facts, kept, origin } from './lib/words.js';

/** @param {HTMLElement} el @param {(all: import('./types').GenerationInfo[]) => void} onKnown called whenever they were asked for */
export function Generations(el, onKnown) {
  el.append(
    html`<div class="titled"><h2 id="kept-title" data-part="title"></h2><button type="button" class="link" data-part="prune">Prune…</button></div>`,
    html`<div class="acts-row rule" data-part="keeping"><p class="note" data-part="rule"></p><button type="button" class="link" data-part="keep">Change…<span class="unseen"> what is kept</span></button></div>`,
    html`<div data-part="error"></div>`,
    html`<div class="scroll" data-part="box"><table><thead><tr><th scope="col">Content</th><th scope="col">Where from</th><th scope="col">What</th><th scope="col">On disk</th><th scope="col"><span class="unseen">Actions</span></th></tr></thead><tbody data-part="rows"></tbody></table></div>`,
  );
  const parts = partsOf(el);
  const note = ErrorNote(parts.error);
  let shown = '';
  /** @type {import('./types').GenerationInfo[]} */
  let all = [];
  /** @type {import('./types').KeepRule | null} */
  let rule = null;
  let view = null;
  let asked = 0;
  /** Those that nothing holds: neither in use nor pinned nor needed by one that stays. */
  const loose = () => {
    const ids = new Set(all.filter((it) => !it.current && !it.pinned).map((it) => it.id));
    const stays = (id) => !ids.has(id);
    for (let before = -1; before !== ids.size;) { before = ids.size; for (const it of all) if (ids.has(it.id) && it.needed_by.some(stays)) ids.delete(it.id); }
    return all.filter((it) => ids.has(it.id));
  };
  parts.prune.addEventListener('click', () => send(el, 'pruneGenerations', { info: view.info, all: loose() }));
  parts.keep.addEventListener('click', () => send(el, 'keepGenerations', { site: view.info.site, rule }));

  /** First what is known at once, then what each takes of the disk. */
  async function load() {
    const mine = ++asked;
    for (const disk of [false, true]) {
      try {
        const answer = await query({ query: 'generations', environment: address(view.info), disk });
        if (!disk) rule = await query({ query: 'keep_rule', site: view.info.site });
        if (mine !== asked) return;
        all = disk ? answer : answer.map((it) => ({ ...it, disk: all.find((old) => old.id === it.id)?.disk ?? null }));
        note(null);
        onKnown(all);
      } catch (error) {
        if (mine === asked) note(error);
        return;
      }
      draw();
    }
  }

  function draw() {
    const { info, busy } = view;
    text(parts.title, `What ${envName(info.environment)} can be taken back to`);
    show(parts.box, all.length);
    const free = loose();
    show(parts.prune, free.length);
    parts.prune.disabled = parts.keep.disabled = busy;
    show(parts.keeping, rule);
    text(parts.rule, rule && kept(rule));
    const prunable = new Set(free.map((it) => it.id));
    keyed(parts.rows, all, (it) => `${info.site} ${info.environment} ${it.id}`, Row, (row, it) => row.update(it, view, prunable.has(it.id)));
  }

  return (next) => {
    view = next;
    // Asked again only when a workflow has ended or another environment is shown.
    const state = [address(next.info), next.info.content.generation, next.board.workflows[0]?.id, next.board.workflows[0]?.state].join(' ');
    if (state !== shown) {
      if (!shown.startsWith(`${address(next.info)} `)) { onKnown(all = []); rule = null; }
      shown = state;
      load();
    }
    draw();
  };
}

function Row(first) {
  const row = html`<tr><th scope="row"><span data-part="id"></span> <span class="badge content" data-part="current">in use</span><span class="badge plain" data-part="pinned">pinned</span></th>
    <td><span data-part="origin"></span><small data-part="when"></small></td><td><span data-part="database"></span><small data-part="files"></small></td><td><span data-part="disk"></span><small data-part="shared"></small></td>
    <td class="acts"><button type="button" class="content" data-part="use">Switch to</button><button type="button" data-part="pin"></button><button type="button" class="link" data-part="prune">Prune…</button></td></tr>`;
  const parts = partsOf(row);
  let it = first;
  let info = null;
  parts.use.addEventListener('click', () => (info.environment === 'live'
    ? send(row, 'switchGeneration', { info, id: it.id, words: `Live gets back what it had ${ago(it.created)}: ${sizes(it)}` })
    : send(row, 'start', switchRequest(info, it.id))));
  parts.pin.addEventListener('click', () => send(row, 'start', { kind: it.pinned ? 'unpin_generation' : 'pin_generation', environment: address(info), id: it.id }));
  parts.prune.addEventListener('click', () => send(row, 'pruneGenerations', { info, all: [it] }));
  row.update = (next, view, prunable) => {
    it = next;
    info = view.info;
    text(parts.id, it.id);
    show(parts.current, it.current);
    show(parts.pinned, it.pinned);
    text(parts.origin, it.origin.type === 'empty' ? 'Empty' : origin(it.origin));
    text(parts.when, ago(it.created)).title = exact(it.created);
    text(parts.database, it.database ? databaseSize(it.database) : 'not measured yet');
    text(parts.files, it.files ? filesSize(it.files) : '');
    text(parts.disk, it.disk ? bytes(it.disk.own) : '…');
    const parents = [...new Set([it.database_of, it.files_of].filter((id) => id != null))];
    text(parts.shared, parents.length ? `shares with ${parents.join(', ')}` : '');
    show(parts.shared, parents.length);
    for (const [part, words] of [['use', `Switch to generation ${it.id}`], ['pin', `${it.pinned ? 'Unpin' : 'Pin'} generation ${it.id}`], ['prune', `Prune generation ${it.id}…`]]) parts[part].setAttribute('aria-label', words);
    text(parts.pin, it.pinned ? 'Unpin' : 'Pin');
    parts.pin.title = it.pinned ? 'Let it be pruned like the others' : 'Keep it until it is unpinned';
    show(parts.use, !it.current);
    show(parts.prune, !it.current);
    for (const part of ['use', 'pin']) parts[part].disabled = view.busy;
    parts.prune.disabled = view.busy || !prunable;
    parts.prune.title = it.pinned ? 'It is pinned' : it.needed_by.length ? `Generation ${it.needed_by.join(', ')} uses a part of it` : '';
  };
  return row;
}

const sizes = (it) => facts(it.database && databaseSize(it.database), it.files && filesSize(it.files));
