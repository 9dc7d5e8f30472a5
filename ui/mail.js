import { asError, copy, pickPlace, query } from './api.js';
import { address } from './actions.js';
import { Asked, whileSeen } from './lib/asked.js';
import { html, icon, keyed, partsOf, rove, send, show, text } from './lib/dom.js';
import { ErrorNote } from './lib/error.js';
import { MailFrame } from './lib/mail-frame.js';
import { ago, bytes, count, envName, exact } from './lib/words.js';

/** The tab Mail: what the environment sent, and nobody got. */
export function Mail(el) {
  el.append(html`<div class="mail"><div class="toolbar"><p class="meta grow" data-part="hint"></p><button type="button" data-part="clear">Clear</button></div><div data-part="error"></div>
    <p class="none panel" data-part="none"></p><div class="postbox" data-part="postbox"><ul class="panel letters" aria-label="Messages" data-part="list"></ul>
    <article class="panel letter" aria-label="Message" data-part="letter"><header><h2 class="selectable" data-part="subject"></h2><dl class="meta selectable"><div><dt>From</dt><dd data-part="from"></dd></div><div><dt>To</dt><dd data-part="to"></dd></div><div><dt>Caught</dt><dd data-part="at"></dd></div></dl>
      <div class="toolbar"><div class="segments" role="radiogroup" aria-label="Part" data-part="views"><label><input type="radio" name="mail-view" value="html"><span>HTML</span></label><label><input type="radio" name="mail-view" value="text"><span>Text</span></label><label><input type="radio" name="mail-view" value="head"><span>Headers</span></label></div><button type="button" class="link" data-part="copy">Copy</button></div></header>
      <div class="sheet" data-part="frame"></div><pre class="sheet selectable" tabindex="0" aria-label="Text of the message" data-part="plain"></pre><ul class="attached" aria-label="Attachments" data-part="attachments"></ul></article></div></div>`);
  const parts = partsOf(el);
  const note = ErrorNote(parts.error);
  const frame = MailFrame(parts.frame);
  const radios = [...parts.views.querySelectorAll('input')];
  let environment = null;
  let rows = [];
  let open = null;
  let message = null;
  let view = 'html';

  const asked = Asked((environment) => ({ query: 'mail', environment }), (answer, error) => {
    note(error);
    if (!answer) return;
    rows = answer;
    if (!rows.some((it) => it.id === open)) choose(rows[0]?.id ?? null);
    draw();
  });

  function draw() {
    text(parts.hint, `What this environment sends by PHP is caught here and not delivered; a plugin with a mail service of its own is not stopped. ${rows.length ? count(rows.length, 'message') : ''}`.trim());
    parts.clear.disabled = !rows.length;
    show(parts.none, !rows.length);
    show(parts.postbox, rows.length);
    keyed(parts.list, rows, (it) => it.id, (it) => Letter(it, () => choose(it.id)), (row, it) => row.update(it.id === open, it));
  }

  async function choose(id) {
    open = id;
    message = null;
    draw();
    drawMessage();
    if (!id) return;
    try {
      const answer = await query({ query: 'mail_message', environment, id });
      if (open !== id) return;
      message = answer;
      note(null);
    } catch (thrown) {
      if (open === id) note(asError(thrown));
    }
    drawMessage();
  }

  function drawMessage() {
    show(parts.letter, message);
    if (!message) return;
    const { row, attachments } = message;
    const shown = view === 'html' && !message.html ? 'text' : view;
    text(parts.subject, row.subject || 'No subject');
    text(parts.from, row.from);
    text(parts.to, row.to);
    text(parts.at, exact(row.at));
    for (const radio of radios) {
      radio.checked = radio.value === shown;
      radio.disabled = radio.value === 'html' && !message.html;
    }
    show(parts.frame, shown === 'html');
    show(parts.plain, shown !== 'html');
    if (shown === 'html') frame(message.html);
    else text(parts.plain, shown === 'head' ? message.head : message.text || 'This message has no text.');
    show(parts.attachments, attachments.length);
    keyed(parts.attachments, attachments.map((it, at) => ({ ...it, at, id: row.id })), (it) => `${it.id} ${it.at}`, (it) => Attachment(it, () => save(it)), () => {});
  }

  async function save({ id, at, name }) {
    try {
      const to = await pickPlace('Save the attachment', name);
      if (!to) return;
      await query({ query: 'mail_part', environment, id, attachment: at, to });
      send(el, 'say', `Saved ${name}`);
    } catch (thrown) {
      note(asError(thrown));
    }
  }

  for (const radio of radios) radio.addEventListener('change', () => { view = radio.value; drawMessage(); });
  parts.clear.addEventListener('click', () => send(el, 'start', { kind: 'clear_mail', environment }));
  parts.copy.addEventListener('click', async () => {
    await copy(parts.frame.hidden ? parts.plain.textContent : message.text ?? '');
    send(el, 'say', 'Copied the message');
  });
  rove(parts.list);
  whileSeen(el, 3000, () => { if (environment) asked.again(); });

  return ({ info, board }) => {
    environment = address(info);
    text(parts.none, `${envName(info.environment)} has sent no mail yet.`);
    if (asked.update(environment, board)) {
      [rows, open, message] = [[], null, null];
      show(parts.postbox, false);
      show(parts.none, false);
    }
  };
}

function Letter(row, onOpen) {
  const item = html`<li><button type="button" class="plain" data-rove data-part="open"><span class="what"><b class="clip" data-part="subject"></b><small class="clip" data-part="to"></small></span><small data-part="when"></small></button></li>`;
  const parts = partsOf(item);
  parts.open.addEventListener('click', onOpen);
  item.update = (on, it) => {
    text(parts.subject, it.subject || 'No subject');
    text(parts.to, `To ${it.to || 'nobody'}${it.attachments ? ` · ${count(it.attachments, 'attachment')}` : ''}`);
    text(parts.when, ago(it.at));
    if (on) parts.open.setAttribute('aria-current', 'true'); else parts.open.removeAttribute('aria-current');
  };
  return item;
}

function Attachment({ name, media_type: type, bytes: size }, onSave) {
  const item = html`<li><span class="what"><b class="clip" data-part="name"></b><small data-part="facts"></small></span><button type="button" data-part="save">Save…</button></li>`;
  const parts = partsOf(item);
  item.prepend(icon('down'));
  text(parts.name, name);
  text(parts.facts, `${type} · ${bytes(size)}`);
  parts.save.setAttribute('aria-label', `Save ${name}…`);
  parts.save.addEventListener('click', onSave);
  return item;
}
