<?php
/*
 * The database updates of Drupal 8 and later, module by module, as update.php runs them. Folder: Drupal's root.
 */
require __DIR__ . '/task.php';

use Drupal\Core\Update\UpdateKernel;
use Symfony\Component\HttpFoundation\Request;

portico_request('/update.php');
error_reporting(E_ALL & ~E_DEPRECATED & ~E_NOTICE & ~E_WARNING);
$root = getcwd();
$loader = require "$root/autoload.php";

/* Boots as update.php does, and stops before it answers a request. */
class Portico_Update_Kernel extends UpdateKernel
{
	public function ready(Request $request): void
	{
		$this->initializeContainer();
		$this->container->get('request_stack')->push($request);
		$this->preHandle($request);
	}
}

/* Runs one step of an update until it says that it is finished, and tells what it answered. */
function portico_run(string $name, callable $step): void
{
	portico_step($name);
	$context = ['sandbox' => [], 'results' => [], 'message' => ''];
	do {
		$context['finished'] = 1;
		$step($context);
		if (!empty($context['results']['#abort'])) {
			foreach ($context['results'] as $module) {
				foreach (is_array($module) ? $module : [] as $result) {
					if (!empty($result['#abort'])) {
						portico_fail( html_entity_decode(strip_tags((string) $result['#abort']['query'])));
					}
				}
			}
			portico_fail('it failed');
		}
	} while ($context['finished'] < 1);
	foreach ($context['results'] as $module) {
		foreach (is_array($module) ? $module : [] as $result) {
			portico_tell($result['results']['query'] ?? '');
		}
	}
}

try {
	$kernel = new Portico_Update_Kernel('prod', $loader, false, $root);
	$request = Request::createFromGlobals();
	$kernel->setSitePath(UpdateKernel::findSitePath($request));
	\Drupal\Core\Site\Settings::initialize($root, $kernel->getSitePath(), $loader);
	if (!\Drupal\Core\Database\Database::getConnection()->schema()->tableExists('key_value')) {
		portico_done('Drupal is not installed: nothing to update');
	}
	$kernel->boot();
	$kernel->ready($request);
	require_once "$root/core/includes/install.inc";
	require_once "$root/core/includes/update.inc";
	drupal_load_updates();

	$start = [];
	foreach (update_get_update_list() as $module => $update) {
		if (!empty($update['warning'])) {
			portico_fail("$module can't be updated: " . strip_tags((string) $update['warning']));
		}
		if (isset($update['start'])) {
			$start[$module] = $update['start'];
		}
	}
	$ran = 0;
	foreach (update_resolve_dependencies($start) as $function => $update) {
		if (!$update['allowed']) {
			portico_fail("$function can't run: an update that it depends on is missing");
		}
		$dependencies = empty($update['reverse_paths']) ? [] : array_keys($update['reverse_paths']);
		portico_run($function, static function (array &$context) use ($update, $dependencies): void {
			update_do_one($update['module'], $update['number'], $dependencies, $context);
		});
		$ran++;
	}
	unset($GLOBALS['portico_step']);
	$post = \Drupal::service('update.post_update_registry')->getPendingUpdateFunctions();
	if ($post) {
		drupal_flush_all_caches();
		foreach ($post as $function) {
			portico_run($function, static function (array &$context) use ($function): void {
				update_invoke_post_update($function, $context);
			});
			$ran++;
		}
	}
	unset($GLOBALS['portico_step']);
	drupal_flush_all_caches();
} catch (Throwable $error) {
	portico_fail(get_class($error) . ': ' . $error->getMessage());
}
portico_done($ran === 0 ? 'no updates are pending' : "$ran updates done");
