// What the page knows. Answers come in by query, news by events; whoever draws is told once a frame.
import * as api from './api.js';
import { isUnseen, seen } from './lib/seen.js';

const KEEP_FINISHED = 12;
const SETTLE_MS = 60;

/** @type {{ sites: import('./types').SiteCard[] | null, selected: string | null, tab: string,
 *  environment: string | null, environmentTab: string | null,
 *  boards: Map<string, import('./types').Board>, boardError: api.AppError | null, status: import('./types').Status | null,
 *  disk: import('./types').DiskReport | null, diskError: api.AppError | null, measuring: boolean,
 *  checks: import('./types').Check[] | null, running: Map<number, any>, finished: any[], fatal: api.AppError | null, recovering: boolean }} */
export const state = {
  sites: null, selected: localStorage.getItem('site'), tab: 'workflow', environment: null, environmentTab: null, boards: new Map(), boardError: null, disk: null, diskError: null, measuring: false,
  status: null, checks: null, running: new Map(), finished: [], fatal: null, recovering: false,
};

/** As people sort: 2 before 10, and letters with accents beside those without. */
const byLabel = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

const listeners = new Set();
const finishers = new Set();
let scheduled = false;

/** Tells everyone who draws, once in the next frame. */
export function changed() {
  if (scheduled) return;
  scheduled = true;
  requestAnimationFrame(() => {
    scheduled = false;
    for (const listener of listeners) listener(state);
  });
}

/** Calls `listener` when anything has changed, until the function that this gives back is called. */
export function onChange(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Called with each row that ends, and whether this window started it. */
export const onFinished = (listener) => finishers.add(listener);

const latest = new Map();

/** Brings Portico's own database back, in one of the ways that the core has. @param {'from_copy' | 'anew'} way */
export async function recover(way) {
  state.recovering = true;
  changed();
  try {
    await api.recover(way);
    state.fatal = null;
    await Promise.all([refreshSites(), refreshStatus()]);
    await refreshBoard();
  } finally {
    state.recovering = false;
    changed();
  }
}

/**
 * Asks, and hands the answer on only when nothing newer was asked under the same key meanwhile.
 * @template {import('./types').Query} Q @param {string} key @param {Q} query
 * @param {(answer: import('./types').Answers[Q['query']] | null, error: api.AppError | null) => void} take
 */
export async function ask(key, query, take) {
  const mine = (latest.get(key) ?? 0) + 1;
  latest.set(key, mine);
  const [answer, error] = await api.answered(api.query(query));
  if (latest.get(key) !== mine) return;
  take(answer, error);
  changed();
}

export const board = () => (state.selected ? state.boards.get(state.selected) : null) ?? null;
/** The environment that is open, as long as it exists. */
export const environment = () => board()?.environments.find((it) => it.environment === state.environment && it.initialized) ?? null;
/** Whether a workflow holds the site that is shown. */
export const busy = () => !!state.sites?.find((it) => it.name === state.selected)?.busy || [...state.running.values()].some((it) => it.row.site === state.selected);

export function refreshSites() {
  return ask('sites', { query: 'site_cards' }, (sites, error) => {
    state.fatal = error;
    if (!sites) return;
    state.sites = sites.sort((a, b) => byLabel.compare(a.label, b.label));
    if (!sites.some((it) => it.name === state.selected)) state.selected = sites[0]?.name ?? null;
  });
}

export function refreshBoard(site = state.selected) {
  if (!site) return Promise.resolve();
  return ask(`board ${site}`, { query: 'board', site }, (answer, error) => {
    if (site === state.selected) state.boardError = error;
    if (answer) state.boards.set(site, answer);
    else state.boards.delete(site);
  });
}

export const refreshStatus = () => ask('status', { query: 'status' }, (answer) => { if (answer) state.status = answer; });
export const refreshChecks = () => ask('doctor', { query: 'doctor' }, (answer) => { if (answer) state.checks = answer; });

/** What was done since decides whether a workflow that ended can still be undone. */
function refreshFinished() {
  if (!state.finished.length) return Promise.resolve();
  return ask('finished', { query: 'workflows', site: null }, (rows) => {
    if (rows) state.finished = state.finished.map((row) => rows.find((it) => it.id === row.id) ?? row);
  });
}

const dirty = new Set();
let settling = 0;

/** Several news in a row make one question. `null` means that any site may have changed. */
function refreshSoon(site) {
  dirty.add(site);
  settling ||= setTimeout(async () => {
    settling = 0;
    const all = dirty.has(null);
    for (const name of state.boards.keys()) if (name !== state.selected && (all || dirty.has(name))) state.boards.delete(name);
    const shown = all || dirty.has(state.selected);
    dirty.clear();
    const before = state.selected;
    await Promise.all([refreshSites(), refreshFinished(), shown ? refreshBoard() : null]);
    if (state.selected !== before) refreshBoard();
  }, SETTLE_MS);
}

const mine = new Set();
/** Rows that ended, by id: a late started event must not bring them back. */
const ended = new Map();

/** @param {import('./types').Event} event */
function take(event) {
  switch (event.event) {
    case 'started': begin(event.workflow); break;
    case 'step': {
      const known = state.running.get(event.workflow);
      if (known) Object.assign(known, { step: event.step, done: event.done, total: event.total, unit: event.unit, eta: event.eta_s });
      break;
    }
    case 'line': break;
    case 'finished': finish(event.workflow); break;
    case 'changed':
      refreshSoon(event.site);
      if (event.site === null) settleRunning();
      break;
  }
  changed();
}

/** When another owner took over, nobody tells how what the former one ran has ended. */
async function settleRunning() {
  if (!state.running.size) return;
  const rows = await api.query({ query: 'workflows', site: null }).catch(() => []);
  for (const row of rows) if (row.state !== 'running' && state.running.has(row.id)) finish(row);
  changed();
}

function begin(row) {
  if (state.running.has(row.id) || ended.has(row.id)) return;
  state.running.set(row.id, { row, step: null, done: 0, total: null, unit: 'steps', eta: null, cancelling: false });
  const card = state.sites?.find((it) => it.name === row.site);
  if (card) card.busy = true;
  changed();
}

function finish(row) {
  if (ended.has(row.id)) return;
  ended.set(row.id, row);
  state.running.delete(row.id);
  state.finished = [row, ...state.finished].slice(0, KEEP_FINISHED);
  seen(row.id);
  refreshSoon(row.site);
  refreshStatus();
  for (const listener of finishers) listener(row, mine.has(row.id));
}

/**
 * Starts a workflow. `begun` resolves once it has its number, and rejects when it was refused before that.
 * What happens afterwards is told by events, as for workflows of other shells.
 * @param {import('./types').Request} request
 */
export function start(request) {
  return new Promise((resolve, reject) => {
    let id = null;
    let refused = false;
    const begun = (row) => {
      if (id !== null || refused) return;
      id = row.id;
      mine.add(id);
      begin(row);
      resolve(row);
      // The two channels are not ordered against one another: a quick one may have ended already.
      if (ended.has(id)) for (const listener of finishers) listener(ended.get(id), true);
    };
    api.run(request, (event) => { if (event.event === 'started') begun(event.workflow); }).then(
      (row) => { begun(row); finish(row); },
      (error) => {
        if (id !== null) return lost(id, api.asError(error));
        refused = true;
        reject(api.asError(error));
      },
    );
  });
}

/** A run that failed after it began: its finished event says the same; this is for the case that none comes. */
function lost(id, error) {
  setTimeout(() => {
    const known = state.running.get(id);
    if (known) finish({ ...known.row, state: error.code === 'cancelled' ? 'cancelled' : 'failed', finished_at: new Date().toISOString(), undoable: false, error: { code: error.code, message: error.message, hint: error.hint, causes: error.causes } });
  }, 500);
}

export async function cancel(id) {
  const known = state.running.get(id);
  if (!known) return;
  known.cancelling = true;
  changed();
  try {
    await api.cancel(id);
  } catch (error) {
    known.cancelling = false;
    changed();
    throw error;
  }
}

export function dismiss(id) {
  state.finished = state.finished.filter((row) => row.id !== id);
  changed();
}

/** Listens first and asks then, so that nothing falls between. */
export async function load() {
  try {
    await api.subscribe(take);
  } catch (error) {
    state.fatal = api.asError(error);
    return;
  }
  refreshChecks();
  const [running] = await Promise.all([api.query({ query: 'workflows', site: null }).catch(() => []), refreshSites(), refreshStatus()]);
  for (const row of running) if (row.state === 'running') begin(row);
  for (const row of running.slice(0, KEEP_FINISHED)) if (row.state !== 'running' && isUnseen(row.id)) { ended.set(row.id, row); state.finished.push(row); }
  for (const row of running.slice(0, 1)) seen(row.state === 'running' ? row.id - 1 : row.id);
  for (const row of state.status?.healed ?? []) if (!ended.has(row.id)) { ended.set(row.id, row); state.finished.push(row); }
  await refreshBoard();
}
