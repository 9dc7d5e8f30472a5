import { answered, query } from '../api.js';
import { address, cloneRequest } from '../actions.js';
import { make, show, text } from '../lib/dom.js';
import { check, field, group, requestDialog, typedName } from '../lib/dialog.js';
import { compare, databaseDrift, drift, filesDrift, seen } from '../lib/drift.js';
import { databaseSize, filesSize } from '../lib/found.js';
import { effort, Facts, isTight, LeftOut, PairList } from '../lib/plan.js';
import { envName, sentence, system } from '../lib/words.js';
import { onChange } from '../store.js';

/** Copies database and files from one environment to another, with what that means; content up to Live asks for the site's name. */
export function cloneDialog({ info, from, to, part }, board) {
  const ready = board.environments.filter((it) => it.initialized);
  const target = ready.find((it) => it.environment === to);
  const site = info.site;
  const name = envName(to);
  const source = select(ready.filter((it) => it.environment !== to).map((it) => it.environment), from ?? (to === 'live' ? 'test' : 'live'));
  const database = check('Database', { checked: part !== 'files' });
  const files = check('Files', { checked: part !== 'database' });
  const urls = check('Convert addresses', { checked: true });
  const full = check('Copy cache and log tables too', { note: 'usually left out' });
  const cms = board.site.cms;
  const updates = ['php', 'html'].includes(cms) ? null : check(`Run ${system(cms)} database updates`);
  const caches = check('Clear Caches');
  const lacks = make('p', 'meta drift');
  const list = make('dl', 'selectable');
  const facts = Facts(list);
  const pairs = PairList();
  const leftOut = LeftOut();
  let matches = to !== 'live';
  let asked = 0;
  /** @type {{ plan: import('../types').ClonePlan | null, error: import('../api.js').AppError | null }} */
  let answer = { plan: null, error: null };
  let sure = null;
  const request = () => ({
    ...cloneRequest(site, source.value, to), db_only: !files.input.checked, files_only: !database.input.checked, keep_urls: !urls.input.checked,
    full: full.input.checked, updatedb: !!updates?.input.checked, cc: caches.input.checked, confirm: sure && matches ? site : null,
  });
  const dialog = requestDialog({ title: `Clone content to ${name}`, act: `Clone to ${name}`, tone: 'content', request });
  const chosen = () => ready.find((it) => it.environment === source.value);
  const some = () => database.input.checked || files.input.checked;
  const isReady = () => some() && matches && !(answer.plan && isTight(answer.plan.effort));
  if (to === 'live') sure = typedName(site, (it) => { matches = it; dialog.setReady(isReady()); });

  async function ask() {
    const mine = ++asked;
    answer = { plan: null, error: null };
    draw();
    if (!some()) return;
    const { kind: _, ...clone } = request();
    const [plan, error] = await answered(query({ query: 'clone_plan', request: clone }));
    if (mine !== asked) return;
    answer = { plan, error };
    draw();
  }

  function draw() {
    const what = database.input.checked && files.input.checked ? 'the Database & the Files' : database.input.checked ? 'the Database' : 'the Files';
    dialog.title(some() ? `Clone ${what} from ${envName(source.value)} into ${name}` : `Clone content to ${name}`);
    for (const el of [urls, full, updates]) if (el) el.input.disabled = !database.input.checked;
    const comparison = seen(chosen(), target);
    text(lacks, comparison ? drift(comparison, [...(database.input.checked ? databaseDrift(comparison) : []), ...(files.input.checked ? filesDrift(comparison) : [])]) : '');
    show(lacks, lacks.textContent);
    drawPlan(answer);
    dialog.setReady(isReady());
  }

  function drawPlan({ plan, error }) {
    const from = chosen().content;
    const now = target.content;
    pairs.update(plan?.pairs ?? []);
    leftOut.update(plan?.excluded ?? []);
    const sum = (it) => [database.input.checked && databaseSize(it.database ?? from.database), files.input.checked && filesSize(it.files ?? from.files)].filter(Boolean).join(' and ');
    facts(!some() ? [['Copies', 'Choose the database, the files, or both.']] : [
      ['Copies', sum(plan ?? from)],
      ['Left out', plan?.excluded.length ? leftOut : ''],
      ['Replaces', `${sum(now)} of ${name}. You can undo it.`],
      ['Addresses', plan?.pairs.length ? pairs : ''],
      ['Needs', error ? sentence(error.message) : plan ? effort(plan.effort) : 'Measuring…'],
    ]);
    list.classList.toggle('tight', !!plan && isTight(plan.effort));
  }

  const what = group('What', database, files);
  what.className = 'inline';
  dialog.body.append(field('From this Environment', source), what, lacks, list, group('Options', urls, full), group('Afterwards', ...(updates ? [updates] : []), caches));
  if (sure) dialog.confirm(make('p', 'hint content', 'Content usually goes down from Live. This replaces what visitors of Live wrote.'), sure);
  for (const input of [source, database.input, files.input, urls.input, full.input]) input.addEventListener('change', ask);
  source.addEventListener('change', () => compare(chosen(), target));
  dialog.el.addEventListener('close', onChange(draw));
  compare(chosen(), target);
  ask();
  source.focus();
}

function select(names, chosen) {
  const el = make('select');
  for (const name of names) el.append(new Option(envName(name), name, false, name === chosen));
  return el;
}
