import { asError, query } from '../api.js';
import { address } from '../actions.js';
import { html, keyed, make, partsOf, rove, text } from '../lib/dom.js';
import { field, requestDialog } from '../lib/dialog.js';
import { count, envName, sentence } from '../lib/words.js';
import { drawDiff } from '../lib/diff.js';

const SIGNS = { added: 'A', modified: 'M', deleted: 'D' };
const WORDS = { added: 'added', modified: 'changed', deleted: 'deleted' };

/** Review & commit: the changed files, the difference of the chosen one, a message. */
export async function commitDialog(info) {
  const environment = address(info);
  /** @type {import('../types').FileChange[]} */
  const files = await query({ query: 'diffstat', environment });
  const chosen = new Set(files.map((it) => it.file));
  const message = make('textarea');
  message.rows = 3;
  message.placeholder = 'What changed, and why';
  const request = () => ({ kind: 'commit', environment, message: message.value.trim(), files: chosen.size === files.length ? [] : files.map((it) => it.file).filter((it) => chosen.has(it)) });
  const dialog = requestDialog({ title: `Review & commit on ${envName(info.environment)}`, wide: true, act: 'Commit', request });
  if (!files.length) {
    dialog.body.append(make('p', 'note', 'Nothing has changed since the last commit.'));
    return dialog.setReady(false);
  }
  const view = html`<div class="review"><div class="left"><label class="check all"><input type="checkbox" checked data-part="all"><span data-part="count"></span></label><ul class="files" data-part="files"></ul></div>
    <section class="diff" aria-label="Difference" tabindex="0"><header><span class="clip mono" data-part="name"></span><small data-part="figures"></small></header><div data-part="diff"></div></section></div>`;
  const parts = partsOf(view);
  let shown = files[0];
  let asked = 0;

  async function open(file) {
    shown = file;
    draw();
    const mine = ++asked;
    const [diff, error] = await query({ query: 'diff', environment, file: file.file }).then((it) => [it, null], (it) => [null, asError(it)]);
    if (mine !== asked) return;
    if (error) parts.diff.replaceChildren(make('p', 'none bad-text', sentence(error.message)));
    else drawDiff(parts.diff, diff);
  }

  function draw() {
    text(parts.count, `${chosen.size} of ${count(files.length, 'changed file')}`);
    parts.all.checked = chosen.size === files.length;
    parts.all.indeterminate = chosen.size > 0 && chosen.size < files.length;
    text(parts.name, shown.file).title = shown.file;
    text(parts.figures, `+${shown.additions} −${shown.deletions}`);
    keyed(parts.files, files, (it) => it.file, File, (row, it) => row.update(it === shown, chosen.has(it.file)));
    dialog.act(`Commit ${count(chosen.size, 'file')}`);
    dialog.setReady(chosen.size > 0 && message.value.trim());
  }

  function File(it) {
    const row = html`<li><label class="tick"><input type="checkbox" data-part="box"></label><button type="button" data-rove data-part="open"><span class="sign" data-part="sign"></span><span class="path" data-part="path"><span class="clip" data-part="folder"></span><span data-part="name"></span></span><span class="plus" data-part="plus"></span><span class="minus" data-part="minus"></span></button></li>`;
    const own = partsOf(row);
    own.box.setAttribute('aria-label', `Include ${it.file}`);
    text(own.sign, SIGNS[it.status]).title = WORDS[it.status];
    own.sign.classList.add(it.status);
    // The folder is cut before the file's name is.
    const cut = it.file.lastIndexOf('/') + 1;
    text(own.folder, it.file.slice(0, cut));
    text(own.name, it.file.slice(cut));
    own.path.title = it.file;
    text(own.plus, it.additions ? `+${it.additions}` : '');
    text(own.minus, it.deletions ? `−${it.deletions}` : '');
    own.box.addEventListener('change', () => { if (own.box.checked) chosen.add(it.file); else chosen.delete(it.file); draw(); });
    own.open.addEventListener('click', () => open(it));
    own.open.addEventListener('focus', () => { if (shown !== it && own.open.matches(':focus-visible')) open(it); });
    row.update = (current, included) => {
      row.classList.toggle('on', current);
      if (current) own.open.setAttribute('aria-current', 'true'); else own.open.removeAttribute('aria-current');
      own.open.tabIndex = current ? 0 : -1;
      own.box.checked = included;
    };
    return row;
  }

  rove(parts.files);
  parts.all.addEventListener('change', () => { for (const it of files) if (parts.all.checked) chosen.add(it.file); else chosen.delete(it.file); draw(); });
  message.addEventListener('input', draw);
  message.addEventListener('keydown', (event) => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) dialog.form.requestSubmit(); });
  const words = field('Message', message);
  message.required = true;
  view.querySelector('.left').append(words);
  dialog.body.append(view);
  open(files[0]);
  message.focus();
}
