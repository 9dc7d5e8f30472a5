import { query } from '../api.js';
import { Conflicts } from '../conflicts.js';
import { html, make, partsOf, send, show, text } from '../lib/dom.js';
import { check, group, requestDialog } from '../lib/dialog.js';
import { listCommits } from '../lib/commits.js';
import { count, envName, system } from '../lib/words.js';

const TITLES = {
  merge_to_dev: (from, into) => `Merge ${from} into ${into}`,
  merge_from_dev: (from, into) => `Merge ${from} into ${into}`,
  apply_upstream: (from, into) => `Apply Updates to ${into}`,
  bring_to_dev: (from, into) => `Bring commits of ${from} to ${into}`,
};
const NOTHING = {
  apply_upstream: () => 'There are no available updates.',
  bring_to_dev: (from) => `Dev has every commit of ${from}.`,
};

/**
 * Everything that brings code into Dev or a multidev: what comes, conflicts solved file by file, then one workflow.
 * @param {{ kind: 'merge_to_dev' | 'merge_from_dev' | 'apply_upstream' | 'bring_to_dev', environment: string }} wanted
 */
export async function mergeDialog({ kind, environment }, board) {
  const cms = board.site.cms;
  const updates = kind === 'bring_to_dev' || ['php', 'html'].includes(cms) ? null : check(`Run ${system(cms)} database updates`);
  const prefer = kind === 'apply_upstream' ? check('Auto-Resolve Conflicts', { note: 'take the upstream’s lines where both changed' }) : null;
  let conflicts = null;
  /** @returns {any} which fields there are follows from the kind */
  const bare = () => ({ kind, environment, ...(kind === 'bring_to_dev' ? {} : { updatedb: !!updates?.input.checked }), ...(prefer ? { accept_upstream: prefer.input.checked } : {}) });
  const request = () => ({ ...bare(), resolve: conflicts?.answers() ?? [] });
  const ask = () => query({ query: 'merge_plan', request: { ...bare(), resolve: [] } });
  /** @type {import('../types').MergePlan} */
  let plan = await ask();
  const into = envName(plan.into.split('.')[1]);
  const from = plan.from === 'the upstream' ? 'Upstream' : plan.from;
  const title = TITLES[kind](from, into);
  const dialog = requestDialog({ title, act: title, request });
  const view = html`<div class="merging"><p class="hint" data-part="uncommitted"><span data-part="words"></span><button type="button" class="link" data-part="review">Review &amp; commit</button></p><p class="note" data-part="none"></p><ul class="commits selectable" tabindex="0" aria-label="Commits that come" data-part="commits"></ul><p class="note" data-part="more"></p>
    <p class="hint bad-hint" data-part="told"></p><div data-part="conflicts"></div><div data-part="options"></div>
    <details data-part="byHand"><summary>By hand, with Git</summary><pre class="log" tabindex="0" data-part="commands"></pre><button type="button" data-part="copy">Copy commands</button></details></div>`;
  const parts = partsOf(view);
  const options = [prefer, updates].filter(Boolean);
  if (options.length) parts.options.append(group('Options', ...options));
  parts.review.addEventListener('click', () => {
    dialog.close();
    send(document.getElementById('main'), 'commit', board.environments.find((it) => `${it.site}.${it.environment}` === plan.into));
  });
  parts.copy.addEventListener('click', () => send(view, 'copyText', { text: plan.by_hand.join('\n'), said: 'Copied the commands' }));
  prefer?.input.addEventListener('change', async () => {
    try {
      plan = await ask();
      dialog.fail(null);
      draw();
    } catch (error) {
      dialog.fail(error);
    }
  });
  dialog.body.append(view);
  draw();

  function draw() {
    const { count: comes, uncommitted } = plan;
    show(parts.uncommitted, uncommitted && comes);
    text(parts.words, `${count(uncommitted, 'changed file')} on ${into} ${uncommitted === 1 ? 'is' : 'are'} not committed. Commit or discard first.`);
    show(parts.none, !comes);
    text(parts.none, NOTHING[kind]?.(from) ?? `${into} has every commit of ${from}.`);
    listCommits(parts.commits, plan.commits);
    show(parts.commits, comes);
    const more = comes - plan.commits.length;
    show(parts.more, more > 0);
    text(parts.more, `and ${count(more, 'older commit')}`);
    for (const part of ['options', 'byHand']) show(parts[part], comes);
    text(parts.commands, plan.by_hand.join('\n'));
    const open = comes ? plan.conflicts : [];
    show(parts.conflicts, open.length);
    show(parts.told, open.length);
    text(parts.told, `${count(open.length, 'file')} ${open.length === 1 ? 'was' : 'were'} changed in the same place on both sides. Nothing changes before each has an answer.`);
    dialog.el.classList.toggle('wide', open.length > 0);
    if (open.length) {
      conflicts ??= Conflicts(parts.conflicts, { ours: into, theirs: from, draft: `${kind}:${plan.into}`, changed: ready });
      conflicts.update(open);
    } else conflicts?.update([]);
    ready();
  }

  function ready() {
    dialog.act(plan.conflicts.length ? 'Commit merge' : title);
    dialog.setReady(plan.count && !plan.uncommitted && !(conflicts?.left() ?? 0));
  }
}

/** Where a site's updates come from. */
export function upstreamDialog({ site, upstream }) {
  const url = make('input');
  const branch = make('input');
  for (const input of [url, branch]) Object.assign(input, { autocomplete: 'off', spellcheck: false });
  url.value = upstream?.url ?? '';
  branch.value = upstream?.branch ?? '';
  branch.placeholder = 'the repository’s own';
  const dialog = requestDialog({ title: 'Upstream', act: 'Set upstream', request: () => ({ kind: 'set_upstream', site, url: url.value.trim() || 'empty', branch: branch.value.trim() || null }) });
  const labelled = (label, input) => { const el = make('label', 'field'); el.append(make('span', 'label', label), input); return el; };
  dialog.body.append(labelled('Git address or path', url), labelled('Branch', branch), make('p', 'note', 'Updates are fetched from there and merged when you apply them. Leave the address empty for no upstream.'));
  url.focus();
}
