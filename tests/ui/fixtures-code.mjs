// Answers about commits, deploys, branches and merges.
const now = Date.now();
const before = (minutes) => new Date(now - minutes * 60_000).toISOString();
const hex = (start) => start.padEnd(40, '0123456789abcdef');
export const commit = (id, subject, minutes, extra = {}) => ({ commit: hex(id), subject, author: 'Mira Novak', date: before(minutes), tags: [], labels: [], ...extra });

const side = (text) => (text === null ? null : { bytes: text.length, text });
export const conflicts = [
  {
    file: 'wp-content/themes/acme/functions.php', ours: side("<?php\nadd_theme_support( 'title-tag' );\nset_post_thumbnail_size( 1200, 600 );\n"), theirs: side("<?php\nadd_theme_support( 'title-tag' );\nset_post_thumbnail_size( 1600, 900, true );\n"), base: side("<?php\nset_post_thumbnail_size( 825, 510 );\n"),
    merged: `<?php\n${Array.from({ length: 14 }, (_, at) => `// line ${at + 2} that both sides have\n`).join('')}add_theme_support( 'title-tag' );\n<<<<<<< Dev\nset_post_thumbnail_size( 1200, 600 );\n=======\nset_post_thumbnail_size( 1600, 900, true );\nadd_image_size( 'hero', 2400, 900 );\n>>>>>>> blog\n// the end\n`,
  },
  { file: 'wp-content/themes/acme/old.php', ours: null, theirs: side('<?php\r\necho 1;\r\n'), base: side('<?php\r\n'), merged: null },
  { file: 'logo.png', ours: { bytes: 12_400, text: null }, theirs: { bytes: 15_010, text: null }, base: { bytes: 9_000, text: null }, merged: null },
];
export const plan = (extra = {}) => ({
  into: 'acme.dev', from: 'blog', commits: [commit('e90ab12', 'Calendar filters', 30), commit('1f00d2c', 'Calendar: a list for phones', 95)], count: 2, uncommitted: 0, conflicts: [],
  by_hand: ['portico connection:set acme.dev git', 'git clone /home/mira/Portico/sites/acme/repository.git merge', 'cd merge', 'git switch master', 'git pull --no-rebase origin blog', 'git commit -a', 'git push'], ...extra,
});

/** @type {import('./fixtures.mjs').Answered} */
export const code = {
  commit: {
    row: commit('5c0d77b', 'Event calendar', 1500, { tags: ['pantheon_test_12'] }), message: 'Event calendar\n\nEvents come from the parish office as iCal; past ones are hidden.', email: 'mira@acme.example', parents: [hex('77be012')],
    files: [{ file: 'wp-content/plugins/events/events.php', status: 'added', deletions: 0, additions: 3 }, { file: 'wp-content/themes/acme/footer.php', status: 'modified', deletions: 1, additions: 1 }],
  },
  commit_diff: '--- a/x.php\n+++ b/x.php\n@@ -1,3 +1,4 @@\n <?php\n-echo "one old word";\n+echo "one new word";\n+// and a line more\n done();\n',
  deploys: [
    { tag: 'pantheon_live_12', message: 'Hotfix: phone number', date: before(60), commit: commit('ab34ef0', 'Phone number in the footer', 70), current: true },
    { tag: 'pantheon_live_11', message: 'Sprint 7: new footer', date: before(9 * 1440), commit: commit('77be012', 'New footer', 9 * 1440), current: false },
    { tag: 'pantheon_live_10', message: '', date: before(20 * 1440), commit: commit('0aa12de', 'Contact form', 20 * 1440), current: false },
  ],
  orphans: [],
  'orphans:acme.live': [commit('ab34ef0', 'Phone number in the footer', 70)],
  branches: [
    { name: 'feature/Search-Page', commit: commit('44de001', 'Search: first results', 300), environment: null, ahead: 4, behind: 1 },
    { name: 'master', commit: commit('a41c9e2', 'Add hero block to front page', 12), environment: 'dev', ahead: 0, behind: 0 },
  ],
  'branches:harbor': [{ name: 'events', commit: commit('e90ab12', 'Calendar filters', 30), environment: 'events', ahead: 2, behind: 1 }],
  upstream: { url: 'https://github.com/pantheon-systems/WordPress', branch: null },
  upstream_updates: { upstream: { url: 'https://github.com/pantheon-systems/WordPress', branch: null }, is_known: true, behind: 2, updates: [commit('b1b1b1b', 'Update to WordPress 6.9.1', 600), commit('c2c2c2c', 'Update mu-plugin 1.5.6', 4000)] },
  merge_plan: plan(),
  'merge_plan:apply_upstream': plan({ from: 'the upstream', commits: [commit('b1b1b1b', 'Update to WordPress 6.9.1', 600)], count: 1 }),
  'merge_plan:bring_to_dev': plan({ from: 'Live', commits: [commit('ab34ef0', 'Phone number in the footer', 70)], count: 1 }),
  connection: {
    connection_mode: 'sftp', url: 'http://dev-acme.localhost:8080', git_command: 'git clone /home/mira/Portico/sites/acme/repository.git acme', code_folder: '/home/mira/Portico/sites/acme/dev/code', files_folder: '/home/mira/Portico/sites/acme/dev/files',
    database: { engine: 'mariadb', path: '/home/mira/Portico/run/db-1.sock', name: 'pantheon', user: 'pantheon', password: 's3cret', command: 'MYSQL_PWD=s3cret mariadb --socket=/home/mira/Portico/run/db-1.sock --user=pantheon pantheon' },
  },
};
