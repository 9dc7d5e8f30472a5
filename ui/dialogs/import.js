import { answered, pickFiles, pickFolder } from '../api.js';
import { html, icon, keyed, make, partsOf, show, text } from '../lib/dom.js';
import { check, field, group, requestDialog, typedName } from '../lib/dialog.js';
import { ErrorNote } from '../lib/error.js';
import { databaseSize, filesSize, found } from '../lib/found.js';
import { importPlan, isAddress } from '../lib/import-plan.js';
import { choices, PieceTree } from '../lib/pieces.js';
import { effort, Facts, isTight, PairList } from '../lib/plan.js';
import { envName, sentence, system } from '../lib/words.js';

/**
 * Brings a database, files, or a whole site from files of the person's: looks into them first, says what they are and
 * what they replace.
 * @param {{ info: import('../types').EnvironmentInfo, paths?: string[], inspected?: import('../types').Inspected[] | null }} given
 */
export function importDialog({ info, paths = [], inspected = null }, board) {
  const name = envName(info.environment);
  const live = info.environment === 'live';
  const cms = board.site.cms;
  const view = html`<section class="field" data-drop="source" aria-labelledby="import-files"><span class="label" id="import-files">Files</span><ul class="sources" data-part="list"></ul>
    <div class="adding"><button type="button" data-part="files">Choose files…</button><button type="button" data-part="folder">Choose folder…</button></div><div class="adding"><input aria-label="Path or address" placeholder="or paste a path or an address (https://…)" autocomplete="off" spellcheck="false" data-part="typed"><button type="button" data-part="add">Add</button></div>
    <small data-part="hint">A dump (.sql, packed or not), a .sqlite file, an archive or folder of uploads, a whole site, or the archives of a backup together. Portico looks into each.</small></section>`;
  const parts = partsOf(view);
  const problem = make('div');
  const note = ErrorNote(problem);
  const list = make('dl', 'selectable');
  const facts = Facts(list);
  const urls = check('Convert addresses', { checked: true });
  const pairs = PairList();
  const more = make('input');
  more.placeholder = 'https://www.example.org';
  more.autocomplete = 'off';
  more.spellcheck = false;
  const moreField = field('One more address that becomes this environment’s', more);
  const databases = make('select');
  const databaseField = field('The dump holds several databases. Import', databases);
  const updates = ['php', 'html'].includes(cms) ? null : check(`Run ${system(cms)} database updates`);
  const caches = check('Clear Caches');
  const addresses = group('Addresses', urls, pairs, moreField);
  const afterwards = group('Afterwards', ...(updates ? [updates] : []), caches);
  let sources = [];
  /** What the person said of a file that may be one thing or another. */
  let said = { taken_as: null, entry: null };
  let asked = 0;
  let matches = !live;
  /** @type {{ plan: Partial<import('../types').ImportPlan> | null, error: import('../api.js').AppError | null, inspected: import('../types').Inspected[] | null }} */
  let answer = { plan: null, error: null, inspected };

  const options = () => ({ from_database: databases.value || null, from_url: more.value.trim() || null, keep_urls: !urls.input.checked, updatedb: !!updates?.input.checked, cc: caches.input.checked, ...said, confirm: live && matches ? info.site : null });
  /** The core's own request, with what was chosen here. Only what that kind of import knows is set. */
  const request = () => {
    const chosen = options();
    return answer.plan?.request && Object.fromEntries(Object.entries(answer.plan.request).map(([key, value]) => [key, key in chosen ? chosen[key] : value]));
  };
  const dialog = requestDialog({ title: `Import into ${name}`, act: 'Import', tone: 'content', request });
  const isReady = () => !!answer.plan?.request && matches && !(answer.plan.effort && isTight(answer.plan.effort)) && (databaseField.hidden || databases.value !== '');
  const sure = live ? typedName(info.site, (it) => { matches = it; dialog.setReady(isReady()); }) : null;

  async function ask() {
    const mine = ++asked;
    answer = { plan: null, error: null, inspected: answer.inspected };
    draw();
    if (!sources.length) return;
    const [plan, error] = await answered(importPlan(info, sources, { ...options(), confirm: null }));
    if (mine !== asked) return;
    answer = { plan, error, inspected: plan?.sources ?? answer.inspected };
    draw();
  }

  function add(all) {
    const fresh = all.map((it) => it.trim()).filter((it) => it && !sources.includes(it));
    if (!fresh.length) return;
    sources = [...sources, ...fresh];
    ask();
  }

  function draw() {
    const { plan, error } = answer;
    const looked = new Map((answer.inspected ?? []).map((it) => [it.path, it]));
    keyed(parts.list, sources.map((path) => ({ path, it: looked.get(path) })), (it) => it.path, Source, (row, it) => row.update(it.it, !!error));
    show(parts.list, sources.length);
    // A doubt is a question at the file itself.
    const doubt = (answer.inspected ?? []).some((it) => sources.includes(it.path) && it.holds.type === 'doubt');
    note(error ?? (doubt ? null : plan?.problem) ?? null);
    drawPlan(plan);
    const offered = new Set((answer.inspected ?? []).filter((it) => sources.includes(it.path)).flatMap(({ holds }) => ('databases' in holds && holds.databases) || ('database' in holds && holds.database?.databases) || []));
    show(databaseField, offered.size > 1);
    if (databases.options.length - 1 !== offered.size) databases.replaceChildren(new Option('Choose…', ''), ...[...offered].map((it) => new Option(it, it)));
    dialog.act(plan?.request ? `Import ${plan.code ? 'the site' : [plan.database && 'database', plan.files && 'files'].filter(Boolean).join(' and ')}` : 'Import');
    dialog.setReady(isReady());
  }

  function drawPlan(plan) {
    const now = plan?.replaces ?? info.content;
    const gone = plan ? [plan.code && 'the code', plan.database && `the database (${databaseSize(now.database)})`, plan.files && `the files (${filesSize(now.files)})`].filter(Boolean) : [];
    const unseen = sources.some(isAddress);
    facts(plan && unseen ? [
      ['Replaces', `What is found behind the address: the database, the files, or the code of ${name}. You can undo it.`],
      ['Meanwhile', `It is downloaded first. ${name} answers with its present content until the import is complete.`],
    ] : !plan || plan.problem ? [['Now', sources.length && !plan && !answer.error ? 'Looking into it…' : '']] : [
      ['Replaces', `${capital(gone.join(' and '))} of ${name}. You can undo it.`],
      ['Keeps', capital([!plan.database && 'the database', !plan.files && 'the files', !plan.code && 'the code'].filter(Boolean).join(' and '))],
      ['Needs', plan && effort(plan.effort)],
      ['Meanwhile', `${name} answers with its present content until the import is complete.`],
    ]);
    list.classList.toggle('tight', !!plan?.effort && isTight(plan.effort));
    const converts = !!plan && !plan.problem && (unseen || plan.database);
    show(addresses, converts);
    show(afterwards, converts);
    pairs.update(plan?.pairs ?? []);
    show(pairs, urls.input.checked && plan?.pairs?.length);
    show(moreField, urls.input.checked);
    if (sure) show(sure, plan?.request);
  }

  function Source({ path }) {
    const row = html`<li><span data-part="sign"></span><span class="what"><b class="clip" data-part="name"></b><small data-part="words"></small><small data-part="notes"></small><select data-part="doubt" hidden></select></span><button type="button" class="plain square" data-part="away"></button></li>`;
    const own = partsOf(row);
    const file = path.split(/[\\/]/).filter(Boolean).pop() ?? path;
    text(own.name, file).title = path;
    own.away.append(icon('close'));
    own.away.setAttribute('aria-label', `Leave out ${file}`);
    own.away.addEventListener('click', () => { sources = sources.filter((it) => it !== path); said = { taken_as: null, entry: null }; ask(); parts.files.focus(); });
    const tree = PieceTree(file);
    own.doubt.before(tree);
    own.doubt.setAttribute('aria-label', `What ${file} is`);
    own.doubt.addEventListener('change', () => {
      const [kind, value] = [own.doubt.value.slice(0, own.doubt.value.indexOf(':')), own.doubt.value.slice(own.doubt.value.indexOf(':') + 1)];
      said = { taken_as: kind === 'as' ? value : null, entry: kind === 'entry' ? value : null };
      ask();
    });
    row.update = (it, failed) => {
      const bad = it?.holds.type === 'unusable';
      const doubt = it?.holds.type === 'doubt';
      // What was chosen stays to be seen, and to be changed.
      if (doubt && !own.doubt.value) own.doubt.replaceChildren(new Option('Choose what it is…', ''), ...choices(it.holds).map(([value, words]) => new Option(words, value)));
      show(own.doubt, doubt || own.doubt.value);
      tree.update(doubt || bad ? [] : it?.pieces ?? []);
      row.classList.toggle('bad', bad);
      own.sign.replaceChildren(isAddress(path) ? icon('down') : it || failed ? icon(bad || doubt || failed ? 'alert' : 'check') : html`<span class="spin"></span>`);
      text(own.words, isAddress(path) ? 'Looked into once it is downloaded' : it ? found(it) : failed ? '' : 'Looking into it…');
      text(own.notes, it?.notes.map(sentence).join(' ') ?? '');
      show(own.notes, it?.notes.length);
    };
    return row;
  }

  const picking = (pick) => async () => { try { add(await pick()); } catch (error) { dialog.fail(error); } };
  parts.files.addEventListener('click', picking(() => pickFiles('Choose files to import')));
  parts.folder.addEventListener('click', picking(async () => [await pickFolder('Choose a folder to import')].filter(Boolean)));
  const typed = () => { add([parts.typed.value]); parts.typed.value = ''; };
  parts.add.addEventListener('click', typed);
  parts.typed.addEventListener('keydown', (event) => { if (event.key === 'Enter') { event.preventDefault(); typed(); } });
  view.addEventListener('fillSource', (event) => add(/** @type {CustomEvent} */ (event).detail));
  for (const el of [urls.input, databases, more]) el.addEventListener('change', ask);
  dialog.body.append(view, problem, list, databaseField, addresses, afterwards);
  if (sure) dialog.confirm(sure);
  draw();
  add(paths);
  (paths.length && sure ? sure.input : paths.length ? dialog.el.querySelector('[data-part=close]') : parts.files).focus();
}

const capital = (words) => words && words[0].toUpperCase() + words.slice(1);
