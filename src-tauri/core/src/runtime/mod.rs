//! The processes that Portico starts: PHP and MariaDB. They start when needed, sleep when idle, and never outlive their owner.
mod confinement;
mod conversation;
mod doctor;
mod mariadb;
mod page;
mod php;
mod pool;
mod process;
mod programs;
mod script;
mod sockets;
mod supervisor;
mod template;
mod usage;

use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc::{self, RecvTimeoutError, Sender},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

pub use confinement::{Means, Reach, become_confined, means, system_stamp};
pub use conversation::Conversation;
pub use doctor::doctor;
use mariadb::Server;
pub use page::Page;
use pool::Pool;
use process::lock;
pub use script::LentPhp;
use script::Script;
use supervisor::Supervisor;
use usage::{Lease, Slot, Slots};

use crate::{
    error::{Doing, Error, Result},
    model::{Address, Database, view::ProcessRow},
    progress::{Cancel, Meter},
};

/// Where the runtime may write, and how long what nobody uses may run.
#[derive(Clone, Debug)]
pub struct Config {
    /// Initialised data directories.
    pub templates: PathBuf,
    /// A short folder for sockets (paths below it stay under 104 bytes), readable by this user only.
    pub sockets: PathBuf,
    /// After so long without a request, PHP and databases are stopped.
    pub idle: Duration,
}

/// Starts, shares and stops processes. All methods may be called from any thread and may block.
pub struct Runtime {
    shared: Arc<Shared>,
    wake: Sender<()>,
    reaper: Option<JoinHandle<()>>,
}

/// For so long a list of PHP's versions is believed.
const CACHE_TTL: Duration = Duration::from_secs(5);

/// What callers and the thread that stops idle processes share.
struct Shared {
    config: Config,
    supervisor: Arc<Supervisor>,
    pools: Slots<PhpSpec, Pool>,
    servers: Slots<PathBuf, Server>,
    /// One template is made at a time.
    template: Mutex<()>,
    /// Names the folders of pools.
    count: AtomicU64,
    ending: AtomicBool,
    /// The versions of PHP that were there at the last look.
    php: Mutex<Option<(Instant, Arc<[php::Installation]>)>>,
}

impl Shared {
    /// The versions of PHP on this machine as they were a moment ago: a look goes through many folders, and each board
    /// has a note of each environment.
    fn php_of_late(&self) -> Arc<[php::Installation]> {
        let mut known = self.php.lock().unwrap_or_else(PoisonError::into_inner);
        match &*known {
            Some((at, all)) if at.elapsed() < CACHE_TTL => all.clone(),
            _ => known.insert((Instant::now(), php::installations().into())).1.clone(),
        }
    }
}

/// How an environment's PHP is to run. Two specs that differ never share a process.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PhpSpec {
    /// Whose it is.
    pub environment: Address,
    /// The version that the site wants ("8.2"), if it says.
    pub version: Option<String>,
    /// PHP settings, later ones win.
    pub settings: Vec<(String, String)>,
    /// Environment variables.
    pub variables: Vec<(String, String)>,
    /// Folder of its logs (`php-error.log`).
    pub logs: PathBuf,
    /// Something that changes when code or content is switched, so that new processes see the new.
    pub revision: String,
    /// What it may reach of the disk; none for what a person runs, which reaches what the person does.
    pub reach: Option<Reach>,
}

/// Where FastCGI is spoken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FastCgi {
    /// A Unix socket.
    Socket(PathBuf),
    /// A loopback port.
    Port(u16),
}

/// A pool of PHP processes in use; while it lives, they are not put to sleep.
pub struct PhpLease {
    /// Where to reach it.
    pub address: FastCgi,
    _lease: Option<Lease>,
}

impl From<FastCgi> for PhpLease {
    /// A lease on what somebody else runs and nobody here stops.
    fn from(address: FastCgi) -> Self {
        Self { address, _lease: None }
    }
}

/// A database server in use; while it lives, it is not put to sleep.
pub struct DatabaseLease {
    /// How to reach it.
    pub database: Database,
    _lease: Lease,
}

/// A database server that stays stopped while this lives: its files can be copied.
pub struct Stopped(Option<Arc<Slot<Server>>>);

impl Drop for Stopped {
    fn drop(&mut self) {
        if let Some(slot) = &self.0 {
            slot.usage.let_go();
        }
    }
}

impl Runtime {
    /// A runtime with nothing started. Kills what an owner of the same folder left behind.
    pub fn start(config: Config) -> Result<Self> {
        sockets::check_length(&config.sockets)?;
        sockets::prepare(&config.sockets)?;
        let supervisor = Arc::new(Supervisor::start(config.sockets.join("processes"))?);
        let (wake, woken) = mpsc::channel();
        let shared = Arc::new(Shared {
            config,
            supervisor,
            pools: Slots::new(),
            servers: Slots::new(),
            template: Mutex::new(()),
            count: AtomicU64::new(0),
            ending: AtomicBool::new(false),
            php: Mutex::default(),
        });
        let reaper = {
            let shared = shared.clone();
            let pause =
                (shared.config.idle / 4).clamp(Duration::from_millis(50), Duration::from_secs(5));
            thread::Builder::new()
                .name("portico-reaper".into())
                .spawn(move || {
                    while !matches!(woken.recv_timeout(pause), Err(RecvTimeoutError::Disconnected))
                        && !shared.ending.load(Ordering::Acquire)
                    {
                        shared.sweep();
                    }
                })
                .doing(|| "start a thread".into())?
        };
        Ok(Self { shared, wake, reaper: Some(reaper) })
    }

    /// The pool for `spec`, started if need be. An older pool of the same environment is let finish and then stopped.
    /// Callers with the same spec share one start.
    pub fn php(&self, spec: &PhpSpec) -> Result<PhpLease> {
        let slot = self.shared.pools.get(spec, &self.wake);
        let mut running = slot.lock();
        let mut is_new = false;
        if !running.as_mut().is_some_and(Pool::is_running) {
            // What is left of a pool whose master died goes first.
            *running = None;
            self.shared.check_not_ending()?;
            let number = self.shared.count.fetch_add(1, Ordering::Relaxed);
            let folder = sockets::pool_folder(&self.shared.config.sockets, number)?;
            *running = Some(Pool::start(spec, folder, &self.shared.supervisor)?);
            is_new = true;
        }
        let Some(pool) = running.as_ref() else { return Err(Error::failed("start PHP")) };
        let address = pool.address();
        let (lease, was_retired) = slot.lease(&running);
        drop(running);
        if is_new || was_retired {
            let others =
                self.shared.pools.all(|it| it.environment == spec.environment && it != spec);
            others.iter().for_each(|(_, slot)| slot.usage.retire());
            self.wake();
        }
        Ok(PhpLease { address, _lease: Some(lease) })
    }

    /// The series of PHP ("8.2") that runs a site which wants `wanted`; none where there is no PHP.
    pub fn php_series(&self, wanted: Option<&str>) -> Option<String> {
        let all = self.shared.php_of_late();
        Some(php::choose(&all, wanted, |it| it.server().is_some())?.version.series())
    }

    /// What a person should know about the PHP that a site gets that wants `wanted` ("8.2"): that the wanted version is missing, and what runs instead.
    pub fn php_note(&self, wanted: &str) -> Option<String> {
        let chosen = self.php_series(Some(wanted))?;
        (chosen != wanted).then(|| {
            format!(
                "the site wants PHP {wanted}, which is not on this machine; PHP {chosen} runs it"
            )
        })
    }

    /// Runs one PHP script to its end with the settings and variables of `spec`; each line of its standard error goes to
    /// the meter. Answers its standard output. An exit code other than 0 is an error with what it said; a cancel ends it.
    pub fn run_php(
        &self,
        spec: &PhpSpec,
        script: &Path,
        arguments: &[String],
        folder: &Path,
        input: &str,
        meter: Meter<'_>,
    ) -> Result<String> {
        self.shared.check_not_ending()?;
        let Shared { config, supervisor, .. } = &*self.shared;
        Script { file: script, arguments, folder, input }.run(
            spec,
            &config.sockets,
            supervisor,
            meter,
        )
    }

    /// Starts a PHP script with the settings and variables of `spec`, to be asked one thing after the other.
    pub fn talk_to_php(
        &self,
        spec: &PhpSpec,
        script: &Path,
        arguments: &[String],
        folder: &Path,
    ) -> Result<Conversation> {
        self.shared.check_not_ending()?;
        let Shared { config, supervisor, .. } = &*self.shared;
        Conversation::begin(script, arguments, folder, spec, &config.sockets, supervisor)
    }

    /// The PHP program of `spec` with its settings, for a tool that somebody else starts.
    pub fn lend_php(&self, spec: &PhpSpec) -> Result<LentPhp> {
        script::lend(spec, &self.shared.config.sockets)
    }

    /// Asks for one PHP page in a process of its own, with the settings and variables of `spec`; each line of its
    /// standard error goes to the meter. Answers the page's text; a cancel ends it.
    pub fn run_page(&self, spec: &PhpSpec, page: &Page<'_>, meter: Meter<'_>) -> Result<String> {
        self.shared.check_not_ending()?;
        let Shared { config, supervisor, .. } = &*self.shared;
        page.run(spec, &config.sockets, supervisor, meter)
    }

    /// Deletes the templates of servers that this machine no longer has.
    pub fn remove_old_templates(&self) -> Result<()> {
        let _one = lock(&self.shared.template);
        template::remove_old(&self.shared.config.templates)
    }

    /// Makes the empty data directory of a new MariaDB generation, from the template.
    pub fn create_data_directory(&self, data: &Path, meter: Meter<'_>) -> Result<()> {
        let _one = lock(&self.shared.template);
        template::create(&self.shared.config.templates, data, &self.shared.supervisor, meter)
    }

    /// The server of the data directory `data`, started if need be, with a user whose password is `password`.
    ///
    /// # Errors
    /// Cancelled while it starts: it is ended again.
    pub fn mariadb(
        &self,
        environment: &Address,
        data: &Path,
        password: &str,
        cancel: &Cancel,
    ) -> Result<DatabaseLease> {
        let data = fs::canonicalize(data).doing(|| format!("open {}", data.display()))?;
        let slot = self.shared.servers.get(&data, &self.wake);
        let mut running = slot.lock_to_start();
        if !running.as_mut().is_some_and(Server::is_running) {
            *running = None;
            self.shared.check_not_ending()?;
            let sockets = &self.shared.config.sockets;
            let Shared { supervisor, ending, .. } = &*self.shared;
            let is_unwanted = || ending.load(Ordering::Acquire) || cancel.is_cancelled();
            let server =
                Server::start(environment, &data, password, sockets, supervisor, &is_unwanted);
            *running = Some(server.or_else(|error| cancel.check().and(Err(error)))?);
        }
        let Some(server) = running.as_mut() else {
            return Err(Error::failed("start the database"));
        };
        server.use_password(password)?;
        let database = server.database();
        let (lease, _) = slot.lease(&running);
        Ok(DatabaseLease { database, _lease: lease })
    }

    /// Stops the server of `data` cleanly (its files are complete then), waiting for its leases to end first.
    /// Fails as busy when they don't within `patience`. No-op when it does not run. Whoever wants it meanwhile waits
    /// until it has stopped and what is answered has been dropped, and then starts it again.
    pub fn stop_mariadb(&self, data: &Path, patience: Duration) -> Result<Stopped> {
        let until = Instant::now() + patience;
        // A folder that is not there has no server.
        let Ok(data) = fs::canonicalize(data) else { return Ok(Stopped(None)) };
        let slot = self.shared.servers.get(&data, &self.wake);
        loop {
            let is_free = slot.usage.wait_until_free(until);
            let mut running = slot.lock();
            let Some(server) = running.as_mut() else {
                slot.usage.hold();
                drop(running);
                return Ok(Stopped(Some(slot)));
            };
            let environment = server.environment.clone();
            // Between the wait and the lock somebody may have taken a lease.
            if slot.usage.is_free() {
                server.wait_for_short_log(&data);
                let is_clean = running.take().is_none_or(Server::end);
                if !is_clean {
                    return Err(Error::failed(format!(
                        "stop the database of {environment} cleanly"
                    ))
                    .hint("It is repaired when it starts again; then try once more."));
                }
                slot.usage.hold();
                drop(running);
                return Ok(Stopped(Some(slot)));
            }
            if !is_free {
                return Err(Error::busy(environment, "its database is in use"));
            }
        }
    }

    /// Stops the server of `data` as soon as nobody uses it: at once where nobody does. Does not wait.
    pub fn retire_mariadb(&self, data: &Path) {
        let servers = self.shared.servers.all(|it| it == data);
        servers.iter().for_each(|(_, slot)| slot.usage.retire());
        drop(servers);
        self.wake();
    }

    /// Stops the environment's PHP and databases, cleanly. Its requests should be held: what is in use after
    /// `patience` is an error.
    pub fn stop_environment(&self, environment: &Address, patience: Duration) -> Result<()> {
        self.stop_php(environment);
        for (data, slot) in self.shared.servers.all(|_| true) {
            let running = slot.lock();
            let is_its = running.as_ref().is_some_and(|it| it.environment == *environment);
            drop(running);
            if is_its {
                drop(self.stop_mariadb(&data, patience)?);
            }
        }
        Ok(())
    }

    /// Stops the environment's PHP once its requests are done: at once where there are none.
    pub fn stop_php(&self, environment: &Address) {
        let pools = self.shared.pools.all(|spec| spec.environment == *environment);
        pools.iter().for_each(|(_, slot)| slot.usage.retire());
        drop(pools);
        self.shared.sweep();
    }

    /// Environments whose PHP runs; what is just being started or stopped does not.
    pub fn awake(&self) -> HashSet<Address> {
        let pools = self.shared.pools.all(|_| true);
        let runs = pools.into_iter().filter(|(_, slot)| {
            slot.try_lock()
                .is_some_and(|it| it.as_ref().is_some_and(|it| it.pids().next().is_some()))
        });
        runs.map(|(spec, _)| spec.environment.clone()).collect()
    }

    /// Everything that runs now.
    pub fn processes(&self) -> Vec<ProcessRow> {
        let mut rows = Vec::new();
        for (spec, slot) in self.shared.pools.all(|_| true) {
            // What is just being started or stopped does not run now.
            let Some(running) = slot.try_lock() else { continue };
            let Some(pool) = running.as_ref() else { continue };
            let what = format!("PHP {}", pool.version.series());
            rows.extend(pool.pids().map(|pid| ProcessRow {
                what: what.clone(),
                environment: spec.environment.clone(),
                pid,
            }));
        }
        for (_, slot) in self.shared.servers.all(|_| true) {
            let Some(running) = slot.try_lock() else { continue };
            let Some(server) = running.as_ref() else { continue };
            rows.push(ProcessRow {
                what: server.label.clone(),
                environment: server.environment.clone(),
                pid: server.pid(),
            });
        }
        rows.sort_by(|a, b| {
            (&a.environment, &a.what, a.pid).cmp(&(&b.environment, &b.what, b.pid))
        });
        rows
    }

    /// Stops everything; called when the owner ends. Nothing starts afterwards.
    pub fn stop_all(&self) {
        self.shared.ending.store(true, Ordering::Release);
        self.wake();
        let pools = self.shared.pools.all(|_| true);
        let mut pools: Vec<Pool> =
            pools.iter().filter_map(|(_, slot)| slot.lock().take()).collect();
        let servers = self.shared.servers.all(|_| true);
        let mut servers: Vec<Server> =
            servers.iter().filter_map(|(_, slot)| slot.lock().take()).collect();
        // PHP first: it may write to its database until it ends.
        pools.iter_mut().for_each(Pool::ask_to_end);
        pools.into_iter().for_each(Pool::end);
        servers.iter_mut().for_each(Server::ask_to_end);
        servers.into_iter().for_each(|server| _ = server.end());
    }

    fn wake(&self) {
        // The reaper is gone only when everything has been stopped.
        let _ = self.wake.send(());
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        self.stop_all();
        if let Some(reaper) = self.reaper.take() {
            let _ = reaper.join();
        }
    }
}

impl Shared {
    /// Stops what nobody uses. On a full disk what is idle goes on: a database server writes before it answers, so that it
    /// could not wake again.
    fn sweep(&self) {
        let is_full = !sockets::has_room(&self.config.sockets);
        let idle = if is_full { Duration::MAX } else { self.config.idle };
        self.pools.sweep(idle, Pool::end);
        self.servers.sweep(idle, |server| _ = server.end());
    }

    fn check_not_ending(&self) -> Result<()> {
        match self.ending.load(Ordering::Acquire) {
            true => Err(Error::failed("start a process").because("Portico is ending")),
            false => Ok(()),
        }
    }
}

/// The first program of one of these names in `PATH` or at the usual places.
pub fn find_program(names: &[&str]) -> Option<PathBuf> {
    programs::find(names)
}

/// Whether a MariaDB or MySQL server is installed. Cheap: nothing is run.
pub fn has_mariadb() -> bool {
    mariadb::program().is_some()
}

#[cfg(all(test, unix))]
mod tests;
