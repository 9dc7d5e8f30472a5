import { pickArchive, pickFolder } from '../api.js';
import { html, make, partsOf, show, text } from '../lib/dom.js';
import { field, requestDialog } from '../lib/dialog.js';
import { NAME_RULE, suggestName } from '../lib/words.js';
import { state } from '../store.js';

const SOURCES = {
  folder: { label: 'Folder', field: 'Folder of code', placeholder: 'The folder that holds the site’s code', pick: () => pickFolder('Choose the folder of code'), hint: 'A Git repository keeps its history; any other folder becomes the first commit. The folder itself is not changed.' },
  archive: { label: 'Archive', field: 'Archive of code or of a whole site', placeholder: 'A .zip or .tar.gz', pick: () => pickArchive('Choose an archive of code or of a whole site'), hint: 'Its code becomes the first commit; a database and uploads in it become Dev’s content.' },
  git: { label: 'Git', field: 'Git address or path', placeholder: 'https://… or ssh://…', hint: 'Branches, tags and history are kept.' },
  sample: { label: 'Sample site', hint: 'A small site with a database, an upload and a form. It needs nothing but PHP and shows the whole workflow in two minutes.' },
};

/** A new site from a folder, an archive, a Git address or the sample. @param {{ from?: string, sample?: boolean }} given */
export function newSiteDialog({ from = '', sample = false } = {}) {
  const view = html`<div class="field"><span class="label" id="source-kind">Code</span><div class="segments" role="radiogroup" aria-labelledby="source-kind" data-part="kinds"></div></div>`;
  const source = html`<div class="field" data-drop="source"><label class="label" for="new-source" data-part="label"></label><div class="picking"><input id="new-source" autocomplete="off" spellcheck="false" aria-describedby="new-source-hint" data-part="from"><button type="button" data-part="pick">Choose…</button></div><small id="new-source-hint" data-part="hint"></small></div>`;
  const { kinds } = partsOf(view);
  const parts = partsOf(source);
  const label = input('new-label');
  const name = input('new-name');
  const nameHint = make('small');
  nameHint.id = 'new-name-hint';
  name.setAttribute('aria-describedby', nameHint.id);
  const branch = input('new-branch');
  branch.placeholder = 'the repository’s own';
  const engines = make('select');
  engines.append(new Option('Default', ''), new Option('MariaDB', 'mariadb'), new Option('SQLite', 'sqlite'));
  let kind = sample ? 'sample' : kindOf(from);
  let named = false;
  const request = () => ({ kind: 'create_site', name: name.value.trim(), from: kind === 'sample' ? 'sample' : parts.from.value.trim(), label: label.value.trim() || null, database: engines.value || null, branch: kind === 'git' ? branch.value.trim() || null : null });
  const dialog = requestDialog({ title: 'New site', act: 'Create site', request });

  for (const [value, { label: words }] of Object.entries(SOURCES)) {
    const choice = html`<label><input type="radio" name="source"><span></span></label>`;
    const [radio, span] = /** @type {[HTMLInputElement, HTMLElement]} */ ([...choice.children]);
    radio.value = value;
    radio.checked = value === kind;
    span.textContent = words;
    radio.addEventListener('change', () => { kind = value; suggest(); draw(); });
    kinds.append(choice);
  }
  const nameField = field('Name', name);
  nameField.append(nameHint);
  const branchField = field('Branch', branch);
  dialog.body.append(view, source, html`<div class="pair"></div>`, html`<div class="pair"></div>`);
  const [first, second] = dialog.body.querySelectorAll('.pair');
  first.append(field('Label', label), nameField);
  second.append(field('Database', engines), branchField);

  function suggest() {
    if (named) return;
    const words = kind === 'sample' ? 'sample' : label.value || parts.from.value;
    let free = suggestName(words);
    const taken = new Set((state.sites ?? []).map((it) => it.name));
    for (let n = 2; free && taken.has(free); n += 1) free = `${suggestName(words).slice(0, 49)}-${n}`;
    name.value = free;
  }

  function draw() {
    const it = SOURCES[kind];
    text(parts.label, it.field ?? '');
    show(parts.label, it.field);
    show(parts.from.parentNode, it.field);
    show(parts.pick, it.pick);
    parts.from.placeholder = it.placeholder ?? '';
    text(parts.hint, it.hint);
    show(branchField, kind === 'git');
    const value = name.value.trim();
    const taken = (state.sites ?? []).some((site) => site.name === value);
    const bad = value && !NAME_RULE.test(value);
    name.setAttribute('aria-invalid', String(!!(bad || taken)));
    nameHint.className = bad || taken ? 'bad' : '';
    text(nameHint, taken ? 'A site with this name exists' : bad ? `Lower-case letters, digits and inner hyphens${suggestName(value) ? `, such as ${suggestName(value)}` : ''}` : value ? `dev-${value}.localhost` : 'Part of every address; it stays');
    dialog.setReady(value && !bad && !taken && (kind === 'sample' || parts.from.value.trim()));
  }

  parts.from.addEventListener('input', () => { suggest(); draw(); });
  label.addEventListener('input', () => { suggest(); draw(); });
  name.addEventListener('input', () => { named = name.value !== ''; draw(); });
  parts.pick.addEventListener('click', async () => {
    try {
      const path = await SOURCES[kind].pick();
      if (path) fill(path);
    } catch (error) {
      dialog.fail(error);
    }
  });

  function fill(path) {
    kind = kindOf(path);
    for (const radio of kinds.querySelectorAll('input')) radio.checked = radio.value === kind;
    parts.from.value = path;
    suggest();
    draw();
  }
  dialog.el.addEventListener('fillSource', (event) => fill(/** @type {CustomEvent} */ (event).detail[0]));
  parts.from.value = from;
  suggest();
  draw();
  if (from || sample) name.focus();
  else kinds.querySelector(':checked').focus();
}

function input(id) {
  const el = make('input');
  el.id = id;
  el.autocomplete = 'off';
  el.spellcheck = false;
  return el;
}

function kindOf(path) {
  if (/\.(zip|tgz|tar(\.\w+)?|gz)$/i.test(path)) return 'archive';
  if (/^(\w+:\/\/|[\w.-]+@[\w.-]+:)/.test(path) || /\.git\/?$/.test(path)) return 'git';
  return 'folder';
}
