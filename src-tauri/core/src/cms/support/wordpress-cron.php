<?php
/*
 * Runs the events of WordPress's cron that are due, as its wp-cron.php does, whatever DISABLE_WP_CRON says: that only
 * keeps visits from starting it. Folder: the one of wp-load.php.
 */
require __DIR__ . '/task.php';

portico_request('/wp-cron.php');
define('DOING_CRON', true);
portico_without_wordpress('WordPress is not installed: no cron to run');
require getcwd() . '/wp-load.php';

// A visit may have started it a moment ago.
if ((float) get_transient('doing_cron') + WP_CRON_LOCK_TIMEOUT > microtime(true)) {
	portico_done('cron is running already');
}
set_transient('doing_cron', sprintf('%.22F', microtime(true)));
$events = 0;
$now = microtime(true);
foreach (_get_cron_array() ?: [] as $due => $hooks) {
	if ($due > $now) {
		break;
	}
	foreach ($hooks as $hook => $all) {
		foreach ($all as $event) {
			if ($event['schedule']) {
				wp_reschedule_event($due, $event['schedule'], $hook, $event['args']);
			}
			wp_unschedule_event($due, $hook, $event['args']);
			$began = microtime(true);
			do_action_ref_array($hook, $event['args']);
			printf("%s: done in %.1f s\n", $hook, microtime(true) - $began);
			++$events;
		}
	}
}
delete_transient('doing_cron');
portico_done($events === 0 ? 'no event was due' : ($events === 1 ? '1 event' : "$events events"));
