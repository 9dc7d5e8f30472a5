<?php
/*
 * What a WordPress knows about itself, for Launch Check. Changes nothing and asks nobody over the network.
 * Folder: the one of wp-load.php.
 */
require __DIR__ . '/task.php';

// Cron does not start itself on its own page, and nobody is asked anything.
portico_request('/wp-cron.php');
$GLOBALS['wp_filter']['pre_http_request'][PHP_INT_MAX][] = [
	'function' => static function () {
		return new WP_Error('portico', 'nobody is asked');
	},
	'accepted_args' => 1,
];
require getcwd() . '/wp-load.php';
if (!is_blog_installed()) {
	portico_done('probe ' . json_encode(['installed' => false]));
}
require_once ABSPATH . 'wp-admin/includes/plugin.php';

$constant = static function (string $name) {
	return defined($name) ? constant($name) : null;
};
$updates = static function (string $what): array {
	$known = get_site_transient("update_$what");
	return is_object($known) && !empty($known->response) ? (array) $known->response : [];
};
$available = static function ($update): ?string {
	$update = (array) $update;
	return isset($update['new_version']) ? (string) $update['new_version'] : null;
};

$active = (array) get_option('active_plugins', []);
if (is_multisite()) {
	$active = array_merge($active, array_keys((array) get_site_option('active_sitewide_plugins', [])));
}
$waiting = $updates('plugins');
$plugins = [];
foreach (get_plugins() as $file => $plugin) {
	$plugins[] = [
		'file' => $file,
		'name' => $plugin['Name'],
		'version' => $plugin['Version'],
		'available' => isset($waiting[$file]) ? $available($waiting[$file]) : null,
		'active' => in_array($file, $active, true),
	];
}
$waiting = $updates('themes');
$themes = [];
foreach (wp_get_themes() as $slug => $theme) {
	$themes[] = [
		'file' => $slug,
		'name' => $theme->get('Name'),
		'version' => $theme->get('Version'),
		'available' => isset($waiting[$slug]) ? $available($waiting[$slug]) : null,
		'active' => get_stylesheet() === $slug || get_template() === $slug,
	];
}
$jobs = [];
foreach ((array) _get_cron_array() as $time => $hooks) {
	foreach ((array) $hooks as $hook => $events) {
		foreach ((array) $events as $event) {
			$jobs[] = ['hook' => (string) $hook, 'time' => $time, 'schedule' => $event['schedule'] ?? false];
		}
	}
}
$core = get_site_transient('update_core');
$offers = is_object($core) && !empty($core->updates) ? $core->updates : [];
$newest = null;
foreach ($offers as $offer) {
	if (isset($offer->response, $offer->current) && $offer->response === 'upgrade') {
		$newest = max((string) $newest, (string) $offer->current);
	}
}
$domains = [];
if (is_multisite()) {
	foreach (get_sites(['number' => 0]) as $site) {
		$domains[] = $site->domain;
	}
}
portico_done('probe ' . json_encode([
	'installed' => true,
	'version' => get_bloginfo('version'),
	'newest' => $newest,
	'checked' => is_object($core),
	'wp_cache' => (bool) $constant('WP_CACHE'),
	'wp_debug' => (bool) $constant('WP_DEBUG'),
	'wp_debug_display' => (bool) $constant('WP_DEBUG_DISPLAY'),
	'disable_wp_cron' => (bool) $constant('DISABLE_WP_CRON'),
	'home' => (string) $GLOBALS['wpdb']->get_var("SELECT option_value FROM {$GLOBALS['wpdb']->options} WHERE option_name = 'home'"),
	'siteurl' => (string) $GLOBALS['wpdb']->get_var("SELECT option_value FROM {$GLOBALS['wpdb']->options} WHERE option_name = 'siteurl'"),
	'database' => ['DB_NAME' => $constant('DB_NAME'), 'DB_USER' => $constant('DB_USER')],
	'expected' => ['DB_NAME' => getenv('DB_NAME'), 'DB_USER' => getenv('DB_USER')],
	'multisite' => is_multisite(),
	'domains' => $domains,
	'object_cache' => file_exists(WP_CONTENT_DIR . '/object-cache.php'),
	'content' => WP_CONTENT_DIR,
	'plugins' => $plugins,
	'themes' => $themes,
	'jobs' => $jobs,
	'now' => time(),
], JSON_INVALID_UTF8_SUBSTITUTE | JSON_UNESCAPED_SLASHES));
