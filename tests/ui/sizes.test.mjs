// How large things are on the screen: nothing stretched, cut or pushed out of sight.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { SCREENS } from './screens.mjs';
import { open, withBrowser } from './support.mjs';

withBrowser();

/** Runs in the page: what is wrong with the sizes of what is shown. */
function faults() {
  const found = [];
  const name = (el) => `${el.tagName.toLowerCase()}.${[...el.classList].join('.')} “${el.textContent.trim().slice(0, 30)}”`;
  const seen = (el) => el.getClientRects().length > 0 && getComputedStyle(el).visibility !== 'hidden';
  for (const el of [document.documentElement, document.querySelector('main'), ...document.querySelectorAll('dialog[open], dialog[open] .body')]) {
    if (el.scrollWidth > el.clientWidth + 1) found.push(`${name(el)} scrolls sideways: ${el.scrollWidth} in ${el.clientWidth}`);
  }
  for (const dialog of document.querySelectorAll('dialog[open]')) {
    const box = dialog.getBoundingClientRect();
    if (box.top < 0 || box.bottom > innerHeight + 1) found.push(`${name(dialog)} is higher than the window`);
  }
  // A line of code is as high as its own text, however few lines there are.
  for (const line of document.querySelectorAll('.diff .line')) {
    if (!seen(line)) continue;
    const range = document.createRange();
    range.selectNodeContents(line);
    const words = [...range.getClientRects()].filter((it) => it.height);
    const needed = words.length ? Math.max(...words.map((it) => it.bottom)) - Math.min(...words.map((it) => it.top)) : 0;
    const beside = [...line.parentElement.children].filter((it) => Math.abs(it.getBoundingClientRect().top - line.getBoundingClientRect().top) < 1);
    const height = line.getBoundingClientRect().height;
    if (beside.length < 2 && height > Math.max(needed, 16) * 1.8) found.push(`${name(line)} is ${height} high for ${needed}`);
    if (height > 120 && needed < 40 && beside.every((it) => it.textContent.length < 80)) found.push(`${name(line)} is ${height} high for ${needed}`);
  }
  // Words of buttons and headings are whole, and lie on no others.
  for (const el of document.querySelectorAll('button, h1, h2, h3, label, dt')) {
    if (!seen(el) || el.closest('.clip') || el.querySelector('.clip, .unseen') || el.classList.contains('clip')) continue;
    const range = document.createRange();
    range.selectNodeContents(el);
    const [box, words] = [el.getBoundingClientRect(), range.getBoundingClientRect()];
    if (words.width && (words.left < box.left - 5 || words.right > box.right + 5)) found.push(`${name(el)} is ${box.width} wide for ${words.width}`);
  }
  return found;
}

for (const [width, height] of [[1000, 700], [1280, 800]]) {
  for (const [name, [answers, act]] of Object.entries(SCREENS)) {
    test(`nothing of ${name} is stretched or cut at ${width} × ${height}`, async (t) => {
      const page = await open(t, answers, { width, height });
      await act(page);
      await page.waitForTimeout(100);
      assert.deepEqual(await page.evaluate(faults), []);
    });
  }
}

test('two columns stand under their headings, and the first conflict is in sight', async (t) => {
  const [answers, act] = SCREENS['conflict-sides'];
  const page = await open(t, answers, { width: 1280, height: 800 });
  await act(page);
  const { left, heading, mark, diff } = await page.evaluate(() => {
    const box = (selector) => document.querySelector(selector).getBoundingClientRect().toJSON();
    return { left: box('dialog .two-columns > .now'), heading: box('dialog [data-part="theirsName"]'), mark: box('dialog .two-columns mark'), diff: box('dialog .solve .diff') };
  });
  assert.ok(Math.abs(left.left - heading.left) < 12, `the right column begins at ${left.left}, its heading at ${heading.left}`);
  assert.ok(mark.bottom < diff.bottom && mark.top >= diff.top, 'what differs is in sight');
});

test('a class is drawn by one style sheet, except the common ones of base.css', () => {
  const folder = fileURLToPath(new URL('../../ui/', import.meta.url));
  const owners = new Map();
  for (const file of readdirSync(folder, { recursive: true }).filter((it) => it.endsWith('.css') && it !== 'base.css')) {
    const css = readFileSync(`${folder}${file}`, 'utf8').replace(/\/\*[^]*?\*\//g, '');
    for (const [, selectors] of css.matchAll(/([^{}]+)\{/g)) {
      for (const selector of selectors.split(',')) {
        const own = /^\.([\w-]+)(?:::?[\w-]+(?:\([^)]*\))?|\[[^\]]*\])*$/.exec(selector.trim());
        if (own) owners.set(own[1], (owners.get(own[1]) ?? new Set()).add(file));
      }
    }
  }
  assert.deepEqual([...owners].filter(([, files]) => files.size > 1).map(([name, files]) => `.${name}: ${[...files].join(', ')}`), []);
  assert.ok(owners.size > 80, 'the sheets were read');
});
