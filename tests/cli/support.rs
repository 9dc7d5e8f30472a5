//! The built `portico` on a home of its own: nothing of this machine's surroundings reaches it, nothing of it stays.
use std::{
    fs,
    io::{BufRead, BufReader},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        atomic::{AtomicU32, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;

/// Nothing that a test starts may take longer.
const TIMEOUT: Duration = Duration::from_secs(120);

/// A home, a root folder and a free port for one test.
pub(crate) struct PorticoTest {
    home: TempDir,
    root: PathBuf,
    port: u16,
}

impl PorticoTest {
    pub(crate) fn new() -> Self {
        let home = tempfile::Builder::new().prefix("h").rand_bytes(5).tempdir().unwrap();
        let config = "[user]\n\tname = Test Person\n\temail = person@portico.test\n";
        fs::write(home.path().join(".gitconfig"), config).unwrap();
        lend_sqlite_plugin(home.path());
        let port = free_port();
        let root = home.path().join("Portico");
        Self { home, root, port }
    }

    /// The same with another root folder, as `PORTICO_HOME` says it: relative to the home, with a `~`.
    pub(crate) fn with_root(root: impl AsRef<Path>) -> Self {
        Self::new().rooted_at(root)
    }

    /// The same home, with a root folder of another name.
    pub(crate) fn rooted_at(mut self, root: impl AsRef<Path>) -> Self {
        self.root = root.as_ref().to_owned();
        self
    }

    /// A folder that this test may write to.
    pub(crate) fn folder(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// The root folder, `PORTICO_HOME`.
    pub(crate) fn root(&self) -> PathBuf {
        match self.root.strip_prefix("~") {
            Ok(below) => self.folder("").join(below),
            Err(_) => self.folder("").join(&self.root),
        }
    }

    /// The folder of an environment, by Portico's layout.
    pub(crate) fn environment(&self, address: &str) -> PathBuf {
        let (site, environment) = address.split_once('.').expect("an address is site.env");
        self.root().join("sites").join(site).join(environment)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The command with `arguments`, ready to be changed or started.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = dying_with_us(env!("CARGO_BIN_EXE_portico"));
        self.surround(&mut command);
        command.args(arguments);
        command
    }

    /// Gives a program this test's surroundings and no others.
    pub(crate) fn surround(&self, command: &mut Command) {
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("TMPDIR", std::env::temp_dir())
            .env("LANG", "C.UTF-8")
            .env("NO_COLOR", "1")
            .env("HOME", self.home.path())
            .env("PORTICO_HOME", &self.root)
            .env("PORTICO_PORT", self.port.to_string())
            .current_dir(self.home.path())
            .stdin(Stdio::null());
    }

    /// Runs the command to its end. What it left is to be looked at.
    #[must_use]
    pub(crate) fn run(&self, arguments: &[&str]) -> Outcome {
        Outcome::of(self.command(arguments))
    }

    /// Runs the command, which must succeed, and reads what it printed as JSON.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let mut all = arguments.to_vec();
        all.extend(["--format", "json"]);
        self.run(&all).success().json()
    }

    /// Starts `portico serve` and waits until it listens.
    pub(crate) fn serve(&self) -> Serving {
        let mut child =
            self.command(&["serve"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (said, lines) = mpsc::channel();
        let out = child.stdout.take().unwrap();
        thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                // Nobody listens any more once the test has what it waits for.
                let _ = said.send(line);
            }
        });
        let err = child.stderr.take().unwrap();
        let complaints = thread::spawn(move || std::io::read_to_string(err).unwrap_or_default());
        match lines.recv_timeout(TIMEOUT) {
            Ok(line) => Serving { child, line },
            Err(_) => {
                stop(&mut child);
                panic!("`portico serve` printed no line: {}", complaints.join().unwrap());
            }
        }
    }

    /// The events that the owner tells, one JSON text each, for as long as it runs.
    pub(crate) fn subscribe(&self) -> mpsc::Receiver<String> {
        let card = fs::read_to_string(self.root().join("engine.json")).unwrap();
        let card: Value = serde_json::from_str(&card).unwrap();
        let answer = ureq::post(format!("http://127.0.0.1:{}/", card["port"]))
            .header("Authorization", format!("Bearer {}", card["token"].as_str().unwrap()))
            .send("\"subscribe\"")
            .unwrap();
        let (said, events) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(answer.into_body().into_reader()).lines() {
                if line.is_err() || said.send(line.unwrap_or_default()).is_err() {
                    return;
                }
            }
        });
        events
    }

    /// A browser that knows every `*.localhost`.
    pub(crate) fn browser(&self) -> Browser {
        Browser::new(self.port)
    }

    /// A Git command in a folder, as a person would type it.
    #[must_use]
    pub(crate) fn git(&self, folder: &Path, arguments: &[&str]) -> Outcome {
        let mut command = Command::new("git");
        command
            .args(arguments)
            .current_dir(folder)
            .env("HOME", self.home.path())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .stdin(Stdio::null());
        Outcome::of(command)
    }
}

impl PorticoTest {
    /// A line of shell in a folder, as a person would type it.
    #[must_use]
    pub(crate) fn shell(&self, folder: &Path, line: &str) -> Outcome {
        let mut command = Command::new("sh");
        command.args(["-c", line]).current_dir(folder).env("HOME", self.home.path());
        Outcome::of(command)
    }
}

/// A port that nobody uses, below those that systems hand out to connections: there another test's connection
/// could take it between this look and the start of Portico.
fn free_port() -> u16 {
    static TAKEN: AtomicU32 = AtomicU32::new(0);
    let candidates = (0..10_000).map(|_| {
        let number = std::process::id().wrapping_mul(31) + TAKEN.fetch_add(1, Ordering::Relaxed);
        20_000 + u16::try_from(number % 12_000).unwrap()
    });
    candidates
        .into_iter()
        .find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
        .unwrap()
}

/// A program that ends when the thread that started it does, even if the test is killed.
pub(crate) fn dying_with_us(program: &str) -> Command {
    if cfg!(target_os = "linux") {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "TERM", program]);
        command
    } else {
        Command::new(program)
    }
}

/// `setup` puts the SQLite plugin into the person's data folder; the test's home gets a link to it.
fn lend_sqlite_plugin(home: &Path) {
    let data = if cfg!(target_os = "macos") {
        "Library/Application Support/Portico"
    } else {
        ".local/share/portico"
    };
    let real = match std::env::var_os("XDG_DATA_HOME") {
        Some(folder) if !cfg!(target_os = "macos") => PathBuf::from(folder).join("portico"),
        _ => PathBuf::from(std::env::var_os("HOME").unwrap()).join(data),
    };
    fs::create_dir_all(home.join(data)).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(
        real.join("sqlite-database-integration"),
        home.join(data).join("sqlite-database-integration"),
    )
    .unwrap();
}

/// What a command that has ended left: exit code, what it printed.
pub(crate) struct Outcome {
    command: String,
    status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Outcome {
    pub(crate) fn of(mut command: Command) -> Self {
        let output = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
        Self {
            command: [command.get_program()]
                .into_iter()
                .chain(command.get_args())
                .map(|word| word.to_string_lossy().into_owned())
                .collect::<Vec<_>>()
                .join(" "),
            status: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    pub(crate) fn is_success(&self) -> bool {
        self.status == Some(0)
    }

    #[track_caller]
    pub(crate) fn success(self) -> Self {
        self.status(0)
    }

    #[track_caller]
    pub(crate) fn status(self, wanted: i32) -> Self {
        assert_eq!(self.status, Some(wanted), "exit code of {self}");
        self
    }

    #[track_caller]
    pub(crate) fn stdout_has(self, text: &str) -> Self {
        assert!(self.stdout.contains(text), "no {text:?} on stdout of {self}");
        self
    }

    #[track_caller]
    pub(crate) fn stderr_has(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "no {text:?} on stderr of {self}");
        self
    }

    /// What it printed on stdout, as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("no JSON ({e}) from {self}"))
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { command, stdout, stderr, .. } = self;
        write!(f, "{command}\n--- stdout\n{stdout}\n--- stderr\n{stderr}")
    }
}

/// A running `portico serve`; it is stopped when this goes.
pub(crate) struct Serving {
    child: Child,
    /// What it printed when it listened.
    pub(crate) line: String,
}

impl Serving {
    /// Sends it a signal.
    pub(crate) fn signal(&self, wanted: rustix::process::Signal) {
        signal(&self.child, wanted);
    }

    /// Ends it as a crash would: no chance to tidy up.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end, and answers its exit code.
    pub(crate) fn end(mut self) -> Option<i32> {
        stop(&mut self.child)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        stop(&mut self.child);
    }
}

/// Whether a process with this number runs.
pub(crate) fn is_running(pid: u64) -> bool {
    let Some(pid) = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw) else {
        return false;
    };
    // One that has ended and was not waited for still has its number.
    let dead = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()))
        .is_ok_and(|stat| stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('Z')));
    !dead && rustix::process::test_kill_process(pid).is_ok()
}

/// Waits until `condition` holds.
#[track_caller]
pub(crate) fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(20), "never came true: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// Sends SIGTERM, later SIGKILL, and answers the exit code.
pub(crate) fn stop(child: &mut Child) -> Option<i32> {
    signal(child, rustix::process::Signal::TERM);
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(20) {
        if let Ok(Some(status)) = child.try_wait() {
            return status.code();
        }
        thread::sleep(Duration::from_millis(10));
    }
    let _ = child.kill();
    child.wait().ok().and_then(|status| status.code())
}

/// Sends a signal to a child that has not been waited for.
pub(crate) fn signal(child: &Child, signal: rustix::process::Signal) {
    if let Some(pid) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw) {
        // It may have ended by itself.
        let _ = rustix::process::kill_process(pid, signal);
    }
}

/// Resolves every name to this machine, as browsers do with `*.localhost`.
#[derive(Debug)]
struct Loopback;

impl ureq::unversioned::resolver::Resolver for Loopback {
    fn resolve(
        &self,
        uri: &ureq::http::Uri,
        _config: &ureq::config::Config,
        _timeout: ureq::unversioned::transport::NextTimeout,
    ) -> Result<ureq::unversioned::resolver::ResolvedSocketAddrs, ureq::Error> {
        let mut found = self.empty();
        found.push(SocketAddr::from((Ipv4Addr::LOCALHOST, uri.port_u16().unwrap_or(80))));
        Ok(found)
    }
}

/// Follows redirects and keeps cookies per host.
pub(crate) struct Browser {
    agent: ureq::Agent,
    port: u16,
}

/// An answer, whatever its status.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: ureq::http::HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        assert_eq!(self.status, 200, "{}", self.body);
        self
    }

    pub(crate) fn has(&self, text: &str) -> bool {
        self.body.contains(text)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

impl Browser {
    fn new(port: u16) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(TIMEOUT))
            .build();
        let connector = ureq::unversioned::transport::DefaultConnector::default();
        Self { agent: ureq::Agent::with_parts(config, connector, Loopback), port }
    }

    /// The address of a path of an environment: `("acme.dev", "/")`.
    pub(crate) fn url(&self, environment: &str, path: &str) -> String {
        let (site, environment) = environment.split_once('.').expect("an address is site.env");
        format!("http://{environment}-{site}.localhost:{}{path}", self.port)
    }

    pub(crate) fn get(&self, environment: &str, path: &str) -> Answer {
        self.try_get(environment, path).unwrap_or_else(|e| panic!("GET {environment} {path}: {e}"))
    }

    pub(crate) fn try_get(&self, environment: &str, path: &str) -> Result<Answer, ureq::Error> {
        read(self.agent.get(self.url(environment, path)).call()?)
    }

    pub(crate) fn get_with(&self, environment: &str, path: &str, header: (&str, &str)) -> Answer {
        let request = self.agent.get(self.url(environment, path)).header(header.0, header.1);
        read(request.call().unwrap()).unwrap()
    }

    /// Submits a form.
    pub(crate) fn post(&self, environment: &str, path: &str, form: &[(&str, &str)]) -> Answer {
        let url = self.url(environment, path);
        read(self.agent.post(url).send_form(form.iter().copied()).unwrap()).unwrap()
    }

    /// Logs into WordPress and publishes a post, as its editor does, through the REST API.
    pub(crate) fn publish(&self, environment: &str, user: &str, password: &str, title: &str) {
        self.log_in(environment, user, password);
        let nonce = self.get(environment, "/wp-admin/admin-ajax.php?action=rest-nonce").ok();
        let answer = self
            .agent
            .post(self.url(environment, "/wp-json/wp/v2/posts"))
            .header("X-WP-Nonce", nonce.body.trim())
            .send_json(serde_json::json!({"title": title, "content": title, "status": "publish"}))
            .unwrap();
        let answer = read(answer).unwrap();
        assert_eq!(answer.status, 201, "{}", answer.body);
    }
}

impl Browser {
    /// Logs into WordPress.
    pub(crate) fn log_in(&self, environment: &str, user: &str, password: &str) {
        self.get(environment, "/wp-login.php").ok(); // sets WordPress's test cookie
        let form = [("log", user), ("pwd", password), ("wp-submit", "Log In"), ("testcookie", "1")];
        self.post(environment, "/wp-login.php", &form).ok();
    }

    /// Submits a form with a file in the field that `file` names first.
    pub(crate) fn upload(
        &self,
        environment: &str,
        path: &str,
        fields: &[(&str, &str)],
        file: (&str, &Path),
    ) -> Answer {
        const BOUNDARY: &str = "----portico-test-boundary";
        let mut body = Vec::new();
        for (name, value) in fields {
            let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"");
            body.extend(format!("{head}\r\n\r\n{value}\r\n").into_bytes());
        }
        let name = file.1.file_name().unwrap().to_string_lossy();
        let head = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{}\"; filename=\"{name}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n",
            file.0
        );
        body.extend(head.into_bytes());
        body.extend(fs::read(file.1).unwrap());
        body.extend(format!("\r\n--{BOUNDARY}--\r\n").into_bytes());
        let request = self.agent.post(self.url(environment, path));
        let kind = format!("multipart/form-data; boundary={BOUNDARY}");
        read(request.header("Content-Type", kind).send(&body[..]).unwrap()).unwrap()
    }
}

fn read(answer: ureq::http::Response<ureq::Body>) -> Result<Answer, ureq::Error> {
    let (head, mut body) = answer.into_parts();
    let bytes = body.read_to_vec()?;
    let body = String::from_utf8_lossy(&bytes).into_owned();
    Ok(Answer { status: head.status.as_u16(), headers: head.headers, body })
}

/// The code of a WordPress that nobody has installed yet, made once for all tests. Not to be written to.
pub(crate) fn wordpress() -> PathBuf {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).unwrap_or_else(|| {
        PathBuf::from(std::env::var_os("HOME").unwrap()).join(if cfg!(target_os = "macos") {
            "Library/Caches"
        } else {
            ".cache"
        })
    });
    let folder = cache.join("portico/test");
    let target = folder.join("wordpress");
    fs::create_dir_all(&folder).unwrap();
    // Tests run in processes of their own: one makes it, the others wait.
    let lock = fs::File::create(folder.join("wordpress.lock")).unwrap();
    lock.lock().unwrap();
    if !target.join("wp-load.php").exists() {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/wordpress.sh");
        let mut command = Command::new("sh");
        command.arg(script).arg(&target);
        Outcome::of(command).success();
    }
    target
}
