import { query } from '../api.js';
import { make, text } from '../lib/dom.js';
import { check, field, group, requestDialog } from '../lib/dialog.js';
import { bytes, envName } from '../lib/words.js';

const RULE = /^[a-z0-9]([a-z0-9-]{0,9}[a-z0-9])?$/;
const RESERVED = ['master', 'settings', 'team', 'support', 'multidev', 'debug', 'files', 'tags', 'billing', 'dev', 'test', 'live', 'main'];

/** The nearest allowed name, as the core suggests it; empty when nothing of it can stay. */
export const suggestMultidev = (source) => source.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+/, '').slice(0, 11).replace(/-+$/, '');

/** What is wrong with a name, as it is typed; empty when nothing is. */
export function nameProblem(name, taken) {
  if (RESERVED.includes(name)) return `“${name}” is a reserved name`;
  if (!RULE.test(name)) {
    const better = suggestMultidev(name);
    return `1 to 11 lower-case letters, digits and inner hyphens${better && better !== name && !RESERVED.includes(better) ? `, such as ${better}` : ''}`;
  }
  return taken.includes(name) ? `There is an environment ${name} already` : '';
}

/** The field for a multidev's name, checked as it is typed. */
export function nameField(taken, changed) {
  const input = make('input');
  const hint = make('small');
  Object.assign(input, { id: 'multidev-name', autocomplete: 'off', spellcheck: false, maxLength: 60 });
  hint.id = 'multidev-name-hint';
  input.setAttribute('aria-describedby', hint.id);
  const el = field('Name', input);
  el.append(hint);
  const draw = () => {
    const name = input.value.trim();
    const problem = name && nameProblem(name, taken);
    input.setAttribute('aria-invalid', String(!!problem));
    hint.className = problem ? 'bad' : '';
    text(hint, problem || (name ? 'The name of its branch and part of its address' : 'Up to 11 lower-case letters, digits and hyphens'));
    changed(name && !problem ? name : null);
  };
  input.addEventListener('input', draw);
  return { el, input, draw };
}

/** A new environment: name, whose content, whose code. @param {import('../types').Board} board @param {{ branch?: string }} given `branch` becomes one */
export async function createMultidevDialog(board, { branch } = {}) {
  const site = board.site.name;
  /** @type {import('../types').BranchRow[]} */
  const branches = await query({ query: 'branches', site });
  const known = new Set(branches.map((it) => it.name));
  const sources = board.environments.filter((it) => it.initialized);
  const from = make('select');
  for (const it of sources) from.append(new Option(`${envName(it.environment)} (${bytes(it.content.database.bytes)} + ${bytes(it.content.files.bytes)})`, it.environment));
  from.value = sources.some((it) => it.environment === 'live') ? 'live' : 'dev';
  const at = make('select');
  at.append(new Option('Dev’s code', ''));
  for (const it of branches.filter((row) => !row.environment)) at.append(new Option(`Branch ${it.name}`, it.name));
  for (const it of board.environments.filter((row) => row.code.tag)) at.append(new Option(`${envName(it.environment)}’s code (${it.code.tag})`, it.code.tag ?? ''));
  at.value = branch ?? '';
  const database = check('Database', { checked: true });
  const files = check('Files', { checked: true });
  const hint = make('p', 'note');
  let name = null;
  const uses = () => name !== null && known.has(name);
  const request = () => ({ kind: 'create_multidev', from: `${site}.${from.value}`, name: name ?? '', no_db: !database.input.checked, no_files: !files.input.checked, at: uses() ? null : at.value || null });
  const dialog = requestDialog({ title: 'Create Multidev Environment', act: 'Create Environment', request });
  const draw = () => {
    text(hint, uses() ? `The branch ${name} exists: the environment begins with its code.` : 'The code comes from a new branch of that name.');
    at.disabled = uses();
    dialog.setReady(name !== null);
  };
  const typed = nameField(board.environments.map((it) => it.environment), (it) => { name = it; draw(); });
  at.addEventListener('change', draw);
  dialog.body.append(typed.el, field('Code', at), hint, field('Clone database and files from', from), group('Content', database, files));
  if (branch) typed.input.value = suggestMultidev(branch.split('/').pop());
  typed.draw();
  typed.input.focus();
}

/** Takes an environment away; its branch stays unless asked. */
export function deleteMultidevDialog(info) {
  const branch = check('Delete the branch too', { note: 'its commits stay in the repository’s history' });
  const dialog = requestDialog({
    title: `Delete ${info.environment}`, act: 'Delete Environment', tone: 'bad',
    request: () => ({ kind: 'delete_multidev', environment: `${info.site}.${info.environment}`, delete_branch: branch.input.checked }),
  });
  const lost = info.code.uncommitted ? ` So do its ${info.code.uncommitted} uncommitted changes.` : '';
  dialog.body.append(make('p', '', `Its database and files go.${lost} The other environments stay. You can undo it until it is pruned.`), branch);
}
