// Every screen and dialog of the page: what it is shown with, and the way there.
import { dump, failure, full, nothing, row, uploads } from './fixtures.mjs';
import { conflicts, plan } from './fixtures-code.mjs';
import { emit } from './support.mjs';

const press = (name) => (page) => page.getByRole('button', { name }).first().click();
const tab = (name) => (page) => page.getByRole('tab', { name }).click();
const openContent = async (page) => { await page.locator('.env.dev h2 button').click(); await tab('Database / Files')(page); await page.locator('.kept').getByText('2.1 GB').waitFor(); };
/** Two files over Dev, and let go there. */
async function dragged(page, end) {
  const box = await page.locator('.env.dev').boundingBox();
  await page.evaluate(([paths, x, y, last]) => { fake.drag('enter', paths, x, y); fake.drag(last, paths, x, y); }, [[dump.path, uploads.path], box.x + 90, box.y + 200, end]);
  await page.getByText(end === 'drop' ? 'cdn.acme.example' : 'Replaces the database').waitFor();
}
const inTest = (name) => async (page) => {
  await page.locator('.env.test h2 button').click();
  await tab(name)(page);
};
const page = (name, title) => async (it) => { await it.locator(`.env.${name} h2 button`).click(); await tab(title)(it); };
const multidev = async (it) => { await it.click('text=Harbor Festival'); await tab('Multidev')(it); };
/** Its answers, and what a person does to see it. */
export const SCREENS = {
  code: [full, page('dev', 'Code')],
  'code-split': [full, async (it) => { await page('dev', 'Code')(it); await press('Side by side')(it); }],
  deploys: [full, page('live', 'Deploys')],
  multidevs: [full, multidev],
  branches: [full, tab('Multidev')],
  'create-multidev': [full, async (it) => { await tab('Multidev')(it); await press('Create Multidev Environment')(it); }],
  merge: [full, async (it) => { await multidev(it); await press('Merge into Dev: events')(it); }],
  'conflict-sides': [{ ...full, 'merge_plan:merge_to_dev': plan({ conflicts }) }, async (it) => { await multidev(it); await press('Merge into Dev: events')(it); await it.locator('dialog .two-columns').waitFor(); }],
  conflict: [{ ...full, 'merge_plan:merge_to_dev': plan({ conflicts }) }, async (it) => { await multidev(it); await press('Merge into Dev: events')(it); await it.getByRole('radio', { name: 'blog' }).check(); }],
  'commit-info': [full, async (it) => { await page('test', 'Code')(it); await it.locator('.log button:visible').first().click(); await it.locator('dialog .diff ins').first().waitFor(); }],
  connection: [full, async (it) => { await page('dev', 'Code')(it); await press('Connection Info')(it); }],
  hotfix: [full, async (it) => { await page('live', 'Deploys')(it); await press('Hotfix…')(it); }],
  board: [full, async () => {}],
  welcome: [nothing, async () => {}],
  fresh: [full, (page) => page.click('text=City Library')],
  multidev: [full, (page) => page.click('text=Harbor Festival')],
  commits: [full, tab('Commits')],
  activity: [full, tab('Activity')],
  logs: [full, inTest(/^Logs/)],
  mail: [full, inTest('Mail')],
  cron: [full, inTest('Cron')],
  backups: [full, page('live', 'Backups')],
  'create-backup': [full, async (it) => { await page('live', 'Backups')(it); await press('Create Backup…')(it); }],
  'restore-backup': [full, async (it) => { await page('live', 'Backups')(it); await it.getByRole('button', { name: /^Restore the backup/ }).first().click(); }],
  lock: [full, inTest('Security')],
  machine: [full, press(/MariaDB/)],
  disk: [full, async (page) => { await press(/^Disk/)(page); await page.getByText('What can be freed').waitFor(); }],
  'free-disk': [full, async (page) => { await press(/^Disk/)(page); await press(/^Free 700 MB/)(page); }],
  settings: [full, press('Settings')],
  deploy: [full, press(/^Deploy 3/)],
  clone: [full, press(/^Clone from Live/)],
  review: [full, press('Review & commit')],
  'new-site': [full, press('New site')],
  palette: [full, (page) => page.keyboard.press('Control+k')],
  keys: [full, (page) => page.keyboard.press('?')],
  content: [full, openContent],
  wipe: [full, async (page) => { await openContent(page); await press('Wipe database and files…')(page); }],
  export: [full, async (page) => { await openContent(page); await press('Export… database')(page); }],
  'search-replace': [full, async (page) => { await openContent(page); await press('Search & replace…')(page); await page.getByLabel('Search for').fill('https://old.example'); await press('Dry run')(page); await page.getByText('1,204 replacements').waitFor(); }],
  import: [full, (page) => dragged(page, 'drop')],
  'import-empty': [full, async (page) => { await openContent(page); await press('Import… files')(page); }],
  prune: [full, async (page) => { await openContent(page); await page.locator('.titled').getByRole('button', { name: 'Prune…' }).click(); }],
  keep: [full, async (page) => { await openContent(page); await press(/^Change… what is kept/)(page); }],
  'clone-live': [full, async (page) => { await press('More for Live')(page); await page.getByRole('menuitem', { name: 'Clone content from…' }).click(); await page.getByText('about 9 s').waitFor(); await page.locator('dialog summary').click(); }],
  'move-database': [full, async (page) => { await press('More for this site')(page); await page.getByRole('menuitem', { name: 'Move to SQLite…' }).click(); }],
  'allowed': [full, async (page) => { await press('More for this site')(page); await page.getByRole('menuitem', { name: 'Folders that PHP may reach…' }).click(); await page.getByRole('textbox').waitFor(); }],
  'clone-profile': [full, async (page) => { await press('More for this site')(page); await page.getByRole('menuitem', { name: 'Tables that clones leave out…' }).click(); await page.getByRole('textbox').waitFor(); }],
  install: [full, async (page) => { await page.click('text=Harbor Festival'); await press('Install WordPress…')(page); }],
  leave: [full, (page) => page.evaluate(() => fake.tell.leave(['Clone database and files from Live to Test']))],
  drop: [full, (page) => dragged(page, 'over')],
  menu: [full, press('More for Dev')],
  drawer: [full, async (page) => {
    await emit(page, { event: 'started', workflow: row(50, 'clone_content', 'Clone database and files from Live to Test', { state: 'running', finished_at: null }) });
    await emit(page, { event: 'step', workflow: 50, step: 'Copying files', done: 1_220_000_000, total: 1_900_000_000, unit: 'bytes', eta_s: 2 });
    await emit(page, { event: 'finished', workflow: row(49, 'deploy', 'Deploy 2 commits to Test', { undoable: true }) });
    await emit(page, { event: 'finished', workflow: row(48, 'clone_content', 'Clone database from Live to Dev', { state: 'failed', error: failure }) });
  }],
};
