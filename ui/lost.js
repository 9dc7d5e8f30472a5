import { html, partsOf, send, show } from './lib/dom.js';
import { ErrorNote } from './lib/error.js';

/** Portico can't start: why. Where its own database is lost or damaged, the two ways on. */
export function Lost(el) {
  el.append(html`<h1>Portico can’t start</h1>`);
  const note = ErrorNote(el);
  const ways = html`<div class="ways" role="group" aria-label="Ways on"><button type="button" class="primary" data-part="restore">Put the copy back</button><button type="button" data-part="adopt">Take up the sites from their folders</button></div>`;
  const parts = partsOf(ways);
  parts.restore.addEventListener('click', () => send(el, 'recover', 'from_copy'));
  parts.adopt.addEventListener('click', () => send(el, 'recover', 'anew'));
  el.append(ways);
  return ({ fatal, recovering }) => {
    note(fatal);
    el.append(ways);
    show(ways, fatal?.code === 'damaged');
    for (const button of [parts.restore, parts.adopt]) button.disabled = !!recovering;
  };
}
