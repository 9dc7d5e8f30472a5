import { address } from './actions.js';
import { Asked } from './lib/asked.js';
import { attribute, html, partsOf, send, show, text } from './lib/dom.js';
import { ErrorNote } from './lib/error.js';

/** The tab Security: whether visitors are asked for a name and a password. */
export function Lock(el) {
  el.append(html`<div class="page lock-page"><div data-part="error"></div><section><h2>Environmental Access</h2><p data-part="state"></p>
    <dl class="meta selectable" data-part="facts"><div><dt>Username</dt><dd><code data-part="user"></code></dd></div><div><dt>Password</dt><dd><code data-part="password"></code> <button type="button" class="link" data-part="reveal">Show</button><button type="button" class="link" data-part="copy">Copy</button></dd></div></dl>
    <p><button type="button" data-part="open">Make Public</button></p></section>
    <form data-part="form"><fieldset><legend data-part="legend"></legend><label class="field"><span class="label">Username</span><input autocomplete="off" spellcheck="false" maxlength="200" data-part="name"></label><label class="field"><span class="label">Password</span><input autocomplete="off" spellcheck="false" maxlength="200" data-part="secret"><small data-part="hint"></small></label></fieldset>
      <p><button type="submit" class="code" data-part="lock"></button></p></form></div>`);
  const parts = partsOf(el);
  const note = ErrorNote(parts.error);
  let environment = null;
  let site = '';
  let lock = null;
  let busy = false;
  let revealed = false;

  const asked = Asked((environment) => ({ query: 'lock', environment }), (answer, error) => {
    note(error);
    if (answer) lock = answer;
    draw();
  });

  function draw() {
    for (const part of [parts.state.parentNode, parts.form]) show(part, lock);
    if (!lock) return;
    text(parts.state, lock.locked
      ? 'Private: visitors are asked for a name and a password. The site’s own requests, such as cron and health checks, still reach it.'
      : 'Public: everybody who can reach this machine’s sites may visit.');
    show(parts.facts, lock.locked);
    show(parts.open.parentNode, lock.locked);
    text(parts.user, lock.username);
    text(parts.password, lock.locked ? (revealed ? lock.password : '••••••••') : '');
    text(parts.reveal, revealed ? 'Hide' : 'Show');
    attribute(parts.reveal, 'aria-label', revealed ? 'Hide the password' : 'Show the password');
    text(parts.legend, lock.locked ? 'Change the lock' : 'Locked');
    text(parts.lock, lock.locked ? 'Change' : 'Lock Environment');
    parts.name.placeholder = lock.username ?? site;
    text(parts.hint, lock.locked ? 'Left empty, it stays as it is.' : 'Left empty, it is a random one.');
    parts.lock.disabled = busy;
    parts.open.disabled = busy;
  }

  parts.reveal.addEventListener('click', () => { revealed = !revealed; draw(); });
  parts.copy.setAttribute('aria-label', 'Copy the password');
  parts.copy.addEventListener('click', () => send(el, 'copyText', { text: lock.password, said: 'Copied the password' }));
  parts.open.addEventListener('click', () => send(el, 'start', { kind: 'disable_lock', environment }));
  parts.form.addEventListener('submit', (event) => {
    event.preventDefault();
    send(el, 'start', { kind: 'enable_lock', environment, username: parts.name.value.trim() || null, password: parts.secret.value || null });
    parts.secret.value = '';
  });

  return (view) => {
    environment = address(view.info);
    site = view.info.site;
    busy = view.busy;
    if (asked.update(environment, view.board)) {
      [lock, revealed] = [null, false];
      parts.name.value = '';
      parts.secret.value = '';
    }
    draw();
  };
}
