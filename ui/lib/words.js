// How names, numbers and times are written, everywhere the same.
const number = new Intl.NumberFormat('en');
const rough = new Intl.NumberFormat('en', { maximumSignificantDigits: 2 });
const clock = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', hour12: false });
export const day = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short', year: 'numeric' });
const full = new Intl.DateTimeFormat('en', { dateStyle: 'full', timeStyle: 'medium' });

export const count = (n, one, many = `${one}s`) => `${number.format(n)} ${n === 1 ? one : many}`;

/** Rows of a table or a database, which may be estimated. @param {{ rows: number, estimated: boolean }} it */
export const rows = (it) => (it.estimated ? `about ${rough.format(it.rows)} rows` : count(it.rows, 'row'));

/** What a rule keeps for undo. @param {{ count: number, days: number }} rule */
export function kept({ count: n, days }) {
  const last = n === 1 ? 'what was replaced last' : `of each kind the ${count(n, 'thing')} that were replaced last`;
  const young = days && `all of the last ${days === 1 ? 'day' : count(days, 'day')}`;
  return `Kept for undo: ${[last, young].filter(Boolean).join(', and ')}.`;
}

/** Bytes in decimal units, as disks and file managers count. */
export function bytes(n) {
  if (n < 1000) return count(n, 'byte');
  const units = ['kB', 'MB', 'GB', 'TB'];
  let at = -1;
  do { n /= 1000; at += 1; } while (n >= 999.5 && at < units.length - 1);
  return `${n < 9.95 ? n.toFixed(1) : Math.round(n)} ${units[at]}`;
}

export function ago(date, now = Date.now()) {
  const then = new Date(date).getTime();
  const seconds = Math.max(0, (now - then) / 1000);
  if (seconds < 45) return 'just now';
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${count(minutes, 'minute')} ago`;
  const hours = Math.round(seconds / 3600);
  if (hours < 24) return `${count(hours, 'hour')} ago`;
  const days = Math.round(seconds / 86400);
  if (days === 1) return 'yesterday';
  if (days < 31) return `${days} days ago`;
  return day.format(then);
}

export const exact = (date) => full.format(new Date(date));
export const time = (date) => clock.format(new Date(date));

export function duration(ms) {
  if (ms < 950) return `${Math.max(0.1, ms / 1000).toFixed(1)} s`;
  if (ms < 9950) return `${(ms / 1000).toFixed(1)} s`;
  return left(ms / 1000);
}

/** How long a workflow took that has ended. @param {import('../types').WorkflowRow} row */
export const took = (row) => duration(new Date(row.finished_at ?? row.started_at).getTime() - new Date(row.started_at).getTime());

/** Seconds as people say them. */
export function left(seconds) {
  const s = Math.round(seconds);
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.round(s / 60)} min`;
  return `${Math.floor(s / 3600)} h ${Math.round((s % 3600) / 60)} min`;
}

const NAMES = { dev: 'Dev', test: 'Test', live: 'Live' };
export const envName = (environment) => NAMES[environment] ?? environment;

const SYSTEMS = { wordpress: 'WordPress', drupal7: 'Drupal 7', drupal: 'Drupal', php: 'PHP', html: 'HTML' };
export const system = (cms) => SYSTEMS[cms] ?? cms;
export function systemVersion(cms, version) {
  if (!version) return system(cms);
  return cms === 'drupal7' ? `Drupal ${version}` : `${system(cms)} ${version}`;
}
export const engine = (name) => ({ mariadb: 'MariaDB', sqlite: 'SQLite' })[name] ?? name;

export const short = (commit) => commit?.slice(0, 7) ?? '';
export const tagName = (tag) => tag.replace(/^pantheon_/, '').replace(/_(\d+)$/, ' $1');
export const host = (url) => url.replace(/^https?:\/\//, '').replace(/\/$/, '');

/** Where content came from, in a few words. */
export function origin(from) {
  switch (from?.type) {
    case 'clone': {
      const what = from.database && from.files ? 'From' : from.database ? 'Database from' : 'Files from';
      return `${what} ${envName(from.environment)}`;
    }
    case 'import': return `Import of ${from.name}`;
    case 'install': return 'Installed here';
    case 'wipe': return 'Wiped';
    case 'search_replace': return 'After search and replace';
    default: return 'Nothing yet';
  }
}

/** Facts side by side: a line breaks between two of them, inside one only where it is long. */
export const facts = (...all) => all.filter(Boolean).map((it) => (it.length > 20 ? it : it.replaceAll(' ', '\u00a0'))).join('\u00a0· ');

/** A core message as a sentence: the core writes them in lower case without a full stop. */
export const sentence = (message) => message && `${message[0].toUpperCase()}${message.slice(1)}${/[.!?]$/.test(message) ? '' : '.'}`.replace(/`([^`]*)`/g, '“$1”');

export function unit(done, total, of) {
  if (of === 'bytes') return total ? `${bytes(done)} of ${bytes(total)}` : bytes(done);
  const one = of.replace(/s$/, '');
  return total ? `${number.format(done)} of ${count(total, one)}` : count(done, one);
}

/** What a copy of content carries. @param {{database: {bytes: number}, files: {bytes: number}}} content */
export const sizes = ({ database, files }) => `${bytes(database.bytes)}${files.bytes ? ` and ${bytes(files.bytes)} of files` : ', no files'}`;

export const STATES = { running: 'Running', succeeded: 'Done', failed: 'Failed', cancelled: 'Cancelled', rolled_back: 'Rolled back' };

// Letters that Unicode does not take apart.
const LETTERS = { ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', ł: 'l', đ: 'd' };

/** The nearest allowed site name to a folder, archive, address or title. */
export function suggestName(source) {
  const last = source.replace(/[\\/]+$/, '').split(/[\\/:]/).pop() ?? '';
  const bare = last.replace(/\.(zip|git|tgz|tar(\.\w+)?)$/i, '');
  const plain = bare.toLowerCase().replace(/[ßæœøłđ]/g, (it) => LETTERS[it]).normalize('NFKD').replace(/\p{M}/gu, '');
  return plain.replace(/[^a-z0-9]+/g, '-').replace(/^-+/, '').slice(0, 52).replace(/-+$/, '');
}

/** What one of the site's own scripts (Quicksilver) that failed says; empty when none did. @param {import('../types').WorkflowRow} row */
export function hookFailures(row) {
  const failed = (/** @type {any} */ (row.result)?.hooks ?? []).filter((it) => it.error);
  return failed.map((it) => `Hook “${it.description}” failed: ${it.error}`).join('. ');
}

export const NAME_RULE = /^[a-z0-9]([a-z0-9-]{0,50}[a-z0-9])?$/;
