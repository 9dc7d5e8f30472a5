import { html, keyed, rove, show, text } from './dom.js';

/**
 * A list of tabs above a panel: arrow keys move, and a tab that gets the focus by keyboard opens.
 * @param {HTMLElement} el @param {{ label: string, panel: HTMLElement, open: (id: string) => void }} options
 * @returns {(tabs: { id: string, label: string, badge?: number }[], open: string) => void}
 */
export function Tabs(el, { label, panel, open }) {
  el.className = 'tabs';
  el.setAttribute('role', 'tablist');
  el.setAttribute('aria-label', label);
  rove(el, { horizontal: true });

  function Tab({ id }) {
    const tab = html`<button type="button" role="tab" data-rove><span></span><i class="count" hidden></i></button>`;
    const [words, badge] = tab.children;
    tab.id = `${panel.id}-${id}`;
    tab.setAttribute('aria-controls', panel.id);
    tab.addEventListener('click', () => open(id));
    tab.addEventListener('focus', () => { if (tab.matches(':focus-visible')) open(id); });
    tab.update = (it, on) => {
      text(words, it.label);
      show(badge, it.badge);
      text(badge, it.badge || '');
      tab.setAttribute('aria-selected', String(on));
      tab.tabIndex = on ? 0 : -1;
    };
    return tab;
  }

  return (tabs, chosen) => {
    keyed(el, tabs, (it) => it.id, Tab, (tab, it) => tab.update(it, it.id === chosen));
    panel.setAttribute('aria-labelledby', `${panel.id}-${chosen}`);
  };
}
