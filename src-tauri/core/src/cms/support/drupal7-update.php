<?php
/*
 * Drupal 7's database updates, module by module, as update.php runs them. Folder: Drupal's root.
 */
require __DIR__ . '/task.php';

portico_request('/update.php');
error_reporting(E_ALL & ~E_DEPRECATED & ~E_NOTICE & ~E_WARNING);
define('DRUPAL_ROOT', getcwd());
define('MAINTENANCE_MODE', 'update');
foreach (['bootstrap', 'update', 'common', 'file', 'entity', 'unicode'] as $name) {
	require_once DRUPAL_ROOT . "/includes/$name.inc";
}
// No further: on an empty database the next phase fails.
drupal_bootstrap(DRUPAL_BOOTSTRAP_CONFIGURATION);
require_once DRUPAL_ROOT . '/includes/database/database.inc';
if (!db_table_exists('system')) {
	portico_done('Drupal is not installed: nothing to update');
}
update_prepare_d7_bootstrap();
drupal_bootstrap(DRUPAL_BOOTSTRAP_LANGUAGE);
update_fix_d7_requirements();
drupal_bootstrap(DRUPAL_BOOTSTRAP_FULL);
require_once DRUPAL_ROOT . '/includes/install.inc';
drupal_load_updates();
update_fix_compatibility();

$start = [];
foreach (update_get_update_list() as $module => $update) {
	if (!empty($update['warning'])) {
		portico_fail("$module can't be updated: " . strip_tags($update['warning']));
	}
	if (isset($update['start'])) {
		$start[$module] = $update['start'];
	}
}

$ran = 0;
$updates = update_resolve_dependencies($start);
foreach ($updates as $function => $update) {
	if (!$update['allowed']) {
		portico_fail("$function can't run: an update that it depends on is missing");
	}
	$dependencies = empty($update['reverse_paths']) ? [] : array_keys($update['reverse_paths']);
	portico_step($function);
	$context = ['sandbox' => [], 'results' => [], 'message' => ''];
	do {
		$context['finished'] = 1;
		update_do_one($update['module'], $update['number'], $dependencies, $context);
		$result = $context['results'][$update['module']][$update['number']] ?? [];
		if (!empty($result['#abort'])) {
			portico_fail( html_entity_decode(strip_tags($result['#abort']['query'])));
		}
	} while ($context['finished'] < 1);
	portico_tell($result['results']['query'] ?? '');
	$ran++;
}
unset($GLOBALS['portico_step']);
drupal_flush_all_caches();
portico_done($ran === 0 ? 'no updates are pending' : "$ran updates done");
