<?php
/*
 * The status report of Drupal 8 and later, for Launch Check. Folder: Drupal's root.
 */
require __DIR__ . '/drupal-boot.php';

require_once getcwd() . '/core/includes/install.inc';
drupal_load_updates();
// Portico counts waiting updates itself; the module update would ask the network.
$requirements = [];
foreach (array_keys(\Drupal::moduleHandler()->getModuleList()) as $module) {
	$function = "{$module}_requirements";
	if ($module !== 'update' && function_exists($function)) {
		$requirements += (array) $function('runtime');
	}
}
$text = static function ($value): string {
	if (is_array($value)) {
		$value = \Drupal::service('renderer')->renderInIsolation($value);
	}
	return trim(html_entity_decode(strip_tags((string) $value)));
};
$rows = [];
foreach ($requirements as $it) {
	$severity = $it['severity'] ?? 0;
	$row = ['severity' => is_object($severity) ? $severity->value : $severity];
	foreach (['title', 'value', 'description'] as $name) {
		try {
			$row[$name] = $text($it[$name] ?? '');
		} catch (Throwable $error) {
			$row[$name] = '';
		}
	}
	$rows[] = $row;
}
$out = array_keys(array_filter((array) \Drupal::config('site_audit')->get('opt_out')));
portico_done('probe ' . json_encode(['requirements' => $rows, 'opt_out' => array_map('strval', $out)], JSON_INVALID_UTF8_SUBSTITUTE));
