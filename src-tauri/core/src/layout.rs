//! Where every file lives under the root folder. **Invariant:** nowhere else is a path joined.
use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
};

use crate::model::{Address, EnvironmentName, SiteName};

/// The folders in the root folder that are Portico's.
const OWN: &[&str] =
    &["sites", "logs", "templates", "support", "trash", "deleted", "scratch", "run", "copies"];

/// The root folder (`~/Portico` or `PORTICO_HOME`) and the places in it.
#[derive(Clone, Debug)]
pub struct Layout {
    root: PathBuf,
}

impl Layout {
    /// The layout of the root folder `root`, which should be absolute.
    pub fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// The root folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Whether a name in the root folder is Portico's.
    pub fn is_own(name: &OsStr) -> bool {
        let name = name.to_string_lossy();
        OWN.contains(&name.as_ref())
            || name.starts_with("portico.db")
            || name.starts_with("engine.")
    }

    /// The database that holds every pointer.
    pub fn store(&self) -> PathBuf {
        self.root.join("portico.db")
    }

    /// Copies of that database, and damaged ones that were put aside.
    pub fn store_copies(&self) -> PathBuf {
        self.root.join("copies")
    }

    /// A copy of that database; `stamp` says when it was made.
    pub fn store_copy(&self, stamp: &str) -> PathBuf {
        self.store_copies().join(format!("portico-{stamp}.db"))
    }

    /// A database that was put aside at that moment because it is damaged.
    pub fn damaged_store(&self, stamp: &str) -> PathBuf {
        self.store_copies().join(format!("damaged-{stamp}.db"))
    }

    /// Held for as long as a process owns the root folder.
    pub fn owner_lock(&self) -> PathBuf {
        self.root.join("engine.lock")
    }

    /// How other shells reach the owner: port and token, readable by this user only.
    pub fn owner(&self) -> PathBuf {
        self.root.join("engine.json")
    }

    /// One log for each workflow.
    pub fn workflow_log(&self, id: i64) -> PathBuf {
        self.workflow_logs().join(format!("{id}.log"))
    }

    /// The folder of the workflows' logs.
    pub fn workflow_logs(&self) -> PathBuf {
        self.logs().join("workflows")
    }

    /// What Portico says of itself, newest; the file to send with a report of a fault.
    pub fn own_log(&self) -> PathBuf {
        self.logs().join("portico.log")
    }

    /// The same from before; 1 is what was full last.
    pub fn older_own_log(&self, age: u32) -> PathBuf {
        self.logs().join(format!("portico.{age}.log"))
    }

    /// The workflows' logs, and Portico's own.
    pub fn logs(&self) -> PathBuf {
        self.root.join("logs")
    }

    /// Initialised, empty data directories, one for each server version.
    pub fn templates(&self) -> PathBuf {
        self.root.join("templates")
    }

    /// PHP files and settings that Portico writes for itself.
    pub fn support(&self) -> PathBuf {
        self.root.join("support")
    }

    /// Sockets, and settings of processes: a folder, or a link to one with a shorter path.
    pub fn run(&self) -> PathBuf {
        self.root.join("run")
    }

    /// What was replaced and waits to be deleted in the background.
    pub fn trash(&self) -> PathBuf {
        self.root.join("trash")
    }

    /// Where a deleted site's folder waits until it is pruned or brought back.
    pub fn deleted(&self, site: &SiteName, id: &str) -> PathBuf {
        self.deleted_sites().join(format!("{site}-{id}"))
    }

    /// The folder of all deleted sites.
    pub fn deleted_sites(&self) -> PathBuf {
        self.root.join("deleted")
    }

    /// Where a deleted environment's folder waits until it is pruned or brought back.
    pub fn deleted_environment(&self, address: &Address, created_ms: i64) -> PathBuf {
        self.root.join("deleted").join(format!("{address}-{created_ms}"))
    }

    /// Where Git's own part of a deleted environment's worktree waits.
    pub fn deleted_worktree(&self, address: &Address, created_ms: i64) -> PathBuf {
        self.root.join("deleted").join(format!("{address}-{created_ms}.worktree"))
    }

    /// Git's index of a deleted environment's worktree.
    pub fn deleted_index(&self, address: &Address, created_ms: i64) -> PathBuf {
        self.deleted_worktree(address, created_ms).join("index")
    }

    /// What is built before it has a place of its own; nothing in it outlives its workflow.
    pub fn scratch(&self) -> PathBuf {
        self.root.join("scratch")
    }

    /// The folder of all sites.
    pub fn sites(&self) -> PathBuf {
        self.root.join("sites")
    }

    /// One site's folder.
    pub fn site(&self, site: &SiteName) -> PathBuf {
        self.sites().join(site.as_str())
    }

    /// What the site's rows can be made again from.
    pub fn site_facts(&self, site: &SiteName) -> PathBuf {
        self.site(site).join("site.json")
    }

    /// Whether the site's folder holds a site, known or not.
    pub fn holds_site(&self, site: &SiteName) -> bool {
        self.site_facts(site).is_file()
            || self.repository(site).is_dir()
            || self.generations(&Address::new(site, &EnvironmentName::Dev)).is_dir()
    }

    /// The site's bare repository, which people clone and push to.
    pub fn repository(&self, site: &SiteName) -> PathBuf {
        self.site(site).join("repository.git")
    }

    /// What a repair, the workflow `id`, moved out of the way: damaged parts, which nobody deletes.
    pub fn set_aside(&self, site: &SiteName, id: i64) -> PathBuf {
        self.site(site).join("set-aside").join(id.to_string())
    }

    /// The site's backups.
    pub fn backups(&self, site: &SiteName) -> PathBuf {
        self.site(site).join("backups")
    }

    /// The backups of an environment, each a folder; they stay when the environment goes.
    pub fn backups_of(&self, address: &Address) -> PathBuf {
        self.backups(&address.site).join(address.environment.as_str())
    }

    /// One backup's folder.
    pub fn backup(&self, address: &Address, id: &str) -> PathBuf {
        self.backups_of(address).join(id)
    }

    /// What a backup says of itself; written when all else of it is.
    pub fn backup_manifest(&self, address: &Address, id: &str) -> PathBuf {
        self.backup(address, id).join("manifest.json")
    }

    /// What its last check found.
    pub fn backup_check(&self, address: &Address, id: &str) -> PathBuf {
        self.backup(address, id).join("check.json")
    }

    /// Where a deleted backup waits until it is pruned or brought back.
    pub fn deleted_backup(&self, address: &Address, id: &str) -> PathBuf {
        self.deleted_sites().join(format!("{address}-{id}"))
    }

    /// One environment's folder.
    pub fn environment(&self, address: &Address) -> PathBuf {
        self.site(&address.site).join(address.environment.as_str())
    }

    /// The code that the environment runs: a worktree, or a link to a release.
    pub fn code(&self, address: &Address) -> PathBuf {
        self.environment(address).join("code")
    }

    /// The checkouts of Test and Live.
    pub fn releases(&self, address: &Address) -> PathBuf {
        self.environment(address).join("releases")
    }

    /// One checkout of Test or Live.
    pub fn release(&self, address: &Address, directory: &str) -> PathBuf {
        self.releases(address).join(directory)
    }

    /// All content generations of an environment.
    pub fn generations(&self, address: &Address) -> PathBuf {
        self.environment(address).join("content")
    }

    /// One content generation.
    pub fn generation(&self, address: &Address, number: u32) -> PathBuf {
        self.generations(address).join(number.to_string())
    }

    /// The database of a generation: a server's data directory, or the folder of one SQLite file.
    pub fn database(&self, address: &Address, number: u32) -> PathBuf {
        self.generation(address, number).join("database")
    }

    /// The uploaded files of a generation.
    pub fn generation_files(&self, address: &Address, number: u32) -> PathBuf {
        self.generation(address, number).join("files")
    }

    /// The link to the files of the generation in use.
    pub fn files(&self, address: &Address) -> PathBuf {
        self.environment(address).join("files")
    }

    /// The environment's logs.
    pub fn environment_logs(&self, address: &Address) -> PathBuf {
        self.environment(address).join("logs")
    }

    /// Mail that the environment sent and Portico caught.
    pub fn environment_mail(&self, address: &Address) -> PathBuf {
        self.environment_temporary(address).join("mail")
    }

    /// The last report of a kind (`launch-check`, `smoke-test`) about the environment.
    pub fn report(&self, address: &Address, kind: &str) -> PathBuf {
        self.environment(address).join("reports").join(format!("{kind}.json"))
    }

    /// Temporary files of the environment's PHP (uploads under way, sessions).
    pub fn environment_temporary(&self, address: &Address) -> PathBuf {
        self.environment(address).join("tmp")
    }
}

/// What a folder of [`Layout::deleted_sites`] holds, as its name says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeletedName {
    /// A whole site, as [`Layout::deleted`] names it.
    Site {
        /// Its name.
        site: SiteName,
        /// Its permanent id, a UUID.
        id: String,
    },
    /// An environment, or Git's part of its worktree.
    Environment {
        /// The environment.
        environment: Address,
        /// When it was made, in milliseconds since 1970.
        created: i64,
    },
    /// A backup.
    Backup {
        /// The environment that it is of.
        environment: Address,
        /// Its id.
        id: String,
    },
}

impl DeletedName {
    /// Understands a folder's name; none of a name that Portico does not give.
    pub fn read(name: &str) -> Option<Self> {
        const UUID: usize = 36;
        let name = name.strip_suffix(".worktree").unwrap_or(name);
        if let Some((environment, created)) = name.rsplit_once('-')
            && let (Ok(environment), Ok(created)) = (environment.parse(), created.parse())
        {
            return Some(Self::Environment { environment, created });
        }
        if let Some((environment, id)) = name.rsplit_once('-')
            && let Ok(environment) = environment.parse()
            && id.split_once('_').is_some_and(|(made, _)| made.parse::<i64>().is_ok())
        {
            return Some(Self::Backup { environment, id: id.to_owned() });
        }
        let (site, id) = name.split_at_checked(name.len().checked_sub(UUID)?)?;
        let site = site.strip_suffix('-')?.parse().ok()?;
        Some(Self::Site { site, id: id.to_owned() })
    }
}

/// What the server of a MariaDB generation says, inside its data directory.
pub fn server_log(data: &Path) -> PathBuf {
    data.join("portico-server.log")
}

/// The file of a SQLite generation, inside its database folder.
pub fn sqlite_file(database: &Path) -> PathBuf {
    database.join("site.sqlite")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_deleted_things_are_read_as_they_are_given() {
        let layout = Layout::new("/root".into());
        let name = |path: &Path| path.file_name().and_then(|it| it.to_str()).map(str::to_owned);
        let read = |path: &Path| name(path).and_then(|it| DeletedName::read(&it));
        let site: SiteName = "acme-2".parse().expect("a name");
        let id = "0b7e5e3c-31a8-4b6c-9d5e-1f2a3b4c5d6e".to_owned();
        let deleted = layout.deleted(&site, &id);
        assert_eq!(read(&deleted), Some(DeletedName::Site { site, id }));
        let environment: Address = "acme-2.blog-1".parse().expect("an address");
        let known = DeletedName::Environment { environment: environment.clone(), created: 17 };
        assert_eq!(read(&layout.deleted_environment(&environment, 17)), Some(known.clone()));
        assert_eq!(read(&layout.deleted_worktree(&environment, 17)), Some(known));
        let id = "1764580000_backup".to_owned();
        let backup = layout.deleted_backup(&environment, &id);
        assert_eq!(read(&backup), Some(DeletedName::Backup { environment, id }));
        for other in ["notes", "acme-2", "notes.txt", "acme.blog-x", ""] {
            assert_eq!(DeletedName::read(other), None, "{other}");
        }
    }
}
