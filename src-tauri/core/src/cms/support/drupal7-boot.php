<?php
/*
 * Boots Drupal 7 as a visit of a page does, without answering it. Folder: Drupal's root.
 */
require_once __DIR__ . '/task.php';

/** Ends the task, and says why, where Drupal is not installed. */
function portico_boot(string $page, string $without): void {
	portico_request($page);
	error_reporting(E_ALL & ~E_DEPRECATED & ~E_NOTICE & ~E_WARNING);
	define('DRUPAL_ROOT', getcwd());
	require_once DRUPAL_ROOT . '/includes/bootstrap.inc';
	// No further: on an empty database the next phase fails.
	drupal_bootstrap(DRUPAL_BOOTSTRAP_CONFIGURATION);
	require_once DRUPAL_ROOT . '/includes/database/database.inc';
	if (!db_table_exists('variable')) {
		portico_done("Drupal is not installed: $without");
	}
	drupal_bootstrap(DRUPAL_BOOTSTRAP_FULL);
}
