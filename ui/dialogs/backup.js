import { address } from '../actions.js';
import { holds } from '../backups.js';
import { make, show, text } from '../lib/dom.js';
import { check, field, requestDialog, typedName } from '../lib/dialog.js';
import { databaseSize, filesSize } from '../lib/found.js';
import { Facts } from '../lib/plan.js';
import { bytes, envName, exact, system } from '../lib/words.js';

const ELEMENTS = { all: 'Code, database and files', code: 'Code', database: 'Database', files: 'Files' };

/** @param {[string, string][]} options @param {string} chosen */
function select(options, chosen) {
  const el = make('select');
  for (const [value, label] of options) el.append(Object.assign(make('option', '', label), { value }));
  el.value = chosen;
  return el;
}

/** Makes a backup. @param {{ info: import('../types').EnvironmentInfo }} given */
export function createBackupDialog({ info }) {
  const name = envName(info.environment);
  const { database, files } = info.content;
  const element = select(Object.entries(ELEMENTS), 'all');
  const keep = select([['30', '30 days'], ['365', 'a year'], ['forever', 'until you delete it']], '365');
  const note = make('input');
  note.maxLength = 200;
  /** @returns {import('../types').Request} */
  const request = () => ({ kind: 'create_backup', environment: address(info), element: /** @type {import('../types').Elements} */ (element.value), keep_for: keep.value, note: note.value.trim() || null });
  const dialog = requestDialog({ title: `Back up ${name}`, act: 'Create Backup', request });
  const list = make('dl', 'selectable');
  Facts(list)([['Holds', `The code with its history, ${databaseSize(database)} and ${filesSize(files)}, as they are now. Uncommitted changes of the code are not in it.`], ['Then', 'Each archive is read back before it counts.']]);
  dialog.body.append(field('What', element), field('Keep it', keep), field('Note', note, 'What it is for.'), list);
  // Enter makes it; WebKit would focus the first button else.
  note.focus();
}

/** Restores a backup. @param {{ info: import('../types').EnvironmentInfo, backup: import('../types').Backup }} given @param {import('../types').Board} board */
export function restoreBackupDialog({ info, backup }, board) {
  const all = board.environments.filter((it) => it.initialized);
  const present = new Set(backup.parts.map((it) => it.element));
  const options = Object.entries(ELEMENTS).filter(([key]) => (key === 'all' ? present.size > 1 : present.has(/** @type {any} */ (key))));
  if (options[0][0] === 'all') options[0][1] = `All of it: ${holds(backup)}`;
  const element = select(options, options[0][0]);
  const to = select(all.map((it) => [it.environment, envName(it.environment)]), info.environment);
  const updates = ['php', 'html'].includes(backup.cms) ? null : check(`Run ${system(backup.cms)} database updates`);
  const caches = check('Clear Caches');
  let matches = false;
  const toLive = () => to.value === 'live';
  /** @returns {import('../types').Request} */
  const request = () => ({
    kind: 'restore_backup', environment: backup.environment, file: backup.id, element: /** @type {import('../types').Elements} */ (element.value),
    to: to.value === info.environment ? null : to.value, updatedb: !!updates?.input.checked, cc: caches.input.checked, confirm: toLive() && matches ? info.site : null,
  });
  const dialog = requestDialog({ title: 'Restore a backup', act: 'Restore', tone: 'content', request });
  const list = make('dl', 'selectable');
  const facts = Facts(list);
  const isReady = () => !toLive() || matches;
  const sure = typedName(info.site, (it) => { matches = it; dialog.setReady(isReady()); });

  function draw() {
    const target = all.find((it) => it.environment === to.value) ?? info;
    const name = envName(to.value);
    const { database, files } = target.content;
    const wants = (part) => present.has(part) && ['all', part].includes(element.value);
    const code = !wants('code') ? '' : target.connection_mode ? `The code of ${exact(backup.made)}, as one more commit of ${name}` : `The commit ${backup.commit.slice(0, 7)}, as ${name}’s release`;
    facts([
      ['Brings', [code, wants('database') && 'the database', wants('files') && 'the files'].filter(Boolean).join('; ')],
      ['Replaces', [wants('database') && databaseSize(database), wants('files') && filesSize(files)].filter(Boolean).join(' and ')],
      ['Addresses', wants('database') && to.value !== info.environment ? `Those of ${envName(info.environment)} become those of ${name}` : ''],
      ['First', 'The archives are checked. What is there now stays until all is built; you can undo it.'],
    ]);
    dialog.title(`Restore a backup of ${envName(info.environment)}${to.value === info.environment ? '' : ` into ${name}`}`);
    dialog.act(`Restore ${name}`);
    if (updates) updates.input.disabled = !wants('database');
    show(sure, toLive());
    dialog.setReady(isReady());
  }
  const about = make('p', 'note');
  text(about, `Made ${exact(backup.made)}, ${bytes(backup.parts.reduce((sum, it) => sum + it.bytes, 0))}${backup.note ? `: ${backup.note}` : ''}`);
  for (const input of [element, to]) input.addEventListener('change', draw);
  dialog.body.append(about, field('What', element), field('Into', to), ...[updates, caches].filter(Boolean), list);
  dialog.confirm(sure);
  draw();
  element.focus();
}
