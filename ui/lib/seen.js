// Which workflows' ends this window has told: what ends while it is closed is told at its next start.
const KEY = 'seen';
const newest = (otherwise) => Number(localStorage.getItem(KEY) ?? otherwise);

/** Remembers that the end of this workflow and of those before it has been told. */
export const seen = (id) => localStorage.setItem(KEY, String(Math.max(id, newest(0))));

/** Whether a workflow ended after what was told last; at the very first start nothing did. */
export const isUnseen = (id) => id > newest(Infinity);
