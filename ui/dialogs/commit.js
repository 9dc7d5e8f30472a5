import { query } from '../api.js';
import { address } from '../actions.js';
import { Changes } from '../changes.js';
import { make } from '../lib/dom.js';
import { drafted } from '../lib/draft.js';
import { field, requestDialog } from '../lib/dialog.js';
import { count, envName } from '../lib/words.js';

/** Review & commit: the changed files, the difference of the chosen one, a message. */
export async function commitDialog(info) {
  const environment = address(info);
  const files = await query({ query: 'diffstat', environment });
  const message = drafted(make('textarea'), `commit:${environment}`);
  message.rows = 3;
  message.placeholder = 'What changed, and why';
  const request = () => ({ kind: 'commit', environment, message: message.value.trim(), files: changes.isAll() ? [] : changes.chosen() });
  const dialog = requestDialog({ title: `Review & commit on ${envName(info.environment)}`, wide: true, act: 'Commit', request });
  if (!files.length) {
    dialog.body.append(make('p', 'note', 'Nothing has changed since the last commit.'));
    return dialog.setReady(false);
  }
  const draw = () => {
    const chosen = changes.chosen().length;
    dialog.act(`Commit ${count(chosen, 'file')}`);
    dialog.setReady(chosen > 0 && message.value.trim());
  };
  let changes = null;
  changes = Changes(dialog.body, { boxes: true, ask: (file) => query({ query: 'diff', environment, file }), changed: () => { if (changes) draw(); } });
  message.addEventListener('input', draw);
  message.required = true;
  changes.left.append(field('Message', message));
  changes.update(files);
  message.focus();
}
