import { query } from '../api.js';
import { address } from '../actions.js';

/**
 * What an import of some files would do: what they are, what they replace, and the request for it.
 * @param {import('../types').EnvironmentInfo} info @param {string[]} files
 * @param {{ from_database: string | null, from_url: string | null, keep_urls: boolean, updatedb: boolean, cc: boolean, confirm: string | null }} options
 * @returns {Promise<import('../types').ImportPlan>}
 */
export const importPlan = (info, files, options) => query({ query: 'import_plan', request: { environment: address(info), files, message: null, ...options } });
