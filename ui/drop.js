// Files dragged in from other programs. A place that takes them carries `data-drop`: `content` (an environment),
// `new-site`, or `source` (a dialog's field). While they hover, the place says what they are and what they would do.
import { answered, onFileDrag, query } from './api.js';
import { html, icon, partsOf, send, show, text } from './lib/dom.js';
import { address } from './actions.js';
import { brings, databaseSize, filesSize, found } from './lib/found.js';
import { envName, sentence } from './lib/words.js';

const SAME_DRAG_MS = 2000;

/** @param {HTMLElement} root @param {() => import('./types').Board | null} board */
export async function Drop(root, board) {
  let over = null;
  let paths = [];
  /** What was found, by the environment that it was looked into for: its notes say what does not fit there. */
  let seen = new Map();
  let asked = 0;
  let last = 0;
  const label = html`<div class="dropnote" role="status" hidden><span data-part="sign"></span><p><b data-part="what"></b><span data-part="does"></span></p></div>`;
  const parts = partsOf(label);
  root.append(label);

  const at = ({ x = 0, y = 0 }) => /** @type {HTMLElement | null} */ (document.elementFromPoint(x, y)?.closest('[data-drop]') ?? null);
  const environment = (place) => board()?.environments.find((it) => it.environment === place?.dataset.environment && it.initialized) ?? null;
  const takes = (place) => place && (place.dataset.drop !== 'content' || environment(place)) && (!document.querySelector('dialog[open]') || place.closest('dialog'));

  function mark(place) {
    if (place === over) return;
    over?.classList.remove('target');
    place?.classList.add('target');
    over = place;
    draw();
  }

  function draw() {
    const info = over?.dataset.drop === 'content' ? environment(over) : null;
    show(label, info);
    if (!info) return;
    look(info);
    const known = seen.get(address(info));
    const words = describe(paths, known, info);
    parts.sign.replaceChildren(known.inspected || known.error ? icon(words.bad ? 'alert' : 'check') : html`<span class="spin"></span>`);
    label.classList.toggle('bad', words.bad);
    text(parts.what, words.what);
    text(parts.does, words.does);
    const box = over.getBoundingClientRect();
    const top = Math.max(box.top, 0);
    label.style.setProperty('--x', `${box.left + box.width / 2}px`);
    label.style.setProperty('--y', `${(top + Math.min(box.bottom, innerHeight)) / 2}px`);
    label.style.setProperty('--w', `${Math.min(Math.max(box.width - 24, 260), 420)}px`);
  }

  async function look(info) {
    const environment = address(info);
    if (seen.has(environment)) return;
    seen.set(environment, { inspected: null, error: null });
    const mine = asked;
    const [inspected, error] = await answered(query({ query: 'inspect', paths, environment }));
    if (mine !== asked) return;
    seen.set(environment, { inspected, error });
    draw();
  }

  function begin(drag) {
    root.classList.add('files-over');
    const fresh = drag.paths ?? [];
    // Over and out and over again is one drag: what was found holds.
    if (fresh.join('\n') === paths.join('\n') && Date.now() - last < SAME_DRAG_MS) return;
    paths = fresh;
    seen = new Map();
    asked += 1;
  }

  await onFileDrag((drag) => {
    if (drag.type === 'enter') begin(drag);
    last = Date.now();
    if (drag.type === 'enter' || drag.type === 'over') {
      const place = at(drag);
      return mark(takes(place) ? place : null);
    }
    root.classList.remove('files-over');
    const place = drag.type === 'drop' ? at(drag) : null;
    const dropped = takes(place) && drag.paths?.length ? drag.paths : null;
    const inspected = seen.get(environment(place) && address(environment(place)))?.inspected ?? null;
    mark(null);
    if (drag.type === 'drop') paths = [];
    if (!place || !dropped) return;
    if (place.dataset.drop === 'source') send(place, 'fillSource', dropped);
    else if (place.dataset.drop === 'content') send(root, 'importContent', { info: environment(place), paths: dropped, inspected });
    else send(root, 'newSite', { from: dropped[0] });
  });
}

const names = (paths) => (paths.length === 1 ? paths[0].split(/[\\/]/).filter(Boolean).pop() : `${paths.length} files`);

/** What hovers, and what letting go would do to this environment. */
function describe(paths, { inspected, error }, info) {
  const name = envName(info.environment);
  if (error) return { what: names(paths), does: sentence(error.message), bad: true };
  if (!inspected) return { what: names(paths), does: 'Looking into it…', bad: false };
  const what = inspected.map((it) => (it.holds.type === 'unusable' ? it.name : found(it))).join('\n');
  const unusable = inspected.find((it) => it.holds.type === 'unusable');
  if (unusable) return { what, does: sentence(unusable.holds.reason), bad: true };
  const doubt = inspected.find((it) => it.holds.type === 'doubt');
  if (doubt) return { what, does: 'Let go to choose what it is. Nothing starts before.', bad: false };
  const { database, files, code } = brings(inspected);
  if (code && !info.connection_mode) return { what, does: `${name} takes its code by deploys: let go on Dev, or on New site.`, bad: true };
  const parts = [code && 'the code', database && `the database (${databaseSize(info.content.database)})`, files && `the files (${filesSize(info.content.files)})`].filter(Boolean);
  return { what, does: `Replaces ${parts.join(' and ')} of ${name}. You are asked first.`, bad: false };
}
