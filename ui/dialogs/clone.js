import { cloneRequest } from '../actions.js';
import { make } from '../lib/dom.js';
import { check, field, group, requestDialog, typedName } from '../lib/dialog.js';
import { bytes, count, envName, host, system } from '../lib/words.js';

/** Copies database and files from one environment to another; content up to Live asks for the site's name. */
export function cloneDialog({ info, from, to }, board) {
  const ready = board.environments.filter((it) => it.initialized);
  const target = ready.find((it) => it.environment === to);
  const site = info.site;
  const name = envName(to);
  const source = select(ready.filter((it) => it.environment !== to).map((it) => it.environment), from ?? (to === 'live' ? 'test' : 'live'));
  const database = check('Database', { checked: true });
  const files = check('Files', { checked: true });
  const urls = check('Convert addresses', { checked: true });
  const full = check('Copy cache and log tables too', { note: 'usually left out' });
  const cms = board.site.cms;
  const updates = ['php', 'html'].includes(cms) ? null : check(`Run ${system(cms)} database updates`);
  const caches = check('Clear Caches');
  const replaced = make('p', 'hint content');
  let matches = to !== 'live';
  let dialog = null;
  const sure = to === 'live' ? typedName(site, (it) => { matches = it; if (dialog) draw(); }) : null;
  const request = () => ({
    ...cloneRequest(site, source.value, to), db_only: !files.input.checked, files_only: !database.input.checked, keep_urls: !urls.input.checked,
    full: full.input.checked, updatedb: !!updates?.input.checked, cc: caches.input.checked, confirm: sure && matches ? site : null,
  });
  dialog = requestDialog({ title: `Clone content to ${name}`, act: `Clone to ${name}`, tone: 'content', request });
  const sizes = (it) => [database.input.checked && `${it.content.database.tables ? `${count(it.content.database.tables, 'table')}, ${bytes(it.content.database.bytes)}` : 'an empty database'}`, files.input.checked && `${count(it.content.files.count, 'file')}, ${bytes(it.content.files.bytes)}`].filter(Boolean).join(' and ');

  function draw() {
    const chosen = ready.find((it) => it.environment === source.value);
    const what = database.input.checked && files.input.checked ? 'the Database & the Files' : database.input.checked ? 'the Database' : 'the Files';
    const some = database.input.checked || files.input.checked;
    dialog.title(some ? `Clone ${what} from ${envName(source.value)} into ${name}` : `Clone content to ${name}`);
    replaced.textContent = some ? `Replaces ${sizes(target)} on ${name} with ${sizes(chosen)} of ${envName(source.value)}. You can undo it.` : 'Choose the database, the files, or both.';
    const [words] = urls.getElementsByTagName('span');
    words.replaceChildren('Convert addresses ', Object.assign(make('small'), { textContent: `${host(chosen.url)} → ${host(target.url)}` }));
    for (const el of [urls, full, updates]) if (el) el.input.disabled = !database.input.checked;
    dialog.setReady(some && matches);
  }
  dialog.body.append(field('From this environment', source), group('What', database, files), replaced,
    group('Database', urls, full, ...(updates ? [updates] : [])), group('Afterwards', caches));
  if (to === 'live') dialog.body.append(make('p', 'hint content', 'Content usually goes down from Live. This replaces what visitors of Live wrote.'), sure);
  dialog.form.addEventListener('change', draw);
  draw();
  source.focus();
}

function select(names, chosen) {
  const el = make('select');
  for (const name of names) el.append(new Option(envName(name), name, false, name === chosen));
  return el;
}
