// Portico's own database is lost: the page says so and offers the ways on.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { full as acme, nothing } from './fixtures.mjs';
import { axe, calls, finish, open, runs, withBrowser } from './support.mjs';

withBrowser();

const damaged = { code: 'damaged', message: 'portico.db is missing; sites holds the site acme', hint: '`portico self:restore` puts back the copy of today.', causes: [] };
const lost = { ...acme, site_cards: { refuse: damaged }, status: { refuse: damaged }, workflows: { refuse: damaged } };

test('a lost database is said on the whole screen, with both ways on', async (t) => {
  const page = await open(t, lost);
  await page.getByText('Portico.db is missing; sites holds the site acme.').waitFor();
  assert.deepEqual(await axe(page), []);
  await page.evaluate(([cards, status]) => { fake.recovers = { from_copy: { site_cards: cards, status: { ...status, told: ['portico.db is the copy of today now', 'acme was changed'], unknown_sites: [] } } }; }, [acme.site_cards, acme.status]);
  await page.getByRole('button', { name: 'Put the copy back' }).click();
  await page.getByText('Portico.db is the copy of today now').waitFor();
  assert.deepEqual(await calls(page, 'recover'), [{ way: 'from_copy' }]);
  assert.equal(await page.getByRole('button', { name: 'Put the copy back' }).isVisible(), false);
  await page.locator('.env.dev').waitFor();
});

test('a new database takes the sites up from their folders', async (t) => {
  const page = await open(t, lost);
  await page.evaluate((status) => { fake.recovers = { anew: { site_cards: [], status: { ...status, told: [], unknown_sites: ['acme'] } } }; }, nothing.status);
  await page.getByRole('button', { name: 'Take up the sites from their folders' }).click();
  await page.waitForFunction(() => fake.of('run').length);
  assert.deepEqual(await runs(page), [{ kind: 'adopt_site', site: 'acme' }]);
  await page.evaluate((cards) => { fake.answers.site_cards = cards; fake.answers.status.unknown_sites = []; }, acme.site_cards);
  await finish(page, 100);
  await page.locator('.env.dev').waitFor();
});

test('a way that fails says why and leaves the other one', async (t) => {
  const page = await open(t, lost);
  await page.evaluate(() => { fake.recovers = { refuse: { code: 'refused', message: 'there is no copy of it', hint: null, causes: [] } }; });
  await page.getByRole('button', { name: 'Put the copy back' }).click();
  await page.getByRole('dialog').getByText('There is no copy of it.').waitFor();
  await page.keyboard.press('Escape');
  assert.equal(await page.getByRole('button', { name: 'Take up the sites from their folders' }).isEnabled(), true);
});

test('a folder of a site that is not known is offered', async (t) => {
  const page = await open(t, { ...acme, status: { ...acme.status, told: [], unknown_sites: ['harbor'] } });
  await page.getByText('1 folder of sites that Portico doesn’t know').waitFor();
  await page.getByRole('button', { name: 'Take up' }).click();
  await page.waitForFunction(() => fake.of('run').length);
  assert.deepEqual(await runs(page), [{ kind: 'adopt_site', site: 'harbor' }]);
});
