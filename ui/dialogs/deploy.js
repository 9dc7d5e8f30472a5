import { query } from '../api.js';
import { address, deployRequest } from '../actions.js';
import { isOld } from '../status.js';
import { html, keyed, make, partsOf, send, text } from '../lib/dom.js';
import { listCommits } from '../lib/commits.js';
import { drafted } from '../lib/draft.js';
import { check, field, group, requestDialog } from '../lib/dialog.js';
import { ago, count, envName, sentence, sizes, system, tagName } from '../lib/words.js';

/**
 * Deploys the parent's code to Test or Live, or a multidev's (`from`) as a hotfix; the first deploy creates the
 * environment.
 */
export async function deployDialog(info, board, from = null) {
  /** @type {import('../types').DeployPlan} */
  const plan = await query({ query: 'deploy_plan', environment: address(info), from });
  const name = envName(info.environment);
  const parent = envName(plan.from);
  const idle = !plan.first && !plan.deployable;
  const message = drafted(make('textarea'), `deploy:${address(info)}`);
  const sync = plan.content && !plan.first && info.environment === 'test'
    ? check('Pull files and the database from the Live environment', { note: `${sizes(plan.content)}, addresses converted` }) : null;
  const cms = board.site.cms;
  const updates = ['php', 'html'].includes(cms) ? null : check(`Run ${system(cms)} database updates`);
  const config = ['php', 'html'].includes(cms) ? null : check('Import configuration', { note: 'What the code keeps of it, after the updates' });
  const caches = check('Clear Caches');
  const request = () => ({ ...deployRequest(info), from, note: message.value.trim() || null, sync_content: !!sync?.input.checked, updatedb: !!updates?.input.checked, config_import: !!config?.input.checked, cc: caches.input.checked });
  const dialog = requestDialog({
    title: plan.first ? `Create ${name} Environment` : idle ? `Deploy to ${name}` : `Deploy ${count(plan.deployable, 'commit')} to ${name}`,
    act: plan.first ? `Create ${name}` : `Deploy to ${name}`,
    request,
  });
  if (plan.uncommitted) dialog.body.append(leftBehind(plan, parent, dialog, board));
  for (const it of plan.warnings) dialog.body.append(make('p', 'hint', sentence(`${it.message}. ${it.hint}`)));
  if (plan.dropped && !idle) {
    const way = from ? `until the next deploy from ${envName(info.environment === 'live' ? 'test' : 'dev')}` : 'unless brought to Dev first';
    dialog.body.append(make('p', 'hint', `${count(plan.dropped, 'commit')} that ${name} has now ${plan.dropped === 1 ? 'is' : 'are'} not in it, and leave${plan.dropped === 1 ? 's' : ''} ${name} ${way}.`));
  }
  if (idle) {
    dialog.body.append(make('p', 'note', 'There is nothing to deploy.'));
    dialog.setReady(false);
    return;
  }
  if (plan.first) dialog.body.append(make('p', '', `${name} starts with the code of ${parent} and a copy of its database and files.`));
  if (plan.commits.length) dialog.body.append(commitList(plan));
  dialog.body.append(field('Deploy Log message', message));
  message.placeholder = 'What this deploy brings';
  message.setAttribute('aria-label', 'Deploy Log message');
  if (!plan.first) {
    if (info.environment === 'live') dialog.body.append(await lastSmokeTest(board));
    if (plan.updates?.length) dialog.body.append(pending(plan.updates, name));
    if (sync) dialog.body.append(group('Content', sync));
    dialog.body.append(group('After the deploy', ...[updates, config, caches].filter(Boolean)));
  }
  dialog.body.append(make('p', 'note', `${plan.first ? '' : `${name} keeps answering meanwhile. `}It becomes ${tagName(plan.tag)}. You can undo it.`));
  message.focus();
}

/** What the last smoke test of Test said: it is what would go live. */
async function lastSmokeTest(board) {
  const test = board.environments.find((it) => it.environment === 'test');
  const report = await query({ query: 'smoke_report', environment: address(test) }).catch(() => null);
  const line = make('p', 'hint');
  if (!report) return text(line, 'No smoke test of Test yet: its tab Status runs one.');
  const old = isOld(report, test) ? ' It was before the last change of Test.' : '';
  return text(line, `Smoke test of Test, ${ago(report.made_at)}: ${report.verdict}.${old}`);
}

/** Database updates that the new code brings. */
function pending(updates, name) {
  const el = html`<details class="hint"><summary></summary><ul class="commits selectable" tabindex="0" aria-label="Database updates"></ul></details>`;
  text(el.firstElementChild, `${count(updates.length, 'database update')} will wait on ${name}`);
  keyed(el.lastElementChild, updates, (it) => `${it.module} ${it.update}`, () => html`<li><code></code><span></span></li>`, (row, it) => {
    const [update, what] = row.children;
    text(update, it.update);
    text(what, `${it.module}${it.description ? `: ${it.description}` : ''}`);
  });
  return el;
}

function leftBehind(plan, parent, dialog, board) {
  const el = html`<p class="hint"><span data-part="words"></span><button type="button" class="link" data-part="act">Review &amp; commit</button></p>`;
  const parts = partsOf(el);
  text(parts.words, `${count(plan.uncommitted, 'changed file')} on ${parent} ${plan.uncommitted === 1 ? 'is' : 'are'} not committed and will not be deployed.`);
  parts.act.addEventListener('click', () => {
    dialog.close();
    send(document.getElementById('main'), 'commit', board.environments.find((it) => it.environment === plan.from));
  });
  return el;
}

function commitList(plan) {
  const list = make('ul', 'commits selectable');
  list.tabIndex = 0;
  list.setAttribute('aria-label', 'Commits that will be deployed');
  const more = plan.deployable - plan.commits.length;
  listCommits(list, plan.commits);
  if (more > 0 && !plan.first) list.append(make('li', 'note', `and ${count(more, 'older commit')}`));
  return list;
}
