//! A request that PHP answers: wakes the environment, reaches its pool, says what CGI says.
use std::{
    io::{self, ErrorKind},
    net::SocketAddr,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use hyper::{
    HeaderMap, Method, Response, StatusCode,
    body::Incoming,
    header::{self, HeaderName},
    http::request::Parts,
};
use jiff::Timestamp;
use tokio::sync::oneshot;

use super::{
    Ready, Served, access_log,
    body::Body,
    exchange::{self, Asker, Reader, Writer},
    fastcgi,
    gate::Pass,
    lock, pages,
    route::Script,
    server::Shared,
    upload::Upload,
    visited::Visited,
};
use crate::{
    error::{Error, Result},
    runtime::FastCgi,
};

/// The most that a full queue of the pool is waited for between two tries.
const QUEUE: Duration = Duration::from_millis(50);

/// One request, with everything that its answer needs.
pub(super) struct Job {
    pub(super) shared: Arc<Shared>,
    pub(super) served: Arc<Served>,
    pub(super) visited: Arc<Visited>,
    /// The request is under way until this is dropped.
    pub(super) pass: Pass,
    pub(super) parts: Arc<Parts>,
    pub(super) body: Incoming,
    pub(super) script: Script,
    pub(super) client: SocketAddr,
    pub(super) host: String,
    pub(super) began: Instant,
}

/// Carries the request out and hands its answer to `head`. Runs in a task of its own, so that a client
/// that leaves doesn't take back what it asked for (WordPress starts its cron so), nor what is still under way.
pub(super) async fn run(job: Job, head: oneshot::Sender<Response<Body>>) {
    let Job { shared, served, visited, pass, parts, body, script, client, host, began } = job;
    let upload = match Upload::new(body, &served.logs).await {
        Ok(upload) => upload,
        Err(error) if error.kind() == ErrorKind::StorageFull => {
            return drop(head.send(pages::no_room(&error)));
        }
        Err(error) => {
            let text = format!("What was sent could not be received: {error}.");
            return drop(head.send(pages::failed(&text)));
        }
    };
    let (ready, streams) = match reach(&shared, &served, &visited).await {
        Ok(reached) => reached,
        Err(error) => {
            visited.broke(&error);
            return drop(head.send(pages::broken(&error)));
        }
    };
    // Nobody waits any more, and nothing is lost: reading has no effect.
    if head.is_closed() && parts.method.is_safe() {
        return;
    }
    let mut start = Vec::with_capacity(8 * 1024);
    let request = Request { served: &served, parts: &parts, script: &script, client, host: &host };
    fastcgi::begin(&mut start);
    request.params(&mut start, shared.address, upload.length(), &ready.parameters);
    let logs = served.logs.clone();
    let asker = Asker {
        head,
        bodiless: parts.method == Method::HEAD,
        first_byte: shared.limits.first_byte,
        errors: &move |said| log_errors(&logs, said),
        answered: &|status: StatusCode| visited.answered(&parts.headers, status, began.elapsed()),
    };
    exchange::run(streams, start, upload, asker).await;
    // In this order: the pool may sleep once nothing is under way.
    drop((ready, pass));
}

/// Wakes the environment and connects to its pool. A pool that is gone (it was just replaced, or died) is
/// woken once more: nothing was sent yet.
async fn reach(
    shared: &Shared,
    served: &Arc<Served>,
    visited: &Arc<Visited>,
) -> Result<(Arc<Ready>, (Reader, Writer))> {
    let mut again = true;
    loop {
        let ready = visited.wake(&shared.sites, served).await?;
        match connect(&ready.lease.address, shared.limits.first_byte).await {
            Ok(streams) => return Ok((ready, streams)),
            Err(error) if again && is_gone(&error) => {
                again = false;
                visited.forget_wake();
            }
            Err(error) => {
                return Err(Error::failed("reach PHP")
                    .hint("Try again; the environment's php-error.log may say why it ended.")
                    .because(error));
            }
        }
    }
}

fn is_gone(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionRefused | ErrorKind::NotFound | ErrorKind::ConnectionReset
    )
}

async fn connect(address: &FastCgi, patience: Duration) -> io::Result<(Reader, Writer)> {
    let (end, mut pause) = (Instant::now() + patience, Duration::from_millis(1));
    loop {
        match connect_once(address).await {
            // A Unix socket whose queue is full says so at once instead of letting one wait.
            Err(error) if error.kind() == ErrorKind::WouldBlock && Instant::now() < end => {
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(QUEUE);
            }
            done => return done,
        }
    }
}

async fn connect_once(address: &FastCgi) -> io::Result<(Reader, Writer)> {
    match address {
        #[cfg(unix)]
        FastCgi::Socket(path) => {
            let (reader, writer) = tokio::net::UnixStream::connect(path).await?.into_split();
            Ok((Box::new(reader), Box::new(writer)))
        }
        #[cfg(not(unix))]
        FastCgi::Socket(_) => Err(ErrorKind::Unsupported.into()),
        FastCgi::Port(port) => {
            let stream = tokio::net::TcpStream::connect(("127.0.0.1", *port)).await?;
            stream.set_nodelay(true)?;
            let (reader, writer) = stream.into_split();
            Ok((Box::new(reader), Box::new(writer)))
        }
    }
}

/// Adds what PHP said to the log that its own errors go to; a request doesn't fail because of its log.
fn log_errors(folder: &Path, said: Vec<u8>) {
    let folder = folder.to_path_buf();
    tokio::task::spawn_blocking(move || {
        let now = Timestamp::now().strftime("[%d-%b-%Y %H:%M:%S UTC] ").to_string();
        let mut lines = Vec::with_capacity(said.len() + now.len() + 1);
        for line in said.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            lines.extend_from_slice(now.as_bytes());
            lines.extend_from_slice(line.trim_ascii_end());
            lines.push(b'\n');
        }
        let _ = access_log::append(&folder, "php-error.log", &lines);
    });
}

/// What CGI/1.1 (RFC 3875, section 4.1) says of a request.
struct Request<'a> {
    served: &'a Served,
    parts: &'a Parts,
    script: &'a Script,
    client: SocketAddr,
    host: &'a str,
}

impl Request<'_> {
    fn params(
        &self,
        start: &mut Vec<u8>,
        front: SocketAddr,
        length: u64,
        own: &[(String, String)],
    ) {
        let headers = &self.parts.headers;
        let uri = &self.parts.uri;
        let docroot = plain(&self.served.docroot);
        let script = plain(&self.script.file);
        let target = uri.path_and_query().map_or("/", |target| target.as_str());
        let content_type = headers.get(header::CONTENT_TYPE).map_or(&b""[..], |v| v.as_bytes());
        let says_length = length > 0 || headers.contains_key(header::CONTENT_LENGTH);
        let length = if says_length { length.to_string() } else { String::new() };
        let (port, client_port) = (front.port().to_string(), self.client.port().to_string());
        let client = self.client.ip().to_string();
        let translated = format!("{docroot}{}", self.script.path_info);
        let software = b"Portico (as nginx)";
        let protocol = format!("{:?}", self.parts.version);
        let own_address = front.ip().to_string();
        let mut pairs: Vec<(&[u8], &[u8])> = vec![
            (b"GATEWAY_INTERFACE".as_slice(), b"CGI/1.1".as_slice()),
            // WordPress looks for a server it knows before it offers pretty permalinks.
            (b"SERVER_SOFTWARE", software),
            (b"SERVER_PROTOCOL", protocol.as_bytes()),
            (b"SERVER_NAME", self.host.as_bytes()),
            (b"SERVER_ADDR", own_address.as_bytes()),
            (b"SERVER_PORT", port.as_bytes()),
            (b"REQUEST_SCHEME", b"http"),
            (b"REQUEST_METHOD", self.parts.method.as_str().as_bytes()),
            (b"REQUEST_URI", target.as_bytes()),
            (b"QUERY_STRING", uri.query().unwrap_or("").as_bytes()),
            (b"DOCUMENT_ROOT", docroot.as_bytes()),
            (b"DOCUMENT_URI", self.script.name.as_bytes()),
            (b"SCRIPT_NAME", self.script.name.as_bytes()),
            (b"SCRIPT_FILENAME", script.as_bytes()),
            (b"REMOTE_ADDR", client.as_bytes()),
            (b"REMOTE_PORT", client_port.as_bytes()),
            (b"CONTENT_TYPE", content_type),
            (b"CONTENT_LENGTH", length.as_bytes()),
            // PHP's CGI program refuses to run without it.
            (b"REDIRECT_STATUS", b"200"),
        ];
        if !self.script.path_info.is_empty() {
            pairs.push((b"PATH_INFO", self.script.path_info.as_bytes()));
            pairs.push((b"PATH_TRANSLATED", translated.as_bytes()));
        }
        if let Some(lock) = &self.served.lock {
            pairs.push((b"REMOTE_USER", lock.user.as_bytes()));
            pairs.push((b"AUTH_TYPE", b"Basic"));
        }
        let from_client = header_params(headers, self.served.lock.is_some());
        pairs.extend(from_client.iter().map(|(name, value)| (name.as_bytes(), value.as_slice())));
        pairs.extend(own.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())));
        fastcgi::params(start, pairs.into_iter());
    }
}

/// `HTTP_…` for each header, a repeated one joined. Left out: `Proxy` (PHP programs would take it for their
/// own proxy), names with an underscore (they would pass for those with a hyphen), what has a parameter of
/// its own, and the password of the environment's lock, which is none of the site's business.
fn header_params(headers: &HeaderMap, locked: bool) -> Vec<(String, Vec<u8>)> {
    let mut params = Vec::with_capacity(headers.len());
    for name in headers.keys() {
        let skipped = name.as_str() == "proxy"
            || name.as_str().contains('_')
            || *name == header::CONTENT_LENGTH
            || *name == header::CONTENT_TYPE
            || *name == lock::PASS
            || (locked && *name == header::AUTHORIZATION);
        if !skipped {
            let key = format!("HTTP_{}", name.as_str().to_ascii_uppercase().replace('-', "_"));
            params.push((key, joined(headers, name)));
        }
    }
    params
}

fn joined(headers: &HeaderMap, name: &HeaderName) -> Vec<u8> {
    let between: &[u8] = if *name == header::COOKIE { b"; " } else { b", " };
    let values: Vec<&[u8]> = headers.get_all(name).iter().map(|value| value.as_bytes()).collect();
    values.join(between)
}

/// A path as PHP takes it: without the mark that Windows puts before a path whose links are resolved.
fn plain(path: &Path) -> String {
    let text = path.to_string_lossy();
    text.strip_prefix(r"\\?\").unwrap_or(&text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_that_could_deceive_php_are_left_out() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("proxy", "http://evil"),
            ("x_forwarded_for", "1.2.3.4"),
            ("authorization", "Basic eA=="),
            ("content-length", "3"),
            ("x-portico-pass", "secret"),
            ("accept", "text/html"),
        ] {
            headers.insert(name, value.parse().unwrap());
        }
        for cookie in ["a=1", "b=2"] {
            headers.append("cookie", cookie.parse().unwrap());
        }
        let params = |locked| {
            let mut params = header_params(&headers, locked);
            params.sort();
            params
                .into_iter()
                .map(|(k, v)| k + "=" + &String::from_utf8(v).unwrap())
                .collect::<Vec<_>>()
        };
        assert_eq!(params(true), ["HTTP_ACCEPT=text/html", "HTTP_COOKIE=a=1; b=2"]);
        assert_eq!(params(false)[1], "HTTP_AUTHORIZATION=Basic eA==");
    }
}
