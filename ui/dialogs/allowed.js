import { asError, pickFolder, query } from '../api.js';
import { start } from '../store.js';
import { make } from '../lib/dom.js';
import { check, field, requestDialog } from '../lib/dialog.js';

/** What a site’s PHP may reach outside of the site: one is added, or one is taken back, each undoable. @param {import('../types').SiteRow} site */
export async function allowedDialog(site) {
  /** @type {import('../types').Allowed[]} */
  const all = await query({ query: 'allowed', site: site.name });
  const path = make('input', 'mono');
  Object.assign(path, { autocomplete: 'off', spellcheck: false, placeholder: 'A folder or file of this machine' });
  const write = check('PHP may change it, too');
  const dialog = requestDialog({ title: 'Folders that PHP may reach', act: 'Allow', request: () => ({ kind: 'allow_path', site: site.name, path: path.value.trim(), write: write.input.checked }) });
  const pick = make('button', '', 'Choose…');
  pick.type = 'button';
  pick.addEventListener('click', async () => {
    const chosen = await pickFolder('Choose a folder that PHP may reach').catch((error) => { dialog.fail(asError(error)); return null; });
    if (chosen) path.value = chosen;
    draw();
    path.focus();
  });
  path.addEventListener('input', draw);

  function draw() {
    dialog.setReady(path.value.trim() !== '');
  }

  function row(it) {
    const el = make('li');
    const what = make('span', 'what');
    what.append(make('b', 'mono selectable', it.path), make('small', '', it.write ? 'PHP may read and change it' : 'PHP may read it'));
    const close = make('button', 'link', 'Close');
    close.type = 'button';
    close.setAttribute('aria-label', `Close ${it.path} to PHP`);
    close.addEventListener('click', async () => {
      close.disabled = true;
      try {
        await start({ kind: 'disallow_path', site: site.name, path: it.path });
        dialog.close();
      } catch (error) {
        close.disabled = false;
        dialog.fail(error);
      }
    });
    el.append(what, close);
    return el;
  }
  const list = make('ul', 'rows');
  list.append(...all.map(row));
  const panel = make('div', 'panel');
  panel.append(list);
  const picking = make('div', 'picking');
  picking.append(path, pick);
  dialog.body.append(
    make('p', '', 'PHP of this site, and the programs that it starts, reach this site’s code, its content and a temporary folder. A tool or a folder elsewhere is closed to them unless it is allowed here.'),
    all.length ? panel : make('p', 'note', 'Nothing else is allowed.'),
    field('Allow one more', picking), write,
  );
  draw();
  path.focus();
}
