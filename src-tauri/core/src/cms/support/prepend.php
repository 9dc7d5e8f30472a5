<?php
/*
 * Runs before every script of a site (`auto_prepend_file`), from outside its code.
 * Tells WordPress and Drupal where they run when their own settings say something else, and does nothing to other sites.
 * Everything it knows stands in environment variables whose names begin with PORTICO_.
 */
(static function (): void {
	$env = static fn (string $name): string => (string) ($_ENV[$name] ?? $_SERVER[$name] ?? '');
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
