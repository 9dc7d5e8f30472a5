<?php
/*
 * Drupal with its own settings.php: the database of this environment takes the place of the one that settings.php names.
 * Drupal keeps the first definition of a connection, so ours is made before settings.php is read.
 * Included by prepend.php, inside its function: $env reads a variable of the surroundings.
 */

// Drupal 8 and later do this themselves; Drupal 7 shows an error page while its tables are missing.
if (
	$env('PORTICO_CMS') === 'drupal7' && $env('PANTHEON_DATABASE_STATE') === 'empty'
	&& PHP_SAPI !== 'cli' && basename((string) ($_SERVER['SCRIPT_NAME'] ?? '')) === 'index.php'
) {
	header('Location: /install.php', true, 302);
	exit;
}

$connection = json_decode($env('PORTICO_DRUPAL_DATABASE'), true);
$root = $env('PORTICO_DOCROOT');
if (!is_array($connection)) {
	return;
}

if ($env('PORTICO_CMS') === 'drupal7') {
	$script = realpath((string) ($_SERVER['SCRIPT_FILENAME'] ?? '')) ?: '';
	$own = array_map(static function (string $name) use ($root): string {
		return realpath("$root/$name.php") ?: '-';
	}, ['index', 'cron', 'update', 'install', 'authorize', 'xmlrpc']);
	// Scripts that are not Drupal's may have a class Database of their own.
	if (in_array($script, $own, true) || dirname($script) === realpath(__DIR__)) {
		require_once "$root/includes/database/database.inc";
		$connection['prefix'] = ['default' => $connection['prefix']];
		Database::addConnectionInfo('default', 'default', $connection);
	}
	return;
}

$class = "$root/core/lib/Drupal/Core/Database/Database.php";
if (!is_file($class)) {
	return;
}
require_once $class;
$driver = $connection['driver'];
// Since Drupal 9.4 a driver lives in a module of its name, and is needed before modules are known.
if (is_dir("$root/core/modules/$driver/src/Driver")) {
	$connection['namespace'] = "Drupal\\$driver\\Driver\\Database\\$driver";
	$connection['autoload'] = "core/modules/$driver/src/Driver/Database/$driver/";
	spl_autoload_register(static function (string $name) use ($root, $driver): void {
		$start = "Drupal\\$driver\\";
		if (strncmp($name, $start, strlen($start)) === 0) {
			$file = "$root/core/modules/$driver/src/" . strtr(substr($name, strlen($start)), '\\', '/') . '.php';
			is_file($file) && require_once $file;
		}
	});
}
\Drupal\Core\Database\Database::addConnectionInfo('default', 'default', $connection);
