// The tab Backups: archives of one environment, newest first, each with what is known of it.
import { address } from './actions.js';
import { Asked } from './lib/asked.js';
import { html, keyed, partsOf, send, show, text } from './lib/dom.js';
import { ErrorNote } from './lib/error.js';
import { ago, bytes, count, day, envName, exact, facts } from './lib/words.js';

/** @param {HTMLElement} el */
export function Backups(el) {
  el.append(html`<div class="page backups"><div class="toolbar"><p class="meta grow" data-part="hint"></p><button type="button" data-part="verify">Check All</button><button type="button" class="code" data-part="create">Create Backup…</button></div><div data-part="error"></div>
    <p class="none panel" data-part="none"></p>
    <div class="scroll" data-part="box"><table><thead><tr><th scope="col">Made</th><th scope="col">Holds</th><th scope="col">Kept until</th><th scope="col">Checked</th><th scope="col"><span class="unseen">Actions</span></th></tr></thead><tbody data-part="rows"></tbody></table></div></div>`);
  const parts = partsOf(el);
  const note = ErrorNote(parts.error);
  /** @type {import('./types').Backup[] | null} */
  let all = null;
  let view = null;

  const asked = Asked((environment) => ({ query: 'backups', environment }), (answer, error) => {
    note(error);
    if (!answer) return;
    all = answer;
    draw();
  });

  function draw() {
    const { info, busy } = view;
    const name = envName(info.environment);
    const size = all?.reduce((sum, it) => sum + sizeOf(it), 0) ?? 0;
    text(parts.hint, `They lie on this machine, beside the site. ${all?.length ? `${count(all.length, 'backup')}, ${bytes(size)}.` : ''}`.trim());
    text(parts.none, `${name} has no backup yet. A backup holds code, database and files as they are at one moment.`);
    show(parts.none, all && !all.length);
    show(parts.box, all?.length);
    show(parts.verify, all?.length);
    parts.create.disabled = parts.verify.disabled = busy;
    keyed(parts.rows, all ?? [], (it) => `${it.environment} ${it.id}`, Row, (row, it) => row.update(it, view));
  }

  parts.create.addEventListener('click', () => send(el, 'createBackup', { info: view.info }));
  parts.verify.addEventListener('click', () => send(el, 'start', { kind: 'verify_backup', environment: address(view.info), file: null }));

  return (next) => {
    view = next;
    const newest = next.board.workflows[0];
    // Asked again when a workflow has ended.
    if (asked.update(address(next.info), `${newest?.id} ${newest?.state}`)) all = null;
    draw();
  };
}

/** @param {import('./types').Backup} it */
const sizeOf = (it) => it.parts.reduce((sum, part) => sum + part.bytes, 0);

const NAMES = { code: 'code', database: 'database', files: 'files' };
/** @param {import('./types').Backup} it */
export const holds = (it) => it.parts.map((part) => NAMES[part.element]).join(', ');

function Row(first) {
  const row = html`<tr><th scope="row"><span data-part="when"></span><small data-part="note"></small></th><td><span data-part="holds"></span><small data-part="size"></small></td><td data-part="until"></td><td><span data-part="checked"></span><button type="button" class="link bad" data-part="why">Damaged</button></td>
    <td class="acts"><button type="button" class="content" data-part="restore">Restore…</button><button type="button" data-part="folder">Open folder</button><button type="button" class="link" data-part="remove">Delete</button></td></tr>`;
  const parts = partsOf(row);
  let it = first;
  let view = null;
  parts.restore.addEventListener('click', () => send(row, 'restoreBackup', { info: view.info, backup: it }));
  parts.why.addEventListener('click', () => send(row, 'showError', { title: 'This backup is damaged', error: { code: 'damaged', message: it.check?.problem, hint: 'Make a new one. A damaged backup is never taken by itself.', causes: [] } }));
  parts.folder.addEventListener('click', () => send(row, 'openFolder', it.folder));
  parts.remove.addEventListener('click', () => send(row, 'start', { kind: 'delete_backup', environment: it.environment, file: it.id }));
  row.update = (next, around) => {
    it = next;
    view = around;
    text(parts.when, ago(it.made)).title = exact(it.made);
    text(parts.note, it.note ?? '');
    show(parts.note, it.note);
    text(parts.holds, holds(it));
    const database = it.parts.find((part) => part.element === 'database');
    text(parts.size, facts(bytes(sizeOf(it)), database?.rows != null && count(database.rows, 'row')));
    text(parts.until, it.kept_until ? day.format(new Date(it.kept_until)) : 'you delete it');
    const problem = it.check?.problem;
    text(parts.checked, it.check ? ago(it.check.at) : 'never').title = it.check ? exact(it.check.at) : '';
    show(parts.checked, !problem);
    show(parts.why, problem);
    const name = `the backup of ${exact(it.made)}`;
    for (const [part, words] of [['why', 'Damaged: why'], ['restore', 'Restore'], ['folder', 'Open folder of'], ['remove', 'Delete']]) parts[part].setAttribute('aria-label', `${words} ${name}${part === 'restore' ? '…' : ''}`);
    parts.restore.disabled = view.busy || !!problem;
    parts.restore.title = problem ? 'It is damaged' : '';
    parts.remove.disabled = view.busy;
  };
  return row;
}
