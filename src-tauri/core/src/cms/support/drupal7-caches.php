<?php
/*
 * Clears all of Drupal 7's caches. Folder: Drupal's root.
 */
require __DIR__ . '/task.php';

portico_request('/index.php');
error_reporting(E_ALL & ~E_DEPRECATED & ~E_NOTICE & ~E_WARNING);
define('DRUPAL_ROOT', getcwd());
require_once DRUPAL_ROOT . '/includes/bootstrap.inc';
// No further: on an empty database the next phase fails.
drupal_bootstrap(DRUPAL_BOOTSTRAP_CONFIGURATION);
require_once DRUPAL_ROOT . '/includes/database/database.inc';
if (!db_table_exists('variable')) {
	portico_done('Drupal is not installed: no caches to clear');
}
drupal_bootstrap(DRUPAL_BOOTSTRAP_FULL);
drupal_flush_all_caches();
portico_done('all caches cleared');
