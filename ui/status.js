import { answered, query } from './api.js';
import { address } from './actions.js';
import { Findings, Score } from './findings.js';
import { Asked } from './lib/asked.js';
import { html, keyed, make, must, partsOf, send, show, text } from './lib/dom.js';
import { ErrorNote } from './lib/error.js';
import { ago, count, duration, envName, exact } from './lib/words.js';

/** The tab Status: Launch Check with scores and what to do, and the smoke test. */
export function Status(el) {
  el.append(html`<div class="page status"><section><header class="toolbar"><h2 class="grow">Launch Check</h2><span class="meta" data-part="when"></span><button type="button" class="code" data-part="check">Run the checks now</button></header><div data-part="error"></div><p class="none panel" data-part="never">Nobody has checked this environment yet. A check looks at code, database and settings; it changes nothing.</p><div data-part="findings"></div></section><div data-part="smoke"></div></div>`);
  const parts = partsOf(el);
  const note = ErrorNote(parts.error);
  const findings = Findings(parts.findings);
  const smoke = SmokeTest(parts.smoke);
  let environment = null;
  let info = null;
  let checking = null;

  const asked = Asked((environment) => ({ query: 'launch_check', environment, run: false }), draw);

  function draw(report, error) {
    note(error);
    show(parts.never, !report && !error && checking !== environment);
    show(parts.findings, report);
    text(parts.when, report ? `${ago(report.made_at)}${isOld(report, info) ? ', before the last change' : ''}` : '');
    parts.when.title = report ? exact(report.made_at) : '';
    if (report) findings(report.findings);
  }

  function busy() {
    parts.check.disabled = checking !== null;
    text(parts.check, checking === environment ? 'Checking…' : 'Run the checks now');
  }

  parts.check.addEventListener('click', async () => {
    const mine = (checking = environment);
    busy();
    const [report, error] = await answered(query({ query: 'launch_check', environment: mine, run: true }));
    checking = null;
    busy();
    if (mine === environment) draw(report, error);
  });

  return (view) => {
    [environment, info] = [address(view.info), view.info];
    if (asked.update(environment, view.board)) draw(null, null);
    busy();
    smoke(view);
  };
}

/** Whether a report is of other code or content than the environment has now. */
export const isOld = (report, info) => report.commit !== info.code.commit || report.generation !== info.content.generation;

function SmokeTest(el) {
  el.append(html`<section><header class="toolbar"><h2 class="grow">Smoke test</h2><label>Compare with <select data-part="against"></select></label><button type="button" class="code" data-part="run">Run smoke test</button></header><div data-part="error"></div><p data-part="verdict"></p><ul class="rows panel findings" aria-label="Pages to look at" data-part="pages"></ul></section>`);
  const parts = partsOf(el);
  const note = ErrorNote(parts.error);
  let environment = null;
  let info = null;

  const asked = Asked((environment) => ({ query: 'smoke_report', environment }), (report, error) => {
    note(error);
    show(parts.pages, report?.differences.length);
    text(parts.verdict, report
      ? `${report.verdict}. ${ago(report.made_at)}, in ${duration(report.ms)}${report.left_out ? `; ${count(report.left_out, 'more page')} not visited` : ''}${isOld(report, info) ? '; before the last change' : ''}.`
      : 'Visits the front page, what it links to and what the sitemap names, and says what is broken.');
    keyed(parts.pages, report?.differences ?? [], (it) => it.path, Page, (row, it) => row.update(it));
  });

  parts.run.addEventListener('click', () => send(el, 'start', { kind: 'smoke_test', environment, against: parts.against.value || null, paths: [], limit: null }));

  return (view) => {
    environment = address(view.info);
    info = view.info;
    const others = view.board.environments.filter((it) => it.initialized && it.environment !== info.environment).map((it) => it.environment);
    const other = parts.against.dataset.of !== environment;
    keyed(parts.against, ['', ...others], (it) => it, () => make('option'), (option, name) => {
      option.value = name;
      text(option, name ? envName(name) : 'nothing');
    });
    if (other) parts.against.value = info.environment === 'test' && others.includes('live') ? 'live' : '';
    parts.against.dataset.of = environment;
    parts.run.disabled = view.busy;
    asked.update(environment, view.board);
  };
}

function Page() {
  const row = html`<li><div class="what selectable"><b></b><span></span><small class="meta"></small></div></li>`;
  const score = Score();
  row.prepend(score);
  const [path, what, from] = must(row, ':scope > :last-child').children;
  row.update = (it) => {
    score.update?.(it.score);
    text(path, it.path);
    text(what, it.what.join(' '));
    text(from, it.linked_from ? `Linked from ${it.linked_from}` : '');
  };
  return row;
}
