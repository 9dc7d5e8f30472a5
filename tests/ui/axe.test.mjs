import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { full } from './fixtures.mjs';
import { SCREENS } from './screens.mjs';
import { axe, open, withBrowser } from './support.mjs';

withBrowser();
const shots = process.env.SHOTS ?? mkdtempSync(join(tmpdir(), 'portico-ui-'));
// Pictures in other sizes, to be looked at.
const size = process.env.SHOT_WIDTH ? { width: Number(process.env.SHOT_WIDTH), height: Number(process.env.SHOT_WIDTH) > 1400 ? 1000 : 700 } : {};

for (const colorScheme of ['light', 'dark']) {
  for (const [name, [answers, act]] of Object.entries(SCREENS)) {
    test(`${name} is accessible in ${colorScheme}`, async (t) => {
      const page = await open(t, answers, { colorScheme, ...size });
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
