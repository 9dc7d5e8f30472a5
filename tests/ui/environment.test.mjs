import assert from 'node:assert/strict';
import { test } from 'node:test';
import { full } from './fixtures.mjs';
import { emit, open, withBrowser } from './support.mjs';

withBrowser();

test('a card’s name opens its environment, the crumbs lead to the others and back', async (t) => {
  const page = await open(t, full);
  await page.locator('.env.test h2').getByRole('button', { name: 'Test' }).click();
  await page.locator('h1:visible', { hasText: 'Test' }).waitFor();
  assert.ok((await page.locator('.environment').innerText()).includes('test-acme.localhost:8080'));
  await page.getByRole('navigation', { name: 'Environments' }).getByRole('button', { name: 'Live' }).click();
  await page.locator('h1:visible', { hasText: 'Live' }).waitFor();
  await page.getByRole('button', { name: 'Acme Corp' }).first().click();
  await page.locator('.env.live').waitFor();
});

test('an environment’s tabs move by arrow keys, and the open one is kept from one environment to the next', async (t) => {
  const page = await open(t, full);
  await page.locator('.env.dev h2 button').click();
  const first = page.locator('.screen.environment [role=tab]').first();
  await first.focus();
  await page.keyboard.press('End');
  await page.locator('[role=tab]:last-child[aria-selected=true]:visible').waitFor();
  const chosen = await page.locator('[role=tab][aria-selected=true]:visible').innerText();
  await page.getByRole('navigation', { name: 'Environments' }).getByRole('button', { name: 'Live' }).click();
  assert.equal(await page.locator('[role=tab][aria-selected=true]:visible').innerText(), chosen);
});

test('an environment that is deleted while it is open gives way to the board', async (t) => {
  const page = await open(t, full);
  await page.click('text=Harbor Festival');
  await page.locator('.multi').getByRole('button', { name: 'events', exact: true }).click();
  await page.locator('h1:visible', { hasText: 'events' }).waitFor();
  await page.evaluate(() => { fake.answers['board:harbor'].environments.pop(); });
  await emit(page, { event: 'changed', site: 'harbor' });
  await page.locator('.env.dev').waitFor();
});
