// The only file that knows Tauri. What the desktop shell must offer:
//   query({query}) run({request, events}) cancel({workflow}) subscribe({events}) recover({way})
//   open_url({url}) open_folder({path}) open_terminal({path}) show_in_folder({path}) notify({title, body}),
//   the event "menu" with a verb, and the dialog plugin's open and save.

/** A failure as the core tells it. */
export class AppError extends Error {
  /** @param {import('./types').Error} wire */
  constructor(wire) {
    super(wire.message);
    this.code = wire.code;
    this.hint = wire.hint ?? null;
    this.causes = wire.causes ?? [];
  }
}

/** Tauri's own refusals and JavaScript's errors have no code: they become one of ours. @returns {AppError} */
export function asError(thrown) {
  if (thrown instanceof AppError) return thrown;
  if (thrown && typeof thrown === 'object' && 'code' in thrown && 'message' in thrown) return new AppError(thrown);
  return new AppError({ code: 'failed', message: String(thrown?.message ?? thrown), hint: null, causes: [] });
}

async function call(command, args) {
  const tauri = window.__TAURI__;
  if (!tauri) throw new AppError({ code: 'missing', message: 'this page is not running inside Portico', hint: 'Start it with `portico-desktop`.', causes: [] });
  try {
    return await tauri.core.invoke(command, args);
  } catch (thrown) {
    throw asError(thrown);
  }
}

function channel(onEvent) {
  const events = new window.__TAURI__.core.Channel();
  events.onmessage = onEvent;
  return events;
}

/**
 * What was answered, or why not.
 * @template T
 * @param {Promise<T>} asked
 * @returns {Promise<[T, null] | [null, AppError]>}
 */
export const answered = (asked) => asked.then((it) => [it, null], (thrown) => [null, asError(thrown)]);

/**
 * Asks a question; what answers it is known by its name.
 * @template {import('./types').Query} Q
 * @param {Q} query
 * @returns {Promise<import('./types').Answers[Q['query']]>}
 */
export const query = (query) => call('query', { query });

/**
 * Runs a workflow; resolves with its row once it has succeeded.
 * @param {import('./types').Request} request
 * @param {(event: import('./types').Event) => void} onEvent
 * @returns {Promise<import('./types').WorkflowRow>}
 */
export const run = async (request, onEvent) => call('run', { request, events: channel(onEvent) });

/** What the start does with a database that is lost or damaged. @param {'from_copy' | 'anew'} way */
export const recover = (way) => call('recover', { way });

/** @param {number} workflow */
export const cancel = (workflow) => call('cancel', { workflow });

/** Every event of every workflow of every shell. @param {(event: import('./types').Event) => void} onEvent */
export const subscribe = async (onEvent) => call('subscribe', { events: channel(onEvent) });

export const openUrl = (url) => call('open_url', { url });
export const openFolder = (path) => call('open_folder', { path });
export const openTerminal = (path) => call('open_terminal', { path });
export const showInFolder = (path) => call('show_in_folder', { path });

/** Says it where the system says such things; where it can't, the page has said it too. */
export const notify = (title, body) => call('notify', { title, body }).catch(() => {});

/** What is chosen in the system's own menu: a verb, with its detail behind a colon. @param {(verb: string, detail?: string) => void} onChoice */
export async function onMenu(onChoice) {
  await window.__TAURI__.event.listen('menu', ({ payload }) => {
    const [verb, detail] = payload.split(':');
    onChoice(verb, detail);
  });
}

/** The person closes the window while workflows run, whose titles these are. @param {(titles: string[]) => void} onAsked */
export async function onLeave(onAsked) {
  await window.__TAURI__.event.listen('leave', ({ payload }) => onAsked(payload));
}

/** What becomes of what runs. @param {'cancel' | 'background'} how */
export const leave = (how) => call('leave', { how });

/** A folder that the person picks, or null. @returns {Promise<string | null>} */
export const pickFolder = (title) => pick('open', { title, directory: true });

/** An archive of code that the person picks, or null. @returns {Promise<string | null>} */
export const pickArchive = (title) => pick('open', { title, filters: [{ name: 'Archives of code', extensions: ['zip', 'gz', 'tgz'] }] });

/** Files that the person picks; none is an empty list. @returns {Promise<string[]>} */
export const pickFiles = async (title) => (await pick('open', { title, multiple: true })) ?? [];

/** Where the person wants a file, or null. @returns {Promise<string | null>} */
export const pickPlace = (title, defaultPath, name, extensions) => pick('save', { title, defaultPath, ...(extensions && { filters: [{ name, extensions }] }) });

async function pick(way, options) {
  try {
    return await window.__TAURI__.dialog[way](options);
  } catch (thrown) {
    throw asError(thrown);
  }
}

/**
 * Files dragged in from other programs. Positions are in CSS pixels.
 * @param {(drag: { type: 'enter' | 'over' | 'drop' | 'leave', paths?: string[], x?: number, y?: number }) => void} onDrag
 */
export async function onFileDrag(onDrag) {
  // GTK reports CSS pixels although the type says physical ones; the other systems mean what they say.
  const scale = () => (/Linux|X11/.test(navigator.userAgent) ? 1 : window.devicePixelRatio);
  await window.__TAURI__.webview.getCurrentWebview().onDragDropEvent(({ payload }) => {
    const { type, paths, position } = payload;
    onDrag({ type, paths, x: position && position.x / scale(), y: position && position.y / scale() });
  });
}

/** Puts text on the clipboard; the second way is for web views that have no clipboard of their own. */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const field = document.createElement('textarea');
    field.value = text;
    field.className = 'unseen';
    (document.querySelector('dialog[open]') ?? document.body).append(field);
    field.select();
    document.execCommand('copy');
    field.remove();
  }
}

export const isMac = /Mac/.test(navigator.platform);
