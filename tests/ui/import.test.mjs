import assert from 'node:assert/strict';
import { test } from 'node:test';
import { archive, doubtful, dump, full, importRequest, unusable, uploads } from './fixtures.mjs';
import { calls, open, runs, withBrowser } from './support.mjs';

withBrowser();
const dialog = (page) => page.locator('dialog[open]');
const act = (page, name) => dialog(page).getByRole('button', { name, exact: true });
const words = async (locator) => (await locator.innerText()).replaceAll('\u00a0', ' ');
const centre = async (page, selector) => { const box = await page.locator(selector).first().boundingBox(); return [box.x + box.width / 2, box.y + box.height / 2]; };
const drag = (page, type, paths, [x, y]) => page.evaluate(([a, b, c, d]) => fake.drag(a, b, c, d), [type, paths, x, y]);
async function hover(page, selector, paths = [dump.path]) {
  const at = await centre(page, selector);
  await drag(page, 'enter', paths, at);
  await drag(page, 'over', undefined, at);
  return at;
}

test('a file over a card is named and looked into before it is let go', async (t) => {
  const page = await open(t, full);
  await hover(page, '.env.dev');
  await page.locator('.dropnote').getByText('Database dump').waitFor();
  const said = await words(page.locator('.dropnote'));
  assert.match(said, /Database dump · WordPress · more than 3 tables · 31 MB packed[\s\S]*Replaces the database \(48 tables, 214,310 rows, 212 MB\) of Dev/);
  assert.deepEqual((await calls(page, 'query')).filter((it) => it.query.query === 'inspect').map((it) => it.query), [{ query: 'inspect', paths: [dump.path], environment: 'acme.dev' }]);
  await drag(page, 'over', undefined, await centre(page, '.env.live'));
  assert.match(await words(page.locator('.dropnote')), /of Live/);
  await drag(page, 'leave', undefined, [0, 0]);
  assert.equal(await page.locator('.dropnote:visible, .target, .files-over').count(), 0);
});

test('letting go asks what is replaced, and sends the core’s own request with the choices', async (t) => {
  const page = await open(t, full);
  const at = await hover(page, '.env.dev', [dump.path, uploads.path]);
  await drag(page, 'drop', [dump.path, uploads.path], at);
  await act(page, 'Import database and files').waitFor();
  const all = await words(dialog(page));
  for (const part of ['Import into Dev', 'acme-live-2026-11-20.sql.gz', 'Its collation utf8mb4_0900_ai_ci is mapped', 'Uploaded files · 3,222 files · 1.9 GB', 'The database (48 tables, 214,310 rows, 212 MB) and the files (3,204 files, 1.9 GB) of Dev', 'www.acme.example', 'cdn.acme.example', 'Dev answers with its present content until the import is complete', 'At most 2.1 GB of 80 GB free, about 9 s']) assert.ok(all.includes(part), `${part} in ${all}`);
  await dialog(page).getByLabel('One more address').fill('https://alt.example');
  await dialog(page).getByLabel('Run WordPress database updates').check();
  await dialog(page).getByLabel('Clear Caches').check();
  await act(page, 'Import database and files').click();
  await dialog(page).waitFor({ state: 'detached' });
  assert.deepEqual(await runs(page), [importRequest('acme.dev', { files: uploads.path, from_url: 'https://alt.example', updatedb: true, cc: true })]);
});

test('the same by button: files are chosen, added by path, and left out again', async (t) => {
  const page = await open(t, full);
  await page.getByRole('button', { name: 'More for Dev' }).click();
  await page.getByRole('menuitem', { name: 'Import…' }).click();
  assert.equal(await act(page, 'Import').isDisabled(), true);
  await page.evaluate((it) => { fake.pickedFiles = [it]; }, dump.path);
  await act(page, 'Choose files…').click();
  await act(page, 'Import database').waitFor();
  await dialog(page).getByLabel('Path').fill(uploads.path);
  await page.keyboard.press('Enter');
  await act(page, 'Import database and files').waitFor();
  assert.equal((await runs(page)).length, 0, 'Enter in the field adds, it does not import');
  await act(page, `Leave out ${dump.name}`).click();
  await act(page, 'Import files').click();
  await dialog(page).waitFor({ state: 'detached' });
  assert.deepEqual(await runs(page), [{ kind: 'import_files', environment: 'acme.dev', file: uploads.path, confirm: null }]);
});

test('Live’s content is replaced only once the site’s name was typed', async (t) => {
  const page = await open(t, full);
  const at = await hover(page, '.env.live');
  await drag(page, 'drop', [dump.path], at);
  await page.getByLabel(/Type acme to confirm/).waitFor();
  assert.equal(await act(page, 'Import database').isDisabled(), true);
  await page.getByLabel(/Type acme to confirm/).fill('acme');
  await act(page, 'Import database').click();
  await dialog(page).waitFor({ state: 'detached' });
  assert.equal((await runs(page))[0].confirm, 'acme');
});

test('what can’t be imported says so while it hovers and in the dialog', async (t) => {
  const problem = { code: 'refused', message: '`holiday.jpg` can’t be imported', hint: 'Bring a dump of a database.', causes: [] };
  const page = await open(t, { ...full, import_plan: { problem, request: null, effort: full.import_plan.effort } });
  const at = await hover(page, '.env.test', [unusable.path]);
  await page.locator('.dropnote.bad').getByText('It is neither a dump').waitFor();
  await drag(page, 'drop', [unusable.path], at);
  await dialog(page).getByText('Bring a dump of a database.').waitFor();
  assert.equal(await act(page, 'Import').isDisabled(), true);
});

test('of a dump of several databases one has to be chosen', async (t) => {
  const two = { ...dump, holds: { ...dump.holds, databases: ['acme', 'mailer'] } };
  const page = await open(t, { ...full, inspect: [two] });
  const at = await hover(page, '.env.dev');
  await drag(page, 'drop', [dump.path], at);
  await dialog(page).getByLabel(/several databases/).waitFor();
  assert.equal(await act(page, 'Import database').isDisabled(), true);
  await dialog(page).getByLabel(/several databases/).selectOption('acme');
  await act(page, 'Import database').click();
  await dialog(page).waitFor({ state: 'detached' });
  assert.equal((await runs(page))[0].from_database, 'acme');
});

test('more files can be dropped on the open dialog, and not on what is behind it', async (t) => {
  const page = await open(t, full);
  await page.getByRole('button', { name: 'More for Dev' }).click();
  await page.getByRole('menuitem', { name: 'Import…' }).click();
  await drag(page, 'enter', [dump.path], [20, 400]);
  await drag(page, 'drop', [dump.path], [20, 400]);
  assert.equal(await page.locator('dialog').count(), 1);
  const at = await centre(page, 'dialog [data-drop=source]');
  await drag(page, 'enter', [uploads.path], at);
  await drag(page, 'drop', [uploads.path], at);
  await dialog(page).getByText('acme_live_files.tar.gz').waitFor();
});

test('an environment’s page takes files anywhere on its content, a card that does not exist yet takes none', async (t) => {
  const page = await open(t, full);
  await page.click('text=City Library');
  await hover(page, '.env.live');
  assert.equal(await page.locator('.dropnote:visible').count(), 0);
  await drag(page, 'leave', undefined, [0, 0]);
  await page.locator('.env.dev h2 button').click();
  await page.getByRole('tab', { name: 'Database / Files' }).click();
  const at = await hover(page, '.droplet');
  await page.locator('.dropnote').getByText('Database dump').waitFor();
  await drag(page, 'drop', [dump.path], at);
  await page.getByRole('heading', { name: 'Import into Dev' }).waitFor();
});

test('a whole site replaces code, database and files of Dev; Test and Live take code by deploys', async (t) => {
  const site = { ...dump, name: 'site.zip', path: '/tmp/site.zip', packed: ['zip'], holds: { type: 'site', cms: 'wordpress', root: '', dump: 'db.sql', uploads: 'wp-content/uploads' } };
  const page = await open(t, { ...full, inspect: [site] });
  await hover(page, '.env.live', [site.path]);
  await page.locator('.dropnote.bad').getByText('Live takes its code by deploys').waitFor();
  const at = await centre(page, '.env.dev');
  await drag(page, 'over', undefined, at);
  await page.locator('.dropnote').getByText('Replaces the code').waitFor();
  await drag(page, 'drop', [site.path], at);
  await act(page, 'Import the site').click();
  await dialog(page).waitFor({ state: 'detached' });
  assert.deepEqual(await runs(page), [{ kind: 'import_site', environment: 'acme.dev', files: [site.path], message: null, entry: null, taken_as: null, from_database: null, from_url: null, keep_urls: false, updatedb: false, cc: false, confirm: null }]);
});

test('what each part of an archive becomes is drawn, and what is not used says why', async (t) => {
  const page = await open(t, { ...full, inspect: [archive] });
  const at = await hover(page, '.env.dev', [archive.path]);
  await drag(page, 'drop', [archive.path], at);
  await act(page, 'Import the site').waitFor();
  const tree = dialog(page).getByRole('list', { name: 'What is in garden.zip' });
  const rows = await tree.getByRole('listitem').allInnerTexts();
  assert.equal(rows.length, 4);
  assert.match(rows[0], /app\/public[\s\S]*312 files[\s\S]*Code/);
  assert.match(rows[3], /conf[\s\S]*Not used[\s\S]*settings of Local/i);
  assert.ok((await words(dialog(page))).includes('by Local'));
  await page.screenshot({ path: process.env.PORTICO_SCREENSHOTS ? `${process.env.PORTICO_SCREENSHOTS}/import-tree.png` : undefined });
});

test('what may be one thing or another is a question, and nothing starts before the answer', async (t) => {
  const page = await open(t, { ...full, inspect: [doubtful] });
  const at = await hover(page, '.env.dev', [doubtful.path]);
  await page.locator('.dropnote').getByText('Let go to choose what it is').waitFor();
  await drag(page, 'drop', [doubtful.path], at);
  const choice = dialog(page).getByLabel('What mixed.zip is');
  await choice.waitFor();
  assert.equal(await act(page, 'Import').isDisabled(), true);
  await choice.selectOption({ label: 'Import it as uploaded files' });
  await act(page, 'Import files').click();
  await dialog(page).waitFor({ state: 'detached' });
  const plans = (await calls(page, 'query')).map((it) => it.query).filter((it) => it.query === 'import_plan');
  assert.equal(plans.at(-1).request.taken_as, 'files');
  assert.equal((await runs(page))[0].kind, 'import_files');
});

test('an import that does not fit on the disk can’t be started', async (t) => {
  const page = await open(t, { ...full, import_plan: { effort: { needed: 90e9, free: 80e9, about_s: null } } });
  const at = await hover(page, '.env.dev');
  await drag(page, 'drop', [dump.path], at);
  await dialog(page).getByText('At most 90 GB of 80 GB free').waitFor();
  assert.equal(await act(page, 'Import database').isDisabled(), true);
});

test('an address is imported without a look into what is not downloaded yet', async (t) => {
  const page = await open(t, full);
  await page.getByRole('button', { name: 'More for Dev' }).click();
  await page.getByRole('menuitem', { name: 'Import…' }).click();
  await dialog(page).getByLabel('Path or address').fill('https://backups.acme.example/live.sql.gz');
  await page.keyboard.press('Enter');
  const all = await words(dialog(page));
  assert.match(all, /live\.sql\.gz\s*Looked into once it is downloaded/);
  assert.match(all, /What is found behind the address/);
  assert.equal((await calls(page, 'query')).filter((it) => it.query.query === 'import_plan').length, 0);
  await act(page, 'Import').click();
  assert.deepEqual(await runs(page), [{ kind: 'import_site', environment: 'acme.dev', files: ['https://backups.acme.example/live.sql.gz'], message: null, entry: null, taken_as: null, from_database: null, from_url: null, keep_urls: false, updatedb: false, cc: false, confirm: null }]);
});
