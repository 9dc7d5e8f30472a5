import { copy } from '../api.js';
import { html, icon, keyed, make, partsOf, show, text } from './dom.js';

/** An error as everything in Portico shows it: what failed, what to try, what lies under it. */
export function ErrorNote(el) {
  const note = html`<div class="error selectable" role="alert"><div class="words"><p class="message" data-part="message"></p><p data-part="hint"></p>
    <details data-part="more"><summary>Details</summary><ul data-part="causes"></ul></details></div>
    <button type="button" class="link" data-part="copy">Copy</button></div>`;
  const parts = partsOf(note);
  note.prepend(icon('alert'));
  let shown = null;
  parts.copy.addEventListener('click', async () => {
    await copy(plain(shown));
    text(parts.copy, 'Copied');
    setTimeout(() => text(parts.copy, 'Copy'), 2500);
  });
  return (error) => {
    shown = error;
    if (!error) return note.remove();
    marked(parts.message, `${error.message[0].toUpperCase()}${error.message.slice(1)}${/[.!?]$/.test(error.message) ? '' : '.'}`);
    marked(parts.hint, error.hint ?? '');
    show(parts.hint, error.hint);
    show(parts.more, error.causes?.length);
    keyed(parts.causes, (error.causes ?? []).map((cause, at) => ({ cause, at })), (it) => it.at, () => make('li'), (li, it) => text(li, it.cause));
    el.append(note);
  };
}

/** Text whose `names` stand between backticks. */
export function marked(el, words) {
  el.replaceChildren(...words.split('`').map((part, at) => (at % 2 ? make('code', '', part) : part)));
}

/** The same for a terminal or a bug report. */
export const plain = (error) => [`Error: ${error.message}`, ...(error.causes ?? []).map((it) => `  because ${it}`), error.hint && `Hint: ${error.hint}`].filter(Boolean).join('\n');
