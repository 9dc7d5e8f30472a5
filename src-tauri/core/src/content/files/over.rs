//! Lays one tree over another: what both have becomes that of the upper one.
use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{
    error::{Doing, Result},
    progress::Meter,
};

/// Copies what is below `from` over `to`, without `besides` and without any `.git`. Links come as links.
pub fn copy_over(from: &Path, besides: &[PathBuf], to: &Path, meter: Meter<'_>) -> Result<()> {
    meter.check()?;
    fs::create_dir_all(to).doing(|| format!("make {}", to.display()))?;
    let doing = || format!("read {}", from.display());
    for entry in fs::read_dir(from).doing(doing)? {
        let entry = entry.doing(doing)?;
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if besides.contains(&path) || entry.file_name() == ".git" {
            continue;
        }
        if entry.file_type().doing(doing)?.is_dir() {
            copy_over(&path, besides, &target, meter)?;
            continue;
        }
        make_way(&target)?;
        match entry.file_type().doing(doing)?.is_symlink() {
            true => copy_link(&path, &target)?,
            false => {
                fs::copy(&path, &target).doing(|| format!("copy {}", path.display()))?;
            }
        }
    }
    Ok(())
}

/// Moves what is below `from` over `to`, on the same disk.
pub fn move_over(from: &Path, to: &Path) -> Result<()> {
    let doing = || format!("read {}", from.display());
    for entry in fs::read_dir(from).doing(doing)? {
        let entry = entry.doing(doing)?;
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type().doing(doing)?.is_dir() && target.is_dir() {
            move_over(&path, &target)?;
            continue;
        }
        make_way(&target)?;
        fs::rename(&path, &target).doing(|| format!("move {}", path.display()))?;
    }
    Ok(())
}

/// Takes away the file or link that stands where another is to stand.
fn make_way(target: &Path) -> Result<()> {
    match fs::symlink_metadata(target) {
        Ok(known) if !known.is_dir() => {
            fs::remove_file(target).doing(|| format!("replace {}", target.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(unix)]
fn copy_link(from: &Path, to: &Path) -> Result<()> {
    let doing = || format!("copy {}", from.display());
    std::os::unix::fs::symlink(fs::read_link(from).doing(doing)?, to).doing(doing)
}

/// Links need rights of their own there: what one points to is copied.
#[cfg(not(unix))]
fn copy_link(from: &Path, to: &Path) -> Result<()> {
    fs::copy(from, to).map(drop).doing(|| format!("copy {}", from.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_both_have_becomes_the_upper_one_s() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |path: &str| folder.path().join(path);
        let write = |path: &str, text: &str| {
            fs::create_dir_all(at(path).parent().expect("inside")).expect("makes");
            fs::write(at(path), text).expect("writes");
        };
        let read = |path: &str| fs::read_to_string(at(path)).ok();
        for (path, text) in [
            ("low/a/1", "low"),
            ("low/a/2", "low"),
            ("up/a/2", "up"),
            ("up/b/3", "up"),
            ("up/b/no", ""),
        ] {
            write(path, text);
        }
        copy_over(&at("up"), &[at("up/b/no")], &at("low"), Meter::silent()).expect("copies");
        let all = ["low/a/1", "low/a/2", "low/b/3", "low/b/no", "up/b/3"].map(read);
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(all, [some("low"), some("up"), some("up"), None, some("up")]);
        write("more/a/1", "more");
        move_over(&at("more"), &at("low")).expect("moves");
        assert_eq!((read("low/a/1"), read("low/a/2")), (some("more"), some("up")));
    }
}
