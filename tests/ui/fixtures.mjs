// Answers of a core as the page gets them: three sites, one of them in the middle of its work.
import { code } from './fixtures-code.mjs';

const now = Date.now();
const before = (minutes) => new Date(now - minutes * 60_000).toISOString();
const hex = (start) => start.padEnd(40, '0123456789abcdef');

const content = (extra = {}) => ({
  generation: 7, origin: { type: 'clone', environment: 'live', database: true, files: true }, origin_at: before(4 * 1440),
  database: { engine: 'mariadb', tables: 48, rows: 214_310, estimated: false, bytes: 212_000_000 }, files: { count: 3204, bytes: 1_900_000_000 }, ...extra,
});
const environment = (site, name, extra) => ({
  site, environment: name, url: `http://${name}-${site}.localhost:8080/`, initialized: true, connection_mode: name === 'test' || name === 'live' ? null : 'sftp', locked: false,
  code: { commit: null, tag: null, branch: null, message: null, author: null, date: null, deployable: 0, uncommitted: 0 }, content: content(), health: { type: 'asleep' }, fatal_errors: 0, damage: [],
  code_folder: `/home/mira/Portico/sites/${site}/${name}/code`, files_folder: `/home/mira/Portico/sites/${site}/${name}/files`, ...extra,
});
/** @param {number} id @param {string} kind @param {string} title @param {{ at?: number } & Record<string, any>} given @returns {any} */
export const row = (id, kind, title, { at = 40, ...extra } = {}) => ({
  id, site: 'acme', environment: 'test', kind, title, state: 'succeeded', started_at: before(at), finished_at: before(at - 1.1 / 60), undoes: null, undoable: false,
  command: `portico env:${kind} acme.test`, result: null, error: null, ...extra,
});
export const failure = { code: 'failed', message: 'cannot read `acme.sql`', hint: 'Free some space and try again.', causes: ['write /home/mira/Portico/sites/acme/test/content/8: no space left on device'] };

const commits = [
  ['a41c9e2', 'Add hero block to front page', 12, [], ['dev']], ['03fe1bb', 'Hero: image sizes', 64, [], ['dev']], ['9c2d410', 'Update Akismet 5.3 → 5.4', 190, [], ['dev']],
  ['5c0d77b', 'Event calendar', 1500, ['pantheon_test_12'], ['dev', 'test']], ['77be012', 'New footer', 9 * 1440, ['pantheon_test_11', 'pantheon_live_11'], ['dev', 'test', 'live']],
].map(([commit, subject, minutes, tags, labels]) => /** @type {any} */ ({ commit: hex(commit), subject, author: 'Mira Novak', date: before(minutes), tags, labels }));

const acme = [
  environment('acme', 'dev', { health: { type: 'answered', status: 200, ms: 84, at: before(3) }, code: { commit: hex('a41c9e2'), tag: null, branch: 'master', message: 'Add hero block to front page', author: 'Maximiliane Alexandra Novak-Schwarzenberg', date: before(12), deployable: 0, uncommitted: 2 } }),
  environment('acme', 'test', { locked: true, fatal_errors: 2, health: { type: 'answered', status: 200, ms: 91, at: before(3) }, content: content({ origin_at: before(70), files: { count: 3221, bytes: 1_910_000_000 } }), code: { commit: hex('5c0d77b'), tag: 'pantheon_test_12', branch: null, message: 'Sprint 8: event calendar', author: 'Mira Novak', date: before(1500), deployable: 3, uncommitted: 0 } }),
  environment('acme', 'live', { content: content({ origin: { type: 'install' }, origin_at: before(90 * 1440), files: { count: 3222, bytes: 1_910_000_000 } }), code: { commit: hex('77be012'), tag: 'pantheon_live_11', branch: null, message: 'Sprint 7: new footer', author: 'Mira Novak', date: before(9 * 1440), deployable: 1, uncommitted: 0 } }),
];
const fresh = (site, name) => environment(site, name, { initialized: false, content: content({ generation: 0, origin: null, origin_at: null, database: { engine: 'sqlite', tables: 0, rows: 0, estimated: false, bytes: 0 }, files: { count: 0, bytes: 0 } }) });
const plan = (extra) => ({ environment: 'acme.test', from: 'dev', first: false, commits: commits.slice(0, 3), deployable: 3, uncommitted: 2, dropped: 0, tag: 'pantheon_test_13', warnings: [], content: acme[2].content, ...extra });
const card = (name, label, cms, version, deployable, busy = false) => ({ name, label, cms, cms_version: version, deployable, deployed: true, upstream_updates: 0, busy, damage: null });
const check = (name, extra) => ({ name, ok: true, optional: false, version: null, path: null, problem: null, remedy: null, ...extra });

export const checks = [
  check('PHP 8.2', { version: '8.2.29', path: '/usr/bin/php8.2' }), check('Git', { version: '2.39.5', path: '/usr/bin/git' }),
  check('MariaDB', { version: '10.11.14', path: '/usr/sbin/mariadbd', optional: true }),
  check('PHP 8.4', { ok: false, optional: true, version: '8.4.1', path: '/usr/bin/php8.4', problem: 'lacks mysqli, gd', remedy: 'sudo apt install php8.4-mysql php8.4-gd' }),
];
/** @type {import('../../ui/types').Status} */
const status = { root: '/home/mira/Portico', port: 8080, free: 80_000_000_000, processes: [], healed: [], problems: [], told: [], unknown_sites: [] };

/**
 * What the shell answers: a question that the core has, as the core answers it. The plan of an import is put together in
 * support.mjs, from what is inspected.
 * @typedef {Partial<Omit<import('../../ui/types').Answers, 'import_plan'>> & Record<string, unknown>} Answered
 */

/** @type {Answered} */
export const nothing = {
  site_cards: [], workflows: [], doctor: [check('PHP', { ok: false, problem: 'not found', remedy: 'sudo apt install php-fpm php-mysql php-gd php-xml' }), check('MariaDB', { ok: false, optional: true, remedy: 'sudo apt install mariadb-server' }), check('Git', { version: '2.39.5' })],
  status,
};
export const history = [
  row(41, 'deploy', 'Deploy to Test', { undoable: true, at: 1500 }),
  row(40, 'clone_content', 'Clone database and files from Live to Test', { at: 1600 }),
  row(39, 'clone_content', 'Clone database from Live to Dev', { environment: 'dev', state: 'failed', error: failure, at: 4 * 1440 }),
  row(38, 'commit', 'Commit on Dev', { environment: 'dev', at: 5 * 1440 }),
  row(37, 'deploy', 'Deploy to Live', { environment: 'live', state: 'cancelled', at: 9 * 1440 }),
];
const letter = (id, minutes, subject, extra) => ({ id, at: before(minutes), from: 'Acme Corp <shop@acme.example>', to: 'Ada <ada@client.example>', subject, attachments: 0, bytes: 4120, ...extra });
const letters = [letter('3-c.eml', 4, 'Your order 1042', { attachments: 1 }), letter('2-b.eml', 90, '[Acme Corp] Password Reset'), letter('1-a.eml', 3000, '')];
/** What tabs of an environment ask for. */
/** @type {Answered} */
const operate = {
  log: { cursor: 'x:9', cut: false, entries: [
    { level: 'info', text: '[25-Nov-2026 03:12:30 UTC] PHP Deprecated:  Creation of dynamic property in /code/wp-content/plugins/a.php on line 3' },
    { level: 'warning', text: '[25-Nov-2026 03:12:36 UTC] PHP Warning:  Undefined variable $hero in /code/wp-content/themes/acme/hero.php on line 12' },
    { level: 'fatal', text: '[25-Nov-2026 03:13:01 UTC] PHP Fatal error:  Uncaught Error: Call to undefined function acme_calendar() in /code/index.php:3\nStack trace:\n#0 {main}\n  thrown in /code/index.php on line 3' },
    { level: 'error', text: '[25-Nov-2026 03:14:00 UTC] WordPress database error Table wp_events does not exist for query SELECT 1' },
  ] },
  mail: letters,
  mail_message: { row: letters[0], head: 'From: Acme Corp <shop@acme.example>\nSubject: Your order 1042', text: 'Thank you for your order.', attachments: [{ name: 'invoice.pdf', media_type: 'application/pdf', bytes: 48_200 }],
    html: '<html><head><style>h1 { color: rgb(12, 34, 56) } @import url(http://evil.example/a.css);</style><script>parent.document.title = "ran"</script></head><body style="background: url(http://evil.example/b.png)"><h1 onclick="parent.document.title=1">Thank you</h1><p style="color: rgb(1, 2, 3)">Order <a href="http://evil.example/">1042</a></p><img alt="" src="http://evil.example/pixel.gif"><form action="http://evil.example/"><button>Pay</button></form></body></html>' },
  cron: { mode: 'awake', every: 60, known: true, last: { at: before(32), ok: true, ms: 840, said: 'wp_version_check: done in 0.4 s\n2 events' }, next: before(-28) },
  lock: { locked: false, username: null, password: null },
  'lock:acme.test': { locked: true, username: 'acme', password: 'open sesame' },
};
const board = (name, label, cms, cms_version, environments, workflows) => ({ site: { name, label, cms, created: before(90 * 1440) }, cms_version, repository: `/home/mira/Portico/sites/${name}/repository.git`, damage: [], environments, workflows });

/** Answers by `query` or `query:argument`. */
/** @type {Answered} */
export const full = {
  ...nothing, ...operate, doctor: checks,
  site_cards: [card('acme', 'Acme Corp', 'wordpress', '6.9', 4), card('library', 'City Library', 'drupal7', '7.103', 0), card('harbor', 'Harbor Festival', 'wordpress', '6.8.2', 0), card('intranet', 'Intranet', 'drupal', '10.4', 1)],
  'board:acme': board('acme', 'Acme Corp', 'wordpress', '6.9', acme, history),
  'board:library': board('library', 'City Library', 'drupal7', '7.103', [environment('library', 'dev', { code: { ...acme[0].code, uncommitted: 0 } }), fresh('library', 'test'), fresh('library', 'live')], []),
  'board:harbor': board('harbor', 'Harbor Festival', 'wordpress', '6.8.2', [environment('harbor', 'dev', { health: { type: 'broken', error: { code: 'missing', message: 'PHP 7.2 was not found on this machine', hint: '`portico doctor` shows what is missing and how to get it.', causes: [] } }, content: content({ origin: { type: 'empty' }, origin_at: null, database: { engine: 'sqlite', tables: 0, rows: 0, estimated: false, bytes: 0 }, files: { count: 0, bytes: 0 } }) }),
    environment('harbor', 'test', { code: { ...acme[1].code, deployable: 0 } }), fresh('harbor', 'live'),
    environment('harbor', 'events', { code: { ...acme[0].code, commit: hex('e90ab12'), message: 'Calendar filters', branch: 'events' } })], []),
  'board:intranet': board('intranet', 'Intranet', 'drupal', '10.4', [environment('intranet', 'dev'), environment('intranet', 'test'), environment('intranet', 'live')], []),
  'deploy_plan:acme.test': plan(), 'deploy_plan:acme.live': plan({ environment: 'acme.live', from: 'test', commits: commits.slice(3, 4), deployable: 1, uncommitted: 0, tag: 'pantheon_live_12', content: null }),
  'deploy_plan:library.test': plan({ environment: 'library.test', first: true, uncommitted: 0, tag: 'pantheon_test_1', content: null }),
  code_log: commits,
  ...code,
  diffstat: [{ file: 'wp-content/themes/acme/style.css', status: 'modified', deletions: 2, additions: 3 }, { file: 'wp-content/themes/acme/hero.php', status: 'added', deletions: 0, additions: 41 }],
  diff: 'diff --git a/style.css b/style.css\n--- a/style.css\n+++ b/style.css\n@@ -38,7 +38,8 @@ body\n .hero {\n   display: grid;\n-  padding: 2rem;\n+  padding: clamp(2rem, 6vw, 5rem);\n+  background: var(--brand);\n }\n \n-.hero img { width: 100% }\n+.hero img { inline-size: 100%; block-size: auto }\n',
  workflow_log: 'Checking out pantheon_test_12\nWrote 1,204 files\nSwitched Test to pantheon_test_12\n',
  status: { ...status, processes: [{ what: 'PHP 8.2', environment: 'acme.dev', pid: 4182 }, { what: 'MariaDB 10.11', environment: 'acme.dev', pid: 4188 }] },
};

const generation = (id, extra) => ({
  id, origin: { type: 'clone', environment: 'live', database: true, files: true }, workflow: id, made_by: null, created: before(id * 1440), current: false, pinned: false,
  database: { engine: 'mariadb', tables: 48, rows: 212_004, estimated: false, bytes: 209_000_000 }, files: { count: 3190, bytes: 1_890_000_000 }, database_of: null, files_of: null, needed_by: [], disk: { own: 14_000_000, is_exact: true }, ...extra,
});
export const generations = [
  generation(7, { created: before(4 * 1440), current: true, disk: { own: 2_100_000_000, is_exact: true } }),
  generation(6, { created: before(6 * 1440), origin: { type: 'import', name: 'acme-2026-11-02.sql.gz' }, files_of: 5 }),
  generation(5, { created: before(20 * 1440), pinned: true, needed_by: [6], disk: { own: 31_000_000, is_exact: true } }),
  generation(4, { created: before(28 * 1440), origin: { type: 'install' }, database: null, files: null, disk: { own: 190_000_000, is_exact: true } }),
];
/** @param {number} days @param {Partial<import('../../ui/types').Backup>} extra @returns {import('../../ui/types').Backup} */
const backup = (days, extra) => /** @type {any} */ ({
  id: `${1_764_000_000 - days}_backup`, environment: 'acme.live', made: before(days * 1440), kept_until: before((days - 365) * 1440), note: null, site_id: 'x', cms: 'wordpress', engine: 'mariadb',
  url: 'http://live-acme.localhost:8080', commit: '5c0d77b1', reference: 'pantheon_live_7', version: '0.1.0', folder: `/home/mira/Portico/sites/acme/backups/live/${days}`, check: { at: before(days * 1440 - 2), problem: null },
  parts: [['code', 38_000_000, 4273, null], ['database', 30_000_000, 48, 214_310], ['files', 1_900_000_000, 3216, null]].map(([element, bytes, entries, rows]) => ({ element, file: `acme_live_${element}`, bytes, sha256: 'f'.repeat(64), entries, rows })), ...extra,
});
export const backups = [
  backup(1, { note: 'Before the relaunch of the calendar' }),
  backup(8, { kept_until: null }),
  backup(15, { check: { at: before(600), problem: 'cannot check acme_live_files: its bytes are not those that were written (SHA-256)' } }),
];
const effort = { needed: 2_112_000_000, free: 80_000_000_000, about_s: 9 };
/** @type {import('../../ui/types').ClonePlan} */
export const clonePlan = {
  from: 'acme.live', to: 'acme.dev', database: { engine: 'mariadb', tables: 51, rows: 221_904, estimated: false, bytes: 219_000_000 }, files: { count: 3240, bytes: 1_912_000_000 }, replaces: acme[0].content,
  excluded: [{ table: 'wp_actionscheduler_logs', rows: 148_210, estimated: true, bytes: 31_000_000 }, { table: 'wp_yoast_indexable', rows: 12_003, estimated: false, bytes: 9_400_000 }],
  pairs: [{ old: 'http://live-acme.localhost:8080', new: 'http://dev-acme.localhost:8080' }, { old: 'https://www.acme.example', new: 'http://dev-acme.localhost:8080' }], effort, confirm: false,
};
/** @returns {import('../../ui/types').Inspected} */
const inspected = (name, bytes, packed, holds, notes = []) => ({ path: `/home/mira/Downloads/${name}`, name, bytes, packed, holds, notes, origin: null, pieces: [] });
export const dump = inspected('acme-live-2026-11-20.sql.gz', 31_000_000, ['gzip'], { type: 'database', sqlite: false, member: null, cms: 'wordpress', prefix: 'wp_', tables: ['wp_options', 'wp_posts', 'wp_users'], complete: false, addresses: ['https://www.acme.example', 'https://cdn.acme.example'], databases: [] }, ['its collation utf8mb4_0900_ai_ci is mapped to utf8mb4_uca1400_ai_ci']);
export const uploads = inspected('acme_live_files.tar.gz', 1_700_000_000, ['gzip', 'tar'], { type: 'files', count: 3222, bytes: 1_900_000_000, complete: true, root: 'files_live' });
export const unusable = inspected('holiday.jpg', 2_400_000, [], { type: 'unusable', reason: 'it is neither a dump, nor an archive, nor a folder' });
export const archive = inspected('garden.zip', 17_490, ['zip'], { type: 'site', cms: 'wordpress', root: 'app/public', whole: true, dump: 'app/sql/local.sql', uploads: 'app/public/wp-content/uploads', database: { ...dump.holds, addresses: [] } }, []);
Object.assign(archive, { origin: 'Local', pieces: [
  { path: 'app/public', files: 312, bytes: 9_000_000, becomes: 'code', reason: null },
  { path: 'app/public/wp-content/uploads', files: 1, bytes: 40_000, becomes: 'files', reason: null },
  { path: 'app/sql/local.sql', files: 1, bytes: 81_556, becomes: 'database', reason: null },
  { path: 'conf', files: 12, bytes: 4_000, becomes: 'unused', reason: 'settings of Local’s own servers' },
] });
export const doubtful = inspected('mixed.zip', 40_000, ['zip'], { type: 'doubt', reason: 'it holds the dump `backup.sql` among 4 other files', choices: ['database', 'files'], entries: [] });
export const importRequest = (environment, extra = {}) => ({ kind: 'import_database', environment, file: dump.path, files: null, from_database: null, from_url: null, keep_urls: false, updatedb: false, cc: false, confirm: null, ...extra });
export const comparison = {
  from: 'acme.live', to: 'acme.dev', entries: { what: 'posts', newer: 18, newest_from: before(30), newest_to: before(4 * 1440) },
  tables: [{ table: 'wp_posts', rows_from: 12_018, rows_to: 12_000, estimated: false }, { table: 'wp_bookings', rows_from: 40, rows_to: null, estimated: false }],
  files_from: { count: 3222, bytes: 1_942_000_000, newest: before(30) }, files_to: { count: 3204, bytes: 1_900_000_000, newest: before(4 * 1440) },
};
const parts = (extra) => ({ code: 0, content: 0, undo: 0, releases: 0, deleted: 0, backups: 0, logs: 0, ...extra });
const goes = (kind, site, environment, what, days, size, undo_of = []) => ({ kind, site, environment, what, made: before(days * 1440), bytes: size, undo_of });
const GB = 1_000_000_000;
/** What `disk` tells: two sites and one that was deleted. */
export const diskReport = {
  root: '/home/mira/Portico', disk: 512 * GB, free: 61 * GB, held: 75.2 * GB, templates: 0.12 * GB, logs: 0.02 * GB, trash: 0, rest: 0.01 * GB, is_exact: true, is_short: false,
  sites: [
    { site: 'acme', label: 'Acme Corp', is_deleted: false, keeps: 5, keeps_days: 14, parts: parts({ code: 0.6 * GB, content: 6.3 * GB, undo: 8.4 * GB, releases: 1.1 * GB, backups: 14.2 * GB }),
      environments: [{ environment: 'dev', parts: parts({ code: 0.2 * GB, content: 2.1 * GB, undo: 8 * GB }) }, { environment: 'test', parts: parts({ code: 0.2 * GB, content: 2.1 * GB, undo: 0.4 * GB, releases: 0.6 * GB }) }, { environment: 'live', parts: parts({ content: 2.1 * GB, releases: 0.5 * GB }) }],
      freeable: [goes('releases', 'acme', 'test', 'release 8-5c0d77b of acme.test', 30, 0.4 * GB), goes('releases', 'acme', 'live', 'release 7-77be012 of acme.live', 32, 0.3 * GB), goes('generations', 'acme', 'dev', 'generation 4 of acme.dev', 28, 6 * GB, ['Import database into Dev']), goes('deleted', 'acme', 'blog', 'the deleted environment acme.blog', 9, 1.2 * GB, ['Delete blog'])] },
    { site: 'harbor', label: 'Harbor Festival', is_deleted: false, keeps: 2, keeps_days: 0, parts: parts({ code: 0.2 * GB, content: 9.8 * GB, undo: 18.2 * GB, releases: 0.3 * GB }), environments: [],
      freeable: [goes('generations', 'harbor', 'test', 'generation 3 of harbor.test', 17, 8 * GB, ['Wipe Test']), goes('generations', 'harbor', 'test', 'generation 2 of harbor.test', 20, 6.9 * GB, ['Clone database and files, Live → Test'])] },
    { site: 'oldshop', label: 'oldshop', is_deleted: true, keeps: 5, keeps_days: 14, parts: parts({ deleted: 16 * GB }), environments: [], freeable: [goes('deleted', 'oldshop', null, 'the deleted site oldshop', 40, 16 * GB, ['Delete oldshop'])] },
  ],
};
export const dryRun = { tables: [{ table: 'wp_options', rows: 12, replacements: 31 }, { table: 'wp_postmeta', rows: 410, replacements: 902 }, { table: 'wp_posts', rows: 228, replacements: 271 }], rows: 650, replacements: 1204, notes: ['2 serialised values were broken before and are left as they are'] };
Object.assign(full, /** @satisfies {Answered} */ ({
  disk: diskReport, backups, generations, keep_plan: { count: 1, days: 0, goes: [], bytes: 0, is_exact: true }, keep_rule: { count: 5, days: 14, is_default: true }, clone_plan: clonePlan, inspect: [dump, uploads, unusable], import_plan: { effort }, compare_content: comparison, search_replace_plan: dryRun, clone_profile: { exclude: ['actionscheduler_logs', 'yoast_indexable', 'cache_*'], is_default: true },
  allowed: [{ path: '/opt/tools/wkhtmltopdf', write: false }, { path: '/srv/shared', write: true }],
}));
