import { stateIcon } from './activity.js';
import { html, icon, keyed, partsOf, send, show, text } from './lib/dom.js';
import { count, hookFailures, left, sentence, STATES, time, took, unit } from './lib/words.js';

const TONES = Object.fromEntries(['clone_content', 'wipe', 'import_database', 'import_files', 'import_site', 'export_database', 'export_files', 'search_replace', 'switch_generation', 'pin_generation', 'unpin_generation', 'prune_generations', 'keep_generations', 'set_database', 'set_clone_profile'].map((kind) => [kind, 'content']));
const SHOWN_DONE = 3;

/** The workflows that run and those that ended lately, of every shell. */
export function Drawer(el) {
  el.append(
    html`<div class="bar"><button type="button" class="plain" data-part="toggle" aria-controls="drawer-rows"><span data-part="sign"></span><b data-part="title"></b><span class="clip" data-part="summary"></span></button><button type="button" class="link" data-part="clear">Clear</button></div>`,
    html`<ul class="workflows" id="drawer-rows" data-part="rows"></ul>`,
  );
  const parts = partsOf(el);
  parts.sign.append(icon('down'));
  let open = localStorage.getItem('drawer') !== 'closed';
  let last = null;
  const toggle = () => {
    open = !open;
    localStorage.setItem('drawer', open ? 'open' : 'closed');
    if (last) update(last);
  };
  parts.toggle.addEventListener('click', toggle);
  parts.clear.addEventListener('click', () => send(el, 'clearFinished'));

  function update(state) {
    last = state;
    const running = [...state.running.values()];
    const done = state.finished.slice(0, Math.max(1, SHOWN_DONE - running.length));
    show(el, running.length || done.length);
    el.classList.toggle('closed', !open);
    parts.toggle.setAttribute('aria-expanded', String(open));
    show(parts.rows, open);
    text(parts.title, running.length ? `${count(running.length, 'workflow')} running` : 'Workflows');
    const first = running[0];
    text(parts.summary, open ? '' : first ? [first.row.title, percent(first)].filter(Boolean).join(' · ') : done[0] ? `${done[0].title} · ${STATES[done[0].state].toLowerCase()}` : '');
    show(parts.clear, state.finished.length);
    const label = (row) => (row.site === state.selected ? '' : state.sites?.find((it) => it.name === row.site)?.label ?? row.site);
    keyed(parts.rows, [...running.map((it) => ({ ...it, site: label(it.row) })), ...done.map((row) => ({ row, done: true, site: label(row) }))],
      (it) => `${it.row.id}${it.done === true ? ' done' : ''}`, (it) => (it.done === true ? Done(it) : Running(it)), (row, it) => row.update(it));
  }
  return Object.assign(update, { toggle });
}

const percent = (it) => (it.total ? `${Math.min(100, Math.floor((100 * it.done) / it.total))} %` : '');

function Running({ row }) {
  const el = html`<li class="workflow"><span class="row-icon"><span class="spin"></span></span><b class="clip" data-part="title"></b><progress data-part="bar"></progress>
    <span class="figures" data-part="figures"></span><span class="step clip" data-part="step"></span><button type="button" data-part="cancel">Cancel</button></li>`;
  const parts = partsOf(el);
  el.classList.add(TONES[row.kind] ?? 'code');
  parts.bar.setAttribute('aria-label', row.title);
  parts.cancel.setAttribute('aria-label', `Cancel: ${row.title}`);
  parts.cancel.addEventListener('click', () => send(el, 'cancelWorkflow', row.id));
  el.update = (it) => {
    text(parts.title, it.site ? `${it.site}: ${row.title}` : row.title);
    parts.title.title = parts.title.textContent;
    if (it.total) Object.assign(parts.bar, { max: it.total, value: Math.min(it.done, it.total) });
    else parts.bar.removeAttribute('value');
    const units = it.step && (it.unit !== 'steps' || it.total) ? unit(it.done, it.total, it.unit) : '';
    text(parts.figures, [percent(it), it.eta != null && `about ${left(it.eta)} left`].filter(Boolean).join(' · '));
    text(parts.step, it.cancelling ? 'Stopping, everything stays as it was' : [it.step ?? 'Starting', units].filter(Boolean).join(' · '));
    parts.step.title = parts.step.textContent;
    parts.cancel.disabled = it.cancelling;
  };
  return el;
}

function Done({ row }) {
  const el = html`<li class="workflow done"><span data-part="icon"></span><b class="clip" data-part="title"></b><span class="figures" data-part="figures"></span><span class="step clip" data-part="why"></span>
    <span class="links"><button type="button" class="link" data-part="undo">Undo</button><button type="button" class="link" data-part="more">Why?</button><button type="button" class="link" data-part="log">Log</button><button type="button" class="link" data-part="command">Copy as command</button><button type="button" class="plain square" data-part="dismiss"></button></span></li>`;
  const parts = partsOf(el);
  stateIcon(parts.icon, row.state);
  parts.dismiss.append(icon('close'));
  parts.dismiss.setAttribute('aria-label', `Dismiss: ${row.title}`);
  for (const part of ['undo', 'log', 'command']) parts[part].setAttribute('aria-label', `${parts[part].textContent}: ${row.title}`);
  const failed = row.state === 'failed' || row.state === 'rolled_back';
  text(parts.figures, row.state === 'succeeded' ? `${took(row)} · ${time(row.finished_at)}` : `${STATES[row.state]} · everything is as it was`);
  text(parts.why, row.state === 'failed' && row.error ? sentence(row.error.message) : hookFailures(row));
  show(parts.more, failed && row.error);
  parts.undo.addEventListener('click', () => send(el, 'undo', row));
  parts.more.addEventListener('click', () => send(el, 'showError', { title: row.title, error: row.error }));
  parts.log.addEventListener('click', () => send(el, 'showLog', row));
  parts.command.addEventListener('click', () => send(el, 'copyText', { text: row.command, said: 'Copied the command' }));
  parts.dismiss.addEventListener('click', () => send(el, 'dismissWorkflow', row.id));
  el.update = (it) => {
    text(parts.title, it.site ? `${it.site}: ${row.title}` : row.title);
    show(parts.undo, it.row.undoable);
  };
  return el;
}
