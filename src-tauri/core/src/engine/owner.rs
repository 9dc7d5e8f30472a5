//! The owner: runs the servers, answers questions, runs workflows, tells everyone.
use std::{
    collections::HashMap,
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, OnceLock, PoisonError, Weak,
        mpsc::{Receiver, Sender, channel},
    },
    time::Duration,
};

use serde_json::value::RawValue;

use super::{
    Config, answer,
    clock::Clock,
    recovery,
    tidy::Tidying,
    upstreams::UpstreamWatch,
    watch::{Watch, Word},
    wire::{Call, Card, Reply},
};
use crate::{
    cms, code,
    content::files,
    error::{Doing, Error, Logged, Result, contained},
    front::{Front, Ready, Served, Sites, control::Control},
    layout::Layout,
    model::{
        Address, SiteName,
        request::{Event, Query, Request},
        view::{Problem, WorkflowRow},
    },
    privacy,
    progress::Cancel,
    runtime::{self, Runtime},
    store::Store,
    workflow::{
        self, Context, heal,
        running::{self, Lending},
    },
};

/// Ports that are tried when the person chose none and none is kept: the web's own, then the usual others.
const PORTS: [u16; 21] = [
    80, 8080, 8081, 8082, 8083, 8084, 8085, 8086, 8087, 8088, 8089, 8090, 8091, 8092, 8093, 8094,
    8095, 8096, 8097, 8098, 8099,
];

/// How often it is looked whether the tool of another shell still runs.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

/// The owner of a root folder. Dropping it stops everything that it started.
pub struct Engine {
    // Dropped in this order: first nobody can ask, nothing is watched, then the servers stop, then the folder is free.
    control: Mutex<Option<Control>>,
    watch: Mutex<Option<Watch>>,
    clock: Mutex<Option<Clock>>,
    upstreams: Mutex<Option<UpstreamWatch>>,
    shared: Arc<Shared>,
    layout: Layout,
    _lock: File,
}

/// Everyone who hears of events.
pub(super) type Listeners = Mutex<Vec<Sender<Event>>>;

pub(super) fn tell(listeners: &Listeners, event: &Event) {
    let mut listeners = listeners.lock().unwrap_or_else(PoisonError::into_inner);
    listeners.retain(|listener| listener.send(event.clone()).is_ok());
}

/// What the owner's threads share.
pub(super) struct Shared {
    pub(super) context: Arc<Context>,
    healed: Vec<WorkflowRow>,
    problems: Vec<Problem>,
    told: Mutex<Vec<String>>,
    running: Mutex<HashMap<i64, Cancel>>,
    pub(super) checks: Mutex<HashMap<SiteName, Cancel>>,
    pub(super) tidying: Mutex<Option<Tidying>>,
    pub(super) listeners: Arc<Listeners>,
    watch: OnceLock<Sender<Word>>,
}

impl Engine {
    /// Starts everything for a folder whose lock is held.
    pub(super) fn start(config: &Config, layout: Layout, lock: File) -> Result<Self> {
        check_links(&layout)?;
        code::trust_stored_objects();
        // Where a disk knows no rights, `doctor` tells.
        privacy::close(&layout).logged(|| "close what is Portico's to other users".into());
        let (store, recovered) = Store::open(&layout, config.truth)?;
        cms::write_support(&layout.support())?;
        let runtime = Runtime::start(runtime::Config {
            templates: layout.templates(),
            sockets: sockets(&layout)?,
            idle: config.idle,
        })?;
        let plugin = config.sqlite_plugin.clone();
        let program = config.program.clone();
        let confiner = config.confiner.clone();
        let limit = config.hook_limit;
        let context =
            Context::new(layout.clone(), store, runtime, plugin, program, confiner, limit);
        let context = Arc::new(context);
        start_front(&context, config.port)?;
        let mut told = recovery::reconcile(&context, recovered.as_ref())?;
        let healed = heal::at_start(&context)?;
        told.extend(recovery::look(&context));
        let problems = healed.problems;
        let rows = healed.workflows.iter().map(|it| context.workflow_row(it));
        let healed = rows.collect::<Result<_>>()?;
        let shared = Arc::new(Shared {
            context,
            healed,
            problems,
            told: Mutex::new(told),
            running: Mutex::default(),
            checks: Mutex::default(),
            tidying: Mutex::default(),
            listeners: Arc::default(),
            watch: OnceLock::new(),
        });
        let control = listen(&layout, &shared)?;
        // What was pushed while nobody was there comes first: whoever asks next sees it deployed.
        shared.take_pushes();
        let watch = Watch::start(Arc::downgrade(&shared));
        let sender = watch.sender.clone();
        shared.watch.set(sender).unwrap_or_else(|_| unreachable!("the watch is started once"));
        let upstreams = UpstreamWatch::start(Arc::downgrade(&shared));
        shared.log_start();
        Ok(Self {
            control: Mutex::new(Some(control)),
            upstreams: Mutex::new(Some(upstreams)),
            watch: Mutex::new(Some(watch)),
            clock: Mutex::new(Some(Clock::start(Arc::downgrade(&shared)))),
            shared,
            layout,
            _lock: lock,
        })
    }

    /// What the last owner left unfinished and this one took back.
    pub fn healed(&self) -> &[WorkflowRow] {
        &self.shared.healed
    }

    /// What the workflows work with.
    #[cfg(test)]
    pub(super) fn context(&self) -> &Context {
        &self.shared.context
    }

    /// Sites and environments that could not be made ready, with the reason.
    pub fn problems(&self) -> &[Problem] {
        &self.shared.problems
    }

    /// What else the person should know of this start.
    pub fn told(&self) -> Vec<String> {
        self.shared.told()
    }

    /// The front's port.
    pub fn port(&self) -> u16 {
        self.shared.context.front().address().port()
    }

    pub(super) fn answer(&self, query: &Query) -> Result<Box<RawValue>> {
        self.shared.answer(query)
    }

    pub(super) fn run(
        &self,
        request: &Request,
        on_event: &(dyn Fn(Event) + Sync),
        cancel: &Cancel,
    ) -> Result<WorkflowRow> {
        self.shared.run(request, on_event, cancel)
    }

    pub(super) fn cancel(&self, workflow: i64) -> Result<()> {
        self.shared.cancel(workflow)
    }

    pub(super) fn lend(&self, environment: &Address) -> Result<Lending> {
        running::lend(&self.shared.context, environment)
    }

    pub(super) fn subscribe(&self, on_event: &mut dyn FnMut(Event) -> bool) {
        for event in self.shared.listen() {
            if !on_event(event) {
                return;
            }
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.close();
    }
}

impl Engine {
    /// Cancels what runs, stops every server and stops listening. Idempotent.
    pub(super) fn close(&self) {
        // A file that is gone already was none of ours.
        drop(fs::remove_file(self.layout.owner()));
        self.shared.running().values().for_each(Cancel::cancel);
        self.shared.checks().values().for_each(Cancel::cancel);
        self.shared.end_tidying(None);
        if let Some(watch) = self.watch.lock().unwrap_or_else(PoisonError::into_inner).take() {
            watch.stop();
        }
        if let Some(clock) = self.clock.lock().unwrap_or_else(PoisonError::into_inner).take() {
            clock.stop();
        }
        let upstreams = self.upstreams.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(upstreams) = upstreams {
            upstreams.stop();
        }
        let control = self.control.lock().unwrap_or_else(PoisonError::into_inner).take();
        let is_first = control.is_some();
        drop(control);
        if let Some(front) = self.shared.context.started_front() {
            front.stop();
        }
        self.shared.context.runtime.stop_all();
        if is_first {
            tracing::info!("the owner ended");
        }
    }
}

impl Shared {
    fn answer(&self, query: &Query) -> Result<Box<RawValue>> {
        let start =
            answer::Start { healed: &self.healed, problems: &self.problems, told: self.told() };
        answer::answer(&self.context, &start, query)
    }

    pub(super) fn run(
        &self,
        request: &Request,
        on_event: &(dyn Fn(Event) + Sync),
        cancel: &Cancel,
    ) -> Result<WorkflowRow> {
        let tell = |event: Event| {
            match &event {
                Event::Started { workflow } => {
                    self.running().insert(workflow.id, cancel.clone());
                }
                Event::Finished { workflow } => {
                    self.context.counts.forget();
                    self.running().remove(&workflow.id);
                    if let Some(watch) = self.watch.get() {
                        // A watch that has ended needs no renewal.
                        drop(watch.send(Word::Renew));
                    }
                }
                _ => {}
            }
            self.broadcast(&event);
            on_event(event);
        };
        self.cancel_check(request.site());
        self.end_tidying(Some(request.site()));
        let workflow = workflow::run(&self.context, request, &tell, cancel)?;
        if let Request::Deploy(deployed) = request {
            self.check_in_background(deployed.environment.clone());
        }
        self.context.workflow_row(&workflow)
    }

    fn cancel(&self, workflow: i64) -> Result<()> {
        let cancel = self.running().get(&workflow).cloned();
        match cancel {
            Some(cancel) => cancel.cancel(),
            None => {
                let workflow = self.context.store.workflow(workflow)?;
                return Err(Error::refused(format!("“{}” has ended already", workflow.title)));
            }
        }
        Ok(())
    }

    /// What the log says of this start.
    fn log_start(&self) {
        let (version, port) = (env!("CARGO_PKG_VERSION"), self.context.front().address().port());
        tracing::info!(version, pid = std::process::id(), port, "the owner started");
        for it in &self.healed {
            tracing::warn!("taken back, as its owner ended: workflow {} ({})", it.id, it.title);
        }
        for it in &self.problems {
            let of = it.environment.as_ref().map(|name| format!(".{name}")).unwrap_or_default();
            tracing::warn!("{}{of} is not whole: {}", it.site, it.error.whole());
        }
        self.told().iter().for_each(|line| tracing::warn!("{line}"));
    }

    fn told(&self) -> Vec<String> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Adds to what the person is told of this owner.
    pub(super) fn tell(&self, line: String) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        // What goes wrong at each look is told once.
        if !told.contains(&line) {
            tracing::warn!("{line}");
            told.push(line);
        }
    }

    fn listen(&self) -> Receiver<Event> {
        let (sender, receiver) = channel();
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner).push(sender);
        receiver
    }

    pub(super) fn broadcast(&self, event: &Event) {
        tell(&self.listeners, event);
    }

    fn running(&self) -> std::sync::MutexGuard<'_, HashMap<i64, Cancel>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers a guest's call, line by line.
    fn call(&self, body: &[u8], sink: &mut dyn FnMut(Vec<u8>) -> bool) {
        let call = serde_json::from_slice(body);
        let kind = call.as_ref().map_or("unknown", Call::kind);
        let span = tracing::debug_span!("call", kind);
        let _inside = span.enter();
        tracing::debug!("came");
        let last = match call {
            Err(error) => {
                Reply::Error(Error::usage("the owner does not understand the call").because(error))
            }
            Ok(Call::Hello) => Reply::Answer(RawValue::NULL.to_owned()),
            Ok(Call::Query(query)) => {
                contained(|| self.answer(&query)).map_or_else(Reply::Error, Reply::Answer)
            }
            Ok(Call::Cancel(id)) => self
                .cancel(id)
                .map_or_else(Reply::Error, |()| Reply::Answer(RawValue::NULL.to_owned())),
            Ok(Call::Run(request)) => self.run_for_guest(&request, sink),
            Ok(Call::Lend { environment, hold }) => {
                match running::lend(&self.context, &environment) {
                    Err(error) => Reply::Error(error),
                    Ok(mut lending) => {
                        if !hold {
                            drop(lending.database.take());
                        }
                        let mut next =
                            line(&Reply::ToolEnvironment(Box::new(lending.lent.clone())));
                        while sink(next) {
                            std::thread::sleep(POLL_INTERVAL);
                            if !hold {
                                // One that can't start now may at the next turn, in a second.
                                if let Err(error) = running::keep_awake(&self.context, &environment)
                                {
                                    tracing::debug!(%environment, "{}", error.whole());
                                }
                            }
                            next = line(&Reply::Still);
                        }
                        return;
                    }
                }
            }
            Ok(Call::Subscribe) => {
                for event in self.listen() {
                    if !sink(line(&Reply::Event(Box::new(event)))) {
                        return;
                    }
                }
                return;
            }
        };
        sink(line(&last));
    }

    fn run_for_guest(&self, request: &Request, sink: &mut dyn FnMut(Vec<u8>) -> bool) -> Reply {
        let (sender, receiver) = channel();
        std::thread::scope(|scope| {
            let run = scope.spawn(move || {
                // A guest that has gone hears nothing; its workflow goes on, as it was asked to.
                let tell = |event| drop(sender.send(event));
                self.run(request, &tell, &Cancel::default())
            });
            for event in receiver {
                sink(line(&Reply::Event(Box::new(event))));
            }
            match run.join() {
                Ok(Ok(row)) => Reply::Done(Box::new(row)),
                Ok(Err(error)) => Reply::Error(error),
                Err(panic) => Reply::Error(Error::broken(&*panic)),
            }
        })
    }
}

fn line(reply: &Reply) -> Vec<u8> {
    let mut line = serde_json::to_vec(reply).expect("replies serialise");
    line.push(b'\n');
    line
}

/// Tells other shells how to reach the owner; the file is readable by this user only.
fn listen(layout: &Layout, shared: &Arc<Shared>) -> Result<Control> {
    let token = workflow::random_text(40)?;
    let weak = Arc::downgrade(shared);
    let control = Control::start(
        token.clone(),
        line(&Reply::Still),
        Arc::new(move |body: &[u8], sink: &mut dyn FnMut(Vec<u8>) -> bool| {
            if let Some(shared) = weak.upgrade() {
                shared.call(body, sink);
            }
        }),
    )?;
    let card = Card {
        port: control.address().port(),
        token,
        pid: std::process::id(),
        version: env!("CARGO_PKG_VERSION").into(),
    };
    let path = layout.owner();
    let doing = || format!("write {}", path.display());
    let folder = path.parent().expect("the file is in the root folder");
    // Made with mode 0600 and moved into place, so that nobody reads half of it.
    let mut file = tempfile::NamedTempFile::new_in(folder).doing(doing)?;
    file.write_all(&serde_json::to_vec(&card).expect("it serialises")).doing(doing)?;
    file.persist(&path).doing(doing)?;
    Ok(control)
}

/// Binds the port that the person chose, or the one that is kept, or the first that is free.
fn start_front(context: &Arc<Context>, chosen: Option<u16>) -> Result<()> {
    let kept = context.store.setting("port")?.and_then(|port| port.parse::<u16>().ok());
    let ports: Vec<u16> = match chosen {
        Some(port) => vec![port],
        None => kept.into_iter().chain(PORTS).collect(),
    };
    let sites = Arc::new(OurSites(Arc::downgrade(context)));
    let front = Front::start(&ports, sites).map_err(|error| match chosen {
        Some(port) => error.hint(format!(
            "Port {port} is what PORTICO_PORT asks for; end what uses it, or choose another."
        )),
        None => error,
    })?;
    if chosen.is_none() && kept.is_none() {
        context.store.set_setting("port", &front.address().port().to_string())?;
    }
    context.set_front(front);
    Ok(())
}

/// What the front asks.
struct OurSites(Weak<Context>);

impl Sites for OurSites {
    fn find(&self, host: &str) -> Option<Arc<Served>> {
        Some(self.0.upgrade()?.routes.find(host)?.served.clone())
    }

    fn look(&self, served: &Served) -> Option<Arc<Served>> {
        let context = self.0.upgrade()?;
        // What can't be read now is served as before.
        context
            .follow(&served.address.site)
            .logged(|| format!("look anew at {}", served.address.site));
        Some(context.routes.of(&served.address)?.served.clone())
    }

    fn wake(&self, served: &Served) -> Result<Ready> {
        let context = self.0.upgrade().ok_or_else(Error::cancelled)?;
        let route = context
            .routes
            .found(served)
            .ok_or_else(|| Error::not_found("environment", &served.address))?;
        running::wake(&context, &route)
    }
}

/// Refuses a disk without links (junctions on Windows), as FAT's are: the code and the files in use are reached by them.
fn check_links(layout: &Layout) -> Result<()> {
    let root = layout.root();
    let trial = tempfile::Builder::new().prefix(".links-").tempdir_in(root);
    let trial = trial.doing(|| format!("write to {}", root.display()))?;
    files::point_link(&trial.path().join("link"), root).map_err(|error| {
        Error::refused(format!("the disk of {} keeps no links", root.display()))
            .because(error)
            .hint("Set PORTICO_HOME to a folder on another disk: one of NTFS, APFS, ext4 or XFS.")
    })
}

/// The longest path of the folder for sockets: a socket's own must stay under 104 bytes.
const LONGEST: usize = 60;

/// A short folder for sockets and PHP's settings (whose list of folders a colon parts), which only this user can enter:
/// in the root folder where that is short and plain, else one with a random name in the system's temporary folder, to
/// which a link in the root folder leads.
fn sockets(layout: &Layout) -> Result<PathBuf> {
    let inside = layout.run();
    let text = inside.to_str().unwrap_or_default();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    if (text.len() <= LONGEST && text.chars().all(is_plain)) || cfg!(windows) {
        return Ok(inside);
    }
    if let Ok(outside) = fs::read_link(&inside)
        && outside.as_os_str().len() <= LONGEST
        && is_private_folder(&outside)
    {
        return Ok(outside);
    }
    let doing = || "make a folder for sockets".to_owned();
    let outside = tempfile::Builder::new().prefix("portico-").tempdir().doing(doing)?.keep();
    match fs::symlink_metadata(&inside) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(&inside).doing(doing)?,
        Ok(_) => fs::remove_file(&inside).doing(doing)?,
        Err(_) => {}
    }
    point_to(&outside, &inside).doing(doing)?;
    Ok(outside)
}

#[cfg(unix)]
fn point_to(folder: &Path, link: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(folder, link)
}

/// Whether it is a folder, no link, that is this user's and closed: nobody put it there in the place of ours.
#[cfg(unix)]
fn is_private_folder(folder: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::symlink_metadata(folder).is_ok_and(|found| {
        found.is_dir()
            && found.uid() == rustix::process::geteuid().as_raw()
            && found.mode() & 0o077 == 0
    })
}

/// Windows has named pipes, which are in no folder.
#[cfg(windows)]
fn point_to(_folder: &Path, _link: &Path) -> std::io::Result<()> {
    Ok(())
}

#[cfg(windows)]
fn is_private_folder(_folder: &Path) -> bool {
    true
}
