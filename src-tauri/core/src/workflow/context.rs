//! What every workflow has at hand: the folder, the database, the processes, the front.
use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use super::{counts::Counts, damage, running::Routes, undo};
use crate::{
    code::{self, FollowedBranch, PushRules, Releases, Repository},
    content::files,
    error::{Error, Logged, Result},
    front::{Front, Hold},
    layout::Layout,
    logs::Fatals,
    mail::Catchers,
    model::{
        Address, CodePointer, ConnectionMode, Damage, Environment, EnvironmentName, Part, Site,
        SiteName, SiteRecord,
        view::{CodeWarning, Problem, WorkflowRow},
    },
    runtime::Runtime,
    store::{Store, Workflow},
};

/// What every workflow has at hand.
pub struct Context {
    /// Where files live.
    pub layout: Layout,
    /// Every pointer.
    pub store: Store,
    /// PHP and MariaDB.
    pub runtime: Runtime,
    /// The SQLite Database Integration plugin's folder, where it is installed.
    pub sqlite_plugin: Option<PathBuf>,
    /// The program `portico`, which looks through what is pushed.
    pub program: Option<PathBuf>,
    /// Portico's own program, which confines itself and becomes a site's PHP.
    pub confiner: Option<PathBuf>,
    /// What the front serves.
    pub routes: Routes,
    /// SMTP servers that catch the mail of environments.
    pub catchers: Catchers,
    /// How many requests of each environment died.
    pub fatals: Fatals,
    /// How long one of a site's own scripts may take.
    pub hook_limit: Duration,
    /// How many files are changed in the folders.
    pub counts: Arc<Counts>,
    front: OnceLock<Front>,
    busy: Mutex<HashMap<SiteName, String>>,
    following: Mutex<()>,
    warnings: Mutex<HashMap<(SiteName, String), Vec<CodeWarning>>>,
}

/// Commits whose warnings are remembered; more than all environments of most people.
const KNOWN_COMMITS: usize = 1000;

impl Context {
    /// A context whose front is not started yet.
    pub fn new(
        layout: Layout,
        store: Store,
        runtime: Runtime,
        sqlite_plugin: Option<PathBuf>,
        program: Option<PathBuf>,
        confiner: Option<PathBuf>,
        hook_limit: Duration,
    ) -> Self {
        Self {
            layout,
            store,
            runtime,
            sqlite_plugin,
            program,
            confiner,
            routes: Routes::default(),
            catchers: Catchers::default(),
            fatals: Fatals::default(),
            hook_limit,
            counts: Arc::default(),
            front: OnceLock::new(),
            busy: Mutex::default(),
            following: Mutex::default(),
            warnings: Mutex::default(),
        }
    }

    /// What was found in a commit before; it can't have changed.
    pub(super) fn known_warnings(&self, site: &SiteName, commit: &str) -> Option<Vec<CodeWarning>> {
        let known = self.warnings.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&(site.clone(), commit.to_owned())).cloned()
    }

    /// Remembers what was found in a commit.
    pub(super) fn know_warnings(&self, site: &SiteName, commit: &str, found: &[CodeWarning]) {
        let mut known = self.warnings.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KNOWN_COMMITS {
            known.clear();
        }
        known.insert((site.clone(), commit.to_owned()), found.to_vec());
    }

    /// Hands over the front, once.
    pub fn set_front(&self, front: Front) {
        assert!(self.front.set(front).is_ok(), "the front is started once");
    }

    /// The front.
    pub fn front(&self) -> &Front {
        self.front.get().expect("the front is started before anything is asked")
    }

    /// The front, if it is started.
    pub fn started_front(&self) -> Option<&Front> {
        self.front.get()
    }

    /// The site's repository.
    pub fn repository(&self, site: &SiteName) -> Repository {
        Repository::at(self.layout.repository(site))
    }

    /// Host name and port of an environment, as the browser sends them.
    pub fn host(&self, address: &Address) -> String {
        let name = format!("{}-{}.localhost", address.environment, address.site);
        match self.front().address().port() {
            80 => name,
            port => format!("{name}:{port}"),
        }
    }

    /// Where an environment answers.
    pub fn url(&self, address: &Address) -> String {
        format!("http://{}", self.host(address))
    }

    /// Refuses an address whose host name an environment of another site has: with a hyphen between environment and
    /// site, `b-a.c` and `a.c-b` would both be `c-b-a`.
    pub(crate) fn check_host(&self, address: &Address) -> Result<()> {
        let label = |it: &Address| format!("{}-{}", it.environment, it.site);
        let wanted = label(address);
        for site in self.store.sites()? {
            if site.name == address.site {
                continue;
            }
            let fixed = [EnvironmentName::Dev, EnvironmentName::Test, EnvironmentName::Live];
            let own = self.store.environments(&site.name)?.into_iter().map(|it| it.name);
            for name in fixed.into_iter().chain(own) {
                let other = Address::new(&site.name, &name);
                if label(&other) == wanted {
                    return Err(Error::refused(format!(
                        "{address} would have the same address as {other}, {wanted}.localhost"
                    ))
                    .hint("Choose another name."));
                }
            }
        }
        Ok(())
    }

    /// Holds the environment's requests until the hold is dropped, once those under way are done.
    pub fn hold(&self, address: &Address) -> Result<Hold> {
        self.front().hold(address, Duration::from_secs(30))
    }

    /// The commit that an environment runs.
    pub fn commit_of(&self, environment: &Environment) -> Result<String> {
        match &environment.code {
            CodePointer::Branch { branch } => self.repository(&environment.site).head(branch),
            CodePointer::Release { commit, .. } => Ok(commit.clone()),
        }
    }

    /// Takes the site for one workflow; the guard gives it back.
    ///
    /// # Errors
    /// Busy, naming what runs.
    pub fn hold_site(&self, site: &SiteName, title: &str) -> Result<Held<'_>> {
        let mut busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = busy.get(site) {
            return Err(Error::busy(site, running));
        }
        busy.insert(site.clone(), title.to_owned());
        Ok(Held { context: self, site: site.clone() })
    }

    /// Whether a workflow runs on the site.
    pub fn is_busy(&self, site: &SiteName) -> bool {
        self.busy.lock().unwrap_or_else(PoisonError::into_inner).contains_key(site)
    }

    /// A workflow as the shells see it.
    pub fn workflow_row(&self, workflow: &Workflow) -> Result<WorkflowRow> {
        Ok(WorkflowRow {
            id: workflow.id,
            site: workflow.site.clone(),
            environment: workflow.environment.clone(),
            kind: workflow.request.kind().to_owned(),
            title: workflow.title.clone(),
            state: workflow.state,
            started_at: workflow.started_at,
            finished_at: workflow.finished_at,
            undoes: workflow.undoes,
            undoable: undo::is_undoable(self, workflow),
            command: workflow.request.command_line(),
            result: workflow.result.clone(),
            error: workflow.error.clone(),
        })
    }

    /// Makes links and routes of a site follow its pointers, each environment on its own. Idempotent; also repairs them
    /// at start. Answers what of it could not be done, with the environment that it is of.
    ///
    /// # Errors
    /// What portico.db says of the site can't be read.
    pub fn follow(&self, site: &SiteName) -> Result<Vec<Problem>> {
        code::kept_open(|| self.follow_now(site))
    }

    fn follow_now(&self, site: &SiteName) -> Result<Vec<Problem>> {
        // What was read first must not be served last.
        let _alone = self.following.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(record) = self.store.find_site(site)? else {
            self.routes.forget(site);
            return Ok(Vec::new());
        };
        let mut routes = Vec::new();
        let mut problems = Vec::new();
        let mut tell = |environment: Option<&EnvironmentName>, error: Error| {
            let environment = environment.cloned();
            problems.push(Problem { site: site.clone(), environment, error });
        };
        let environments = self.store.environments(site)?;
        let has_repository = self.repository(site).look().is_ok();
        for it in &environments {
            let address = Address::new(site, &it.name);
            let broken = damage::of_code(self, &record, it);
            let linked = self.follow_environment(&address, &record.uploads, it, &broken);
            if let Err(error) = linked {
                tell(Some(&it.name), error);
            }
            let damage = damage::of(self, &record, it);
            // A repository that is lost as a whole is told once.
            let own = damage.iter().filter(|it| has_repository || it.part != Part::Repository);
            own.for_each(|broken| tell(Some(&it.name), broken.error()));
            routes.push(Arc::new(super::running::route(self, &record, it, &damage)));
        }
        for (name, error) in self.store.unreadable_environments(site)? {
            let address = Address::new(site, &name);
            let damage = damage::of_row(&address, &error);
            routes
                .push(Arc::new(super::running::unreadable_route(self, &record, &address, &damage)));
            tell(Some(&name), error);
        }
        if let Err(error) = self.guard(&record, &environments) {
            tell(None, error);
        }
        self.routes.replace(site, routes);
        Ok(problems)
    }

    /// Makes pushes to the site's repository keep to its rules.
    fn guard(&self, site: &Site, environments: &[Environment]) -> Result<()> {
        let repository = self.repository(&site.name);
        // Nothing may be written where a repository is missing: what then lies there would be none.
        repository.look()?;
        let followed = environments.iter().filter_map(|it| match &it.code {
            CodePointer::Branch { branch } => Some(FollowedBranch {
                branch: branch.clone(),
                environment: Address::new(&site.name, &it.name).to_string(),
                is_edited: it.connection_mode == Some(ConnectionMode::Sftp),
            }),
            CodePointer::Release { .. } => None,
        });
        let releases = [EnvironmentName::Test, EnvironmentName::Live].map(|name| Releases {
            environment: Address::new(&site.name, &name).to_string(),
            prefix: format!("pantheon_{name}"),
            is_initialized: environments.iter().any(|it| it.name == name),
        });
        repository.guard(&PushRules {
            branches: followed.collect(),
            releases: releases.into(),
            uploads: site.uploads.clone(),
            program: self.program.clone(),
        })
    }

    /// Mends the links between a site's worktrees and its repository after the folder was moved.
    pub(crate) fn mend_worktrees(&self, record: &SiteRecord) -> Result<()> {
        record.environments.iter().try_for_each(|it| self.mend_worktree(it))
    }

    /// Mends the links between an environment's worktree and its repository after the folder was moved.
    fn mend_worktree(&self, it: &Environment) -> Result<()> {
        match &it.code {
            CodePointer::Branch { .. } => {
                let address = Address::new(&it.site, &it.name);
                self.repository(&it.site).repair_worktree(&self.layout.code(&address))
            }
            CodePointer::Release { .. } => Ok(()),
        }
    }

    /// Mends them for a whole site, as far as they can be: what can't is found when the site is followed.
    pub(crate) fn mend_all_worktrees(&self, site: &SiteName) -> Result<()> {
        for it in self.store.environments(site)? {
            self.mend_worktree(&it).logged(|| format!("mend the worktree of {site}.{}", it.name));
        }
        Ok(())
    }

    /// Points the environment's links to what it uses, where that is there: a link into nothing helps nobody, and what
    /// is missing must stay visible as missing.
    fn follow_environment(
        &self,
        address: &Address,
        uploads: &str,
        environment: &Environment,
        damage: &[Damage],
    ) -> Result<()> {
        let layout = &self.layout;
        let is_whole = |part| !damage.iter().any(|it| it.part == part && it.stops);
        let code = super::running::code_folder(self, environment);
        files::point_link(
            &layout.files(address),
            &layout.generation_files(address, environment.generation),
        )?;
        if !is_whole(Part::Code) {
            return Ok(());
        }
        if let CodePointer::Release { .. } = &environment.code {
            files::point_link(&layout.code(address), &code)?;
        }
        if !uploads.is_empty() {
            files::point_link(&code.join(uploads), &layout.files(address))?;
        }
        Ok(())
    }
}

/// A site taken for one workflow.
pub struct Held<'a> {
    context: &'a Context,
    site: SiteName,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let mut busy = self.context.busy.lock().unwrap_or_else(PoisonError::into_inner);
        busy.remove(&self.site);
    }
}
