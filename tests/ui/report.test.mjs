import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { failure, full, row } from './fixtures.mjs';
import { axe, calls, emit, open, runs, withBrowser } from './support.mjs';

withBrowser();
const shots = process.env.SHOTS ?? mkdtempSync(join(tmpdir(), 'portico-ui-'));
const at = new Date(Date.now() - 300_000).toISOString();
const finding = (group, name, score, result, extra = {}) => ({ group, name, score, result, action: null, headings: [], rows: [], ...extra });
const test12 = full['board:acme'].environments[1];
const of = { environment: 'acme.test', made_at: at, commit: test12.code.commit, generation: test12.content.generation, ms: 1200 };
const report = { ...of, score: 'error', findings: [
  finding('Config', 'WP_CACHE', 'ok', 'WP_CACHE is not set.'),
  finding('Database', 'Storage Engines', 'error', '1 table not of the engine InnoDB.', { action: 'Convert them.', headings: ['Table', 'Engine'], rows: [['old_shop', 'MyISAM']] }),
  finding('Plugins', 'Plugins', 'warning', '9 plugins, 2 of them out of date.', { action: 'You should update all out-of-date plugins.' }),
  finding('Object Cache', 'Object Cache', 'info', 'There is no object-cache.php.'),
] };
const smoke = { ...of, against: 'live', score: 'error', pages: 33, left_out: 4, verdict: '33 pages visited beside Live: 1 broken, 0 to look at', differences: [{ path: '/shop', score: 'error', what: ['It answers with status 500; on Live with 200.'], linked_from: '/' }] };
const configuration = { system: 'WP-CFM', same: 12, items: [{ group: 'main', name: 'blogdescription', state: 'differs' }, { group: 'main', name: 'sidebar', state: 'only_in_database' }] };
const updates = [{ module: 'WordPress', update: '58975 → 60421', description: 'The version of the database' }];
const plan = (name, extra) => ({ [`deploy_plan:acme.${name}`]: { ...full[`deploy_plan:acme.${name}`], updates, warnings: [], ...extra } });
const answers = { ...full, ...plan('test'), ...plan('live', { updates: [] }), launch_check: report, smoke_report: smoke, configuration };

async function openTab(page, environment, tab) {
  await page.locator(`.env.${environment} h2 button`).click();
  await page.getByRole('tab', { name: tab }).click();
}

for (const colorScheme of ['light', 'dark']) {
  for (const [name, tab, wait] of [['status', 'Status', 'old_shop'], ['configuration', 'Configuration', 'sidebar']]) {
    test(`${name} is accessible in ${colorScheme}`, async (t) => {
      const page = await open(t, answers, { colorScheme });
      await openTab(page, 'test', tab);
      await page.getByText(wait).waitFor({ state: 'attached' });
      await page.screenshot({ path: join(shots, `${name}-${colorScheme}.png`) });
      assert.deepEqual(await axe(page), []);
    });
  }
  test(`a deploy that waits for updates is accessible in ${colorScheme}`, async (t) => {
    const page = await open(t, answers, { colorScheme });
    await page.getByRole('button', { name: /^Deploy 3/ }).click();
    await page.getByText('1 database update will wait on Test').click();
    await page.screenshot({ path: join(shots, `deploy-updates-${colorScheme}.png`) });
    assert.deepEqual(await axe(page), []);
  });
}

test('what is wrong stands first with what to do, what is right is folded away', async (t) => {
  const page = await open(t, answers);
  await openTab(page, 'test', 'Status');
  const first = page.getByRole('list', { name: 'Checks to look at' }).getByRole('listitem').first();
  assert.match(await first.innerText(), /Error[\s\S]*Storage Engines[\s\S]*Convert them\./);
  await page.getByText('1 check is all right').waitFor();
  assert.equal(await page.getByText('WP_CACHE is not set.').isVisible(), false);
});

test('checks run on demand, once, and an error is shown', async (t) => {
  const page = await open(t, { ...answers, launch_check: null });
  await openTab(page, 'test', 'Status');
  await page.getByText('Nobody has checked this environment yet').waitFor();
  await page.evaluate(([it]) => { fake.answers.launch_check = it; }, [report]);
  await page.getByRole('button', { name: 'Run the checks now' }).click();
  await page.getByText('1 table not of the engine InnoDB.').waitFor();
  const asked = (await calls(page, 'query')).filter((it) => it.query.query === 'launch_check' && it.query.run);
  assert.equal(asked.length, 1);
  await page.evaluate(([it]) => { fake.answers.launch_check = { refuse: it }; }, [failure]);
  await page.getByRole('button', { name: 'Run the checks now' }).click();
  await page.getByRole('alert').getByText('Free some space').waitFor();
});

test('a smoke test of Test is beside Live, and its verdict stands in the deploy to Live', async (t) => {
  const page = await open(t, answers);
  await openTab(page, 'test', 'Status');
  await page.getByText('status 500; on Live with 200').waitFor();
  await page.getByRole('button', { name: 'Run smoke test' }).click();
  assert.deepEqual((await runs(page)).at(-1), { kind: 'smoke_test', environment: 'acme.test', against: 'live', paths: [], limit: null });
  const other = await open(t, answers);
  await other.getByRole('button', { name: /^Deploy 1 commit/ }).click();
  await other.getByText('1 broken, 0 to look at').waitFor();
});

test('configuration goes into the database anywhere, and into the code where code is edited', async (t) => {
  const page = await open(t, answers);
  await openTab(page, 'test', 'Configuration');
  await page.getByRole('cell', { name: 'blogdescription' }).waitFor();
  assert.equal(await page.getByRole('button', { name: 'Export into the code' }).isVisible(), false);
  await page.getByRole('button', { name: 'Import into the database' }).click();
  assert.deepEqual((await runs(page)).at(-1), { kind: 'import_config', environment: 'acme.test' });
  await page.getByRole('navigation', { name: 'Environments' }).getByRole('button', { name: 'Dev' }).click();
  await page.getByRole('button', { name: 'Export into the code' }).waitFor();
});

test('a script of the site that failed is told where its workflow is', async (t) => {
  const page = await open(t, answers);
  const hooks = [{ event: 'deploy', stage: 'after', description: 'Post to Slack', script: 'private/slack.php', ms: 300, error: 'it answered with status 500' }];
  await emit(page, { event: 'started', workflow: row(60, 'deploy', 'Deploy to Test', { state: 'running', finished_at: null }) });
  await emit(page, { event: 'finished', workflow: row(60, 'deploy', 'Deploy to Test', { result: { hooks } }) });
  await page.getByText('Hook “Post to Slack” failed: it answered with status 500').first().waitFor();
});
