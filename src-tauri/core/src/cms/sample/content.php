<?php
/* Content: what stands in the database and in the folder files/. */

const PICTURES = __DIR__ . '/files';

/** The database of this environment; its tables are made on the first visit. */
function database(): PDO
{
	static $database = null;
	if ($database !== null) {
		return $database;
	}
	$options = [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION, PDO::ATTR_DEFAULT_FETCH_MODE => PDO::FETCH_ASSOC];
	$file = $_ENV['PORTICO_SQLITE_FILE'] ?? '';
	if ($file === '' && !empty($_ENV['DB_PORT'])) {
		$from = "mysql:host={$_ENV['DB_HOST']};unix_socket={$_ENV['DB_PORT']};dbname={$_ENV['DB_NAME']};charset=utf8mb4";
		$database = new PDO($from, $_ENV['DB_USER'], $_ENV['DB_PASSWORD'], $options);
		$id = 'INT AUTO_INCREMENT PRIMARY KEY';
	} else {
		$database = new PDO('sqlite:' . ($file === '' ? sys_get_temp_dir() . '/sample.sqlite' : $file), null, null, $options);
		$database->exec('PRAGMA busy_timeout = 5000');
		$id = 'INTEGER PRIMARY KEY';
	}
	$database->exec("CREATE TABLE IF NOT EXISTS posts (id $id, title VARCHAR(200) NOT NULL, body TEXT NOT NULL)");
	$database->exec("CREATE TABLE IF NOT EXISTS guestbook (id $id, name VARCHAR(60) NOT NULL, text TEXT NOT NULL, written VARCHAR(20) NOT NULL)");
	first_posts($database);
	return $database;
}

/** An empty site has something to show; two first visits at once still write it once. */
function first_posts(PDO $database): void
{
	$posts = [
		1 => ['Three environments', 'Dev is where code is written, Test is where it is tried, Live is what visitors see. All three run at once.'],
		2 => ['Code moves up', 'A deploy carries commits from Dev to Test and from Test to Live. The guest book and the pictures stay where they are.'],
		3 => ['Content comes down', 'A clone carries the guest book and the pictures from Live to Test or Dev. The code stays where it is.'],
	];
	if ((int) $database->query('SELECT COUNT(*) FROM posts')->fetchColumn() > 0) {
		return;
	}
	$ignore = $database->getAttribute(PDO::ATTR_DRIVER_NAME) === 'sqlite' ? 'OR IGNORE' : 'IGNORE';
	$insert = $database->prepare("INSERT $ignore INTO posts (id, title, body) VALUES (?, ?, ?)");
	foreach ($posts as $id => [$title, $body]) {
		$insert->execute([$id, $title, $body]);
	}
}

function posts(): array
{
	return database()->query('SELECT title, body FROM posts ORDER BY id')->fetchAll();
}

function entries(): array
{
	return database()->query('SELECT name, text, written FROM guestbook ORDER BY id DESC LIMIT 50')->fetchAll();
}

/** Writes into the guest book; answers what is wrong, or nothing. */
function add_entry($name, $text): string
{
	$name = is_string($name) ? trim($name) : '';
	$text = is_string($text) ? trim($text) : '';
	if ($name === '' || $text === '') {
		return 'Write a name and a text.';
	}
	// Cut between characters, with no extension needed.
	$cut = static function (string $text, int $length): string {
		return preg_match("/^.{0,$length}/us", $text, $part) ? $part[0] : '';
	};
	database()
		->prepare('INSERT INTO guestbook (name, text, written) VALUES (?, ?, ?)')
		->execute([$cut($name, 60), $cut($text, 1000), gmdate('Y-m-d H:i:s')]);
	return '';
}

/** The names of the uploaded pictures, newest first. */
function pictures(): array
{
	$paths = glob(PICTURES . '/*.{jpg,png,gif,webp}', GLOB_BRACE) ?: [];
	usort($paths, static function (string $a, string $b): int {
		return filemtime($b) <=> filemtime($a);
	});
	return array_map('basename', $paths);
}

/** Keeps an uploaded picture; answers what is wrong, or nothing. */
function add_picture(array $upload): string
{
	if (!is_string($upload['tmp_name'] ?? null) || ($upload['error'] ?? UPLOAD_ERR_NO_FILE) !== UPLOAD_ERR_OK) {
		return 'The picture did not arrive.';
	}
	$kinds = [IMAGETYPE_JPEG => 'jpg', IMAGETYPE_PNG => 'png', IMAGETYPE_GIF => 'gif', IMAGETYPE_WEBP => 'webp'];
	$kind = $kinds[getimagesize($upload['tmp_name'])[2] ?? 0] ?? null;
	if ($kind === null) {
		return 'That is no picture: JPEG, PNG, GIF and WebP are.';
	}
	$name = trim(preg_replace('/[^a-z0-9]+/', '-', strtolower(pathinfo($upload['name'], PATHINFO_FILENAME))), '-');
	$name = $name === '' ? 'picture' : substr($name, 0, 60);
	is_dir(PICTURES) || mkdir(PICTURES);
	for ($number = 1, $free = "$name.$kind"; file_exists(PICTURES . "/$free"); $number++) {
		$free = "$name-$number.$kind";
	}
	return move_uploaded_file($upload['tmp_name'], PICTURES . "/$free") ? '' : 'The picture could not be kept.';
}
