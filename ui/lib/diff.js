import { make } from './dom.js';
import { marks } from './marks.js';

const MOST_LINES = 5000;

/** @typedef {{ kind: 'same' | 'ins' | 'del' | 'gap' | 'word', old: number | null, now: number | null, text: string, marked?: { text: string, mark: boolean }[] }} Line */

/** Reads a unified diff into lines with their numbers. @returns {Line[]} */
export function readDiff(diff) {
  /** @type {Line[]} */
  const lines = [];
  let old = 0;
  let now = 0;
  let inside = false;
  for (const line of diff.replace(/\n$/, '').split('\n')) {
    const hunk = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@(.*)$/.exec(line);
    if (hunk) {
      [old, now, inside] = [Number(hunk[1]), Number(hunk[2]), true];
      // Nothing is left out before the first line.
      if (lines.length || now > 1) lines.push({ kind: 'gap', old: null, now: null, text: hunk[3].trim() });
    } else if (!inside) {
      if (/^(Binary files|GIT binary|binary file)/.test(line)) lines.push({ kind: 'word', old: null, now: null, text: binary(line) });
    } else if (line[0] === '+') lines.push({ kind: 'ins', old: null, now: now++, text: line.slice(1) });
    else if (line[0] === '-') lines.push({ kind: 'del', old: old++, now: null, text: line.slice(1) });
    else if (line[0] === '\\') lines.push({ kind: 'word', old: null, now: null, text: line.slice(2) });
    else lines.push({ kind: 'same', old: old++, now: now++, text: line.slice(1) });
  }
  return lines;
}

function binary(line) {
  const sizes = /: (\d+) bytes before, (\d+) bytes now/.exec(line);
  return `A binary file; its content is not shown.${sizes ? ` ${sizes[1]} bytes before, ${sizes[2]} now.` : ''}`;
}

/** Removed and added lines side by side; the others in both columns. Marks what differs inside each pair. @param {Line[]} lines */
export function pairLines(lines) {
  /** @type {[Line | null, Line | null][]} */
  const pairs = [];
  for (let at = 0; at < lines.length;) {
    if (lines[at].kind !== 'del' && lines[at].kind !== 'ins') {
      pairs.push([lines[at], lines[at]]);
      at += 1;
      continue;
    }
    const of = (kind) => { const from = at; while (lines[at]?.kind === kind) at += 1; return lines.slice(from, at); };
    const [removed, added] = [of('del'), of('ins')];
    for (let n = 0; n < Math.max(removed.length, added.length); n += 1) pairs.push(markPair(removed[n] ?? null, added[n] ?? null));
  }
  return pairs;
}

/** @param {Line | null} old @param {Line | null} now @returns {[Line | null, Line | null]} */
export function markPair(old, now) {
  const found = old && now && marks(old.text, now.text);
  return found ? [{ ...old, marked: found[0] }, { ...now, marked: found[1] }] : [old, now];
}

const TAGS = { ins: 'ins', del: 'del' };
const SIGNS = { ins: '+', del: '−' };

/** A line's text, with what differs marked. */
function words(el, line) {
  for (const piece of line.marked ?? [{ text: line.text || ' ', mark: false }]) el.append(piece.mark ? make('mark', '', piece.text) : piece.text);
  return el;
}

function unified(pairs) {
  const pre = make('pre');
  const row = (line) => {
    const el = make(TAGS[line.kind] ?? 'span', `line ${line.kind}`);
    el.append(make('i', '', line.old ?? ''), make('i', '', line.now ?? ''), make('b', '', SIGNS[line.kind] ?? ' '));
    pre.append(words(el, line));
  };
  for (let at = 0; at < pairs.length;) {
    if (pairs[at][0] === pairs[at][1]) { row(pairs[at][0]); at += 1; continue; }
    const from = at;
    while (at < pairs.length && pairs[at][0] !== pairs[at][1]) at += 1;
    for (const side of [0, 1]) for (const pair of pairs.slice(from, at)) if (pair[side]) row(pair[side]);
  }
  return pre;
}

/** Two columns; long lines are wrapped. @param {[Line | null, Line | null][]} pairs */
export function sideBySide(pairs) {
  const el = make('div', 'two-columns');
  for (const [old, now] of pairs) {
    if (old && old === now && old.kind !== 'same') { el.append(make('span', `line wide ${old.kind}`, old.text || ' ')); continue; }
    /** @type {[Line | null, number | null, string][]} */
    const cells = [[old, old?.old ?? null, 'before'], [now, now?.now ?? null, 'now']];
    for (const [line, number, column] of cells) {
      const cell = make(TAGS[line?.kind] ?? 'span', `line ${line?.kind ?? 'void'} ${column}`);
      if (line) { cell.append(make('i', '', number ?? '')); cell.append(words(make('span'), line)); }
      el.append(cell);
    }
  }
  return el;
}

/** Draws a unified diff in one column or two; a very long one is cut, and says so. */
export function drawDiff(el, diff, { split = false } = {}) {
  const lines = readDiff(diff);
  const pairs = pairLines(lines.slice(0, MOST_LINES));
  el.replaceChildren(lines.length ? (split ? sideBySide(pairs) : unified(pairs)) : make('p', 'none', 'No lines changed.'));
  if (lines.length > MOST_LINES) el.append(make('p', 'none', `The first ${MOST_LINES} of ${lines.length} lines.`));
}
