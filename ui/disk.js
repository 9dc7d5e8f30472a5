// Where the disk goes, what could be freed, and what is given up for it.
import { asError } from './api.js';
import { attribute, html, icon, keyed, must, partsOf, send, show, text } from './lib/dom.js';
import { ErrorNote } from './lib/error.js';
import { bytes, count, day, facts } from './lib/words.js';
import { ask, changed, state } from './store.js';

/** Measures the disk anew; what was measured before stays on the screen meanwhile. */
export function refreshDisk() {
  state.measuring = true;
  changed();
  return ask('disk', { query: 'disk', site: null }, (answer, error) => {
    state.measuring = false;
    state.diskError = error && asError(error);
    if (answer) state.disk = answer;
  });
}

/**
 * The parts of a bar: its class, its words, its bytes. What is in use is solid, what is kept for undo hatched.
 * @type {[string, string, (parts: import('./types').DiskParts) => number][]}
 */
const PARTS = [
  ['code', 'code in use', (it) => it.code], ['content', 'content in use', (it) => it.content],
  ['undo', 'contents kept for undo', (it) => it.undo], ['releases', 'releases kept for undo', (it) => it.releases],
  ['deleted', 'deleted, kept for undo', (it) => it.deleted], ['backups', 'backups', (it) => it.backups], ['logs', 'logs', (it) => it.logs],
];
const total = (parts) => PARTS.reduce((sum, [, , of]) => sum + of(parts), 0);
const sum = (all, of) => all.reduce((so, it) => so + of(it), 0);
const KINDS = {
  generations: ['replaced content', 'replaced contents'], releases: ['replaced release', 'replaced releases'],
  snapshots: ['set of discarded changes', 'sets of discarded changes'], deleted: ['deleted environment', 'deleted environments'],
};

/** What `disk:free` would let go, a row a site and kind; what costs no undo first. @param {import('./types').DiskReport} report */
export function freeable(report) {
  const rows = new Map();
  for (const site of report.sites) {
    for (const goes of site.freeable) {
      const key = `${site.site} ${goes.kind}`;
      const row = rows.get(key) ?? { key, site: site.site, label: site.label, isDeleted: site.is_deleted, kind: goes.kind, all: [], bytes: 0 };
      row.all.push(goes);
      row.bytes += goes.bytes;
      rows.set(key, row);
    }
  }
  const free = (row) => Number(row.kind === 'releases');
  return [...rows.values()].sort((a, b) => free(b) - free(a) || b.bytes - a.bytes);
}

/** The titles of what can't be undone any more, each once with its number. */
function undoOf(row) {
  const titles = new Map();
  for (const goes of row.all) for (const title of goes.undo_of) titles.set(title, (titles.get(title) ?? 0) + 1);
  return [...titles].map(([title, n]) => (n > 1 ? `${title} (${n} times)` : title));
}

/** What is given up for a row, in a sentence. */
export function givesUp(row) {
  if (row.kind === 'releases') return 'Gives up nothing: undo of such a deploy checks the release out again.';
  const titles = undoOf(row);
  const some = titles.slice(0, 3).join(', ') + (titles.length > 3 ? ` and ${titles.length - 3} more` : '');
  return titles.length ? `Undo of ${some}` : 'Going back to it, which no step that is remembered needs.';
}

function what(row) {
  if (row.isDeleted) return `${row.label}: the whole deleted site`;
  const [one, many] = KINDS[row.kind];
  const names = row.kind === 'deleted' ? `: ${[...new Set(row.all.map((it) => it.environment))].join(', ')}` : '';
  return `${row.label}: ${count(row.all.length, one, many)}${names}`;
}

function when(row) {
  const times = row.all.map((it) => it.made).sort();
  const [first, last] = [day.format(new Date(times[0])), day.format(new Date(times.at(-1)))];
  return first === last ? `of ${first}` : `from ${first} to ${last}`;
}

/** The screen. It asks when it is opened and when a workflow has ended; looking at every file takes a moment. */
export function Disk(el) {
  el.append(html`<div class="disk"><header class="disk-head"><h1>Disk</h1><p class="note" data-part="sub" role="status"></p><button type="button" data-part="again">Measure again</button></header>
    <div data-part="error"></div><section aria-label="The whole disk" data-part="whole"><div class="disk-bar large" data-part="bar"></div><ul class="disk-key" data-part="key"></ul></section>
    <section aria-labelledby="disk-sites" data-part="sites"><h2 id="disk-sites">Sites</h2><div class="panel"><ul class="disk-sites" data-part="list"></ul></div></section>
    <section aria-labelledby="disk-free" data-part="free"><h2 id="disk-free">What can be freed</h2><p class="note" data-part="hint">and what you give up for it. What is ticked is faint above.</p>
    <div class="panel"><ul class="disk-free" data-part="rows"></ul><p class="none" data-part="none">Nothing. What is in use, pinned, and what was replaced last is kept.</p>
    <footer class="disk-acts" data-part="acts"><span class="grow" data-part="after"></span><button type="button" class="content" data-part="act"></button></footer></div></section></div>`);
  const parts = partsOf(el);
  const note = ErrorNote(parts.error);
  /** Rows that the person ticked or unticked; releases are ticked at first, as they cost nothing. */
  const chosen = new Map();
  let report = null;
  let rows = [];
  const isChosen = (row) => chosen.get(row.key) ?? row.kind === 'releases';
  parts.again.addEventListener('click', () => send(el, 'measureDisk'));
  parts.act.addEventListener('click', () => send(el, 'freeDisk', { rows: rows.filter(isChosen) }));
  el.addEventListener('change', ({ target }) => {
    if (!target.dataset.key) return;
    chosen.set(target.dataset.key, target.checked);
    draw();
  });

  function draw() {
    const going = rows.filter(isChosen);
    const ofSite = (site) => going.filter((it) => it.site === site.site && it.isDeleted === site.is_deleted);
    const goes = (all, kind) => sum(all.filter((it) => it.kind === { undo: 'generations' }[kind] || it.kind === kind), (it) => it.bytes);
    const all = /** @type {import('./types').DiskParts} */ (Object.fromEntries(PARTS.map(([name, , of]) => [name, sum(report.sites, (it) => of(it.parts))])));
    all.logs += report.logs + report.templates + report.trash + report.rest;
    const segments = PARTS.flatMap(([name, words, of]) => split(name, words, of(all), goes(going, name)));
    const other = Math.max(0, report.disk - report.free - report.held);
    bar(parts.bar, [...segments, { name: 'other', words: 'not Portico’s', bytes: other }, { name: 'open', words: 'free', bytes: report.free }], report.disk);
    keyed(parts.key, [...PARTS.filter(([, , of]) => of(all)), ['other', 'not Portico’s', () => other], ['open', 'free', () => report.free]], ([name]) => name, KeyEntry, (row, [, words, of]) => row.update(words, of(all)));
    const most = Math.max(1, ...report.sites.map((it) => total(it.parts)));
    keyed(parts.list, report.sites, (it) => `${it.site} ${it.is_deleted}`, SiteRow, (row, it) => row.update(it, PARTS.flatMap(([name, words, of]) => split(name, words, of(it.parts), goes(ofSite(it), name))), most));
    keyed(parts.rows, rows, (it) => it.key, FreeRow, (row, it) => row.update(it, isChosen(it)));
    show(parts.none, !rows.length);
    show(parts.acts, rows.length);
    show(parts.hint, rows.length);
    const freed = sum(going, (it) => it.bytes);
    text(parts.after, going.length ? `${bytes(report.free)} → ${bytes(report.free + freed)} free. Nothing that runs now is touched.` : 'Nothing is ticked.');
    text(parts.act, going.length ? `Free ${bytes(freed)}…` : 'Free…');
    parts.act.disabled = !going.length;
  }

  return ({ disk, diskError, measuring }) => {
    note(diskError);
    parts.again.disabled = measuring;
    for (const part of ['whole', 'sites', 'free']) show(parts[part], disk);
    const short = disk?.is_short ? 'The disk is short: of what can be undone, only what was replaced last is kept.' : '';
    const held = disk && `Portico holds ${bytes(disk.held)} in ${disk.root}; ${bytes(disk.free)} of ${bytes(disk.disk)} are free.`;
    const inexact = disk && !disk.is_exact ? 'This disk does not tell which blocks files share, so it may be less.' : '';
    text(parts.sub, disk ? [held, short, inexact].filter(Boolean).join(' ') : measuring ? 'Measuring…' : '');
    if (!disk) return;
    if (disk !== report) { report = disk; rows = freeable(disk); }
    draw();
  };
}

/** A part of a bar in two: what stays, and what goes. */
function split(name, words, all, goes) {
  const gone = Math.min(all, goes);
  return [{ name, words, bytes: all - gone }, { name, words: `${words}, to be freed`, bytes: gone, going: true }];
}

/** Draws a bar; its parts are told to those who hear it, too. */
function bar(el, segments, whole) {
  const shown = segments.filter((it) => it.bytes > 0);
  attribute(el, 'role', 'img');
  attribute(el, 'aria-label', shown.map((it) => `${it.words}: ${bytes(it.bytes)}`).join(', ') || 'empty');
  keyed(el, shown, (it) => `${it.name} ${!!it.going}`, (it) => html`<i></i>`, (part, it) => {
    part.className = `part-${it.name}${it.going ? ' faint' : ''}`;
    part.style.setProperty('--n', (it.bytes / whole) * 100);
    part.title = `${it.words}: ${bytes(it.bytes)}`;
  });
}

function KeyEntry([name]) {
  const row = html`<li><i></i><span></span></li>`;
  must(row, ':scope > :first-child').className = `part-${name}`;
  row.update = (words, n) => text(row.lastElementChild, `${words}, ${bytes(n)}`);
  return row;
}

function SiteRow() {
  const row = html`<li><b data-part="name"></b><div><div class="disk-bar" data-part="bar"></div><p class="note" data-part="numbers"></p><p class="note" data-part="environments"></p></div><span class="disk-size" data-part="total"></span></li>`;
  const parts = partsOf(row);
  row.update = (site, segments, most) => {
    text(parts.name, site.is_deleted ? `${site.label} (deleted)` : site.label);
    bar(parts.bar, segments, most);
    const { parts: it } = site;
    const forUndo = it.undo + it.releases + it.deleted;
    text(parts.numbers, facts(!site.is_deleted && `${bytes(it.code + it.content)} in use`, forUndo && `${bytes(forUndo)} for undo`, it.backups && `${bytes(it.backups)} backups`, it.logs && `${bytes(it.logs)} logs`));
    text(parts.environments, facts(...site.environments.map((its) => `${its.environment} ${bytes(total(its.parts))}`)));
    show(parts.environments, site.environments.length);
    text(parts.total, bytes(total(it)));
  };
  return row;
}

function FreeRow() {
  const row = html`<li><input type="checkbox" data-part="box"><div><b data-part="what"></b><small data-part="when"></small></div><p class="disk-gives"><span data-part="icon"></span><span data-part="gives"></span></p><span class="disk-size" data-part="size"></span></li>`;
  const parts = partsOf(row);
  row.update = (it, isChosen) => {
    const words = what(it);
    parts.box.dataset.key = it.key;
    parts.box.checked = isChosen;
    parts.box.setAttribute('aria-label', words);
    text(parts.what, words);
    text(parts.when, when(it));
    text(parts.gives, givesUp(it));
    if (!parts.icon.firstChild) parts.icon.append(icon(it.kind === 'releases' ? 'check' : 'undo'));
    parts.icon.className = it.kind === 'releases' ? 'costs-nothing' : 'costs-undo';
    text(parts.size, bytes(it.bytes));
  };
  return row;
}
