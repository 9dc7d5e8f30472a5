<?php
/*
 * Clears WordPress's caches: the object cache and transients that have run out. Folder: the one of wp-load.php.
 */
require __DIR__ . '/task.php';

portico_request('/index.php');
portico_without_wordpress('WordPress is not installed: no caches to clear');
require getcwd() . '/wp-load.php';

wp_cache_flush();
if (function_exists('delete_expired_transients')) {
	delete_expired_transients(true);
}
// Page caches of plugins listen to this one.
do_action('wp_cache_cleared');
portico_done('object cache cleared');
