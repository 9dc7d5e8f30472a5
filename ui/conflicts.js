// Files that both sides changed: both side by side, and the person's answer to each.
import { keepDraft, readDraft } from './lib/draft.js';
import { html, keyed, make, partsOf, rove, show, text } from './lib/dom.js';
import { bytes, count } from './lib/words.js';
import { markPair, sideBySide } from './lib/diff.js';

const AROUND = 3;
/** A line that Git puts around what both sides changed. */
const MARKER = /^(<<<<<<<|>>>>>>>) /m;

/** A file with markers as pairs of lines: what merged by itself in both columns, conflicts side by side. */
export function readMarkers(merged) {
  const pairs = [];
  /** @type {string[]} */
  let ours = [];
  /** @type {string[]} */
  let theirs = [];
  /** @type {string[] | null} */
  let side = null;
  for (const line of merged.replace(/\n$/, '').split('\n')) {
    if (side === null && line.startsWith('<<<<<<< ')) side = ours;
    else if (side === ours && line === '=======') side = theirs;
    else if (side === theirs && line.startsWith('>>>>>>> ')) {
      for (let n = 0; n < Math.max(ours.length, theirs.length); n += 1) pairs.push(markPair(of('del', ours[n]), of('ins', theirs[n])));
      ours = [];
      theirs = [];
      side = null;
    } else if (side) side.push(line);
    else { const same = of('same', line); pairs.push([same, same]); }
  }
  return pairs;
}

const of = (kind, words) => (words === undefined ? null : { kind, old: null, now: null, text: words });

/** Long runs of lines that are the same on both sides become one line that counts them. */
export function foldSame(pairs) {
  const folded = [];
  for (let at = 0; at < pairs.length;) {
    if (pairs[at][0] !== pairs[at][1]) { folded.push(pairs[at]); at += 1; continue; }
    const from = at;
    while (at < pairs.length && pairs[at][0] === pairs[at][1]) at += 1;
    const head = from === 0 ? 0 : AROUND;
    const tail = at === pairs.length ? 0 : AROUND;
    if (at - from <= head + tail + 1) { folded.push(...pairs.slice(from, at)); continue; }
    const gap = { kind: 'gap', old: null, now: null, text: count(at - from - head - tail, 'line') };
    folded.push(...pairs.slice(from, from + head), [gap, gap], ...pairs.slice(at - tail, at));
  }
  return folded;
}

/**
 * @param {HTMLElement} el
 * @param {{ ours: string, theirs: string, draft: string, changed: () => void }} options names of the two sides, and the
 *   key under which answers and edits are kept until they are used
 * @returns {{ update: (conflicts: import('./types').Conflict[]) => void, answers: () => import('./types').Resolution[], left: () => number }}
 */
export function Conflicts(el, { ours, theirs, draft, changed }) {
  el.append(html`<div class="review conflicts"><div class="left"><p class="count" data-part="count"></p><ul class="files" aria-label="Files with conflicts" data-part="files"></ul></div>
    <section class="solve" data-part="solve"><header><span class="clip mono" data-part="name"></span><div class="segments" role="radiogroup" data-part="ways"></div></header><div class="sides" data-part="sides"><b data-part="oursName"></b><b data-part="theirsName"></b></div><div class="diff" tabindex="0" role="region" aria-label="Both sides" data-part="diff"></div><textarea class="mono" spellcheck="false" data-part="editor"></textarea><p class="note" role="status" data-part="marked"></p></section></div>`);
  const parts = partsOf(el);
  /** @type {import('./types').Conflict[]} */
  let conflicts = [];
  const answers = new Map();
  const texts = new Map();
  let shown = null;
  text(parts.oursName, ours);
  text(parts.theirsName, theirs);
  for (const [way, label] of [['ours', ours], ['theirs', theirs], ['text', 'Edit']]) {
    const choice = html`<label><input type="radio" name="way"><span></span></label>`;
    const [radio, span] = /** @type {[HTMLInputElement, HTMLElement]} */ ([...choice.children]);
    radio.value = way;
    span.textContent = label;
    radio.addEventListener('change', () => { answers.set(shown.file, way); keep(); draw(); changed(); if (way === 'text') toMarker(); });
    parts.ways.append(choice);
  }
  parts.editor.addEventListener('input', () => { texts.set(shown.file, parts.editor.value); keep(); draw(); changed(); });
  rove(parts.files);

  const isMarked = ({ file }) => answers.get(file) === 'text' && MARKER.test(texts.get(file));
  const isSolved = (it) => answers.has(it.file) && !isMarked(it);

  function keep() {
    const kept = conflicts.filter((it) => answers.has(it.file)).map((it) => ({ file: it.file, of: whole(it), way: answers.get(it.file), text: texts.get(it.file) }));
    keepDraft(draft, kept.length ? JSON.stringify(kept) : '');
  }

  /** Answers from before, where both sides still say what they said then. */
  function recall() {
    for (const it of JSON.parse(readDraft(draft) || '[]')) {
      if (answers.has(it.file) || !conflicts.some((now) => now.file === it.file && whole(now) === it.of)) continue;
      answers.set(it.file, it.way);
      if (it.text !== undefined) texts.set(it.file, it.text);
    }
  }

  // The keyboard stays with the choice: one more Tab leads to the text, at the first conflict.
  function toMarker() {
    const at = Math.max(parts.editor.value.search(MARKER), 0);
    parts.editor.setSelectionRange(at, at);
    parts.editor.scrollTop = (parts.editor.value.slice(0, at).split('\n').length - AROUND) * parseFloat(getComputedStyle(parts.editor).lineHeight);
  }

  function open(conflict) {
    shown = conflict;
    if (!texts.has(conflict.file)) texts.set(conflict.file, whole(conflict));
    text(parts.name, conflict.file).title = conflict.file;
    parts.ways.setAttribute('aria-label', `What ${conflict.file} holds in the end`);
    parts.editor.value = texts.get(conflict.file);
    parts.editor.setAttribute('aria-label', `Text of ${conflict.file}`);
    parts.diff.replaceChildren(both(conflict));
    draw();
  }

  function both({ merged, ours: one, theirs: other }) {
    if (merged !== null) return sideBySide(foldSame(readMarkers(merged)));
    const el = make('div', 'two-columns');
    for (const [side, tag] of [[one, 'del'], [other, 'ins']]) {
      const cell = make('div', 'whole');
      if (!side) cell.append(make('p', 'none', 'Deleted'));
      else if (side.text === null) cell.append(make('p', 'none', `A binary or very long file, ${bytes(side.bytes)}`));
      else cell.append(make('pre', tag, side.text));
      el.append(cell);
    }
    return el;
  }

  function draw() {
    const solved = conflicts.filter(isSolved).length;
    text(parts.count, `${solved} of ${count(conflicts.length, 'conflict')} solved`);
    keyed(parts.files, conflicts, (it) => it.file, File, (row, it) => row.update(it === shown, isSolved(it)));
    if (!shown) return;
    const way = answers.get(shown.file);
    for (const radio of parts.ways.querySelectorAll('input')) {
      radio.checked = radio.value === way;
      radio.disabled = radio.value === 'text' && shown.ours?.text == null && shown.theirs?.text == null;
    }
    show(parts.editor, way === 'text');
    text(parts.marked, isMarked(shown) ? 'Keep the lines that you want, and delete those that begin with <<<<<<<, ======= and >>>>>>>.' : '');
    for (const part of ['sides', 'diff']) show(parts[part], way !== 'text');
    parts.diff.classList.toggle('take-ours', way === 'ours');
    parts.diff.classList.toggle('take-theirs', way === 'theirs');
  }

  function File({ file }) {
    const row = html`<li><button type="button" data-rove data-part="open"><span class="sign" data-part="sign"></span><span class="path" data-part="path"><span class="clip" data-part="folder"></span><span data-part="name"></span></span><small data-part="state"></small></button></li>`;
    const own = partsOf(row);
    // The folder is cut before the file's name is.
    const cut = file.lastIndexOf('/') + 1;
    text(own.folder, file.slice(0, cut));
    text(own.name, file.slice(cut));
    own.path.title = file;
    const it = () => conflicts.find((other) => other.file === file);
    own.open.addEventListener('click', () => open(it()));
    own.open.addEventListener('focus', () => { if (shown?.file !== file && own.open.matches(':focus-visible')) open(it()); });
    row.update = (current, solved) => {
      row.classList.toggle('on', current);
      own.open.tabIndex = current ? 0 : -1;
      if (current) own.open.setAttribute('aria-current', 'true'); else own.open.removeAttribute('aria-current');
      text(own.sign, solved ? '✓' : '!').className = `sign ${solved ? 'added' : 'deleted'}`;
      text(own.state, solved ? { ours, theirs, text: 'edited' }[answers.get(file)] : 'not solved');
    };
    return row;
  }

  return {
    left: () => conflicts.filter((it) => !isSolved(it)).length,
    answers: () => conflicts.filter((it) => answers.has(it.file)).map((it) => ({ file: it.file, take: answers.get(it.file) === 'text' ? { text: withEnds(it, texts.get(it.file)) } : answers.get(it.file) })),
    update(next) {
      conflicts = next;
      recall();
      const still = next.find((it) => it.file === shown?.file) ?? next[0];
      if (still) open(still);
      else { shown = null; draw(); }
    },
  };
}

/** What there is to edit. A text area knows one kind of line end; the file keeps its own. */
const whole = (conflict) => (conflict.merged ?? conflict.ours?.text ?? conflict.theirs?.text ?? '').replaceAll('\r\n', '\n');
const withEnds = (conflict, words) => (/\r\n/.test(conflict.ours?.text ?? conflict.theirs?.text ?? '') ? words.replace(/\r?\n/g, '\r\n') : words);
