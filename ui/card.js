import { attribute, html, icon, partsOf, send, show, text } from './lib/dom.js';
import { ago, bytes, count, engine, envName, exact, facts, host, origin, rows, sentence, short, system, tagName } from './lib/words.js';
import { databaseDrift, drift, filesDrift, seen, source } from './lib/drift.js';
import { environmentMenu } from './actions.js';
import { DamageNote } from './damage.js';
import { drawHealth, tone } from './health.js';
import { MenuButton } from './menu.js';

/** Systems whose installer Portico runs. */
const INSTALLED = ['wordpress', 'drupal', 'drupal7'];
const MODES = { sftp: 'SFTP mode', git: 'Git mode' };

/** The card of Dev, Test or Live: address, health, code, content. Uninitialised ones offer to be created. */
export function EnvironmentCard(el, name) {
  el.className = `env ${name}`;
  el.dataset.environment = name;
  el.dataset.drop = 'content';
  const title = `env-${name}`;
  el.setAttribute('aria-labelledby', title);
  el.append(
    html`<header><div class="name"><span class="dot" data-part="dot"></span><h2><button type="button" class="open" data-part="title"></button></h2><span class="lock" data-part="lock" title="Private: visitors are asked for a name and a password"><span class="unseen">Private</span></span>
      <button type="button" class="link" data-part="visit">Visit</button><span data-part="menu"></span></div>
      <p class="url mono selectable" data-part="url"></p><p class="health meta"><span data-part="health"></span> <button type="button" class="link" data-part="why">Why?</button></p><p class="note meta" data-part="note"></p><p data-part="died"><button type="button" class="link fatal" data-part="fatal"></button></p><div data-part="broken"></div></header>`,
    html`<div class="cell code" data-part="codeCell"><div class="over"><h3 class="chip code" data-part="codeChip"></h3><small data-part="mode"></small></div>
      <p class="head"><code data-part="commit"></code> <span data-part="message"></span></p><p class="meta" data-part="codeMeta"></p>
      <div class="flag" data-part="flag"><span data-part="changes"></span><button type="button" class="code soft" data-part="review">Review &amp; commit</button></div></div>`,
    html`<div class="cell content" data-part="contentCell"><div class="over"><h3 class="chip content" data-part="contentChip"></h3></div>
      <p class="head" data-part="origin"></p><dl class="meta"><div><dt>Database</dt><dd data-part="database"></dd></div><div><dt>Files</dt><dd data-part="files"></dd></div></dl>
      <p class="meta drift" data-part="drift"></p><div class="flag" data-part="installs"><span>No database yet</span><button type="button" class="content soft" data-part="install"></button></div></div>`,
    html`<div class="create" data-part="create"><p data-part="createWords"></p><button type="button" class="code" data-part="createAct"></button><small data-part="createWhy"></small></div>`,
  );
  const parts = partsOf(el);
  let info = null;
  parts.title.id = title;
  text(parts.title, envName(name));
  parts.lock.append(icon('lock'));
  const damage = DamageNote(parts.broken, () => info.site);
  parts.visit.append(icon('out'));
  parts.visit.setAttribute('aria-label', `Visit ${envName(name)}`);
  for (const [chip, words, kind] of [[parts.codeChip, 'Code', 'code'], [parts.contentChip, 'Content', 'content']]) {
    chip.append(icon('grip'), words);
    chip.dataset.drag = kind;
  }
  const menu = MenuButton(parts.menu, `More for ${envName(name)}`, () => environmentMenu(info));
  parts.visit.addEventListener('click', () => send(el, 'visit', info));
  parts.title.addEventListener('click', () => send(el, 'openEnvironment', { environment: name }));
  parts.why.addEventListener('click', () => send(el, 'showError', { title: `${envName(name)} does not answer`, error: info.health.error }));
  parts.fatal.addEventListener('click', () => send(el, 'openEnvironment', { environment: name, tab: 'logs' }));
  parts.review.addEventListener('click', () => (info.code.uncommitted ? send(el, 'commit', info) : send(el, 'merge', { kind: 'bring_to_dev', environment: `${info.site}.${info.environment}` })));
  parts.createAct.addEventListener('click', () => send(el, 'deploy', info));
  parts.install.addEventListener('click', () => send(el, 'install', info));

  return (next, { busy, parent, cms, environments }) => {
    info = next;
    const ready = info.initialized;
    el.classList.toggle('dashed', !ready);
    for (const part of ['codeCell', 'contentCell', 'dot', 'visit', 'url']) show(parts[part], ready);
    show(parts.health.parentNode, ready);
    show(parts.create, !ready);
    parts.title.disabled = !ready;
    menu.show(ready);
    show(parts.lock, ready && info.locked);
    show(parts.died, ready && info.fatal_errors);
    el.classList.toggle('hurt', info.damage.length > 0);
    damage(info.damage);
    if (!ready) return drawCreate(parts, name, parent, busy);
    text(parts.url, host(info.url));
    parts.url.title = info.url;
    show(parts.note, Boolean(info.note));
    text(parts.note, info.note ? sentence(info.note) : '');
    drawHealth(parts, info);
    text(parts.fatal, `${count(info.fatal_errors, 'fatal error')} since the last ${info.code.tag ? 'deploy' : 'commit'}`);
    drawCode(parts, info);
    drawContent(parts, info, cms, environments, busy);
  };
}

function drawCreate(parts, name, parent, busy) {
  const possible = parent?.initialized;
  text(parts.createWords, possible
    ? `${envName(name)} does not exist yet. It starts with the code and the content of ${envName(parent.environment)}.`
    : `${envName(name)} comes after ${envName(parent?.environment ?? 'test')}.`);
  text(parts.createAct, `Create ${envName(name)} Environment`);
  parts.createAct.disabled = !possible || busy;
  text(parts.createWhy, !possible ? `Create ${envName(parent?.environment ?? 'test')} first` : busy ? 'A workflow is running on this site' : '');
}

function drawCode(parts, { code, connection_mode: mode }) {
  text(parts.mode, MODES[mode] ?? 'read-only');
  text(parts.commit, code.tag ? tagName(code.tag) : short(code.commit));
  parts.commit.title = code.commit ?? '';
  parts.commit.classList.toggle('tag', !!code.tag);
  text(parts.message, code.message ?? 'No commit yet').title = code.message ?? '';
  const when = code.date ? ago(code.date) : '';
  const words = code.tag ? [short(code.commit), when && `deployed ${when}`] : [code.branch, code.author, when];
  text(parts.codeMeta, facts(...words));
  parts.codeMeta.title = code.date ? exact(code.date) : '';
  show(parts.flag, code.uncommitted || code.orphans);
  text(parts.changes, code.uncommitted ? `${count(code.uncommitted, 'changed file')} not committed` : `${count(code.orphans ?? 0, 'commit')} not on Dev`);
  text(parts.review, code.uncommitted ? 'Review & commit' : 'Bring to Dev…');
}

function drawContent(parts, info, cms, environments, busy) {
  const { content } = info;
  const { database, files } = content;
  const empty = !database.tables;
  const when = content.origin_at ? ago(content.origin_at) : '';
  text(parts.origin, content.origin && content.origin.type !== 'empty' ? `${origin(content.origin)}${when && `, ${when}`}` : empty ? 'Nothing yet' : 'The original');
  parts.origin.title = content.origin_at ? exact(content.origin_at) : '';
  text(parts.database, empty ? 'empty' : facts(bytes(database.bytes), count(database.tables, 'table'), rows(database)));
  parts.database.title = engine(database.engine);
  text(parts.files, files.count ? facts(bytes(files.bytes), count(files.count, 'file')) : 'none');
  const installs = INSTALLED.includes(cms) && empty;
  const other = source(info, environments);
  const comparison = other && seen(other, info);
  const lacks = comparison ? drift(comparison, [...databaseDrift(comparison), ...filesDrift(comparison)]) : '';
  show(parts.installs, installs);
  text(parts.install, `Install ${system(cms)}…`);
  parts.install.disabled = busy;
  text(parts.drift, lacks);
  show(parts.drift, lacks && !installs);
}

/** A row of the Multidev table. */
export function MultidevRow(info) {
  const row = html`<tr><th scope="row"><span class="dot" data-part="dot"></span> <button type="button" class="open" data-part="name"></button><small class="mono" data-part="url"></small></th>
    <td><code data-part="commit"></code> <span data-part="message"></span><small data-part="changes"></small><div data-part="broken"></div></td><td data-part="origin"></td>
    <td class="acts"><button type="button" class="link" data-part="visit">Visit</button><button type="button" class="content" data-part="clone">Clone…</button><span data-part="menu"></span></td></tr>`;
  const parts = partsOf(row);
  row.dataset.environment = info.environment;
  row.dataset.drop = 'content';
  const damage = DamageNote(parts.broken, () => info.site);
  MenuButton(parts.menu, `More for ${info.environment}`, () => environmentMenu(info));
  parts.name.addEventListener('click', () => send(row, 'openEnvironment', { environment: info.environment }));
  parts.visit.addEventListener('click', () => send(row, 'visit', info));
  parts.clone.addEventListener('click', () => send(row, 'clone', { info, to: info.environment }));
  row.update = (next) => {
    info = next;
    parts.dot.className = `dot ${tone(info.health)}`;
    text(parts.name, info.environment);
    text(parts.url, host(info.url));
    text(parts.commit, short(info.code.commit));
    text(parts.message, info.code.message);
    damage(info.damage);
    show(parts.changes, info.code.uncommitted);
    text(parts.changes, `${count(info.code.uncommitted, 'changed file')} not committed`);
    text(parts.origin, info.content.origin_at ? `${origin(info.content.origin)}, ${ago(info.content.origin_at)}` : origin(info.content.origin));
    attribute(parts.origin, 'title', info.content.origin_at && exact(info.content.origin_at));
  };
  return row;
}
