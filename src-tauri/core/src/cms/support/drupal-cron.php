<?php
/*
 * Runs the cron of Drupal 8 and later, as a visit of its /cron/<key> does. Folder: Drupal's root.
 */
require __DIR__ . '/task.php';

use Drupal\Core\Database\Database;
use Drupal\Core\DrupalKernel;
use Drupal\Core\Site\Settings;
use Symfony\Component\HttpFoundation\Request;

portico_request('/index.php');
error_reporting(E_ALL & ~E_DEPRECATED & ~E_NOTICE & ~E_WARNING);
$root = getcwd();
$loader = require "$root/autoload.php";
try {
	$request = Request::createFromGlobals();
	DrupalKernel::bootEnvironment();
	Settings::initialize($root, DrupalKernel::findSitePath($request), $loader);
	if (!Database::getConnection()->schema()->tableExists('key_value')) {
		portico_done('Drupal is not installed: no cron to run');
	}
	$kernel = DrupalKernel::createFromRequest($request, $loader, 'prod');
	$kernel->boot();
	$kernel->preHandle($request);
	$ran = Drupal::service('cron')->run();
} catch (Throwable $error) {
	portico_fail(get_class($error) . ': ' . $error->getMessage());
}
$ran || portico_fail('cron is running already');
portico_done('cron has run');
