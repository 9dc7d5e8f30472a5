// The tab Database / Files of an environment: what it has, where that came from, and what can be done with it.
import { html, partsOf, send, show, text } from './lib/dom.js';
import { compare, databaseDrift, drift, filesDrift, seen, source } from './lib/drift.js';
import { ago, bytes, count, engine, envName, exact, facts, origin, rows } from './lib/words.js';
import { Generations } from './generations.js';

/** @param {HTMLElement} el */
export function Content(el) {
  el.append(
    html`<div class="parts"><article class="part" aria-labelledby="part-database" data-part="database"></article><article class="part" aria-labelledby="part-files" data-part="files"></article></div>`,
    html`<button type="button" class="droplet" data-part="drop">Drop a database dump, a backup or a folder of uploads anywhere here, or choose it. Portico looks into it first and tells you what it is.</button>`,
    html`<section class="kept" aria-labelledby="kept-title" data-part="kept"></section>`,
    html`<p class="danger"><button type="button" class="link bad" data-part="wipe">Wipe database and files…</button><small>Code stays. You can undo it.</small></p>`,
  );
  el.dataset.drop = 'content';
  const parts = partsOf(el);
  const database = PartCard(parts.database, 'database');
  const files = PartCard(parts.files, 'files');
  let all = [];
  let view = null;
  const generations = Generations(parts.kept, (known) => { all = known; if (view) drawParts(view); });
  let info = null;
  let compared = '';
  parts.drop.addEventListener('click', () => send(el, 'importContent', { info }));
  parts.wipe.addEventListener('click', () => send(el, 'wipe', info));

  function drawParts({ info: shown, busy, other }) {
    const comparison = other && seen(other, shown);
    const both = { info: shown, busy, other, all };
    database({ ...both, drift: comparison ? drift(comparison, databaseDrift(comparison)) : '' });
    files({ ...both, drift: comparison ? drift(comparison, filesDrift(comparison)) : '' });
  }

  return ({ info: next, board, busy }) => {
    info = next;
    el.dataset.environment = info.environment;
    const other = source(info, board.environments);
    const asked = other && `${info.site} ${other.environment} ${other.content.generation} ${info.environment} ${info.content.generation}`;
    // Compared once for each pair of contents, and not while they are being replaced.
    if (asked && asked !== compared && !busy) {
      compared = asked;
      compare(other, info);
    }
    view = { info, busy, other };
    drawParts(view);
    parts.drop.disabled = busy;
    parts.wipe.disabled = busy || (!info.content.database.tables && !info.content.files.count);
    generations({ info, busy, board });
  };
}

/** One half of the content: its size, its origin, and what can be done with it. */
function PartCard(el, part) {
  const isDatabase = part === 'database';
  el.append(html`<h2 class="chip content" data-part="title"></h2>`, html`<p class="big"><span data-part="size"></span> <small data-part="facts"></small></p>`, html`<p class="meta" data-part="from"></p>`, html`<p class="meta drift" data-part="drift"></p>`,
    html`<div class="acts-row"><button type="button" class="content" data-part="clone">Clone from…</button><button type="button" data-part="bring">Import…</button><button type="button" data-part="take">Export…</button><button type="button" data-part="more"></button></div>`);
  const parts = partsOf(el);
  let info = null;
  let from = null;
  parts.title.id = `part-${part}`;
  text(parts.title, isDatabase ? 'Database' : 'Files');
  text(parts.more, isDatabase ? 'Search & replace…' : 'Open folder');
  for (const button of [parts.clone, parts.bring, parts.take]) button.setAttribute('aria-label', `${button.textContent} ${part}`);
  parts.clone.addEventListener('click', () => send(el, 'clone', { info, from, to: info.environment, part }));
  parts.bring.addEventListener('click', () => send(el, 'importContent', { info }));
  parts.take.addEventListener('click', () => send(el, 'exportContent', { info, part }));
  parts.more.addEventListener('click', () => (isDatabase ? send(el, 'searchReplace', { info }) : send(el, 'openFolder', info.files_folder)));

  return ({ info: next, busy, other, all, drift: lacks }) => {
    info = next;
    from = other?.environment;
    const { database, files } = info.content;
    const [whence, at] = whenceOf(part, info.content, all);
    const empty = isDatabase ? !database.tables : !files.count;
    text(parts.size, empty ? (isDatabase ? 'Empty' : 'None') : bytes(isDatabase ? database.bytes : files.bytes));
    text(parts.facts, isDatabase ? facts(!empty && count(database.tables, 'table'), !empty && rows(database), engine(database.engine)) : empty ? '' : count(files.count, 'file'));
    text(parts.from, whence && whence.type !== 'empty' ? [whence.type === 'clone' ? `From ${envName(whence.environment)}` : origin(whence), at && ago(at)].filter(Boolean).join(', ') : '');
    parts.from.title = parts.from.textContent && at ? exact(at) : '';
    show(parts.from, parts.from.textContent);
    text(parts.drift, lacks);
    show(parts.drift, lacks);
    for (const button of [parts.clone, parts.bring]) button.disabled = busy;
    parts.take.disabled = empty;
    if (isDatabase) parts.more.disabled = busy || empty;
  };
}

/** Where one half came from: what replaces the other half alone leaves it where it was. */
function whenceOf(part, content, all) {
  const shared = all.find((it) => it.id === content.generation)?.[`${part}_of`];
  const parent = shared == null ? null : all.find((it) => it.id === shared);
  if (parent) return [parent.origin, parent.created];
  const { origin: from, origin_at: at } = content;
  return shared != null || (from?.type === 'clone' && !from[part]) ? [null, null] : [from, at];
}
