import { answered, query } from '../api.js';
import { address } from '../actions.js';
import { html, icon, keyed, make, must, partsOf, show, text } from '../lib/dom.js';
import { check, field, group, requestDialog, typedName } from '../lib/dialog.js';
import { ErrorNote } from '../lib/error.js';
import { count, envName, sentence } from '../lib/words.js';

/** Replaces texts or addresses throughout a database; a dry run shows first what that would change. */
export function searchReplaceDialog({ info }, board) {
  const name = envName(info.environment);
  const live = info.environment === 'live';
  const rows = make('ul', 'replacements');
  const more = button('Add a pair', 'link');
  const tables = make('input');
  tables.placeholder = 'all';
  tables.autocomplete = 'off';
  tables.spellcheck = false;
  const guid = board.site.cms === 'wordpress' ? check('Replace in guid columns too', { note: 'usually left alone: feed readers know posts by them' }) : null;
  const caches = check('Clear Caches');
  const dry = button('Dry run', 'content');
  const problem = make('div');
  const note = ErrorNote(problem);
  const result = html`<section class="dryrun" aria-label="What it would change" hidden><p class="note" role="status" data-part="words"></p><div class="scroll" tabindex="0" data-part="box"><table><thead><tr><th scope="col">Table</th><th scope="col" class="number">Rows</th><th scope="col" class="number">Replacements</th></tr></thead><tbody data-part="rows"></tbody></table></div><ul class="notes" data-part="notes"></ul></section>`;
  const shown = partsOf(result);
  let serial = 0;
  let pairs = [{ id: ++serial, old: '', new: '' }];
  let matches = !live;
  let asked = 0;
  const filled = () => pairs.filter((it) => it.old !== '');
  const request = () => ({
    kind: 'search_replace', environment: address(info), pairs: filled().map((it) => ({ old: it.old, new: it.new })),
    tables: tables.value.split(/[\s,]+/).filter(Boolean), guid: !!guid?.input.checked, cc: caches.input.checked, confirm: live && matches ? info.site : null,
  });
  const dialog = requestDialog({ title: `Search & replace on ${name}`, act: 'Replace', tone: 'content', request });

  function draw() {
    keyed(rows, pairs, (it) => it.id, Pair, (row) => row.update());
    dry.disabled = !filled().length;
    dialog.setReady(filled().length && matches);
  }

  /** What was found holds no longer once anything is changed. */
  function changed() {
    asked += 1;
    busy(false);
    show(result, false);
    dialog.act('Replace');
    draw();
  }
  const busy = (on) => { dry.classList.toggle('busy', on); text(dry, on ? 'Searching…' : 'Dry run'); };

  async function run() {
    const mine = ++asked;
    busy(true);
    note(null);
    const { kind, ...wanted } = request();
    const [plan, error] = await answered(query({ query: 'search_replace_plan', request: { ...wanted, confirm: null } }));
    if (mine !== asked) return;
    busy(false);
    note(error);
    show(result, plan);
    if (plan) drawPlan(plan);
  }

  /** @param {import('../types').SearchReplacePlan} plan */
  function drawPlan(plan) {
    text(shown.words, plan.replacements ? `${count(plan.replacements, 'replacement')} in ${count(plan.rows, 'row')} of ${count(plan.tables.length, 'table')}. Nothing has been changed yet.` : 'Nothing would change: none of this occurs.');
    show(shown.box, plan.tables.length);
    keyed(shown.rows, plan.tables, (it) => it.table, () => html`<tr><th scope="row"><code></code></th><td class="number"></td><td class="number"></td></tr>`, (row, it) => {
      text(row.querySelector('code'), it.table);
      text(row.children[1], it.rows.toLocaleString('en'));
      text(row.children[2], it.replacements.toLocaleString('en'));
    });
    keyed(shown.notes, plan.notes, (it) => it, () => make('li'), (row, it) => text(row, sentence(it)));
    show(shown.notes, plan.notes.length);
    dialog.act(plan.replacements ? `Replace ${plan.replacements.toLocaleString('en')}` : 'Replace');
    dialog.setReady(plan.replacements && matches);
  }

  function Pair(it) {
    const row = html`<li><input aria-label="Search for" placeholder="Search for" autocomplete="off" spellcheck="false"><span aria-hidden="true">→</span><input aria-label="Replace with" placeholder="Replace with" autocomplete="off" spellcheck="false"><button type="button" class="plain square" aria-label="Remove this pair"></button></li>`;
    const [old, , now, away] = /** @type {[HTMLInputElement, HTMLElement, HTMLInputElement, HTMLButtonElement]} */ ([...row.children]);
    away.append(icon('close'));
    old.addEventListener('input', () => { it.old = old.value; changed(); });
    now.addEventListener('input', () => { it.new = now.value; changed(); });
    away.addEventListener('click', () => { pairs = pairs.filter((other) => other !== it); changed(); more.focus(); });
    row.update = () => show(away, pairs.length > 1);
    return row;
  }

  more.addEventListener('click', () => { pairs = [...pairs, { id: ++serial, old: '', new: '' }]; draw(); must(rows, ':scope > :last-child input').focus(); });
  dry.addEventListener('click', run);
  tables.addEventListener('input', changed);
  guid?.input.addEventListener('change', changed);
  const list = make('div', 'field');
  const acts = make('p', 'acts-row');
  acts.append(more, dry);
  list.append(rows, acts);
  dialog.body.append(list, problem, result, field('Only in these tables', tables, 'Names with a space between; all tables when empty.'), ...(guid ? [guid] : []), group('Afterwards', caches));
  if (live) dialog.confirm(typedName(info.site, (it) => { matches = it; dialog.setReady(filled().length && it); }));
  draw();
  must(rows, 'input').focus();
}

function button(words, className) {
  const el = make('button', className, words);
  el.type = 'button';
  return el;
}
