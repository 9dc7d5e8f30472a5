import assert from 'node:assert/strict';
import { test } from 'node:test';
import { comparison, dryRun, full, generations } from './fixtures.mjs';
import { calls, finish, open, runs, withBrowser } from './support.mjs';

withBrowser();
const dialog = (page) => page.locator('dialog[open]');
const act = (page, name) => dialog(page).getByRole('button', { name, exact: true });
const words = async (locator) => (await locator.innerText()).replaceAll('\u00a0', ' ');
const content = async (t, name = 'dev', answers = full, options = {}) => {
  const page = await open(t, answers, options);
  await page.locator(`.env.${name} h2 button`).click();
  await page.getByRole('tab', { name: 'Database / Files' }).click();
  await page.locator('.parts').waitFor();
  return page;
};

test('the tab shows both halves, where they came from, and what the source has that they lack', async (t) => {
  const page = await content(t);
  await page.getByText('18 newer posts').waitFor();
  const database = await words(page.getByRole('article', { name: 'Database' }));
  for (const part of ['212 MB', '48 tables', '214,310 rows', 'MariaDB', 'From Live, 4 days ago', 'Live has 18 newer posts, 1 table that Dev lacks and 1 table with more or fewer rows']) assert.ok(database.includes(part), `${part} in ${database}`);
  const files = await words(page.getByRole('article', { name: 'Files' }));
  for (const part of ['1.9 GB', '3,204 files', 'Live has 18 more files (42 MB)']) assert.ok(files.includes(part), `${part} in ${files}`);
  assert.deepEqual((await calls(page, 'query')).filter((it) => it.query.query === 'compare_content').length, 1, 'compared once, however often it is drawn');
});

test('generations say their origin, age, size and disk use, and what can be done with each', async (t) => {
  const page = await content(t);
  const rows = page.locator('.kept tbody tr');
  await page.locator('.kept').getByText('2.1 GB').waitFor();
  assert.equal(await rows.count(), generations.length);
  assert.match(await words(rows.nth(0)), /7 in use[\s\S]*From Live[\s\S]*4 days ago[\s\S]*48 tables, 212,004 rows/);
  assert.match(await words(rows.nth(1)), /6[\s\S]*Import of acme-2026-11-02.sql.gz[\s\S]*shares with 5/);
  assert.match(await words(rows.nth(2)), /5 pinned/);
  assert.equal(await page.getByRole('button', { name: 'Switch to generation 7' }).count(), 0, 'the one in use');
  assert.equal(await page.getByRole('button', { name: 'Prune generation 5…' }).isDisabled(), true, 'pinned');
  await page.getByRole('button', { name: 'Switch to generation 6' }).click();
  await page.waitForFunction(() => fake.of('run').length === 1);
  await finish(page, 100);
  await page.getByRole('button', { name: 'Pin generation 6' }).click();
  await page.waitForFunction(() => fake.of('run').length === 2);
  await finish(page, 101);
  await page.getByRole('button', { name: 'Unpin generation 5' }).click();
  await page.waitForFunction(() => fake.of('run').length === 3);
  assert.deepEqual(await runs(page), [
    { kind: 'switch_generation', environment: 'acme.dev', id: 6, confirm: null }, { kind: 'pin_generation', environment: 'acme.dev', id: 6 }, { kind: 'unpin_generation', environment: 'acme.dev', id: 5 },
  ]);
});

test('pruning says what it frees and that it is final', async (t) => {
  const page = await content(t);
  await page.locator('.kept').getByText('2.1 GB').waitFor();
  await page.locator('.titled').getByRole('button', { name: 'Prune…' }).click();
  assert.match(await words(dialog(page)), /Prune 2 generations of Dev[\s\S]*frees 204 MB[\s\S]*can’t be undone/);
  await act(page, 'Prune').click();
  await dialog(page).waitFor({ state: 'detached' });
  assert.deepEqual(await runs(page), [{ kind: 'prune_generations', environment: 'acme.dev', ids: [6, 4], keep: null }]);
});

test('what is kept for undo is said in a sentence, and can be changed and set back', async (t) => {
  const page = await content(t);
  const change = page.getByRole('button', { name: 'Change… what is kept' });
  await page.locator('.kept').getByText('Kept for undo: of each kind the 5 things that were replaced last, and all of the last 14 days.').waitFor();
  await change.click();
  assert.equal(await act(page, 'Save').isDisabled(), true, 'nothing is changed yet');
  assert.equal(await act(page, 'Use the defaults').isDisabled(), true);
  await dialog(page).getByLabel('Replaced last').fill('');
  assert.equal(await act(page, 'Save').isDisabled(), true);
  await dialog(page).getByText('The first is a number from 1 to 10,000, the second one from 0.').waitFor();
  await dialog(page).getByLabel('Replaced last').fill('1.5');
  assert.equal(await act(page, 'Save').isDisabled(), true);
  await dialog(page).getByLabel('Replaced last').fill('0');
  assert.equal(await act(page, 'Save').isDisabled(), true, 'at least one is kept');
  await dialog(page).getByLabel('Days').fill('0');
  await dialog(page).getByLabel('Replaced last').fill('1');
  await dialog(page).getByText('Kept for undo: what was replaced last.').waitFor();
  await page.keyboard.press('Enter');
  await dialog(page).waitFor({ state: 'detached' });
  await page.evaluate(() => { fake.answers.keep_rule = { count: 1, days: 0, is_default: false }; fake.answers['board:acme'].workflows.unshift({ ...fake.answers['board:acme'].workflows[0], id: 100 }); });
  await finish(page, 100);
  await page.locator('.kept').getByText('Kept for undo: what was replaced last.').waitFor();
  await change.click();
  await act(page, 'Use the defaults').click();
  assert.equal(await dialog(page).getByLabel('Days').isDisabled(), true);
  await act(page, 'Save').click();
  await dialog(page).waitFor({ state: 'detached' });
  assert.deepEqual(await runs(page), [{ kind: 'keep_generations', site: 'acme', count: 1, days: 0, default: false }, { kind: 'keep_generations', site: 'acme', count: null, days: null, default: true }]);
});

test('a change of what is kept says what it lets go before it is saved', async (t) => {
  const goes = [{ kind: 'generations', site: 'acme', environment: 'dev', what: 'generation 4 of acme.dev', made: new Date().toISOString(), bytes: 190_000_000, undo_of: ['Import database into Dev'] }];
  const page = await content(t, 'dev', { ...full, keep_plan: { count: 1, days: 0, goes, bytes: 190_000_000, is_exact: true } });
  await page.getByRole('button', { name: 'Change… what is kept' }).click();
  await dialog(page).getByLabel('Replaced last').fill('1');
  await dialog(page).getByText('Lets go of 1 thing at once, for good, which frees 190 MB. Can’t be undone then: Import database into Dev.').waitFor();
  await act(page, 'Save and let go').waitFor();
  assert.deepEqual((await calls(page, 'query')).map((it) => it.query).filter((it) => it.query === 'keep_plan').at(-1).request, { kind: 'keep_generations', site: 'acme', count: 1, days: 14, default: false });
  await dialog(page).getByLabel('Replaced last').fill('5');
  await act(page, 'Save').waitFor();
});

test('a generation that one that stays needs can’t be pruned, nor can what that one needs', async (t) => {
  const chain = [generations[0], { ...generations[1], id: 6, pinned: true, needed_by: [] }, { ...generations[2], id: 5, pinned: false, needed_by: [6] }, { ...generations[3], id: 4, needed_by: [5] }];
  const page = await content(t, 'dev', { ...full, generations: chain });
  await page.locator('.kept').getByText('2.1 GB').waitFor();
  for (const id of [4, 5, 6]) assert.equal(await page.getByRole('button', { name: `Prune generation ${id}…` }).isDisabled(), true, `${id}`);
  assert.equal(await page.locator('.titled').getByRole('button', { name: 'Prune…' }).isVisible(), false);
});

test('Live goes back to a generation only once the site’s name was typed', async (t) => {
  const page = await content(t, 'live');
  await page.getByRole('button', { name: 'Switch to generation 6' }).click();
  assert.equal(await act(page, 'Switch Live').isDisabled(), true);
  await page.getByLabel(/Type acme to confirm/).fill('acme');
  await act(page, 'Switch Live').click();
  await dialog(page).waitFor({ state: 'detached' });
  assert.deepEqual(await runs(page), [{ kind: 'switch_generation', environment: 'acme.live', id: 6, confirm: 'acme' }]);
});

test('an export goes where the person says, in the form that was chosen, and is shown afterwards', async (t) => {
  const page = await content(t);
  await page.getByRole('button', { name: 'Export… database' }).click();
  await page.evaluate(() => { fake.place = null; });
  await act(page, 'Export…').click();
  assert.equal(await dialog(page).count(), 1, 'a chooser that was closed leaves the dialog');
  await page.evaluate(() => { fake.place = '/home/mira/Desktop/acme'; });
  await page.getByLabel('Format').selectOption('sql');
  await act(page, 'Export…').click();
  await dialog(page).waitFor({ state: 'detached' });
  assert.deepEqual(await runs(page), [{ kind: 'export_database', environment: 'acme.dev', to: '/home/mira/Desktop/acme.sql', overwrite: false }]);
  await finish(page, 100, { undoable: false, result: { file: '/home/mira/Desktop/acme.sql', bytes: 31_000_000 } });
  await page.locator('.toast').getByRole('button', { name: 'Show in folder' }).click();
  assert.deepEqual(await calls(page, 'show_in_folder'), [{ path: '/home/mira/Desktop/acme.sql' }]);
});

test('files are exported under the name that Pantheon gives them', async (t) => {
  const page = await content(t);
  await page.getByRole('button', { name: 'Export… files' }).click();
  assert.equal(await page.getByRole('radio', { name: 'Files' }).isChecked(), true);
  await act(page, 'Export…').click();
  await dialog(page).waitFor({ state: 'detached' });
  assert.match((await runs(page))[0].to, /^\/home\/mira\/Desktop\/acme_dev_\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d_UTC_files\.tar\.gz$/);
});

test('search and replace: a dry run shows table, rows and replacements; then it is done', async (t) => {
  const page = await content(t);
  await page.getByRole('button', { name: 'Search & replace…' }).click();
  assert.equal(await act(page, 'Replace').isDisabled(), true);
  await dialog(page).getByLabel('Search for').fill('https://old.example');
  await dialog(page).getByLabel('Replace with').fill('https://new.example');
  await dialog(page).getByRole('button', { name: 'Add a pair' }).click();
  await dialog(page).getByLabel('Search for').nth(1).fill('Acme GmbH');
  await dialog(page).getByLabel('Replace with').nth(1).fill('Acme AG');
  await dialog(page).getByLabel('Only in these tables').fill('wp_posts, wp_postmeta');
  await act(page, 'Dry run').click();
  await act(page, 'Replace 1,204').waitFor();
  const table = await words(dialog(page).getByRole('table'));
  for (const { table: name, replacements } of dryRun.tables) assert.match(table, new RegExp(`${name}[\\s\\S]*${replacements}`));
  assert.match(await words(dialog(page)), /1,204 replacements in 650 rows of 3 tables[\s\S]*2 serialised values were broken/);
  const asked = (await calls(page, 'query')).map((it) => it.query).find((it) => it.query === 'search_replace_plan');
  assert.deepEqual(asked.request, { environment: 'acme.dev', pairs: [{ old: 'https://old.example', new: 'https://new.example' }, { old: 'Acme GmbH', new: 'Acme AG' }], tables: ['wp_posts', 'wp_postmeta'], guid: false, cc: false, confirm: null });
  await act(page, 'Replace 1,204').click();
  await dialog(page).waitFor({ state: 'detached' });
  assert.equal((await runs(page))[0].kind, 'search_replace');
});

test('what a dry run found is gone once anything is changed, and a late answer does not bring it back', async (t) => {
  const page = await content(t);
  await page.getByRole('button', { name: 'Search & replace…' }).click();
  await dialog(page).getByLabel('Search for').fill('a');
  await page.evaluate(() => { fake.slow['search_replace_plan:'] = [300]; });
  await act(page, 'Dry run').click();
  await dialog(page).getByLabel('Search for').fill('ab');
  await page.waitForTimeout(450);
  assert.equal(await dialog(page).getByRole('table').count(), 0);
  await act(page, 'Dry run').click();
  await act(page, 'Replace 1,204').waitFor();
  await dialog(page).getByLabel('Replace with').fill('x');
  assert.equal(await act(page, 'Replace').isEnabled(), true);
});

test('a clone shows its plan: sizes, what is left out, addresses, space and time', async (t) => {
  const page = await content(t);
  await page.getByRole('button', { name: 'Clone from… database' }).click();
  await dialog(page).getByText('At most 2.1 GB of 80 GB free, about 9 s').waitFor();
  const all = await words(dialog(page));
  for (const part of ['51 tables, 221,904 rows, 219 MB', 'about 160,000 rows of 2 tables (40 MB)', 'live-acme.localhost:8080', 'www.acme.example', 'Live has 18 newer posts', 'Replaces\n48 tables, 214,310 rows, 212 MB of Dev']) assert.ok(all.includes(part), `${part} in ${all}`);
  assert.ok(!all.includes('more files'), 'only the database is cloned');
  await dialog(page).getByText('about 160,000 rows').click();
  await dialog(page).getByText('wp_actionscheduler_logs').waitFor();
  await act(page, 'Clone to Dev').click();
  await dialog(page).waitFor({ state: 'detached' });
  assert.equal((await runs(page))[0].db_only, true);
});

test('a clone that does not fit can’t be started, one whose plan fails says why and can', async (t) => {
  const page = await open(t, { ...full, clone_plan: { ...full.clone_plan, effort: { needed: 90e9, free: 80e9, about_s: null } } });
  await page.getByRole('button', { name: 'Clone from Live to Test' }).click();
  await dialog(page).getByText('At most 90 GB of 80 GB free').waitFor();
  assert.equal(await act(page, 'Clone to Test').isDisabled(), true);
  await page.keyboard.press('Escape');
  await page.evaluate(() => { fake.answers.clone_plan = { refuse: { code: 'failed', message: 'the database of acme.live does not start', hint: null, causes: [] } }; });
  await page.getByRole('button', { name: 'Clone from Live to Test' }).click();
  await dialog(page).getByText('The database of acme.live does not start.').waitFor();
  assert.equal(await act(page, 'Clone to Test').isEnabled(), true);
});

test('nothing can be exported of an empty environment, and it can’t be wiped', async (t) => {
  const page = await open(t, full);
  await page.click('text=Harbor Festival');
  await page.locator('.env.dev h2 button').click();
  await page.getByRole('tab', { name: 'Database / Files' }).click();
  await page.getByText('Empty', { exact: true }).first().waitFor();
  for (const name of ['Export… database', 'Search & replace…', 'Export… files', 'Wipe database and files…']) assert.equal(await page.getByRole('button', { name }).isDisabled(), true, name);
});

test('while a workflow holds the site its content can be looked at, not changed', async (t) => {
  const page = await content(t);
  await page.evaluate((row) => fake.emit({ event: 'started', workflow: row }), { id: 60, site: 'acme', environment: 'test', kind: 'deploy', title: 'Deploy to Test', state: 'running', started_at: new Date().toISOString(), finished_at: null, undoes: null, undoable: false, command: '', result: null, error: null });
  await page.locator('.drawer progress').waitFor();
  for (const name of ['Clone from… database', 'Import… database', 'Search & replace…', 'Switch to generation 6']) assert.equal(await page.getByRole('button', { name }).isDisabled(), true, name);
  assert.equal(await page.getByRole('button', { name: 'Export… database' }).isEnabled(), true);
  assert.ok(comparison.tables.length);
});

test('a site is moved to the other database engine, with what that means', async (t) => {
  const page = await open(t, full);
  await page.getByRole('button', { name: 'More for this site' }).click();
  await page.getByRole('menuitem', { name: 'Move to SQLite…' }).click();
  assert.match(await words(dialog(page)), /Move Acme Corp to SQLite[\s\S]*Live\s+48 tables, 214,310 rows, 212 MB[\s\S]*All rows of 3 environments[\s\S]*You can undo it/);
  await act(page, 'Move to SQLite').click();
  await dialog(page).waitFor({ state: 'detached' });
  assert.deepEqual(await runs(page), [{ kind: 'set_database', site: 'acme', engine: 'sqlite' }]);
});

test('the tables that clones leave out can be changed, and set back to the system’s own', async (t) => {
  const page = await open(t, full);
  const choose = async () => { await page.getByRole('button', { name: 'More for this site' }).click(); await page.getByRole('menuitem', { name: 'Tables that clones leave out…' }).click(); await dialog(page).getByRole('textbox').waitFor(); };
  await choose();
  assert.equal(await act(page, 'Save').isDisabled(), true);
  assert.equal(await act(page, 'Back to WordPress’s own list').isDisabled(), true);
  await dialog(page).getByRole('textbox').fill('actionscheduler_logs\nmy_log');
  await act(page, 'Save').click();
  await dialog(page).waitFor({ state: 'detached' });
  await finish(page, 100);
  await page.evaluate(() => { fake.answers.clone_profile.is_default = false; });
  await choose();
  await act(page, 'Back to WordPress’s own list').click();
  await act(page, 'Save').click();
  await dialog(page).waitFor({ state: 'detached' });
  assert.deepEqual(await runs(page), [{ kind: 'set_clone_profile', site: 'acme', exclude: ['actionscheduler_logs', 'my_log'], reset: false }, { kind: 'set_clone_profile', site: 'acme', exclude: [], reset: true }]);
});

test('the board says what the source has that an environment lacks, once both are awake', async (t) => {
  const awake = structuredClone(full['board:acme']);
  awake.environments[2].health = { type: 'answered', status: 200, ms: 60, at: new Date().toISOString() };
  const page = await open(t, { ...full, environment: awake.environments[0], 'board:acme': awake });
  await page.evaluate(() => window.dispatchEvent(new Event('focus')));
  await page.locator('.env.dev .drift').getByText('Live has 18 newer posts').waitFor();
  assert.equal(await page.locator('.env.live .drift').isVisible(), false);
});

test('an import of a database leaves the files where they were, and says so', async (t) => {
  const board = structuredClone(full['board:acme']);
  Object.assign(board.environments[0].content, { generation: 6, origin: { type: 'import', name: 'acme-2026-11-02.sql.gz' } });
  const page = await content(t, 'dev', { ...full, 'board:acme': board });
  await page.getByRole('article', { name: 'Files' }).getByText('From Live, 20 days ago').waitFor();
  await page.getByRole('article', { name: 'Database' }).getByText('Import of acme-2026-11-02.sql.gz, 4 days ago').waitFor();
});

test('a database that is being installed is measured until it has settled', async (t) => {
  const board = structuredClone(full['board:acme']);
  board.environments.splice(1, 1, ...full['board:library'].environments.slice(1, 2));
  const [dev] = board.environments;
  Object.assign(dev.content.database, { tables: 0, rows: 0 });
  const page = await open(t, { ...full, environment: dev, 'board:acme': board });
  const looks = await page.evaluate(async () => {
    const { look } = await import('/look.js');
    const measured = () => fake.of('query').filter((it) => it.query.query === 'environment').length;
    const seen = [];
    for (const [tables, rows] of [[0, 0], [11, 99], [12, 140], [12, 140], [12, 140]]) {
      Object.assign(fake.answers['board:acme'].environments[0].content.database, { tables, rows });
      await look();
      seen.push(measured());
    }
    return seen;
  });
  // Each look measures what the board of the look before showed.
  assert.deepEqual(looks.map((it) => it - looks[0]), [0, 1, 2, 3, 3]);
});

test('folders that PHP may reach are listed, added and closed', async (t) => {
  const page = await open(t, full);
  const choose = async () => { await page.getByRole('button', { name: 'More for this site' }).click(); await page.getByRole('menuitem', { name: 'Folders that PHP may reach…' }).click(); await dialog(page).getByRole('textbox').waitFor(); };
  await choose();
  assert.match(await words(dialog(page)), /wkhtmltopdf\s+PHP may read it[\s\S]*\/srv\/shared\s+PHP may read and change it/);
  assert.equal(await act(page, 'Allow').isDisabled(), true, 'nothing is said yet');
  await dialog(page).getByRole('textbox').fill('/srv/fonts');
  await dialog(page).getByLabel('PHP may change it, too').check();
  await act(page, 'Allow').click();
  await dialog(page).waitFor({ state: 'detached' });
  await choose();
  await act(page, 'Close /srv/shared to PHP').click();
  await dialog(page).waitFor({ state: 'detached' });
  assert.deepEqual(await runs(page), [{ kind: 'allow_path', site: 'acme', path: '/srv/fonts', write: true }, { kind: 'disallow_path', site: 'acme', path: '/srv/shared' }]);
});
