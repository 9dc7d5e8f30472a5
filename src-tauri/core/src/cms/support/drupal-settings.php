<?php

/**
 * @file
 * Drupal's settings, read from the environment that it runs in: the same file serves Dev, Test and Live.
 * Portico added it because this site had no settings.php. It is yours to change.
 */

$portico_settings = isset($_SERVER['PRESSFLOW_SETTINGS']) ? json_decode($_SERVER['PRESSFLOW_SETTINGS'], TRUE) : [];
if (!empty($portico_settings['databases'])) {
  $databases = $portico_settings['databases'];
}
$settings['hash_salt'] = $_ENV['DRUPAL_HASH_SALT'] ?? getenv('DRUPAL_HASH_SALT');
$settings['update_free_access'] = FALSE;
$settings['file_private_path'] = 'sites/default/files/private';
$settings['file_temp_path'] = sys_get_temp_dir();
// Configuration stands in the code, so that it is deployed. The installer writes a database's credentials into this
// file unless the folder is there.
$portico_installs = strpos((string) ($_SERVER['SCRIPT_NAME'] ?? ''), '/core/install.php') === 0;
$settings['config_sync_directory'] = $portico_installs ? 'sites/default/files' : 'sites/default/config';
$settings['trusted_host_patterns'] = ['.*'];
$settings['file_scan_ignore_directories'] = ['node_modules', 'bower_components'];
