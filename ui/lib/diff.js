import { make } from './dom.js';

const MOST_LINES = 5000;

/** @typedef {{ kind: 'same' | 'ins' | 'del' | 'gap' | 'word', old: number | null, now: number | null, text: string }} Line */

/** Reads a unified diff into lines with their numbers. @returns {Line[]} */
export function readDiff(diff) {
  const lines = [];
  let old = 0;
  let now = 0;
  let inside = false;
  for (const line of diff.replace(/\n$/, '').split('\n')) {
    const hunk = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@(.*)$/.exec(line);
    if (hunk) {
      [old, now, inside] = [Number(hunk[1]), Number(hunk[2]), true];
      lines.push({ kind: 'gap', old: null, now: null, text: hunk[3].trim() });
    } else if (!inside) {
      if (/^(Binary files|GIT binary)/.test(line)) lines.push({ kind: 'word', old: null, now: null, text: 'A binary file; its content is not shown.' });
    } else if (line[0] === '+') lines.push({ kind: 'ins', old: null, now: now++, text: line.slice(1) });
    else if (line[0] === '-') lines.push({ kind: 'del', old: old++, now: null, text: line.slice(1) });
    else if (line[0] === '\\') lines.push({ kind: 'word', old: null, now: null, text: line.slice(2) });
    else lines.push({ kind: 'same', old: old++, now: now++, text: line.slice(1) });
  }
  return lines;
}

/** Draws a unified diff; a very long one is cut, and says so. */
export function drawDiff(el, diff) {
  const lines = readDiff(diff);
  const pre = make('pre');
  for (const line of lines.slice(0, MOST_LINES)) {
    const row = make(line.kind === 'ins' ? 'ins' : line.kind === 'del' ? 'del' : 'span', `line ${line.kind}`);
    row.append(make('i', '', line.old ?? ''), make('i', '', line.now ?? ''), make('b', '', { ins: '+', del: '−' }[line.kind] ?? ' '), line.text || ' ');
    pre.append(row);
  }
  el.replaceChildren(pre);
  if (!lines.length) el.replaceChildren(make('p', 'none', 'No lines changed.'));
  if (lines.length > MOST_LINES) el.append(make('p', 'none', `The first ${MOST_LINES} of ${lines.length} lines.`));
}
