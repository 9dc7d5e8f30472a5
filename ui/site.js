import { html, make, partsOf, send, show, text } from './lib/dom.js';
import { systemVersion } from './lib/words.js';
import { siteMenu } from './actions.js';
import { Activity } from './activity.js';
import { Board } from './board.js';
import { Commits } from './commits.js';
import { DamageNote } from './damage.js';
import { ErrorNote } from './lib/error.js';
import { Tabs } from './lib/tabs.js';
import { MenuButton } from './menu.js';
import { Multidev } from './multidev.js';

const TABS = [{ id: 'workflow', label: 'Workflow', mount: Board }, { id: 'multidev', label: 'Multidev', mount: Multidev }, { id: 'commits', label: 'Commits', mount: Commits }, { id: 'activity', label: 'Activity', mount: Activity }];

/** One site: header, tabs, and the tab that is open. */
export function Site(el) {
  el.append(
    html`<header class="top"><div class="titles"><h1 data-part="title"></h1><p class="sub"><span data-part="system"></span><span class="clone"><code class="clip" data-part="clone"></code><button type="button" class="link" data-part="copy" aria-label="Copy the clone command">Copy</button></span></p></div>
      <div class="tools"><button type="button" data-part="folder">Open folder</button><button type="button" data-part="terminal">Terminal</button><span data-part="menu"></span></div></header>`,
    make('div'),
    html`<div data-part="error"></div>`,
    html`<div data-part="broken"></div>`,
    html`<section role="tabpanel" tabindex="-1" data-part="panel"></section>`,
  );
  const parts = partsOf(el);
  let board = null;
  const dev = () => board.environments.find((it) => it.environment === 'dev');
  parts.folder.addEventListener('click', () => send(el, 'openFolder', dev().code_folder));
  parts.terminal.addEventListener('click', () => send(el, 'openTerminal', dev().code_folder));
  parts.copy.addEventListener('click', () => send(el, 'copyText', { text: parts.clone.title, said: 'Copied the clone command' }));
  MenuButton(parts.menu, 'More for this site', () => siteMenu(board));
  parts.panel.id = 'tab-panel';
  const tabs = Tabs(el.children[1], { label: 'Site', panel: parts.panel, open: (tab) => send(el, 'openTab', tab) });
  const note = ErrorNote(parts.error);
  const damage = DamageNote(parts.broken, () => board.site.name);
  const panels = {};
  for (const { id, mount } of TABS) {
    const panel = make('div');
    parts.panel.append(panel);
    panels[id] = { panel, update: mount(panel) };
  }

  return ({ tab, boardError }, next, busy) => {
    board = next;
    for (const part of ['folder', 'terminal', 'menu']) show(parts[part], board);
    show(parts.panel, board && !boardError);
    note(boardError);
    damage(board?.damage ?? [], true);
    if (!board) return text(parts.title, '');
    text(parts.title, board.site.label);
    text(parts.system, systemVersion(board.site.cms, board.cms_version));
    const command = `git clone ${board.repository} ${board.site.name}`;
    text(parts.clone, command);
    parts.clone.title = command;
    tabs(TABS, tab);
    for (const [name, { panel }] of Object.entries(panels)) show(panel, name === tab);
    panels[tab]?.update(board, busy);
  };
}
