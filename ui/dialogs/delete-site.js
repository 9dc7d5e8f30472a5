import { make } from '../lib/dom.js';
import { requestDialog, typedName } from '../lib/dialog.js';

/** Takes a site away, after its name was typed. */
export function deleteSiteDialog(site) {
  let matches = false;
  const dialog = requestDialog({ title: `Delete ${site.label}`, act: 'Delete site', tone: 'bad', request: () => ({ kind: 'delete_site', site: site.name, confirm: matches ? site.name : null }) });
  dialog.body.append(make('p', '', 'Its environments stop answering and it leaves the list. Its folder is kept for a while, so you can undo it.'),
    typedName(site.name, (it) => { matches = it; dialog.setReady(it); }));
}
