// What one environment's content has that another's lacks.
import { query } from '../api.js';
import { changed } from '../store.js';
import { bytes, count, envName } from './words.js';

/** What was compared, by the two environments, with the generations that it holds for. */
const known = new Map();
const key = (site, from, to) => `${site} ${from} ${to}`;
const stamp = (from, to) => `${from.content.generation} ${to.content.generation}`;

/** The comparison as far as it was asked for; none when either content has been replaced since. */
export function seen(from, to) {
  const it = known.get(key(to.site, from.environment, to.environment));
  return it?.stamp === stamp(from, to) ? it.answer : null;
}

/** Compares anew, and draws when the answer is there. A failure leaves things unsaid: the databases may be asleep for a reason. */
export async function compare(from, to) {
  const mine = stamp(from, to);
  const answer = await query({ query: 'compare_content', from: `${from.site}.${from.environment}`, to: to.environment }).catch(() => null);
  if (!answer) return;
  known.set(key(to.site, from.environment, to.environment), { stamp: mine, answer });
  changed();
}

/** The environment that `info`'s content is measured against: where it came from, or else Live. */
export function source(info, environments) {
  const { origin } = info.content;
  const name = origin?.type === 'clone' ? origin.environment : 'live';
  return environments.find((it) => it.environment === name && it.initialized && name !== info.environment) ?? null;
}

/** @param {import('../types').ContentComparison} it */
export function databaseDrift({ entries, tables, to }) {
  const name = envName(to.split('.')[1]);
  const missing = tables.filter((it) => it.rows_to == null).length;
  const differ = tables.filter((it) => it.rows_to != null && it.rows_from != null && !it.estimated).length;
  const newer = entries?.newer ? `${count(entries.newer, `newer ${entries.what.replace(/s$/, '')}`)}` : '';
  return [newer, missing && `${count(missing, 'table')} that ${name} lacks`, differ && `${count(differ, 'table')} with more or fewer rows`].filter(Boolean);
}

export function filesDrift({ files_from: from, files_to: to }) {
  if (from.count > to.count) return [`${count(from.count - to.count, 'more file')}${from.bytes > to.bytes ? ` (${bytes(from.bytes - to.bytes)})` : ''}`];
  return from.newest && (!to.newest || from.newest > to.newest) ? ['newer files'] : [];
}

const joined = (all) => (all.length < 2 ? all.join('') : `${all.slice(0, -1).join(', ')} and ${all.at(-1)}`);

/** "Live has 18 newer posts and 1 table that Dev lacks", or nothing. */
export const drift = (comparison, clauses) => (clauses.length ? `${envName(comparison.from.split('.')[1])} has ${joined(clauses)}` : '');
