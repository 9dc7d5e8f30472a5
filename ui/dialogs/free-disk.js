import { givesUp } from '../disk.js';
import { openDialog } from '../lib/dialog.js';
import { make } from '../lib/dom.js';
import { bytes, count } from '../lib/words.js';
import { start } from '../store.js';

/** One workflow a site: of each the kinds that were ticked. */
/** @returns {import('../types').Request[]} */
function requests(rows) {
  const sites = new Map();
  for (const row of rows) sites.set(row.site, [...(sites.get(row.site) ?? []), row.kind]);
  return [...sites].map(([site, only]) => ({ kind: 'free_disk', site, keep: null, days: null, only }));
}

/** Freeing can't be undone: each thing that goes stands there with what is given up for it. @param {{ rows: any[] }} given */
export function freeDiskDialog({ rows }) {
  const all = requests(rows);
  const freed = rows.reduce((sum, it) => sum + it.bytes, 0);
  const dialog = openDialog({
    title: `Free ${bytes(freed)}`, act: 'Free', tone: 'bad', command: all.length === 1 ? () => all[0] : undefined,
    submit: async () => { for (const request of all) await start(request); },
  });
  const list = make('ul', 'plain-list');
  for (const row of rows) {
    const item = make('li');
    item.append(make('b', '', `${row.label}, ${count(row.all.length, 'thing')}, ${bytes(row.bytes)}. `), givesUp(row));
    list.append(item);
  }
  dialog.body.append(list, make('p', 'hint', 'What is in use, what is pinned and what was replaced last stays. This can’t be undone.'));
}
