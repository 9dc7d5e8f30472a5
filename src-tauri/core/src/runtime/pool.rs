//! A pool of PHP workers that speak FastCGI: `php-fpm` where it is installed, else `php-cgi`.
use std::{
    fs::{self, File},
    io::{Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use super::{
    FastCgi, PhpSpec, confinement, php,
    process::{Process, last_lines, server, wait_for, with_lines},
    supervisor::Supervisor,
};
use crate::{
    error::{Doing, Error, Result},
    untrusted,
};

/// WordPress calls itself while it answers; with one worker that would wait for itself. Pantheon's smallest plan has 4.
const WORKERS: usize = 4;

/// A cold start takes 0.1 s; an overloaded machine may take its time.
const START_TIMEOUT: Duration = Duration::from_secs(30);

/// What workers are given to end before they are killed.
const END: Duration = Duration::from_secs(3);

/// Running workers of one spec.
pub(super) struct Pool {
    pub(super) version: php::Version,
    processes: Vec<Process>,
    addresses: Vec<FastCgi>,
    next: AtomicUsize,
    /// Its settings and sockets; deleted with it.
    folder: PathBuf,
}

impl Pool {
    /// Starts the workers and waits until one answers. Files of its own go to `folder`, which is made and deleted.
    pub(super) fn start(
        spec: &PhpSpec,
        folder: PathBuf,
        supervisor: &Arc<Supervisor>,
    ) -> Result<Self> {
        Self::start_one_of(&php::installations(), spec, folder, supervisor)
    }

    /// The same, with one of these installations.
    pub(super) fn start_one_of(
        all: &[php::Installation],
        spec: &PhpSpec,
        folder: PathBuf,
        supervisor: &Arc<Supervisor>,
    ) -> Result<Self> {
        let installation = php::choose(all, spec.version.as_deref(), |it| it.server().is_some())
            .ok_or_else(|| Error::missing("PHP (php-fpm or php-cgi)"))?;
        fs::create_dir_all(&spec.logs).doing(|| format!("create {}", spec.logs.display()))?;
        let errors = spec.logs.join("php-error.log");
        php::write_settings(&folder, &errors, &confinement::settings(spec), &[])?;
        let mut pool = Self {
            version: installation.version,
            processes: Vec::new(),
            addresses: Vec::new(),
            next: AtomicUsize::new(0),
            folder,
        };
        // What the master and its workers say beside errors of scripts, such as why they can't start.
        let log = Log::open(spec.logs.join("php-process.log"))?;
        let scripts = Log::open(errors)?;
        match (&installation.fpm, &installation.cgi) {
            (Some(fpm), _) => pool.start_fpm(fpm, spec, &log, supervisor)?,
            (None, Some(cgi)) => pool.start_cgi(cgi, spec, &log, supervisor)?,
            (None, None) => return Err(Error::missing("PHP (php-fpm or php-cgi)")),
        }
        let until = Instant::now() + START_TIMEOUT;
        let answered = wait_for(until, || !pool.is_running() || pool.answers());
        if answered && pool.is_running() {
            return Ok(pool);
        }
        let what = if answered { "it ended at once" } else { "it did not answer in 30 s" };
        let error = Error::failed(format!("start PHP {} of {}", pool.version, spec.environment))
            .because(what)
            .hint("Look at the PHP settings of the site and the system's php.ini.");
        drop(pool);
        Err(with_lines(error, [scripts.new_lines(), log.new_lines()].concat()))
    }

    fn start_fpm(
        &mut self,
        program: &Path,
        spec: &PhpSpec,
        log: &Log,
        supervisor: &Arc<Supervisor>,
    ) -> Result<()> {
        let socket = self.folder.join("s");
        let config = self.folder.join("fpm.conf");
        // `static`: workers share the master's memory until they write to it, and none of the first requests waits for a fork.
        let mut text = String::from("[global]\ndaemonize = no\nlog_level = warning\n");
        // php-fpm reads its own settings line by line: a folder is an argument.
        let name = log.file.file_name().unwrap_or_default().to_string_lossy();
        text += &php::setting("error_log", &name)?;
        text += "[portico]\nlisten.mode = 0600\nclear_env = no\ncatch_workers_output = yes\n";
        text += &php::setting("listen", &socket.to_string_lossy())?;
        text += &format!("pm = static\npm.max_children = {WORKERS}\n");
        let mut command = command(program, spec, &self.folder, true, log)?;
        command.arg("-F").arg("-p").arg(&spec.logs).arg("-y").arg(&config);
        if is_root() {
            // By numbers: the list of users is none of a site's.
            text += "user = 0\ngroup = 0\n";
            command.arg("-R");
        }
        fs::write(&config, text).doing(|| format!("write {}", config.display()))?;
        self.processes.push(Process::start(&mut command, supervisor)?);
        self.addresses.push(FastCgi::Socket(socket));
        Ok(())
    }

    /// The master takes the listening socket as its standard input (FastCGI 1.0, section 2.2), so no other can take the address.
    #[cfg(unix)]
    fn start_cgi(
        &mut self,
        program: &Path,
        spec: &PhpSpec,
        log: &Log,
        supervisor: &Arc<Supervisor>,
    ) -> Result<()> {
        use std::os::{fd::OwnedFd, unix::net::UnixListener};
        let socket = self.folder.join("s");
        let listener =
            UnixListener::bind(&socket).doing(|| format!("listen at {}", socket.display()))?;
        let mut command = command(program, spec, &self.folder, false, log)?;
        command
            .env("PHP_FCGI_CHILDREN", WORKERS.to_string())
            .env("PHP_FCGI_MAX_REQUESTS", "0")
            .stdin(Stdio::from(OwnedFd::from(listener)));
        self.processes.push(Process::start(&mut command, supervisor)?);
        self.addresses.push(FastCgi::Socket(socket));
        Ok(())
    }

    /// `php-cgi` has no workers on Windows: each process has a port of its own.
    #[cfg(windows)]
    fn start_cgi(
        &mut self,
        program: &Path,
        spec: &PhpSpec,
        log: &Log,
        supervisor: &Arc<Supervisor>,
    ) -> Result<()> {
        for _ in 0..WORKERS {
            let port = std::net::TcpListener::bind(("127.0.0.1", 0))
                .and_then(|listener| listener.local_addr())
                .doing(|| "find a free port".into())?
                .port();
            let mut command = command(program, spec, &self.folder, false, log)?;
            command.env("PHP_FCGI_MAX_REQUESTS", "0").arg("-b").arg(format!("127.0.0.1:{port}"));
            self.processes.push(Process::start(&mut command, supervisor)?);
            self.addresses.push(FastCgi::Port(port));
        }
        Ok(())
    }

    /// Where the next request goes.
    pub(super) fn address(&self) -> FastCgi {
        let next = self.next.fetch_add(1, Ordering::Relaxed);
        self.addresses[next % self.addresses.len()].clone()
    }

    pub(super) fn is_running(&mut self) -> bool {
        self.processes.iter_mut().all(Process::is_running)
    }

    pub(super) fn pids(&self) -> impl Iterator<Item = u32> {
        self.processes.iter().map(Process::pid)
    }

    pub(super) fn ask_to_end(&mut self) {
        self.processes.iter_mut().for_each(Process::ask_to_end);
    }

    /// Ends the workers; nobody should be waiting for an answer.
    pub(super) fn end(mut self) {
        self.ask_to_end();
        self.processes.iter_mut().for_each(|process| _ = process.end(END));
    }

    fn answers(&self) -> bool {
        self.addresses.iter().all(|address| answers(address).is_ok_and(|it| it))
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.processes.clear();
        // The next owner clears what stays.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The command of a server, with the settings, surroundings, reach and log of `spec`.
fn command(
    program: &Path,
    spec: &PhpSpec,
    folder: &Path,
    listens: bool,
    log: &Log,
) -> Result<Command> {
    let mut command = confinement::command(|it| server(it), program, spec, folder, listens);
    command
        .current_dir(&spec.logs)
        .stdin(Stdio::null())
        .stdout(log.handle()?)
        .stderr(log.handle()?);
    Ok(command)
}

/// Asks for a value (FCGI_GET_VALUES, FastCGI 1.0, section 4.1): whoever answers would answer a request too.
fn answers(address: &FastCgi) -> std::io::Result<bool> {
    const ASK: [u8; 24] = *b"\x01\x09\0\0\0\x10\0\0\x0e\0FCGI_MAX_CONNS";
    let patience = Some(Duration::from_secs(5));
    let mut answer = [0; 2];
    match address {
        #[cfg(unix)]
        FastCgi::Socket(path) => {
            let mut stream = std::os::unix::net::UnixStream::connect(path)?;
            stream.set_read_timeout(patience)?;
            stream.write_all(&ASK)?;
            stream.read_exact(&mut answer)?;
        }
        #[cfg(not(unix))]
        FastCgi::Socket(_) => return Ok(false),
        FastCgi::Port(port) => {
            let mut stream = std::net::TcpStream::connect(("127.0.0.1", *port))?;
            stream.set_read_timeout(patience)?;
            stream.write_all(&ASK)?;
            stream.read_exact(&mut answer)?;
        }
    }
    // Version 1, FCGI_GET_VALUES_RESULT.
    Ok(answer == [1, 10])
}

/// Whether we are the super-user, to whom some servers say no unless told.
pub(super) fn is_root() -> bool {
    #[cfg(unix)]
    {
        rustix::process::geteuid().is_root()
    }
    #[cfg(not(unix))]
    {
        false
    }
}

/// A log that processes append to, and where it ended before them.
pub(super) struct Log {
    pub(super) file: PathBuf,
    open: File,
    start: u64,
}

impl Log {
    pub(super) fn open(file: PathBuf) -> Result<Self> {
        let found = untrusted::append(&file).and_then(|open| Ok((open.metadata()?.len(), open)));
        let (start, open) = found.doing(|| format!("open {}", file.display()))?;
        Ok(Self { file, open, start })
    }

    /// A handle for a process.
    pub(super) fn handle(&self) -> Result<Stdio> {
        self.open.try_clone().map(Stdio::from).doing(|| format!("open {}", self.file.display()))
    }

    /// The last lines since it was opened; none when they can't be read.
    pub(super) fn new_lines(&self) -> Vec<String> {
        let mut text = Vec::new();
        let mut open = &self.open;
        let read = open.seek(SeekFrom::Start(self.start)).and_then(|_| open.read_to_end(&mut text));
        read.map(|_| last_lines(&String::from_utf8_lossy(&text))).unwrap_or_default()
    }
}
