import assert from 'node:assert/strict';
import { test } from 'node:test';
import { full } from './fixtures.mjs';
import { open, runs, withBrowser } from './support.mjs';

withBrowser();
const dialog = (page) => page.locator('dialog[open]');
const words = async (locator) => (await locator.innerText()).replaceAll('\u00a0', ' ');

async function inBackups(t, environment, answers = full) {
  const page = await open(t, answers);
  await page.locator(`.env.${environment} h2 button`).click();
  await page.getByRole('tab', { name: 'Backups' }).click();
  return page;
}

test('each backup says when, what, how large, until when and whether it is whole', async (t) => {
  const page = await inBackups(t, 'live');
  const rows = page.locator('.backups tbody tr');
  await rows.first().waitFor();
  assert.equal(await rows.count(), 3);
  assert.match(await words(rows.nth(0)), /yesterday|1 day ago/);
  assert.match(await words(rows.nth(0)), /Before the relaunch[\s\S]*code, database, files[\s\S]*2.0 GB · 214,310 rows/);
  assert.match(await words(rows.nth(1)), /you delete it/);
  await rows.nth(2).getByRole('button', { name: /^Damaged: why/ }).click();
  assert.match(await words(dialog(page)), /its bytes are not those that were written/);
  await page.keyboard.press('Escape');
  assert.equal(await rows.nth(2).getByRole('button', { name: /^Restore/ }).isDisabled(), true, 'nothing is restored from a damaged one');
  await rows.nth(0).getByRole('button', { name: /^Delete/ }).click();
  await page.waitForFunction(() => fake.of('run').length === 1);
  const [deleted] = await runs(page);
  assert.deepEqual([deleted.kind, deleted.environment], ['delete_backup', 'acme.live']);
});

test('an environment without a backup says so, and makes one', async (t) => {
  const page = await inBackups(t, 'dev', { ...full, backups: [] });
  await page.getByText('Dev has no backup yet').waitFor();
  await page.getByRole('button', { name: 'Create Backup…' }).click();
  assert.equal(await dialog(page).getByLabel('Note').evaluate((it) => it === document.activeElement), true, 'Enter makes it');
  await dialog(page).getByLabel('Note').fill('before the update');
  await dialog(page).getByLabel('Keep it').selectOption('until you delete it');
  await dialog(page).getByRole('button', { name: 'Create Backup', exact: true }).click();
  await page.waitForFunction(() => fake.of('run').length === 1);
  assert.deepEqual(await runs(page), [{ kind: 'create_backup', environment: 'acme.dev', element: 'all', keep_for: 'forever', note: 'before the update' }]);
});

test('a restore to Live asks for the site’s name, and one into another environment does not', async (t) => {
  const page = await inBackups(t, 'live');
  await page.getByRole('button', { name: /^Restore the backup/ }).first().click();
  const act = dialog(page).locator('footer button[type=submit]');
  assert.equal(await act.isDisabled(), true);
  await dialog(page).getByRole('textbox').fill('acme');
  assert.equal(await act.isDisabled(), false);
  await dialog(page).getByLabel('Into').selectOption('Dev');
  assert.match(await words(dialog(page)), /as one more commit of Dev[\s\S]*Those of Live become those of Dev/);
  await dialog(page).getByLabel('What').selectOption('Database');
  assert.doesNotMatch(await words(dialog(page)), /one more commit/);
  await dialog(page).getByRole('button', { name: 'Restore Dev' }).click();
  await page.waitForFunction(() => fake.of('run').length === 1);
  const [restored] = await runs(page);
  assert.deepEqual([restored.kind, restored.element, restored.to, restored.confirm], ['restore_backup', 'database', 'dev', null]);
});
