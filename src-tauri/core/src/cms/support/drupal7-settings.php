<?php
/*
 * Drupal's settings, read from the environment that it runs in: the same file serves Dev, Test and Live.
 * Portico added it because this site had no settings.php. It is yours to change.
 */

$portico_settings = isset($_SERVER['PRESSFLOW_SETTINGS']) ? json_decode($_SERVER['PRESSFLOW_SETTINGS'], TRUE) : array();
if (!empty($portico_settings['databases'])) {
  $databases = $portico_settings['databases'];
}
if (!empty($portico_settings['conf'])) {
  $conf = $portico_settings['conf'];
}
$drupal_hash_salt = isset($_ENV['DRUPAL_HASH_SALT']) ? $_ENV['DRUPAL_HASH_SALT'] : getenv('DRUPAL_HASH_SALT');
$update_free_access = FALSE;
