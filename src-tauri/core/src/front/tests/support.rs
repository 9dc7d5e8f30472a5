//! Sites in temporary folders, their PHP, and a client that shows exactly what came over the wire.
use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use crate::{
    error::{Error, Result},
    front::{Front, Ready, Served, Sites, server::Limits},
    runtime::{FastCgi, PhpLease},
};

/// One environment, `acme.dev` at `dev-acme.localhost`.
pub(super) struct World {
    pub(super) served: Mutex<Served>,
    pub(super) pool: Mutex<Option<FastCgi>>,
    pub(super) wakes: AtomicUsize,
    /// Each wake takes so long.
    pub(super) delay: Mutex<Duration>,
}

impl Sites for World {
    fn look(&self, served: &Served) -> Option<Arc<Served>> {
        Some(Arc::new(served.clone()))
    }

    fn find(&self, host: &str) -> Option<Arc<Served>> {
        (host == "dev-acme.localhost").then(|| Arc::new(self.served.lock().unwrap().clone()))
    }

    fn wake(&self, _: &Served) -> Result<Ready> {
        self.wakes.fetch_add(1, Ordering::SeqCst);
        std::thread::sleep(*self.delay.lock().unwrap());
        let address = self.pool.lock().unwrap().clone();
        let address = address.ok_or_else(|| Error::missing("PHP <8.2>"))?;
        let own = [("PANTHEON_ENVIRONMENT", "dev"), ("HTTP_X_OWN", "ours")];
        let parameters = own.map(|(name, value)| (name.into(), value.into())).into();
        Ok(Ready { lease: lease(address), database: None, parameters: Arc::new(parameters) })
    }
}

fn lease(address: FastCgi) -> PhpLease {
    PhpLease::from(address)
}

/// A front with one environment.
pub(super) struct Stage {
    pub(super) front: Front,
    pub(super) world: Arc<World>,
    pub(super) root: PathBuf,
    _folder: tempfile::TempDir,
}

impl Stage {
    pub(super) fn new(php: bool, pool: Option<FastCgi>) -> Self {
        Self::with_limits(php, pool, Limits::default())
    }

    pub(super) fn with_limits(php: bool, pool: Option<FastCgi>, limits: Limits) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        for name in ["code", "files"] {
            fs::create_dir(root.join(name)).unwrap();
        }
        let served = Served {
            broken: Vec::new(),
            pass: "pass".into(),
            address: "acme.dev".parse().unwrap(),
            code: root.join("code"),
            docroot: root.join("code"),
            uploads: Some(("/uploads".into(), root.join("files"))),
            protected: vec!["/secret".into()],
            lock: None,
            php,
            logs: root.join("logs"),
        };
        let world = Arc::new(World {
            served: Mutex::new(served),
            pool: Mutex::new(pool),
            wakes: AtomicUsize::new(0),
            delay: Mutex::default(),
        });
        let sites: Arc<dyn Sites> = world.clone();
        let front = Front::start_with(&[0], sites, limits).unwrap();
        Self { front, world, root, _folder: folder }
    }

    pub(super) fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub(super) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.front.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream
    }

    /// Sends a request on a connection of its own; `headers` are lines, each with its end.
    pub(super) fn send(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> Answer {
        let mut stream = self.connect();
        let length = if body.is_empty() {
            String::new()
        } else {
            format!("Content-Length: {}\r\n", body.len())
        };
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: dev-acme.localhost:80\r\nUser-Agent: Mozilla/5.0\r\n\
             Connection: close\r\n{headers}{length}\r\n"
        )
        .unwrap();
        stream.write_all(body).unwrap();
        Answer::read(stream)
    }

    pub(super) fn get(&self, path: &str) -> Answer {
        self.send("GET", path, "", b"")
    }
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: Vec<u8>,
    /// Whether the body is as long as the head said, or has its last chunk.
    pub(super) whole: bool,
}

impl Answer {
    pub(super) fn read(mut stream: TcpStream) -> Self {
        let mut bytes = Vec::new();
        // A reset counts as an end: the body then is not whole.
        let _ = stream.read_to_end(&mut bytes);
        Self::parse(&bytes)
    }

    pub(super) fn parse(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").expect("an answer");
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap().to_ascii_lowercase();
        let status = head[9..12].parse().unwrap();
        let rest = &bytes[end + 4..];
        let (body, whole) = if head.contains("transfer-encoding: chunked") {
            unchunk(rest)
        } else {
            let said = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            (rest.to_vec(), said.is_none_or(|said| said.parse() == Ok(rest.len())))
        };
        Self { status, head, body, whole }
    }

    pub(super) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

fn unchunk(mut rest: &[u8]) -> (Vec<u8>, bool) {
    let mut body = Vec::new();
    while let Some(end) = rest.windows(2).position(|window| window == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..end]).unwrap(), 16).unwrap();
        rest = &rest[end + 2..];
        if size == 0 {
            return (body, true);
        }
        body.extend_from_slice(&rest[..size.min(rest.len())]);
        rest = rest.get(size + 2..).unwrap_or_default();
    }
    (body, false)
}

/// A real PHP pool on a Unix socket; ends with this.
pub(super) struct Pool {
    child: Child,
    pub(super) address: FastCgi,
    _folder: tempfile::TempDir,
}

impl Pool {
    /// None where this machine lacks the program.
    pub(super) fn fpm() -> Option<Self> {
        let program = ["/usr/sbin/php-fpm8.2", "/usr/sbin/php-fpm8.4", "/usr/sbin/php-fpm8.3"]
            .into_iter()
            .find(|path| Path::new(path).exists())?;
        let folder = tempfile::Builder::new().prefix("fpm").tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).display().to_string();
        let config = format!(
            "[global]\nerror_log={}\ndaemonize=no\n[www]\nlisten={}\npm=static\npm.max_children=4\n\
             catch_workers_output=yes\n{}",
            at("fpm.log"),
            at("s"),
            // Root's workers must be root's too, to read what the tests write.
            if rustix::process::getuid().is_root() { "user=root\ngroup=root\n" } else { "" },
        );
        fs::write(at("fpm.conf"), config).unwrap();
        let mut command = Command::new(program);
        command.args(["-n", "-F", "-R", "-y", &at("fpm.conf")]);
        command.args(["-d", "variables_order=EGPCS"]);
        Some(Self::start(command, folder))
    }

    /// None where this machine lacks the program.
    pub(super) fn cgi() -> Option<Self> {
        let folder = tempfile::Builder::new().prefix("cgi").tempdir().unwrap();
        if !Path::new("/usr/bin/php-cgi").exists() {
            return None;
        }
        let mut command = Command::new("/usr/bin/php-cgi");
        command.args(["-n", "-b"]).arg(folder.path().join("s"));
        // As many workers as above: a page may ask its own site for another one.
        command.env("PHP_FCGI_CHILDREN", "4").env("PHP_FCGI_MAX_REQUESTS", "0");
        Some(Self::start(command, folder))
    }

    fn start(mut command: Command, folder: tempfile::TempDir) -> Self {
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let socket = folder.path().join("s");
        let until = Instant::now() + Duration::from_secs(20);
        while std::os::unix::net::UnixStream::connect(&socket).is_err() {
            assert!(Instant::now() < until, "PHP did not start");
            std::thread::sleep(Duration::from_millis(5));
        }
        Self { child, address: FastCgi::Socket(socket), _folder: folder }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        let pid = rustix::process::Pid::from_child(&self.child);
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        let _ = self.child.wait();
    }
}

/// Waits for something that another thread brings about.
pub(super) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < until, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
