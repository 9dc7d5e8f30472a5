import { address } from '../actions.js';
import { query } from '../api.js';
import { make, text } from '../lib/dom.js';
import { field, requestDialog, typedName } from '../lib/dialog.js';
import { bytes, count, envName, kept } from '../lib/words.js';

export const switchRequest = (info, id, confirm = null) => ({ kind: 'switch_generation', environment: address(info), id, confirm });

/** Live's content is replaced only once the site's name was typed; elsewhere an undo is enough. */
export function switchDialog({ info, id, words }) {
  const name = envName(info.environment);
  let matches = false;
  const dialog = requestDialog({ title: `Switch ${name} to generation ${id}`, act: `Switch ${name}`, tone: 'content', request: () => switchRequest(info, id, matches ? info.site : null) });
  dialog.body.append(make('p', '', `${words}. It replaces what visitors of ${name} wrote since. You can undo it.`));
  dialog.confirm(typedName(info.site, (it) => { matches = it; dialog.setReady(it); }));
}

/** Letting go of generations is the one thing here that can't be undone. @param {{ info: import('../types').EnvironmentInfo, all: import('../types').GenerationInfo[] }} given */
export function pruneDialog({ info, all }) {
  const name = envName(info.environment);
  const ids = all.map((it) => it.id);
  const freed = all.reduce((sum, it) => sum + (it.disk?.own ?? 0), 0);
  const dialog = requestDialog({ title: ids.length === 1 ? `Prune generation ${ids[0]} of ${name}` : `Prune ${count(ids.length, 'generation')} of ${name}`, act: 'Prune', tone: 'bad', request: () => ({ kind: 'prune_generations', environment: address(info), ids, keep: null }) });
  dialog.body.append(make('p', '', `Lets go of ${ids.length === 1 ? 'what' : 'all that'} ${name} had then${freed ? `, which frees ${bytes(freed)}` : ''}. What it has now stays.`), make('p', 'hint', 'This can’t be undone, and neither can the workflows that it would take back.'));
}

function number(min, value) {
  const input = make('input');
  Object.assign(input, { type: 'number', min, max: 10000, step: 1, required: true, value });
  return input;
}

/** What a site keeps for undo; what a change lets go is told before it is saved. @param {{ site: string, rule: import('../types').KeepRule }} given */
export function keepDialog({ site, rule }) {
  const [last, days] = [number(1, rule.count), number(0, rule.days)];
  let reset = false;
  const wanted = () => ({ count: Number(last.value), days: Number(days.value) });
  const request = () => ({ kind: 'keep_generations', site, ...(reset ? { count: null, days: null } : wanted()), default: reset });
  const dialog = requestDialog({ title: 'What is kept for undo', act: 'Save', tone: 'content', request });
  const words = make('p', 'note');
  const goes = make('p', 'note');
  goes.setAttribute('role', 'status');
  let asked = 0;
  /** Says what the change lets go; an answer that comes after a newer change is thrown away. */
  async function plan() {
    const mine = ++asked;
    text(goes, 'Looking what goes…');
    const found = await query({ query: 'keep_plan', request: request() }).catch(() => null);
    if (mine !== asked) return;
    const titles = found && [...new Set(found.goes.flatMap((it) => it.undo_of))];
    const undo = titles?.length ? ` Can’t be undone then: ${titles.slice(0, 4).join(', ')}${titles.length > 4 ? ` and ${titles.length - 4} more` : ''}.` : '';
    text(goes, !found ? '' : found.goes.length ? `Lets go of ${count(found.goes.length, 'thing')} at once, for good, which frees ${bytes(found.bytes)}.${undo}` : 'Lets go of nothing now.');
    dialog.act(found?.goes.length ? 'Save and let go' : 'Save');
  }
  const back = make('button', 'link', 'Use the defaults');
  back.type = 'button';
  back.addEventListener('click', () => { reset = true; draw(); });
  for (const input of [last, days]) input.addEventListener('input', () => draw());

  function draw() {
    const valid = last.checkValidity() && days.checkValidity();
    text(words, reset ? 'Save, and it is as it was at first.' : valid ? kept(wanted()) : 'The first is a number from 1 to 10,000, the second one from 0.');
    last.disabled = days.disabled = reset;
    back.disabled = reset || rule.is_default;
    const same = wanted().count === rule.count && wanted().days === rule.days;
    dialog.setReady(reset || (valid && !same));
    if (reset || (valid && !same)) plan();
    else { asked++; text(goes, ''); dialog.act('Save'); }
  }
  const fields = make('div', 'pair');
  fields.append(field('Replaced last', last, 'So many of each kind.'), field('Days', days, 'All of so many days as well.'));
  const acts = make('p', 'acts-row');
  acts.append(words, back);
  dialog.body.append(fields, acts, goes, make('p', 'hint', 'It holds for contents and releases of every environment, for discarded changes and for what was deleted. What is pinned stays. While the disk is short, only what was replaced last is kept.'));
  draw();
  last.focus();
}
