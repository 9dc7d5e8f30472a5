<?php
/*
 * WordPress's configuration in code: the bundles of WP-CFM, and the local JSON of Advanced Custom Fields.
 * Folder: the one of wp-load.php. Input: {"act": "status" | "import" | "export"}.
 */
require __DIR__ . '/task.php';

$act = portico_input()['act'];
portico_request('/wp-cron.php');
require getcwd() . '/wp-load.php';
require __DIR__ . '/wordpress-bundles.php';
require __DIR__ . '/wordpress-acf.php';

$found = is_blog_installed() ? array_filter([portico_bundles($act), portico_acf($act)]) : [];
if ($act === 'import' && $found !== []) {
	wp_cache_flush();
}
portico_done('config ' . json_encode([
	'system' => implode(', ', array_column($found, 'system')) ?: null,
	'same' => array_sum(array_column($found, 'same')),
	'items' => array_merge([], ...array_column($found, 'items')),
], JSON_INVALID_UTF8_SUBSTITUTE));
