// The Code tab: how code is changed, what is changed and not committed, upstream updates, the commit log.
import { query } from './api.js';
import { address } from './actions.js';
import { Changes } from './changes.js';
import { CommitLog } from './commits.js';
import { html, partsOf, send, show, text } from './lib/dom.js';
import { keepDraft, readDraft } from './lib/draft.js';
import { ErrorNote } from './lib/error.js';
import { count, envName } from './lib/words.js';
import { start } from './store.js';
import { Updates } from './updates.js';

const MODES = {
  sftp: 'SFTP mode: the folder and the site itself may write. Changes are committed here; a push is refused.',
  git: 'Git mode: a push updates the folder at once. The site may not change code, and nothing is committed here.',
};

/** The tab Code of any environment; Test and Live have their log alone. */
export function Code(el) {
  el.append(
    html`<section class="mode" data-part="mode" aria-labelledby="mode-title"><h2 id="mode-title">Connection Mode</h2><div class="segments" role="group" aria-labelledby="mode-title"><button type="button" data-part="sftp">SFTP</button><button type="button" data-part="git">Git</button></div><p class="note" data-part="meaning"></p>
      <div class="acts"><button type="button" data-part="connection">Connection Info</button><button type="button" data-part="mergeFrom">Merge from Dev…</button><button type="button" class="code soft" data-part="mergeTo">Merge into Dev…</button></div></section>`,
    html`<section class="pending" data-part="pending" aria-labelledby="pending-title"><h2 id="pending-title" data-part="title"></h2><div data-part="note"></div><div data-part="changes"></div></section>`,
    html`<div data-part="updates"></div>`,
    html`<section aria-labelledby="log-title"><h2 id="log-title">Commit Log</h2><div data-part="log"></div></section>`,
  );
  el.className = 'code-tab';
  const parts = partsOf(el);
  let info = null;
  for (const mode of ['sftp', 'git']) {
    parts[mode].addEventListener('click', () => { if (info.connection_mode !== mode) send(el, 'start', { kind: 'set_connection', environment: address(info), mode }); });
  }
  parts.connection.addEventListener('click', () => send(el, 'showConnection', info));
  parts.mergeTo.addEventListener('click', () => send(el, 'merge', { kind: 'merge_to_dev', environment: address(info) }));
  parts.mergeFrom.addEventListener('click', () => send(el, 'merge', { kind: 'merge_from_dev', environment: address(info) }));
  const updates = Updates(parts.updates);
  const pending = Pending(parts);
  const log = CommitLog(parts.log);

  return ({ info: next, board, busy }) => {
    info = next;
    const writable = !!info.connection_mode;
    show(parts.mode, writable);
    for (const mode of ['sftp', 'git']) {
      parts[mode].setAttribute('aria-pressed', String(info.connection_mode === mode));
      parts[mode].disabled = busy && info.connection_mode !== mode;
    }
    text(parts.meaning, `${MODES[info.connection_mode] ?? ''}${info.connection_mode === 'sftp' && info.code.uncommitted ? ' Switching sets the uncommitted changes aside; undo brings them back.' : ''}`);
    const isMultidev = writable && info.environment !== 'dev';
    show(parts.mergeTo, isMultidev);
    show(parts.mergeFrom, isMultidev);
    parts.mergeTo.disabled = parts.mergeFrom.disabled = busy;
    show(parts.updates, writable);
    if (writable) updates(info, board, busy);
    pending(info, board, busy);
    log(board, info.environment);
  };
}

/** Changed files with their difference, a message, and the two ways on: commit or discard. */
function Pending(parts) {
  const note = ErrorNote(parts.note);
  const form = /** @type {HTMLFormElement} */ (html`<form class="commit-form"><label class="field"><span class="label">Message</span><textarea rows="3" required placeholder="What changed, and why" data-part="message"></textarea></label><div class="row"><button type="button" class="link" data-part="discard">Discard all</button><span></span><button type="submit" class="code" data-part="act"></button></div></form>`);
  const own = partsOf(form);
  let info = null;
  let seen = null;
  let busy = false;
  let starting = false;
  const draft = () => `commit:${address(info)}`;
  const changes = Changes(parts.changes, {
    boxes: true,
    ask: (file) => query({ query: 'diff', environment: address(info), file }),
    changed: () => { if (info) draw(); },
    discard: (file) => send(form, 'start', { kind: 'discard', environment: address(info), files: [file] }),
  });
  changes.left.append(form);
  own.discard.addEventListener('click', () => send(form, 'start', { kind: 'discard', environment: address(info), files: [] }));
  own.message.addEventListener('input', () => { keepDraft(draft(), own.message.value); draw(); });
  own.message.addEventListener('keydown', (event) => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) form.requestSubmit(); });
  form.noValidate = true;
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (own.act.disabled || starting) return;
    starting = true;
    try {
      await start({ kind: 'commit', environment: address(info), message: own.message.value.trim(), files: changes.isAll() ? [] : changes.chosen() });
      own.message.value = '';
      note(null);
    } catch (error) {
      note(error);
    } finally {
      starting = false;
      draw();
    }
  });

  function draw() {
    const chosen = changes.chosen().length;
    const git = info.connection_mode === 'git';
    text(own.act, `Commit ${count(chosen, 'file')}`);
    own.act.disabled = busy || git || !chosen || !own.message.value.trim();
    own.act.title = git ? 'In Git mode nothing is committed here; switch to SFTP mode first' : '';
    own.discard.disabled = busy;
  }

  async function load(environment) {
    const mine = seen;
    try {
      const files = await query({ query: 'diffstat', environment });
      if (mine !== seen) return;
      note(null);
      text(parts.title, files.length ? `${count(files.length, 'file change')} ready to commit` : 'No changes to commit');
      show(parts.changes, files.length);
      changes.update(files);
    } catch (error) {
      if (mine === seen) note(error);
    }
  }

  return (next, board, isBusy) => {
    const moved = info && address(info) !== address(next);
    [info, busy] = [next, isBusy];
    show(parts.pending, info.connection_mode);
    if (!info.connection_mode) return;
    if (moved) {
      text(parts.title, `Changes on ${envName(info.environment)}`);
      show(parts.changes, false);
    }
    // The dialog writes the same draft; a commit that failed gives its message back.
    if (!busy && document.activeElement !== own.message) own.message.value = readDraft(draft());
    draw();
    // A board is asked anew whenever something has changed, an edited file as well.
    if (seen === info) return;
    seen = info;
    load(address(info));
  };
}
