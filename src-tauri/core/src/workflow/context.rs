//! What every workflow has at hand: the folder, the database, the processes, the front.
use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use super::{command_line, counts::Counts, running::Routes, undo};
use crate::{
    code::{FollowedBranch, PushRules, Releases, Repository},
    content::files,
    error::{Error, Result},
    front::{Front, Hold},
    layout::Layout,
    logs::Fatals,
    mail::Catchers,
    model::{
        Address, CodePointer, ConnectionMode, Environment, EnvironmentName, SiteName, SiteRecord,
        view::{CodeWarning, WorkflowRow},
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
            undoable: undo::is_undoable(self, workflow)?,
            command: command_line(&workflow.request),
            result: workflow.result.clone(),
            error: workflow.error.clone(),
        })
    }

    /// Makes links and routes of a site follow its pointers. Idempotent; also repairs them at start.
    pub fn follow(&self, site: &SiteName) -> Result<()> {
        let Some(record) = self.store.find_site(site)? else {
            self.routes.forget(site);
            return Ok(());
        };
        let mut routes = Vec::new();
        let mut followed = Vec::new();
        let environments = self.store.environments(site)?;
        for environment in &environments {
            let address = Address::new(site, &environment.name);
            self.follow_environment(&address, &record.uploads, environment)?;
            routes.push(Arc::new(super::running::route(self, &record, environment)));
            if let CodePointer::Branch { branch } = &environment.code {
                followed.push(FollowedBranch {
                    branch: branch.clone(),
                    environment: address.to_string(),
                    is_edited: environment.connection_mode == Some(ConnectionMode::Sftp),
                });
            }
        }
        let releases = [EnvironmentName::Test, EnvironmentName::Live].map(|name| Releases {
            environment: Address::new(site, &name).to_string(),
            prefix: format!("pantheon_{name}"),
            is_initialized: environments.iter().any(|it| it.name == name),
        });
        self.repository(site).guard(&PushRules {
            branches: followed,
            releases: releases.into(),
            uploads: record.uploads,
            program: self.program.clone(),
        })?;
        self.routes.replace(site, routes);
        Ok(())
    }

    /// Mends the links between a site's worktrees and its repository after the folder was moved.
    pub(crate) fn mend_worktrees(&self, record: &SiteRecord) -> Result<()> {
        for environment in &record.environments {
            if let CodePointer::Branch { .. } = environment.code {
                let address = Address::new(&record.site.name, &environment.name);
                self.repository(&record.site.name).repair_worktree(&self.layout.code(&address))?;
            }
        }
        Ok(())
    }

    fn follow_environment(
        &self,
        address: &Address,
        uploads: &str,
        environment: &Environment,
    ) -> Result<()> {
        let layout = &self.layout;
        files::point_link(
            &layout.files(address),
            &layout.generation_files(address, environment.generation),
        )?;
        if let CodePointer::Release { directory, .. } = &environment.code {
            files::point_link(&layout.code(address), &layout.release(address, directory))?;
        }
        if !uploads.is_empty() {
            let code = super::running::code_folder(self, environment);
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
