import { html, partsOf, send, text } from './lib/dom.js';
import { bytes, count, facts } from './lib/words.js';

/** The tab Database / Files. */
export function Content(el) {
  el.append(html`<div class="page"><p data-part="database"></p><p><button type="button" class="content" data-part="clone">Clone from…</button></p></div>`);
  const parts = partsOf(el);
  let shown = null;
  parts.clone.addEventListener('click', () => send(el, 'clone', { info: shown, to: shown.environment }));
  return ({ info }) => {
    shown = info;
    const { database, files } = info.content;
    text(parts.database, facts(count(database.tables, 'table'), bytes(database.bytes), count(files.count, 'file'), bytes(files.bytes)));
  };
}
