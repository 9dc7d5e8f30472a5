<?php
/*
 * Rebuilds the caches of Drupal 8 and later as core/rebuild.php does. Folder: Drupal's root.
 */
require __DIR__ . '/task.php';

portico_request('/core/rebuild.php');
error_reporting(E_ALL & ~E_DEPRECATED & ~E_NOTICE & ~E_WARNING);
$loader = require getcwd() . '/autoload.php';
require_once getcwd() . '/core/includes/utility.inc';
$request = \Symfony\Component\HttpFoundation\Request::createFromGlobals();
try {
	drupal_rebuild($loader, $request);
} catch (Throwable $error) {
	portico_fail($error->getMessage());
}
portico_done('all caches rebuilt');
