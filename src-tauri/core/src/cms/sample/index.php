<?php
/* The sample site: a front page, a guest book and a few pictures. Small enough to read in one go. */
require __DIR__ . '/content.php';

if (!in_array(parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH), ['/', '/index.php'], true)) {
	http_response_code(404);
	exit('There is no such page here.');
}

$design = require __DIR__ . '/design.php';
$environment = (string) ($_ENV['PANTHEON_ENVIRONMENT'] ?? 'nowhere');
$notice = '';
if ($_SERVER['REQUEST_METHOD'] === 'POST') {
	$notice = isset($_FILES['picture']) ? add_picture($_FILES['picture']) : add_entry($_POST['name'] ?? '', $_POST['text'] ?? '');
	if ($notice === '') {
		// A reload must not send the form again.
		header('Location: ./', true, 303);
		exit;
	}
}

function e($text): string
{
	return htmlspecialchars((string) $text, ENT_QUOTES, 'UTF-8');
}
?>
<!doctype html>
<html lang="en">
<head>
	<meta charset="utf-8">
	<meta name="viewport" content="width=device-width, initial-scale=1">
	<title><?= e($design['title']) ?></title>
	<link rel="stylesheet" href="style.css">
	<style>:root { --accent: <?= e($design['accent']) ?>; }</style>
</head>
<body>
<header>
	<p class="environment">This is <strong><?= e($environment) ?></strong></p>
	<h1><?= e($design['title']) ?></h1>
	<p class="lead"><?= e($design['lead']) ?></p>
	<p class="version">Version <?= e($design['version']) ?> of the code</p>
</header>
<main>
	<?php if ($notice !== '') : ?><p class="notice" role="alert"><?= e($notice) ?></p><?php endif ?>
	<section>
		<h2>Posts</h2>
		<?php foreach (posts() as $post) : ?>
			<article>
				<h3><?= e($post['title']) ?></h3>
				<p><?= e($post['body']) ?></p>
			</article>
		<?php endforeach ?>
	</section>
	<section>
		<h2>Pictures</h2>
		<?php $pictures = pictures() ?>
		<?php if ($pictures === []) : ?><p class="empty">None yet. A picture is content: a clone carries it, a deploy does not.</p><?php endif ?>
		<ul class="pictures">
			<?php foreach ($pictures as $picture) : ?>
				<li><img src="files/<?= e(rawurlencode($picture)) ?>" alt="<?= e($picture) ?>" loading="lazy"></li>
			<?php endforeach ?>
		</ul>
		<form method="post" enctype="multipart/form-data">
			<label>A picture <input type="file" name="picture" accept="image/*" required></label>
			<button>Upload</button>
		</form>
	</section>
	<section>
		<h2>Guest book</h2>
		<form method="post">
			<label>Name <input name="name" required maxlength="60" autocomplete="name"></label>
			<label>What you want to say <textarea name="text" required maxlength="1000" rows="3"></textarea></label>
			<button>Write</button>
		</form>
		<?php foreach (entries() as $entry) : ?>
			<article>
				<p><?= nl2br(e($entry['text'])) ?></p>
				<p class="by"><?= e($entry['name']) ?>, <time><?= e($entry['written']) ?></time></p>
			</article>
		<?php endforeach ?>
	</section>
</main>
<footer><p>The sample site. Its <code>README.md</code> says what to try.</p></footer>
</body>
</html>
