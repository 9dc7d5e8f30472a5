// Dragging a Code or Content chip from one environment to another. Pointer events: the web view keeps HTML5 drags
// for files from outside. Every drag has a button that does the same.
import { icon, make, send } from './lib/dom.js';
import { envName } from './lib/words.js';

const STARTS_AFTER_PX = 5;
const PARENT = { test: 'dev', live: 'test' };

/** Why this can't be dropped there, or null when it can. */
export function refusal(kind, from, to, environments) {
  const target = environments.find((it) => it.environment === to);
  if (from === to) return '';
  if (kind === 'code') {
    if (PARENT[to] !== from) return to === 'dev' ? 'Code only moves up' : `${envName(to)} takes its code from ${envName(PARENT[to] ?? 'dev')}`;
    return null;
  }
  return target?.initialized ? null : `Create ${envName(to)} first`;
}

/** What is pressed, where it can be dragged. @param {Event} event */
const chipOf = (event) => /** @type {Element} */ (event.target).closest('[data-drag]');

/** @param {HTMLElement} root @param {() => import('./types').Board | null} board @param {() => boolean} busy */
export function Drag(root, board, busy) {
  // Whether a drag begins or not, no text is selected by it.
  root.addEventListener('mousedown', (event) => { if (chipOf(event)) event.preventDefault(); });
  root.addEventListener('pointerdown', (event) => {
    const chip = event.button === 0 && chipOf(event);
    if (chip && !busy()) begin(chip, event);
  });

  function begin(chip, down) {
    const from = chip.closest('[data-environment]').dataset.environment;
    const kind = chip.dataset.drag;
    let ghost = null;
    let over = null;
    const places = () => /** @type {HTMLElement[]} */ ([...root.querySelectorAll('.env, tr[data-environment]')]);
    chip.setPointerCapture(down.pointerId);

    function lift() {
      ghost = make('div', `ghost chip ${kind}`);
      ghost.append(icon('grip'), kind === 'code' ? `Code of ${envName(from)}` : `Content of ${envName(from)}`);
      document.body.append(ghost);
      document.body.classList.add('dragging');
      for (const place of places()) {
        const why = refusal(kind, from, place.dataset.environment, board()?.environments ?? []);
        place.classList.add(why === null ? 'legal' : 'illegal');
        if (why && place.tagName !== 'TR') place.append(make('p', 'reason', why));
        if (why === null && place.tagName !== 'TR') place.append(make('p', `reason ${kind}`, kind === 'code' ? `Deploy to ${envName(place.dataset.environment)}` : `Clone to ${envName(place.dataset.environment)}`));
      }
    }

    function move(event) {
      if (!ghost && Math.hypot(event.clientX - down.clientX, event.clientY - down.clientY) < STARTS_AFTER_PX) return;
      if (!ghost) lift();
      ghost.style.setProperty('--x', `${event.clientX}px`);
      ghost.style.setProperty('--y', `${event.clientY}px`);
      const place = document.elementFromPoint(event.clientX, event.clientY)?.closest('.legal') ?? null;
      if (place !== over) {
        over?.classList.remove('over');
        place?.classList.add('over');
        over = place;
      }
    }

    function end() {
      chip.removeEventListener('pointermove', move);
      chip.removeEventListener('pointerup', drop);
      chip.removeEventListener('pointercancel', end);
      document.removeEventListener('keydown', escape, true);
      ghost?.remove();
      document.body.classList.remove('dragging');
      for (const place of places()) place.classList.remove('legal', 'illegal', 'over');
      for (const reason of root.querySelectorAll('.reason')) reason.remove();
    }

    function drop() {
      const to = over?.dataset.environment;
      end();
      if (!to) return;
      const info = board()?.environments.find((it) => it.environment === to);
      if (kind === 'code') send(root, 'deploy', info);
      else send(root, 'clone', { info, from, to });
    }

    function escape(event) {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      end();
    }
    chip.addEventListener('pointermove', move);
    chip.addEventListener('pointerup', drop);
    chip.addEventListener('pointercancel', end);
    document.addEventListener('keydown', escape, true);
  }
}
