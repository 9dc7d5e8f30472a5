// What an import of some files would do: what they are, what they replace, and the request for it.
import { query } from '../api.js';
import { address } from '../actions.js';

/**
 * @param {import('../types').EnvironmentInfo} info @param {string[]} sources
 * @returns {Promise<{ sources: import('../types').Inspected[], code: boolean, database: boolean, files: boolean,
 *   pairs: import('../types').Replacement[], request: import('../types').Request | null, problem: import('../types').Error | null }>}
 */
export async function importPlan(info, sources) {
  const inspected = await query({ query: 'inspect', paths: sources, environment: address(info) });
  const of = (type) => inspected.filter((it) => it.holds.type === type);
  const [database, second] = of('database');
  const [files, more] = of('files');
  const problem = unusable(inspected) ?? (second ? twice('dump of a database', database, second) : more ? twice('set of uploaded files', files, more) : null);
  const to = info.url.replace(/\/$/, '');
  return {
    sources: inspected, code: false, database: !!database, files: !!files, problem, request: problem ? null : request(address(info), database, files),
    pairs: (database?.holds.addresses ?? []).filter((it) => it !== to).map((old) => ({ old, new: to })),
  };
}

function request(environment, database, files) {
  if (database) return { kind: 'import_database', environment, file: database.path, files: files?.path ?? null, from_database: null, from_url: null, keep_urls: false, updatedb: false, cc: false, confirm: null };
  return files ? { kind: 'import_files', environment, file: files.path, confirm: null } : null;
}

const refused = (message, hint) => ({ code: 'refused', message, hint, causes: [] });
const twice = (what, one, other) => refused(`\`${one.name}\` and \`${other.name}\` are both a ${what}`, 'Leave one of them out.');

function unusable(inspected) {
  const bad = inspected.find((it) => it.holds.type === 'unusable');
  if (bad) return refused(`\`${bad.name}\` can’t be imported: ${bad.holds.reason}`, 'Bring a dump of a database, a SQLite file, or an archive or folder of uploads.');
  const code = inspected.find((it) => ['code', 'site'].includes(it.holds.type));
  return code ? refused(`\`${code.name}\` holds the code of a site, and an import replaces content`, 'Make a new site of it: New site, Archive.') : null;
}
