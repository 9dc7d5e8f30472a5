import { asError, copy, query } from './api.js';
import { address } from './actions.js';
import { whileSeen } from './lib/asked.js';
import { html, keyed, make, partsOf, send, show, text } from './lib/dom.js';
import { ErrorNote } from './lib/error.js';
import { count } from './lib/words.js';

/** Entries that are kept in the page. */
const MOST = 1000;
const KINDS = { php: 'PHP errors', access: 'Access', slow: 'Slow requests', database: 'Database errors', mail: 'Mail' };
const HINTS = {
  php: 'Errors, warnings and notices of PHP. They also show on the pages of Dev and multidevs; on Test and Live they are only here.',
  access: 'Every request, with its status and the seconds until its answer began.',
  slow: 'Requests whose answer took a second or longer to begin.',
  database: 'What the site and its database server say about failed queries and connections.',
  mail: 'A line for each message that was caught. The tab Mail shows them whole.',
};
const LEVELS = { fatal: 'Fatal', error: 'Error', warning: 'Warning', info: '' };

/** The tab Logs: one log of the environment, followed while it is seen. */
export function Logs(el) {
  el.append(html`<div class="logs"><div class="toolbar"><label class="field"><span class="unseen">Log</span><select data-part="kind"></select></label>
    <label class="field grow"><span class="unseen">Filter</span><input type="search" placeholder="Filter" data-part="filter"></label>
    <button type="button" aria-pressed="false" data-part="pause">Pause</button><button type="button" data-part="copy">Copy</button></div>
    <p class="meta" data-part="hint"></p><div data-part="error"></div>
    <div class="entries selectable" role="log" aria-label="Entries" aria-live="off" tabindex="0" data-part="box"><ol data-part="entries"></ol></div><p class="none panel" data-part="none"></p><p class="meta" role="status" data-part="state"></p></div>`);
  const parts = partsOf(el);
  for (const [kind, label] of Object.entries(KINDS)) parts.kind.append(new Option(label, kind));
  const note = ErrorNote(parts.error);
  let environment = null;
  let entries = [];
  let cursor = null;
  let serial = 0;
  let turn = 0;
  let asking = false;
  let paused = false;

  const visible = () => {
    const words = parts.filter.value.trim().toLowerCase();
    return words ? entries.filter((it) => it.text.toLowerCase().includes(words)) : entries;
  };

  function draw() {
    const all = visible();
    const { box } = parts;
    const atEnd = box.scrollTop + box.clientHeight >= box.scrollHeight - 8;
    keyed(parts.entries, all, (it) => it.key, Entry, () => {});
    show(box, all.length);
    if (atEnd) box.scrollTop = box.scrollHeight;
    show(parts.none, !all.length && cursor !== null);
    text(parts.none, entries.length ? 'No entry has these words.' : 'Nothing yet. What comes shows up here at once.');
    parts.copy.disabled = !all.length;
    text(parts.state, cursor === null ? '' : `${count(all.length, 'entry', 'entries')} · ${paused ? 'paused' : 'following'}`);
  }

  async function ask() {
    if (asking) return;
    asking = true;
    const mine = turn;
    try {
      const page = await query({ query: 'log', environment, kind: parts.kind.value, lines: 200, since: cursor });
      if (mine !== turn) return;
      cursor = page.cursor;
      entries.push(...page.entries.map((it) => ({ ...it, key: ++serial })));
      entries = entries.slice(-MOST);
      note(null);
      draw();
    } catch (thrown) {
      if (mine === turn) note(asError(thrown));
    } finally {
      asking = false;
      if (mine !== turn) ask();
    }
  }

  function begin() {
    [entries, cursor] = [[], null];
    turn += 1;
    note(null);
    text(parts.hint, HINTS[parts.kind.value]);
    draw();
    ask();
  }

  parts.kind.addEventListener('change', begin);
  parts.filter.addEventListener('input', draw);
  parts.pause.addEventListener('click', () => {
    paused = !paused;
    parts.pause.setAttribute('aria-pressed', paused);
    text(parts.pause, paused ? 'Go on' : 'Pause');
    if (!paused) ask();
    draw();
  });
  parts.copy.addEventListener('click', async () => {
    const all = visible();
    await copy(all.map((it) => it.text).join('\n'));
    send(el, 'say', `Copied ${count(all.length, 'entry', 'entries')}`);
  });
  whileSeen(el, 1500, () => { if (!paused && environment) ask(); });

  return ({ info }) => {
    if (address(info) === environment) return;
    environment = address(info);
    begin();
  };
}

function Entry({ level, text: words }) {
  const row = make('li', `at-${level}`);
  if (LEVELS[level]) row.append(make('span', 'level', LEVELS[level]), ' ');
  row.append(make('span', 'words', words));
  return row;
}
