import assert from 'node:assert/strict';
import { test } from 'node:test';
import { full } from './fixtures.mjs';
import { conflicts, plan } from './fixtures-code.mjs';
import { calls, emit, finish, open, runs, withBrowser } from './support.mjs';

withBrowser();
const dialog = (page) => page.locator('dialog[open]');
const act = (page, name) => dialog(page).getByRole('button', { name, exact: true });
async function environment(page, name, tab) {
  await page.locator(`.env.${name} h2 button`).click();
  await page.getByRole('tab', { name: tab }).click();
}
const asked = async (page, query) => (await calls(page, 'query')).map((it) => it.query).filter((it) => it.query === query);

test('the code tab shows what is changed, and commits the chosen files with a message', async (t) => {
  const page = await open(t, full);
  await environment(page, 'dev', 'Code');
  await page.getByRole('heading', { name: '2 file changes ready to commit' }).waitFor();
  await page.locator('.diff ins').first().waitFor();
  const commit = (n) => page.getByRole('button', { name: `Commit ${n}` });
  assert.equal(await commit('2 files').isDisabled(), true, 'the message is required');
  await page.getByLabel('Include wp-content/themes/acme/hero.php').uncheck();
  await page.getByLabel('Message').fill('Hero spacing');
  await commit('1 file').click();
  await page.waitForFunction(() => fake.of('run').length === 1);
  assert.deepEqual(await runs(page), [{ kind: 'commit', environment: 'acme.dev', message: 'Hero spacing', files: ['wp-content/themes/acme/style.css'] }]);
  assert.equal(await page.getByLabel('Message').inputValue(), '');
});

test('words that differ inside changed lines are marked, in one column and in two', async (t) => {
  const page = await open(t, full);
  await environment(page, 'dev', 'Code');
  const marked = async (tag) => page.locator(`.code-tab .diff ${tag} mark`).allInnerTexts();
  await page.locator('.code-tab .diff ins mark').first().waitFor();
  const one = await marked('ins');
  assert.ok(one.some((it) => it.includes('clamp')), one.join('|'));
  await page.getByRole('button', { name: 'Side by side' }).click();
  await page.locator('.code-tab .two-columns').waitFor();
  assert.deepEqual(await marked('ins'), one);
  await page.getByRole('button', { name: 'One column' }).click();
  assert.equal(await page.locator('.code-tab .two-columns').count(), 0);
});

test('an edited file shows without being asked for, and what was left out stays out', async (t) => {
  const page = await open(t, full);
  await environment(page, 'dev', 'Code');
  await page.getByLabel('Include wp-content/themes/acme/hero.php').uncheck();
  await page.evaluate(() => { fake.answers.diffstat = [...fake.answers.diffstat, { file: 'new.php', status: 'added', deletions: 0, additions: 2 }]; });
  await emit(page, { event: 'changed', site: 'acme' });
  await page.getByRole('heading', { name: '3 file changes ready to commit' }).waitFor();
  assert.equal(await page.getByLabel('Include new.php').isChecked(), true);
  assert.equal(await page.getByLabel('Include wp-content/themes/acme/hero.php').isChecked(), false);
});

test('discarding one file or all starts at once, since it can be undone', async (t) => {
  const page = await open(t, full);
  await environment(page, 'dev', 'Code');
  await page.getByRole('button', { name: 'Discard changes of wp-content/themes/acme/style.css' }).click();
  await page.waitForFunction(() => fake.of('run').length === 1);
  const [first] = await runs(page);
  assert.deepEqual(first, { kind: 'discard', environment: 'acme.dev', files: ['wp-content/themes/acme/style.css'] });
  await finish(page, 100);
  await page.locator('.toast').getByRole('button', { name: 'Undo' }).waitFor();
  await page.getByRole('button', { name: 'Discard all' }).click();
  await page.waitForFunction(() => fake.of('run').length === 2);
  assert.deepEqual((await runs(page))[1].files, []);
});

test('the connection mode says what it means and switches', async (t) => {
  const page = await open(t, full);
  await environment(page, 'dev', 'Code');
  await page.getByText('a push is refused').waitFor();
  assert.equal(await page.getByRole('button', { name: 'SFTP', exact: true }).getAttribute('aria-pressed'), 'true');
  await page.getByRole('button', { name: 'Git', exact: true }).click();
  await page.waitForFunction(() => fake.of('run').length === 1);
  assert.deepEqual(await runs(page), [{ kind: 'set_connection', environment: 'acme.dev', mode: 'git' }]);
});

test('connection info is copied line by line', async (t) => {
  const page = await open(t, full);
  await environment(page, 'dev', 'Code');
  await page.getByRole('button', { name: 'Connection Info' }).click();
  await act(page, 'Copy: Password').click();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), 's3cret');
  await act(page, 'Copy: Clone with Git').click();
  assert.match(await page.evaluate(() => navigator.clipboard.readText()), /^git clone .*repository.git acme$/);
});

test('a commit opens from the log by keyboard, with its message and what it changed', async (t) => {
  const page = await open(t, full);
  await environment(page, 'test', 'Code');
  const rows = page.locator('.code-tab .log button:visible');
  await rows.first().focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await dialog(page).getByText('Events come from the parish office').waitFor();
  await dialog(page).locator('.diff ins mark', { hasText: 'new' }).waitFor();
  await page.keyboard.press('Escape');
  assert.equal(await rows.nth(1).evaluate((el) => el === document.activeElement), true);
  assert.equal((await asked(page, 'commit'))[0].commit.startsWith('03fe1bb'), true);
});

test('Live’s deploys: what waits, the log, roll back, orphans that come to Dev', async (t) => {
  const page = await open(t, full);
  await environment(page, 'live', 'Deploys');
  await page.getByRole('heading', { name: '1 commit is ready to deploy from Test' }).waitFor();
  await page.getByRole('heading', { name: '1 commit is not on Dev' }).waitFor();
  assert.match(await page.getByRole('list', { name: 'Deploys' }).innerText(), /live 12[\s\S]*Hotfix: phone number[\s\S]*runs now[\s\S]*live 10[\s\S]*Contact form/);
  await page.getByRole('button', { name: 'Bring to Dev…' }).click();
  await act(page, 'Bring commits of Live to Dev').click();
  await dialog(page).waitFor({ state: 'detached' });
  assert.deepEqual(await runs(page), [{ kind: 'bring_to_dev', environment: 'acme.live', resolve: [] }]);
  await finish(page, 100);
  await page.waitForFunction(() => !document.querySelector('.drawer progress'));
  await page.getByRole('button', { name: 'Roll back to live 10' }).click();
  await page.waitForFunction(() => fake.of('run').length === 2);
  assert.deepEqual((await runs(page))[1], { kind: 'deploy_tag', environment: 'acme.live', tag: 'pantheon_live_10' });
  await finish(page, 101);
  await page.getByRole('button', { name: /^Deploy Code from Test to Live/ }).click();
  await act(page, 'Deploy to Live').waitFor();
});

test('a hotfix begins at Live’s tag, and goes to Test, Live and Dev', async (t) => {
  const page = await open(t, full);
  await environment(page, 'live', 'Deploys');
  await page.getByRole('button', { name: 'Hotfix…' }).click();
  assert.equal(await dialog(page).getByLabel('Name').inputValue(), 'hotfix');
  assert.equal(await act(page, 'Tag and deploy to Test…').isDisabled(), true);
  await act(page, 'Create Environment').click();
  await page.waitForFunction(() => fake.of('run').length === 1);
  assert.deepEqual(await runs(page), [{ kind: 'create_multidev', from: 'acme.live', name: 'hotfix', no_db: false, no_files: false, at: 'pantheon_live_11' }]);
  await page.evaluate(() => {
    const board = fake.answers['board:acme'];
    board.environments.push({ ...board.environments[0], environment: 'hotfix', code: { ...board.environments[0].code, branch: 'hotfix', uncommitted: 1 } });
    fake.finish(100);
  });
  await dialog(page).getByText('1 changed file not committed').waitFor();
  await act(page, 'Copy clone command').click();
  assert.match(await page.evaluate(() => navigator.clipboard.readText()), /git clone -b hotfix/);
  await act(page, 'Tag and deploy to Test…').click();
  await act(page, 'Deploy to Test').click();
  await page.waitForFunction(() => fake.of('run').length === 2);
  const deploy = (await runs(page))[1];
  assert.deepEqual([deploy.kind, deploy.environment, deploy.from], ['deploy', 'acme.test', 'hotfix']);
});

test('the Multidev tab lists environments with ahead and behind, and merges them', async (t) => {
  const page = await open(t, full);
  await page.click('text=Harbor Festival');
  await page.getByRole('tab', { name: 'Multidev' }).click();
  const line = page.locator('.multidev tr[data-environment=events]');
  await line.getByText('2', { exact: true }).waitFor();
  assert.match(await line.innerText(), /events[\s\S]*Calendar filters[\s\S]*2\s+1/);
  await line.getByRole('button', { name: 'Merge into Dev: events' }).click();
  await page.getByLabel('Run WordPress database updates').check();
  await act(page, 'Merge blog into Dev').click();
  await page.waitForFunction(() => fake.of('run').length === 1);
  assert.deepEqual(await runs(page), [{ kind: 'merge_to_dev', environment: 'harbor.events', updatedb: true, resolve: [] }]);
});

test('a multidev’s name is checked as it is typed, with a suggestion', async (t) => {
  const page = await open(t, full);
  await page.getByRole('tab', { name: 'Multidev' }).click();
  await page.getByRole('button', { name: 'Create Environment from feature/Search-Page' }).click();
  const name = dialog(page).getByLabel('Name');
  assert.equal(await name.inputValue(), 'search-page', 'the branch’s name, as an environment may be called');
  for (const [typed, told] of [['Gh-Comment-12', 'such as gh-comment'], ['settings', 'reserved'], ['dev', 'reserved'], ['-', 'hyphens']]) {
    await name.fill(typed);
    await dialog(page).getByText(told).waitFor();
    assert.equal(await act(page, 'Create Environment').isDisabled(), true, typed);
  }
  await name.fill('search');
  await dialog(page).getByRole('checkbox', { name: 'Files' }).uncheck();
  await act(page, 'Create Environment').click();
  await page.waitForFunction(() => fake.of('run').length === 1);
  assert.deepEqual(await runs(page), [{ kind: 'create_multidev', from: 'acme.live', name: 'search', no_db: false, no_files: true, at: 'feature/Search-Page' }]);
});

test('a multidev is deleted with or without its branch', async (t) => {
  const page = await open(t, full);
  await page.click('text=Harbor Festival');
  await page.getByRole('tab', { name: 'Multidev' }).click();
  await page.locator('.multidev').getByRole('button', { name: 'More for events' }).click();
  await page.getByRole('menuitem', { name: 'Delete environment…' }).click();
  await page.getByLabel(/Delete the branch too/).check();
  await act(page, 'Delete Environment').click();
  await page.waitForFunction(() => fake.of('run').length === 1);
  assert.deepEqual(await runs(page), [{ kind: 'delete_multidev', environment: 'harbor.events', delete_branch: true }]);
});

test('conflicts are solved file by file: one side, the other, or an edited text', async (t) => {
  const page = await open(t, { ...full, 'merge_plan:merge_to_dev': plan({ conflicts }) });
  await page.click('text=Harbor Festival');
  await page.getByRole('tab', { name: 'Multidev' }).click();
  await page.getByRole('button', { name: 'Merge into Dev: events' }).click();
  await dialog(page).getByText('0 of 3 conflicts solved').waitFor();
  assert.equal(await act(page, 'Commit merge').isDisabled(), true);
  await dialog(page).locator('.diff mark', { hasText: '1600' }).waitFor();
  assert.match(await dialog(page).locator('.diff').innerText(), /13 lines/, 'what is the same is folded');
  const way = (name) => dialog(page).getByRole('radio', { name, exact: true });
  await way('Edit').check();
  const editor = dialog(page).getByLabel('Text of wp-content/themes/acme/functions.php');
  assert.match(await editor.inputValue(), /<<<<<<< Dev/);
  assert.match(await dialog(page).locator('.count').innerText(), /^0 of 3/, 'markers are no solution');
  await dialog(page).getByText('delete those that begin with <<<<<<<').waitFor();
  await page.keyboard.press('Tab');
  assert.ok(await editor.evaluate((it) => it === document.activeElement && it.value.startsWith('<<<<<<<', it.selectionStart)), 'Tab leads to the first conflict');
  await editor.fill('<?php\nboth();\n');
  await dialog(page).getByText('delete those that begin with').waitFor({ state: 'hidden' });
  await dialog(page).getByRole('button', { name: /old\.php/ }).click();
  await dialog(page).getByText('Deleted', { exact: true }).waitFor();
  await way('Edit').check();
  await dialog(page).getByLabel('Text of wp-content/themes/acme/old.php').fill('<?php\necho 2;\n');
  await dialog(page).getByRole('button', { name: /logo\.png/ }).click();
  assert.equal(await way('Edit').isDisabled(), true, 'a binary file is taken whole');
  await way('blog').check();
  await dialog(page).getByText('3 of 3 conflicts solved').waitFor();
  await act(page, 'Commit merge').click();
  await page.waitForFunction(() => fake.of('run').length === 1);
  assert.deepEqual((await runs(page))[0].resolve, [
    { file: 'wp-content/themes/acme/functions.php', take: { text: '<?php\nboth();\n' } },
    { file: 'wp-content/themes/acme/old.php', take: { text: '<?php\r\necho 2;\r\n' } },
    { file: 'logo.png', take: 'theirs' },
  ]);
});

test('uncommitted changes are in the way of a merge, and lead to the review', async (t) => {
  const page = await open(t, { ...full, 'merge_plan:merge_to_dev': plan({ uncommitted: 2, into: 'harbor.dev' }) });
  await page.click('text=Harbor Festival');
  await page.getByRole('tab', { name: 'Multidev' }).click();
  await page.getByRole('button', { name: 'Merge into Dev: events' }).click();
  await dialog(page).getByText('2 changed files on Dev are not committed').waitFor();
  assert.equal(await act(page, 'Merge blog into Dev').isDisabled(), true);
  await act(page, 'Review & commit').click();
  await page.getByRole('heading', { name: 'Review & commit on Dev' }).waitFor();
});

test('the commands that merge by hand are copied', async (t) => {
  const page = await open(t, full);
  await page.click('text=Harbor Festival');
  await page.getByRole('tab', { name: 'Multidev' }).click();
  await page.getByRole('button', { name: 'Merge into Dev: events' }).click();
  await dialog(page).getByText('By hand, with Git').click();
  await act(page, 'Copy commands').click();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  assert.ok(copied.split('\n').includes('git pull --no-rebase origin blog'), copied);
});

test('upstream updates are listed and applied, and the upstream is asked on demand', async (t) => {
  const page = await open(t, full);
  await environment(page, 'dev', 'Code');
  await page.getByText('2 updates available from https://github.com/pantheon-systems/WordPress').waitFor();
  await page.getByRole('button', { name: 'Check now' }).click();
  await page.waitForFunction(() => fake.of('query').some((it) => it.query.query === 'upstream_updates' && it.query.check));
  await page.getByRole('button', { name: 'Apply Updates…' }).click();
  await page.getByLabel(/Auto-Resolve Conflicts/).check();
  await page.waitForFunction(() => fake.of('query').some((it) => it.query.request?.accept_upstream));
  await act(page, 'Apply Updates to Dev').click();
  await page.waitForFunction(() => fake.of('run').length === 1);
  assert.deepEqual(await runs(page), [{ kind: 'apply_upstream', environment: 'acme.dev', updatedb: false, accept_upstream: true, resolve: [] }]);
});

test('a site without an upstream can be given one', async (t) => {
  const page = await open(t, { ...full, upstream: null });
  await environment(page, 'dev', 'Code');
  await page.getByText('This site has no upstream.').waitFor();
  await page.getByRole('button', { name: 'Set upstream…' }).click();
  await dialog(page).getByLabel('Git address or path').fill('https://example.org/core.git');
  await act(page, 'Set upstream').click();
  await page.waitForFunction(() => fake.of('run').length === 1);
  assert.deepEqual(await runs(page), [{ kind: 'set_upstream', site: 'acme', url: 'https://example.org/core.git', branch: null }]);
});

for (const width of [900, 1000, 1600]) {
  test(`nothing of the code pages is cut at ${width} pixels`, async (t) => {
    const page = await open(t, full, { width });
    const wide = () => page.evaluate(() => { const main = document.querySelector('main'); return main.scrollWidth > main.clientWidth; });
    await environment(page, 'dev', 'Code');
    await page.locator('.diff ins').first().waitFor();
    assert.equal(await wide(), false, 'Code');
    await page.getByRole('navigation', { name: 'Environments' }).getByRole('button', { name: 'Live' }).click();
    await page.getByRole('tab', { name: 'Deploys' }).click();
    assert.equal(await wide(), false, 'Deploys');
    await page.getByRole('button', { name: 'Acme Corp' }).first().click();
    await page.getByRole('tab', { name: 'Multidev' }).click();
    assert.equal(await wide(), false, 'Multidev');
  });
}

test('a commit message outlives Esc, a reload and a commit that failed, and is gone once it is used', async (t) => {
  const page = await open(t, full);
  const ready = () => page.waitForSelector('html[data-ready=true]');
  await page.getByRole('button', { name: 'Review & commit' }).click();
  await dialog(page).getByLabel('Message').fill('Hero spacing');
  await page.keyboard.press('Escape');
  await dialog(page).waitFor({ state: 'detached' });
  await page.reload();
  await ready();
  await environment(page, 'dev', 'Code');
  const message = page.locator('.code-tab').getByLabel('Message');
  await message.waitFor();
  assert.equal(await message.inputValue(), 'Hero spacing');
  await page.getByRole('button', { name: 'Commit 2 files' }).click();
  await page.waitForFunction(() => fake.of('run').length === 1);
  assert.equal(await message.inputValue(), '');
  await finish(page, 100, { state: 'failed', error: { code: 'failed', message: 'no', hint: null, causes: [] } });
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => document.querySelector('.code-tab textarea').value === 'Hero spacing');
  await page.getByRole('button', { name: 'Commit 2 files' }).click();
  await page.waitForFunction(() => fake.of('run').length === 2);
  await finish(page, 101);
  await page.locator('.toast').waitFor();
  await page.reload();
  await ready();
  await environment(page, 'dev', 'Code');
  await message.waitFor();
  assert.equal(await message.inputValue(), '');
});

test('a conflict edited by hand outlives Esc, as long as both sides say the same', async (t) => {
  const page = await open(t, { ...full, 'merge_plan:merge_to_dev': plan({ conflicts }) });
  const merge = async () => {
    await page.click('text=Harbor Festival');
    await page.getByRole('tab', { name: 'Multidev' }).click();
    await page.getByRole('button', { name: 'Merge into Dev: events' }).click();
  };
  const editor = dialog(page).getByLabel('Text of wp-content/themes/acme/functions.php');
  await merge();
  await dialog(page).getByRole('radio', { name: 'Edit', exact: true }).check();
  await editor.fill('<?php\nboth();\n');
  await page.keyboard.press('Escape');
  await dialog(page).waitFor({ state: 'detached' });
  await merge();
  await dialog(page).getByText('1 of 3 conflicts solved').waitFor();
  assert.equal(await editor.inputValue(), '<?php\nboth();\n');
  await page.keyboard.press('Escape');
  await page.evaluate(() => { fake.answers['merge_plan:merge_to_dev'].conflicts[0].merged += '// changed since\n'; });
  await merge();
  await dialog(page).getByText('0 of 3 conflicts solved').waitFor();
});
