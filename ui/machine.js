import { attribute, html, icon, keyed, partsOf, send, show, text } from './lib/dom.js';
import { bytes, envName } from './lib/words.js';

/** Programs that Portico needs or can use, with how to get what is missing. */
export function CheckList(el) {
  el.append(html`<div class="panel"><ul class="rows checks"></ul></div>`);
  const list = el.querySelector('ul');
  return (checks) => keyed(list, checks, (it) => `${it.name} ${it.path ?? ''}`, Check, (row, it) => row.update(it));
}

function Check() {
  const row = html`<li><span data-part="icon"></span><span class="what"><b data-part="name"></b><small class="selectable" data-part="note"></small><span class="remedy" data-part="fix"><code class="selectable" data-part="remedy"></code><button type="button" class="link" data-part="copy">Copy</button></span></span><small data-part="kind"></small></li>`;
  const parts = partsOf(row);
  parts.copy.addEventListener('click', () => send(row, 'copyText', { text: parts.remedy.textContent, said: 'Copied' }));
  row.update = (it) => {
    const state = it.ok ? 'ok' : it.optional ? 'optional' : 'missing';
    if (row.dataset.state !== state) {
      row.dataset.state = state;
      parts.icon.className = `row-icon ${{ ok: '', optional: 'still', missing: 'bad' }[state]}`;
      parts.icon.replaceChildren(icon(it.ok ? 'check' : 'alert'));
    }
    text(parts.name, nameOf(it));
    text(parts.note, [it.problem, it.path].filter(Boolean).join(' · '));
    show(parts.note, it.problem || it.path);
    show(parts.fix, !it.ok && it.remedy);
    text(parts.remedy, it.remedy);
    // A sentence is read, a command is copied.
    show(parts.copy, it.remedy && !/\.$/.test(it.remedy));
    text(parts.kind, it.ok ? 'found' : it.optional ? 'optional' : 'needed');
  };
  return row;
}

/** `PHP 8.2` of version 8.2.29 is "PHP 8.2.29". */
function nameOf({ name, version }) {
  const [, bare, number] = /^(.*?)\s+([\d.]+)$/.exec(name) ?? [];
  return number && version?.startsWith(number) ? `${bare} ${version}` : [name, version].filter(Boolean).join(' ');
}

/** What the machine has: programs, port, disk, processes under way. */
export function Machine(el) {
  el.append(html`<div class="page"><h1>This machine</h1><p data-part="root"></p><section><h2>Programs</h2><div data-part="checks"></div><p><button type="button" data-part="again">Look again</button></p></section>
    <section><h2>Running now</h2><div class="panel"><ul class="rows" data-part="processes"></ul><p class="none" data-part="none">Nothing. Sites start on the first visit.</p></div></section></div>`);
  const parts = partsOf(el);
  const list = CheckList(parts.checks);
  parts.again.addEventListener('click', () => send(el, 'lookAgain'));
  return ({ checks, status }) => {
    list(checks ?? []);
    text(parts.root, status ? `Everything is kept in ${status.root}, with ${bytes(status.free)} free. Sites answer on port ${status.port}.` : '');
    show(parts.none, !status?.processes.length);
    keyed(parts.processes, status?.processes ?? [], (it) => it.pid, () => html`<li><span class="dot ok"></span><span class="what"><b></b></span><small></small></li>`, (row, it) => {
      const [site, environment] = it.environment.split('.');
      text(row.querySelector('b'), it.what);
      text(row.querySelector('small'), `${site} ${envName(environment)} · process ${it.pid}`);
      attribute(row, 'title', it.environment);
    });
  };
}
