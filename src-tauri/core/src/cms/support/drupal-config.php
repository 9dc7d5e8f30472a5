<?php
/*
 * Configuration synchronisation of Drupal 8 and later, between the sync folder in the code and the database.
 * Folder: Drupal's root. Input: {"act": "status" | "import" | "export"}.
 */
require __DIR__ . '/task.php';
$act = portico_input()['act'];
require __DIR__ . '/drupal-boot.php';

use Drupal\Component\FileSecurity\FileSecurity;
use Drupal\Core\Config\ConfigImporter;
use Drupal\Core\Config\FileStorage;
use Drupal\Core\Config\StorageComparer;

$none = 'config ' . json_encode(['system' => null, 'same' => 0, 'items' => []]);
$folder = \Drupal\Core\Site\Settings::get('config_sync_directory');
if (!$folder) {
	portico_done($none);
}
try {
	$active = \Drupal::service('config.storage');
	if ($act === 'export') {
		for ($there = $folder; !is_dir($there); $there = dirname($there));
		$files = realpath((string) getenv('PORTICO_FILES'));
		if ($files !== false && strpos(realpath($there) . '/', "$files/") === 0) {
			portico_fail("the configuration folder $folder lies among the uploaded files, which no deploy brings along: name one in the code, \$settings['config_sync_directory'] = '../config/sync' in settings.php");
		}
		is_dir($folder) || mkdir($folder, 0777, true) || portico_fail("cannot make $folder");
		$exported = \Drupal::hasService('config.storage.export') ? \Drupal::service('config.storage.export') : $active;
		$files = new FileStorage($folder);
		foreach (array_merge([''], $exported->getAllCollectionNames(), $files->getAllCollectionNames()) as $collection) {
			$from = $exported->createCollection($collection);
			$to = $files->createCollection($collection);
			foreach (array_diff($to->listAll(), $from->listAll()) as $name) {
				$to->delete($name);
			}
			foreach ($from->listAll() as $name) {
				$to->write($name, $from->read($name));
			}
		}
		// Drupal's cron would write it later: into Dev as a change that nobody made, into Test and Live in vain.
		class_exists(FileSecurity::class) && FileSecurity::writeHtaccess($folder);
	}
	$sync = \Drupal::service('config.storage.sync');
	if (!is_dir($folder) || $sync->listAll() === []) {
		portico_done($none);
	}
	if (class_exists('Drupal\Core\Config\ImportStorageTransformer') && \Drupal::hasService('config.import_transformer')) {
		$sync = \Drupal::service('config.import_transformer')->transform($sync);
	}
	$comparer = new StorageComparer($sync, $active);
	$comparer->createChangelist();
	if ($act === 'import' && $comparer->hasChanges()) {
		portico_step('the configuration import');
		$services = [
			'event_dispatcher', 'config.manager', 'lock.persistent', 'config.typed', 'module_handler',
			'module_installer', 'theme_handler', 'string_translation', 'extension.list.module', 'extension.list.theme',
		];
		$arguments = [$comparer];
		foreach ($services as $service) {
			\Drupal::hasService($service) && $arguments[] = \Drupal::service($service);
		}
		// Older versions take fewer.
		$wanted = (new ReflectionMethod(ConfigImporter::class, '__construct'))->getNumberOfParameters();
		$importer = new ConfigImporter(...array_slice($arguments, 0, $wanted));
		$importer->import();
		foreach ($importer->getErrors() as $error) {
			portico_fail((string) $error);
		}
		unset($GLOBALS['portico_step']);
		drupal_flush_all_caches();
		$comparer = new StorageComparer(\Drupal::service('config.storage.sync'), \Drupal::service('config.storage'));
		$comparer->createChangelist();
	}
	$items = [];
	$states = ['create' => 'only_in_code', 'update' => 'differs', 'delete' => 'only_in_database', 'rename' => 'differs'];
	foreach ($comparer->getAllCollectionNames() as $collection) {
		foreach ($states as $op => $state) {
			foreach ($comparer->getChangelist($op, $collection) as $name) {
				$items[] = ['group' => $collection, 'name' => (string) $name, 'state' => $state];
			}
		}
	}
	$same = max(0, count($sync->listAll()) - count($items));
} catch (Throwable $error) {
	$message = $error->getMessage();
	if (isset($importer)) {
		$message = implode("\n", array_merge([$message], array_map('strval', $importer->getErrors())));
	}
	portico_fail(get_class($error) . ': ' . $message);
}
portico_done('config ' . json_encode(['system' => 'Configuration synchronization', 'same' => $same, 'items' => $items]));
