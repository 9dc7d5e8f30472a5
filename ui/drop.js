// Files dragged in from other programs. A place that takes them carries `data-drop`; today these all make a site.
import { onFileDrag } from './api.js';
import { send } from './lib/dom.js';

/** @param {HTMLElement} root */
export async function Drop(root) {
  let over = null;
  const at = ({ x, y }) => document.elementFromPoint(x, y)?.closest('[data-drop]') ?? null;
  const mark = (place) => {
    if (place === over) return;
    over?.classList.remove('target');
    place?.classList.add('target');
    over = place;
  };
  await onFileDrag((drag) => {
    if (drag.type === 'enter') root.classList.add('files-over');
    if (drag.type === 'enter' || drag.type === 'over') return mark(at(drag));
    root.classList.remove('files-over');
    const place = drag.type === 'drop' ? at(drag) : null;
    mark(null);
    if (!place || !drag.paths?.length) return;
    if (place.dataset.drop === 'source') send(place, 'fillSource', drag.paths[0]);
    else send(root, 'newSite', { from: drag.paths[0] });
  });
}
