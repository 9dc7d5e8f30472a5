// Which words differ between two versions of a line.
const TOKEN = /[\p{L}\p{N}_]+|\s+|[^\p{L}\p{N}_\s]/gu;
const MOST_CELLS = 40_000;
/** Lines that share less than this have nothing in common worth marking. */
const ALIKE = 0.3;

/**
 * Both lines in pieces, those that the other lacks marked; null when the lines have too little in common.
 * @returns {[{ text: string, mark: boolean }[], { text: string, mark: boolean }[]] | null}
 */
export function marks(one, other) {
  const a = one.match(TOKEN) ?? [];
  const b = other.match(TOKEN) ?? [];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end += 1;
  const [inA, inB] = common(a.slice(start, a.length - end), b.slice(start, b.length - end));
  const sameA = [...a.slice(0, start).fill(true), ...inA, ...a.slice(a.length - end).fill(true)];
  const sameB = [...b.slice(0, start).fill(true), ...inB, ...b.slice(b.length - end).fill(true)];
  const shared = a.filter((it, at) => sameA[at] && it.trim()).join('').length;
  const longest = Math.max(one.replace(/\s/g, '').length, other.replace(/\s/g, '').length);
  return shared < ALIKE * longest ? null : [pieces(a, sameA), pieces(b, sameB)];
}

/** Of both lists, whether each token is part of their longest common sequence. Long ones have none. */
function common(a, b) {
  const same = [a.map(() => false), b.map(() => false)];
  if (a.length * b.length > MOST_CELLS) return same;
  const lengths = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) lengths[i][j] = a[i] === b[j] ? lengths[i + 1][j + 1] + 1 : Math.max(lengths[i + 1][j], lengths[i][j + 1]);
  }
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    if (a[i] === b[j]) { same[0][i] = same[1][j] = true; i += 1; j += 1; } else if (lengths[i + 1][j] >= lengths[i][j + 1]) i += 1; else j += 1;
  }
  return same;
}

function pieces(tokens, same) {
  const list = [];
  tokens.forEach((token, at) => {
    const mark = !same[at];
    if (list.at(-1)?.mark === mark) list.at(-1).text += token;
    else list.push({ text: token, mark });
  });
  return list;
}
