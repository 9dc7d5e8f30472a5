import { query } from '../api.js';
import { address } from '../actions.js';
import { html, make, partsOf, send, text } from '../lib/dom.js';
import { openDialog } from '../lib/dialog.js';
import { engine, envName } from '../lib/words.js';

/** How tools reach an environment: clone command, folders, database. Each line can be copied. */
export async function connectionDialog(info) {
  /** @type {import('../types').Connection} */
  const found = await query({ query: 'connection', environment: address(info) });
  const dialog = openDialog({ title: `Connection Info of ${envName(info.environment)}`, wide: true, close: 'Close' });
  const { database } = found;
  dialog.body.append(
    facts('Git', [['Clone with Git', found.git_command]]),
    facts('Folders', [['Code', found.code_folder], ['Files', found.files_folder]]),
  );
  if (!database) return dialog.body.append(make('p', 'note', 'This environment has no database.'));
  dialog.body.append(facts(`Database (${engine(database.engine)})`, [
    [database.engine === 'sqlite' ? 'File' : 'Socket', database.path], ['Name', database.name], ['Username', database.user], ['Password', database.password], ['Command', database.command],
  ]));
  if (database.engine === 'mariadb') dialog.body.append(make('p', 'note', 'The server runs while the environment is awake. Visit it, or open this again, when a tool can’t connect.'));
}

function facts(title, rows) {
  const section = make('section', 'connection-facts');
  section.append(make('h3', '', title));
  const list = make('dl');
  for (const [label, value] of rows.filter(([, it]) => it)) {
    const row = html`<div><dt data-part="label"></dt><dd><code class="selectable clip" data-part="value"></code><button type="button" class="link" data-part="copy">Copy</button></dd></div>`;
    const parts = partsOf(row);
    text(parts.label, label);
    text(parts.value, value).title = value;
    parts.copy.setAttribute('aria-label', `Copy: ${label}`);
    parts.copy.addEventListener('click', () => send(row, 'copyText', { text: value, said: `Copied: ${label}` }));
    list.append(row);
  }
  section.append(list);
  return section;
}
