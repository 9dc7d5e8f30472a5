// What is broken of an environment or a site, and the way to its repair.
import { html, icon, keyed, make, partsOf, send, show, text } from './lib/dom.js';
import { sentence } from './lib/words.js';

/** What the page calls the parts. */
export const PARTS = { row: 'Records', code: 'Code', database: 'Database', files: 'Files', repository: 'Repository', leftover: 'Left over', access: 'Privacy' };

/**
 * A note with what is broken; hidden while nothing is. `site()` answers the site's name for the repair.
 * @param {HTMLElement} el @param {() => string} site
 * @returns {(damage: import('./types').Damage[], alone?: boolean) => void}
 */
export function DamageNote(el, site) {
  const note = html`<div class="damage selectable" role="note"><ul data-part="list"></ul><button type="button" class="bad" data-part="repair">Repair…</button></div>`;
  const parts = partsOf(note);
  note.prepend(icon('alert'));
  parts.repair.addEventListener('click', () => send(note, 'repair', site()));
  el.append(note);
  return (damage, alone = false) => {
    show(note, damage.length);
    keyed(parts.list, damage.map((it, at) => ({ it, at })), (row) => row.at, () => make('li'), (li, { it }) => {
      text(li, sentence(it.message));
      li.title = it.action;
    });
    note.setAttribute('aria-label', alone ? 'What is broken of the site' : 'What is broken');
  };
}
