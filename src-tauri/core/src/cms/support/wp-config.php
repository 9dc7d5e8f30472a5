<?php
/*
 * WordPress's settings, read from the environment that it runs in: the same file serves Dev, Test and Live.
 * Portico added it because this site had no wp-config.php. It is yours to change.
 */

$portico_env = static function ( $name, $default = '' ) {
	$value = isset( $_ENV[ $name ] ) ? $_ENV[ $name ] : getenv( $name );
	return false === $value ? $default : $value;
};

define( 'DB_NAME', $portico_env( 'DB_NAME', 'wordpress' ) );
define( 'DB_USER', $portico_env( 'DB_USER', 'wordpress' ) );
define( 'DB_PASSWORD', $portico_env( 'DB_PASSWORD' ) );
// A port, or the path of a socket.
define( 'DB_HOST', $portico_env( 'DB_HOST', 'localhost' ) . rtrim( ':' . $portico_env( 'DB_PORT' ), ':' ) );
define( 'DB_CHARSET', 'utf8mb4' );
define( 'DB_COLLATE', '' );

foreach ( array( 'AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE' ) as $portico_name ) {
	define( $portico_name . '_KEY', $portico_env( $portico_name . '_KEY' ) );
	define( $portico_name . '_SALT', $portico_env( $portico_name . '_SALT' ) );
}

$table_prefix = 'wp_';

// Code comes to Test and Live by a deploy only.
if ( ! defined( 'DISALLOW_FILE_MODS' ) && in_array( $portico_env( 'PANTHEON_ENVIRONMENT' ), array( 'test', 'live' ), true ) ) {
	define( 'DISALLOW_FILE_MODS', true );
}
if ( ! defined( 'WP_DEBUG' ) ) {
	define( 'WP_DEBUG', false );
}

if ( ! defined( 'ABSPATH' ) ) {
	define( 'ABSPATH', __DIR__ . '/' );
}
require_once ABSPATH . 'wp-settings.php';
