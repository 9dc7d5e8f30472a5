import { address } from '../actions.js';
import { make } from '../lib/dom.js';
import { requestDialog, typedName } from '../lib/dialog.js';
import { bytes, count, envName } from '../lib/words.js';

export const switchRequest = (info, id, confirm = null) => ({ kind: 'switch_generation', environment: address(info), id, confirm });

/** Live's content is replaced only once the site's name was typed; elsewhere an undo is enough. */
export function switchDialog({ info, id, words }) {
  const name = envName(info.environment);
  let matches = false;
  const dialog = requestDialog({ title: `Switch ${name} to generation ${id}`, act: `Switch ${name}`, tone: 'content', request: () => switchRequest(info, id, matches ? info.site : null) });
  dialog.body.append(make('p', '', `${words}. It replaces what visitors of ${name} wrote since. You can undo it.`));
  dialog.confirm(typedName(info.site, (it) => { matches = it; dialog.setReady(it); }));
}

/** Letting go of generations is the one thing here that can't be undone. @param {{ all: import('../types').GenerationInfo[] }} given */
export function pruneDialog({ info, all }) {
  const name = envName(info.environment);
  const ids = all.map((it) => it.id);
  const freed = all.reduce((sum, it) => sum + (it.disk?.own ?? 0), 0);
  const dialog = requestDialog({ title: ids.length === 1 ? `Prune generation ${ids[0]} of ${name}` : `Prune ${count(ids.length, 'generation')} of ${name}`, act: 'Prune', tone: 'bad', request: () => ({ kind: 'prune_generations', environment: address(info), ids, keep: null }) });
  dialog.body.append(make('p', '', `Lets go of ${ids.length === 1 ? 'what' : 'all that'} ${name} had then${freed ? `, which frees ${bytes(freed)}` : ''}. What it has now stays.`), make('p', 'hint', 'This can’t be undone, and neither can the workflows that it would take back.'));
}
