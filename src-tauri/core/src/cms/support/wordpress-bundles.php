<?php
/*
 * The bundles of WP-CFM: files of options below wp-content/config.
 * Where the plugin is active its own functions are used, since other plugins add to them; else its files are read
 * and written as it does, for options.
 */

/** Does what is asked and tells how code and database stand then; null where the site keeps no bundles. */
function portico_bundles(string $act): ?array
{
	$plugin = function_exists('WPCFM') ? WPCFM() : null;
	$folder = defined('WPCFM_CONFIG_DIR') ? WPCFM_CONFIG_DIR : WP_CONTENT_DIR . '/config';
	$settings = json_decode((string) get_option('wpcfm_settings'), true);
	$bundles = [];
	foreach ($settings['bundles'] ?? [] as $bundle) {
		$bundles[$bundle['name']] = $bundle;
	}
	$files = [];
	foreach (glob("$folder/*.json") ?: [] as $file) {
		$files[basename($file, '.json')] = $file;
	}
	if ($bundles === [] && $files === []) {
		return null;
	}

	/* Options by name, as the table holds them. */
	$in_database = static function (array $bundle) use ($plugin): array {
		global $wpdb;
		if ($plugin !== null) {
			return (array) $plugin->readwrite->read_db($bundle['name']);
		}
		$found = [];
		foreach ($bundle['config'] as $name) {
			$value = $wpdb->get_var($wpdb->prepare("SELECT option_value FROM $wpdb->options WHERE option_name = %s", $name));
			if ($value !== null) {
				$found[$name] = $value;
			}
		}
		return $found;
	};
	$in_code = static function (string $name) use (&$files): array {
		$data = isset($files[$name]) ? json_decode((string) file_get_contents($files[$name]), true) : [];
		is_array($data) || portico_fail("the bundle {$files[$name]} is no JSON");
		return $data;
	};

	if ($act === 'export') {
		is_dir($folder) || mkdir($folder, 0777, true) || portico_fail("cannot make $folder");
		foreach ($bundles as $name => $bundle) {
			$data = $in_database($bundle) + ['.label' => $bundle['label']];
			$text = json_encode($data, JSON_PRETTY_PRINT);
			file_put_contents("$folder/$name.json", $text) === strlen($text) || portico_fail("cannot write $folder/$name.json");
			$files[$name] = "$folder/$name.json";
		}
	}
	if ($act === 'import') {
		foreach (array_keys($files) as $name) {
			portico_step("the import of the bundle $name");
			if ($plugin !== null) {
				$plugin->readwrite->pull_bundle($name);
				continue;
			}
			$data = $in_code($name);
			$label = $data['.label'] ?? $name;
			unset($data['.label']);
			foreach ($data as $option => $value) {
				// As the table holds it: WordPress serialises what is not text.
				update_option($option, maybe_unserialize($value));
			}
			$bundles[$name] = ['label' => $label, 'name' => $name, 'config' => array_keys($data)];
		}
		unset($GLOBALS['portico_step']);
		if ($plugin === null) {
			update_option('wpcfm_settings', json_encode(['bundles' => array_values($bundles)]));
		}
	}

	$same = 0;
	$items = [];
	foreach (array_unique(array_merge(array_keys($bundles), array_keys($files))) as $name) {
		$code = $in_code($name);
		unset($code['.label']);
		$names = array_unique(array_merge(array_keys($code), $bundles[$name]['config'] ?? []));
		$database = $in_database(['name' => $name, 'config' => $names]);
		if ($plugin !== null && !isset($bundles[$name])) {
			$database = [];
		}
		foreach (array_unique(array_merge(array_keys($code), array_keys($database))) as $item) {
			if (!array_key_exists($item, $database)) {
				$state = 'only_in_code';
			} elseif (!array_key_exists($item, $code)) {
				$state = 'only_in_database';
			} elseif ($code[$item] === $database[$item]) {
				$same++;
				continue;
			} else {
				$state = 'differs';
			}
			$items[] = ['group' => (string) $name, 'name' => (string) $item, 'state' => $state];
		}
	}
	return ['system' => 'WP-CFM', 'same' => $same, 'items' => $items];
}
