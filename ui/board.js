import { html, icon, keyed, make, partsOf, send, show, text } from './lib/dom.js';
import { ago, count, envName, tagName } from './lib/words.js';
import { EnvironmentCard, MultidevRow } from './card.js';
import { UpdatesHint } from './updates.js';

const COLUMNS = ['dev', 'test', 'live'];

/** Dev, Test and Live side by side; the lanes between them carry code up and content down. */
export function Board(el) {
  const updates = make('div');
  const grid = make('div', 'board');
  el.append(updates, grid);
  const hint = UpdatesHint(updates);
  const cards = new Map();
  const lanes = [];
  COLUMNS.forEach((name, at) => {
    const card = make('article');
    cards.set(name, EnvironmentCard(card, name));
    grid.append(card);
    if (at < 2) {
      const lane = make('div', 'lane');
      lanes.push(Lane(lane, name, COLUMNS[at + 1]));
      grid.append(lane);
    }
  });
  const multi = html`<section class="multi" aria-labelledby="multi-title" hidden><h2 id="multi-title">Multidev</h2><div class="scroll"><table><thead><tr><th scope="col">Environment</th><th scope="col">Code</th><th scope="col">Content</th><th scope="col"><span class="unseen">Actions</span></th></tr></thead><tbody></tbody></table></div></section>`;
  el.append(multi);
  const rows = multi.querySelector('tbody');

  return (board, busy) => {
    hint(board);
    const by = new Map(board.environments.map((it) => [it.environment, it]));
    COLUMNS.forEach((name, at) => cards.get(name)(by.get(name), { busy, parent: by.get(COLUMNS[at - 1]), cms: board.site.cms, environments: board.environments }));
    lanes.forEach((lane, at) => lane(by.get(COLUMNS[at]), by.get(COLUMNS[at + 1]), busy));
    const others = board.environments.filter((it) => !COLUMNS.includes(it.environment));
    show(multi, others.length);
    keyed(rows, others, (it) => it.environment, MultidevRow, (row, it) => row.update(it));
  };
}

function Lane(el, left, right) {
  el.append(
    html`<div class="track code" data-part="up"><button type="button" class="code" data-part="deploy"><span data-part="deployWords"></span></button><small data-part="deployNote"></small></div>`,
    html`<div class="track content" data-part="down"><button type="button" class="content" data-part="clone">Clone</button><small data-part="cloneNote"></small></div>`,
  );
  const parts = partsOf(el);
  let source = null;
  let target = null;
  parts.deploy.append(icon('right'));
  parts.clone.prepend(icon('left'));
  parts.clone.setAttribute('aria-label', `Clone from ${envName(right)} to ${envName(left)}`);
  parts.deploy.addEventListener('click', () => send(el, 'deploy', target));
  parts.clone.addEventListener('click', () => send(el, 'clone', { info: source, from: right, to: left }));

  return (from, to, busy) => {
    source = from;
    target = to;
    const open = from.initialized && to.initialized;
    el.classList.toggle('closed', !open);
    el.title = busy ? 'A workflow is running on this site' : '';
    parts.deploy.title = busy || to.code.deployable ? '' : 'There is nothing to deploy';
    show(parts.deploy, open);
    show(parts.clone, open);
    const waiting = to.code.deployable;
    text(parts.deployWords, waiting ? `Deploy ${waiting}` : 'Deploy');
    parts.deploy.setAttribute('aria-label', waiting ? `Deploy ${count(waiting, 'commit')} to ${envName(right)}` : `Deploy to ${envName(right)}`);
    parts.deploy.classList.toggle('soft', !waiting);
    parts.deploy.disabled = busy || !waiting;
    parts.clone.disabled = busy;
    text(parts.deployNote, !open ? '' : waiting ? behind(waiting, to) : 'in step');
    text(parts.cloneNote, open ? age(from, right) : '');
  };
}

const behind = (n, to) => (to.code.tag ? `${count(n, 'commit')} since ${tagName(to.code.tag)}` : `${count(n, 'commit')} to deploy`);

/** How old the lower environment's copy of the upper one's content is. */
function age(target, source) {
  const { origin, origin_at: at } = target.content;
  return origin?.type === 'clone' && origin.environment === source && at ? `cloned ${ago(at)}` : `from ${envName(source)}`;
}
