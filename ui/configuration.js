import { answered, query } from './api.js';
import { address } from './actions.js';
import { html, keyed, make, partsOf, send, show, text } from './lib/dom.js';
import { ErrorNote } from './lib/error.js';
import { count } from './lib/words.js';

const STATES = { only_in_code: 'Only in code', only_in_database: 'Only in the database', differs: 'Differs' };

/** The tab Configuration: what stands in the code and what in the database. */
export function Configuration(el) {
  el.append(html`<div class="page configuration"><header class="toolbar"><h2 class="grow">Configuration in code</h2><button type="button" data-part="again">Look again</button><button type="button" class="content" data-part="import">Import into the database</button><button type="button" class="code" data-part="export">Export into the code</button></header><div data-part="error"></div><p data-part="words"></p>
    <div class="panel" data-part="panel"><table><thead><tr><th scope="col">State</th><th scope="col">Bundle</th><th scope="col">Name</th></tr></thead><tbody data-part="rows"></tbody></table></div></div>`);
  const parts = partsOf(el);
  const note = ErrorNote(parts.error);
  let environment = null;
  let board = null;
  let info = null;
  let found = null;
  let busy = false;
  let turn = 0;

  async function look() {
    const mine = ++turn;
    draw(true);
    const [answer, error] = await answered(query({ query: 'configuration', environment }));
    if (mine !== turn) return;
    note(error);
    found = answer;
    draw(false);
  }

  function draw(looking) {
    const items = found?.items ?? [];
    show(parts.panel, items.length);
    const writable = info.connection_mode === 'sftp';
    // The first export makes the folder: there is nothing yet by which Drupal's would be known.
    const exports = found && (found.system ? found.system !== 'Features' : board.site.cms === 'drupal');
    show(parts.export, exports && writable);
    show(parts.import, found?.system);
    parts.import.disabled = busy || !items.length;
    parts.export.disabled = busy || (found?.system && !items.length);
    parts.again.disabled = looking;
    text(parts.words, looking && !found ? 'Looking at code and database…' : words(found));
    keyed(parts.rows, items, (it) => `${it.group}/${it.name}`, () => html`<tr><td></td><td></td><td></td></tr>`, (row, it) => {
      const [state, group, name] = row.children;
      text(state, STATES[it.state]);
      text(group, it.group);
      text(name, it.name);
    });
  }

  parts.again.addEventListener('click', look);
  parts.import.addEventListener('click', () => send(el, 'start', { kind: 'import_config', environment }));
  parts.export.addEventListener('click', () => send(el, 'start', { kind: 'export_config', environment }));

  return (view) => {
    const next = address(view.info);
    [info, busy] = [view.info, view.busy];
    const other = next !== environment;
    environment = next;
    if (other) found = null;
    // The site is asked, which takes a moment: only when something happened to it.
    const news = view.board !== board && !busy;
    if (other || news) {
      board = view.board;
      look();
    } else draw(parts.again.disabled);
  };
}

function words(found) {
  if (!found) return '';
  if (!found.system) return 'This site keeps no configuration in its code. WordPress does it with WP-CFM bundles in wp-content/config or Advanced Custom Fields’ acf-json in the theme, Drupal with its configuration sync folder or Features.';
  if (!found.items.length) return `${found.system}: code and database are the same (${count(found.same, 'piece')}).`;
  return `${found.system}: ${count(found.items.length, 'difference')}, ${found.same} the same. A deploy brings only code; tick “Import configuration” there, or import here.`;
}
