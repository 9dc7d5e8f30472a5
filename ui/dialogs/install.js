import { address } from '../actions.js';
import { make } from '../lib/dom.js';
import { field, requestDialog } from '../lib/dialog.js';
import { envName, system } from '../lib/words.js';

/** Runs the installer of WordPress or Drupal: a title and the first account. */
export function installDialog(info, board) {
  const inputs = {};
  for (const [part, type, autocomplete] of [['title', 'text', 'off'], ['user', 'text', 'username'], ['password', 'password', 'new-password'], ['email', 'email', 'email']]) {
    inputs[part] = Object.assign(make('input'), { type, autocomplete, spellcheck: false, required: true });
  }
  const value = (part) => inputs[part].value.trim();
  const request = () => ({ kind: 'install_site', environment: address(info), title: value('title'), admin_user: value('user'), admin_password: inputs.password.value, admin_email: value('email') });
  const name = system(board.site.cms);
  const dialog = requestDialog({ title: `Install ${name} on ${envName(info.environment)}`, act: `Install ${name}`, request });
  const reveal = make('button', '', 'Show');
  reveal.type = 'button';
  reveal.addEventListener('click', () => {
    const hidden = inputs.password.type === 'password';
    inputs.password.type = hidden ? 'text' : 'password';
    reveal.textContent = hidden ? 'Hide' : 'Show';
  });
  const secret = make('div', 'picking');
  secret.append(inputs.password, reveal);
  inputs.title.value = board.site.label;
  const account = make('div', 'pair');
  account.append(field('Administrator', inputs.user), field('Password', secret));
  dialog.body.append(field('Title', inputs.title), account, field('E-mail', inputs.email, 'Mail of this site is caught, not sent.'),
    make('p', 'note', `The database and this account are made by ${name}’s own installer. You can undo it.`));
  const draw = () => dialog.setReady(value('title') && value('user') && inputs.password.value && inputs.email.checkValidity() && value('email'));
  dialog.form.addEventListener('input', draw);
  draw();
  inputs.title.select();
  inputs.title.focus();
}
