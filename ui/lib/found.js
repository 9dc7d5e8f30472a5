// What Portico found in a file, in words.
import { bytes, count, facts, rows, sentence, system } from './words.js';

const atLeast = (words, complete) => (complete ? words : `more than ${words}`);

/** @param {import('../types').Inspected} it */
export function found({ holds, packed, bytes: size }) {
  const weight = size ? `${bytes(size)}${packed.length ? ' packed' : ''}` : '';
  switch (holds.type) {
    case 'database': return facts(holds.sqlite ? 'SQLite database' : 'Database dump', holds.cms && system(holds.cms), holds.tables.length && atLeast(count(holds.tables.length, 'table'), holds.complete), weight);
    case 'files': return facts('Uploaded files', atLeast(count(holds.count, 'file'), holds.complete), holds.complete ? bytes(holds.bytes) : weight);
    case 'code': return facts(`Code of ${system(holds.cms)}`, weight);
    case 'site': return facts(`A whole ${system(holds.cms)} site`, holds.uploads == null ? 'code and database' : 'code, database and files', weight);
    default: return sentence(holds.reason);
  }
}

/** Which parts of an environment it would replace. @returns {{ database: boolean, files: boolean, code: boolean }} */
export function brings(all) {
  const any = (...types) => all.some((it) => types.includes(it.holds.type));
  return { database: any('database', 'site'), files: any('files') || all.some((it) => it.holds.type === 'site' && it.holds.uploads != null), code: any('site', 'code') };
}

/** "48 tables, 212 MB", of what is there now. */
export const databaseSize = (it) => (it?.tables ? `${count(it.tables, 'table')}, ${rows(it)}, ${bytes(it.bytes)}` : 'an empty database');
export const filesSize = (it) => (it?.count ? `${count(it.count, 'file')}, ${bytes(it.bytes)}` : 'no files');
