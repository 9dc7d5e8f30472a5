//! A MariaDB (or MySQL) server for one data directory.
use std::{
    ffi::OsString,
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, Instant, SystemTime},
};

use mysql::{Conn, OptsBuilder, prelude::Queryable};

use super::{
    lock,
    pool::{Log, is_root},
    process::{self, Process, ask, wait_for, with_lines},
    programs,
    supervisor::Supervisor,
};
use crate::{
    error::{Doing, Error, Result},
    model::{Address, Database},
};

/// The database that sites use, and its user: as on Pantheon.
const NAME: &str = "pantheon";

/// A start takes 0.1 to 0.3 s; after a crash with a full log, or while a killed owner's server still ends, much longer.
const START_TIMEOUT: Duration = Duration::from_secs(90);

/// `--version` takes 30 ms.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);

/// A clean stop takes 0.02 to 2 s; with a full log on a slow disk, longer. What is killed after that recovers at its next start.
const STOP_TIMEOUT: Duration = Duration::from_secs(60);

/// The longest log that a server has at rest: see [`Installation::log_size`].
const SHORT_LOG: u64 = 48 << 20;

/// How long a server may take to shorten a log.
const SHORTEN: Duration = Duration::from_secs(10);

/// Each server's own folder for temporary tables, in its data directory: a server that starts deletes all such tables
/// that it finds there, those of other servers too.
pub(super) const TEMPORARY: &str = "portico-tmp";

/// Options that both servers know. Measured for a machine with many environments, of which each has little to do.
const COMMON: &[&str] = &[
    "--skip-name-resolve",
    "--skip-log-bin",
    "--performance-schema=OFF",
    "--innodb-buffer-pool-size=64M",
    "--innodb-buffer-pool-dump-at-shutdown=OFF",
    "--innodb-buffer-pool-load-at-startup=OFF",
    // Megabytes that the shared file grows by; it never shrinks.
    "--innodb-autoextend-increment=8",
    // Rows that are loaded by two connections don't wait for each other's numbers; without a binary log nothing
    // replays statements, which is what the older way is for.
    "--innodb-autoinc-lock-mode=2",
    // Files stay in the page cache, from where a clone copies them.
    #[cfg(unix)]
    "--innodb-flush-method=fsync",
    // Once a second: a dead machine loses the last second, a dead process nothing.
    "--innodb-flush-log-at-trx-commit=2",
    "--key-buffer-size=1M",
    // Taken only while keys are built, as an import does.
    "--innodb-sort-buffer-size=16M",
    "--table-open-cache=400",
    "--max-connections=64",
    // An import's longest statements.
    "--max-allowed-packet=256M",
    "--local-infile=OFF",
    "--character-set-server=utf8mb4",
];

/// Options that only MariaDB knows.
const MARIADB: &[&str] = &[
    // Not larger than the log, which could not be made small again then.
    "--innodb-log-buffer-size=4M",
    "--aria-pagecache-buffer-size=8M",
    // Folders of the data directory are databases otherwise.
    "--ignore-db-dirs=portico-tmp",
];

/// Options that only MySQL knows, some of them since a later version.
const MYSQL: &[&str] = &["--loose-mysqlx=OFF", "--loose-innodb-redo-log-capacity=8388608"];

/// An installed server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Installation {
    pub(super) program: PathBuf,
    pub(super) is_mariadb: bool,
    /// "10.11.19"
    pub(super) version: String,
}

impl Installation {
    /// "MariaDB 10.11".
    pub(super) fn label(&self) -> String {
        let name = if self.is_mariadb { "MariaDB" } else { "MySQL" };
        let series: Vec<&str> = self.version.split('.').take(2).collect();
        format!("{name} {}", series.join("."))
    }

    /// The size of the log that each generation has.
    fn log_size(&self) -> &'static str {
        let mut parts = self.version.split('.').map(|part| part.parse().unwrap_or(0));
        let series: (u32, u32) = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
        // What builds a generation makes it larger meanwhile; before 10.9 the size can't be changed while the server runs.
        if series >= (10, 9) { "--innodb-log-file-size=8M" } else { "--innodb-log-file-size=48M" }
    }

    /// The name of its template.
    pub(super) fn template(&self) -> String {
        let name = if self.is_mariadb { "mariadb" } else { "mysql" };
        format!("{name}-{}", self.version)
    }
}

/// The server program on this machine; MariaDB where both are.
pub(super) fn program() -> Option<PathBuf> {
    programs::find(&["mariadbd", "mysqld"])
}

/// The server on this machine; asked what it is once for each change of the program.
pub(super) fn installation() -> Option<Installation> {
    type Known = Option<(Option<SystemTime>, Installation)>;
    static KNOWN: Mutex<Known> = Mutex::new(None);
    let program = program()?;
    let changed = fs::metadata(&program).and_then(|found| found.modified()).ok();
    let mut known = lock(&KNOWN);
    if let Some((time, installation)) = &*known
        && *time == changed
        && installation.program == program
    {
        return Some(installation.clone());
    }
    let said = ask(Command::new(&program).args(["--no-defaults", "--version"]), ANSWER_TIMEOUT)?;
    let (is_mariadb, version) = read_version(&said)?;
    let installation = Installation { program, is_mariadb, version };
    *known = Some((changed, installation.clone()));
    Some(installation)
}

/// Reads "mariadbd  Ver 10.11.19-MariaDB-0+deb12u1 for …" or "mysqld  Ver 8.0.36 for … (MySQL Community …)".
fn read_version(said: &str) -> Option<(bool, String)> {
    let (_, rest) = said.split_once("Ver ")?;
    let rest = rest.trim_start();
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    (end > 0).then(|| (said.contains("MariaDB"), rest[..end].to_owned()))
}

/// Both servers refuse to run as root unless told.
pub(super) fn as_root() -> Option<&'static str> {
    is_root().then_some("--user=root")
}

/// A running server.
pub(super) struct Server {
    pub(super) environment: Address,
    pub(super) label: String,
    socket: PathBuf,
    password: String,
    /// The password of `root`, which only this process knows.
    administrator: String,
    process: Process,
}

impl Server {
    /// Starts the server of `data` and waits until its user can log in, or until it `is_unwanted`. Its socket's name depends
    /// on `data` only.
    pub(super) fn start(
        environment: &Address,
        data: &Path,
        password: &str,
        sockets: &Path,
        supervisor: &Arc<Supervisor>,
        is_unwanted: &dyn Fn() -> bool,
    ) -> Result<Self> {
        if !data.join("mysql").is_dir() {
            return Err(Error::failed(format!("start the database of {environment}"))
                .because(format!("{} is no data directory of MariaDB", data.display())));
        }
        let server = installation().ok_or_else(|| Error::missing("MariaDB (or MySQL)"))?;
        let pid_file = data.join("portico.pid");
        end_former(&pid_file, data);
        let socket = socket(sockets, data);
        // MySQL believes a lock file whose process id is some other process by now.
        for left in [socket.clone(), socket.with_extension("sock.lock"), pid_file.clone()] {
            let _ = fs::remove_file(left);
        }
        let file = crate::layout::server_log(data);
        let _ = fs::remove_file(&file);
        let log = Log::open(file)?;
        let administrator = random()?;
        let first = first_statements(sockets, &administrator)?;
        let mut command = command(&server, data, &socket, &pid_file, first.path(), &log)?;
        let process = Process::start(&mut command, supervisor)?;
        let mut started = Self {
            environment: environment.clone(),
            label: server.label(),
            socket,
            password: password.to_owned(),
            administrator,
            process,
        };
        match started.wait_until_ready(is_unwanted) {
            Ok(()) => Ok(started),
            Err(error) => {
                started.process.end(STOP_TIMEOUT);
                Err(with_lines(error, log.new_lines()))
            }
        }
    }

    fn wait_until_ready(&mut self, is_unwanted: &dyn Fn() -> bool) -> Result<()> {
        let until = Instant::now() + START_TIMEOUT;
        let mut last = None;
        let ended = wait_for(until, || match self.administrator() {
            Ok(_) => true,
            Err(error) => {
                last = Some(error);
                !self.process.is_running() || is_unwanted()
            }
        });
        let failed = || Error::failed(format!("start the database of {}", self.environment));
        if !self.process.is_running() {
            return Err(failed().because("the server ended at once"));
        }
        match last {
            Some(error) if !ended => Err(failed().because(error)),
            _ if is_unwanted() => Err(failed().because("Portico is ending")),
            _ => self.set_up(),
        }
    }

    fn administrator(&self) -> mysql::Result<Conn> {
        log_in(&self.socket, "root", &self.administrator, None)
    }

    /// Gives the site's user its database and password, unless it has them.
    fn set_up(&self) -> Result<()> {
        if log_in(&self.socket, NAME, &self.password, Some(NAME)).is_ok() {
            return Ok(());
        }
        let set_up = || -> mysql::Result<()> {
            let mut root = self.administrator()?;
            let user = format!("'{NAME}'@'localhost'");
            root.query_drop(format!("CREATE DATABASE IF NOT EXISTS {NAME} CHARACTER SET utf8mb4"))?;
            root.query_drop(format!("CREATE USER IF NOT EXISTS {user}"))?;
            // No statement here can be prepared, so the password is quoted.
            let password = self.password.replace('\\', "\\\\").replace('\'', "''");
            root.query_drop(format!("ALTER USER {user} IDENTIFIED BY '{password}'"))?;
            root.query_drop(format!("GRANT ALL PRIVILEGES ON `{NAME}`.* TO {user}"))
        };
        set_up().doing(|| format!("set up the database user of {}", self.environment))
    }

    /// Changes the password when it is another one now.
    pub(super) fn use_password(&mut self, password: &str) -> Result<()> {
        if self.password == password {
            return Ok(());
        }
        let former = std::mem::replace(&mut self.password, password.to_owned());
        self.set_up().inspect_err(|_| self.password = former)
    }

    pub(super) fn database(&self) -> Database {
        Database::MariaDb {
            socket: self.socket.clone(),
            name: NAME.into(),
            user: NAME.into(),
            password: self.password.clone(),
            administrator: self.administrator.clone(),
        }
    }

    pub(super) fn is_running(&mut self) -> bool {
        self.process.is_running()
    }

    pub(super) fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// Waits until the log is short again that the server had long while it built a generation in `data`. Whoever built
    /// it has that done and goes on; but who copies the folder now would copy a gigabyte of a log in which nothing is.
    pub(super) fn wait_for_short_log(&mut self, data: &Path) {
        let log = data.join("ib_logfile0");
        let is_short = || fs::metadata(&log).map_or(true, |known| known.len() <= SHORT_LOG);
        wait_for(Instant::now() + SHORTEN, || is_short() || !self.is_running());
    }

    pub(super) fn ask_to_end(&mut self) {
        self.process.ask_to_end();
    }

    /// Ends the server. Answers whether it ended cleanly; only then are its files complete.
    pub(super) fn end(mut self) -> bool {
        #[cfg(windows)]
        {
            // There is no signal to end by; the server takes a statement.
            if let Ok(mut root) = self.administrator() {
                let _ = root.query_drop("SHUTDOWN");
                return wait_for(Instant::now() + STOP_TIMEOUT, || !self.process.is_running());
            }
        }
        self.process.end(STOP_TIMEOUT)
    }
}

/// Where the server of `data` listens: the same place at each start, so that PHP need not be told anew.
pub(super) fn socket(sockets: &Path, data: &Path) -> PathBuf {
    let mut hasher = DefaultHasher::new();
    data.hash(&mut hasher);
    let name = format!("db-{:016x}.sock", hasher.finish());
    // Windows: the name of a pipe, which is in no folder.
    if cfg!(windows) { PathBuf::from(format!("portico-{name}")) } else { sockets.join(name) }
}

/// A password that nobody guesses: 32 hex digits.
fn random() -> Result<String> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).doing(|| "make a random password".into())?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A file of what the server does before it lets anybody in: `root`, whom each copy of a data directory has, gets a
/// password for as long as this server runs. The file is this user's alone and goes with what is answered.
fn first_statements(sockets: &Path, administrator: &str) -> Result<tempfile::NamedTempFile> {
    use std::io::Write;
    let doing = || format!("write to {}", sockets.display());
    let mut file = tempfile::Builder::new().prefix("init-").tempfile_in(sockets).doing(doing)?;
    let statement = format!("ALTER USER 'root'@'localhost' IDENTIFIED BY '{administrator}';\n");
    file.write_all(statement.as_bytes()).doing(doing)?;
    Ok(file)
}

fn command(
    server: &Installation,
    data: &Path,
    socket: &Path,
    pid_file: &Path,
    first: &Path,
    log: &Log,
) -> Result<Command> {
    let mut command = process::server(&server.program);
    command.arg("--no-defaults");
    let temporary = data.join(TEMPORARY);
    fs::create_dir_all(&temporary).doing(|| format!("create {}", temporary.display()))?;
    // A list, which a colon in a path would part (on Windows a semicolon): told as it is seen from the data directory.
    command.arg(format!("--tmpdir=./{TEMPORARY}"));
    let paths = [
        ("datadir", data),
        // Nothing else is read or written by statements.
        ("secure-file-priv", &temporary),
        ("init-file", first),
        ("socket", socket),
        ("pid-file", pid_file),
        ("log-error", &log.file),
    ];
    for (name, path) in paths {
        let mut option = OsString::from(format!("--{name}="));
        option.push(path);
        command.arg(option);
    }
    command.arg("--skip-networking").args(COMMON);
    if cfg!(windows) {
        command.arg("--enable-named-pipe");
    }
    if server.is_mariadb {
        command.args(MARIADB).arg(server.log_size());
    } else {
        command.args(MYSQL);
    }
    command.args(as_root());
    command.current_dir(data).stdin(Stdio::null()).stdout(log.handle()?).stderr(log.handle()?);
    Ok(command)
}

fn log_in(
    socket: &Path,
    user: &str,
    password: &str,
    database: Option<&str>,
) -> mysql::Result<Conn> {
    Conn::new(
        OptsBuilder::new()
            .socket(Some(socket.to_string_lossy()))
            .user(Some(user))
            .pass(Some(password))
            .db_name(database)
            .read_timeout(Some(START_TIMEOUT)),
    )
}

/// Ends a server that a killed owner left on `data`: two servers on one directory would harm it.
fn end_former(pid_file: &Path, data: &Path) {
    #[cfg(unix)]
    {
        use rustix::process::{Pid, Signal, kill_process};
        let text = fs::read_to_string(pid_file).unwrap_or_default();
        let Some(pid) = text.trim().parse().ok().filter(|pid| *pid > 1).and_then(Pid::from_raw)
        else {
            return;
        };
        let is_there = || serves(pid.as_raw_nonzero().get(), data);
        for (signal, patience) in
            [(Signal::TERM, STOP_TIMEOUT), (Signal::KILL, Duration::from_secs(5))]
        {
            if !is_there() {
                return;
            }
            let _ = kill_process(pid, signal);
            wait_for(Instant::now() + patience, || !is_there());
        }
    }
    // Windows: the job object ended it with its owner.
    #[cfg(not(unix))]
    let _ = (pid_file, data);
}

/// Whether the process is a server of `data`, and not one that got the same id later.
#[cfg(unix)]
fn serves(pid: i32, data: &Path) -> bool {
    let mut ps = Command::new("ps");
    let line = match fs::read(format!("/proc/{pid}/cmdline")) {
        Ok(line) => Some(String::from_utf8_lossy(&line).replace('\0', " ")),
        Err(_) => {
            ask(ps.args(["-ww", "-o", "command=", "-p", &pid.to_string()]), Duration::from_secs(5))
        }
    };
    line.is_some_and(|line| line.contains(&format!("--datadir={} ", data.display())))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn both_servers_say_what_they_are() {
        let mariadb = "/usr/sbin/mariadbd  Ver 10.11.19-MariaDB-0+deb12u1 for debian-linux-gnu";
        let mysql =
            "/usr/sbin/mysqld  Ver 8.0.36 for Linux on x86_64 (MySQL Community Server - GPL)";
        assert_eq!(read_version(mariadb), Some((true, "10.11.19".into())));
        assert_eq!(read_version(mysql), Some((false, "8.0.36".into())));
        assert_eq!(read_version("mysqld: unknown option"), None);
    }

    proptest! {
        #[test]
        fn any_answer_of_a_program_is_survived(said in "(mysqld )?(Ver )?.{0,40}") {
            let _ = read_version(&said);
        }
    }
}
