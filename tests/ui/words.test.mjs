// The pure helpers, without a browser.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { foldSame, readMarkers } from '../../ui/conflicts.js';
import { pairLines, readDiff } from '../../ui/lib/diff.js';
import { marks } from '../../ui/lib/marks.js';
import { ago, bytes, duration, NAME_RULE, rows, sentence, suggestName, tagName, unit } from '../../ui/lib/words.js';

test('sizes are rounded as people say them', () => {
  assert.deepEqual([0, 1, 999, 1000, 212_000_000, 1_900_000_000, 999_700].map(bytes), ['0 bytes', '1 byte', '999 bytes', '1.0 kB', '212 MB', '1.9 GB', '1.0 MB']);
});

test('ages are relative for a month and a date after that', () => {
  const now = Date.UTC(2026, 10, 25, 12);
  const at = (minutes) => ago(new Date(now - minutes * 60_000).toISOString(), now);
  assert.deepEqual([0, 1, 12, 60, 180, 1440, 5760].map(at), ['just now', '1 minute ago', '12 minutes ago', '1 hour ago', '3 hours ago', 'yesterday', '4 days ago']);
  assert.match(at(90 * 1440), /2026$/);
});

test('durations never say zero', () => assert.deepEqual([0, 1100, 61_000].map(duration), ['0.1 s', '1.1 s', '1 min']));

test('units are real ones', () => {
  assert.equal(unit(41, 96, 'tables'), '41 of 96 tables');
  assert.equal(unit(1_200_000, null, 'bytes'), '1.2 MB');
});

test('a suggested name is always an allowed one', () => {
  for (const source of ['/home/mira/Code/Acme Corp/', 'https://example.org/acme.git', 'C:\\sites\\Böhm & Co', 'acme_live.tar.gz', 'a'.repeat(80), `${'x'.repeat(51)}-y`]) assert.match(suggestName(source), NAME_RULE, source);
  assert.equal(suggestName('git@example.org:team/harbor-festival.git'), 'harbor-festival');
  assert.equal(suggestName('Größe & Söhne'), 'grosse-sohne');
  assert.equal(suggestName('???'), '');
});

test('messages of the core become sentences', () => assert.equal(sentence('cannot read `a.sql`'), 'Cannot read “a.sql”.'));

test('tags are shown without their prefix', () => assert.equal(tagName('pantheon_test_12'), 'test 12'));

test('a diff keeps both numberings and does not take the file names for lines', () => {
  const lines = readDiff('--- a/x\n+++ b/x\n@@ -3,3 +3,4 @@ f()\n a\n-b\n+c\n+d\n e\n\\ No newline at end of file\n');
  assert.deepEqual(lines.map((it) => [it.kind, it.old, it.now, it.text]), [['gap', null, null, 'f()'], ['same', 3, 3, 'a'], ['del', 4, null, 'b'], ['ins', null, 4, 'c'], ['ins', null, 5, 'd'], ['same', 5, 6, 'e'], ['word', null, null, 'No newline at end of file']]);
});

test('a removed line that looks like a header stays a line', () => {
  assert.deepEqual(readDiff('@@ -1 +0,0 @@\n--- old\n').map((it) => it.text), ['-- old']);
});

test('nothing is left out before the first line of a diff', () => {
  assert.deepEqual(readDiff('@@ -0,0 +1 @@\n+new\n').map((it) => it.kind), ['ins']);
  assert.deepEqual(readDiff('@@ -1,1 +1,1 @@\n-a\n+b\n@@ -9,1 +9,1 @@\n-c\n+d\n').map((it) => it.kind), ['del', 'ins', 'gap', 'del', 'ins']);
});

test('rows that are estimated are said to be, in no more digits than they are worth', () => {
  assert.deepEqual([rows({ rows: 1, estimated: false }), rows({ rows: 1_487_312, estimated: true })], ['1 row', 'about 1,500,000 rows']);
});

test('only the words that differ are marked, and nothing in lines that have little in common', () => {
  const [one, other] = marks('set_size( 1200, 600 );', 'set_size( 1600, 600, true );');
  const marked = (all) => all.filter((it) => it.mark).map((it) => it.text);
  assert.deepEqual([marked(one), marked(other)], [['1200'], ['1600', ', true']]);
  assert.equal(one.map((it) => it.text).join(''), 'set_size( 1200, 600 );');
  assert.equal(marks('return $this->parent;', '// nothing of the kind'), null);
  assert.equal(marks('a '.repeat(3000), 'b '.repeat(3000)), null, 'a very long line costs no time');
});

test('removed and added lines stand side by side, and the rest in both columns', () => {
  const pairs = pairLines(readDiff('@@ -1,3 +1,4 @@\n a\n-b one\n+b two\n+c\n d\n'));
  assert.deepEqual(pairs.map(([old, now]) => [old?.text ?? null, now?.text ?? null]), [['a', 'a'], ['b one', 'b two'], [null, 'c'], ['d', 'd']]);
});

test('a file with markers is read into both sides, and what is the same is folded', () => {
  const same = Array.from({ length: 20 }, (_, at) => `line ${at}`).join('\n');
  const pairs = readMarkers(`${same}\n<<<<<<< Dev\nours\n=======\ntheirs\nmore\n>>>>>>> blog\nend\n`);
  assert.deepEqual(pairs.slice(20).map(([old, now]) => [old?.text ?? null, now?.text ?? null]), [['ours', 'theirs'], [null, 'more'], ['end', 'end']]);
  assert.deepEqual(foldSame(pairs).map(([old]) => old?.text ?? null), ['17 lines', 'line 17', 'line 18', 'line 19', 'ours', null, 'end']);
});
