import { html, keyed, text } from './dom.js';
import { ago, exact, short } from './words.js';

/** Commits in short, newest first. */
export function listCommits(list, commits) {
  keyed(list, commits, (it) => it.commit, () => html`<li><code></code><span></span><small></small></li>`, (row, it) => {
    const [commit, subject, when] = row.children;
    text(commit, short(it.commit));
    text(subject, it.subject);
    text(when, ago(it.date)).title = `${it.author}, ${exact(it.date)}`;
  });
}
