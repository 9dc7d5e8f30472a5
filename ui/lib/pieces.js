// What each part of an archive or a folder becomes, drawn as a small tree: code blue, content amber, not used grey.
import { html, icon, keyed, partsOf, show, text } from './dom.js';
import { bytes, count, sentence } from './words.js';

const BECOMES = { code: 'Code', database: 'Database', files: 'Uploads', unused: 'Not used' };

/** The tree. @returns {HTMLUListElement & { update: (pieces: import('../types').InspectedPiece[]) => void }} */
export function PieceTree(name) {
  const list = /** @type {any} */ (html`<ul class="tree"></ul>`);
  list.setAttribute('aria-label', `What is in ${name}`);
  list.update = (pieces) => {
    show(list, pieces.length);
    keyed(list, pieces, (it) => `${it.becomes} ${it.path}`, Row, (row, it) => row.update(it));
  };
  return list;
}

function Row() {
  const row = /** @type {any} */ (html`<li><span class="n"><span data-part="sign"></span><span class="clip" data-part="path"></span></span><span class="z" data-part="size"></span><span class="becomes" data-part="becomes"></span><small data-part="why"></small></li>`);
  const parts = partsOf(row);
  parts.sign.append(icon('folder'));
  row.update = ({ path, files, bytes: size, becomes, reason }) => {
    row.dataset.becomes = becomes;
    text(parts.path, path || 'everything else').title = path;
    text(parts.size, files === 1 && size ? bytes(size) : count(files, 'file'));
    text(parts.becomes, BECOMES[becomes]);
    text(parts.why, reason ? sentence(reason) : '');
    show(parts.why, reason);
  };
  return row;
}

/** What a file may be taken as, as `[value, words]`: the person chooses, for Portico does not guess. */
export function choices({ choices: kinds, entries }) {
  const words = { database: 'Import the database in it alone', files: 'Import it as uploaded files', code: 'Import the code in it alone' };
  return [...kinds.map((it) => [`as:${it}`, words[it]]), ...entries.map((it) => [`entry:${it}`, `Import the dump ${it}`])];
}
