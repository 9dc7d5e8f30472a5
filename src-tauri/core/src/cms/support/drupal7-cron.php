<?php
/*
 * Runs Drupal 7's cron as its cron.php does. Folder: Drupal's root.
 */
require __DIR__ . '/drupal7-boot.php';

portico_boot('/cron.php', 'no cron to run');
if (!drupal_cron_run()) {
	portico_fail('cron is running already, or did not end the last time');
}
portico_done('cron has run');
