// The guided hotfix: from the tag that Live runs, past Dev, to Test and Live; then to Dev, so that it stays.
import { asError, query } from '../api.js';
import { html, partsOf, send, show, text } from '../lib/dom.js';
import { openDialog } from '../lib/dialog.js';
import { count, envName, tagName } from '../lib/words.js';
import { onChange, start, board as present, busy } from '../store.js';
import { nameField } from './multidev.js';

const FIXED = ['dev', 'test', 'live'];

/** @param {import('../types').EnvironmentInfo} info Test or Live @param {import('../types').Board} board */
export function hotfixDialog(info, board) {
  const site = board.site.name;
  const dialog = openDialog({ title: 'Hotfix', close: 'Close', wide: true });
  const view = html`<div class="hotfix"><p>A hotfix changes Live without what waits on Dev: it begins with the code that Live runs, goes to Test and Live as a tag of its own, and comes to Dev at the end.</p><ol class="steps">
    <li data-part="one"><h3>Begin with Live’s code</h3><p class="note" data-part="oneWords"></p><label class="field" data-part="which"><span class="label">Environment</span><select data-part="chosen"></select></label><div data-part="name"></div><div class="acts"><button type="button" class="code" data-part="make">Create Environment</button></div></li>
    <li data-part="two"><h3>Fix it</h3><p class="note" data-part="twoWords"></p><div class="acts"><button type="button" data-part="folder">Open folder</button><button type="button" data-part="terminal">Terminal</button><button type="button" data-part="visit">Visit</button><button type="button" data-part="clone">Copy clone command</button><button type="button" class="code soft" data-part="commit">Review &amp; commit</button></div></li>
    <li data-part="three"><h3>Deploy it to Test</h3><p class="note" data-part="testWords"></p><div class="acts"><button type="button" class="code" data-part="test">Tag and deploy to Test…</button></div></li>
    <li data-part="four"><h3>Deploy it to Live</h3><p class="note" data-part="liveWords"></p><div class="acts"><button type="button" class="code" data-part="live">Tag and deploy to Live…</button></div></li>
    <li data-part="five"><h3>Keep it</h3><p class="note" data-part="fiveWords"></p><div class="acts"><button type="button" class="code" data-part="bring">Bring to Dev…</button><button type="button" data-part="remove">Delete environment…</button></div></li></ol></div>`;
  const parts = partsOf(view);
  let chosen = '';
  let wanted = null;
  let waits = {};
  let seen = null;
  const others = () => (present()?.environments ?? []).filter((it) => !FIXED.includes(it.environment));
  /** @returns {import('../types').EnvironmentInfo} */
  const of = (name) => /** @type {any} */ (present()?.environments.find((it) => it.environment === name));
  const main = document.getElementById('main');
  const leave = (verb, detail) => { dialog.close(); send(main, verb, detail); };
  const typed = nameField(board.environments.map((it) => it.environment), (name) => { wanted = name; draw(); });
  parts.name.append(typed.el);
  typed.input.value = board.environments.some((it) => it.environment === 'hotfix') ? '' : 'hotfix';

  parts.chosen.addEventListener('change', () => { chosen = parts.chosen.value; seen = null; update(); });
  parts.make.addEventListener('click', async () => {
    try {
      const name = wanted;
      await start({ kind: 'create_multidev', from: `${site}.live`, name, no_db: false, no_files: false, at: of('live').code.tag });
      dialog.fail(null);
      chosen = name;
    } catch (error) {
      dialog.fail(error);
    }
  });
  parts.folder.addEventListener('click', () => send(view, 'openFolder', of(chosen).code_folder));
  parts.terminal.addEventListener('click', () => send(view, 'openTerminal', of(chosen).code_folder));
  parts.visit.addEventListener('click', () => send(view, 'visit', of(chosen)));
  parts.clone.addEventListener('click', () => send(view, 'copyText', { text: `git clone -b ${of(chosen).code.branch} ${present()?.repository} ${site}`, said: 'Copied the clone command' }));
  parts.commit.addEventListener('click', () => leave('commit', of(chosen)));
  for (const name of ['test', 'live']) parts[name].addEventListener('click', () => leave('deployHotfix', { info: of(name), from: chosen }));
  parts.bring.addEventListener('click', () => leave('merge', { kind: 'bring_to_dev', environment: `${site}.live` }));
  parts.remove.addEventListener('click', () => leave('deleteMultidev', of(chosen)));

  /** How many commits of the hotfix Test and Live lack. */
  async function ask() {
    const mine = seen;
    const plans = ['test', 'live'].map((name) => query({ query: 'deploy_plan', environment: `${site}.${name}`, from: chosen }).then((it) => it.deployable));
    const answers = await Promise.all(plans).catch((error) => { dialog.fail(asError(error)); return null; });
    if (mine !== seen || !answers) return;
    waits = { test: answers[0], live: answers[1] };
    draw();
  }

  function draw() {
    const it = of(chosen);
    const live = of('live');
    const running = busy();
    text(parts.oneWords, it ? `${chosen} began with the code that Live ran.` : `An environment at ${tagName(live.code.tag)}, with a copy of Live’s database and files, so that you see what visitors see.`);
    show(parts.which, others().length);
    show(parts.name, !it);
    show(parts.make, !it);
    parts.make.disabled = running || !wanted;
    const two = it?.connection_mode === 'git' ? 'Clone it, change it, commit and push.' : 'Change its files, look at it, then commit.';
    text(parts.twoWords, !it ? 'Then change its files and commit.' : it.code.uncommitted ? `${count(it.code.uncommitted, 'changed file')} not committed.` : two);
    for (const part of ['folder', 'terminal', 'visit', 'clone']) parts[part].disabled = !it;
    parts.commit.disabled = !it?.code.uncommitted;
    for (const [name, words] of [['test', parts.testWords], ['live', parts.liveWords]]) {
      const lacks = it ? waits[name] ?? 0 : 0;
      text(words, lacks ? `${count(lacks, 'commit')} of ${chosen} ${lacks === 1 ? 'is' : 'are'} not on ${envName(name)}.` : it ? `${envName(name)} has every commit of ${chosen}.` : name === 'test' ? 'Look at it there first.' : 'Then to visitors.');
      parts[name].disabled = running || !lacks;
    }
    text(parts.fiveWords, live.code.orphans ? `${count(live.code.orphans, 'commit')} of Live ${live.code.orphans === 1 ? 'is' : 'are'} not on Dev; the next deploy from Dev would drop them.` : 'Dev has every commit of Live.');
    parts.bring.disabled = running || !live.code.orphans;
    parts.remove.disabled = running || !it;
  }

  function update() {
    if (present()?.site.name !== site || !of('live')?.initialized) return dialog.close();
    const names = others().map((it) => it.environment);
    if ([...parts.chosen.options].map((it) => it.value).join() !== ['', ...names].join()) {
      parts.chosen.replaceChildren(new Option('A new one', ''), ...names.map((name) => new Option(name, name)));
    }
    parts.chosen.value = names.includes(chosen) ? chosen : '';
    draw();
    if (of(chosen) && seen !== present()) {
      seen = present();
      ask();
    }
  }

  // Whoever comes back from a commit or a deploy goes on where the hotfix is.
  chosen = others().find((it) => /^hotfix/.test(it.environment))?.environment ?? '';
  dialog.body.append(view);
  const forget = onChange(update);
  dialog.el.addEventListener('close', forget);
  typed.draw();
  update();
}
