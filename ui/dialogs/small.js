// Dialogs that only show something.
import { asError, copy, isMac, query } from '../api.js';
import { html, make, must } from '../lib/dom.js';
import { openDialog } from '../lib/dialog.js';

/** What went wrong, calmly. */
export function errorDialog({ title, error }) {
  const dialog = openDialog({ title, close: 'Close' });
  dialog.fail(error);
}

/** A workflow's log. */
export async function logDialog(row) {
  const dialog = openDialog({ title: `Log: ${row.title}`, wide: true, close: 'Close' });
  const pre = make('pre', 'log');
  pre.tabIndex = 0;
  pre.setAttribute('aria-label', 'Log');
  const all = make('button', '', 'Copy');
  all.type = 'button';
  all.addEventListener('click', () => copy(pre.textContent));
  must(dialog.form, 'footer').insertBefore(all, dialog.form.querySelector('footer [data-part="close"]'));
  dialog.body.append(pre);
  try {
    pre.textContent = (await query({ query: 'workflow_log', id: row.id })) || 'Nothing was logged.';
  } catch (error) {
    dialog.fail(asError(error));
  }
}

const command = isMac ? '⌘' : 'Ctrl ';
export const KEYS = [
  ['Find a site or run anything', `${command}K`],
  ['New site', `${command}N`],
  ['Go to site 1 … 9', `${command}1 … 9`],
  ['Open or close the workflows', `${command}J`],
  ['Activity, with every undo', `${command}Z`],
  ['Settings', `${command},`],
  ['Move in lists, tabs and menus', 'Arrow keys'],
  ['Send a dialog from its text field', `${command}Enter`],
  ['Give up a drag, close a dialog', 'Esc'],
  ['This sheet', '?'],
];

/** The sheet of shortcuts. */
export function keysDialog() {
  const dialog = openDialog({ title: 'Keyboard shortcuts', close: 'Close' });
  const list = html`<dl class="keys"></dl>`;
  for (const [words, keys] of KEYS) {
    const value = make('dd');
    value.append(make('kbd', '', keys));
    list.append(make('dt', '', words), value);
  }
  dialog.body.append(list);
}
