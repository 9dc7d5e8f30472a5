import { isMac } from './api.js';
import { singleKey } from './settings.js';

const typing = (el) => el?.matches?.('input:not([type="checkbox"], [type="radio"]), textarea, select');

/** The keys of the whole window; dialogs keep theirs. */
export function shortcuts({ verbs, state, toggleDrawer }) {
  document.addEventListener('keydown', (event) => {
    const open = document.querySelector('dialog[open]');
    const command = isMac ? event.metaKey : event.ctrlKey;
    const key = event.key.toLowerCase();
    if (!command || event.altKey) {
      if (event.key === '?' && singleKey() && !open && !typing(event.target)) verbs.showKeys();
      return;
    }
    if (open && key === 'enter') return open.querySelector('form')?.requestSubmit();
    if (open) return;
    const act = {
      k: () => verbs.openPalette(), n: () => verbs.newSite({}), j: toggleDrawer, ',': () => verbs.openTab('settings'),
      z: !typing(event.target) && state.sites?.length ? () => verbs.openTab('activity') : null,
    }[key] ?? (/^[1-9]$/.test(key) && state.sites?.[Number(key) - 1] ? () => verbs.selectSite(state.sites[Number(key) - 1].name) : null);
    if (!act) return;
    event.preventDefault();
    act();
  });
}
