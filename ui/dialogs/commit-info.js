import { query } from '../api.js';
import { Changes } from '../changes.js';
import { html, keyed, make, partsOf, send, show, text } from '../lib/dom.js';
import { openDialog } from '../lib/dialog.js';
import { ago, exact, tagName } from '../lib/words.js';

/** One commit: its message, who made it, and what it changed. */
export async function commitInfoDialog({ site, commit }) {
  /** @type {import('../types').CommitInfo} */
  const info = await query({ query: 'commit', site, commit });
  const dialog = openDialog({ title: info.row.subject || 'Commit', wide: true, close: 'Close' });
  const head = html`<div class="commit-head"><p class="meta"><code class="selectable" data-part="id"></code><button type="button" class="link" data-part="copy">Copy</button> <span data-part="author"></span> <time data-part="when"></time> <span class="labels" data-part="tags"></span></p><p class="meta" data-part="merge"></p><p class="words selectable" data-part="message"></p></div>`;
  const parts = partsOf(head);
  text(parts.id, info.row.commit);
  parts.copy.addEventListener('click', () => send(head, 'copyText', { text: info.row.commit, said: 'Copied the commit’s id' }));
  text(parts.author, info.row.author).title = info.email;
  text(parts.when, ago(info.row.date)).title = exact(info.row.date);
  keyed(parts.tags, info.row.tags, (it) => it, (it) => make('span', 'badge', tagName(it)), () => {});
  show(parts.merge, info.parents.length > 1);
  text(parts.merge, 'A merge; shown is what it brought to the branch.');
  const rest = info.message.split('\n').slice(1).join('\n').trim();
  show(parts.message, rest);
  text(parts.message, rest);
  dialog.body.append(head);
  if (!info.files.length) return dialog.body.append(make('p', 'note', 'No files changed.'));
  const changes = Changes(dialog.body, { ask: (file) => query({ query: 'commit_diff', site, commit: info.row.commit, file }) });
  changes.update(info.files);
}
