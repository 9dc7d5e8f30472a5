import { wipeRequest } from '../actions.js';
import { make } from '../lib/dom.js';
import { requestDialog, typedName } from '../lib/dialog.js';
import { bytes, count, envName } from '../lib/words.js';

/** Empties an environment's database and files. */
export function wipeDialog(info) {
  const name = envName(info.environment);
  const live = info.environment === 'live';
  const { database, files } = info.content;
  let matches = !live;
  const dialog = requestDialog({ title: `Wipe database and files of ${name}`, act: `Wipe ${name}`, tone: 'bad', request: () => wipeRequest(info, live && matches ? info.site : null) });
  dialog.body.append(make('p', '', `Removes ${count(database.tables, 'table')} (${bytes(database.bytes)}) and ${count(files.count, 'file')} (${bytes(files.bytes)}). Code and the other environments stay. You can undo it.`));
  if (live) dialog.body.append(typedName(info.site, (it) => { matches = it; dialog.setReady(it); }));
}
