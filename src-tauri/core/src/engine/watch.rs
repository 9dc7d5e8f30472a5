//! Notices what happens outside of workflows: an edited folder, a moved branch, a push. The system tells (inotify,
//! FSEvents, ReadDirectoryChangesW), so that a tree of 50,000 files costs nothing while nothing changes.
use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
    sync::{
        Arc, Weak,
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use notify::{
    Config, EventKind, RecommendedWatcher, RecursiveMode, Watcher,
    event::{AccessKind, AccessMode},
};

use super::owner::Shared;
use crate::{
    code,
    error::{Logged, Result},
    model::{Address, CodePointer, SiteName, request::Event},
    workflow::{Context, counts::Counts},
};

/// A command that ends before this is not worth the walk through the folders.
const BEGIN_AFTER: Duration = Duration::from_millis(300);
/// Changes are gathered for so long before they are told: an editor or an unpacked plugin makes many.
const GATHER: Duration = Duration::from_millis(250);
/// A pushed tag that found its site busy is tried again after this.
const TRY_AGAIN: Duration = Duration::from_secs(1);

/// What the watching thread is told.
pub(super) enum Word {
    /// These files were written, made, moved or removed.
    Seen(Vec<PathBuf>),
    /// Environments may have come or gone.
    Renew,
    /// The owner ends.
    Stop,
}

/// The watching thread.
pub(super) struct Watch {
    pub(super) sender: Sender<Word>,
    thread: JoinHandle<()>,
}

impl Watch {
    pub(super) fn start(shared: Weak<Shared>) -> Self {
        let (sender, words) = channel();
        let ours = sender.clone();
        let thread = std::thread::spawn(move || watch(&shared, &words, ours));
        Self { sender, thread }
    }

    /// Ends the thread, once a deploy that it runs has ended.
    pub(super) fn stop(self) {
        // A thread that has ended already hears nothing, and has nothing left to do.
        drop(self.sender.send(Word::Stop));
        drop(self.thread.join());
    }
}

/// What a watched folder is.
#[derive(Clone, PartialEq, Eq)]
enum Kind {
    /// The code of a writable environment.
    Code,
    /// The repository's branches.
    Branches,
    /// The notes that pushes leave.
    Pushes,
}

struct Watched {
    watcher: RecommendedWatcher,
    folders: HashMap<PathBuf, (SiteName, Kind)>,
}

fn watch(shared: &Weak<Shared>, words: &Receiver<Word>, sender: Sender<Word>) {
    let begin = Instant::now() + BEGIN_AFTER;
    loop {
        match words.recv_timeout(begin.saturating_duration_since(Instant::now())) {
            Ok(Word::Stop) | Err(RecvTimeoutError::Disconnected) => return,
            Ok(_) => {}
            Err(RecvTimeoutError::Timeout) => break,
        }
    }
    let Some(counts) = shared.upgrade().map(|it| it.context.counts.clone()) else { return };
    let tell = teller(counts, sender);
    let config = Config::default().with_follow_symlinks(false);
    // Without it the window still asks anew when it is looked at.
    let watcher = RecommendedWatcher::new(tell, config);
    let Some(watcher) = watcher.logged(|| "watch the sites' folders".into()) else { return };
    let mut watched = Watched { watcher, folders: HashMap::new() };
    let mut next = Some(Word::Renew);
    let mut waits = false;
    loop {
        let Some(shared) = shared.upgrade() else { return };
        match next.take() {
            Some(Word::Stop) => return,
            Some(Word::Renew) => {
                watched.renew(&shared.context);
                waits = shared.take_pushes();
            }
            Some(Word::Seen(paths)) => {
                let Gathered { paths, renew, stops } = gather(words, paths);
                let (changed, pushed) = watched.understand(&paths);
                if stops {
                    return;
                }
                for site in changed {
                    shared.broadcast(&Event::Changed { site: Some(site) });
                }
                if renew {
                    watched.renew(&shared.context);
                }
                if pushed || renew {
                    waits = shared.take_pushes();
                }
            }
            None => waits = shared.take_pushes(),
        }
        drop(shared);
        next = if waits {
            match words.recv_timeout(TRY_AGAIN) {
                Ok(word) => Some(word),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return,
            }
        } else {
            match words.recv() {
                Ok(word) => Some(word),
                Err(_) => return,
            }
        };
    }
}

/// Passes on what the system tells of changes.
fn teller(
    counts: Arc<Counts>,
    sender: Sender<Word>,
) -> impl FnMut(notify::Result<notify::Event>) + Send + 'static {
    move |event| {
        let Ok(event) = event else {
            // What was missed can't be known.
            counts.forget();
            return;
        };
        let is_change = match event.kind {
            EventKind::Access(kind) => kind == AccessKind::Close(AccessMode::Write),
            _ => true,
        };
        if event.need_rescan() {
            counts.forget();
        }
        if is_change {
            event.paths.iter().for_each(|path| counts.touched(path));
            drop(sender.send(Word::Seen(event.paths)));
        }
    }
}

/// What was told within a moment.
struct Gathered {
    paths: HashSet<PathBuf>,
    /// Whether a workflow ended, which may have made environments or taken them away.
    renew: bool,
    /// Whether the owner ends.
    stops: bool,
}

/// Waits a moment for more of the same.
fn gather(words: &Receiver<Word>, first: Vec<PathBuf>) -> Gathered {
    let mut all = Gathered { paths: first.into_iter().collect(), renew: false, stops: false };
    let until = Instant::now() + GATHER;
    loop {
        match words.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(Word::Seen(more)) => all.paths.extend(more),
            Ok(Word::Renew) => all.renew = true,
            Ok(Word::Stop) | Err(RecvTimeoutError::Disconnected) => {
                all.stops = true;
                return all;
            }
            Err(RecvTimeoutError::Timeout) => return all,
        }
    }
}

impl Watched {
    /// Watches exactly the folders that there are. One that can't be watched is tried again the next time.
    fn renew(&mut self, context: &Context) {
        let wanted = wanted(context).logged(|| "find the folders to watch".into());
        let wanted = wanted.unwrap_or_default();
        let gone: Vec<PathBuf> =
            self.folders.keys().filter(|it| !wanted.contains_key(*it)).cloned().collect();
        for folder in gone {
            // It may be gone from the disk, and then it is not watched any more.
            drop(self.watcher.unwatch(&folder));
            context.counts.unwatch(&folder);
            self.folders.remove(&folder);
        }
        for (folder, what) in wanted {
            if self.folders.contains_key(&folder) {
                continue;
            }
            let begun = self.watcher.watch(&folder, RecursiveMode::Recursive);
            if begun.logged(|| format!("watch {}", folder.display())).is_some() {
                if what.1 == Kind::Code {
                    context.counts.watch(&folder);
                }
                self.folders.insert(folder, what);
            }
        }
    }

    /// Which sites changed, and whether something was pushed.
    fn understand(&self, paths: &HashSet<PathBuf>) -> (HashSet<SiteName>, bool) {
        let (mut changed, mut pushed) = (HashSet::new(), false);
        let mut edited: HashMap<&Path, Vec<PathBuf>> = HashMap::new();
        for path in paths {
            let found = path.ancestors().find_map(|it| self.folders.get_key_value(it));
            match found {
                Some((folder, (_, Kind::Code))) => {
                    edited.entry(folder).or_default().push(path.clone());
                }
                Some((_, (site, Kind::Branches))) => {
                    changed.insert(site.clone());
                }
                Some((_, (_, Kind::Pushes))) => pushed = true,
                None => {}
            }
        }
        for (folder, paths) in edited {
            let site = &self.folders[folder].0;
            if !changed.contains(site) && code::any_tracked(folder, &paths) {
                changed.insert(site.clone());
            }
        }
        (changed, pushed)
    }
}

/// The folders to watch.
fn wanted(context: &Context) -> Result<HashMap<PathBuf, (SiteName, Kind)>> {
    let mut wanted = HashMap::new();
    for site in context.store.sites()? {
        let repository = context.repository(&site.name);
        wanted.insert(repository.heads_folder(), (site.name.clone(), Kind::Branches));
        wanted.insert(repository.pushes_folder(), (site.name.clone(), Kind::Pushes));
        for environment in context.store.environments(&site.name)? {
            if let CodePointer::Branch { .. } = environment.code {
                let folder = context.layout.code(&Address::new(&site.name, &environment.name));
                wanted.insert(folder, (site.name.clone(), Kind::Code));
            }
        }
    }
    Ok(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_workflow_is_not_lost_among_changes() {
        let (sender, words) = channel();
        sender.send(Word::Renew).expect("heard");
        sender.send(Word::Seen(vec!["b".into()])).expect("heard");
        let all = gather(&words, vec!["a".into()]);
        assert!(all.renew && !all.stops);
        assert_eq!(all.paths.len(), 2);
    }
}
