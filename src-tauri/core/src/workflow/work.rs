//! One workflow under way: its steps, its log, and the journal of what it did.
use std::{
    fs::{self, File},
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use super::{Change, Context, Event};
use crate::{
    code,
    content::files,
    durable::{Disk, Durable, Written},
    error::{Doing, Error, Logged, Result},
    front::Hold,
    model::{
        Address, DatabaseEngine, WorktreeState, secrets::text_without_secrets, view::WorkflowState,
    },
    progress::{Cancel, Meter, Report, Unit},
    store::{Trace, now},
};

/// Steps are told at most this often; the last word of a step is always told.
const BETWEEN_EVENTS: Duration = Duration::from_millis(100);

/// How long a server that was replaced may take to finish its last requests.
pub(crate) const DRAIN_TIMEOUT: Duration = Duration::from_secs(60);

/// One workflow under way.
pub(crate) struct Work<'a> {
    pub(crate) context: &'a Context,
    pub(crate) id: i64,
    pub(crate) cancel: &'a Cancel,
    disk: Disk,
    on_event: &'a (dyn Fn(Event) + Sync),
    log: Mutex<File>,
    started: Instant,
    servers: Mutex<Vec<PathBuf>>,
    holds: Mutex<Vec<(Address, Hold)>>,
}

impl<'a> Work<'a> {
    pub(crate) fn begin(
        context: &'a Context,
        id: i64,
        on_event: &'a (dyn Fn(Event) + Sync),
        cancel: &'a Cancel,
    ) -> Result<Self> {
        let path = context.layout.workflow_log(id);
        let folder = path.parent().expect("the log is in a folder");
        fs::create_dir_all(folder).doing(|| format!("make {}", folder.display()))?;
        let log = File::create(&path).doing(|| format!("write {}", path.display()))?;
        Ok(Self {
            context,
            id,
            cancel,
            disk: Disk::open(context.layout.root())?,
            on_event,
            log: Mutex::new(log),
            started: Instant::now(),
            servers: Mutex::default(),
            holds: Mutex::default(),
        })
    }

    /// Runs one step; what it reports becomes events, its lines go to the log.
    pub(crate) fn step<T>(
        &self,
        label: &str,
        body: impl FnOnce(Meter<'_>) -> Result<T>,
    ) -> Result<T> {
        self.cancel.check()?;
        self.log(label);
        tracing::debug!("{label}");
        let pace = Mutex::new(Pace::new());
        self.tell(label, &Tick { done: 0, total: None, unit: Unit::Steps, eta_s: None });
        let report = |report: Report| match report {
            Report::Line(line) => self.line(line),
            Report::Progress { done, total, unit } => {
                let mut pace = pace.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(tick) = pace.tick(done, total, unit) {
                    self.tell(label, &tick);
                }
            }
        };
        let value = body(Meter::new(self.cancel, &report))?;
        if let Some(last) = pace.into_inner().unwrap_or_else(PoisonError::into_inner).held_back {
            self.tell(label, &last);
        }
        Ok(value)
    }

    fn tell(&self, label: &str, tick: &Tick) {
        (self.on_event)(Event::Step {
            workflow: self.id,
            step: label.to_owned(),
            done: tick.done,
            total: tick.total,
            unit: tick.unit,
            eta_s: tick.eta_s,
        });
    }

    /// Writes a line to the log and tells it, without what opens an address that is in it.
    pub(crate) fn line(&self, line: impl Into<String>) {
        let line = text_without_secrets(&line.into());
        self.log(&line);
        (self.on_event)(Event::Line { workflow: self.id, line });
    }

    fn log(&self, line: &str) {
        let seconds = self.started.elapsed().as_secs_f64();
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        // A log that can't be written must not end the work that it is about.
        drop(writeln!(log, "{seconds:9.3} {line}"));
    }

    /// The last lines of the log.
    pub(crate) fn log_end(&self, error: Option<&Error>, state: WorkflowState) {
        match error {
            None => self.log(&format!("done at {}", now())),
            Some(error) => {
                self.log(&format!("{error}"));
                error.causes.iter().for_each(|cause| self.log(&format!("  because {cause}")));
                if matches!(state, WorkflowState::Failed | WorkflowState::Cancelled) {
                    self.log("everything is as it was");
                }
            }
        }
    }

    /// Notes that `path`, where nothing is, is about to be made by this workflow.
    pub(crate) fn will_make(&self, path: &Path) -> Result<()> {
        if path.symlink_metadata().is_ok() {
            return Err(Error::failed(format!("make {}: it exists", path.display())));
        }
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).doing(|| format!("make {}", parent.display()))?;
        }
        self.context.store.trace(self.id, &Trace::Made { path: path.to_owned() })
    }

    /// Moves a file or folder to where nothing is; moved back if the workflow doesn't end well.
    pub(crate) fn move_path(&self, from: &Path, to: &Path) -> Result<()> {
        if to.symlink_metadata().is_ok() {
            return Err(Error::failed(format!("move to {}: it exists", to.display())));
        }
        if let Some(parent) = to.parent() {
            fs::create_dir_all(parent).doing(|| format!("make {}", parent.display()))?;
        }
        let trace = Trace::Moved { from: from.to_owned(), to: to.to_owned() };
        self.context.store.trace(self.id, &trace)?;
        fs::rename(from, to).doing(|| format!("move {} to {}", from.display(), to.display()))
    }

    /// A folder of this workflow's own, gone when it ends.
    pub(crate) fn scratch(&self) -> Result<PathBuf> {
        let folder = self.context.layout.scratch().join(self.id.to_string());
        if !folder.exists() {
            self.will_make(&folder)?;
            fs::create_dir_all(&folder).doing(|| format!("make {}", folder.display()))?;
        }
        Ok(folder)
    }

    /// Holds the environment's requests until the workflow ends, whichever way.
    pub(crate) fn hold_until_switched(&self, address: &Address) -> Result<()> {
        let Some(hold) = self.hold(address)? else { return Ok(()) };
        let mut holds = self.holds.lock().unwrap_or_else(PoisonError::into_inner);
        holds.push((address.clone(), hold));
        Ok(())
    }

    /// Holds the environment's requests, unless the workflow does so already.
    pub(crate) fn hold(&self, address: &Address) -> Result<Option<Hold>> {
        let holds = self.holds.lock().unwrap_or_else(PoisonError::into_inner);
        if holds.iter().any(|(held, _)| held == address) {
            return Ok(None);
        }
        drop(holds);
        self.context.hold(address).map(Some)
    }

    /// Lets held requests go on.
    pub(crate) fn release_holds(&self) {
        self.holds.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Remembers the server of a generation that this workflow made, so that it can be stopped.
    pub(crate) fn owns_server(&self, data: PathBuf) {
        self.servers.lock().unwrap_or_else(PoisonError::into_inner).push(data);
    }

    /// Stops the servers of what this workflow made; called before their files are taken away.
    pub(crate) fn stop_own_servers(&self) {
        for data in self.servers.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            if let Err(error) = self.context.runtime.stop_mariadb(&data, DRAIN_TIMEOUT) {
                self.log(&format!("{error}"));
            }
        }
    }

    /// Brings everything that the workflow has written to the disk, so that pointers may move to it. A cancel is heard.
    pub(crate) fn write_out(&self) -> Result<Durable> {
        let written = self.written()?;
        self.step("Write everything to the disk", |meter| {
            let started = Instant::now();
            let durable = self.disk.write_out(written, meter.cancel())?;
            meter.line(format!("on the disk after {:.3} s", started.elapsed().as_secs_f64()));
            Ok(durable)
        })
    }

    /// What pointers move to is on the disk already: the workflow has written nothing.
    pub(crate) fn nothing_written(&self) -> Durable {
        self.disk.nothing_written()
    }

    /// Whether the journal knows of anything that the workflow has made or moved.
    pub(crate) fn has_written(&self) -> Result<bool> {
        Ok(!self.context.store.traces(self.id)?.is_empty())
    }

    /// Where the workflow has written, by its journal.
    fn written(&self) -> Result<Written> {
        let mut written = Written::default();
        let mut sites = vec![self.context.store.workflow(self.id)?.site];
        let parent = |path: &Path| path.parent().map(Path::to_owned);
        for trace in self.context.store.traces(self.id)? {
            match trace {
                Trace::Made { path } => written.whole.push(path),
                Trace::Moved { from, to } => {
                    written.folders.extend(parent(&from).into_iter().chain(parent(&to)));
                }
                Trace::TakenOver(plan) => written.folders.extend(parent(&plan.from)),
                Trace::Worktree { environment, .. } => {
                    written.newer.push(self.context.layout.code(&environment));
                }
                Trace::Tag { site, .. } | Trace::Reference { site, .. } => sites.push(site),
                Trace::Linked { folder, .. } => written.folders.extend(parent(&folder)),
            }
        }
        sites.dedup();
        written.newer.extend(sites.iter().map(|site| self.context.layout.repository(site)));
        Ok(written)
    }

    /// Moves the references and worktrees among `changes`, journalled; those that are there already stay. Answers whether
    /// any moved. What they move to is on the disk.
    pub(crate) fn move_references(&self, changes: &[Change]) -> Result<bool> {
        let mut moved = false;
        for change in changes {
            if let Change::Worktree { environment, branch, before, after } = change {
                moved |= self.move_worktree(environment, branch, before, after)?;
            }
            let Change::Reference { site, name, before, after } = change else { continue };
            let repository = self.context.repository(site);
            if repository.reference(name)? == *after {
                continue;
            }
            let (before, after) = (before.clone(), after.clone());
            let trace = Trace::Reference { site: site.clone(), name: name.clone(), before, after };
            self.context.store.trace(self.id, &trace)?;
            let Trace::Reference { before, after, .. } = &trace else { continue };
            repository.move_reference(name, before.as_deref(), after.as_deref())?;
            moved = true;
        }
        Ok(moved)
    }

    /// Notes that the folder of a writable environment is about to be changed. `before` is the way back.
    pub(crate) fn will_change_worktree(
        &self,
        environment: &Address,
        branch: &str,
        before: WorktreeState,
        after: WorktreeState,
    ) -> Result<()> {
        if before.snapshot.is_some() {
            // The only copy of uncommitted work, once the files are written over.
            let never = Cancel::default();
            drop(self.disk.write_out(self.written()?, &never)?);
        }
        let (environment, branch) = (environment.clone(), branch.to_owned());
        let trace = Trace::Worktree { environment, branch, before, after };
        self.context.store.trace(self.id, &trace)
    }

    fn move_worktree(
        &self,
        environment: &Address,
        branch: &str,
        before: &WorktreeState,
        after: &WorktreeState,
    ) -> Result<bool> {
        let context = self.context;
        let is_there = context.repository(&environment.site).head(branch)? == after.commit;
        if is_there && before.commit != after.commit {
            return Ok(false);
        }
        let folder = context.layout.code(environment);
        // What the person has in the folder is part of what a failure brings back.
        let snapshot = match code::count_changes(&folder)? {
            0 => None,
            _ => Some(code::snapshot_worktree(&folder)?),
        };
        let before_all = WorktreeState { commit: before.commit.clone(), snapshot };
        self.will_change_worktree(environment, branch, before_all, after.clone())?;
        code::move_worktree(&folder, before, after)?;
        Ok(true)
    }

    /// Lets the database servers of replaced generations finish and stop, in the background of the owner.
    pub(crate) fn retire_replaced(&self, changes: &[Change]) {
        for change in changes {
            let Change::Content { environment, before, .. } = change else { continue };
            self.context.retire(environment, *before);
        }
        let scratch = self.context.layout.scratch().join(self.id.to_string());
        match fs::remove_dir_all(&scratch) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            removed => _ = removed.logged(|| format!("remove {}", scratch.display())),
        }
    }
}

impl Context {
    /// Stops the server of a generation that is not in use any more, once its last requests are done.
    fn retire(&self, address: &Address, generation: u32) {
        let in_use = self.store.find_environment(address).ok().flatten();
        // The site may use another engine by now.
        let row = self.store.generation(address, generation).ok().flatten();
        let engine = row.map(|row| row.generation.engine);
        let folder = self.layout.database(address, generation);
        let current = in_use.map(|it| self.layout.database(address, it.generation));
        if let (Some(DatabaseEngine::MariaDb), Ok(folder)) = (engine, folder.canonicalize())
            && current.and_then(|it| it.canonicalize().ok()) != Some(folder.clone())
        {
            self.runtime.retire_mariadb(&folder);
        }
    }
}

/// Empties the trash of a root folder in a thread of its own.
pub(crate) fn empty_trash_in_background(trash: PathBuf) {
    std::thread::spawn(move || {
        // What can't be deleted now is tried again at the next start.
        files::empty_trash(&trash).logged(|| format!("empty {}", trash.display()));
    });
}

/// One report of a step.
struct Tick {
    done: u64,
    total: Option<u64>,
    unit: Unit,
    eta_s: Option<u64>,
}

/// Thins out a step's reports and tells how long it will take.
struct Pace {
    started: Instant,
    told: Option<Instant>,
    held_back: Option<Tick>,
}

impl Pace {
    fn new() -> Self {
        Self { started: Instant::now(), told: None, held_back: None }
    }

    fn tick(&mut self, done: u64, total: Option<u64>, unit: Unit) -> Option<Tick> {
        let elapsed = self.started.elapsed();
        // The first second says little about the rest.
        let left = total.filter(|total| done > 0 && *total >= done && elapsed.as_secs() >= 1);
        let eta_s = left.map(|total| {
            (elapsed.as_secs_f64() * (total - done) as f64 / done as f64).ceil() as u64
        });
        let tick = Tick { done, total, unit, eta_s };
        if self.told.is_some_and(|told| told.elapsed() < BETWEEN_EVENTS) {
            self.held_back = Some(tick);
            return None;
        }
        self.told = Some(Instant::now());
        self.held_back = None;
        Some(tick)
    }
}

/// Random letters and digits from the system's generator.
pub(crate) fn random_text(length: usize) -> Result<String> {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    Ok(random_bytes(length)?.iter().map(|b| LETTERS[usize::from(b & 63)] as char).collect())
}

/// A random UUID (RFC 9562, version 4).
pub(crate) fn random_uuid() -> Result<String> {
    let mut bytes = random_bytes(16)?;
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let (a, b, c, d, e) = (&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]);
    Ok(format!("{a}-{b}-{c}-{d}-{e}"))
}

fn random_bytes(length: usize) -> Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    getrandom::fill(&mut bytes).doing(|| "get random bytes from the system".into())?;
    Ok(bytes)
}
