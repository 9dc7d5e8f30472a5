// What nobody tells: a person edits files, or installs a site in the browser.
import { query } from './api.js';
import * as store from './store.js';

const INSTALLS = ['wordpress', 'drupal', 'drupal7'];
let looking = false;

/**
 * Nobody tells what a person does beside Portico, such as editing files or installing a site in the browser. So the
 * board that is open is looked at now and then. A database is measured, which may wake it, only when the person
 * comes back (`thorough`) or when a site that was visited waits for its installation.
 */
export async function look(thorough = false) {
  const shown = store.board();
  if (looking || document.hidden || !shown || store.state.tab !== 'workflow' || store.state.running.size) return;
  looking = true;
  const installing = (it) => !it.content.database.tables && INSTALLS.includes(shown.site.cms);
  const awake = shown.environments.filter((it) => it.initialized && it.health.type === 'answered' && (thorough || installing(it)));
  // A failure shows in the board, which is asked next.
  for (const it of awake) await query({ query: 'environment', environment: `${it.site}.${it.environment}` }).catch(() => null);
  await store.refreshBoard(shown.site.name);
  looking = false;
}
