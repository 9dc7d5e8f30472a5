import { pickPlace } from '../api.js';
import { address } from '../actions.js';
import { html, make, partsOf, show, text } from '../lib/dom.js';
import { field, openDialog } from '../lib/dialog.js';
import { databaseSize, filesSize } from '../lib/found.js';
import { envName } from '../lib/words.js';
import { start } from '../store.js';

const PARTS = {
  database: { label: 'Database', kind: 'export_database', formats: [['sql.gz', '.sql.gz, packed SQL: reads everywhere'], ['sql', '.sql, plain SQL'], ['sql.zst', '.sql.zst, packed SQL: smaller and faster']], sqlite: [['sqlite', '.sqlite, one file: opens without a server']] },
  files: { label: 'Files', kind: 'export_files', formats: [['tar.gz', '.tar.gz: keeps times and permissions'], ['zip', '.zip: opens everywhere']] },
};

/** Writes an environment's database or files to a file that the person names. */
export function exportDialog({ info, part = 'database' }) {
  const name = envName(info.environment);
  const view = html`<div class="field"><span class="label" id="export-part">What</span><div class="segments" role="radiogroup" aria-labelledby="export-part" data-part="kinds"></div></div>`;
  const { kinds } = partsOf(view);
  const format = make('select');
  const size = make('p', 'note');
  let chosen = part;
  const request = (to, overwrite = false) => ({ kind: PARTS[chosen].kind, environment: address(info), to, overwrite });
  const suggestion = () => `${info.site}_${info.environment}_${stamp(new Date())}_${chosen}.${format.value}`;
  const dialog = openDialog({ title: `Export from ${name}`, act: 'Export…', tone: 'content', command: () => request(suggestion()), submit });

  async function submit() {
    const picked = await pickPlace(`Export the ${chosen} of ${name}`, suggestion(), PARTS[chosen].label, [format.value]);
    if (!picked) return false;
    // The chooser has asked whether a file may be replaced; where it leaves the ending to us, it asked of another.
    return start(picked.endsWith(`.${format.value}`) ? request(picked, true) : request(`${picked}.${format.value}`));
  }

  function draw() {
    const { formats, sqlite = [] } = PARTS[chosen];
    // What the database is kept in comes first.
    const all = info.content.database.engine === 'sqlite' ? [...sqlite, ...formats] : [...formats, ...sqlite];
    format.replaceChildren(...all.map(([value, words]) => new Option(words, value)));
    const { database, files } = info.content;
    const there = chosen === 'database' ? database.tables : files.count;
    text(size, there ? `${name} has ${chosen === 'database' ? databaseSize(database) : filesSize(files)}.` : `${name} has ${chosen === 'database' ? 'an empty database' : 'no files'}: there is nothing to export.`);
    dialog.setReady(there);
  }

  for (const [value, { label }] of Object.entries(PARTS)) {
    const choice = html`<label><input type="radio" name="part"><span></span></label>`;
    const [radio, words] = /** @type {[HTMLInputElement, HTMLElement]} */ ([...choice.children]);
    radio.checked = value === chosen;
    text(words, label);
    radio.addEventListener('change', () => { chosen = value; draw(); });
    kinds.append(choice);
  }
  dialog.body.append(view, size, field('Format', format));
  draw();
  show(size, true);
  kinds.querySelector(':checked').focus();
}

/** A time as Pantheon's backups are named by. */
export const stamp = (date) => `${date.toISOString().slice(0, 19).replaceAll(':', '-')}_UTC`;
