import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { full, row } from './fixtures.mjs';
import { emit, open, withBrowser } from './support.mjs';

withBrowser();
const EVIL = '<img src=x onerror="window.hit=1"><script>window.hit=1</script>';

/** Every text of the answers becomes markup. */
const spoil = (value, key) => {
  if (Array.isArray(value)) return value.map((it) => spoil(it, key));
  if (value && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([name, it]) => [name, spoil(it, name)]));
  return ['label', 'message', 'author', 'subject', 'title', 'branch', 'cms_version', 'hint', 'file', 'problem', 'remedy', 'what'].includes(key) ? EVIL : value;
};

test('markup in answers stays text everywhere', async (t) => {
  const page = await open(t, { ...spoil(full), diff: `@@ -1 +1 @@\n-${EVIL}\n+${EVIL}\n`, workflow_log: EVIL });
  await page.locator('.env.dev').waitFor();
  assert.equal(await page.locator('h1:visible').innerText(), EVIL);
  for (const name of ['Commits', 'Activity', 'Workflow']) { await page.getByRole('tab', { name }).click(); await page.waitForTimeout(80); }
  for (const opener of [() => page.locator('.lane [data-part=deploy]').first().click(), () => page.locator('[data-part=review]:visible').first().click(), () => page.keyboard.press('Control+k')]) {
    await opener();
    await page.locator('dialog[open]').waitFor();
    await page.waitForTimeout(80);
    await page.keyboard.press('Escape');
  }
  await emit(page, { event: 'finished', workflow: row(80, 'deploy', EVIL, { state: 'failed', error: { code: 'failed', message: EVIL, hint: EVIL, causes: [EVIL] } }) });
  await page.locator('.workflow').getByRole('button', { name: 'Why?' }).click();
  await page.waitForTimeout(80);
  assert.equal(await page.evaluate(() => window.hit), undefined);
  assert.equal(await page.locator('img').count(), 0);
});

test('markup helper refuses data, and nothing else writes HTML', async (t) => {
  const page = await open(t, full);
  assert.match(await page.evaluate(async () => { const { html } = await import('/lib/dom.js'); try { html(['<p>', '</p>'], 'x'); return ''; } catch (error) { return error.message; } }), /constant/);
  const root = new URL('../../ui/', import.meta.url);
  const writers = readdirSync(root, { recursive: true }).filter((it) => it.endsWith('.js')).filter((it) => /innerHTML|outerHTML|insertAdjacentHTML|document\.write/.test(readFileSync(new URL(it, root), 'utf8')));
  assert.deepEqual(writers, ['lib/dom.js']);
});

test('only api.js knows Tauri, and no file is long', () => {
  const root = new URL('../../ui/', import.meta.url);
  for (const name of readdirSync(root, { recursive: true }).filter((it) => /\.(js|css)$/.test(it))) {
    const source = readFileSync(new URL(name, root), 'utf8');
    if (name !== 'api.js') assert.doesNotMatch(source, /__TAURI__/, name);
    assert.ok(source.split('\n').length <= 250, name);
  }
});

test('keyed lists keep elements, order and focus', async (t) => {
  const page = await open(t, full);
  const result = await page.evaluate(async () => {
    const { keyed } = await import('/lib/dom.js');
    const list = document.createElement('ul');
    document.body.append(list);
    const draw = (keys) => { keyed(list, [...keys], (it) => it, (it) => { const li = document.createElement('li'); li.tabIndex = 0; li.textContent = it; return li; }, () => {}); return list.textContent; };
    const seen = [draw('abcde')];
    const held = list.children[2];
    held.focus();
    for (const keys of ['edcba', 'xcyz', 'c', 'abc', 'cab', 'bca']) seen.push(draw(keys));
    const kept = document.activeElement === held && list.contains(held);
    seen.push(draw('ba'));
    for (let n = 0; n < 300; n += 1) { const keys = [...'abcdefgh'].filter(() => Math.random() < 0.6).sort(() => Math.random() - 0.5).join(''); list.children[0]?.focus(); if (draw(keys) !== keys) seen.push(`wrong: ${keys} ${list.textContent}`); }
    list.remove();
    return { seen, kept };
  });
  assert.deepEqual(result, { seen: ['abcde', 'edcba', 'xcyz', 'c', 'abc', 'cab', 'bca', 'ba'], kept: true });
});
