<?php
/*
 * WordPress: constants that must be right here win over those of the site's wp-config.php, without a warning;
 * SQLite takes the database's place when the site uses it; no mail is sent; core does not update itself.
 * Included by prepend.php, inside its function: $env reads a variable of the surroundings.
 */

$host = isset($_SERVER['HTTP_HOST']) && PHP_SAPI !== 'cli' ? (string) $_SERVER['HTTP_HOST'] : $env('PORTICO_HOST');
$https = (isset($_SERVER['HTTPS']) && strtolower((string) $_SERVER['HTTPS']) === 'on') || $env('HTTP_USER_AGENT_HTTPS') === 'ON';
$home = ($https ? 'https://' : 'http://') . $host;

$ours = [];
if ($env('PORTICO_WP_CONSTANTS') === '1') {
	$ours = [
		'DB_NAME' => $env('DB_NAME'),
		'DB_USER' => $env('DB_USER'),
		'DB_PASSWORD' => $env('DB_PASSWORD'),
		'DB_HOST' => $env('PORTICO_DB_HOST'),
		'FORCE_SSL_ADMIN' => $https,
	];
	if ($env('FRAMEWORK') === 'wordpress_network') {
		$ours['DOMAIN_CURRENT_SITE'] = $env('PORTICO_HOST');
	} elseif ($host !== '') {
		$ours['WP_HOME'] = $home;
		$ours['WP_SITEURL'] = $home . $env('PORTICO_WP_CORE');
		$ours['COOKIE_DOMAIN'] = false;
		if ($env('PORTICO_WP_CONTENT') !== '') {
			$ours['WP_CONTENT_URL'] = $home . $env('PORTICO_WP_CONTENT');
		}
	}
	foreach ($ours as $name => $value) {
		defined($name) || define($name, $value);
	}
}

$sqlite = $env('PORTICO_SQLITE_FILE');
if ($sqlite !== '' && $env('PORTICO_SQLITE_PLUGIN') !== '') {
	$ours += ['DB_ENGINE' => 'sqlite', 'DB_DIR' => dirname($sqlite), 'DB_FILE' => basename($sqlite)];
	foreach (['DB_ENGINE', 'DB_DIR', 'DB_FILE'] as $name) {
		defined($name) || define($name, $ours[$name]);
	}

	/* Stands for $wpdb until WordPress touches it: WordPress keeps a $wpdb that is already there. */
	class Portico_SQLite_Loader
	{
		public static $plugin = '';

		private function load(): object
		{
			if ($GLOBALS['wpdb'] === $this) {
				$class = ABSPATH . WPINC . '/class-wpdb.php';
				require_once file_exists($class) ? $class : ABSPATH . WPINC . '/wp-db.php';
				require_once self::$plugin . '/wp-includes/sqlite/db.php';
				// The plugin asks the class of WordPress for a property that it has since 6.2.
				if ($GLOBALS['wpdb'] !== $this && !property_exists('wpdb', 'allow_unsafe_unquoted_parameters')) {
					// Where the plugin kept its connection: the second one is no second wish.
					unset($GLOBALS['@pdo']);
					$GLOBALS['wpdb'] = new class(DB_NAME) extends WP_SQLite_DB {
						public function __get($name)
						{
							return $name === 'allow_unsafe_unquoted_parameters' ? true : parent::__get($name);
						}
					};
				}
			}
			if ($GLOBALS['wpdb'] === $this) {
				throw new RuntimeException('the SQLite Database Integration plugin did not take over the database');
			}
			return $GLOBALS['wpdb'];
		}

		public function __call($name, $arguments)
		{
			return $this->load()->$name(...$arguments);
		}

		public function __get($name)
		{
			return $this->load()->$name;
		}

		public function __set($name, $value)
		{
			$this->load()->$name = $value;
		}

		public function __isset($name)
		{
			return isset($this->load()->$name);
		}
	}
	Portico_SQLite_Loader::$plugin = $env('PORTICO_SQLITE_PLUGIN');
	$GLOBALS['wpdb'] = new Portico_SQLite_Loader();
}

if ($ours !== []) {
	// wp-config.php defines them once more: that one message, on those constants only, is expected.
	$expected = [];
	foreach ($ours as $name => $value) {
		$expected["Constant $name already defined"] = true;
	}
	set_error_handler(
		static function (int $level, string $message) use ($expected): bool {
			return isset($expected[$message]);
		},
		E_WARNING | E_NOTICE
	);
}

// WordPress takes hooks that stand in $wp_filter before it has loaded.
$hook = static function (string $name, callable $function, int $accepted = 1): void {
	$GLOBALS['wp_filter'][$name][PHP_INT_MAX][] = ['function' => $function, 'accepted_args' => $accepted];
};
$hook('automatic_updater_disabled', static function (): bool {
	return true;
});
if ($env('PORTICO_CODE_WRITABLE') === '0') {
	$hook('file_mod_allowed', static function (): bool {
		return false;
	});
}
// Portico runs cron, or nobody does.
if ($env('PORTICO_CRON_BY_VISITS') === '0') {
	$hook('muplugins_loaded', static function (): void {
		remove_action('init', 'wp_cron');
	});
}
// The site calls itself for cron and health checks: its front lets it pass the environment's lock.
$pass = $env('PORTICO_PASS');
$hook('http_request_args', static function ($arguments, $url) use ($pass, $host) {
	$called = parse_url((string) $url);
	$name = ($called['host'] ?? '') . (isset($called['port']) ? ":{$called['port']}" : '');
	if ($pass !== '' && strcasecmp($name, $host) === 0 && is_array($arguments['headers'] ?? [])) {
		$arguments['headers']['X-Portico-Pass'] = $pass;
	}
	return $arguments;
}, 2);
// However a plugin wants to send it: mail goes to PHP's own mail(), which Portico catches.
$hook('phpmailer_init', static function ($mailer): void {
	$mailer->isMail();
});
