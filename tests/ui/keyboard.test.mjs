import assert from 'node:assert/strict';
import { test } from 'node:test';
import { full } from './fixtures.mjs';
import { open, runs, withBrowser } from './support.mjs';

withBrowser();
const focused = (page) => page.evaluate(() => document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent);

test('a deploy by keys alone, and the focus returns to where it came from', async (t) => {
  const page = await open(t, full);
  for (let n = 0; n < 40 && (await focused(page)) !== 'Deploy 3 commits to Test'; n += 1) await page.keyboard.press('Tab');
  assert.equal(await focused(page), 'Deploy 3 commits to Test');
  await page.keyboard.press('Enter');
  await page.locator('dialog textarea').waitFor();
  await page.keyboard.press('Escape');
  assert.equal(await focused(page), 'Deploy 3 commits to Test');
  await page.keyboard.press('Space');
  await page.locator('dialog textarea').waitFor();
  await page.keyboard.type('By keys');
  await page.keyboard.press('Control+Enter');
  await page.locator('dialog').waitFor({ state: 'detached' });
  assert.equal((await runs(page))[0].note, 'By keys');
});

test('the list of sites is one stop, with arrows inside', async (t) => {
  const page = await open(t, full);
  await page.locator('.sites [aria-current]').focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'City Library', level: 1 }).waitFor();
  assert.equal(await page.locator('.sites [tabindex="0"]').count(), 1);
});

test('tabs follow the arrows', async (t) => {
  const page = await open(t, full);
  await page.getByRole('tab', { name: 'Workflow' }).focus();
  await page.keyboard.press('ArrowRight');
  await page.getByRole('tab', { name: 'Multidev', selected: true }).waitFor();
  await page.keyboard.press('ArrowRight');
  await page.getByRole('tab', { name: 'Commits', selected: true }).waitFor();
  await page.getByText('Event calendar', { exact: true }).waitFor();
});

test('a menu opens, moves, and gives the focus back', async (t) => {
  const page = await open(t, full);
  await page.getByRole('button', { name: 'More for Test' }).focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('ArrowDown');
  assert.equal(await focused(page), 'Clone content from…');
  await page.keyboard.press('Escape');
  assert.equal(await focused(page), 'More for Test');
  assert.equal(await page.getByRole('menu').count(), 0);
});

test('the palette finds an action, shows its command and runs it', async (t) => {
  const page = await open(t, full);
  await page.keyboard.press('Control+k');
  await page.keyboard.type('live test clone');
  const option = page.getByRole('option', { selected: true });
  assert.match(await option.innerText(), /Clone content from/);
  await page.keyboard.press('Control+a');
  await page.keyboard.type('clear dev');
  await page.locator('.palette .command').getByText('portico clear_cache acme.dev').waitFor();
  await page.keyboard.press('Enter');
  await page.locator('.workflow').waitFor();
  assert.deepEqual(await runs(page), [{ kind: 'clear_cache', environment: 'acme.dev' }]);
});

test('the palette goes to a site', async (t) => {
  const page = await open(t, full);
  await page.keyboard.press('Control+k');
  await page.keyboard.type('intra');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Intranet', level: 1 }).waitFor();
});

test('shortcuts: sites by number, workflows, the sheet, none of it while typing', async (t) => {
  const page = await open(t, full);
  await page.keyboard.press('Control+2');
  await page.getByRole('heading', { name: 'City Library', level: 1 }).waitFor();
  await page.keyboard.press('?');
  await page.getByRole('heading', { name: 'Keyboard shortcuts' }).waitFor();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+n');
  await page.locator('#new-label').fill('');
  await page.locator('#new-label').press('?');
  assert.equal(await page.locator('dialog').count(), 1);
  assert.equal(await page.locator('#new-label').inputValue(), '?');
});

test('what is chosen in the system’s menu is done, but not behind a dialog', async (t) => {
  const page = await open(t, full);
  await page.evaluate(() => fake.tell.menu('openTab:machine'));
  await page.locator('.screen.machine h1').waitFor();
  await page.evaluate(() => fake.tell.menu('newSite'));
  await page.locator('dialog').waitFor();
  await page.evaluate(() => fake.tell.menu('showKeys'));
  assert.equal(await page.locator('dialog').count(), 1);
});
