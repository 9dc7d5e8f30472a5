<?php
/*
 * WordPress's database updates, for every site of a network. Folder: the one of wp-load.php.
 */
require __DIR__ . '/task.php';

portico_request('/wp-admin/upgrade.php');
define('WP_INSTALLING', true);
require getcwd() . '/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';

if (!is_blog_installed()) {
	portico_done('WordPress is not installed: nothing to update');
}

function portico_update_site(): void
{
	global $wp_db_version, $wp_current_db_version;
	wp_cache_flush();
	$before = (int) get_option('db_version');
	if ($before === (int) $wp_db_version) {
		echo home_url('/'), " is up to date (database version $before)\n";
		return;
	}
	portico_step('the update of ' . home_url('/') . " from database version $before to $wp_db_version");
	wp_upgrade();
	wp_cache_flush();
	$after = (int) get_option('db_version');
	if ($after !== (int) $wp_db_version) {
		portico_fail(home_url('/') . " stays at database version $after instead of $wp_db_version");
	}
	echo home_url('/'), " updated from database version $before to $after\n";
}

if (is_multisite()) {
	foreach (get_sites(['number' => 0, 'fields' => 'ids', 'archived' => 0, 'spam' => 0, 'deleted' => 0]) as $id) {
		switch_to_blog($id);
		portico_update_site();
		restore_current_blog();
	}
	update_site_option('wpmu_upgrade_site', $GLOBALS['wp_db_version']);
} else {
	portico_update_site();
}
unset($GLOBALS['portico_step']);
portico_done('database updates done');
