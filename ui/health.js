import { show, text } from './lib/dom.js';
import { sentence } from './lib/words.js';

/** How an environment answered last; `parts` are a dot, words, and a button that tells why it did not. */
export function drawHealth(parts, { health }) {
  const kind = health.type === 'broken' || health.status >= 500 ? 'bad' : health.type === 'asleep' ? 'asleep' : 'ok';
  parts.dot.className = `dot ${kind}`;
  show(parts.why, health.type === 'broken');
  text(parts.health, {
    asleep: () => 'Asleep until visited',
    answered: () => `Answered ${health.status} in ${health.ms} ms`,
    broken: () => sentence(health.error.message),
  }[health.type]());
  parts.health.parentNode.classList.toggle('bad', kind === 'bad');
}
