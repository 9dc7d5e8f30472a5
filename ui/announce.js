import { text } from './lib/dom.js';

const EVERY_MS = 5000;

/** Tells screen readers how the first workflow goes, at most every few seconds; failures at once. */
export function Announcer(live, alert) {
  let last = 0;
  let before = '';
  const announce = ({ running }) => {
    const [first] = running.values();
    const words = first ? `${first.row.title}: ${first.step ?? 'started'}${first.total ? `, ${Math.floor((100 * first.done) / first.total)} %` : ''}` : '';
    const now = Date.now();
    if (words === before || (words && now - last < EVERY_MS)) return;
    [last, before] = [now, words];
    text(live, words);
  };
  return Object.assign(announce, { alert: (words) => text(alert, words) });
}
