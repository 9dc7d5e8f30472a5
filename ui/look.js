// What nobody tells: a person edits files, or installs a site in the browser.
import { query } from './api.js';
import { compare, source } from './lib/drift.js';
import * as store from './store.js';

const INSTALLS = ['wordpress', 'drupal', 'drupal7'];
/** Databases that were empty when they were looked at first: what they held at the last look, until that settles. */
const filling = new Map();
let looking = false;

function isInstalling(it, cms) {
  if (!INSTALLS.includes(cms)) return false;
  const key = `${it.site}.${it.environment}`;
  const { tables, rows } = it.content.database;
  const now = `${tables} ${rows}`;
  if (!tables || (filling.has(key) && filling.get(key) !== now)) {
    filling.set(key, now);
    return true;
  }
  filling.delete(key);
  return false;
}

/**
 * Nobody tells what a person does beside Portico, such as editing files or installing a site in the browser. So the
 * board that is open is looked at now and then. A database is measured, which may wake it, only when the person
 * comes back (`thorough`) or when a site that was visited waits for its installation.
 */
export async function look(thorough = false) {
  const shown = store.board();
  if (looking || document.hidden || !shown || store.state.tab !== 'workflow' || store.state.running.size) return;
  looking = true;
  const awake = shown.environments.filter((it) => it.initialized && it.health.type === 'answered' && (isInstalling(it, shown.site.cms) || thorough));
  // A failure shows in the board, which is asked next.
  for (const it of awake) await query({ query: 'environment', environment: `${it.site}.${it.environment}` }).catch(() => null);
  const other = (it) => source(it, awake);
  if (thorough) await Promise.all(awake.filter(other).map((it) => compare(other(it), it)));
  await store.refreshBoard(shown.site.name);
  looking = false;
}
