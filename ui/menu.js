import { html, icon, make, send } from './lib/dom.js';

/** A ⋯ button with a menu. Items: `{ label, verb, detail, tone?, why? }`, or null for a line between. */
export function MenuButton(el, label, items) {
  const button = html`<button type="button" class="square plain" aria-haspopup="menu" aria-expanded="false"></button>`;
  button.setAttribute('aria-label', label);
  button.title = label;
  button.append(icon('more'));
  button.addEventListener('click', () => (button.getAttribute('aria-expanded') === 'true' ? close() : open()));
  button.addEventListener('keydown', (event) => { if (event.key === 'ArrowDown') { event.preventDefault(); open(); } });
  el.replaceWith(button);
  let menu = null;

  function open() {
    if (menu) return;
    menu = make('div', 'menu');
    menu.setAttribute('role', 'menu');
    menu.setAttribute('aria-label', label);
    for (const item of items()) menu.append(item ? Item(item) : make('hr'));
    menu.addEventListener('keydown', onKey);
    // The top layer: no card clips it, and it stays where it belongs in the reading order.
    menu.popover = 'manual';
    button.after(menu);
    menu.showPopover();
    place();
    button.setAttribute('aria-expanded', 'true');
    menu.querySelector('button')?.focus();
    document.addEventListener('pointerdown', onOutside, true);
    window.addEventListener('blur', close);
    window.addEventListener('resize', close);
  }

  function place() {
    const at = button.getBoundingClientRect();
    const { width, height } = menu.getBoundingClientRect();
    const below = at.bottom + height + 8 < innerHeight;
    menu.style.setProperty('--x', `${Math.max(8, Math.min(at.right - width, innerWidth - width - 8))}px`);
    menu.style.setProperty('--y', `${below ? at.bottom + 4 : Math.max(8, at.top - height - 4)}px`);
  }

  function close() {
    if (!menu) return;
    const focused = menu.contains(document.activeElement);
    menu.remove();
    menu = null;
    button.setAttribute('aria-expanded', 'false');
    document.removeEventListener('pointerdown', onOutside, true);
    window.removeEventListener('blur', close);
    window.removeEventListener('resize', close);
    if (focused) button.focus();
  }

  function onOutside(event) {
    if (!menu.contains(event.target) && !button.contains(event.target)) close();
  }

  function onKey(event) {
    const all = [...menu.querySelectorAll('button')];
    const at = all.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (event.key === 'Escape' || event.key === 'Tab') { event.preventDefault(); event.stopPropagation(); close(); }
    else if (to !== undefined) { event.preventDefault(); all[(to + all.length) % all.length].focus(); }
    else if (event.key.length === 1 && event.key !== ' ') {
      [...all.slice(at + 1), ...all].find((it) => it.textContent.toLowerCase().startsWith(event.key.toLowerCase()))?.focus();
    }
  }

  function Item({ label: words, verb, detail, tone = '', why }) {
    const item = make('button', tone, words);
    item.type = 'button';
    item.setAttribute('role', 'menuitem');
    if (why) {
      item.setAttribute('aria-disabled', 'true');
      item.append(make('small', '', why));
    }
    item.addEventListener('click', () => {
      if (why) return;
      close();
      send(button, verb, detail);
    });
    return item;
  }

  return { show: (wanted) => { if (!wanted) close(); button.hidden = !wanted; } };
}
