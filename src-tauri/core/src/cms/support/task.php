<?php
/*
 * What the tasks share: a request that looks like a visit of the site's front page, and errors on stderr.
 */
ini_set('display_errors', 'stderr');
ini_set('log_errors', '0');
set_time_limit(0);
ignore_user_abort(true);

/** Ends with what is wrong. */
function portico_fail(string $message): never
{
	fwrite(STDERR, rtrim($message) . "\n");
	exit(1);
}

/** The one JSON object on standard input. */
function portico_input(): array
{
	$input = json_decode((string) stream_get_contents(STDIN), true);
	return is_array($input) ? $input : portico_fail('the task was given no input');
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
