// The Deploys tab of Test and Live: what waits, what was deployed, what only this environment has.
import { query } from './api.js';
import { address } from './actions.js';
import { html, keyed, make, partsOf, send, show, text } from './lib/dom.js';
import { ErrorNote } from './lib/error.js';
import { listCommits } from './lib/commits.js';
import { ago, count, envName, exact, short, tagName } from './lib/words.js';

const PARENT = { test: 'dev', live: 'test' };

export function Deploys(el) {
  el.className = 'deploys';
  el.append(
    html`<section class="waiting" aria-labelledby="waiting-title"><header><h2 id="waiting-title" data-part="waiting"></h2><div class="acts"><button type="button" data-part="hotfix">Hotfix…</button><button type="button" data-part="back"></button><button type="button" class="code" data-part="deploy"></button></div></header><ul class="commits selectable" tabindex="0" aria-label="Commits that are ready to deploy" data-part="commits"></ul></section>`,
    html`<section class="alert" data-part="orphaned" aria-labelledby="orphans-title"><header><h2 id="orphans-title" data-part="orphanTitle"></h2><div class="acts"><button type="button" class="code soft" data-part="bring">Bring to Dev…</button></div></header><p class="note">What a hotfix brought is dropped by the next deploy from Dev, unless it comes to Dev first.</p><ul class="commits selectable" tabindex="0" aria-label="Commits that Dev lacks" data-part="orphans"></ul></section>`,
    html`<section aria-labelledby="deploys-title"><h2 id="deploys-title">Deploy Log</h2><div class="panel"><ol class="rows" aria-label="Deploys" data-part="rows"></ol></div></section>`,
    make('div'),
  );
  const parts = partsOf(el);
  const note = ErrorNote(el.lastElementChild);
  let info = null;
  let seen = null;
  let busy = false;
  let deploys = [];
  parts.deploy.addEventListener('click', () => send(el, 'deploy', info));
  parts.hotfix.addEventListener('click', () => send(el, 'hotfix', info));
  parts.back.addEventListener('click', () => send(el, 'start', { kind: 'deploy_tag', environment: address(info), tag: null }));
  parts.bring.addEventListener('click', () => send(el, 'merge', { kind: 'bring_to_dev', environment: address(info) }));

  async function load() {
    const mine = seen;
    const environment = address(info);
    try {
      const [rows, orphans, plan] = await Promise.all([query({ query: 'deploys', environment }), query({ query: 'orphans', environment }), query({ query: 'deploy_plan', environment, from: null })]);
      if (mine !== seen) return;
      note(null);
      deploys = rows;
      listCommits(parts.commits, plan.commits);
      listCommits(parts.orphans, orphans);
      show(parts.orphaned, orphans.length);
      text(parts.orphanTitle, `${count(orphans.length, 'commit')} ${orphans.length === 1 ? 'is' : 'are'} not on Dev`);
    } catch (error) {
      if (mine === seen) note(error);
    }
    draw();
  }

  function draw() {
    const name = envName(info.environment);
    const parent = envName(PARENT[info.environment]);
    const waits = info.code.deployable;
    text(parts.waiting, waits ? `${count(waits, 'commit')} ${waits === 1 ? 'is' : 'are'} ready to deploy from ${parent}` : `${name} has every commit of ${parent}`);
    text(parts.deploy, `Deploy Code from ${parent} to ${name}`);
    parts.deploy.classList.toggle('soft', !waits);
    parts.deploy.disabled = busy || !waits;
    show(parts.commits, waits);
    const current = deploys.findIndex((it) => it.current);
    const before = current >= 0 ? deploys[current + 1] : null;
    show(parts.back, before);
    text(parts.back, before ? `Roll back to ${tagName(before.tag)}` : '');
    parts.back.disabled = parts.bring.disabled = busy;
    keyed(parts.rows, deploys, (it) => it.tag, Row, (row, it) => row.update(it, deploys.indexOf(it) < current));
  }

  function Row(it) {
    const row = html`<li><span class="badge" data-part="tag"></span><span class="what"><b data-part="message"></b><small><button type="button" class="link mono" data-part="commit"></button> <span data-part="subject"></span></small></span><span class="badge plain" data-part="current">runs now</span><button type="button" data-part="act"></button><time class="when" data-part="when"></time></li>`;
    const own = partsOf(row);
    text(own.tag, tagName(it.tag));
    text(own.message, it.message.split('\n')[0] || it.commit.subject);
    own.message.title = it.message;
    text(own.commit, short(it.commit.commit)).setAttribute('aria-label', `Show the commit ${short(it.commit.commit)}`);
    text(own.subject, `${it.commit.subject} · ${it.commit.author}`);
    own.commit.addEventListener('click', () => send(row, 'showCommit', { site: info.site, commit: it.commit.commit }));
    own.act.addEventListener('click', () => send(row, 'start', { kind: 'deploy_tag', environment: address(info), tag: it.tag }));
    row.update = (next, newer) => {
      show(own.current, next.current);
      show(own.act, !next.current);
      text(own.act, newer ? 'Deploy again' : 'Roll back');
      own.act.setAttribute('aria-label', newer ? `Deploy ${tagName(next.tag)} again` : `Roll back to ${tagName(next.tag)}`);
      own.act.disabled = busy;
      text(own.when, ago(next.date)).title = exact(next.date);
    };
    return row;
  }

  return ({ info: next, busy: isBusy }) => {
    if (info && address(info) !== address(next)) {
      deploys = [];
      show(parts.orphaned, false);
      parts.commits.replaceChildren();
    }
    [info, busy] = [next, isBusy];
    if (!seen) show(parts.orphaned, false);
    draw();
    if (seen === info) return;
    seen = info;
    load();
  };
}
