import { answered, query } from '../api.js';

/**
 * What a tab shows of its environment. Asked anew when another environment is shown or the board has news; an answer
 * that comes after a newer question is thrown away. `draw(answer, error)` is given one of the two.
 */
export function Asked(toQuery, draw) {
  let shown = null;
  let board = null;
  let turn = 0;
  const again = async () => {
    const mine = ++turn;
    const [answer, error] = await answered(query(toQuery(shown)));
    if (mine === turn) draw(answer, error);
  };
  return {
    again,
    /** @returns {boolean} whether it is another environment than before */
    update(environment, news) {
      const other = environment !== shown;
      if (!other && news === board) return false;
      [shown, board] = [environment, news];
      again();
      return other;
    },
  };
}

/** Calls `act` every `ms` milliseconds for as long as the element is seen. */
export function whileSeen(el, ms, act) {
  setInterval(() => { if (el.offsetParent && document.visibilityState === 'visible') act(); }, ms);
}
