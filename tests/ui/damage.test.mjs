import assert from 'node:assert/strict';
import { test } from 'node:test';
import { full } from './fixtures.mjs';
import { axe, open, runs, withBrowser } from './support.mjs';

withBrowser();

const broken = {
  environment: 'dev', part: 'code', message: 'the folder of its code is missing', stops: true, way_back: { type: 'worktree', branch: 'master' },
  action: 'The folder is The folder is made anew `master`. What was changed and not committed is not in it.',
};
const lost = { environment: null, part: 'leftover', message: '/home/mira/Portico/sites/acme/old belongs to no environment', action: 'It stays.', way_back: { type: 'none' }, stops: false };

/** The usual site, whose Dev lost its code. */
function hurt() {
  const answers = structuredClone(full);
  const dev = answers['board:acme'].environments[0];
  dev.damage = [broken];
  dev.health = { type: 'broken', error: { code: 'failed', message: broken.message, hint: broken.action, causes: [] } };
  answers.site_cards[0].damage = 'Dev: the folder of its code is missing';
  answers['repair_plan:acme'] = { site: 'acme', findings: [broken, lost], whole: ['The repository: 862 commits', 'Test: code, database and files'] };
  return answers;
}

test('what is broken stands on the card, in the list of sites and on the page, with the way to its repair', async (t) => {
  const page = await open(t, hurt());
  const card = page.locator('.env.dev');
  assert.match(await card.innerText(), /The folder of its code is missing/);
  assert.equal(await page.locator('.env.test .damage:visible').count(), 0);
  assert.match(await page.locator('.sites').innerText(), /Dev: the folder of its code is missing/);
  await page.screenshot({ path: process.env.PORTICO_SCREENSHOTS ? `${process.env.PORTICO_SCREENSHOTS}/damage-board.png` : undefined });
  await card.locator('.open').click();
  await page.locator('.environment .damage').waitFor();
  await page.locator('.environment').getByRole('button', { name: 'Repair…' }).click();
  await page.getByRole('dialog', { name: 'Repair Acme Corp' }).waitFor();
});

test('the dialog lists what was found and what would be done, and does it', async (t) => {
  const page = await open(t, hurt());
  await page.locator('.env.dev').getByRole('button', { name: 'Repair…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Repair Acme Corp' });
  await dialog.getByText('1 thing can be repaired, 1 can only be told. Nothing has been changed yet.').waitFor();
  const words = (await dialog.innerText()).replaceAll('\u00a0', ' ');
  for (const part of ['The folder of its code is missing', 'The folder is made anew', 'Dev · Code', 'belongs to no environment', 'The repository: 862 commits']) assert.ok(words.includes(part), `${part} in ${words}`);
  await page.screenshot({ path: process.env.PORTICO_SCREENSHOTS ? `${process.env.PORTICO_SCREENSHOTS}/damage-dialog.png` : undefined });
  await dialog.getByRole('button', { name: 'Repair', exact: true }).click();
  assert.deepEqual(await runs(page), [{ kind: 'repair_site', site: 'acme' }]);
});

test('where nothing is damaged there is nothing to repair', async (t) => {
  const page = await open(t, { ...full, 'repair_plan:acme': { site: 'acme', findings: [], whole: ['The repository: 862 commits'] } });
  await page.evaluate(() => document.dispatchEvent(new CustomEvent('repair', { detail: 'acme' })));
  const dialog = page.getByRole('dialog', { name: 'Repair Acme Corp' });
  await dialog.getByText('Nothing is damaged.').waitFor();
  assert.ok(await dialog.getByRole('button', { name: 'Repair', exact: true }).isDisabled());
});

for (const colorScheme of ['light', 'dark']) {
  test(`a broken environment can be read and repaired by everyone, ${colorScheme}`, async (t) => {
    const page = await open(t, hurt(), { colorScheme });
    assert.deepEqual(await axe(page), []);
    await page.locator('.env.dev').getByRole('button', { name: 'Repair…' }).click();
    await page.getByText('Nothing has been changed yet.').waitFor();
    assert.deepEqual(await axe(page), []);
  });
}
