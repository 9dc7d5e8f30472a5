import { html, icon, keyed, make, partsOf, send, show, text } from './lib/dom.js';
import { ago, envName, exact, hookFailures, sentence, STATES, took } from './lib/words.js';

/** How a row's state looks; used by the drawer as well. */
export function stateIcon(el, state) {
  if (el.dataset.state === state) return;
  el.dataset.state = state;
  el.className = `row-icon ${{ failed: 'bad', cancelled: 'still', rolled_back: 'still' }[state] ?? ''}`;
  const sign = { succeeded: 'check', failed: 'alert', cancelled: 'close', rolled_back: 'undo' }[state];
  el.replaceChildren(sign ? icon(sign) : make('span', 'spin'));
}

/** The site's workflows, newest first, each with what it did and the way back. */
export function Activity(el) {
  el.append(html`<div class="panel"><ol class="rows" aria-label="Workflows"></ol><p class="none">Nothing has happened here yet. Deploys, clones and commits will be listed with the way back.</p></div>`);
  const [list, none] = el.firstElementChild.children;
  return (board) => {
    show(none, !board.workflows.length);
    keyed(list, board.workflows, (it) => it.id, Row, (row, it) => row.update(it));
  };
}

function Row(first) {
  const row = html`<li><span data-part="icon"></span><span class="what"><b data-part="title"></b><small data-part="note"></small></span>
    <button type="button" class="link" data-part="why">Why?</button><button type="button" class="link" data-part="undo">Undo</button><button type="button" class="link" data-part="log">Log</button><button type="button" class="link" data-part="command">Copy as command</button>
    <time class="when" data-part="when"></time></li>`;
  const parts = partsOf(row);
  let it = first;
  parts.why.addEventListener('click', () => send(row, 'showError', { title: it.title, error: it.error }));
  parts.undo.addEventListener('click', () => send(row, 'undo', it));
  parts.log.addEventListener('click', () => send(row, 'showLog', it));
  parts.command.addEventListener('click', () => send(row, 'copyText', { text: it.command, said: 'Copied the command' }));
  for (const part of ['undo', 'log', 'command']) parts[part].setAttribute('aria-label', `${parts[part].textContent}: ${it.title}`);
  row.update = (next) => {
    it = next;
    stateIcon(parts.icon, it.state);
    text(parts.title, it.title);
    const lasted = it.finished_at && it.state === 'succeeded' ? `in ${took(it)}` : '';
    const why = it.error && it.state === 'failed' ? sentence(it.error.message) : hookFailures(it);
    text(parts.note, [it.environment && envName(it.environment), why || [STATES[it.state], lasted].filter(Boolean).join(' ')].filter(Boolean).join(' · '));
    parts.note.classList.toggle('bad-text', it.state === 'failed' || !!hookFailures(it));
    show(parts.why, it.state === 'failed' && it.error);
    show(parts.undo, it.undoable);
    text(parts.when, ago(it.finished_at ?? it.started_at));
    parts.when.dateTime = it.finished_at ?? it.started_at;
    parts.when.title = exact(it.finished_at ?? it.started_at);
  };
  return row;
}
