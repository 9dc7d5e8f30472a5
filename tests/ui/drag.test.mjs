import assert from 'node:assert/strict';
import { test } from 'node:test';
import { full } from './fixtures.mjs';
import { open, withBrowser } from './support.mjs';

withBrowser();
const centre = async (page, selector) => { const box = await page.locator(selector).boundingBox(); return [box.x + box.width / 2, box.y + box.height / 2]; };
async function lift(page, from, to) {
  await page.mouse.move(...(await centre(page, from)));
  await page.mouse.down();
  await page.mouse.move(...(await centre(page, to)), { steps: 6 });
}

test('content dragged from Live to Dev opens the clone dialog for just that', async (t) => {
  const page = await open(t, full);
  await lift(page, '.env.live .chip.content', '.env.dev');
  assert.equal(await page.locator('.env.dev.legal.over').count(), 1);
  await page.mouse.up();
  await page.getByRole('heading', { name: 'Clone the Database & the Files from Live into Dev' }).waitFor();
  assert.equal(await page.locator('.ghost').count(), 0);
});

test('code goes only to the next environment; the others say why not', async (t) => {
  const page = await open(t, full);
  await lift(page, '.env.dev .chip.code', '.env.live');
  assert.equal(await page.locator('.env.live.illegal .reason').innerText(), 'Live takes its code from Test');
  await page.mouse.up();
  assert.equal(await page.locator('dialog').count(), 0);
  await lift(page, '.env.dev .chip.code', '.env.test');
  await page.mouse.up();
  await page.getByRole('heading', { name: 'Deploy 3 commits to Test' }).waitFor();
});

test('Escape gives a drag up, and a mere click starts none', async (t) => {
  const page = await open(t, full);
  await lift(page, '.env.live .chip.content', '.env.test');
  await page.keyboard.press('Escape');
  assert.equal(await page.locator('.ghost, .legal').count(), 0);
  await page.mouse.up();
  await page.locator('.env.live .chip.content').click();
  assert.equal(await page.locator('dialog, .ghost').count(), 0);
});

test('a drag survives the news that come in meanwhile', async (t) => {
  const page = await open(t, full);
  await lift(page, '.env.live .chip.content', '.env.test');
  await page.evaluate(() => fake.emit({ event: 'changed', site: 'acme' }));
  await page.waitForTimeout(250);
  await page.mouse.up();
  await page.getByRole('heading', { name: /from Live into Test/ }).waitFor();
});
