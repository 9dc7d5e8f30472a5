import { wipeRequest } from '../actions.js';
import { make } from '../lib/dom.js';
import { requestDialog, typedName } from '../lib/dialog.js';
import { databaseSize, filesSize } from '../lib/found.js';
import { Facts } from '../lib/plan.js';
import { envName } from '../lib/words.js';

/** Empties an environment's database and files. */
export function wipeDialog(info) {
  const name = envName(info.environment);
  const live = info.environment === 'live';
  const { database, files } = info.content;
  let matches = !live;
  const dialog = requestDialog({ title: `Wipe database and files of ${name}`, act: `Wipe ${name}`, tone: 'bad', request: () => wipeRequest(info, live && matches ? info.site : null) });
  const list = make('dl', 'selectable');
  Facts(list)([['Removes', `${databaseSize(database)} and ${filesSize(files)}. You can undo it.`], ['Keeps', `The code of ${name}, and every other environment.`]]);
  dialog.body.append(list);
  if (live) dialog.confirm(typedName(info.site, (it) => { matches = it; dialog.setReady(it); }));
}
