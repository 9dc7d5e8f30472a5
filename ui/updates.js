import { query } from './api.js';
import { address } from './actions.js';
import { html, partsOf, send, show, text } from './lib/dom.js';
import { ErrorNote } from './lib/error.js';
import { listCommits } from './lib/commits.js';
import { count } from './lib/words.js';

/** On the board: that updates wait for Dev, and the way to apply them. */
export function UpdatesHint(el) {
  el.append(html`<p class="hint code-hint" hidden><span data-part="words"></span><button type="button" class="link" data-part="act">Review &amp; apply…</button></p>`);
  const parts = partsOf(el);
  let site = '';
  let seen = null;
  parts.act.addEventListener('click', () => send(el, 'merge', { kind: 'apply_upstream', environment: `${site}.dev` }));
  return async (board) => {
    if (seen === board) return;
    if (site !== board.site.name) show(el.firstElementChild, false);
    [seen, site] = [board, board.site.name];
    // A site without an upstream, or one that can't be read, has no updates to tell of; the Code tab says why.
    const upstream = await query({ query: 'upstream', site }).catch(() => null);
    const status = upstream && (await query({ query: 'upstream_updates', environment: `${site}.dev`, check: false }).catch(() => null));
    if (seen !== board) return;
    show(el.firstElementChild, status?.behind);
    text(parts.words, `${count(status?.behind ?? 0, 'upstream update')} available for Dev`);
  };
}

/** Updates of the upstream that an environment lacks, as they were seen last; or that the site has no upstream. */
export function Updates(el) {
  el.append(html`<section class="updates" aria-labelledby="updates-title"><header><h2 id="updates-title">Upstream Updates</h2><p class="note" data-part="words"></p><div class="acts"><button type="button" class="link" data-part="set">Set upstream…</button><button type="button" class="link" data-part="check">Check now</button><button type="button" class="code soft" data-part="apply">Apply Updates…</button></div></header><ul class="commits selectable" tabindex="0" aria-label="Available updates" data-part="list"></ul><div data-part="note"></div></section>`);
  const parts = partsOf(el);
  const note = ErrorNote(parts.note);
  let info = null;
  let seen = null;
  /** @type {import('./types').UpstreamStatus | null} */
  let status = null;
  let checking = false;
  let busy = false;
  parts.set.addEventListener('click', () => send(el, 'setUpstream', { site: info.site, upstream: status?.upstream ?? null }));
  parts.apply.addEventListener('click', () => send(el, 'merge', { kind: 'apply_upstream', environment: address(info) }));
  parts.check.addEventListener('click', async () => {
    checking = true;
    draw();
    await load(true);
    checking = false;
    draw();
  });

  async function load(check) {
    const mine = seen;
    try {
      const answer = (await query({ query: 'upstream', site: info.site })) && (await query({ query: 'upstream_updates', environment: address(info), check }));
      if (mine !== seen) return;
      status = answer;
      note(null);
    } catch (error) {
      if (mine === seen) note(error);
    }
    draw();
  }

  function draw() {
    const behind = status?.behind ?? 0;
    text(parts.words, checking ? 'Asking the upstream' : !status ? 'This site has no upstream.' : !status.is_known ? `From ${status.upstream.url}; not checked yet.` : behind ? `${count(behind, 'update')} available from ${status.upstream.url}` : `In step with ${status.upstream.url}`);
    text(parts.set, status ? 'Change upstream…' : 'Set upstream…');
    show(parts.check, status);
    show(parts.apply, behind);
    parts.check.disabled = checking;
    parts.apply.disabled = busy || checking;
    show(parts.list, behind);
    listCommits(parts.list, behind ? status?.updates ?? [] : []);
  }

  return (next, board, isBusy) => {
    if (info && address(info) !== address(next)) status = null;
    [info, busy] = [next, isBusy];
    draw();
    if (seen === info) return;
    seen = info;
    load(false);
  };
}
