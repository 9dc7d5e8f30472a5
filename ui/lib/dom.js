// Small helpers that every part of the page is made with.

/** @typedef {HTMLElement & { update?: (...now: any[]) => void }} Drawn an element that can draw itself anew */

/** One element from constant markup. Data never goes through here: anything interpolated is refused. @returns {Drawn} */
export function html(parts, ...data) {
  if (data.length) throw new TypeError('markup is constant; set data with textContent');
  const template = document.createElement('template');
  template.innerHTML = parts[0];
  return /** @type {Drawn} */ (template.content.firstElementChild);
}

/** The elements of `root` that carry `data-part`, by its value. @returns {Record<string, any>} */
export function partsOf(root) {
  const parts = {};
  for (const el of root.querySelectorAll('[data-part]')) parts[el.dataset.part] = el;
  return parts;
}

/** An element that the markup surely has. @param {ParentNode} root @param {string} selector @returns {HTMLElement} */
export function must(root, selector) {
  const found = /** @type {HTMLElement | null} */ (root.querySelector(selector));
  if (!found) throw new Error(`nothing is ${selector}`);
  return found;
}

/** Sets text only where it differs, so that selections and screen readers are left in peace. */
export function text(el, value) {
  const wanted = value == null ? '' : String(value);
  if (el.textContent !== wanted) el.textContent = wanted;
  return el;
}

export function attribute(el, name, value) {
  if (value == null || value === false) el.removeAttribute(name);
  else if (el.getAttribute(name) !== String(value)) el.setAttribute(name, value);
}

export const show = (el, wanted) => { if (el.hidden === !!wanted) el.hidden = !wanted; };

/** A verb that bubbles up to whoever carries it out. */
export const send = (el, verb, detail) => el.dispatchEvent(new CustomEvent(verb, { bubbles: true, detail }));

const SVG = 'http://www.w3.org/2000/svg';

/** One of the symbols of index.html. */
export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(SVG, 'use');
  use.setAttribute('href', `#i-${name}`);
  svg.append(use);
  return svg;
}

/**
 * A new element with a class and text.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag @param {string} [className] @param {unknown} [value]
 * @returns {HTMLElementTagNameMap[K] & { update?: (...now: any[]) => void }}
 */
export function make(tag, className, value) {
  const el = document.createElement(tag);
  if (className) el.className = className;
  if (value != null) el.textContent = String(value);
  return el;
}

const keys = new WeakMap();

/**
 * Makes the children of `parent` match `items`: an item keeps its element as long as its key stays, order follows
 * the items, and an element that holds the focus is never moved when the others can move instead.
 */
export function keyed(parent, items, keyOf, create, update) {
  const old = new Map();
  for (const el of parent.children) old.set(keys.get(el), el);
  const wanted = items.map((item) => {
    const key = keyOf(item);
    let el = old.get(key);
    if (el) old.delete(key);
    else keys.set((el = create(item)), key);
    update(el, item);
    return el;
  });
  for (const el of old.values()) el.remove();
  const held = wanted.find((el) => el.contains(document.activeElement));
  if (!held) {
    wanted.forEach((el, at) => { if (parent.children[at] !== el) parent.insertBefore(el, parent.children[at] ?? null); });
    return;
  }
  const middle = wanted.indexOf(held);
  for (const el of wanted.slice(0, middle)) if (el.nextElementSibling !== held || el.parentNode !== parent) parent.insertBefore(el, held);
  let last = held;
  for (const el of wanted.slice(middle + 1)) {
    if (last.nextElementSibling !== el) parent.insertBefore(el, last.nextElementSibling);
    last = el;
  }
}

/** Arrow keys move the focus among `[data-rove]` inside `root`; only one of them is in the tab order. */
export function rove(root, { horizontal = false } = {}) {
  const [back, forth] = horizontal ? ['ArrowLeft', 'ArrowRight'] : ['ArrowUp', 'ArrowDown'];
  root.addEventListener('keydown', (event) => {
    const all = [...root.querySelectorAll('[data-rove]')].filter((el) => !el.hidden && !el.disabled);
    const at = all.indexOf(document.activeElement);
    const to = { [back]: at - 1, [forth]: at + 1, Home: 0, End: all.length - 1 }[event.key];
    if (at < 0 || to === undefined || !all.length) return;
    event.preventDefault();
    all[(to + all.length) % all.length].focus();
  });
}
