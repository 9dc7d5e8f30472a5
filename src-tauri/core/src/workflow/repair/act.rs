//! Does what a repair says it would do.
use std::path::PathBuf;

use super::{
    super::{
        Change, Context, Done, deploy, running,
        work::{DRAIN_TIMEOUT, Work},
    },
    repository, row,
};
use crate::{
    code::WorktreeFault,
    error::{Doing, Error, Result},
    model::{Address, CodePointer, Damage, Environment, EnvironmentName, Part, Site, WayBack},
    privacy,
    store::Trace,
};

/// A repair under way.
pub(super) struct Repair<'a> {
    pub(super) work: &'a Work<'a>,
    pub(super) site: &'a Site,
    /// What was done, in order.
    pub(super) done: Vec<Damage>,
    /// Pointers that move at the end.
    pub(super) changes: Vec<Change>,
    /// Where damaged parts are now.
    aside: Vec<PathBuf>,
}

impl<'a> Repair<'a> {
    pub(super) fn new(work: &'a Work<'a>, site: &'a Site) -> Self {
        Self { work, site, done: Vec::new(), changes: Vec::new(), aside: Vec::new() }
    }

    pub(super) fn context(&self) -> &'a Context {
        self.work.context
    }

    /// Whether it was seen to already: what moves at the end is found again until then.
    pub(super) fn did(&self, damage: &Damage) -> bool {
        self.done.iter().any(|it| {
            it.environment == damage.environment
                && it.part == damage.part
                && it.way_back == damage.way_back
        })
    }

    /// Whether what was found goes with a pointer that moves at the end: the commit of a release that has another now.
    pub(super) fn renews(&self, damage: &Damage) -> bool {
        damage.part == Part::Repository
            && self.changes.iter().any(|change| {
                matches!(change, Change::Code { environment, .. }
                    if Some(&environment.environment) == damage.environment.as_ref())
            })
    }

    /// Does one thing.
    pub(super) fn act(&mut self, damage: &Damage) -> Result<()> {
        self.work.cancel.check()?;
        if self.did(damage) {
            return Ok(());
        }
        self.work.line(format!("{}. {}", damage.message, damage.action));
        let environment = damage.environment.as_ref();
        match (&damage.way_back, environment) {
            (WayBack::Row, Some(name)) => {
                let change = row::anew(self.work, self.site, name)?;
                self.changes.push(change);
            }
            (WayBack::Release { commit }, Some(name)) => self.release(name, commit)?,
            (WayBack::Worktree { branch }, Some(name)) => self.worktree(name, branch)?,
            (WayBack::Generation { number }, Some(name)) => self.generation(name, *number)?,
            (WayBack::EmptyFolder, Some(name)) => self.empty_files(name)?,
            (WayBack::Reference { name, target }, _) => {
                repository::reference(self, name, target)?;
            }
            (WayBack::Objects, _) => repository::objects(self)?,
            (WayBack::Repository, _) => repository::anew(self)?,
            (WayBack::Close, _) => drop(privacy::close(&self.context().layout)?),
            // Links follow the pointers at the end of every workflow.
            (WayBack::Link, _) => {}
            (way, _) => {
                return Err(Error::failed(format!("repair it by {way:?}: {}", damage.message)));
            }
        }
        self.done.push(damage.clone());
        Ok(())
    }

    fn environment(&self, name: &EnvironmentName) -> Result<(Address, Environment)> {
        let address = Address::new(&self.site.name, name);
        let found = self.context().store.environment(&address)?;
        Ok((address, found))
    }

    /// Moves what is damaged out of the way, to be found there.
    pub(super) fn set_aside(&mut self, path: &std::path::Path, name: &str) -> Result<()> {
        let folder = self.context().layout.set_aside(&self.site.name, self.work.id);
        let to = folder.join(name);
        std::fs::create_dir_all(to.parent().unwrap_or(&folder))
            .doing(|| format!("make {}", folder.display()))?;
        self.work.move_path(path, &to)?;
        self.work.line(format!("{} is now {}", path.display(), to.display()));
        self.aside.push(to);
        Ok(())
    }

    fn release(&mut self, name: &EnvironmentName, commit: &str) -> Result<()> {
        let (address, environment) = self.environment(name)?;
        let CodePointer::Release { tag, .. } = &environment.code else { return Ok(()) };
        let number = tag.rsplit('_').next().and_then(|it| it.parse().ok()).unwrap_or(0);
        // Nothing is shared with what is damaged.
        let directory = deploy::check_out_beside(self.work, &address, None, number, commit)?;
        let (tag, commit) = (tag.clone(), commit.to_owned());
        self.changes.push(Change::Code {
            environment: address,
            before: environment.code.clone(),
            after: CodePointer::Release { tag, commit, directory },
        });
        Ok(())
    }

    fn worktree(&mut self, name: &EnvironmentName, branch: &str) -> Result<()> {
        let (address, environment) = self.environment(name)?;
        let context = self.context();
        let repository = context.repository(&self.site.name);
        let folder = running::code_folder(context, &environment);
        self.work.hold_until_switched(&address)?;
        context.runtime.stop_environment(&address, DRAIN_TIMEOUT)?;
        let trace = Trace::Linked { site: self.site.name.clone(), folder: folder.clone() };
        match repository.look_at_worktree(&folder, &self.site.uploads) {
            None => return Ok(()),
            // No file in it is touched: what a person changed stays as it is.
            Some(WorktreeFault::Unlinked) => {
                context.store.trace(self.work.id, &trace)?;
                return repository.link_worktree(&folder, branch);
            }
            Some(WorktreeFault::Empty) => self.set_aside(&folder, &format!("{name}-code"))?,
            Some(WorktreeFault::Missing) => {}
        }
        self.work.will_make(&folder)?;
        context.store.trace(self.work.id, &trace)?;
        self.work
            .step("Check out the code", |meter| repository.remake_worktree(&folder, branch, meter))
    }

    fn generation(&mut self, name: &EnvironmentName, number: u32) -> Result<()> {
        let (address, environment) = self.environment(name)?;
        let change =
            Change::Content { environment: address, before: environment.generation, after: number };
        // Its database and its files come back in one.
        if !self.changes.contains(&change) {
            self.changes.push(change);
        }
        Ok(())
    }

    fn empty_files(&mut self, name: &EnvironmentName) -> Result<()> {
        let (address, environment) = self.environment(name)?;
        let folder = self.context().layout.generation_files(&address, environment.generation);
        if folder.symlink_metadata().is_ok() {
            // A link into nothing, or a file.
            self.set_aside(&folder, &format!("{name}-files"))?;
        }
        self.work.will_make(&folder)?;
        std::fs::create_dir_all(&folder).doing(|| format!("make {}", folder.display()))
    }

    /// What the frame makes true, and what is told.
    pub(super) fn finish(self, left: &[Damage]) -> Done {
        let told = |all: &[Damage]| -> serde_json::Value {
            all.iter().map(|it| it.message.clone()).collect::<Vec<_>>().into()
        };
        let mut result = serde_json::Map::new();
        result.insert("repaired".into(), told(&self.done));
        let left: Vec<_> = left.iter().filter(|it| it.part != Part::Leftover).cloned().collect();
        result.insert("left".into(), told(&left));
        let aside: Vec<_> = self.aside.iter().map(|it| it.display().to_string()).collect();
        if !aside.is_empty() {
            result.insert("set_aside".into(), aside.into());
        }
        Done { changes: self.changes, result, ..Done::default() }
    }
}

/// The folders of code of a site that are whole: worktrees and releases.
pub(super) fn code_folders(context: &Context, site: &Site) -> Result<Vec<PathBuf>> {
    let mut folders = Vec::new();
    for it in context.store.environments(&site.name)? {
        let address = Address::new(&site.name, &it.name);
        match it.code {
            CodePointer::Branch { .. } => folders.push(context.layout.code(&address)),
            CodePointer::Release { .. } => {
                let all = std::fs::read_dir(context.layout.releases(&address));
                folders.extend(all.into_iter().flatten().flatten().map(|it| it.path()));
            }
        }
    }
    let is_hidden =
        |it: &PathBuf| it.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
    folders.retain(|it| it.is_dir() && !is_hidden(it));
    Ok(folders)
}
