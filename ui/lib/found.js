// What Portico found in a file, in words.
import { bytes, count, facts, rows, sentence, system } from './words.js';

const atLeast = (words, complete) => (complete ? words : `more than ${words}`);

/** @param {import('../types').Inspected} it */
export function found(it) {
  return facts(kind(it), it.origin && `by ${it.origin}`);
}

function kind({ holds, packed, bytes: size }) {
  const weight = size ? `${bytes(size)}${packed.length ? ' packed' : ''}` : '';
  switch (holds.type) {
    case 'database': return facts(holds.sqlite ? 'SQLite database' : 'Database dump', holds.cms && system(holds.cms), holds.tables.length && atLeast(count(holds.tables.length, 'table'), holds.complete), weight);
    case 'files': return facts('Uploaded files', atLeast(count(holds.count, 'file'), holds.complete), holds.complete ? bytes(holds.bytes) : weight);
    case 'content': return facts('Database dump and uploaded files', atLeast(count(holds.files.count, 'file'), holds.files.complete), weight);
    case 'code': return facts(holds.whole === false ? `Plugins, themes or other code of ${system(holds.cms)}` : `Code of ${system(holds.cms)}`, holds.uploads != null && 'uploads', weight);
    case 'site': return facts(`A whole ${system(holds.cms)} site`, holds.uploads == null ? 'code and database' : 'code, database and files', weight);
    case 'doubt': return `${sentence(holds.reason)} Choose what it is.`;
    default: return sentence(holds.reason);
  }
}

/** Which parts of an environment it would replace. @returns {{ database: boolean, files: boolean, code: boolean }} */
export function brings(all) {
  const any = (...types) => all.some((it) => types.includes(it.holds.type));
  return { database: any('database', 'site', 'content'), files: any('files', 'content') || all.some((it) => it.holds.uploads != null), code: any('site', 'code') };
}

/** "48 tables, 212 MB", of what is there now. */
export const databaseSize = (it) => (it?.tables ? `${count(it.tables, 'table')}, ${rows(it)}, ${bytes(it.bytes)}` : 'an empty database');
export const filesSize = (it) => (it?.count ? `${count(it.count, 'file')}, ${bytes(it.bytes)}` : 'no files');
