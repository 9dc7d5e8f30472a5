<?php
/*
 * Clears all of Drupal 7's caches. Folder: Drupal's root.
 */
require __DIR__ . '/drupal7-boot.php';

portico_boot('/index.php', 'no caches to clear');
drupal_flush_all_caches();
portico_done('all caches cleared');
