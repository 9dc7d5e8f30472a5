<?php
/*
 * The installer of Drupal 8 and later, without its forms. Folder: Drupal's root.
 * Input: {"title", "user", "password", "email"}.
 */
require __DIR__ . '/task.php';

$wanted = portico_input();
portico_request('/core/install.php');
error_reporting(E_ALL & ~E_DEPRECATED & ~E_NOTICE & ~E_WARNING);
$root = getcwd();

// Without this folder the installer doubts settings.php and writes credentials into it.
$folder = "$root/sites/default";
is_dir("$folder/files") || mkdir("$folder/files", 0777, true) || portico_fail("cannot make $folder/files");
// The installer takes away the right to write; Git and a deploy need it.
$modes = [$folder => fileperms($folder)];
$settings = '';
if (is_file("$folder/settings.php")) {
	$modes["$folder/settings.php"] = fileperms("$folder/settings.php");
	$settings = (string) file_get_contents("$folder/settings.php");
}
register_shutdown_function(static function () use ($modes, $settings, $folder): void {
	// Where the folder of configuration is missing, the installer writes this one generation's database into the code:
	// every environment would use it. A salt that it made is needed where the settings have none, as Drupal's example.
	$has_salt = preg_match('/^\s*\$settings\[\'hash_salt\'\]\s*=\s*+(?!(\'\'|"")\s*;)/m', $settings) === 1;
	if ($has_salt && file_get_contents("$folder/settings.php") !== $settings) {
		chmod("$folder/settings.php", 0666);
		file_put_contents("$folder/settings.php", $settings);
	}
	foreach ($modes as $path => $mode) {
		chmod($path, $mode & 0777);
	}
});

$loader = require "$root/autoload.php";
require_once "$root/core/includes/install.core.inc";
try {
	install_drupal($loader, [
		'parameters' => ['profile' => 'standard', 'langcode' => 'en'],
		'site_path' => 'sites/default',
		'forms' => [
			'install_settings_form' => [],
			'install_configure_form' => [
				'site_name' => $wanted['title'],
				'site_mail' => $wanted['email'],
				'account' => [
					'name' => $wanted['user'],
					'mail' => $wanted['email'],
					'pass' => ['pass1' => $wanted['password'], 'pass2' => $wanted['password']],
				],
				// Both boxes unticked: no asking home, no mail.
				'enable_update_status_module' => null,
				'enable_update_status_emails' => null,
			],
		],
	]);
} catch (Throwable $error) {
	portico_fail($error->getMessage());
}
if (\Drupal::state()->get('install_task') !== 'done') {
	portico_fail('the installer stopped before its end');
}
portico_done('Drupal ' . \Drupal::VERSION . ' is installed');
