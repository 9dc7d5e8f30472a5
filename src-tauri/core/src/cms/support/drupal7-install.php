<?php
/*
 * Drupal 7's own installer, without its forms. Folder: Drupal's root.
 * Input: {"title", "user", "password", "email"}.
 */
require __DIR__ . '/task.php';

$wanted = portico_input();
portico_request('/install.php');
error_reporting(E_ALL & ~E_DEPRECATED & ~E_NOTICE & ~E_WARNING);
define('DRUPAL_ROOT', getcwd());
define('MAINTENANCE_MODE', 'install');
require_once DRUPAL_ROOT . '/includes/bootstrap.inc';
require_once DRUPAL_ROOT . '/includes/install.core.inc';

// The installer looks into $databases itself: what a settings.php of the site's own says there is another machine's.
$connection = json_decode((string) getenv('PORTICO_DRUPAL_DATABASE'), true);
if (is_array($connection)) {
	drupal_bootstrap(DRUPAL_BOOTSTRAP_CONFIGURATION);
	$databases = ['default' => ['default' => $connection]];
}

try {
	install_drupal([
		'parameters' => ['profile' => 'standard', 'locale' => 'en'],
		'forms' => [
			'install_configure_form' => [
				'site_name' => $wanted['title'],
				'site_mail' => $wanted['email'],
				'account' => [
					'name' => $wanted['user'],
					'mail' => $wanted['email'],
					'pass' => ['pass1' => $wanted['password'], 'pass2' => $wanted['password']],
				],
				// Both boxes unticked: no asking home, no mail.
				'update_status_module' => [1 => null, 2 => null],
				'clean_url' => 1,
			],
		],
	]);
} catch (Throwable $error) {
	portico_fail($error->getMessage());
}
if (variable_get('install_task') !== 'done') {
	portico_fail('the installer stopped at the task ' . variable_get('install_task', 'settings'));
}
portico_done('Drupal ' . VERSION . ' is installed');
