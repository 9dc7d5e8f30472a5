<?php
/*
 * Runs Drupal 7's cron as its cron.php does. Folder: Drupal's root.
 */
require __DIR__ . '/task.php';

portico_request('/cron.php');
error_reporting(E_ALL & ~E_DEPRECATED & ~E_NOTICE & ~E_WARNING);
define('DRUPAL_ROOT', getcwd());
require_once DRUPAL_ROOT . '/includes/bootstrap.inc';
// No further: on an empty database the next phase fails.
drupal_bootstrap(DRUPAL_BOOTSTRAP_CONFIGURATION);
require_once DRUPAL_ROOT . '/includes/database/database.inc';
if (!db_table_exists('variable')) {
	portico_done('Drupal is not installed: no cron to run');
}
drupal_bootstrap(DRUPAL_BOOTSTRAP_FULL);
if (!drupal_cron_run()) {
	portico_fail('cron is running already, or did not end the last time');
}
portico_done('cron has run');
