//! What the machine has: PHP, a MariaDB server of the test's own, trees that the fixtures build.
use std::{
    env, fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::Mutex,
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use super::super::Example;
use crate::{
    cms::{PhpTask, Surroundings, php_settings, variables, write_support},
    layout,
    model::Database,
};

/// The folder that the script `tests/fixtures/<name>.sh` builds, once for all tests.
///
/// None on a machine that lacks the registry's own program (`apt-get`, `npm`): there the test has nothing to run.
pub(super) fn fixture(name: &str) -> Option<PathBuf> {
    static BUILDING: Mutex<()> = Mutex::new(());
    let needed = if name == "wordpress" { "apt-get" } else { "npm" };
    let present = |folder: PathBuf| folder.join(needed).is_file();
    if !env::split_paths(&env::var_os("PATH")?).any(present) {
        return None;
    }
    let cache = env::var_os("PORTICO_TEST_CACHE")
        .map_or_else(|| env::temp_dir().join("portico-test-cache"), PathBuf::from);
    let target = cache.join(name);
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures");
    let guard = BUILDING.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let built = Command::new("sh")
        .arg(scripts.join(format!("{name}.sh")))
        .arg(&target)
        .output()
        .expect("a shell");
    drop(guard);
    assert!(built.status.success(), "{name}: {}", String::from_utf8_lossy(&built.stderr));
    Some(target)
}

/// Makes `to` a tree of hard links to the files of `from`; the tests add files and change none.
pub(super) fn link_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            link_tree(&entry.path(), &target);
        } else if fs::hard_link(entry.path(), &target).is_err() {
            fs::copy(entry.path(), &target).expect("a copy");
        }
    }
}

/// PHP takes the file for PHP.
pub(super) fn lint(name: &str, contents: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    fs::write(&path, contents).expect("a file");
    let said = Command::new("php").arg("-l").arg(&path).output().expect("php");
    assert!(said.status.success(), "{name}: {}", String::from_utf8_lossy(&said.stdout));
}

/// A site whose PHP can be asked.
pub(super) struct Running {
    pub(super) example: Example,
    pub(super) database: Database,
    pub(super) cookies: String,
    plugin: Option<PathBuf>,
}

impl Running {
    /// The site with an empty SQLite file.
    pub(super) fn new(example: Example, plugin: Option<PathBuf>) -> Self {
        let folder = example.folder.path();
        fs::create_dir(folder.join("database")).expect("a folder");
        write_support(&folder.join("support")).expect("support files");
        let file = layout::sqlite_file(&folder.join("database"));
        Self { example, database: Database::Sqlite { file }, cookies: String::new(), plugin }
    }

    pub(super) fn code(&self) -> PathBuf {
        self.example.folder.path().join("code")
    }

    fn docroot(&self) -> PathBuf {
        self.code().join(&self.example.site.docroot)
    }

    pub(super) fn with<T>(&self, use_it: impl FnOnce(&Surroundings<'_>) -> T) -> T {
        self.example.with(Some(&self.database), self.plugin.as_deref(), use_it)
    }

    fn php(&self, program: &str) -> Command {
        let settings = self.with(php_settings).expect("settings");
        let told = self.with(variables).expect("variables");
        let mut command = Command::new(program);
        command.env_clear().env("PATH", env::var_os("PATH").unwrap_or_default()).envs(told);
        for (name, value) in settings {
            command.arg("-d").arg(format!("{name}={value}"));
        }
        command
    }

    /// Runs a task to its end; what it said on stdout, or on stderr when it failed.
    pub(super) fn run(&self, task: &PhpTask) -> Result<String, String> {
        let mut command = self.php("php");
        command.arg(&task.script).args(&task.arguments).current_dir(&task.folder);
        let said = feed(&mut command, task.input.as_bytes());
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if said.status.success() { Ok(text(&said.stdout)) } else { Err(text(&said.stderr)) }
    }

    pub(super) fn get(&self, path: &str) -> Answer {
        self.request("GET", path, "", b"")
    }

    pub(super) fn post(&self, path: &str, form: &str) -> Answer {
        self.request("POST", path, "application/x-www-form-urlencoded", form.as_bytes())
    }

    pub(super) fn upload(&self, path: &str, field: &str, name: &str, bytes: &[u8]) -> Answer {
        let head = format!(
            "--edge\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\n\r\n"
        );
        let body = [head.as_bytes(), bytes, b"\r\n--edge--\r\n"].concat();
        self.request("POST", path, "multipart/form-data; boundary=edge", &body)
    }

    fn request(&self, method: &str, uri: &str, kind: &str, body: &[u8]) -> Answer {
        let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
        let index = format!("{}index.php", path.trim_start_matches('/'));
        let script = [path.trim_start_matches('/'), &index, "index.php"]
            .into_iter()
            .find(|script| self.docroot().join(script).is_file())
            .expect("index.php at the least");
        let mut command = self.php("php-cgi");
        command.current_dir(self.docroot()).envs([
            ("REDIRECT_STATUS", "200"),
            ("GATEWAY_INTERFACE", "CGI/1.1"),
            ("SERVER_PROTOCOL", "HTTP/1.1"),
            ("SERVER_NAME", "dev-acme.localhost"),
            ("SERVER_PORT", "8080"),
            ("HTTP_HOST", "dev-acme.localhost:8080"),
            ("REMOTE_ADDR", "127.0.0.1"),
            ("REQUEST_METHOD", method),
            ("REQUEST_URI", uri),
            ("QUERY_STRING", query),
            ("CONTENT_TYPE", kind),
            ("HTTP_COOKIE", &self.cookies),
        ]);
        command.env("SCRIPT_NAME", format!("/{script}"));
        command.env("SCRIPT_FILENAME", self.docroot().join(script));
        command.env("DOCUMENT_ROOT", self.docroot());
        command.env("CONTENT_LENGTH", body.len().to_string());
        Answer::parse(&feed(&mut command, body).stdout)
    }
}

fn feed(command: &mut Command, input: &[u8]) -> Output {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("PHP");
    // A script that ends without reading its input breaks the pipe; what it said is what counts.
    let _ = child.stdin.take().expect("a pipe").write_all(input);
    child.wait_with_output().expect("its end")
}

/// What a request was answered.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) text: String,
    headers: Vec<(String, String)>,
}

impl Answer {
    fn parse(bytes: &[u8]) -> Self {
        let all = String::from_utf8_lossy(bytes);
        let (head, text) = all.split_once("\r\n\r\n").expect("headers and a body");
        let headers: Vec<(String, String)> = head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let status = headers.iter().find(|(name, _)| name == "Status");
        let status = status.and_then(|(_, value)| value[..3].parse().ok()).unwrap_or(200);
        Self { status, text: text.to_owned(), headers }
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut all = self.headers.iter();
        all.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The cookies that it sets, as a browser would send them back.
    pub(super) fn cookies(&self) -> String {
        let set = self.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("Set-Cookie"));
        let pairs: Vec<&str> = set.filter_map(|(_, value)| value.split(';').next()).collect();
        pairs.join("; ")
    }
}

/// A server of the test's own, with one empty database; it ends with the test.
pub(super) struct MariaDb {
    folder: TempDir,
    server: Child,
}

impl MariaDb {
    /// None where no MariaDB is installed.
    pub(super) fn start() -> Option<Self> {
        let folder = tempfile::Builder::new().prefix("db").tempdir().expect("a folder");
        let data = format!("--datadir={}", folder.path().join("d").display());
        // A server that starts deletes the temporary tables that it finds, those of other servers too.
        let temporary = folder.path().join("t");
        std::fs::create_dir(&temporary).expect("a folder");
        let temporary = format!("--tmpdir={}", temporary.display());
        let user = rustix::process::geteuid().is_root().then_some("--user=root");
        let made = Command::new("mariadb-install-db")
            .args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"])
            .arg(&data)
            .arg(&temporary)
            .args(user)
            .output()
            .ok()?;
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let server = Command::new("mariadbd")
            .args(["--no-defaults", "--skip-networking", "--skip-log-bin"])
            .arg(&data)
            .arg(&temporary)
            .args(user)
            .arg(format!("--socket={}", folder.path().join("s").display()))
            .arg(format!("--pid-file={}", folder.path().join("p").display()))
            .stderr(Stdio::null())
            .spawn()
            .expect("a server");
        let started = Self { folder, server };
        let patience = Instant::now() + Duration::from_secs(30);
        while !started.client("SELECT 1", "").status.success() {
            assert!(Instant::now() < patience, "the server does not start");
            thread::sleep(Duration::from_millis(50));
        }
        assert!(started.client("CREATE DATABASE pantheon", "").status.success());
        Some(started)
    }

    pub(super) fn database(&self) -> Database {
        Database::MariaDb {
            socket: self.folder.path().join("s"),
            name: "pantheon".into(),
            user: "root".into(),
            password: String::new(),
            administrator: String::new(),
        }
    }

    pub(super) fn sql(&self, statement: &str) {
        let said = self.client(statement, "pantheon");
        assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    }

    fn client(&self, statement: &str, database: &str) -> Output {
        Command::new("mariadb")
            .args(["--no-defaults", "--user=root", "--execute", statement])
            .arg(format!("--socket={}", self.folder.path().join("s").display()))
            .arg(format!("--database={database}"))
            .output()
            .expect("a client")
    }
}

impl Drop for MariaDb {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
