// Everything that a person can do, as data: the menus and the palette are lists of these.
import { engines } from './dialogs/move-database.js';
import { engine, envName, host, tagName } from './lib/words.js';

export const address = (info) => `${info.site}.${info.environment}`;

/** The request that a dialog starts from. @returns {import('./types').Request} */
export const deployRequest = (info) => ({ kind: 'deploy', environment: address(info), sync_content: false, note: null, updatedb: false, cc: false, from: null, config_import: false });
export const cloneRequest = (site, from, to) => ({ kind: 'clone_content', from: `${site}.${from}`, to, db_only: false, files_only: false, cc: false, updatedb: false, config_import: false, from_url: null, to_url: null, keep_urls: false, full: false, exclude_table: [], confirm: null });
export const wipeRequest = (info, confirm = null) => ({ kind: 'wipe', environment: address(info), confirm });
const clearRequest = (info) => ({ kind: 'clear_cache', environment: address(info) });
const modeRequest = (info) => ({ kind: 'set_connection', environment: address(info), mode: info.connection_mode === 'git' ? 'sftp' : 'git' });

const modeLabel = (info) => (info.connection_mode === 'git' ? 'Switch to SFTP mode (edit the folder)' : 'Switch to Git mode (push)');

export function environmentMenu(info) {
  return [
    { label: 'Database / Files', verb: 'openEnvironment', detail: { environment: info.environment, tab: 'content' } },
    { label: 'Clone content from…', verb: 'clone', detail: { info, to: info.environment } },
    { label: 'Import…', verb: 'importContent', detail: { info } },
    { label: 'Export…', verb: 'exportContent', detail: { info } },
    { label: 'Search & replace…', verb: 'searchReplace', detail: { info } },
    { label: 'Back up…', verb: 'createBackup', detail: { info } },
    null,
    { label: 'Clear Caches', verb: 'start', detail: clearRequest(info) },
    ...(info.connection_mode ? [{ label: modeLabel(info), verb: 'start', detail: modeRequest(info) }] : []),
    null,
    { label: 'Connection Info', verb: 'showConnection', detail: info },
    { label: 'Open code folder', verb: 'openFolder', detail: info.code_folder },
    { label: 'Open files folder', verb: 'openFolder', detail: info.files_folder },
    { label: 'Terminal', verb: 'openTerminal', detail: info.code_folder },
    { label: 'Copy address', verb: 'copyText', detail: { text: info.url, said: 'Copied the address' } },
    null,
    { label: 'Wipe database and files…', verb: 'wipe', detail: info, tone: 'bad' },
    ...(info.code.branch && info.environment !== 'dev' ? [{ label: 'Delete environment…', verb: 'deleteMultidev', detail: info, tone: 'bad' }] : []),
  ];
}

const hasDatabase = (board) => board.site.cms !== 'html' && board.environments.length > 0;

export function siteMenu(board) {
  return [
    { label: 'Copy clone command', verb: 'copyText', detail: { text: `git clone ${board.repository} ${board.site.name}`, said: 'Copied the clone command' } },
    { label: 'Show activity', verb: 'openTab', detail: 'activity' },
    ...(hasDatabase(board) ? [null, { label: 'Tables that clones leave out…', verb: 'cloneProfile', detail: board.site }, { label: `Move to ${engine(engines(board).other)}…`, verb: 'moveDatabase', detail: board }] : []),
    ...(board.site.cms !== 'html' ? [{ label: 'Folders that PHP may reach…', verb: 'allowPaths', detail: board.site }] : []),
    null,
    { label: 'Repair…', verb: 'repair', detail: board.site.name },
    { label: 'Delete site…', verb: 'deleteSite', detail: board.site, tone: 'bad' },
  ];
}

function environmentActions(info, all) {
  const name = envName(info.environment);
  const note = host(info.url);
  if (!info.initialized) return [{ label: `Create ${name} Environment`, verb: 'deploy', detail: info, request: deployRequest(info) }];
  const others = all.filter((it) => it.initialized && it.environment !== info.environment);
  return [
    { label: `Visit ${name}`, note, verb: 'visit', detail: info },
    info.code.tag && { label: `Deploy to ${name}`, note: info.code.deployable ? `${info.code.deployable} waiting since ${tagName(info.code.tag)}` : 'in step', verb: 'deploy', detail: info, request: deployRequest(info) },
    info.code.uncommitted && { label: `Review & commit on ${name}`, note: `${info.code.uncommitted} changed`, verb: 'commit', detail: info },
    ...others.map((from) => ({ label: `Clone content from ${envName(from.environment)} to ${name}`, verb: 'clone', detail: { info, from: from.environment, to: info.environment }, request: cloneRequest(info.site, from.environment, info.environment) })),
    { label: `Import database or files into ${name}…`, verb: 'importContent', detail: { info } },
    { label: `Export the database of ${name}…`, verb: 'exportContent', detail: { info, part: 'database' } },
    { label: `Export the files of ${name}…`, verb: 'exportContent', detail: { info, part: 'files' } },
    { label: `Back up ${name}…`, verb: 'createBackup', detail: { info } },
    { label: `Search & replace on ${name}…`, verb: 'searchReplace', detail: { info } },
    { label: `Clear Caches of ${name}`, verb: 'start', detail: clearRequest(info), request: clearRequest(info) },
    info.connection_mode && { label: `${name}: ${modeLabel(info)}`, verb: 'start', detail: modeRequest(info), request: modeRequest(info) },
    { label: `Show Code of ${name}`, verb: 'openEnvironment', detail: { environment: info.environment, tab: 'code' } },
    info.code.tag && { label: `Show Deploys of ${name}`, verb: 'openEnvironment', detail: { environment: info.environment, tab: 'deploys' } },
    info.code.tag && { label: `Hotfix on ${name}…`, verb: 'hotfix', detail: info },
    info.code.orphans > 0 && { label: `Bring commits of ${name} to Dev`, note: `${info.code.orphans} not on Dev`, verb: 'merge', detail: { kind: 'bring_to_dev', environment: address(info) }, request: { kind: 'bring_to_dev', environment: address(info), resolve: [] } },
    info.code.branch && info.environment !== 'dev' && { label: `Merge ${name} into Dev`, verb: 'merge', detail: { kind: 'merge_to_dev', environment: address(info) }, request: { kind: 'merge_to_dev', environment: address(info), updatedb: false, resolve: [] } },
    info.code.branch && info.environment !== 'dev' && { label: `Merge Dev into ${name}`, verb: 'merge', detail: { kind: 'merge_from_dev', environment: address(info) }, request: { kind: 'merge_from_dev', environment: address(info), updatedb: false, resolve: [] } },
    info.connection_mode && { label: `Apply upstream updates to ${name}`, verb: 'merge', detail: { kind: 'apply_upstream', environment: address(info) }, request: { kind: 'apply_upstream', environment: address(info), updatedb: false, accept_upstream: false, resolve: [] } },
    { label: `Connection Info of ${name}`, verb: 'showConnection', detail: info },
    { label: `Show Database / Files of ${name}`, verb: 'openEnvironment', detail: { environment: info.environment, tab: 'content' } },
    ...[['Backups', 'backups'], ['Logs', 'logs'], ['Mail', 'mail'], ['Cron', 'cron'], ['Security', 'lock']].map(([label, tab]) => ({ label: `Show ${label} of ${name}`, verb: 'openEnvironment', detail: { environment: info.environment, tab } })),
    { label: `Open folder of ${name}`, verb: 'openFolder', detail: info.code_folder },
    { label: `Terminal in ${name}`, verb: 'openTerminal', detail: info.code_folder },
    { label: `Wipe database and files of ${name}…`, verb: 'wipe', detail: info, request: wipeRequest(info) },
  ].filter(Boolean);
}

/** What the palette lists: actions of the open site first, then the sites, then the rest. */
export function allActions({ sites, selected }, board) {
  const undo = board?.workflows.find((it) => it.undoable);
  return [
    ...(board ? board.environments.flatMap((info) => environmentActions(info, board.environments)).map((it) => ({ group: board.site.label, ...it })) : []),
    ...(undo ? [{ group: board.site.label, label: `Undo: ${undo.title}`, verb: 'undo', detail: undo, request: { kind: 'undo', site: undo.site, workflow: undo.id } }] : []),
    ...(board && hasDatabase(board) ? [{ group: board.site.label, label: 'Tables that clones leave out…', verb: 'cloneProfile', detail: board.site }, { group: board.site.label, label: `Move to ${engine(engines(board).other)}…`, verb: 'moveDatabase', detail: board, request: { kind: 'set_database', site: board.site.name, engine: engines(board).other } }] : []),
    ...(board && board.site.cms !== 'html' ? [{ group: board.site.label, label: 'Folders that PHP may reach…', verb: 'allowPaths', detail: board.site }] : []),
    ...(board ? [['Workflow', 'workflow'], ['Multidev', 'multidev'], ['Commits', 'commits'], ['Activity', 'activity']].map(([label, tab]) => ({ group: board.site.label, label: `Show ${label}`, verb: 'openTab', detail: tab })) : []),
    ...(board ? [{ group: board.site.label, label: 'Create Multidev Environment…', verb: 'createMultidev', detail: {} }] : []),
    ...(board ? [{ group: board.site.label, label: 'Repair…', verb: 'repair', detail: board.site.name, request: { kind: 'repair_site', site: board.site.name } }] : []),
    ...(board ? [{ group: board.site.label, label: 'Delete site…', verb: 'deleteSite', detail: board.site, request: { kind: 'delete_site', site: board.site.name, confirm: null } }] : []),
    ...(sites ?? []).filter((it) => it.name !== selected).map((it) => ({ group: 'Sites', label: `Go to ${it.label}`, note: it.name, verb: 'selectSite', detail: it.name })),
    { group: 'Portico', label: 'New site…', verb: 'newSite', detail: {} },
    { group: 'Portico', label: 'What this machine has', verb: 'openTab', detail: 'machine' },
    { group: 'Portico', label: 'What the disk is used for', verb: 'openTab', detail: 'disk' },
    { group: 'Portico', label: 'Settings', verb: 'openTab', detail: 'settings' },
    { group: 'Portico', label: 'Keyboard shortcuts', verb: 'showKeys' },
  ];
}
