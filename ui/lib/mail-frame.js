// The HTML of a message, in a frame that runs no script and asks the network for nothing.

const DROPPED = 'script, noscript, iframe, frame, object, embed, link, meta, base, title, audio, video, source, svg, template';

/** A frame for messages; gives back what shows one. */
export function MailFrame(el) {
  const frame = document.createElement('iframe');
  // No scripts, no forms, no windows; the same origin lets this page, and only this page, fill it.
  frame.setAttribute('sandbox', 'allow-same-origin');
  frame.setAttribute('referrerpolicy', 'no-referrer');
  frame.title = 'The message as HTML';
  frame.srcdoc = '<!doctype html><html><head><meta charset="utf-8"></head><body></body></html>';
  el.append(frame);
  let wanted = '';
  const fill = () => { if (frame.contentDocument?.body) draw(frame, wanted); };
  frame.addEventListener('load', fill);
  return (html) => { wanted = html; fill(); };
}

function draw(frame, source) {
  const parsed = new DOMParser().parseFromString(quiet(source), 'text/html');
  const styles = [...parsed.querySelectorAll('script[type=css]')].map((it) => it.textContent);
  for (const dropped of parsed.querySelectorAll(DROPPED)) dropped.remove();
  for (const form of parsed.querySelectorAll('form')) form.replaceWith(...form.childNodes);
  const { contentDocument: inner, contentWindow: view } = frame;
  const body = inner.importNode(bare(parsed.body), true);
  for (const element of [body, ...body.querySelectorAll('[data-style]')]) {
    // Through the object model: the page's policy allows no style in markup.
    element.style.cssText = local(element.dataset.style ?? '');
    delete element.dataset.style;
  }
  inner.body.replaceWith(body);
  inner.adoptedStyleSheets = ['body { margin: 16px; font: 14px/1.5 sans-serif; color: #1c1b19; background: #fff; overflow-wrap: anywhere } img { max-width: 100% }', ...styles].map((words) => {
    const sheet = new view.CSSStyleSheet();
    sheet.replaceSync(local(words.replace(/@import[^;]*;?/gi, '')));
    return sheet;
  });
}

/** Styles and handlers under other names: the page's policy would refuse them, and say so, while they are read. */
const quiet = (source) => source
  .replace(/<style\b[^>]*>/gi, '<script type=css>').replace(/<\/style\s*>/gi, '</script>')
  .replace(/<[a-z][^>]*>/gi, (tag) => tag.replace(/([\s"'/])(style|on\w+)(\s*=)/gi, '$1data-$2$3'));

/** Takes away whatever would run, load or lead somewhere. */
function bare(body) {
  for (const element of [body, ...body.querySelectorAll('*')]) {
    for (const { name, value } of [...element.attributes]) {
      if (name === 'href') element.setAttribute('title', value);
      const stays = name === 'src' ? /^data:image\//i.test(value) : !/^(on.*|data-on.*|style|href|xlink:href|srcset|background|action|formaction|ping|autofocus|poster|id|name)$/i.test(name);
      if (!stays) element.removeAttribute(name);
    }
  }
  return body;
}

/** Styles whose pictures and fonts are in themselves. */
const local = (css) => css.replace(/url\(\s*(?!["']?data:)[^)]*\)/gi, 'none').replace(/image-set\([^)]*\)/gi, 'none');
