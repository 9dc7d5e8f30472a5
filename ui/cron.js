import { address } from './actions.js';
import { Asked } from './lib/asked.js';
import { html, partsOf, send, show, text } from './lib/dom.js';
import { ErrorNote } from './lib/error.js';
import { ago, duration, exact } from './lib/words.js';

const HINTS = {
  awake: 'Every hour while the environment is awake, as on Pantheon. A sleeping environment is left asleep.',
  on: 'At its interval. A sleeping environment is woken for it, and visits do not start it.',
  off: 'Only when you run it here. Visits do not start it.',
};

/** The tab Cron: when it runs, and how it went. */
export function Cron(el) {
  el.append(html`<div class="page cron"><div data-part="error"></div><p class="none panel" data-part="unknown">Portico knows the cron of WordPress and Drupal only.</p>
    <form data-part="form"><fieldset><legend>Cron</legend><div class="segments narrow" role="radiogroup" aria-label="When cron runs" data-part="modes"><label><input type="radio" name="cron" value="awake"><span>While awake</span></label><label><input type="radio" name="cron" value="on"><span>On</span></label><label><input type="radio" name="cron" value="off"><span>Off</span></label></div>
      <p class="meta" data-part="hint"></p><label class="field short" data-part="interval"><span class="label">Minutes between two runs</span><input type="number" min="1" max="10080" step="1" required data-part="every"></label></fieldset>
      <p class="buttons"><button type="submit" class="code" data-part="save">Save</button><button type="button" data-part="run">Run Cron Now</button></p></form>
    <section data-part="past"><h2>Last run</h2><p data-part="last"></p><p class="meta" data-part="next"></p><pre class="log selectable" tabindex="0" aria-label="What the last run said" data-part="said"></pre></section></div>`);
  const parts = partsOf(el);
  const note = ErrorNote(parts.error);
  const radios = [...parts.modes.querySelectorAll('input')];
  let environment = null;
  let info = null;
  let busy = false;
  const chosen = () => radios.find((it) => it.checked)?.value ?? info.mode;

  const asked = Asked((environment) => ({ query: 'cron', environment }), (answer, error) => {
    note(error);
    if (!answer) return;
    const changed = !info || info.mode !== answer.mode || info.every !== answer.every;
    info = answer;
    if (changed) {
      for (const radio of radios) radio.checked = radio.value === info.mode;
      parts.every.value = info.every;
    }
    draw();
  });

  function draw() {
    show(parts.form, info?.known);
    show(parts.unknown, info && !info.known);
    show(parts.past, info?.known);
    if (!info?.known) return;
    const mode = chosen();
    text(parts.hint, HINTS[mode]);
    show(parts.interval, mode === 'on');
    const same = mode === info.mode && (mode !== 'on' || Number(parts.every.value) === info.every);
    parts.save.disabled = busy || same;
    parts.run.disabled = busy;
    const { last, next } = info;
    text(parts.last, last ? `${last.ok ? 'Went well' : 'Went wrong'}, ${ago(last.at)}, in ${duration(last.ms)}.` : 'It has not run yet.');
    parts.last.classList.toggle('bad-text', !!last && !last.ok);
    parts.last.title = last ? exact(last.at) : '';
    const due = next && new Date(next) <= new Date();
    text(parts.next, next ? `Next run: ${due ? 'now' : exact(next)}${info.mode === 'awake' ? ', if it is awake then' : ''}.` : '');
    show(parts.said, last?.said);
    text(parts.said, last?.said);
  }

  for (const radio of radios) radio.addEventListener('change', draw);
  parts.every.addEventListener('input', draw);
  parts.form.addEventListener('submit', (event) => {
    event.preventDefault();
    const mode = chosen();
    send(el, 'start', mode === 'off'
      ? { kind: 'disable_cron', environment }
      : { kind: 'enable_cron', environment, every: mode === 'on' ? Number(parts.every.value) : 60, while_awake: mode === 'awake' });
  });
  parts.run.addEventListener('click', () => send(el, 'start', { kind: 'run_cron', environment }));

  return (view) => {
    environment = address(view.info);
    busy = view.busy;
    if (asked.update(environment, view.board)) info = null;
    draw();
  };
}
