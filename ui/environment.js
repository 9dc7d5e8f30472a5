// One environment: who it is, its tabs, and the tab that is open.
import { html, keyed, make, partsOf, send, show, text } from './lib/dom.js';
import { envName, host } from './lib/words.js';
import { Tabs } from './lib/tabs.js';
import { environmentMenu } from './actions.js';
import { Backups } from './backups.js';
import { Code } from './code.js';
import { Configuration } from './configuration.js';
import { Content } from './content.js';
import { Cron } from './cron.js';
import { Deploys } from './deploys.js';
import { DamageNote } from './damage.js';
import { drawHealth } from './health.js';
import { Lock } from './lock.js';
import { Logs } from './logs.js';
import { Mail } from './mail.js';
import { MenuButton } from './menu.js';
import { Status } from './status.js';

/**
 * The tabs, in their order. `mount(el)` is called once, when the tab is opened first, and gives back an idempotent
 * `update({ info, board, busy, state })`, called while it is open. `for` says which environments have it (all where
 * it is left out), `badge` a number beside its name.
 * @type {{ id: string, label: string, mount: (el: HTMLElement) => (view: any) => void,
 *   for?: (info: import('./types').EnvironmentInfo, board: import('./types').Board) => boolean, badge?: (info: import('./types').EnvironmentInfo) => number | null }[]}
 */
export const TABS = [
  { id: 'code', label: 'Code', mount: Code, badge: (info) => info.code.uncommitted },
  { id: 'deploys', label: 'Deploys', mount: Deploys, for: (info) => !info.connection_mode, badge: (info) => info.code.deployable },
  { id: 'content', label: 'Database / Files', mount: Content },
  { id: 'backups', label: 'Backups', mount: Backups },
  { id: 'status', label: 'Status', mount: Status },
  { id: 'configuration', label: 'Configuration', mount: Configuration, badge: (info) => info.config_differences, for: (info, board) => ['wordpress', 'drupal7', 'drupal'].includes(board.site.cms) },
  { id: 'logs', label: 'Logs', mount: Logs, badge: (info) => info.fatal_errors },
  { id: 'mail', label: 'Mail', mount: Mail },
  { id: 'cron', label: 'Cron', mount: Cron },
  { id: 'lock', label: 'Security', mount: Lock },
];

const PANEL = 'environment-panel';

/** The page of one environment. */
export function Environment(el) {
  el.append(
    html`<nav class="crumbs" aria-label="Environments"><button type="button" class="link" data-part="back"></button><span class="sep" aria-hidden="true">›</span><span class="switch" data-part="switch"></span></nav>`,
    html`<header class="top"><div class="titles"><h1 data-part="title"></h1><p class="sub"><span class="dot" data-part="dot"></span><span data-part="health"></span><button type="button" class="link" data-part="why">Why?</button><code class="clip selectable" data-part="url"></code></p></div>
      <div class="tools"><button type="button" data-part="folder">Open folder</button><button type="button" data-part="terminal">Terminal</button><button type="button" class="code" data-part="visit">Visit</button><span data-part="menu"></span></div></header>`,
    make('div'),
    html`<div data-part="broken"></div>`,
    html`<section role="tabpanel" tabindex="-1" data-part="panel"></section>`,
  );
  const parts = partsOf(el);
  parts.panel.id = PANEL;
  const tabs = Tabs(el.children[2], { label: 'Environment', panel: parts.panel, open: (tab) => send(el, 'openEnvironment', { environment: info.environment, tab }) });
  const mounted = new Map();
  let info = null;
  parts.back.addEventListener('click', () => send(el, 'openTab', 'workflow'));
  parts.visit.addEventListener('click', () => send(el, 'visit', info));
  parts.folder.addEventListener('click', () => send(el, 'openFolder', info.code_folder));
  parts.terminal.addEventListener('click', () => send(el, 'openTerminal', info.code_folder));
  parts.why.addEventListener('click', () => send(el, 'showError', { title: `${envName(info.environment)} does not answer`, error: info.health.error }));
  const damage = DamageNote(parts.broken, () => info.site);
  MenuButton(parts.menu, 'More for this environment', () => environmentMenu(info));

  function panel(tab) {
    if (!mounted.has(tab.id)) {
      const inner = make('div');
      parts.panel.append(inner);
      mounted.set(tab.id, { inner, update: tab.mount(inner) });
    }
    return mounted.get(tab.id);
  }

  return (state, board, next, busy) => {
    info = next;
    el.dataset.environment = info.environment;
    text(parts.back, board.site.label);
    keyed(parts.switch, board.environments.filter((it) => it.initialized), (it) => it.environment, Jump, (jump, it) => jump.update(it.environment === info.environment));
    text(parts.title, envName(info.environment));
    text(parts.url, host(info.url));
    drawHealth(parts, info);
    damage(info.damage);
    const own = TABS.filter((it) => it.for?.(info, board) ?? true);
    const open = own.find((it) => it.id === state.environmentTab) ?? own[0];
    tabs(own.map((it) => ({ ...it, badge: it.badge?.(info) ?? undefined })), open.id);
    const shown = panel(open);
    for (const { inner } of mounted.values()) show(inner, inner === shown.inner);
    shown.update({ info, board, busy, state });
  };
}

function Jump({ environment }) {
  const jump = make('button', 'plain', envName(environment));
  jump.type = 'button';
  jump.addEventListener('click', () => send(jump, 'openEnvironment', { environment }));
  jump.update = (on) => { if (on) jump.setAttribute('aria-current', 'page'); else jump.removeAttribute('aria-current'); };
  return jump;
}
