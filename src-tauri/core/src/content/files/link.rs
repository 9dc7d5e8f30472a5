//! Links that can be moved to another target in one step.
use std::{
    fs, io,
    path::{Component, Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use crate::error::{Doing, Result};

/// Makes `link` point to `target` (relative where it can be) in one step; a junction on Windows.
/// Whatever link stood there is replaced; a real folder or file there is an error.
pub fn point_link(link: &Path, target: &Path) -> Result<()> {
    let parent = link.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(parent).doing(|| format!("create `{}`", parent.display()))?;
    let points_to = relative_to(parent, target);
    let pointed = points_to.and_then(|points_to| replace(link, &points_to, target));
    pointed.doing(|| format!("make `{}` point to `{}`", link.display(), target.display()))
}

/// `target` as seen from the folder `parent`; absolute when they have nothing in common.
///
/// A relative link is resolved from where its folder really is, so folders that are links themselves
/// are followed first; the last part of `target` is not, since it may be a link that moves.
fn relative_to(parent: &Path, target: &Path) -> io::Result<PathBuf> {
    let parent = fs::canonicalize(parent)?;
    let target = std::path::absolute(target)?;
    let target = match (target.parent(), target.file_name()) {
        (Some(folder), Some(name)) => really(folder).join(name),
        _ => target,
    };
    let same = parent.components().zip(target.components()).take_while(|(a, b)| a == b).count();
    let roots = parent
        .components()
        .take_while(|part| matches!(part, Component::RootDir | Component::Prefix(_)))
        .count();
    if same <= roots {
        return Ok(target);
    }
    let up = parent.components().skip(same).map(|_| Component::ParentDir);
    Ok(up.chain(target.components().skip(same)).collect())
}

/// The real place of a folder, even where its last parts do not exist yet.
fn really(folder: &Path) -> PathBuf {
    for there in folder.ancestors() {
        if let (Ok(real), Ok(rest)) = (fs::canonicalize(there), folder.strip_prefix(there)) {
            return if rest.as_os_str().is_empty() { real } else { real.join(rest) };
        }
    }
    folder.to_path_buf()
}

/// A name beside `link` that nobody else uses.
fn beside(link: &Path) -> PathBuf {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let name = link.file_name().unwrap_or_default().to_string_lossy();
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    link.with_file_name(format!(".{name}.{}.{count}", std::process::id()))
}

#[cfg(unix)]
fn replace(link: &Path, points_to: &Path, _target: &Path) -> io::Result<()> {
    let temporary = beside(link);
    std::os::unix::fs::symlink(points_to, &temporary)?;
    fs::rename(&temporary, link).inspect_err(|_| {
        // The error that matters is that of the rename.
        fs::remove_file(&temporary).ok();
    })
}

/// A junction needs no rights, has an absolute target, and can't be renamed over another: the old one
/// is moved aside first, so for a moment there is none.
#[cfg(windows)]
fn replace(link: &Path, _points_to: &Path, target: &Path) -> io::Result<()> {
    let (new, old) = (beside(link), beside(link));
    junction::create(std::path::absolute(target)?, &new)?;
    let replaces = junction::exists(link).unwrap_or(false);
    if replaces {
        fs::rename(link, &old)?;
    }
    let renamed = fs::rename(&new, link);
    if renamed.is_err() {
        if replaces {
            fs::rename(&old, link)?;
        }
        fs::remove_dir(&new)?;
    } else if replaces {
        fs::remove_dir(&old)?;
    }
    renamed
}
