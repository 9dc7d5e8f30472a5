//! Connections, and the way of each request: host name, lock, gate, route, answer, log.
use std::{
    collections::HashMap,
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, RwLock},
    time::{Duration, Instant},
};

use hyper::{
    Request, Response, StatusCode, Version, body::Incoming, header, http::request::Parts,
    server::conn::http1, service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    runtime::Handle,
    sync::{Notify, oneshot},
};

use super::{
    Served, Sites, access_log,
    body::Body,
    file_cache::FileCache,
    gate, lock, pages, php,
    route::{self, Route},
    static_files,
    visited::Visited,
};
use crate::model::Address;

/// How long what may be slow may take.
pub(super) struct Limits {
    /// A client's headers.
    pub(super) headers: Duration,
    /// PHP, until its answer begins.
    pub(super) first_byte: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { headers: Duration::from_secs(30), first_byte: Duration::from_secs(300) }
    }
}

/// What all connections share.
pub(super) struct Shared {
    pub(super) sites: Arc<dyn Sites>,
    pub(super) address: SocketAddr,
    pub(super) limits: Limits,
    files: Arc<FileCache>,
    visited: RwLock<HashMap<Address, Arc<Visited>>>,
    /// A log has something to write.
    logged: Notify,
}

/// How often the logs are written.
const LOGS: Duration = Duration::from_millis(500);
/// How long no connection is taken when the system has no room for one.
const NO_ROOM: Duration = Duration::from_millis(50);
/// The most bytes of a client's request line and headers that are read at all: more than is answered, so that who sends
/// too much is told so.
const LONGEST_READ: usize = 256 * 1024;
/// The longest address of a request, in bytes: twice what nginx takes.
const LONGEST_TARGET: usize = 16 * 1024;
/// The most bytes of a request's headers, as nginx takes them.
const LONGEST_HEADERS: usize = 32 * 1024;

impl Shared {
    pub(super) fn new(sites: Arc<dyn Sites>, address: SocketAddr, limits: Limits) -> Self {
        let (files, visited, logged) = (Arc::default(), RwLock::default(), Notify::new());
        Self { sites, address, limits, files, visited, logged }
    }

    /// What is known of an environment.
    pub(super) fn visited(&self, environment: &Address) -> Arc<Visited> {
        const LOCK: &str = "nothing panics while it holds the lock";
        if let Some(visited) = self.visited.read().expect(LOCK).get(environment) {
            return Arc::clone(visited);
        }
        let mut all = self.visited.write().expect(LOCK);
        Arc::clone(all.entry(environment.clone()).or_default())
    }

    /// Writes out all logs.
    pub(super) fn flush_logs(&self) {
        let all: Vec<_> = self.visited.read().expect("as above").values().map(Arc::clone).collect();
        for visited in all {
            visited.flush_log();
        }
    }
}

/// Writes the logs soon after there is something to write.
pub(super) async fn write_logs(shared: Arc<Shared>) {
    loop {
        shared.logged.notified().await;
        tokio::time::sleep(LOGS).await;
        let shared = Arc::clone(&shared);
        let _ = tokio::task::spawn_blocking(move || shared.flush_logs()).await;
    }
}

/// Takes connections for as long as the front runs, and gives them to the loops in turn.
pub(super) async fn accept(shared: Arc<Shared>, listener: TcpListener, loops: Vec<Handle>) {
    for next in loops.iter().cycle() {
        let accepted = listener.accept().await;
        // Out of this loop, so that another one can wait for it.
        match accepted.and_then(|(stream, client)| Ok((stream.into_std()?, client))) {
            Ok((stream, client)) => {
                next.spawn(connection(Arc::clone(&shared), stream, client));
            }
            // The client left again, or there are too many open files: later ones will do better.
            Err(_) => tokio::time::sleep(NO_ROOM).await,
        }
    }
}

async fn connection(shared: Arc<Shared>, stream: std::net::TcpStream, client: SocketAddr) {
    let Ok(stream) = TcpStream::from_std(stream) else { return };
    // Without it a short answer may wait for the acknowledgement of its head.
    let _ = stream.set_nodelay(true);
    let limit = shared.limits.headers;
    let service = service_fn(move |request: Request<Incoming>| {
        let shared = Arc::clone(&shared);
        let is_safe = request.method().is_safe();
        let answer = async move { handle(&shared, request, client).await };
        // Hyper drops an answer that nobody waits for, even one that it never began. What has an effect
        // is therefore done by a task: WordPress starts its cron by a POST and leaves at once.
        let work = if is_safe { Err(answer) } else { Ok(tokio::spawn(answer)) };
        async move {
            Ok::<_, Infallible>(match work {
                Ok(task) => task.await.unwrap_or_else(|_| pages::failed("It was given up.")),
                Err(answer) => answer.await,
            })
        }
    });
    // How a connection ends is the client's affair.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limit)
        .max_buf_size(LONGEST_READ)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn handle(
    shared: &Arc<Shared>,
    request: Request<Incoming>,
    client: SocketAddr,
) -> Response<Body> {
    let began = Instant::now();
    let (mut parts, body) = request.into_parts();
    if let Some(mut refused) = malformed(&parts) {
        // What follows on this connection can't be told from what came.
        refused.headers_mut().insert(header::CONNECTION, header::HeaderValue::from_static("close"));
        return refused;
    }
    let authority = parts.uri.authority().and_then(|it| it.as_str().parse().ok());
    if let Some(authority) = authority {
        // A whole address names the host, whatever the header says (RFC 9112, section 3.2.2).
        parts.headers.insert(header::HOST, authority);
    }
    let parts = Arc::new(parts);
    let Some(host) = host(&parts) else { return pages::bad_request() };
    let Some(served) = shared.sites.find(&host) else { return pages::unknown_host() };
    let visited = shared.visited(&served.address);
    let request = Arrived { shared, visited: &visited, parts: &parts, client, host, began };
    let user = served.lock.as_ref().map(|lock| lock.user.clone());
    let (response, user) = match &served.lock {
        Some(lock) if !lock::opens(lock, &served.pass, &parts.headers) => (pages::locked(), None),
        _ => (request.answer(&served, body).await, user),
    };
    visited.set_logs(&served);
    let entry = access_log::Entry {
        client: client.ip(),
        user: user.as_deref(),
        method: &parts.method,
        target: parts.uri.path_and_query().map_or("/", |target| target.as_str()),
        version: parts.version,
        headers: &parts.headers,
        status: response.status(),
        bytes: response.body().length(),
        took: began.elapsed(),
    };
    if visited.log.add(&entry) {
        shared.logged.notify_one();
    }
    response
}

/// A request that may be answered.
struct Arrived<'a> {
    shared: &'a Arc<Shared>,
    visited: &'a Arc<Visited>,
    parts: &'a Arc<Parts>,
    client: SocketAddr,
    host: String,
    began: Instant,
}

impl Arrived<'_> {
    async fn answer(&self, served: &Arc<Served>, body: Incoming) -> Response<Body> {
        let agent = self.parts.headers.get(header::USER_AGENT).map_or(&b""[..], |v| v.as_bytes());
        let pass = self.visited.gate.enter(gate::is_a_programs(agent)).await;
        // Asked again, for a hold may have ended between, and with it what was served.
        let again = self.shared.sites.find(&self.host).filter(|now| now.address == served.address);
        let Some(mut served) = again else { return pages::unknown_host() };
        if !served.broken.is_empty() {
            served = self.looked_at_again(served).await;
        }
        let mut route = route::route(&served, self.parts.uri.path());
        if matches!(route, Route::NotFound) && served.broken.is_empty() && !served.docroot.is_dir()
        {
            served = self.looked_at_again(served).await;
            route = route::route(&served, self.parts.uri.path());
        }
        if !served.broken.is_empty() {
            return pages::damaged(&served.address.site, &served.broken);
        }
        match route {
            Route::File { path, metadata } => {
                self.file(&served, (path, metadata), StatusCode::OK).await
            }
            Route::NotFoundPage { path, metadata } => {
                self.file(&served, (path, metadata), StatusCode::NOT_FOUND).await
            }
            Route::Script(script) => {
                let (head, answer) = oneshot::channel();
                let job = php::Job {
                    shared: Arc::clone(self.shared),
                    served,
                    visited: Arc::clone(self.visited),
                    pass,
                    parts: Arc::clone(self.parts),
                    body,
                    script,
                    client: self.client,
                    host: self.host.clone(),
                    began: self.began,
                };
                tokio::spawn(php::run(job, head));
                answer.await.unwrap_or_else(|_| pages::bad_gateway("the request was given up"))
            }
            Route::Slash(path) => moved(&path, self.parts.uri.query()),
            Route::NotFound => pages::not_found(),
            Route::Forbidden => pages::forbidden(),
            Route::Bad => pages::bad_request(),
        }
    }

    /// What is served of an environment that is broken: somebody may have put it right meanwhile.
    async fn looked_at_again(&self, served: Arc<Served>) -> Arc<Served> {
        let (sites, before) = (Arc::clone(&self.shared.sites), Arc::clone(&served));
        let looked = tokio::task::spawn_blocking(move || sites.look(&before)).await;
        looked.ok().flatten().unwrap_or(served)
    }

    async fn file(
        &self,
        served: &Arc<Served>,
        file: (std::path::PathBuf, std::fs::Metadata),
        status: StatusCode,
    ) -> Response<Body> {
        let asked = (&self.parts.method, &self.parts.headers);
        let response = static_files::answer(&self.shared.files, served, file, asked, status).await;
        if !served.php {
            let took = self.began.elapsed();
            self.visited.answered(&self.parts.headers, response.status(), took);
        }
        response
    }
}

/// The answer to a request that has several hosts (RFC 9112, section 3.2), or that is too long for PHP.
fn malformed(parts: &Parts) -> Option<Response<Body>> {
    let headers = &parts.headers;
    let target = parts.uri.path_and_query().map_or(0, |target| target.as_str().len());
    let line = |(name, value): (&header::HeaderName, &header::HeaderValue)| {
        name.as_str().len() + value.len() + ": \r\n".len()
    };
    if target > LONGEST_TARGET {
        return Some(pages::long_target());
    }
    if headers.iter().map(line).sum::<usize>() > LONGEST_HEADERS {
        return Some(pages::long_headers());
    }
    // Hyper refuses what else is ambiguous, and ends the connection after a length beside chunks.
    let hosts = headers.get_all(header::HOST).iter().count();
    (hosts > 1).then(pages::bad_request)
}

/// The host name that the request is for: lower case, without port and final dot.
fn host(parts: &Parts) -> Option<String> {
    let header = parts.headers.get(header::HOST);
    let name = match (parts.uri.host(), header) {
        (Some(host), _) => host,
        (None, Some(value)) => without_port(value.to_str().ok()?),
        (None, None) if parts.version < Version::HTTP_11 => "",
        (None, None) => return None,
    };
    Some(name.trim_end_matches('.').to_ascii_lowercase())
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    }
}

fn moved(path: &str, query: Option<&str>) -> Response<Body> {
    let target = query.map_or(path.to_owned(), |query| format!("{path}?{query}"));
    let mut response = Response::new(Body::empty());
    match header::HeaderValue::from_str(&target) {
        Ok(target) => {
            *response.status_mut() = StatusCode::MOVED_PERMANENTLY;
            response.headers_mut().insert(header::LOCATION, target);
            // A browser would keep it for good, while the folder may become something else.
            let keep = header::HeaderValue::from_static("no-cache");
            response.headers_mut().insert(header::CACHE_CONTROL, keep);
            response
        }
        Err(_) => pages::bad_request(),
    }
}
