//! Repositories that are opened once for a piece of work.
use std::{
    cell::RefCell,
    collections::HashMap,
    path::{Path, PathBuf},
    rc::Rc,
};

thread_local! {
    static KEPT: RefCell<Option<HashMap<PathBuf, Rc<git2::Repository>>>> = const { RefCell::new(None) };
}

/// Does a short piece of work, during which this thread opens each repository once: opening one reads four files of
/// settings and looks through its packs, and a board asks twenty questions. References are still read anew for each
/// question.
pub fn kept_open<T>(work: impl FnOnce() -> T) -> T {
    let _closing = Closing(KEPT.replace(Some(HashMap::new())));
    work()
}

/// Forgets what was kept open, also when the work panics.
struct Closing(Option<HashMap<PathBuf, Rc<git2::Repository>>>);

impl Drop for Closing {
    fn drop(&mut self) {
        KEPT.set(self.0.take());
    }
}

/// The repository at `path`, the one that is kept open if there is one.
pub(super) fn once(path: &Path) -> Result<Rc<git2::Repository>, git2::Error> {
    let kept = KEPT.with_borrow(|kept| kept.as_ref()?.get(path).cloned());
    if let Some(git) = kept {
        return Ok(git);
    }
    let git = Rc::new(git2::Repository::open(path)?);
    KEPT.with_borrow_mut(|kept| kept.as_mut()?.insert(path.to_owned(), git.clone()));
    Ok(git)
}
