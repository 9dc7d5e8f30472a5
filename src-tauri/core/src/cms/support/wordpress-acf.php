<?php
/*
 * The local JSON of Advanced Custom Fields (5.9 and later): field groups, and since 6.1 post types and taxonomies, as
 * files in the theme's folder acf-json. Read and written by ACF's own functions, so only where the plugin is active.
 */

/** Does what is asked and tells how code and database stand then; null where the site keeps no such files. */
function portico_acf(string $act): ?array
{
	if (!function_exists('acf_get_local_json_files') || !acf_get_setting('json')) {
		return null;
	}
	$types = function_exists('acf_get_internal_post_types') ? acf_get_internal_post_types() : ['acf-field-group'];
	if (array_filter(array_map('portico_acf_files', $types)) === [] && !is_dir((string) acf_get_setting('save_json'))) {
		return null;
	}
	// Else ACF answers what the files say instead of what the database holds.
	acf_disable_filters();
	if ($act === 'import') {
		acf_update_setting('json', false);
	}
	$same = 0;
	$items = [];
	foreach ($types as $type) {
		$act === 'status' || portico_acf_bring($act, $type);
		foreach (portico_acf_states($type) as $key => [$state, $title]) {
			if ($state === 'same') {
				$same++;
			} else {
				$items[] = ['group' => $type, 'name' => "$title ($key)", 'state' => $state];
			}
		}
	}
	return ['system' => 'ACF JSON', 'same' => $same, 'items' => $items];
}

/** The files of a type by key, as they are now. */
function portico_acf_files(string $type): array
{
	$json = acf_get_instance('ACF_Local_JSON');
	return method_exists($json, 'scan_files') ? $json->scan_files($type) : $json->scan_field_groups();
}

/** What the database holds of a type, by key. */
function portico_acf_posts(string $type): array
{
	$all = function_exists('acf_get_raw_internal_post_type_posts')
		? acf_get_raw_internal_post_type_posts($type) : acf_get_raw_field_groups();
	$posts = [];
	foreach ($all as $post) {
		if ($type === 'acf-field-group') {
			$post['fields'] = acf_get_fields($post);
		}
		$posts[$post['key']] = $post;
	}
	return $posts;
}

/** State and title of each piece of a type, by key. */
function portico_acf_states(string $type): array
{
	$files = portico_acf_files($type);
	$posts = portico_acf_posts($type);
	$states = [];
	foreach ($files + $posts as $key => $either) {
		$code = isset($files[$key]) ? json_decode((string) file_get_contents($files[$key]), true) : null;
		$states[$key] = [portico_acf_state($type, $posts[$key] ?? null, $code), ($posts[$key] ?? $code)['title'] ?? ''];
	}
	return $states;
}

function portico_acf_state(string $type, ?array $post, ?array $code): string
{
	if ($post === null || $code === null) {
		return $post === null ? 'only_in_code' : 'only_in_database';
	}
	// What ACF itself calls "Sync available"; it has no word for a database that was changed later.
	if (($code['modified'] ?? 0) > get_post_modified_time('U', true, $post['ID'])) {
		return 'differs';
	}
	$database = function_exists('acf_prepare_internal_post_type_for_export')
		? acf_prepare_internal_post_type_for_export($post, $type) : acf_prepare_field_group_for_export($post);
	unset($code['modified']);
	return portico_acf_agree($database, $code) ? 'same' : 'differs';
}

/** Whether the database holds what the code says. Settings that the code doesn't name are defaults of a newer ACF. */
function portico_acf_agree($database, $code): bool
{
	if (empty($database) || empty($code)) {
		return empty($database) && empty($code);
	}
	if (!is_array($database) || !is_array($code)) {
		return !is_array($database) && !is_array($code) && (string) $database === (string) $code;
	}
	if (!isset($code['key']) && count($database) !== count($code)) {
		return false;
	}
	foreach ($code as $name => $value) {
		if (!portico_acf_agree($database[$name] ?? null, $value)) {
			return false;
		}
	}
	return true;
}

/** Brings what is not the same from the code into the database (import), or the other way (export). */
function portico_acf_bring(string $act, string $type): void
{
	$files = portico_acf_files($type);
	$posts = portico_acf_posts($type);
	foreach (portico_acf_states($type) as $key => [$state, $title]) {
		if ($act === 'import' && isset($files[$key]) && $state !== 'same') {
			portico_step("the import of “{$title}” ($key)");
			$code = json_decode((string) file_get_contents($files[$key]), true);
			// With its number, ACF changes the piece that is there instead of making another.
			$code['ID'] = $posts[$key]['ID'] ?? 0;
			$type === 'acf-field-group' ? acf_import_field_group($code) : acf_import_internal_post_type($code, $type);
		} elseif ($act === 'export' && isset($posts[$key]) && $state !== 'same') {
			$json = acf_get_instance('ACF_Local_JSON');
			$written = $type === 'acf-field-group'
				? acf_write_json_field_group($posts[$key]) : $json->update_internal_post_type($posts[$key]);
			$written || portico_fail("ACF could not write “{$title}” ($key) into " . acf_get_setting('save_json'));
		}
	}
	unset($GLOBALS['portico_step']);
}
