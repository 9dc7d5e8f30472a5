<?php
/*
 * WordPress's own installer, without its form. Folder: the one of wp-load.php.
 * Input: {"title", "user", "password", "email"}.
 */
require __DIR__ . '/task.php';

$wanted = portico_input();
portico_request('/wp-admin/install.php');
define('WP_INSTALLING', true);
require getcwd() . '/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
require_once ABSPATH . 'wp-admin/includes/translation-install.php';

if (is_blog_installed()) {
	portico_fail('WordPress is installed already');
}
add_filter('pre_wp_mail', '__return_true');
$result = wp_install(
	$wanted['title'],
	$wanted['user'],
	$wanted['email'],
	true,
	'',
	wp_slash($wanted['password'])
);
if (is_wp_error($result)) {
	portico_fail($result->get_error_message());
}
if (!is_blog_installed()) {
	portico_fail('WordPress said nothing, but is not installed: ' . $GLOBALS['wpdb']->last_error);
}

global $wp_rewrite;
$wp_rewrite->set_permalink_structure('/%year%/%monthnum%/%day%/%postname%/');
// Types and taxonomies registered their rules before there were permalinks, which leaves most of them out; the next
// request finds no rules and makes them whole.
delete_option('rewrite_rules');
portico_done('WordPress ' . get_bloginfo('version') . ' is installed at ' . home_url('/'));
