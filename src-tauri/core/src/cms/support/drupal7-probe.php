<?php
/*
 * Drupal 7's own status report, for Launch Check. Folder: Drupal's root.
 */
require __DIR__ . '/drupal7-boot.php';

portico_boot('/index.php', 'nothing to check');
require_once DRUPAL_ROOT . '/includes/install.inc';
drupal_load_updates();

// Portico counts waiting updates itself; the module update would ask the network.
$requirements = [];
foreach (module_implements('requirements') as $module) {
	if ($module !== 'update') {
		$requirements += (array) module_invoke($module, 'requirements', 'runtime');
	}
}
$rows = [];
foreach ($requirements as $it) {
	$text = static function (string $name) use ($it): string {
		return trim(html_entity_decode(strip_tags((string) ($it[$name] ?? ''))));
	};
	$rows[] = ['title' => $text('title'), 'value' => $text('value'), 'description' => $text('description'), 'severity' => $it['severity'] ?? 0];
}
$variables = [
	'cache_default_class' => variable_get('cache_default_class', 'DrupalDatabaseCache'),
	'cache_backends' => array_values(variable_get('cache_backends', [])),
	'lock_inc' => variable_get('lock_inc', 'includes/lock.inc'),
];
$audit = variable_get('site_audit', []);
$out = array_keys(array_filter((array) ($audit['opt_out'] ?? [])));
portico_done('probe ' . json_encode(['requirements' => $rows, 'variables' => $variables, 'opt_out' => array_map('strval', $out)], JSON_INVALID_UTF8_SUBSTITUTE));
