import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failure, full } from './fixtures.mjs';
import { open, runs, withBrowser } from './support.mjs';

withBrowser();
const dialog = (page) => page.locator('dialog[open]');
const act = (page, name) => dialog(page).getByRole('button', { name, exact: true });

test('a deploy sends what was chosen', async (t) => {
  const page = await open(t, full);
  await page.getByRole('button', { name: 'Deploy 3 commits to Test' }).click();
  const words = await dialog(page).innerText();
  for (const part of ['Deploy 3 commits to Test', 'Hero: image sizes', '2 changed files on Dev are not committed', 'It becomes test 13']) assert.ok(words.includes(part), part);
  await page.getByLabel('Deploy Log message').fill('Sprint 9');
  await page.getByLabel(/Pull files and the database from the Live/).check();
  await page.getByLabel('Clear Caches').check();
  await act(page, 'Deploy to Test').click();
  await dialog(page).waitFor({ state: 'detached' });
  assert.deepEqual(await runs(page), [{ kind: 'deploy', environment: 'acme.test', sync_content: true, note: 'Sprint 9', updatedb: false, cc: true, from: null, config_import: false }]);
});

test('content is not pulled into Live, and a first deploy has no options', async (t) => {
  const page = await open(t, full);
  await page.getByRole('button', { name: 'Deploy 1 commit to Live' }).click();
  await act(page, 'Deploy to Live').waitFor();
  assert.equal(await dialog(page).getByText(/Pull files/).count(), 0);
  await page.keyboard.press('Escape');
  await page.click('text=City Library');
  await page.getByRole('button', { name: 'Create Test Environment' }).click();
  await act(page, 'Create Test').waitFor();
  assert.equal(await dialog(page).getByRole('checkbox').count(), 0);
});

test('nothing to deploy is said, and can’t be sent', async (t) => {
  const page = await open(t, { ...full, 'deploy_plan:acme.test': { ...full['deploy_plan:acme.test'], commits: [], deployable: 0 } });
  await page.getByRole('button', { name: 'Deploy 3 commits to Test' }).click();
  await page.getByText('There is nothing to deploy.').waitFor();
  assert.equal(await act(page, 'Deploy to Test').isDisabled(), true);
});

test('a refusal stays in the dialog with hint and causes, and the second try can succeed', async (t) => {
  const page = await open(t, full);
  await page.evaluate((it) => { fake.refuse = it; }, failure);
  await page.getByRole('button', { name: 'Deploy 3 commits to Test' }).click();
  await act(page, 'Deploy to Test').click();
  await page.getByRole('alert').filter({ hasText: 'Free some space and try again.' }).waitFor();
  await dialog(page).locator('.error').getByText('Details').click();
  await dialog(page).getByText(/no space left on device/).waitFor();
  assert.equal(await dialog(page).locator('.error .message code').innerText(), 'acme.sql');
  await dialog(page).locator('.error').getByRole('button', { name: 'Copy' }).click();
  assert.match(await page.evaluate(() => navigator.clipboard.readText()), /^Error: cannot read `acme.sql`\n {2}because write .*\nHint: Free/);
  await page.evaluate(() => { fake.refuse = null; });
  await act(page, 'Deploy to Test').click();
  await dialog(page).waitFor({ state: 'detached' });
});

test('copy as command asks the core for the very request', async (t) => {
  const page = await open(t, full);
  await page.getByRole('button', { name: 'Deploy 3 commits to Test' }).click();
  await dialog(page).getByRole('button', { name: 'Copy as command' }).click();
  await dialog(page).getByText('Copied').waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), 'portico deploy acme.test');
});

test('a clone sends source, parts and options, and says what it replaces', async (t) => {
  const page = await open(t, full);
  await page.getByRole('button', { name: 'Clone from Live to Test' }).click();
  assert.match((await dialog(page).innerText()).replaceAll('\u00a0', ' '), /Clone the Database & the Files from Live into Test[\s\S]*Replaces\s+48 tables, 214,310 rows, 212 MB and 3,221 files, 1.9 GB of Test/);
  await page.getByRole('checkbox', { name: 'Files', exact: true }).uncheck();
  await page.getByLabel(/Convert addresses/).uncheck();
  await act(page, 'Clone to Test').click();
  await dialog(page).waitFor({ state: 'detached' });
  assert.deepEqual(await runs(page), [{ kind: 'clone_content', from: 'acme.live', to: 'test', db_only: true, files_only: false, cc: false, updatedb: false, config_import: false, from_url: null, to_url: null, keep_urls: true, full: false, exclude_table: [], confirm: null }]);
});

test('content up to Live, a wipe of Live and a deleted site wait for the typed name', async (t) => {
  const page = await open(t, full);
  const menu = async (name, item) => { await page.getByRole('button', { name }).click(); await page.getByRole('menuitem', { name: item }).click(); };
  for (const [opener, item, button, kind] of [['More for Live', 'Clone content from…', 'Clone to Live', 'clone_content'], ['More for Live', 'Wipe database and files…', 'Wipe Live', 'wipe'], ['More for this site', 'Delete site…', 'Delete site', 'delete_site']]) {
    await menu(opener, item);
    const field = page.getByLabel(/Type acme to confirm/);
    await field.fill('acm');
    await page.keyboard.press('Enter');
    assert.equal(await act(page, button).isDisabled(), true, button);
    await field.fill('acme');
    await page.keyboard.press('Enter');
    await dialog(page).waitFor({ state: 'detached' });
    const request = (await runs(page)).at(-1);
    assert.equal(request.kind, kind);
    assert.equal(request.confirm, 'acme');
    await page.evaluate(() => fake.finish(fake.nextId - 1, { undoable: false }));
    await page.waitForTimeout(200);
  }
});

test('review and commit: chosen files, their difference, a message that is required', async (t) => {
  const page = await open(t, full);
  await page.getByRole('button', { name: 'Review & commit' }).click();
  await page.locator('.diff ins').first().waitFor();
  assert.equal(await act(page, 'Commit 2 files').isDisabled(), true);
  await page.getByLabel('Include wp-content/themes/acme/hero.php').uncheck();
  await page.getByLabel('Message').fill('Hero spacing');
  await act(page, 'Commit 1 file').click();
  await dialog(page).waitFor({ state: 'detached' });
  assert.deepEqual(await runs(page), [{ kind: 'commit', environment: 'acme.dev', message: 'Hero spacing', files: ['wp-content/themes/acme/style.css'] }]);
});

test('a new site: the name follows the source, is checked, and all of it is sent', async (t) => {
  const page = await open(t, full);
  await page.getByRole('button', { name: 'New site' }).click();
  await dialog(page).getByRole('button', { name: 'Choose…' }).click();
  assert.equal(await page.locator('#new-name').inputValue(), 'acme-2', 'a taken name gets a number');
  await page.locator('#new-name').fill('Acme!');
  assert.equal(await act(page, 'Create site').isDisabled(), true);
  await page.getByText(/such as acme/).waitFor();
  await page.locator('#new-name').fill('acme-next');
  await page.getByLabel('Label').fill('Acme Next');
  await page.getByLabel('Database').selectOption('sqlite');
  await act(page, 'Create site').click();
  await dialog(page).waitFor({ state: 'detached' });
  assert.deepEqual(await runs(page), [{ kind: 'create_site', name: 'acme-next', from: '/home/mira/code/acme', label: 'Acme Next', database: 'sqlite', branch: null }]);
});

test('a dropped archive fills the dialog of a new site', async (t) => {
  const page = await open(t, full);
  const centre = async (selector) => { const box = await page.locator(selector).boundingBox(); return [box.x + box.width / 2, box.y + box.height / 2]; };
  const drop = (at) => page.evaluate(([x, y]) => { fake.drag('enter', ['/tmp/harbor.zip'], x, y); fake.drag('over', undefined, x, y); fake.drag('drop', ['/tmp/harbor.zip'], x, y); }, at);
  await drop(await centre('.side .new'));
  assert.equal(await page.locator('#new-source').inputValue(), '/tmp/harbor.zip');
  assert.equal(await page.getByRole('radio', { name: 'Archive' }).isChecked(), true);
});

test('a deploy says which commits its environment would lose', async (t) => {
  const page = await open(t, { ...full, 'deploy_plan:acme.test': { ...full['deploy_plan:acme.test'], dropped: 1 } });
  await page.getByRole('button', { name: 'Deploy 3 commits to Test' }).click();
  await dialog(page).getByText('1 commit that Test has now is not in it, and leaves Test unless').waitFor();
});
