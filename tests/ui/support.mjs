// The page in Debian's Chromium with a stand-in for Tauri. No server: the route serves `ui/` with the real policy.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { extname, join, normalize } from 'node:path';
import { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const root = fileURLToPath(new URL('../..', import.meta.url));
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const policy = JSON.parse(readFileSync(join(root, 'tauri.conf.json'), 'utf8')).app.security.csp;
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };
const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

let browser = null;
export const launch = async () => (browser ??= await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ARGS }));
export function withBrowser() {
  before(launch);
  after(() => browser?.close());
}

/** Runs in the page: what Tauri would offer, with a record of every call. */
function fakeTauri(answers) {
  /** As the core plans an import of files that `known` tells of. */
  function importPlanOf(request, known) {
    const sources = request.files.map((path) => known.find((it) => it.path === path));
    const of = (type) => sources.find((it) => it.holds.type === type);
    const [database, files, site] = [of('database'), of('files') ?? (request.taken_as === 'files' ? of('doubt') : undefined), of('site') ?? of('code')];
    const { environment, taken_as, from_database, from_url, keep_urls, updatedb, cc, confirm } = request;
    const doubt = of('doubt');
    if (doubt && !taken_as && !request.entry) return { environment, sources, request: null, problem: { code: 'refused', message: 'it is not clear', hint: null, causes: [] }, effort: null };
    const wanted = site ? { kind: 'import_site', ...request } : database ? { kind: 'import_database', environment, file: database.path, files: files?.path ?? null, from_database, from_url, keep_urls, updatedb, cc, confirm } : { kind: 'import_files', environment, file: files?.path, confirm };
    const [name] = environment.split('.').slice(1);
    return { environment, sources, replaces: fake.answers['board:acme'].environments.find((it) => it.environment === name).content, code: !!site, database: !!database || site?.holds.type === 'site', files: !!files, pairs: keep_urls ? [] : (database?.holds.addresses ?? []).map((old) => ({ old, new: `http://${name}-acme.localhost:8080` })), request: wanted, problem: null, confirm: name === 'live' };
  }
  const fake = (window.fake = { answers, calls: [], subscriber: null, drag: null, refuse: null, nextId: 100, picked: '/home/mira/code/acme', pickedFiles: [], place: '/home/mira/Desktop/*', slow: {}, runs: new Map() });
  fake.of = (command) => fake.calls.filter((it) => it.command === command).map((it) => it.args);
  fake.emit = (event) => fake.subscriber?.onmessage(event);
  fake.finish = (id, change = {}) => {
    const run = fake.runs.get(id);
    const row = { ...run.row, state: 'succeeded', finished_at: new Date().toISOString(), undoable: true, ...change };
    fake.emit({ event: 'finished', workflow: row });
    if (row.state === 'succeeded') run.resolve(row);
    else run.reject(row.error ?? { code: 'cancelled', message: 'cancelled', hint: null, causes: [] });
  };
  const commands = {
    async query({ query }) {
      const key = `${query.query}:${query.site ?? query.environment ?? query.request?.kind ?? ''}`;
      const answer = structuredClone(fake.answers[key] ?? fake.answers[query.query]);
      if (query.query === 'command') return `portico ${query.request.kind} ${query.request.environment ?? query.request.from ?? query.request.site ?? ''}`.trim();
      if (fake.slow[key]) await new Promise((done) => setTimeout(done, fake.slow[key].shift() ?? 0));
      if (answer === undefined) throw { code: 'not_found', message: `no answer is named \`${key}\``, hint: null, causes: [] };
      if (answer?.refuse) throw answer.refuse;
      if (query.query === 'import_plan') return { ...importPlanOf(query.request, fake.answers.inspect), ...answer };
      // Only what was asked about, in that order.
      if (query.query === 'inspect') return query.paths.map((path) => answer.find((it) => it.path === path)).filter(Boolean);
      return answer;
    },
    run({ request, events }) {
      if (fake.refuse) return Promise.reject(fake.refuse);
      const id = fake.nextId++;
      const address = (typeof request.environment === 'string' && request.environment) || '';
      const [site, environment] = address.split('.');
      const row = { id, site: site || request.site || request.name || request.from.split('.')[0], environment: environment ?? request.to ?? null, kind: request.kind, title: fake.title ?? request.kind, state: 'running', started_at: new Date().toISOString(), finished_at: null, undoes: null, undoable: false, command: `portico ${request.kind}`, result: null, error: null };
      return new Promise((resolve, reject) => {
        fake.runs.set(id, { row, resolve, reject });
        fake.emit({ event: 'started', workflow: row });
        events.onmessage({ event: 'started', workflow: row });
      });
    },
    async recover({ way }) {
      if (fake.recovers?.refuse) throw fake.recovers.refuse;
      Object.assign(fake.answers, fake.recovers?.[way]);
    },
    async cancel({ workflow }) { fake.finish(workflow, { state: 'cancelled', undoable: false }); },
    async subscribe({ events }) { fake.subscriber = events; },
    async open_url() {}, async leave() {}, async open_folder() {}, async open_terminal() {}, async notify() {}, async show_in_folder() {},
  };
  window.__TAURI__ = {
    core: {
      invoke: async (command, args) => {
        fake.calls.push({ command, args: args.events ? { ...args, events: null } : args });
        if (!commands[command]) throw `command ${command} not found`;
        return commands[command](args);
      },
      Channel: class { onmessage = () => {}; },
    },
    webview: { getCurrentWebview: () => ({ onDragDropEvent: async (listener) => { fake.drag = (type, paths, x, y) => listener({ payload: { type, paths, position: { x, y } } }); return () => {}; } }) },
    dialog: { open: async ({ multiple }) => (multiple ? fake.pickedFiles : fake.picked), save: async ({ defaultPath }) => fake.place?.replace('*', defaultPath) ?? null },
    event: { listen: async (name, listener) => { fake.tell = { ...fake.tell, [name]: (payload) => listener({ payload }) }; return () => {}; } },
  };
}

/** Opens the page; fails the test on anything that the page says on the console. */
export async function open(t, answers, { width = 1280, height = 820, colorScheme = 'light', reducedMotion = 'reduce' } = {}) {
  const context = await (await launch()).newContext({ viewport: { width, height }, colorScheme, reducedMotion, permissions: ['clipboard-read', 'clipboard-write'] });
  const complaints = [];
  await context.route('http://app.localhost/**', (route) => {
    const path = normalize(new URL(route.request().url()).pathname);
    const file = join(root, 'ui', path === '/' ? 'index.html' : path);
    try {
      route.fulfill({ body: readFileSync(file), contentType: TYPES[extname(file)] ?? 'application/octet-stream', headers: { 'content-security-policy': policy } });
    } catch {
      if (path !== '/favicon.ico') complaints.push(`no file ${path}`);
      route.fulfill({ status: 404, body: '' });
    }
  });
  await context.addInitScript(fakeTauri, answers);
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  page.on('console', (message) => { if (['error', 'warning'].includes(message.type()) && !/favicon/.test(message.location().url)) complaints.push(message.text()); });
  page.on('pageerror', (error) => complaints.push(error.stack ?? error.message));
  t?.after(async () => {
    await context.close();
    if (complaints.length) throw new Error(`the page complained: ${complaints.join('\n')}`);
  });
  await page.goto('http://app.localhost/');
  await page.waitForSelector('html[data-ready=true]').catch((error) => { throw new Error(`not ready: ${complaints.join('\n')}`, { cause: error }); });
  return page;
}

export const runs = (page) => page.evaluate(() => fake.of('run').map((it) => it.request));
export const calls = (page, command) => page.evaluate((name) => fake.of(name), command);
export const emit = (page, event) => page.evaluate((it) => fake.emit(it), event);
export const finish = (page, id, change) => page.evaluate(([a, b]) => fake.finish(a, b), [id, change]);

/** Violations of WCAG 2.2 AA, each with where it is. */
export async function axe(page) {
  await page.evaluate(axeSource);
  const { violations } = await page.evaluate(() => axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
  return violations.map((it) => `${it.id}: ${it.nodes.map((node) => `${node.target.join(' ')} ${node.any[0]?.message ?? ''}`).join(' | ')}`);
}
