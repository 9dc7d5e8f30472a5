import { html, keyed, make, partsOf, rove, send, show, text } from './lib/dom.js';
import { systemVersion } from './lib/words.js';
import { siteMenu } from './actions.js';
import { Activity } from './activity.js';
import { Board } from './board.js';
import { Commits } from './commits.js';
import { ErrorNote } from './lib/error.js';
import { MenuButton } from './menu.js';

const TABS = [['workflow', 'Workflow'], ['commits', 'Commits'], ['activity', 'Activity']];

/** One site: header, tabs, and the tab that is open. */
export function Site(el) {
  el.append(
    html`<header class="top"><div class="titles"><h1 data-part="title"></h1><p class="sub"><span data-part="system"></span><span class="clone"><code class="clip" data-part="clone"></code><button type="button" class="link" data-part="copy" aria-label="Copy the clone command">Copy</button></span></p></div>
      <div class="tools"><button type="button" data-part="folder">Open folder</button><button type="button" data-part="terminal">Terminal</button><span data-part="menu"></span></div></header>`,
    html`<div class="tabs" role="tablist" aria-label="Site" data-part="tabs"></div>`,
    html`<div data-part="error"></div>`,
    html`<section role="tabpanel" tabindex="-1" data-part="panel"></section>`,
  );
  const parts = partsOf(el);
  let board = null;
  const dev = () => board.environments.find((it) => it.environment === 'dev');
  parts.folder.addEventListener('click', () => send(el, 'openFolder', dev().code_folder));
  parts.terminal.addEventListener('click', () => send(el, 'openTerminal', dev().code_folder));
  parts.copy.addEventListener('click', () => send(el, 'copyText', { text: parts.clone.title, said: 'Copied the clone command' }));
  MenuButton(parts.menu, 'More for this site', () => siteMenu(board));
  rove(parts.tabs, { horizontal: true });
  keyed(parts.tabs, TABS, (tab) => tab[0], ([name, label]) => Tab(name, label), () => {});
  const note = ErrorNote(parts.error);
  const panels = {};
  for (const [name, mount] of [['workflow', Board], ['commits', Commits], ['activity', Activity]]) {
    const panel = make('div');
    parts.panel.append(panel);
    panels[name] = { panel, update: mount(panel) };
  }
  parts.panel.id = 'tab-panel';

  return ({ sites, tab, boardError, running }, next) => {
    board = next;
    const card = sites.find((it) => it.name === (board?.site.name ?? null));
    for (const part of ['folder', 'terminal', 'menu']) show(parts[part], board);
    show(parts.panel, board && !boardError);
    note(boardError);
    if (!board) return text(parts.title, '');
    text(parts.title, board.site.label);
    text(parts.system, systemVersion(board.site.cms, board.cms_version));
    const command = `git clone ${board.repository} ${board.site.name}`;
    text(parts.clone, command);
    parts.clone.title = command;
    for (const el of parts.tabs.children) el.update(el.name === tab);
    parts.panel.setAttribute('aria-labelledby', `tab-${tab}`);
    for (const [name, { panel }] of Object.entries(panels)) show(panel, name === tab);
    const busy = card?.busy || [...running.values()].some((it) => it.row.site === board.site.name);
    if (tab === 'workflow') panels.workflow.update(board, busy);
    else panels[tab]?.update(board);
  };
}

function Tab(name, label) {
  const tab = html`<button type="button" role="tab" data-rove></button>`;
  tab.name = name;
  tab.id = `tab-${name}`;
  tab.textContent = label;
  tab.setAttribute('aria-controls', 'tab-panel');
  tab.addEventListener('click', () => send(tab, 'openTab', name));
  tab.addEventListener('focus', () => { if (tab.matches(':focus-visible')) send(tab, 'openTab', name); });
  tab.update = (open) => {
    tab.setAttribute('aria-selected', String(open));
    tab.tabIndex = open ? 0 : -1;
  };
  return tab;
}
