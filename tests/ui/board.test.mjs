import assert from 'node:assert/strict';
import { test } from 'node:test';
import { full, nothing, row } from './fixtures.mjs';
import { calls, emit, open, runs, withBrowser } from './support.mjs';

withBrowser();
const card = (page, name) => page.locator(`.env.${name}`);

test('the board shows address, code and content of each environment', async (t) => {
  const page = await open(t, full);
  const words = (name) => card(page, name).innerText().then((it) => it.replaceAll('\u00a0', ' '));
  const dev = await words('dev');
  for (const part of ['dev-acme.localhost:8080', 'Answered 200 in 84 ms, 3 minutes ago', 'a41c9e2', 'Add hero block to front page', 'master · Maximiliane Alexandra Novak-Schwarzenberg', '12 minutes ago', '2 changed files not committed', 'From Live, 4 days ago', '212 MB · 48 tables', '214,310 rows', '3,204 files']) assert.ok(dev.includes(part), `${part} in ${dev}`);
  const live = await words('live');
  for (const part of ['live 11', 'deployed 9 days ago', 'read-only', 'Asleep']) assert.ok(live.includes(part), part);
  assert.equal(await page.locator('.lane [data-part=deploy]').first().innerText(), 'Deploy 3');
  assert.match(await page.locator('.lane').first().innerText(), /3 commits since test 12/);
});

test('the lanes stand at the height of what they carry', async (t) => {
  const page = await open(t, full);
  const middle = async (selector) => { const box = await page.locator(selector).first().boundingBox(); return box.y + box.height / 2; };
  assert.ok(Math.abs(await middle('.env.dev .cell.code') - await middle('.lane [data-part=deploy]')) < 3);
  assert.ok(Math.abs(await middle('.env.dev .cell.content') - await middle('.lane [data-part=clone]')) < 3);
});

for (const width of [900, 1000, 1280, 1600]) {
  test(`nothing leaves its card at ${width} pixels`, async (t) => {
    const page = await open(t, full, { width });
    const out = await page.evaluate(() => [...document.querySelectorAll('.env, .track')].flatMap((box) => [...box.querySelectorAll('button, p, code, dd, small')].filter((el) => !el.hidden && el.getClientRects().length)
      .filter((el) => el.getBoundingClientRect().right > box.getBoundingClientRect().right + 1).map((el) => `${box.className}: ${el.textContent}`)));
    assert.deepEqual(out, []);
    assert.equal(await page.evaluate(() => document.querySelector('main').scrollWidth > document.querySelector('main').clientWidth), false);
  });
}

test('an environment that does not exist yet offers to be created, in order', async (t) => {
  const page = await open(t, full);
  await page.click('text=City Library');
  await card(page, 'test').getByRole('button', { name: 'Create Test Environment' }).waitFor();
  assert.equal(await card(page, 'live').getByRole('button', { name: 'Create Live Environment' }).isDisabled(), true);
  assert.match(await card(page, 'live').innerText(), /Create Test first/);
});

test('a system without a database says how to install it, a broken one says why', async (t) => {
  const page = await open(t, full);
  await page.click('text=Harbor Festival');
  await page.getByRole('button', { name: 'Install WordPress…' }).click();
  const dialog = page.locator('dialog[open]');
  const act = dialog.getByRole('button', { name: 'Install WordPress', exact: true });
  assert.equal(await dialog.getByLabel('Title').inputValue(), 'Harbor Festival');
  await dialog.getByLabel('Administrator').fill('mira');
  await dialog.getByLabel('E-mail').fill('mira');
  await dialog.locator('input[autocomplete="new-password"]').fill(' a pass word ');
  assert.equal(await act.isDisabled(), true, 'that is no address');
  await dialog.getByLabel('E-mail').fill('mira@harbor.example');
  await act.click();
  await page.waitForFunction(() => fake.of('run').length === 1);
  assert.deepEqual(await runs(page), [{ kind: 'install_site', environment: 'harbor.dev', title: 'Harbor Festival', admin_user: 'mira', admin_password: ' a pass word ', admin_email: 'mira@harbor.example' }]);
  await card(page, 'dev').getByRole('button', { name: 'Why?' }).click();
  assert.match(await page.locator('dialog').innerText(), /PHP 7.2 was not found on this machine/);
  assert.equal(await page.locator('.multi tbody tr').count(), 1);
});

test('visit, folder and terminal ask the shell', async (t) => {
  const page = await open(t, full);
  await page.getByRole('button', { name: 'Visit Test' }).click();
  await page.getByRole('button', { name: 'Open folder' }).click();
  await page.getByRole('button', { name: 'Terminal', exact: true }).click();
  assert.deepEqual(await calls(page, 'open_url'), [{ url: 'http://test-acme.localhost:8080/' }]);
  assert.deepEqual(await calls(page, 'open_folder'), [{ path: '/home/mira/Portico/sites/acme/dev/code' }]);
  assert.deepEqual(await calls(page, 'open_terminal'), [{ path: '/home/mira/Portico/sites/acme/dev/code' }]);
});

test('steps ask nothing, the end of a workflow asks for its board once', async (t) => {
  const page = await open(t, full);
  // The look at what nobody tells, every few seconds, is not what this is about.
  await page.evaluate(() => Object.defineProperty(document, 'hidden', { get: () => true }));
  const boards = async () => (await calls(page, 'query')).filter((it) => it.query.query === 'board').length;
  const before = await boards();
  await emit(page, { event: 'started', workflow: row(60, 'deploy', 'Deploy to Test', { state: 'running', finished_at: null }) });
  for (let done = 1; done <= 200; done += 1) await emit(page, { event: 'step', workflow: 60, step: 'Checking out', done, total: 200, unit: 'files', eta_s: null });
  assert.equal(await boards(), before);
  // All in one turn of the page: on a busy machine separate calls would lie further apart than the news settle.
  await page.evaluate((workflow) => {
    fake.emit({ event: 'finished', workflow });
    for (let n = 0; n < 5; n += 1) fake.emit({ event: 'changed', site: 'acme' });
  }, row(60, 'deploy', 'Deploy to Test'));
  await page.waitForFunction((n) => fake.of('query').filter((it) => it.query.query === 'board').length > n, before);
  await page.waitForTimeout(300);
  assert.equal(await boards(), before + 1);
  const cards = () => page.evaluate(() => fake.of('query').filter((it) => it.query.query === 'site_cards').length);
  const asked = await cards();
  await emit(page, { event: 'changed', site: 'library' });
  await page.waitForFunction((n) => fake.of('query').filter((it) => it.query.query === 'site_cards').length > n, asked);
  assert.equal(await boards(), before + 1, 'another site’s news does not ask for this board');
});

test('a late answer does not overwrite a newer one', async (t) => {
  const page = await open(t, full);
  await page.evaluate(() => { fake.slow['board:acme'] = [1500, 0]; fake.answers['board:acme'].site.label = 'Old'; fake.emit({ event: 'changed', site: 'acme' }); });
  await page.waitForFunction(() => fake.slow['board:acme'].length === 1);
  await page.evaluate(() => { fake.answers['board:acme'].site.label = 'New'; fake.emit({ event: 'changed', site: 'acme' }); });
  await page.getByRole('heading', { name: 'New', exact: true }).waitFor();
  await page.waitForTimeout(1600);
  assert.equal(await page.locator('h1:visible').innerText(), 'New');
});

test('twenty sites are listed and one that fails to answer leaves the others alone', async (t) => {
  const sites = Array.from({ length: 20 }, (_, at) => ({ ...full.site_cards[0], name: `site-${at}`, label: `Site ${at}` }));
  const page = await open(t, { ...full, site_cards: [...sites, full.site_cards[0]], board: full['board:acme'], 'board:site-3': { refuse: { code: 'failed', message: 'cannot open the repository', hint: 'Restore it from a backup.', causes: ['no such file'] } } });
  assert.equal(await page.locator('.sites li').count(), 21);
  await page.getByText('Site 3', { exact: true }).click();
  await page.getByText('Cannot open the repository.').waitFor();
  await page.getByText('Site 4', { exact: true }).click();
  await page.locator('.env.dev').waitFor();
  assert.equal(await page.getByText('Cannot open the repository.').count(), 0);
});

test('the first start teaches, offers the sample and says what is missing', async (t) => {
  const page = await open(t, nothing);
  const words = await page.locator('main').innerText();
  for (const part of ['Drop a folder or an archive of code here', 'Try the sample site', 'sudo apt install php-fpm']) assert.ok(words.includes(part), part);
  await page.getByRole('button', { name: 'Try the sample site' }).click();
  assert.equal(await page.locator('#new-name').inputValue(), 'sample');
});

test('sites stand in the order of their labels, 2 before 10', async (t) => {
  const card = (name, label) => ({ name, label, cms: 'php', cms_version: null, deployable: 0, deployed: false, upstream_updates: 0, busy: false });
  const page = await open(t, { ...full, site_cards: [card('a', 'Client 10'), card('b', 'Client 2'), card('c', 'Ärzte'), card('acme', 'Zoo')] });
  assert.deepEqual(await page.locator('.sites b').allInnerTexts(), ['Ärzte', 'Client 2', 'Client 10', 'Zoo']);
});

test('a site that has only Dev is not said to be in step', async (t) => {
  const page = await open(t, full);
  const notes = (await page.locator('.sites').innerText()).replaceAll('\u00a0', ' ');
  assert.match(notes, /in step/);
  const fresh = await open(t, { ...full, site_cards: full.site_cards.map((it) => ({ ...it, deployable: 0, deployed: false })) });
  const alone = (await fresh.locator('.sites').innerText()).replaceAll('\u00a0', ' ');
  assert.match(alone, /only Dev/);
  assert.doesNotMatch(alone, /in step/);
});

test('a long message of a commit leaves the content in its place', async (t) => {
  const long = full['board:acme'].environments.map((it) => (it.environment === 'dev' ? { ...it, code: { ...it.code, message: 'Relaunch phase 2: replaces the header, the footer and the search page '.repeat(5) } } : it));
  const page = await open(t, { ...full, 'board:acme': { ...full['board:acme'], environments: long } });
  const [message, content] = await page.evaluate(() => ['.env.dev .cell.code .head', '.env.dev .cell.content'].map((it) => document.querySelector(it).getBoundingClientRect().toJSON()));
  assert.ok(message.height < 75, `${message.height}`);
  assert.ok(content.bottom < 800, `${content.bottom}`);
});

test('a front page that is not there is no green dot', async (t) => {
  const answer = (status) => full['board:acme'].environments.map((it) => (it.environment === 'dev' ? { ...it, health: { type: 'answered', status, ms: 12, at: new Date().toISOString() } } : it));
  for (const [status, kind] of [[200, 'ok'], [302, 'ok'], [404, 'warn'], [401, 'warn'], [500, 'bad']]) {
    const page = await open(t, { ...full, 'board:acme': { ...full['board:acme'], environments: answer(status) } });
    assert.equal(await page.locator('.env.dev .dot').getAttribute('class'), `dot ${kind}`, `${status}`);
  }
});
