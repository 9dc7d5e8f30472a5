import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diskReport, full } from './fixtures.mjs';
import { calls, finish, open, runs, withBrowser } from './support.mjs';

withBrowser();
const words = async (locator) => (await locator.innerText()).replaceAll('\u00a0', ' ');
const disk = async (t, answers = full) => {
  const page = await open(t, answers);
  await page.getByRole('button', { name: /^Disk/ }).click();
  await page.getByRole('heading', { name: 'What can be freed' }).waitFor();
  return page;
};

test('the disk’s screen says what is held, by what it is for, and by site', async (t) => {
  const page = await disk(t);
  await page.getByText('Portico holds 75 GB in /home/mira/Portico; 61 GB of 512 GB are free.').waitFor();
  const whole = await page.locator('.disk-bar.large').getAttribute('aria-label');
  for (const part of ['content in use: 16 GB', 'contents kept for undo: 27 GB', 'backups: 14 GB', 'deleted, kept for undo: 16 GB', 'free: 61 GB', 'not Portico’s: 376 GB', 'releases kept for undo, to be freed: 700 MB']) assert.ok(whole.includes(part), `${part} in ${whole}`);
  const acme = await words(page.locator('.disk-sites li').nth(0));
  assert.match(acme, /Acme Corp[\s\S]*6\.9 GB in use · 9\.5 GB for undo · 14 GB backups[\s\S]*dev 10 GB[\s\S]*31 GB/);
  assert.match(await words(page.locator('.disk-sites li').nth(2)), /oldshop \(deleted\)[\s\S]*16 GB for undo/);
  const widths = await page.locator('.disk-bar.large i').evaluateAll((all) => all.reduce((sum, it) => sum + it.getBoundingClientRect().width, 0));
  const bar = await page.locator('.disk-bar.large').evaluate((it) => it.clientWidth);
  assert.ok(Math.abs(widths - bar) < 3, `${widths} of ${bar}`);
});

test('what is ticked turns faint, each thing says what is given up, and only that is freed', async (t) => {
  const page = await disk(t);
  const rows = page.locator('.disk-free li');
  assert.match(await words(rows.nth(0)), /Acme Corp: 2 replaced releases[\s\S]*Gives up nothing[\s\S]*700 MB/);
  assert.equal(await page.getByRole('checkbox', { checked: true }).count(), 1, 'what costs nothing is ticked');
  assert.match(await words(page.locator('.disk-acts')), /61 GB → 62 GB free/);
  await page.getByRole('checkbox', { name: 'Harbor Festival: 2 replaced contents' }).check();
  await page.getByRole('checkbox', { name: 'oldshop: the whole deleted site' }).check();
  assert.match(await words(rows.filter({ hasText: 'Harbor' })), /Undo of Wipe Test, Clone database and files/);
  assert.equal(await page.locator('.disk-sites li').nth(1).locator('i.faint').count(), 1);
  await page.getByRole('button', { name: 'Free 32 GB…' }).click();
  const dialog = page.locator('dialog[open]');
  assert.match(await words(dialog), /Harbor Festival, 2 things, 15 GB\. Undo of Wipe Test[\s\S]*can’t be undone/);
  await dialog.getByRole('button', { name: 'Free', exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
  assert.deepEqual((await runs(page)).sort((a, b) => a.site.localeCompare(b.site)), [
    { kind: 'free_disk', site: 'acme', keep: null, days: null, only: ['releases'] }, { kind: 'free_disk', site: 'harbor', keep: null, days: null, only: ['generations'] }, { kind: 'free_disk', site: 'oldshop', keep: null, days: null, only: ['deleted'] },
  ]);
  const asked = async () => (await calls(page, 'query')).filter((it) => it.query.query === 'disk').length;
  const before = await asked();
  for (const id of [100, 101, 102]) await finish(page, id);
  await page.waitForFunction((n) => fake.of('query').filter((it) => it.query.query === 'disk').length > n, before);
});

test('with nothing to free and a short disk it says so', async (t) => {
  const page = await disk(t, { ...full, disk: { ...diskReport, is_short: true, is_exact: false, sites: diskReport.sites.map((it) => ({ ...it, freeable: [] })) } });
  await page.getByText('Nothing. What is in use, pinned, and what was replaced last is kept.').waitFor();
  await page.getByText('The disk is short: of what can be undone, only what was replaced last is kept.').waitFor();
  assert.equal(await page.getByRole('button', { name: /^Free/ }).isVisible(), false);
});

test('a disk that can’t be measured says why, and can be measured again', async (t) => {
  const page = await open(t, { ...full, disk: { refuse: { code: 'failed', message: 'cannot read `x`', hint: null, causes: [] } } });
  await page.getByRole('button', { name: /^Disk/ }).click();
  await page.getByText('Cannot read').waitFor();
  await page.evaluate((it) => { fake.answers.disk = it; }, diskReport);
  await page.getByRole('button', { name: 'Measure again' }).click();
  await page.getByRole('heading', { name: 'What can be freed' }).waitFor();
});
