import { asError, copy, query } from '../api.js';
import { PARTS } from '../damage.js';
import { icon, make, must, text } from '../lib/dom.js';
import { requestDialog } from '../lib/dialog.js';
import { marked } from '../lib/error.js';
import { count, envName, facts, sentence } from '../lib/words.js';

/** @returns {import('../types').Request} */
export const repairRequest = (site) => ({ kind: 'repair_site', site });

/** Looks through a site, lists what is damaged with what would be done, and does it. */
export async function repairDialog(site, label = site) {
  const dialog = requestDialog({ title: `Repair ${label}`, act: 'Repair', request: () => repairRequest(site) });
  dialog.setReady(false);
  const lead = make('p', 'lead', 'Looking through code, content and repository… Nothing is changed by looking.');
  lead.setAttribute('role', 'status');
  const list = make('ul', 'repair-list selectable');
  list.setAttribute('aria-label', 'What was found');
  dialog.body.append(lead, list);
  let plan = null;
  try {
    plan = await query({ query: 'repair_plan', site });
  } catch (error) {
    text(lead, '');
    return dialog.fail(asError(error));
  }
  const able = plan.findings.filter((it) => it.way_back.type !== 'none');
  const others = plan.findings.filter((it) => it.way_back.type === 'none');
  text(lead, plan.findings.length === 0 ? 'Nothing is damaged.'
    : able.length === 0 ? 'Nothing here can be repaired by Portico itself. Nothing has been changed.'
      : `${count(able.length, 'thing')} can be repaired${others.length ? `, ${others.length} can only be told` : ''}. Nothing has been changed yet.`);
  list.replaceChildren(...able.map((it) => found(it, 'alert', '')), ...others.map((it) => found(it, 'search', 'told')), ...plan.whole.map(whole));
  if (plan.findings.length) must(dialog.form, 'footer').prepend(copyButton(plan));
  dialog.act(able.length > 1 ? `Repair ${able.length} things` : 'Repair');
  dialog.setReady(able.length > 0);
}

function found(it, symbol, kind) {
  const row = make('li', kind);
  const words = make('span');
  const [what, action] = [make('b'), make('small')];
  marked(what, sentence(it.message));
  marked(action, it.action);
  words.append(what, action);
  row.append(icon(symbol), words, make('span', 'of', facts(it.environment && envName(it.environment), PARTS[it.part])));
  return row;
}

function whole(what) {
  const row = make('li', 'whole');
  row.append(icon('check'), make('span', '', what), make('span', 'of', 'whole'));
  return row;
}

function copyButton(plan) {
  const button = make('button', 'link', 'Copy the findings');
  button.type = 'button';
  const lines = plan.findings.map((it) => `${it.environment ?? plan.site}: ${it.message}. ${it.action}`);
  button.addEventListener('click', async () => {
    await copy(lines.join('\n'));
    text(button, 'Copied');
  });
  return button;
}
