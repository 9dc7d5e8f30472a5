import { show, text } from './lib/dom.js';
import { ago, sentence } from './lib/words.js';

/** `ok`, `warn` (its front page is refused or not there), `bad`, or `asleep`. @param {import('./types').Health} health */
export function tone(health) {
  if (health.type !== 'answered') return health.type === 'asleep' ? 'asleep' : 'bad';
  return health.status >= 500 ? 'bad' : health.status >= 400 ? 'warn' : 'ok';
}

/** How an environment answered last; `parts` are a dot, words, and a button that tells why it did not. */
export function drawHealth(parts, { health, damage }) {
  // What is broken is told below, with its repair.
  const damaged = damage.some((it) => it.stops);
  const kind = tone(health);
  parts.dot.className = `dot ${kind}`;
  show(parts.why, health.type === 'broken' && !damaged);
  text(parts.health, {
    asleep: () => 'Asleep until visited',
    answered: () => `Answered ${health.status} in ${health.ms} ms, ${ago(health.at)}`,
    broken: () => (damaged ? 'Can’t answer visitors' : sentence(health.error.message)),
  }[health.type]());
  parts.health.parentNode.classList.toggle('bad', kind === 'bad');
}
