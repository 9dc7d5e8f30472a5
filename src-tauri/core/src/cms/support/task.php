<?php
/*
 * What the tasks share: a request that looks like a visit of the site's front page, and errors on stderr.
 */
ini_set('display_errors', 'stderr');
ini_set('log_errors', '0');
set_time_limit(0);
ignore_user_abort(true);

/*
 * A system that gives up prints a page and ends with 0. A task is only done when it says so itself.
 */
$portico_done = false;
ob_start();
register_shutdown_function(static function (): void {
	if ($GLOBALS['portico_done']) {
		return;
	}
	$page = '';
	while (ob_get_level() > 0) {
		$page = ob_get_clean() . $page;
	}
	$page = preg_replace('~<(style|script|head)\b.*?</\1>~is', '', $page);
	$text = trim(preg_replace('/\s*\n\s*/', "\n", html_entity_decode(strip_tags($page))));
	$error = error_get_last();
	if ($error !== null && in_array($error['type'], [E_ERROR, E_PARSE, E_COMPILE_ERROR, E_CORE_ERROR], true)) {
		$text = trim("$text\n{$error['message']} in {$error['file']}:{$error['line']}");
	}
	$step = isset($GLOBALS['portico_step']) ? "error in {$GLOBALS['portico_step']}: " : '';
	fwrite(STDERR, $step . ($text === '' ? 'the site ended the task without a word' : $text) . "\n");
	exit(1);
});

/** Says what is done next: an error that ends the task names it. */
function portico_step(string $step): void
{
	$GLOBALS['portico_step'] = $step;
	fwrite(STDERR, "$step\n");
}

/** What a step had to say, below its name. */
function portico_tell($said): void
{
	$text = is_scalar($said) || is_object($said) ? trim(html_entity_decode(strip_tags((string) $said))) : '';
	$text === '' || fwrite(STDERR, '  ' . str_replace("\n", "\n  ", $text) . "\n");
}

/** Ends well, with a last line. */
function portico_done(string $message): void
{
	while (ob_get_level() > 0) {
		ob_end_flush();
	}
	echo $message, "\n";
	$GLOBALS['portico_done'] = true;
	exit(0);
}

/** Ends with what is wrong. */
function portico_fail(string $message): void
{
	$GLOBALS['portico_done'] = true;
	$step = isset($GLOBALS['portico_step']) ? "error in {$GLOBALS['portico_step']}: " : '';
	fwrite(STDERR, $step . rtrim($message) . "\n");
	exit(1);
}

/** The one JSON object on standard input. */
function portico_input(): array
{
	$input = json_decode((string) stream_get_contents(STDIN), true);
	is_array($input) || portico_fail('the task was given no input');
	return $input;
}

/** Makes $_SERVER look like a request of `$script`. */
function portico_request(string $script): void
{
	$host = (string) getenv('PORTICO_HOST');
	$_SERVER = [
		'HTTP_HOST' => $host,
		'SERVER_NAME' => explode(':', $host)[0],
		'SERVER_PORT' => explode(':', $host)[1] ?? '80',
		'SERVER_PROTOCOL' => 'HTTP/1.1',
		'SERVER_SOFTWARE' => 'Portico',
		'REQUEST_METHOD' => 'GET',
		'REQUEST_URI' => $script,
		'QUERY_STRING' => '',
		'SCRIPT_NAME' => $script,
		'SCRIPT_FILENAME' => getcwd() . $script,
		'PHP_SELF' => $script,
		'DOCUMENT_ROOT' => getcwd(),
		'REMOTE_ADDR' => '127.0.0.1',
		'HTTP_USER_AGENT' => 'Portico',
	] + $_SERVER;
}

/** Ends well where WordPress has no tables: it sends visitors to its installer then, and ends. To be called before it loads. */
function portico_without_wordpress(string $message): void
{
	$GLOBALS['wp_filter']['wp_redirect'][0][] = ['function' => static function ($target) use ($message) {
		if (substr((string) $target, -21) === '/wp-admin/install.php') {
			portico_done($message);
		}
		return $target;
	}, 'accepted_args' => 1];
}
