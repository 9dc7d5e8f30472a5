import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { failure, full, nothing, row } from './fixtures.mjs';
import { axe, emit, open, withBrowser } from './support.mjs';

withBrowser();
const shots = process.env.SHOTS ?? mkdtempSync(join(tmpdir(), 'portico-ui-'));
const press = (name) => (page) => page.getByRole('button', { name }).first().click();
const tab = (name) => (page) => page.getByRole('tab', { name }).click();
const inTest = (name) => async (page) => {
  await page.locator('.env.test h2 button').click();
  await tab(name)(page);
};
const SCREENS = {
  board: [full, async () => {}],
  welcome: [nothing, async () => {}],
  fresh: [full, (page) => page.click('text=City Library')],
  multidev: [full, (page) => page.click('text=Harbor Festival')],
  commits: [full, tab('Commits')],
  activity: [full, tab('Activity')],
  logs: [full, inTest(/^Logs/)],
  mail: [full, inTest('Mail')],
  cron: [full, inTest('Cron')],
  lock: [full, inTest('Security')],
  machine: [full, press(/MariaDB/)],
  settings: [full, press('Settings')],
  deploy: [full, press(/^Deploy 3/)],
  clone: [full, press(/^Clone from Live/)],
  review: [full, press('Review & commit')],
  'new-site': [full, press('New site')],
  palette: [full, (page) => page.keyboard.press('Control+k')],
  keys: [full, (page) => page.keyboard.press('?')],
  menu: [full, press('More for Dev')],
  drawer: [full, async (page) => {
    await emit(page, { event: 'started', workflow: row(50, 'clone_content', 'Clone database and files from Live to Test', { state: 'running', finished_at: null }) });
    await emit(page, { event: 'step', workflow: 50, step: 'Copying files', done: 1_220_000_000, total: 1_900_000_000, unit: 'bytes', eta_s: 2 });
    await emit(page, { event: 'finished', workflow: row(49, 'deploy', 'Deploy 2 commits to Test', { undoable: true }) });
    await emit(page, { event: 'finished', workflow: row(48, 'clone_content', 'Clone database from Live to Dev', { state: 'failed', error: failure }) });
  }],
};

for (const colorScheme of ['light', 'dark']) {
  for (const [name, [answers, act]] of Object.entries(SCREENS)) {
    test(`${name} is accessible in ${colorScheme}`, async (t) => {
      const page = await open(t, answers, { colorScheme });
      await act(page);
      await page.waitForTimeout(150);
      await page.screenshot({ path: join(shots, `${name}-${colorScheme}.png`) });
      assert.deepEqual(await axe(page), []);
    });
  }
}

test('a chosen appearance wins over the system’s and outlives the window', async (t) => {
  const page = await open(t, full, { colorScheme: 'light' });
  await page.getByRole('button', { name: 'Settings' }).click();
  await page.getByRole('radio', { name: 'Dark' }).check();
  await page.reload();
  await page.waitForSelector('html[data-ready=true]');
  assert.equal(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme), 'dark');
});
