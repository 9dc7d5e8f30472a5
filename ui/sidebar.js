import { attribute, html, icon, keyed, partsOf, rove, send, show, text } from './lib/dom.js';
import { bytes, facts, systemVersion } from './lib/words.js';
import { isMac } from './api.js';

/** Brand, search, the list of sites, what the machine has. */
export function Sidebar(el) {
  el.append(
    html`<div class="brand"></div>`,
    html`<button type="button" class="find" data-part="find"><span>Find or run…</span><kbd data-part="key"></kbd></button>`,
    html`<nav class="sites" aria-labelledby="sites-title"><h2 id="sites-title">Sites</h2><ul data-part="list"></ul></nav>`,
    html`<button type="button" class="new" data-part="new" data-drop="new-site">New site</button>`,
    html`<div class="foot"><button type="button" class="plain" data-part="doctor"><span class="dot" data-part="dot"></span><span data-part="machine"></span></button>
      <button type="button" class="plain" data-part="disk"><span data-part="free">Disk</span></button>
      <button type="button" class="plain" data-part="settings">Settings</button></div>`,
  );
  const parts = partsOf(el);
  el.querySelector('.brand').append(icon('portico'), 'Portico');
  parts.find.prepend(icon('search'));
  parts.new.prepend(icon('plus'));
  parts.settings.prepend(icon('gear'));
  parts.disk.prepend(icon('disk'));
  text(parts.key, isMac ? '⌘K' : 'Ctrl K');
  parts.find.addEventListener('click', () => send(el, 'openPalette'));
  parts.new.addEventListener('click', () => send(el, 'newSite', {}));
  parts.doctor.addEventListener('click', () => send(el, 'openTab', 'machine'));
  parts.disk.addEventListener('click', () => send(el, 'openTab', 'disk'));
  parts.settings.addEventListener('click', () => send(el, 'openTab', 'settings'));
  rove(parts.list);

  return ({ sites, selected, tab, status, checks }) => {
    show(el.querySelector('nav'), sites?.length);
    keyed(parts.list, sites ?? [], (site) => site.name, Row, (row, site) => row.update(site, site.name === selected, site.name === (selected ?? sites[0].name)));
    const missing = (checks ?? []).filter((it) => !it.ok && !it.optional);
    parts.dot.className = `dot ${missing.length ? 'bad' : checks ? 'ok' : ''}`;
    text(parts.machine, missing.length ? `${missing.map((it) => it.name).join(', ')} missing` : machine(checks, status));
    attribute(parts.settings, 'aria-current', tab === 'settings' && 'page');
    text(parts.free, status ? `Disk · ${bytes(status.free)} free` : 'Disk');
    attribute(parts.disk, 'aria-current', tab === 'disk' && 'page');
    attribute(parts.doctor, 'aria-current', tab === 'machine' && 'page');
  };
}

function Row(site) {
  const row = html`<li><button type="button" data-rove><b class="clip" data-part="label"></b><span class="spin" data-part="busy" role="img" aria-label="A workflow is running"></span><small data-part="note"></small></button></li>`;
  const parts = partsOf(row);
  const button = /** @type {HTMLButtonElement} */ (row.firstElementChild);
  button.addEventListener('click', () => send(row, 'selectSite', site.name));
  row.update = (it, current, inOrder) => {
    text(parts.label, it.label);
    parts.label.title = it.name;
    attribute(button, 'aria-current', current && 'page');
    button.tabIndex = inOrder ? 0 : -1;
    show(parts.busy, it.busy);
    parts.note.classList.toggle('bad', !!it.damage);
    if (it.damage) return text(parts.note, it.damage);
    const waits = it.busy ? 'working' : it.deployable ? `${it.deployable} to deploy` : it.deployed ? 'in step' : 'only Dev';
    text(parts.note, facts(systemVersion(it.cms, it.cms_version), waits));
  };
  return row;
}

function machine(checks, status) {
  const found = (checks ?? []).filter((it) => it.ok && /^(php|mariadb|mysql|sqlite)/i.test(it.name) && it.version);
  const seen = new Set();
  const words = found.filter((it) => !seen.has(it.name) && seen.add(it.name)).map((it) => (/\d/.test(it.name) ? it.name : `${it.name} ${it.version.split('.').slice(0, 2).join('.')}`));
  if (status) words.push(`port\u00A0${status.port}`);
  return facts(...words) || 'Looking at this machine…';
}
