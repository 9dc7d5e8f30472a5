import { query } from '../api.js';
import { address } from '../actions.js';

/** What is behind an address is known only once it is downloaded. */
export const isAddress = (source) => /^https?:\/\//i.test(source);

/**
 * What an import of some files would do: what they are, what they replace, and the request for it.
 * @param {import('../types').EnvironmentInfo} info @param {string[]} files
 * @param {{ from_database: string | null, from_url: string | null, keep_urls: boolean, entry?: string | null, taken_as?: import('../types').ImportAs | null, updatedb: boolean, cc: boolean, confirm: string | null }} options
 * @returns {Promise<Partial<import('../types').ImportPlan>>} of an address, only what it would replace
 */
export async function importPlan(info, files, options) {
  const request = { environment: address(info), files, message: null, entry: null, taken_as: null, ...options };
  if (files.some(isAddress)) return { request: { kind: 'import_site', ...request }, replaces: info.content };
  return query({ query: 'import_plan', request });
}
