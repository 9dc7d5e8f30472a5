<?php
/*
 * The state of Drupal 7's Features, and their revert. Folder: Drupal's root.
 * Input: {"act": "status" | "import"}: the code wins over the database.
 */
require __DIR__ . '/drupal7-boot.php';
$act = portico_input()['act'];

portico_boot('/index.php', 'no configuration');
if (!module_exists('features')) {
	portico_done('config ' . json_encode(['system' => null, 'same' => 0, 'items' => []]));
}
if ($act === 'export') {
	portico_fail('Features writes modules of its own: recreate them under Structure, Features');
}
module_load_include('inc', 'features', 'features.export');
features_include();

/* Each component of each enabled feature that is not as its code says. */
$states = static function (): array {
	$same = 0;
	$items = [];
	foreach (features_get_features() as $name => $feature) {
		if (empty($feature->status)) {
			continue;
		}
		$all = features_get_component_states([$name], true, true);
		foreach ($all[$name] ?? [] as $component => $state) {
			if ($state === FEATURES_DEFAULT) {
				$same++;
			} else {
				$items[] = ['group' => $name, 'name' => (string) $component, 'state' => 'differs'];
			}
		}
	}
	return [$same, $items];
};
[$same, $items] = $states();
if ($act === 'import' && $items !== []) {
	$revert = [];
	foreach ($items as $item) {
		$revert[$item['group']][] = $item['name'];
	}
	portico_step('the revert of ' . implode(', ', array_keys($revert)));
	features_revert($revert);
	unset($GLOBALS['portico_step']);
	[$same, $items] = $states();
}
portico_done('config ' . json_encode(['system' => 'Features', 'same' => $same, 'items' => $items]));
