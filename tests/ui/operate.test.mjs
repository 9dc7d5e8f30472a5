import assert from 'node:assert/strict';
import { test } from 'node:test';
import { full } from './fixtures.mjs';
import { calls, emit, open, runs, withBrowser } from './support.mjs';

withBrowser();

async function inTab(t, environment, tab, answers = full) {
  const page = await open(t, answers);
  await page.locator(`.env.${environment} h2 button`).click();
  await page.getByRole('tab', { name: tab }).click();
  return page;
}
const queries = async (page, name) => (await calls(page, 'query')).map((it) => it.query).filter((it) => it.query === name);

test('fatal errors since the deploy stand on the card and lead to the log', async (t) => {
  const page = await open(t, full);
  assert.equal(await page.locator('.env.live .fatal').isVisible(), false);
  await page.getByRole('button', { name: '2 fatal errors since the last deploy' }).click();
  await page.getByRole('log').getByText('acme_calendar()').waitFor();
  assert.match(await page.locator('[role=tab][aria-selected=true]:visible').innerText(), /^Logs\s+2$/);
});

test('a log is followed, filtered, paused and copied', async (t) => {
  const page = await inTab(t, 'test', /^Logs/);
  const entries = page.getByRole('log').getByRole('listitem');
  await entries.first().waitFor();
  assert.equal(await entries.count(), 4);
  assert.match(await entries.nth(2).innerText(), /^Fatal /);
  const add = (text) => page.evaluate((text) => { fake.answers.log = { cursor: text, cut: false, entries: [{ level: 'info', text }] }; setTimeout(() => { fake.answers.log.entries = []; }, 2200); }, text);
  await page.getByRole('button', { name: 'Pause' }).click();
  const asked = (await queries(page, 'log')).length;
  await page.waitForTimeout(1800);
  assert.equal((await queries(page, 'log')).length, asked, 'a paused log is not asked for');
  await page.evaluate(() => { fake.answers.log = { cursor: 'next', cut: false, entries: [] }; });
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.waitForFunction((asked) => fake.of('query').filter((it) => it.query.query === 'log').length > asked, asked);
  assert.equal((await queries(page, 'log')).at(-1).since, 'x:9', 'only what came since is asked for');
  await add('[now] a new line');
  await page.getByRole('log').getByText('a new line').first().waitFor();
  await page.getByRole('searchbox', { name: 'Filter' }).fill('hero');
  assert.equal(await entries.count(), 1);
  await page.getByRole('button', { name: 'Copy', exact: true }).click();
  assert.match(await page.evaluate(() => navigator.clipboard.readText()), /^\[25-Nov.*hero.*line 12$/);
  await page.getByRole('searchbox', { name: 'Filter' }).fill('no such words');
  await page.getByText('No entry has these words.').waitFor();
});

test('another log and another environment begin anew', async (t) => {
  const page = await inTab(t, 'test', /^Logs/);
  await page.getByRole('log').getByText('acme_calendar()').waitFor();
  await page.evaluate(() => { fake.answers.log = { cursor: '', cut: false, entries: [] }; });
  await page.getByRole('combobox', { name: 'Log' }).selectOption('Slow requests');
  await page.getByText('Nothing yet.').waitFor();
  const last = (await queries(page, 'log')).at(-1);
  assert.deepEqual([last.kind, last.since], ['slow', null]);
  await page.getByRole('navigation', { name: 'Environments' }).getByRole('button', { name: 'Dev' }).click();
  await page.waitForFunction(() => fake.of('query').at(-1).query.environment === 'acme.dev');
});

test('a message is shown without scripts and without network', async (t) => {
  const page = await inTab(t, 'test', 'Mail');
  const requests = [];
  page.on('request', (request) => requests.push(request.url()));
  await page.getByRole('heading', { name: 'Your order 1042' }).waitFor();
  const seen = await page.waitForFunction(() => {
    const inner = document.querySelector('iframe').contentDocument;
    const [heading, paragraph, link] = ['h1', 'p', 'a'].map((it) => inner.querySelector(it));
    if (!heading) return null;
    for (const it of [heading, link, inner.querySelector('button')]) it.click();
    const styles = [getComputedStyle(heading).color, getComputedStyle(paragraph).color, getComputedStyle(inner.body).backgroundImage];
    return { styles, link: link.title, left: inner.querySelectorAll('script, form, [onclick], [href], img[src]').length };
  });
  assert.deepEqual(await seen.jsonValue(), { styles: ['rgb(12, 34, 56)', 'rgb(1, 2, 3)', 'none'], link: 'http://evil.example/', left: 0 });
  assert.equal(await page.title(), 'Portico');
  assert.deepEqual(requests, []);
  assert.equal(await page.locator('iframe').getAttribute('sandbox'), 'allow-same-origin');
});

test('text, headers and attachments of a message are a click away', async (t) => {
  const page = await inTab(t, 'test', 'Mail');
  await page.getByRole('radio', { name: 'Text' }).check();
  await page.getByText('Thank you for your order.').waitFor();
  await page.getByRole('radio', { name: 'Headers' }).check();
  await page.getByText('Subject: Your order 1042').waitFor();
  await page.evaluate(() => { window.__TAURI__.dialog.save = async ({ defaultPath }) => `/tmp/${defaultPath}`; fake.answers.mail_part = ''; });
  await page.getByRole('button', { name: 'Save invoice.pdf…' }).click();
  await page.getByText('Saved invoice.pdf').waitFor();
  const [saved] = await queries(page, 'mail_part');
  assert.deepEqual([saved.id, saved.attachment, saved.to], ['3-c.eml', 0, '/tmp/invoice.pdf']);
  await page.getByRole('button', { name: /Password Reset/ }).click();
  assert.equal((await queries(page, 'mail_message')).at(-1).id, '2-b.eml');
  await page.getByRole('button', { name: 'Clear', exact: true }).click();
  assert.deepEqual(await runs(page), [{ kind: 'clear_mail', environment: 'acme.test' }]);
});

test('an environment without mail says so', async (t) => {
  const page = await inTab(t, 'live', 'Mail', { ...full, mail: [] });
  await page.getByText('Live has sent no mail yet.').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Clear', exact: true }).isDisabled(), true);
});

test('cron is turned on at an interval, off, and run', async (t) => {
  const page = await inTab(t, 'dev', 'Cron');
  await page.getByText('wp_version_check: done').waitFor();
  assert.equal(await page.getByRole('radio', { name: 'While awake' }).isChecked(), true);
  assert.equal(await page.getByRole('button', { name: 'Save', exact: true }).isDisabled(), true);
  await page.getByRole('radio', { name: 'On', exact: true }).check();
  await page.getByLabel('Minutes between two runs').fill('15');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  assert.deepEqual((await runs(page)).at(-1), { kind: 'enable_cron', environment: 'acme.dev', every: 15, while_awake: false });
  await emit(page, { event: 'changed', site: 'acme' });
  await page.waitForFunction(() => fake.of('query').filter((it) => it.query.query === 'cron').length > 1);
  assert.equal(await page.getByLabel('Minutes between two runs').inputValue(), '15', 'news do not take back what is being typed');
});

test('a site without a cron that Portico knows says so', async (t) => {
  const page = await inTab(t, 'dev', 'Cron', { ...full, cron: { ...full.cron, known: false, last: null, next: null } });
  await page.getByText('Portico knows the cron of WordPress and Drupal only.').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Run Cron Now' }).isVisible(), false);
});

test('a lock is put on, its password is hidden until asked for, and it is taken off', async (t) => {
  const page = await inTab(t, 'dev', 'Security');
  await page.getByText('Public: everybody').waitFor();
  await page.getByLabel('Username').fill('team');
  await page.getByLabel('Password', { exact: false }).last().fill('geheim');
  await page.getByRole('button', { name: 'Lock Environment' }).click();
  assert.deepEqual((await runs(page)).at(-1), { kind: 'enable_lock', environment: 'acme.dev', username: 'team', password: 'geheim' });
  await page.getByRole('navigation', { name: 'Environments' }).getByRole('button', { name: 'Test' }).click();
  await page.getByText('Private: visitors are asked').waitFor();
  assert.equal(await page.getByText('open sesame').count(), 0);
  await page.getByRole('button', { name: 'Show the password' }).click();
  await page.getByText('open sesame').waitFor();
});

test('a tab whose question fails says why', async (t) => {
  const refuse = { code: 'failed', message: 'cannot read the log', hint: 'Try again.', causes: [] };
  for (const [name, tab] of [['log', /^Logs/], ['mail', 'Mail'], ['cron', 'Cron'], ['lock', 'Security']]) {
    const page = await inTab(t, 'dev', tab, { ...full, [name]: { refuse } });
    await page.getByText('Cannot read the log.').waitFor();
  }
});
