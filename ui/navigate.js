// Where the person is: a site, one of its tabs, an environment.
import { changed, refreshBoard, state } from './store.js';

export function select(site, tab = 'workflow') {
  if (state.selected !== site) state.boardError = null;
  state.selected = site;
  state.tab = tab;
  state.environment = null;
  if (site) localStorage.setItem('site', site);
  changed();
  if (!state.boards.has(site)) refreshBoard(site);
}

export function openTab(tab) {
  state.tab = tab;
  state.environment = null;
  changed();
}

/** Opens an environment's page, at the tab that was open last unless one is named. */
export function openEnvironment({ environment: name, tab = state.environmentTab }) {
  Object.assign(state, { tab: 'workflow', environment: name, environmentTab: tab });
  changed();
}
