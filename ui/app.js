// Mounts the page, carries verbs to whoever does them, and draws when the store has news.
import * as api from './api.js';
import { createBackupDialog, restoreBackupDialog } from './dialogs/backup.js';
import { cloneDialog } from './dialogs/clone.js';
import { allowedDialog } from './dialogs/allowed.js';
import { cloneProfileDialog } from './dialogs/clone-profile.js';
import { commitDialog } from './dialogs/commit.js';
import { exportDialog } from './dialogs/export.js';
import { keepDialog, pruneDialog, switchDialog } from './dialogs/generations.js';
import { importDialog } from './dialogs/import.js';
import { searchReplaceDialog } from './dialogs/search-replace.js';
import { commitInfoDialog } from './dialogs/commit-info.js';
import { connectionDialog } from './dialogs/connection.js';
import { deleteSiteDialog } from './dialogs/delete-site.js';
import { deployDialog } from './dialogs/deploy.js';
import { freeDiskDialog } from './dialogs/free-disk.js';
import { hotfixDialog } from './dialogs/hotfix.js';
import { installDialog } from './dialogs/install.js';
import { leaveDialog } from './dialogs/leave.js';
import { mergeDialog, upstreamDialog } from './dialogs/merge.js';
import { createMultidevDialog, deleteMultidevDialog } from './dialogs/multidev.js';
import { newSiteDialog } from './dialogs/new-site.js';
import { repairDialog } from './dialogs/repair.js';
import { moveDatabaseDialog } from './dialogs/move-database.js';
import { errorDialog, keysDialog, logDialog } from './dialogs/small.js';
import { wipeDialog } from './dialogs/wipe.js';
import { Disk, refreshDisk } from './disk.js';
import { Drag } from './drag.js';
import { Drawer } from './drawer.js';
import { Drop } from './drop.js';
import { make, must, show } from './lib/dom.js';
import { forgetDraft } from './lib/draft.js';
import { count, sentence, took } from './lib/words.js';
import { Announcer } from './announce.js';
import { look } from './look.js';
import { Lost } from './lost.js';
import { Machine } from './machine.js';
import { openPalette } from './palette.js';
import { Settings } from './settings.js';
import { shortcuts } from './shortcuts.js';
import { Sidebar } from './sidebar.js';
import { Environment } from './environment.js';
import { Site } from './site.js';
import * as navigate from './navigate.js';
import * as store from './store.js';
import { Toasts } from './toast.js';
import { Welcome } from './welcome.js';

const { state } = store;
const main = must(document, '#main');
const drawerEl = /** @type {HTMLElement} */ (document.querySelector('.drawer'));
const toast = Toasts(document.querySelector('.toasts'));
const sidebar = Sidebar(document.querySelector('.side'));
const drawer = Drawer(drawerEl);
const announce = Announcer(document.querySelector('[data-live]'), document.querySelector('[data-alert]'));
/** @type {[string, (el: HTMLElement) => any][]} */
const mounts = [['welcome', Welcome], ['site', Site], ['environment', Environment], ['machine', Machine], ['disk', Disk], ['settings', Settings], ['fatal', Lost]];
const screens = {};
for (const [name, mount] of mounts) {
  const el = make('div', `screen ${name}`);
  main.append(el);
  screens[name] = { el, update: mount(el) };
}

function screen() {
  if (state.fatal) return 'fatal';
  if (['machine', 'disk', 'settings'].includes(state.tab)) return state.tab;
  if (!state.sites?.length) return 'welcome';
  return store.environment() ? 'environment' : 'site';
}

function draw() {
  if (!state.sites && !state.fatal) return;
  const open = screen();
  sidebar({ ...state, sites: state.sites ?? [], selected: ['site', 'environment'].includes(open) ? state.selected : null });
  for (const [name, { el }] of Object.entries(screens)) show(el, name === open);
  if (open === 'site') screens.site.update(state, store.board(), store.busy());
  else if (open === 'environment') screens.environment.update(state, store.board(), store.environment(), store.busy());
  else screens[open].update(state);
  drawer(state);
  announce(state);
}

new ResizeObserver(() => document.documentElement.style.setProperty('--drawer', `${drawerEl.offsetHeight}px`)).observe(drawerEl);

const failed = (title) => (error) => errorDialog({ title, error: api.asError(error) });
let opening = false;

/** Dialogs that ask the core first open once, however often the button is pressed meanwhile. */
async function once(open, title) {
  if (opening) return;
  opening = true;
  try {
    await open();
  } catch (error) {
    failed(title)(error);
  } finally {
    opening = false;
  }
}

const say = (words) => toast({ words });

/** What a person may want next, once a workflow has succeeded. */
function then(row) {
  const { file } = row.result ?? {};
  if (row.kind.startsWith('export_') && file) return { action: 'Show in folder', run: () => api.showInFolder(file).catch(failed('The folder can’t be opened')) };
  return row.undoable ? { action: 'Undo', run: () => verbs.undo(row) } : {};
}
const board = () => store.board();
/** Of the site that is open, for what is only offered there. */
const opened = () => /** @type {import('./types').Board} */ (store.board());

/** Every verb that the page's parts send up. */
const verbs = {
  selectSite: (name) => navigate.select(name),
  openTab: (tab) => { navigate.openTab(tab); if (tab === 'machine') store.refreshStatus(); if (tab === 'disk') refreshDisk(); },
  openEnvironment: (detail) => navigate.openEnvironment(detail),
  openPalette: () => openPalette(),
  showKeys: () => keysDialog(),
  newSite: (given) => { if (!document.querySelector('dialog[open]')) newSiteDialog(given ?? {}); },
  deploy: (info) => once(() => deployDialog(info, board()), 'Deploy'),
  clone: (detail) => cloneDialog(detail, board()),
  commit: (info) => once(() => commitDialog(info), 'Review & commit'),
  showCommit: (detail) => once(() => commitInfoDialog(detail), 'The commit can’t be shown'),
  showConnection: (info) => once(() => connectionDialog(info), 'Connection Info'),
  merge: (detail) => once(() => mergeDialog(detail, board()), 'Merge'),
  setUpstream: (detail) => upstreamDialog(detail),
  hotfix: (info) => hotfixDialog(info, opened()),
  deployHotfix: ({ info, from }) => once(() => deployDialog(info, board(), from), 'Deploy'),
  createMultidev: (given) => once(() => createMultidevDialog(opened(), given), 'Create Multidev Environment'),
  deleteMultidev: (info) => deleteMultidevDialog(info),
  install: (info) => installDialog(info, board()),
  wipe: (info) => wipeDialog(info),
  importContent: (detail) => importDialog(detail, board()),
  exportContent: (detail) => exportDialog(detail),
  searchReplace: (detail) => searchReplaceDialog(detail, board()),
  createBackup: (detail) => createBackupDialog(detail),
  restoreBackup: (detail) => restoreBackupDialog(detail, opened()),
  switchGeneration: (detail) => switchDialog(detail),
  moveDatabase: (detail) => moveDatabaseDialog(detail),
  cloneProfile: (site) => once(() => cloneProfileDialog(site), 'Tables that clones leave out'),
  allowPaths: (site) => once(() => allowedDialog(site), 'Folders that PHP may reach'),
  keepGenerations: (detail) => keepDialog(detail),
  measureDisk: () => refreshDisk(),
  freeDisk: (detail) => freeDiskDialog(detail),
  pruneGenerations: (detail) => pruneDialog(detail),
  deleteSite: (site) => deleteSiteDialog(site),
  repair: (site) => once(() => repairDialog(site, board()?.site.label), 'Repair'),
  start: (request) => store.start(request).catch(failed('It did not start')),
  undo: (row) => store.start({ kind: 'undo', site: row.site, workflow: row.id }).catch(failed('It can’t be undone')),
  cancelWorkflow: (id) => store.cancel(id).catch(failed('It can’t be cancelled')),
  dismissWorkflow: (id) => store.dismiss(id),
  clearFinished: () => { for (const row of [...state.finished]) store.dismiss(row.id); main.focus(); },
  showLog: (row) => logDialog(row),
  showError: (detail) => errorDialog(detail),
  visit: (info) => api.openUrl(info.url).catch(failed('The address can’t be opened')),
  openFolder: (path) => api.openFolder(path).catch(failed('The folder can’t be opened')),
  openTerminal: (path) => api.openTerminal(path).catch(failed('The terminal can’t be opened')),
  copyText: async ({ text, said }) => { await api.copy(text); say(said); },
  say,
  recover: (way) => once(async () => {
    await store.recover(way);
    tellStart();
    await adoptUnknown();
  }, 'It can’t be brought back'),
  lookAgain: () => { store.refreshChecks(); store.refreshStatus(); },
};
for (const [verb, act] of Object.entries(/** @type {Record<string, (detail: any) => unknown>} */ (verbs))) document.addEventListener(verb, (event) => act(/** @type {CustomEvent} */ (event).detail));

store.onChange(draw);
store.onFinished((row, mine) => {
  if (store.state.tab === 'disk') refreshDisk();
  if (row.state === 'failed' && row.error) announce.alert(`${row.title}: ${sentence(row.error.message)}`);
  if (!mine) return;
  if (row.state === 'succeeded') forgetDraft(`${row.kind}:${row.site}.${row.environment}`);
  if (!document.hasFocus()) api.notify(row.title, ended(row));
  if (row.state === 'succeeded') {
    if (row.kind === 'create_site' || row.kind === 'adopt_site') navigate.select(row.site);
    toast({ words: row.title, note: ended(row), ...then(row) });
  } else if (row.state === 'failed' && row.error) {
    if (document.querySelector('dialog[open]')) toast({ words: row.title, note: sentence(row.error.message), tone: 'bad', action: 'Why?', run: () => errorDialog({ title: row.title, error: row.error }) });
    else errorDialog({ title: row.title, error: row.error });
  } else toast({ words: row.title, note: ended(row) });
});

/** What the owner has to say of its start, and which folders of sites it doesn't know. */
function tellStart() {
  const { told = [], unknown_sites: unknown = [] } = state.status ?? {};
  if (unknown.length) toast({ words: `${count(unknown.length, 'folder')} of sites that Portico doesn’t know`, note: unknown.join(', '), tone: 'bad', action: 'Take up', run: () => adoptUnknown().catch(failed('It can’t be taken up')) });
  else if (told.length) toast({ words: sentence(told[0]), note: told.slice(1).map(sentence).join(' '), action: 'Details', run: () => errorDialog({ title: 'At the start', error: { message: told[0], causes: told.slice(1) } }) });
}

/** Takes up every site that lies in its folder and is not known. */
async function adoptUnknown() {
  for (const site of state.status?.unknown_sites ?? []) await store.start({ kind: 'adopt_site', site });
  await store.refreshStatus();
}

/** How a workflow ended, in a few words. */
function ended(row) {
  if (row.state === 'failed' && row.error) return sentence(row.error.message);
  if (row.state !== 'succeeded') return 'cancelled, everything is as it was';
  return row.finished_at ? `done in ${took(row)}` : 'done';
}

shortcuts({ verbs, state, toggleDrawer: drawer.toggle });
await api.onMenu((verb, detail) => { if (!document.querySelector('dialog[open]')) ({ toggleDrawer: drawer.toggle, ...verbs })[verb]?.(detail); }).catch(() => {});
await api.onLeave(leaveDialog).catch(() => {});
Drag(main, board, store.busy);
await Drop(document.body, board).catch(() => {});
await store.load();
tellStart();
store.changed();
// The first drawing is in the next frame; relative times are drawn anew now and then, without asking anyone.
requestAnimationFrame(() => requestAnimationFrame(() => { document.documentElement.dataset.ready = 'true'; }));
setInterval(store.changed, 30_000);
setInterval(look, 4000, false);
window.addEventListener('focus', () => look(true));
