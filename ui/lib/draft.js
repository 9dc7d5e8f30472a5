// What a person typed and has not used yet. It outlives the dialog, a reload and the program.
const name = (key) => `draft:${key}`;

/** The draft of that key; an empty text when there is none. */
export const readDraft = (key) => localStorage.getItem(name(key)) ?? '';

/** Keeps a draft; an empty text forgets it. One that the store has no room for lives as long as its dialog. */
export function keepDraft(key, value) {
  forgetDraft(key);
  if (!value.trim()) return;
  try {
    localStorage.setItem(name(key), value);
  } catch (error) {
    if (!(error instanceof DOMException) || error.name !== 'QuotaExceededError') throw error;
  }
}

export const forgetDraft = (key) => localStorage.removeItem(name(key));

/** Fills a text control with its draft, and keeps what is typed into it from then on. */
export function drafted(control, key) {
  control.value = readDraft(key);
  control.addEventListener('input', () => keepDraft(key, control.value));
  return control;
}
