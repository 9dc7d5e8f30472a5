// The frame of every dialog: a native <dialog> with title, body, an error place and buttons.
import { asError, copy, query } from '../api.js';
import { start } from '../store.js';
import { html, make, must, partsOf, show, text } from './dom.js';
import { ErrorNote } from './error.js';

let serial = 0;

/**
 * @param {{ title: string, wide?: boolean, act?: string, tone?: 'code' | 'content' | 'bad', close?: string,
 *   submit?: () => Promise<unknown> | void, command?: () => import('../types').Request }} options `submit` that
 *   answers `false` leaves the dialog open
 */
export function openDialog({ title, wide = false, act, tone = 'code', close = 'Cancel', submit, command }) {
  const el = /** @type {HTMLDialogElement} */ (html`<dialog class="dialog"><form><h2 data-part="title"></h2><div class="body" data-part="body"></div><div class="sure" data-part="sure"></div><div data-part="error"></div>
    <footer><button type="button" class="link" data-part="command">Copy as command</button><span class="said" role="status" data-part="said"></span>
    <button type="button" data-part="close"></button><button type="submit" data-part="act"></button></footer></form></dialog>`);
  const parts = partsOf(el);
  const opener = /** @type {HTMLElement | null} */ (document.activeElement);
  parts.title.id = `dialog-${++serial}`;
  el.setAttribute('aria-labelledby', parts.title.id);
  el.classList.toggle('wide', wide);
  text(parts.title, title);
  text(parts.close, close);
  show(parts.act, act);
  text(parts.act, act);
  parts.act.classList.add(tone);
  show(parts.command, command);
  const note = ErrorNote(parts.error);
  let ready = true;
  let busy = false;

  const draw = () => {
    parts.act.disabled = !ready || busy;
    parts.act.classList.toggle('busy', busy);
    parts.command.disabled = !ready;
  };
  const dialog = {
    el, body: parts.body, form: /** @type {HTMLFormElement} */ (el.firstElementChild),
    /** What has to be typed stands above the buttons and does not scroll away. */
    confirm: (...nodes) => parts.sure.append(...nodes),
    close: () => el.close(),
    fail: (error) => { note(error && asError(error)); },
    title: (value) => text(parts.title, value),
    act: (value) => text(parts.act, value),
    setReady: (value) => { ready = value; draw(); },
  };
  dialog.form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (!submit) return el.close();
    if (!ready || busy) return;
    busy = true;
    note(null);
    draw();
    try {
      if ((await submit()) !== false) el.close();
    } catch (error) {
      note(asError(error));
    } finally {
      busy = false;
      draw();
    }
  });
  dialog.form.noValidate = true;
  parts.close.addEventListener('click', () => el.close());
  parts.command.addEventListener('click', async () => {
    if (!command) return;
    try {
      await copy(await query({ query: 'command', request: command() }));
      text(parts.said, 'Copied');
      setTimeout(() => text(parts.said, ''), 4000);
    } catch (error) {
      note(asError(error));
    }
  });
  el.addEventListener('click', (event) => { if (event.target === el && !busy) el.close(); });
  el.addEventListener('close', () => {
    el.remove();
    if (opener?.isConnected) opener.focus();
    else must(document, '#main').focus();
  });
  document.body.append(el);
  el.showModal();
  draw();
  return dialog;
}

/** A dialog that starts a workflow and closes once it has begun. @param {any} options */
export const requestDialog = ({ request, ...options }) => openDialog({ ...options, command: request, submit: () => start(request()) });

export function field(label, control, hint) {
  const el = make('label', 'field');
  el.append(make('span', 'label', label), control);
  if (hint) el.append(make('small', '', hint));
  return el;
}

export function check(label, { checked = false, note = '', disabled = false } = {}) {
  const el = make('label', 'check');
  const input = make('input');
  input.type = 'checkbox';
  input.checked = checked;
  input.disabled = disabled;
  const words = make('span', '', label);
  if (note) words.append(' ', make('small', '', note));
  el.append(input, words);
  return Object.assign(el, { input });
}

export function group(legend, ...children) {
  const el = make('fieldset');
  el.append(make('legend', '', legend), ...children);
  return el;
}

/** The highest step of confirming: the site's name is typed. Calls back with whether it matches. */
export function typedName(site, onMatch) {
  const input = make('input');
  input.autocomplete = 'off';
  input.spellcheck = false;
  const el = field('', input);
  must(el, '.label').append('Type ', make('code', '', site), ' to confirm');
  input.addEventListener('input', () => onMatch(input.value.trim() === site));
  onMatch(false);
  return Object.assign(el, { input });
}
