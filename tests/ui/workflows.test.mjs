import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failure, full, row } from './fixtures.mjs';
import { calls, emit, finish, open, runs, withBrowser } from './support.mjs';

withBrowser();
const clear = async (page) => {
  await page.getByRole('button', { name: 'More for Dev' }).click();
  await page.getByRole('menuitem', { name: 'Clear Caches' }).click();
  await page.locator('.workflow').waitFor();
};

test('a running workflow shows step, real units, percent and time left', async (t) => {
  const page = await open(t, full);
  await emit(page, { event: 'started', workflow: row(60, 'clone_content', 'Clone from Live to Test', { state: 'running', finished_at: null }) });
  await emit(page, { event: 'step', workflow: 60, step: 'Copying files', done: 1204, total: 3221, unit: 'files', eta_s: 2 });
  await page.getByText('37 % · about 2 s left').waitFor();
  await page.getByText('Copying files · 1,204 of 3,221 files').waitFor();
  assert.equal(await page.getByRole('progressbar', { name: 'Clone from Live to Test' }).evaluate((it) => it.value), 1204);
  assert.equal(await page.getByRole('button', { name: 'Deploy 3 commits to Test' }).isDisabled(), true, 'the site is held');
});

test('a workflow that runs already when the window opens is shown', async (t) => {
  const page = await open(t, { ...full, workflows: [row(7, 'deploy', 'Deploy to Live', { state: 'running', finished_at: null })] });
  await page.getByRole('progressbar', { name: 'Deploy to Live' }).waitFor();
});

test('cancel asks the shell and says that all is as it was', async (t) => {
  const page = await open(t, full);
  await clear(page);
  await page.getByRole('button', { name: /^Cancel/ }).click();
  await page.locator('.workflow.done').getByText('Cancelled · everything is as it was').waitFor();
  assert.deepEqual(await calls(page, 'cancel'), [{ workflow: 100 }]);
});

test('an undoable end shows a toast that undoes exactly it', async (t) => {
  const page = await open(t, full);
  await clear(page);
  await finish(page, 100);
  await page.locator('.toast').getByRole('button', { name: 'Undo' }).click();
  assert.deepEqual((await runs(page)).at(-1), { kind: 'undo', site: 'acme', workflow: 100 });
});

test('what can no longer be undone offers no undo in the drawer', async (t) => {
  const page = await open(t, full);
  const undo = (title) => page.locator('.drawer').getByRole('button', { name: `Undo: ${title}` });
  await emit(page, { event: 'finished', workflow: row(60, 'deploy', 'Deploy to Live', { undoable: true }) });
  await undo('Deploy to Live').waitFor();
  await page.evaluate((now) => { fake.answers.workflows = now; }, [row(61, 'import_files', 'Import files into Live', { undoable: true }), row(60, 'deploy', 'Deploy to Live')]);
  await emit(page, { event: 'finished', workflow: row(61, 'import_files', 'Import files into Live', { undoable: true }) });
  await undo('Import files into Live').waitFor();
  await undo('Deploy to Live').waitFor({ state: 'hidden' });
});

test('the toast stays while it is focused', async (t) => {
  const page = await open(t, full);
  await page.clock.install();
  await clear(page);
  await finish(page, 100);
  await page.locator('.toast').getByRole('button', { name: 'Undo' }).focus();
  await page.clock.fastForward(60_000);
  assert.equal(await page.locator('.toast').count(), 1);
  await page.locator('#main').focus();
  await page.clock.runFor(100);
  await page.clock.fastForward(9000);
  assert.equal(await page.locator('.toast').count(), 1, 'at least ten seconds');
  await page.clock.fastForward(6000);
  assert.equal(await page.locator('.toast').count(), 0);
});

test('another shell’s workflow gets a row but no toast', async (t) => {
  const page = await open(t, full);
  await emit(page, { event: 'started', workflow: row(70, 'deploy', 'Deploy to Live', { site: 'library', state: 'running', finished_at: null }) });
  await emit(page, { event: 'finished', workflow: row(70, 'deploy', 'Deploy to Live', { site: 'library' }) });
  await page.getByText('City Library: Deploy to Live').waitFor();
  assert.equal(await page.locator('.toast').count(), 0);
});

test('a failure is told with its reason, and its log can be read', async (t) => {
  const page = await open(t, full);
  await clear(page);
  await finish(page, 100, { state: 'failed', error: failure, undoable: false });
  await page.locator('dialog').getByText('Free some space and try again.').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Log: clear_cache' }).click();
  await page.getByText('Switched Test to pantheon_test_12').waitFor();
});

test('a workflow that ends before it is known to have begun still gets its toast, once', async (t) => {
  const page = await open(t, full);
  await page.evaluate(() => {
    window.__TAURI__.core.invoke = async (command, { request, events }) => {
      if (command !== 'run') return [];
      const workflow = { id: 500, site: 'acme', environment: 'dev', kind: request.kind, title: 'Quick', state: 'succeeded', started_at: new Date().toISOString(), finished_at: new Date().toISOString(), undoes: null, undoable: true, command: '', result: null, error: null };
      fake.emit({ event: 'finished', workflow });
      events.onmessage({ event: 'started', workflow: { ...workflow, state: 'running' } });
      return workflow;
    };
  });
  await page.getByRole('button', { name: 'More for Dev' }).click();
  await page.getByRole('menuitem', { name: 'Clear Caches' }).click();
  await page.locator('.toast').waitFor();
  assert.equal(await page.locator('.toast').count(), 1);
  assert.equal(await page.locator('.workflow progress').count(), 0);
});

test('activity lists what happened and undoes from there', async (t) => {
  const page = await open(t, full);
  await page.getByRole('tab', { name: 'Activity' }).click();
  await page.getByRole('button', { name: 'Undo: Deploy to Test' }).click();
  assert.deepEqual(await runs(page), [{ kind: 'undo', site: 'acme', workflow: 41 }]);
  assert.match(await page.locator('.rows:visible').innerText(), /Cannot read “acme.sql”/);
});

test('a workflow that a dead owner left is shown as rolled back', async (t) => {
  const page = await open(t, { ...full, status: { ...full.status, healed: [row(9, 'deploy', 'Deploy to Test', { state: 'rolled_back' })] } });
  await page.getByText('Rolled back · everything is as it was').waitFor();
});

test('the end of a workflow is told by the system when the person looks elsewhere', async (t) => {
  const page = await open(t, full);
  await clear(page);
  await page.evaluate(() => { document.hasFocus = () => false; });
  await finish(page, 100, { state: 'succeeded' });
  await page.locator('.toast').waitFor();
  assert.match((await calls(page, 'notify'))[0].body, /^done/);
});

test('one notice at a time: the newest, and one that is focused stays', async (t) => {
  const page = await open(t, full);
  const again = async (id) => { await page.evaluate(() => document.querySelector('.env.dev [aria-haspopup=menu]').click()); await page.getByRole('menuitem', { name: 'Clear Caches' }).click(); await page.waitForFunction((n) => fake.runs.has(n), id); await finish(page, id, { title: `Run ${id}` }); await page.locator('.toast', { hasText: `Run ${id}` }).waitFor(); };
  await again(100);
  await again(101);
  assert.equal(await page.locator('.toast').count(), 1);
  await page.locator('.toast').getByRole('button', { name: 'Undo' }).focus();
  await emit(page, { event: 'changed', site: 'acme' });
  await page.evaluate(() => document.dispatchEvent(new CustomEvent('say', { detail: 'Copied' })));
  assert.equal(await page.locator('.toast').count(), 2);
});

test('closing the window while a workflow runs asks what becomes of it', async (t) => {
  const page = await open(t, full);
  const ask = () => page.evaluate(() => fake.tell.leave(['Clone database from Live to Dev']));
  const dialog = page.locator('dialog[open]');
  await ask();
  await ask();
  assert.equal(await dialog.count(), 1, 'asked once');
  await dialog.getByText('Clone database from Live to Dev').waitFor();
  await dialog.getByRole('button', { name: 'Stay' }).click();
  await dialog.waitFor({ state: 'detached' });
  assert.deepEqual(await calls(page, 'leave'), []);
  await ask();
  await dialog.getByRole('button', { name: 'Cancel it and close' }).click();
  await page.waitForFunction(() => fake.of('leave').length === 1);
  await page.keyboard.press('Escape');
  await ask();
  await dialog.getByRole('button', { name: 'Run in the background' }).click();
  await page.waitForFunction(() => fake.of('leave').length === 2);
  assert.deepEqual(await calls(page, 'leave'), [{ how: 'cancel' }, { how: 'background' }]);
});

test('what ended while the window was closed is told at its next start', async (t) => {
  const page = await open(t, { ...full, workflows: [row(70, 'deploy', 'Deploy 1 commit to Test')] });
  assert.equal(await page.locator('.drawer').getByText('Deploy 1 commit to Test').count(), 0, 'the first start tells nothing old');
  await page.addInitScript((rows) => { fake.answers.workflows = rows; }, [row(71, 'clone_content', 'Clone files from Live to Dev'), row(70, 'deploy', 'Deploy 1 commit to Test')]);
  await page.reload();
  await page.waitForSelector('html[data-ready=true]');
  await page.locator('.drawer').getByText('Clone files from Live to Dev').waitFor();
  assert.equal(await page.locator('.drawer').getByText('Deploy 1 commit to Test').count(), 0);
});
