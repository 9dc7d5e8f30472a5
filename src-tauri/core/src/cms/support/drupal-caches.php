<?php
/*
 * Rebuilds the caches of Drupal 8 and later as core/rebuild.php does. Folder: Drupal's root.
 */
require __DIR__ . '/task.php';

use Drupal\Core\Database\Database;
use Drupal\Core\DrupalKernel;
use Drupal\Core\Site\Settings;
use Symfony\Component\HttpFoundation\Request;

portico_request('/core/rebuild.php');
error_reporting(E_ALL & ~E_DEPRECATED & ~E_NOTICE & ~E_WARNING);
$root = getcwd();
$loader = require "$root/autoload.php";
require_once "$root/core/includes/bootstrap.inc";
require_once "$root/core/includes/utility.inc";
try {
	$request = Request::createFromGlobals();
	DrupalKernel::bootEnvironment();
	Settings::initialize($root, DrupalKernel::findSitePath($request), $loader);
	if (!Database::getConnection()->schema()->tableExists('key_value')) {
		portico_done('Drupal is not installed: no caches to clear');
	}
	drupal_rebuild($loader, $request);
} catch (Throwable $error) {
	portico_fail(get_class($error) . ': ' . $error->getMessage());
}
portico_done('all caches rebuilt');
