import { html, icon, partsOf, text } from './lib/dom.js';

const STAYS_MS = 12_000;
/** The drawer keeps what ended; one notice is read, a pile is dismissed. */
const MOST = 1;

/** Notices at the foot of the window. One with an action stays long, and waits while it is pointed at or focused. */
export function Toasts(el) {
  return (/** @type {{ words: string, note?: string, action?: string, run?: () => unknown, tone?: string }} */ { words, note = '', action, run, tone = 'ok' }) => {
    const toast = html`<div class="toast"><span data-part="icon"></span><p><b data-part="words"></b> <span data-part="note"></span></p><button type="button" class="link" data-part="action"></button><button type="button" class="plain square" data-part="close" aria-label="Dismiss"></button></div>`;
    const parts = partsOf(toast);
    toast.classList.add(tone);
    parts.icon.append(icon(tone === 'bad' ? 'alert' : 'check'));
    parts.close.append(icon('close'));
    text(parts.words, words);
    text(parts.note, note);
    text(parts.action, action ?? '');
    parts.action.hidden = !action;
    let timer = 0;
    let opener = null;
    const close = () => {
      clearTimeout(timer);
      const held = toast.contains(document.activeElement);
      toast.remove();
      if (held) (opener?.isConnected ? opener : document.getElementById('main')).focus();
    };
    const wait = () => clearTimeout(timer);
    const go = () => {
      clearTimeout(timer);
      if (!toast.matches(':hover') && !toast.contains(document.activeElement)) timer = setTimeout(close, action ? STAYS_MS : STAYS_MS / 3);
    };
    toast.addEventListener('pointerenter', wait);
    toast.addEventListener('pointerleave', go);
    toast.addEventListener('focusin', (/** @type {FocusEvent} */ event) => { wait(); opener ??= event.relatedTarget; });
    toast.addEventListener('focusout', () => setTimeout(go));
    parts.close.addEventListener('click', close);
    parts.action.addEventListener('click', () => { close(); run?.(); });
    // One that is pointed at or focused is in use: it stays until it is left.
    const idle = [...el.children].filter((it) => !it.matches(':hover, :focus-within'));
    for (const old of idle.slice(0, Math.max(0, el.children.length - MOST + 1))) old.remove();
    el.append(toast);
    go();
    return close;
  };
}
