//! Makes an earlier copy that goes into the next copy: its folder is moved, and changed where the two differ.
//!
//! All that is about to be done is known, and written down by the caller, before anything is: what is put aside, and
//! what is made. So it can be taken back from wherever it was when it failed.
#[cfg(unix)]
use std::fs::{File, FileTimes, Permissions};
use std::{
    cmp::Reverse,
    collections::HashSet,
    fs::{self, Metadata},
    io,
    path::{Path, PathBuf},
};

use super::{
    compare::Difference,
    trash::{make_writable, rename},
    walk,
};
use crate::{
    durable,
    error::{Doing, Error, Result},
    model::{KeptFolder, TakenOver},
};

/// Whether the folder can become another copy: it is no link, and nothing is left of an attempt before.
pub(super) fn is_possible(folder: &Path) -> bool {
    let is_real = fs::symlink_metadata(folder).is_ok_and(|known| known.is_dir());
    is_real && !is_there(&aside_of(folder))
}

fn aside_of(folder: &Path) -> PathBuf {
    folder.with_file_name("put-aside")
}

/// What making the copy in `from` into `to` takes, whose difference from the tree is known.
pub(super) fn plan(from: &Path, to: &Path, difference: &Difference) -> Result<TakenOver> {
    if is_there(to) {
        return Err(Error::failed(format!("create `{}`: it exists", to.display())));
    }
    let Difference { tree, common, away, .. } = difference;
    let new_folders = tree.folders.iter().filter(|it| !common.contains(*it)).cloned();
    let items = tree.items.iter().map(|item| tree.path(item));
    Ok(TakenOver {
        from: from.to_owned(),
        to: to.to_owned(),
        aside: aside_of(from),
        away: away.clone(),
        made: new_folders.chain(items).collect(),
        folders: common.iter().map(|path| folder_of(from, path)).collect::<Result<_>>()?,
    })
}

/// Moves the folder, and puts aside what is not to stay.
pub(super) fn begin(plan: &TakenOver) -> Result<()> {
    fs::create_dir(&plan.aside).doing(|| format!("create `{}`", plan.aside.display()))?;
    rename_from(&plan.from, &plan.to)?;
    open_folders(plan)?;
    for (number, path) in plan.away.iter().enumerate() {
        rename_from(&plan.to.join(path), &aside(plan, number))?;
    }
    // From here on names are used anew; the way back knows by what is aside how far it came.
    durable::folder(&plan.aside)
}

/// Makes the next copy the earlier one again, as it was; nothing when that is so. Idempotent.
///
/// # Errors
/// What can't be removed or moved. It can be tried again.
pub fn take_back(plan: &TakenOver) -> Result<()> {
    if is_there(&plan.to) && !is_there(&plan.from) {
        open_folders(plan)?;
        let asides: Vec<PathBuf> = (0..plan.away.len()).map(|it| aside(plan, it)).collect();
        // Nothing is made before all that goes is put aside, and nothing of it comes back before all that was made is
        // gone. Otherwise a name might be taken for one that was made: not every disk tells `a` from `A`.
        if asides.iter().all(|aside| is_there(aside)) {
            remove_made(plan)?;
        }
        for (aside, path) in asides.iter().zip(&plan.away).filter(|(it, _)| is_there(it)) {
            rename_from(aside, &plan.to.join(path))?;
        }
        // Deepest first: a change in a folder sets its time, and a read-only one takes none.
        let mut folders: Vec<&KeptFolder> = plan.folders.iter().collect();
        folders.sort_by_key(|folder| Reverse(folder.path.components().count()));
        for folder in folders {
            let path = plan.to.join(&folder.path);
            restore(&path, folder)
                .doing(|| format!("set mode and time of `{}`", path.display()))?;
        }
        rename_from(&plan.to, &plan.from)?;
    }
    walk::if_there(fs::remove_dir(&plan.aside))
        .map(drop)
        .doing(|| format!("remove `{}`", plan.aside.display()))
}

fn aside(plan: &TakenOver, number: usize) -> PathBuf {
    plan.aside.join(number.to_string())
}

fn remove_made(plan: &TakenOver) -> Result<()> {
    for path in plan.made.iter().rev() {
        let made = plan.to.join(path);
        let removed = match fs::symlink_metadata(&made) {
            Ok(known) if known.is_dir() => {
                make_writable(&made).and_then(|()| fs::remove_dir(&made))
            }
            Ok(_) => fs::remove_file(&made),
            Err(error) => Err(error),
        };
        walk::if_there(removed).doing(|| format!("remove `{}`", made.display()))?;
    }
    Ok(())
}

/// Lets the folders in which something changes be changed.
fn open_folders(plan: &TakenOver) -> Result<()> {
    let stay: HashSet<&Path> = plan.folders.iter().map(|it| it.path.as_path()).collect();
    let changed: HashSet<&Path> =
        plan.away.iter().chain(&plan.made).filter_map(|path| path.parent()).collect();
    for folder in changed.intersection(&stay) {
        let folder = plan.to.join(folder);
        make_writable(&folder).doing(|| format!("write to `{}`", folder.display()))?;
    }
    Ok(())
}

fn folder_of(root: &Path, path: &Path) -> Result<KeptFolder> {
    let folder = root.join(path);
    let known = fs::metadata(&folder).and_then(|known| Ok((mode(&known), known.modified()?)));
    let (mode, modified) = known.doing(|| format!("read `{}`", folder.display()))?;
    Ok(KeptFolder { path: path.to_owned(), mode, modified })
}

#[cfg(unix)]
fn mode(known: &Metadata) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    known.permissions().mode()
}

#[cfg(unix)]
fn restore(path: &Path, folder: &KeptFolder) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let opened = File::open(path)?;
    opened.set_times(FileTimes::new().set_modified(folder.modified))?;
    opened.set_permissions(Permissions::from_mode(folder.mode))
}

/// Elsewhere nothing is taken over.
#[cfg(not(unix))]
fn mode(_known: &Metadata) -> u32 {
    0
}

#[cfg(not(unix))]
fn restore(_path: &Path, _folder: &KeptFolder) -> io::Result<()> {
    Ok(())
}

fn is_there(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

fn rename_from(from: &Path, to: &Path) -> Result<()> {
    rename(from, to).doing(|| format!("move `{}` to `{}`", from.display(), to.display()))
}

#[cfg(all(test, unix))]
mod tests {
    use std::{
        collections::BTreeMap,
        os::unix::fs::{MetadataExt, PermissionsExt},
        time::SystemTime,
    };

    use super::*;
    use crate::{
        content::files::{CopyPlan, Earlier, compare::compare, copy_tree},
        progress::{Cancel, Meter},
    };

    /// A tree that changed since it was copied, and what it takes to make the copy into the next one.
    fn changed(root: &Path) -> TakenOver {
        let (tree, copy) = (root.join("tree"), root.join("1/files"));
        for name in ["same", "changed", "gone/a", "gone/deep/b", "was-folder/c", "read-only/d"] {
            let path = tree.join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("makes");
            fs::write(path, name).expect("writes");
        }
        fs::write(tree.join("was-file"), "was-file").expect("writes");
        std::os::unix::fs::symlink("same", tree.join("link")).expect("links");
        fs::set_permissions(tree.join("read-only"), Permissions::from_mode(0o555)).expect("sets");
        std::thread::sleep(std::time::Duration::from_millis(30));
        copy_tree(&tree, &copy, Meter::silent()).expect("copies");
        let complete = jiff::Timestamp::now();

        fs::write(tree.join("changed"), "longer than before").expect("writes");
        fs::remove_dir_all(tree.join("gone")).expect("removes");
        fs::remove_dir_all(tree.join("was-folder")).expect("removes");
        fs::write(tree.join("was-folder"), "a file now").expect("writes");
        fs::remove_file(tree.join("was-file")).expect("removes");
        fs::create_dir_all(tree.join("was-file/deep")).expect("makes");
        fs::write(tree.join("was-file/deep/e"), "e").expect("writes");
        make_writable(&tree.join("read-only")).expect("sets");
        fs::write(tree.join("read-only/new"), "new").expect("writes");

        fs::create_dir(root.join("2")).expect("makes");
        let earlier = Earlier { folder: &copy, complete };
        let difference = compare(&tree, earlier, &Cancel::default()).expect("compares");
        assert_eq!(difference.same.count, 2);
        super::plan(&copy, &root.join("2/files"), &difference).expect("plans")
    }

    /// Each path below a folder, with mode, time, and what it is.
    fn seen(root: &Path) -> BTreeMap<PathBuf, (u32, SystemTime, Vec<u8>)> {
        let mut seen = BTreeMap::new();
        let mut waiting = vec![root.to_owned()];
        while let Some(path) = waiting.pop() {
            let known = fs::symlink_metadata(&path).expect("there");
            let what = if known.is_dir() {
                let entries = fs::read_dir(&path).expect("reads");
                waiting.extend(entries.map(|entry| entry.expect("reads").path()));
                Vec::new()
            } else if known.is_file() {
                fs::read(&path).expect("reads")
            } else {
                fs::read_link(&path).expect("reads").into_os_string().into_encoded_bytes()
            };
            let time = known.modified().expect("known");
            seen.insert(path.strip_prefix(root).expect("below").into(), (known.mode(), time, what));
        }
        seen
    }

    /// What taking over does, one change of the disk each.
    fn steps(plan: &TakenOver, tree: &Path) -> Vec<Box<dyn Fn()>> {
        let mut steps: Vec<Box<dyn Fn()>> = Vec::new();
        let aside = plan.aside.clone();
        steps.push(Box::new(move || fs::create_dir(&aside).expect("makes")));
        let both = plan.clone();
        steps.push(Box::new(move || fs::rename(&both.from, &both.to).expect("moves")));
        let opened = plan.clone();
        steps.push(Box::new(move || open_folders(&opened).expect("opens")));
        for (number, path) in plan.away.iter().enumerate() {
            let (from, to) = (plan.to.join(path), super::aside(plan, number));
            steps.push(Box::new(move || fs::rename(&from, &to).expect("moves")));
        }
        for path in &plan.made {
            let (from, to) = (tree.join(path), plan.to.join(path));
            steps.push(Box::new(move || match fs::symlink_metadata(&from) {
                Ok(known) if known.is_dir() => fs::create_dir(&to).expect("makes"),
                // A copy that was under way when the owner was killed.
                _ => fs::write(&to, "hal").expect("writes"),
            }));
        }
        steps
    }

    #[test]
    fn an_earlier_copy_is_given_back_from_wherever_taking_it_over_stopped() {
        let mut stop_after = 0;
        loop {
            let temp = tempfile::tempdir().expect("a folder");
            let plan = changed(temp.path());
            let before = seen(&temp.path().join("1"));
            let written = serde_json::to_string(&plan).expect("writes");
            let steps = steps(&plan, &temp.path().join("tree"));
            steps.iter().take(stop_after).for_each(|step| step());

            let plan: TakenOver = serde_json::from_str(&written).expect("reads");
            take_back(&plan).expect("takes back");

            let after = seen(&temp.path().join("1"));
            let inside = |seen: BTreeMap<PathBuf, _>| {
                seen.into_iter().filter(|(path, _)| path.starts_with("files")).collect::<Vec<_>>()
            };
            assert_eq!(after.len(), before.len(), "nothing else is left after {stop_after} steps");
            assert_eq!(
                inside(after),
                inside(before),
                "after {stop_after} of {} steps",
                steps.len()
            );
            assert!(!is_there(&plan.to));
            take_back(&plan).expect("once more is nothing");
            if stop_after == steps.len() {
                break;
            }
            stop_after += 1;
        }
        assert!(stop_after >= 15, "each kind of step was stopped after");
    }

    #[test]
    fn giving_back_that_was_stopped_goes_on() {
        let mut stop_after = 0;
        loop {
            let temp = tempfile::tempdir().expect("a folder");
            let plan = changed(temp.path());
            let before = seen(&plan.from);
            steps(&plan, &temp.path().join("tree")).iter().for_each(|step| step());
            let mut back: Vec<Box<dyn Fn()>> = Vec::new();
            for path in plan.made.iter().rev() {
                let path = plan.to.join(path);
                back.push(Box::new(move || match path.is_dir() {
                    true => fs::remove_dir(&path).expect("removes"),
                    false => fs::remove_file(&path).expect("removes"),
                }));
            }
            for (number, path) in plan.away.iter().enumerate() {
                let (from, to) = (super::aside(&plan, number), plan.to.join(path));
                back.push(Box::new(move || fs::rename(&from, &to).expect("moves")));
            }
            back.iter().take(stop_after).for_each(|step| step());
            take_back(&plan).expect("takes back");
            assert_eq!(seen(&plan.from), before, "after {stop_after} steps back");
            if stop_after == back.len() {
                break;
            }
            stop_after += 1;
        }
    }

    #[test]
    fn names_that_can_t_be_written_down_are_not_taken_over() {
        use std::os::unix::ffi::OsStrExt;
        let temp = tempfile::tempdir().expect("a folder");
        let (tree, copy) = (temp.path().join("tree"), temp.path().join("copy"));
        fs::create_dir(&tree).expect("makes");
        fs::write(tree.join("same"), "same").expect("writes");
        std::thread::sleep(std::time::Duration::from_millis(30));
        copy_tree(&tree, &copy, Meter::silent()).expect("copies");
        fs::write(tree.join(std::ffi::OsStr::from_bytes(b"caf\xe9.jpg")), "x").expect("writes");
        let earlier = Earlier { folder: &copy, complete: jiff::Timestamp::now() };
        let (to, plan) =
            (temp.path().join("to"), CopyPlan::of(&tree, Some(earlier), &Cancel::default()));
        let cost = plan.expect("plans").copy(&to, |_| Ok(()), Meter::silent()).expect("copies");
        assert_eq!((cost.files, cost.taken_over), (2, 0));
        assert!(copy.join("same").exists());
    }
}
