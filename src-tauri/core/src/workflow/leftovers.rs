//! What a killed owner left half made, and no journal knows: taken away at start, before anything new is made.
use std::{
    path::{Path, PathBuf},
    str::FromStr,
};

use super::Context;
use crate::{
    content::files,
    error::{Doing, Result},
    folder,
    model::{Address, EnvironmentName, SiteName},
};

/// How the folders begin in which code is checked out and repositories are cloned.
const IN_THE_MAKING: [&str; 2] = [".checkout-", ".clone-"];
/// What stands in the names of data directories in the making.
const NEW: &str = ".new-";
/// How files begin that are written beside their place and then moved there.
const FILE_IN_THE_MAKING: &str = ".tmp";

/// Moves to the trash what was in the making when an owner died.
pub(super) fn clear(context: &Context) -> Result<()> {
    let layout = &context.layout;
    let mut found = entries(layout.root(), |name, is_folder| {
        !is_folder && name.starts_with(FILE_IN_THE_MAKING)
    })?;
    found.extend(entries(&layout.templates(), |name, is_folder| is_folder && name.contains(NEW))?);
    for site in names::<SiteName>(&layout.sites())? {
        found.extend(in_the_making(&layout.site(&site))?);
        for environment in names::<EnvironmentName>(&layout.site(&site))? {
            let address = Address::new(&site, &environment);
            found.extend(in_the_making(&layout.environment(&address))?);
            found.extend(in_the_making(&layout.releases(&address))?);
        }
    }
    found.iter().try_for_each(|path| files::move_to_trash(path, &layout.trash()))
}

fn in_the_making(folder: &Path) -> Result<Vec<PathBuf>> {
    entries(folder, |name, is_folder| {
        is_folder && IN_THE_MAKING.iter().any(|start| name.starts_with(start))
    })
}

/// The folders in a folder whose names are of this kind.
fn names<T: FromStr>(folder: &Path) -> Result<Vec<T>> {
    let folders = entries(folder, |_, is_folder| is_folder)?;
    Ok(folders.iter().filter_map(|it| it.file_name()?.to_str()?.parse().ok()).collect())
}

/// The entries of a folder that are `wanted` by their name and by whether they are folders (a link is none); nothing where
/// there is no folder.
fn entries(folder: &Path, wanted: impl Fn(&str, bool) -> bool) -> Result<Vec<PathBuf>> {
    let doing = || format!("read {}", folder.display());
    let all = folder::entries(folder)?;
    let mut found = Vec::new();
    for entry in all {
        let is_folder = entry.file_type().doing(doing)?.is_dir();
        if wanted(&entry.file_name().to_string_lossy(), is_folder) {
            found.push(entry.path());
        }
    }
    Ok(found)
}
