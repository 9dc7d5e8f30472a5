<?php
/*
 * Boots Drupal 8 and later as a visit of its front page does, without answering it. Folder: Drupal's root.
 */
require_once __DIR__ . '/task.php';

use Drupal\Core\DrupalKernel;
use Symfony\Component\HttpFoundation\Request;

portico_request('/index.php');
error_reporting(E_ALL & ~E_DEPRECATED & ~E_NOTICE & ~E_WARNING);
$loader = require getcwd() . '/autoload.php';
try {
	$request = Request::createFromGlobals();
	$kernel = DrupalKernel::createFromRequest($request, $loader, 'prod');
	$kernel->boot();
	$kernel->preHandle($request);
	$kernel->getContainer()->get('request_stack')->push($request);
} catch (Throwable $error) {
	portico_fail(get_class($error) . ': ' . $error->getMessage());
}
