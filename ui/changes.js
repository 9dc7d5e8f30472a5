// Changed files and the difference of the chosen one: before a commit, and of a commit.
import { answered } from './api.js';
import { html, icon, keyed, make, partsOf, rove, show, text } from './lib/dom.js';
import { count, sentence } from './lib/words.js';
import { drawDiff } from './lib/diff.js';

const SIGNS = { added: 'A', modified: 'M', deleted: 'D' };
const WORDS = { added: 'added', modified: 'changed', deleted: 'deleted' };
const MOST_FILES = 1000;

const isSplit = () => localStorage.getItem('diff') === 'split';

/**
 * @param {HTMLElement} el
 * @param {{ ask: (file: string) => Promise<string>, boxes?: boolean, changed?: () => void, discard?: (file: string) => void }} options
 *   `boxes`: files are chosen by a box each; `changed` tells that they were; `discard` takes one file's changes back.
 */
export function Changes(el, { ask, boxes = false, changed = () => {}, discard }) {
  el.append(html`<div class="review"><div class="left" data-part="left"><label class="check all" data-part="allLabel"><input type="checkbox" data-part="all"><span data-part="count"></span></label><ul class="files" aria-label="Changed files" data-part="files"></ul><p class="note" data-part="more"></p></div>
    <section class="diff" aria-label="Difference" tabindex="0"><header><span class="clip mono" data-part="name"></span><small data-part="figures"></small><button type="button" class="link" data-part="view"></button></header><div data-part="diff"></div></section></div>`);
  const parts = partsOf(el);
  /** @type {import('./types').FileChange[]} */
  let files = [];
  const left = new Set();
  let shown = null;
  /** What is drawn. @type {{ diff: any, split: boolean | null, file: string | null }} */
  let drawn = { diff: null, split: null, file: null };
  let asked = 0;
  show(parts.all, boxes);

  async function open(name) {
    shown = name;
    draw();
    const mine = ++asked;
    const [diff, error] = await answered(ask(name));
    if (mine !== asked) return;
    if (error) {
      drawn = { diff: null, split: null, file: null };
      parts.diff.replaceChildren(make('p', 'none bad-text', sentence(error.message)));
    } else drawText(diff);
  }

  function drawText(diff) {
    const split = isSplit();
    text(parts.view, split ? 'One column' : 'Side by side');
    if (drawn.diff === diff && drawn.split === split && drawn.file === shown) return;
    drawn = { diff, split, file: shown };
    drawDiff(parts.diff, diff, { split });
  }

  const chosen = () => files.filter((it) => !left.has(it.file)).map((it) => it.file);

  function draw() {
    const number = chosen().length;
    text(parts.count, boxes ? `${number} of ${count(files.length, 'changed file')}` : count(files.length, 'changed file'));
    parts.all.checked = number === files.length;
    parts.all.indeterminate = number > 0 && number < files.length;
    const it = files.find((file) => file.file === shown);
    text(parts.name, shown ?? '').title = shown ?? '';
    text(parts.figures, it ? `+${it.additions} −${it.deletions}` : '');
    keyed(parts.files, files.slice(0, MOST_FILES), (file) => `${file.file} ${file.status}`, File, (row, file) => row.update(file, file.file === shown, !left.has(file.file)));
    show(parts.more, files.length > MOST_FILES);
    text(parts.more, `and ${count(files.length - MOST_FILES, 'more file')}`);
  }

  function choose(list, on) {
    for (const name of list) if (on) left.delete(name); else left.add(name);
    draw();
    changed();
  }

  function File({ file, status }) {
    const row = html`<li><label class="tick" data-part="tick"><input type="checkbox" data-part="box"></label><button type="button" data-rove data-part="open"><span class="sign" data-part="sign"></span><span class="path" data-part="path"><span class="clip" data-part="folder"></span><span data-part="name"></span></span><span class="plus" data-part="plus"></span><span class="minus" data-part="minus"></span></button><button type="button" class="plain square act" data-part="discard"></button></li>`;
    const own = partsOf(row);
    show(own.tick, boxes);
    show(own.discard, discard);
    own.discard.append(icon('undo'));
    own.discard.title = 'Discard';
    own.discard.setAttribute('aria-label', `Discard changes of ${file}`);
    own.discard.addEventListener('click', () => discard?.(file));
    own.box.setAttribute('aria-label', `Include ${file}`);
    text(own.sign, SIGNS[status]).title = WORDS[status];
    own.sign.classList.add(status);
    // The folder is cut before the file's name is.
    const cut = file.lastIndexOf('/') + 1;
    text(own.folder, file.slice(0, cut));
    text(own.name, file.slice(cut));
    own.path.title = file;
    own.box.addEventListener('change', () => choose([file], own.box.checked));
    own.open.addEventListener('click', () => open(file));
    own.open.addEventListener('focus', () => { if (shown !== file && own.open.matches(':focus-visible')) open(file); });
    row.update = (it, current, included) => {
      text(own.plus, it.additions ? `+${it.additions}` : '');
      text(own.minus, it.deletions ? `−${it.deletions}` : '');
      row.classList.toggle('on', current);
      if (current) own.open.setAttribute('aria-current', 'true'); else own.open.removeAttribute('aria-current');
      own.open.tabIndex = current ? 0 : -1;
      own.box.checked = included;
    };
    return row;
  }

  rove(parts.files);
  parts.all.addEventListener('change', () => choose(files.map((it) => it.file), parts.all.checked));
  parts.view.addEventListener('click', () => {
    localStorage.setItem('diff', isSplit() ? 'unified' : 'split');
    if (drawn.diff !== null) drawText(drawn.diff);
  });

  return {
    left: parts.left,
    chosen,
    /** All of them: what appears meanwhile is meant, too. */
    isAll: () => chosen().length === files.length,
    update(next) {
      files = next;
      for (const name of left) if (!files.some((it) => it.file === name)) left.delete(name);
      if (!files.some((it) => it.file === shown)) shown = files[0]?.file ?? null;
      draw();
      changed();
      if (shown) open(shown);
    },
  };
}
