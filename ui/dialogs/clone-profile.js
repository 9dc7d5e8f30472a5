import { query } from '../api.js';
import { make, text } from '../lib/dom.js';
import { field, requestDialog } from '../lib/dialog.js';
import { system } from '../lib/words.js';

/** Which tables a site's clones leave out: their structure is kept, their rows are not. @param {import('../types').SiteRow} site */
export async function cloneProfileDialog(site) {
  /** @type {import('../types').CloneProfile} */
  const profile = await query({ query: 'clone_profile', site: site.name });
  const area = make('textarea', 'mono');
  area.rows = 10;
  area.spellcheck = false;
  area.value = profile.exclude.join('\n');
  let reset = false;
  const names = () => area.value.split(/[\s,]+/).filter(Boolean);
  const dialog = requestDialog({ title: 'Tables that clones leave out', act: 'Save', request: () => ({ kind: 'set_clone_profile', site: site.name, exclude: reset ? [] : names(), reset }) });
  const words = make('p', 'note');
  const back = make('button', 'link', `Back to ${system(site.cms)}’s own list`);
  back.type = 'button';
  back.disabled = profile.is_default;
  back.addEventListener('click', () => { reset = true; draw(); });
  area.addEventListener('input', () => { reset = false; draw(); });

  function draw() {
    text(words, reset ? 'Save, and the list is as it was at first.' : profile.is_default ? `This is ${system(site.cms)}’s own list.` : 'This list has been changed for this site.');
    area.disabled = reset;
    const same = !reset && names().join(' ') === profile.exclude.join(' ');
    dialog.setReady(!same && !(reset && profile.is_default));
  }
  const acts = make('p', 'acts-row');
  acts.append(words, back);
  dialog.body.append(field('Tables', area, 'One a line, without the prefix; * stands for any letters. Their structure is cloned, their rows are not.'), acts);
  draw();
  area.focus();
}
