//! How PHP is told of a database server: by its socket, or on Windows by its named pipe.
use std::path::Path;

/// The host beside a socket. PHP for Windows takes a pipe only for the host `.`; `localhost` is TCP there.
pub(super) const HOST: &str = if cfg!(windows) { "." } else { "localhost" };

/// The socket's path, or the pipe's name as PHP opens it.
pub(super) fn socket(socket: &Path) -> String {
    let socket = socket.to_string_lossy();
    if cfg!(windows) { pipe(&socket) } else { socket.into_owned() }
}

/// The socket for one who names no host beside it in PDO's address, as Drupal does.
pub(super) fn socket_without_host(path: &Path) -> String {
    let socket = socket(path);
    if cfg!(windows) { with_host(&socket) } else { socket }
}

/// PHP opens a pipe as a file, by its whole name; with slashes, since WordPress looks for `:/` in `DB_HOST`.
fn pipe(name: &str) -> String {
    format!("//./pipe/{name}")
}

/// What follows `unix_socket=` in PDO's address may hold more of it.
fn with_host(pipe: &str) -> String {
    format!("{pipe};host=.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wordpress_and_drupal_find_a_pipe_where_php_for_windows_looks_for_it() {
        let pipe = pipe("portico-db-1.sock");
        // WordPress takes what follows the colon of `:/` for the socket.
        let (host, socket) = format!(".:{pipe}").split_once(":/").map(own).expect("a socket");
        assert_eq!((host.as_str(), socket.as_str()), (".", "/./pipe/portico-db-1.sock"));
        // Drupal puts `unix_socket` before the name of the database.
        let address = format!("mysql:unix_socket={};dbname=pantheon", with_host(&pipe));
        let mut parts = address["mysql:".len()..].split(';');
        assert_eq!(parts.next(), Some("unix_socket=//./pipe/portico-db-1.sock"));
        assert!(parts.any(|part| part == "host=."));
    }

    fn own((left, right): (&str, &str)) -> (String, String) {
        (left.to_owned(), right.to_owned())
    }

    #[test]
    #[cfg(unix)]
    fn elsewhere_a_socket_is_told_by_its_path() {
        let path = Path::new("/run/p/1.sock");
        assert_eq!(socket(path), "/run/p/1.sock");
        assert_eq!(socket_without_host(path), "/run/p/1.sock");
    }
}
