import { query } from './api.js';
import { allActions } from './actions.js';
import { html, keyed, partsOf, send, show, text } from './lib/dom.js';
import { board, state } from './store.js';

const MOST = 60;

/** How well `label` fits what was typed: every word must occur; starts of words count more. Below 0: not at all. */
export function score(label, typed) {
  const low = label.toLowerCase();
  let sum = 0;
  for (const word of typed.toLowerCase().split(/\s+/).filter(Boolean)) {
    const at = low.indexOf(word);
    if (at < 0) return -1;
    sum += at === 0 ? 4 : /\W/.test(low[at - 1]) ? 3 : 1;
  }
  return sum;
}

/** Find a site or run anything; the command line of the chosen action stands below. */
export function openPalette() {
  const el = /** @type {HTMLDialogElement} */ (html`<dialog class="palette" aria-label="Find or run"><input type="text" role="combobox" aria-expanded="true" aria-controls="palette-list" aria-autocomplete="list" aria-label="Find or run" placeholder="Find a site or run an action" autocomplete="off" spellcheck="false" data-part="input">
    <ul id="palette-list" role="listbox" aria-label="Actions" data-part="list"></ul><p class="none" data-part="none">Nothing is called that.</p><p class="command" data-part="command"><code class="clip" data-part="line"></code></p></dialog>`);
  const parts = partsOf(el);
  const opener = /** @type {HTMLElement | null} */ (document.activeElement);
  const all = allActions(state, board()).map((it, at) => ({ ...it, at }));
  let found = all;
  let active = 0;
  let asked = 0;

  function search() {
    const typed = parts.input.value;
    found = all.map((it) => ({ it, rank: score(`${it.label} ${it.note ?? ''} ${it.group}`, typed) })).filter(({ rank }) => rank >= 0)
      .sort((a, b) => b.rank - a.rank || a.it.at - b.it.at).slice(0, MOST).map(({ it }) => it);
    active = 0;
    draw();
  }

  function draw() {
    show(parts.none, !found.length);
    keyed(parts.list, found, (it) => it.at, Option, (row, it) => row.update(it === found[active]));
    const option = parts.list.children[active];
    parts.input.setAttribute('aria-activedescendant', option?.id ?? '');
    option?.scrollIntoView({ block: 'nearest' });
    line(found[active]);
  }

  async function line(action) {
    const mine = ++asked;
    const words = action?.request ? await query({ query: 'command', request: action.request }).catch(() => '') : '';
    if (mine === asked) text(parts.line, words);
  }

  function Option(it) {
    const row = html`<li role="option"><span class="clip" data-part="label"></span><small data-part="note"></small></li>`;
    const { label, note } = partsOf(row);
    row.id = `palette-${it.at}`;
    text(label, it.label);
    text(note, [it.note, it.group].filter(Boolean).join(' · '));
    row.addEventListener('pointermove', () => { if (found[active] !== it) { active = found.indexOf(it); draw(); } });
    row.addEventListener('click', () => run(it));
    row.update = (on) => row.setAttribute('aria-selected', String(on));
    return row;
  }

  function run(action) {
    if (!action) return;
    el.close();
    send(opener?.isConnected ? opener : document.body, action.verb, action.detail);
  }

  parts.input.addEventListener('input', search);
  el.addEventListener('keydown', (event) => {
    const to = { ArrowDown: active + 1, ArrowUp: active - 1 }[event.key];
    if (to !== undefined && found.length) { event.preventDefault(); active = (to + found.length) % found.length; draw(); }
    else if (event.key === 'Enter') { event.preventDefault(); run(found[active]); }
  });
  el.addEventListener('click', (event) => { if (event.target === el) el.close(); });
  el.addEventListener('close', () => { el.remove(); if (!document.querySelector('dialog[open]') && opener?.isConnected) opener.focus(); });
  document.body.append(el);
  el.showModal();
  search();
}
