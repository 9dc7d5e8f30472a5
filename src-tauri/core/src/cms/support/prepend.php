<?php
/*
 * Runs before every script of a site (`auto_prepend_file`), from outside its code.
 * Tells WordPress and Drupal where they run when their own settings say something else, and does nothing to other sites.
 * Its PHP is that of 7.2: old sites run on old versions. Everything it knows stands in environment variables whose names begin with PORTICO_.
 */
(static function (): void {
	$env = static function (string $name): string {
		return (string) ($_ENV[$name] ?? $_SERVER[$name] ?? '');
	};
	if (!defined('PANTHEON_ENVIRONMENT') && $env('PANTHEON_ENVIRONMENT') !== '') {
		define('PANTHEON_ENVIRONMENT', $env('PANTHEON_ENVIRONMENT'));
	}
	switch ($env('PORTICO_CMS')) {
		case 'wordpress':
			require __DIR__ . '/prepend-wordpress.php';
			break;
		case 'drupal7':
		case 'drupal':
			require __DIR__ . '/prepend-drupal.php';
			break;
	}
})();
