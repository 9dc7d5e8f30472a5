import { leave } from '../api.js';
import { make, must } from '../lib/dom.js';
import { openDialog } from '../lib/dialog.js';

/** The window is closed while workflows run. @param {string[]} titles what runs */
export function leaveDialog(titles) {
  if (document.querySelector('dialog[open][data-leave]')) return;
  const dialog = openDialog({ title: 'Close Portico?', close: 'Stay', act: 'Run in the background', submit: () => leave('background') });
  dialog.el.dataset.leave = '';
  const list = make('ul', 'commits');
  list.append(...titles.map((it) => make('li', '', it)));
  const end = make('button', 'bad', 'Cancel it and close');
  end.type = 'button';
  end.addEventListener('click', () => leave('cancel').catch(dialog.fail));
  const footer = must(dialog.form, 'footer');
  footer.insertBefore(end, footer.querySelector('[data-part="act"]'));
  dialog.body.append(
    make('p', '', titles.length === 1 ? 'This is not done yet:' : 'These are not done yet:'), list,
    make('p', 'note', 'In the background it runs to its end, then Portico and its sites stop. Cancelled, everything is as it was before.'),
  );
}
