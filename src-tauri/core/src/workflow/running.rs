//! How an environment runs: what the front serves of it, and what its PHP is told.
use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError, RwLock, RwLockReadGuard,
        atomic::{AtomicBool, Ordering},
    },
};

use super::Context;
use crate::{
    cms::{self, PhpPage, PhpTask, Surroundings},
    content::database,
    error::{Doing, Error, Result},
    front::{Ready, Served},
    layout,
    model::{
        Address, Cms, CodePointer, ConnectionMode, CronMode, Damage, Database, DatabaseEngine,
        Environment, Site, SiteName, ToolEnvironment, view::CodeWarning,
    },
    progress::{Cancel, Meter},
    runtime::{self, Conversation, DatabaseLease, LentPhp, Page, PhpSpec},
};

/// An environment that the front serves, with what its PHP was last told.
pub struct Route {
    /// What the front needs to know.
    pub served: Arc<Served>,
    site: Site,
    /// None when its row can't be read.
    environment: Option<Environment>,
    told: Mutex<Option<PhpState>>,
    /// Whether the database was seen with tables in it.
    filled: AtomicBool,
}

/// FastCGI parameters.
type Parameters = Arc<Vec<(String, String)>>;

/// What PHP is told while its database is reached in one way.
struct PhpState {
    database: Option<Database>,
    stamp: u64,
    spec: Arc<PhpSpec>,
    parameters: Parameters,
}

/// Every environment that is served.
#[derive(Default)]
pub struct Routes(RwLock<Known>);

/// Routes by the first label of their host names.
#[derive(Default)]
struct Known {
    now: HashMap<String, Arc<Route>>,
    /// What was served last, where that was something else.
    before: HashMap<String, Arc<Route>>,
}

impl Routes {
    fn known(&self) -> RwLockReadGuard<'_, Known> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The environment of a host name such as `dev-acme.localhost:8080`.
    pub fn find(&self, host: &str) -> Option<Arc<Route>> {
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        // Sites of a network have names of their own below the environment's.
        let label = name.strip_suffix(".localhost")?.rsplit('.').next()?;
        self.known().now.get(label).cloned()
    }

    /// The route of an environment, if it is served.
    pub fn of(&self, address: &Address) -> Option<Arc<Route>> {
        self.known().now.get(&label(address)).cloned()
    }

    /// The route by which a request that is under way found its environment. Where the environment was switched since,
    /// that is the one before: its PHP is kept in the code that the request asked for. What was replaced last is kept.
    pub(crate) fn found(&self, served: &Served) -> Option<Arc<Route>> {
        let (known, label) = (self.known(), label(&served.address));
        let now = known.now.get(&label)?;
        let before = known.before.get(&label);
        let before = before.filter(|it| *now.served != *served && *it.served == *served);
        Some(before.unwrap_or(now).clone())
    }

    /// Serves exactly these environments of the site.
    pub(crate) fn replace(&self, site: &SiteName, routes: Vec<Arc<Route>>) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let Known { now, before } = &mut *known;
        let mut old: HashMap<_, _> = now.extract_if(|_, it| it.site.name == *site).collect();
        let mut older: HashMap<_, _> = before.extract_if(|_, it| it.site.name == *site).collect();
        for route in routes {
            let label = label(&route.served.address);
            let last = old.remove(&label).filter(|it| *it.served != *route.served);
            if let Some(last) = last.or_else(|| older.remove(&label)) {
                before.insert(label.clone(), last);
            }
            now.insert(label, route);
        }
    }

    /// Serves nothing of the site any more.
    pub(crate) fn forget(&self, site: &SiteName) {
        self.replace(site, Vec::new());
    }
}

fn label(address: &Address) -> String {
    format!("{}-{}", address.environment, address.site)
}

/// The folder of an environment's code, with no link in its last part.
pub(crate) fn code_folder(context: &Context, environment: &Environment) -> PathBuf {
    let address = Address::new(&environment.site, &environment.name);
    match &environment.code {
        CodePointer::Branch { .. } => context.layout.code(&address),
        CodePointer::Release { directory, .. } => context.layout.release(&address, directory),
    }
}

/// The folder itself, where `folder` may be a link to a shared part of an earlier generation.
pub(crate) fn resolved(folder: &Path) -> Result<PathBuf> {
    folder.canonicalize().doing(|| format!("find {}", folder.display()))
}

/// An environment of which nothing can be served: its row can't be read.
pub(crate) fn unreadable_route(
    context: &Context,
    site: &Site,
    address: &Address,
    damage: &Damage,
) -> Route {
    let code = context.layout.code(address);
    let served = Served {
        address: address.clone(),
        docroot: code.join(&site.docroot),
        code,
        uploads: None,
        protected: Vec::new(),
        lock: None,
        pass: String::new(),
        php: false,
        broken: vec![damage.error()],
        logs: context.layout.environment_logs(address),
    };
    Route {
        served: Arc::new(served),
        site: site.clone(),
        environment: None,
        told: Mutex::default(),
        filled: AtomicBool::new(false),
    }
}

/// What the front serves of an environment; `damage` is what is broken of it.
pub(crate) fn route(
    context: &Context,
    site: &Site,
    environment: &Environment,
    damage: &[Damage],
) -> Route {
    let address = Address::new(&site.name, &environment.name);
    let code = code_folder(context, environment);
    let folder = code.join(&site.docroot);
    // What is missing or broken here is told when the environment is visited: it must not stop the others.
    let docroot = folder.canonicalize().unwrap_or(folder);
    let uploads = (!site.uploads.is_empty()).then(|| {
        let path = site.uploads.strip_prefix(&site.docroot).unwrap_or(&site.uploads);
        let folder = context.layout.generation_files(&address, environment.generation);
        (format!("/{}", path.trim_start_matches('/')), folder)
    });
    let yml = cms::pantheon_yml(&code).unwrap_or_default();
    let served = Served {
        address: address.clone(),
        code: code.canonicalize().unwrap_or(code),
        docroot,
        uploads,
        protected: yml.protected_web_paths,
        lock: environment.lock.clone(),
        pass: environment.pass(),
        php: site.cms != Cms::Html,
        broken: damage.iter().filter(|it| it.stops).map(Damage::error).collect(),
        logs: context.layout.environment_logs(&address),
    };
    Route {
        served: Arc::new(served),
        site: site.clone(),
        environment: Some(environment.clone()),
        told: Mutex::default(),
        filled: AtomicBool::new(false),
    }
}

/// Starts what a route needs for one request.
pub(crate) fn wake(context: &Context, route: &Route) -> Result<Ready> {
    let environment = route.environment.as_ref().ok_or_else(|| unreadable(route))?;
    let lease = open_database(context, &route.site, environment, environment.generation)?;
    let (spec, mut parameters) = told(context, route, environment, &lease)?;
    if is_empty_drupal(route, &lease)? {
        // Pantheon's sign for Drupal to send visitors to its installer.
        let mut more = parameters.to_vec();
        more.push(("PANTHEON_DATABASE_STATE".into(), "empty".into()));
        parameters = Arc::new(more);
    }
    let database = lease.server;
    Ok(Ready { lease: context.runtime.php(&spec)?, database, parameters })
}

fn unreadable(route: &Route) -> Error {
    let mut causes = route.served.broken.iter();
    causes.next().cloned().unwrap_or_else(|| Error::failed("start the environment"))
}

fn is_empty_drupal(route: &Route, opened: &OpenDatabase) -> Result<bool> {
    if !matches!(route.site.cms, Cms::Drupal7 | Cms::Drupal) || route.filled.load(Ordering::Relaxed)
    {
        return Ok(false);
    }
    let tables = opened.database.as_ref().map(database::tables).transpose()?.unwrap_or_default();
    route.filled.store(!tables.is_empty(), Ordering::Relaxed);
    Ok(tables.is_empty())
}

fn told(
    context: &Context,
    route: &Route,
    environment: &Environment,
    opened: &OpenDatabase,
) -> Result<(Arc<PhpSpec>, Parameters)> {
    let mut told = route.told.lock().unwrap_or_else(PoisonError::into_inner);
    let stamp = runtime::system_stamp();
    let is_true = |told: &&PhpState| told.database == opened.database && told.stamp == stamp;
    if let Some(told) = told.as_ref().filter(is_true) {
        return Ok((told.spec.clone(), told.parameters.clone()));
    }
    let (site, generation) = (&route.site, environment.generation);
    let spec = surrounded(context, site, environment, generation, opened, |around| {
        php_spec(context, around, generation)
    })?;
    let (spec, parameters) = (Arc::new(spec.clone()), Arc::new(spec.variables));
    *told = Some(PhpState {
        database: opened.database.clone(),
        stamp,
        spec: spec.clone(),
        parameters: parameters.clone(),
    });
    Ok((spec, parameters))
}

/// A generation's database that answers for as long as this lives.
pub(crate) struct OpenDatabase {
    /// How to reach it; none on a site that has no database.
    pub(crate) database: Option<Database>,
    /// Keeps its server awake.
    pub(crate) server: Option<DatabaseLease>,
}

/// Opens the database of one of the environment's generations, starting its server if need be.
pub(crate) fn open_database(
    context: &Context,
    site: &Site,
    environment: &Environment,
    generation: u32,
) -> Result<OpenDatabase> {
    open_database_or_cancel(context, site, environment, generation, &Cancel::default())
}

/// The same, given up when it is cancelled while its server starts.
pub(crate) fn open_database_or_cancel(
    context: &Context,
    site: &Site,
    environment: &Environment,
    generation: u32,
    cancel: &Cancel,
) -> Result<OpenDatabase> {
    let address = Address::new(&site.name, &environment.name);
    let folder = context.layout.database(&address, generation);
    if site.cms == Cms::Html {
        return Ok(OpenDatabase { database: None, server: None });
    }
    Ok(match site.engine {
        DatabaseEngine::Sqlite => {
            let file = layout::sqlite_file(&folder);
            // Its PHP may write there, and we may read more than it.
            if file.is_symlink() {
                return Err(Error::refused(format!(
                    "the database of {address} is a link that leads elsewhere"
                ))
                .hint("Switch to an earlier content, or import a database."));
            }
            OpenDatabase { database: Some(Database::Sqlite { file }), server: None }
        }
        DatabaseEngine::MariaDb => {
            let folder = folder
                .canonicalize()
                .doing(|| format!("find the database {}", folder.display()))?;
            let password = &environment.secrets.database_password;
            let lease = context.runtime.mariadb(&address, &folder, password, cancel)?;
            OpenDatabase { database: Some(lease.database.clone()), server: Some(lease) }
        }
    })
}

/// Calls `body` with everything that the environment's PHP is told on one of its generations.
fn surrounded<T>(
    context: &Context,
    site: &Site,
    environment: &Environment,
    generation: u32,
    opened: &OpenDatabase,
    body: impl FnOnce(&Surroundings<'_>) -> Result<T>,
) -> Result<T> {
    let address = Address::new(&site.name, &environment.name);
    let temporary = context.layout.environment_temporary(&address);
    for folder in [&temporary, &context.layout.environment_logs(&address)] {
        std::fs::create_dir_all(folder).doing(|| format!("make {}", folder.display()))?;
    }
    let cron = super::cron::mode_of(context, site, environment)?.0;
    body(&Surroundings {
        smtp_port: context.catchers.port(&context.layout.environment_mail(&address))?,
        cron_by_visits: cron == CronMode::Awake,
        site,
        environment,
        database: opened.database.as_ref(),
        host: &context.host(&address),
        code: &code_folder(context, environment),
        files: &context.layout.generation_files(&address, generation),
        temporary: &temporary,
        support: &context.layout.support(),
        sqlite_plugin: context.sqlite_plugin.as_deref(),
    })
}

/// How the environment's PHP runs in these surroundings.
fn php_spec(context: &Context, around: &Surroundings<'_>, generation: u32) -> Result<PhpSpec> {
    let address = around.address();
    Ok(PhpSpec {
        version: cms::pantheon_yml(around.code)?.php_version,
        settings: cms::php_settings(around)?,
        variables: cms::variables(around)?,
        logs: context.layout.environment_logs(&address),
        revision: format!("{generation} {} {}", around.code.display(), runtime::system_stamp()),
        reach: Some(super::reach::of(context, around)?),
        environment: address,
    })
}

/// What a person should know about the PHP that the code of a site gets: that the core can't run on it, or that the
/// wanted version is missing. A broken `pantheon.yml` is told by the visit.
pub fn php_note(context: &Context, site: &Site, code: &Path) -> Option<String> {
    let wanted = cms::pantheon_yml(code).ok()?.php_version;
    let runs = context.runtime.php_series(wanted.as_deref())?;
    unfit(site, code, &runs).or_else(|| context.runtime.php_note(&wanted?))
}

fn unfit(site: &Site, code: &Path, runs: &str) -> Option<String> {
    cms::PhpRange::of(code, site)?.note(runs)
}

/// Refuses, in words, what would die of a PHP that the site's core can't run on.
pub(super) fn check_php(context: &Context, site: &Site, code: &Path) -> Result<()> {
    match php_warning(context, site, code)? {
        Some(it) => Err(Error::refused(it.message).hint(it.hint)),
        None => Ok(()),
    }
}

/// That the core of a site can't run on the PHP that the code in `code` gets, if so.
pub(super) fn php_warning(
    context: &Context,
    site: &Site,
    code: &Path,
) -> Result<Option<CodeWarning>> {
    let wanted = cms::pantheon_yml(code)?.php_version;
    let Some(runs) = context.runtime.php_series(wanted.as_deref()) else { return Ok(None) };
    let Some(range) = cms::PhpRange::of(code, site) else { return Ok(None) };
    Ok(range.note(&runs).map(|message| {
        let there = range.series().and_then(|it| context.runtime.php_series(Some(&it)));
        let hint = match there.filter(|it| range.note(it).is_none()) {
            Some(it) => format!("Name PHP {it} as `php_version` in pantheon.yml."),
            None => "Install one beside it, and name it as `php_version` in pantheon.yml.".into(),
        };
        CodeWarning { message, hint }
    }))
}

/// What a tool uses of an environment; its database is kept awake while this lives.
pub struct Lending {
    /// What the tool is told.
    pub lent: ToolEnvironment,
    _php: LentPhp,
    /// Workflows wait for it.
    pub database: Option<DatabaseLease>,
}

/// Makes an environment ready for a tool on the command line.
pub fn lend(context: &Context, address: &Address) -> Result<Lending> {
    let site = context.store.site(&address.site)?;
    let environment = context.store.environment(address)?;
    let generation = environment.generation;
    let opened = open_database(context, &site, &environment, generation)?;
    let (spec, code, system) =
        surrounded(context, &site, &environment, generation, &opened, |around| {
            let spec = php_spec(context, around, generation)?;
            Ok((spec, around.code.to_owned(), cms::system_folder(around)))
        })?;
    // What a person types runs as the person.
    let spec = PhpSpec { reach: None, ..spec };
    let php = context.runtime.lend_php(&spec)?;
    let mut variables = spec.variables;
    // A person's tools find their own settings in the person's own folder.
    variables.retain(|(name, _)| name != "HOME");
    let lent = ToolEnvironment {
        environment: address.clone(),
        php: php.program.clone(),
        scan: php.scan.clone(),
        path: php.path.clone(),
        variables,
        docroot: code.join(&site.docroot),
        code,
        system,
        database: opened.database,
        writable: environment.name.is_writable()
            && environment.connection_mode != Some(ConnectionMode::Git),
    };
    Ok(Lending { lent, _php: php, database: opened.server })
}

/// Keeps the environment's database awake for a tool that may wait for minutes between two words: it holds up no workflow.
pub fn keep_awake(context: &Context, address: &Address) -> Result<()> {
    let site = context.store.site(&address.site)?;
    let environment = context.store.environment(address)?;
    open_database(context, &site, &environment, environment.generation).map(drop)
}

/// Asks for a page of the environment as it is now, in a process of its own.
pub(crate) fn run_page(
    context: &Context,
    address: &Address,
    page: impl FnOnce(&Surroundings<'_>) -> Result<PhpPage>,
    seconds: u64,
    meter: Meter<'_>,
) -> Result<String> {
    let site = context.store.site(&address.site)?;
    let environment = context.store.environment(address)?;
    let generation = environment.generation;
    let opened = open_database_or_cancel(context, &site, &environment, generation, meter.cancel())?;
    let (spec, page) = surrounded(context, &site, &environment, generation, &opened, |around| {
        Ok((php_spec(context, around, generation)?, page(around)?))
    })?;
    let PhpPage { script, docroot, path, host, form } = &page;
    context.runtime.run_page(&spec, &Page { script, docroot, path, host, form, seconds }, meter)
}

/// Runs a PHP task inside the environment, on one of its generations; none when there is no such task.
pub(crate) fn run_task(
    context: &Context,
    site: &Site,
    environment: &Environment,
    generation: u32,
    task: impl FnOnce(&Surroundings<'_>) -> Result<Option<PhpTask>>,
    meter: Meter<'_>,
) -> Result<Option<String>> {
    let opened = open_database_or_cancel(context, site, environment, generation, meter.cancel())?;
    let prepared = surrounded(context, site, environment, generation, &opened, |around| {
        Ok(task(around)?.map(|task| (php_spec(context, around, generation), task)))
    })?;
    let Some((spec, task)) = prepared else { return Ok(None) };
    let (script, arguments) = (&task.script, &task.arguments);
    context.runtime.run_php(&spec?, script, arguments, &task.folder, &task.input, meter).map(Some)
}

/// Starts a PHP task that answers questions, inside the environment, with a SQLite file in its database's place; none
/// when there is no such task.
pub(crate) fn talk_to_task(
    context: &Context,
    site: &Site,
    environment: &Environment,
    generation: u32,
    file: &Path,
    task: impl FnOnce(&Surroundings<'_>) -> Option<PhpTask>,
) -> Result<Option<Conversation>> {
    let database = Some(Database::Sqlite { file: file.to_owned() });
    let opened = OpenDatabase { database, server: None };
    let prepared = surrounded(context, site, environment, generation, &opened, |around| {
        Ok(task(around).map(|task| (php_spec(context, around, generation), task)))
    })?;
    let Some((spec, task)) = prepared else { return Ok(None) };
    let (script, arguments) = (&task.script, &task.arguments);
    context.runtime.talk_to_php(&spec?, script, arguments, &task.folder).map(Some)
}
