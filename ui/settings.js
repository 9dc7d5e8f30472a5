import { html, partsOf } from './lib/dom.js';

/** The few things that can be chosen. */
export function Settings(el) {
  el.append(html`<div class="page"><h1>Settings</h1><section class="field"><h2 id="theme-title">Appearance</h2><div class="segments narrow" role="radiogroup" aria-labelledby="theme-title" data-part="themes">
    <label><input type="radio" name="theme" value=""><span>As the system</span></label><label><input type="radio" name="theme" value="light"><span>Light</span></label><label><input type="radio" name="theme" value="dark"><span>Dark</span></label></div></section>
    <section class="field"><h2>Keyboard</h2><label class="check"><input type="checkbox" data-part="single"><span>Open the sheet of shortcuts with <kbd>?</kbd></span></label></section></div>`);
  const parts = partsOf(el);
  const radios = [...parts.themes.querySelectorAll('input')];
  for (const radio of radios) radio.addEventListener('change', () => setTheme(radio.value));
  parts.single.addEventListener('change', () => localStorage.setItem('single-key', parts.single.checked ? 'on' : 'off'));
  return () => {
    for (const radio of radios) radio.checked = radio.value === (localStorage.getItem('theme') ?? '');
    parts.single.checked = singleKey();
  };
}

export const singleKey = () => localStorage.getItem('single-key') !== 'off';

export function setTheme(theme) {
  if (theme) {
    localStorage.setItem('theme', theme);
    document.documentElement.dataset.theme = theme;
  } else {
    localStorage.removeItem('theme');
    delete document.documentElement.dataset.theme;
  }
}
