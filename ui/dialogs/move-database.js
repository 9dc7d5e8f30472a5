import { make } from '../lib/dom.js';
import { requestDialog } from '../lib/dialog.js';
import { databaseSize } from '../lib/found.js';
import { Facts } from '../lib/plan.js';
import { count, engine, envName, system } from '../lib/words.js';

/** The engine that holds a site's databases, and the other one. @param {import('../types').Board} board */
export function engines(board) {
  const now = board.environments[0].content.database.engine;
  return { now, other: now === 'mariadb' ? 'sqlite' : 'mariadb' };
}

const WHY = {
  sqlite: 'SQLite keeps each database in one file and needs no server: nothing to start, less memory.',
  mariadb: 'MariaDB is what most hosts run: behaviour and speed are theirs, and every plugin knows it.',
};

/** Moves all databases of a site from MariaDB to SQLite, or back. */
export function moveDatabaseDialog(board) {
  const { now, other } = engines(board);
  const name = engine(other);
  const dialog = requestDialog({ title: `Move ${board.site.label} to ${name}`, act: `Move to ${name}`, tone: 'content', request: () => ({ kind: 'set_database', site: board.site.name, engine: other }) });
  const list = make('dl', 'selectable');
  const full = board.environments.filter((it) => it.initialized && it.content.database.tables);
  Facts(list)([
    ...full.map((it) => [envName(it.environment), databaseSize(it.content.database)]),
    ['Keeps', `All rows of ${count(full.length, 'environment')}; what ${name} can’t hold as ${engine(now)} does is listed in the log. You can undo it.`],
    ['Meanwhile', 'Requests are answered from the present databases until all have been moved.'],
  ]);
  dialog.body.append(make('p', '', WHY[other]), list);
  if (board.site.cms === 'wordpress' && other === 'sqlite') dialog.body.append(make('p', 'note', `${system(board.site.cms)} reaches it through the SQLite Database Integration; its code is not changed.`));
}
