<?php
/*
 * Makes the tables of a WordPress on SQLite, by the driver of the SQLite Database Integration plugin, so that its
 * notes about them are right. Answers each line of JSON on standard input with one on standard output.
 */
ini_set('display_errors', 'stderr');
ini_set('log_errors', '0');
set_time_limit(0);
while (ob_get_level() > 0) {
	ob_end_clean();
}

$plugin = (string) getenv('PORTICO_SQLITE_PLUGIN');
$file = (string) getenv('PORTICO_SQLITE_FILE');
$loader = $plugin . '/wp-includes/database/load.php';
if (!is_file($loader)) {
	fwrite(STDERR, "the SQLite Database Integration plugin at $plugin is too old: version 3 is needed\n");
	exit(1);
}
require $loader;

// A site's own file keeps the journal that it has: others may have it open. A new one is Portico's alone.
$head = is_file($file) ? (string) file_get_contents($file, false, null, 0, 20) : '';
$wal = strlen($head) === 20 && $head[18] === "\x02";

$driver = new WP_MySQL_On_SQLite(
	'mysql-on-sqlite:path=' . str_replace(';', ';;', $file) . ';dbname=' . getenv('DB_NAME'),
	null,
	null,
	// Portico writes to a new file between two statements, and throws it away when anything goes wrong.
	$wal ? [] : ['sqlite_journal_mode' => 'DELETE', 'sqlite_synchronous' => 'OFF']
);
$driver->query("SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO'");

while (($line = fgets(STDIN)) !== false) {
	$question = json_decode($line, true);
	try {
		if (isset($question['show'])) {
			$name = '`' . str_replace('`', '``', $question['show']) . '`';
			$row = $driver->query("SHOW CREATE TABLE $name")->fetch(PDO::FETCH_NUM);
			$answer = ['text' => $row[1] ?? null];
		} else {
			$driver->query((string) ($question['run'] ?? ''));
			$answer = ['refused' => null];
		}
	} catch (Throwable $error) {
		$answer = ['refused' => $error->getMessage()];
	}
	fwrite(STDOUT, json_encode($answer, JSON_INVALID_UTF8_SUBSTITUTE) . "\n");
	fflush(STDOUT);
}
