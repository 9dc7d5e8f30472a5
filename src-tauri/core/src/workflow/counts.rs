//! How many files are changed in each folder, remembered for as long as the system says that nothing changed there.
use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use crate::{code, error::Result};

/// A number is believed for so long: rules of `.gitignore` outside of the folder change unseen.
const CACHE_TTL: Duration = Duration::from_secs(60);

/// What is remembered of the folders that are watched.
#[derive(Default)]
pub struct Counts(Mutex<HashMap<PathBuf, Watched>>);

#[derive(Default)]
struct Watched {
    /// Counts up with every change: a number that was found meanwhile is not kept.
    changes: u64,
    known: Option<Known>,
}

struct Known {
    commit: String,
    count: u64,
    at: Instant,
}

impl Counts {
    fn all(&self) -> MutexGuard<'_, HashMap<PathBuf, Watched>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on every change in the folder is told.
    pub fn watch(&self, folder: &Path) {
        self.all().insert(folder.to_owned(), Watched::default());
    }

    /// Changes in the folder are not told any more.
    pub fn unwatch(&self, folder: &Path) {
        self.all().remove(folder);
    }

    /// Something changed at the path.
    pub fn touched(&self, path: &Path) {
        let mut all = self.all();
        let folder = path.ancestors().find(|it| all.contains_key(*it)).map(Path::to_owned);
        if let Some(watched) = folder.and_then(|it| all.get_mut(&it)) {
            watched.touch();
        }
    }

    /// Anything may have changed anywhere.
    pub fn forget(&self) {
        self.all().values_mut().for_each(Watched::touch);
    }

    /// How many files of a folder, whose branch is at `commit`, are changed.
    pub(crate) fn count(&self, folder: &Path, commit: &str) -> Result<u64> {
        let changes = self.all().get(folder).map(|it| it.changes);
        if let Some(count) = self.all().get(folder).and_then(|it| it.known(commit)) {
            return Ok(count);
        }
        let count = code::count_changes(folder)?;
        if let Some(watched) = self.all().get_mut(folder)
            && Some(watched.changes) == changes
        {
            watched.known = Some(Known { commit: commit.to_owned(), count, at: Instant::now() });
        }
        Ok(count)
    }
}

impl Watched {
    fn touch(&mut self) {
        self.changes += 1;
        self.known = None;
    }

    fn known(&self, commit: &str) -> Option<u64> {
        let known = self.known.as_ref()?;
        (known.commit == commit && known.at.elapsed() < CACHE_TTL).then_some(known.count)
    }
}
