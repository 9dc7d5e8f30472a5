import { html, icon, partsOf, send, show } from './lib/dom.js';
import { CheckList } from './machine.js';

/** The first start: three ways to begin, and what the machine lacks. */
export function Welcome(el) {
  el.append(html`<div class="welcome"><div class="sign" data-part="sign"></div><h1>Dev, Test and Live on your own machine</h1>
    <p class="lead">Every site gets three environments that all run at once. <b class="is-code">Code</b> moves up by deploys, <b class="is-content">content</b> moves down by clones, and every step can be undone.</p>
    <div class="zone" data-drop="new-site"><p>Drop a folder or an archive of code here</p><div class="ways"><button type="button" class="code" data-part="new">New site</button><button type="button" data-part="sample">Try the sample site</button></div></div>
    <section class="needs" data-part="needs" aria-labelledby="needs-title"><h2 id="needs-title">Missing on this machine</h2><div data-part="list"></div></section></div>`);
  const parts = partsOf(el);
  parts.sign.append(icon('portico'));
  parts.new.addEventListener('click', () => send(el, 'newSite', {}));
  parts.sample.addEventListener('click', () => send(el, 'newSite', { sample: true }));
  const list = CheckList(parts.list);
  return ({ checks }) => {
    const missing = (checks ?? []).filter((it) => !it.ok);
    show(parts.needs, missing.length);
    list(missing);
  };
}
