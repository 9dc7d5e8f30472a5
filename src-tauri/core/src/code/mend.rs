//! What a power cut leaves of a repository that was being written to: files with a name and none, or half, of their bytes.
use std::{
    fs::{self, File},
    io::{self, BufReader, Read},
    path::{Path, PathBuf},
    time::SystemTime,
};

use flate2::bufread::ZlibDecoder;
use sha1::{Digest, Sha1};

use super::Repository;
use crate::error::{Doing, Result};
use crate::folder;

/// The length of a SHA-1, with which packs and their indexes end.
const HASH: usize = 20;

impl Repository {
    /// Takes away objects and packs as new as `since` that are not whole; answers how many. Left there, they would be taken
    /// for stored: what has the same content could never be stored again. Older ones are not looked at.
    pub fn remove_half_written(&self, since: SystemTime) -> Result<u64> {
        let objects = self.path().join("objects");
        let mut removed = 0;
        for folder in entries(&objects, since)? {
            let is_loose = name(&folder).len() == 2 && folder.is_dir();
            for object in if is_loose { entries(&folder, since)? } else { Vec::new() } {
                let id = name(&folder) + &name(&object);
                if id.len() == 2 * HASH && !is_whole_object(&object, &id) {
                    remove(&object)?;
                    removed += 1;
                }
            }
        }
        for index in entries(&objects.join("pack"), since)? {
            // Git writes it last, and looks into no pack without it.
            let is_index = index.extension().is_some_and(|it| it == "idx");
            let pack = index.with_extension("pack");
            if is_index && !(ends_with_its_hash(&index) && ends_with_its_hash(&pack)) {
                for extension in ["idx", "rev", "bitmap", "mtimes", "pack"] {
                    remove(&index.with_extension(extension))?;
                }
                removed += 1;
            }
        }
        removed += self.remove_broken_references(since)?;
        Ok(removed)
    }

    /// Takes away references of ours as new as `since` whose commit is not there with all of its files: what they were to
    /// keep for undo is lost, and nothing points to it yet.
    fn remove_broken_references(&self, since: SystemTime) -> Result<u64> {
        let git = self.open()?;
        let mut removed = 0;
        for file in entries(&self.path().join(super::SNAPSHOTS), since)? {
            let text = fs::read_to_string(&file).unwrap_or_default();
            let id = git2::Oid::from_str(text.trim()).ok().filter(|it| !it.is_zero());
            if !id.is_some_and(|id| is_whole_commit(&git, id).is_ok_and(|whole| whole)) {
                remove(&file)?;
                removed += 1;
            }
        }
        Ok(removed)
    }

    /// Takes away locks as new as `since` whose maker died: Git and libgit2 would wait for them for ever.
    pub fn remove_locks(&self, since: SystemTime) -> Result<()> {
        let mut folders = vec![self.path().to_owned(), self.path().join("refs")];
        let worktrees = self.path().join("worktrees");
        if worktrees.is_dir() {
            folders.extend(entries(&worktrees, SystemTime::UNIX_EPOCH)?);
        }
        while let Some(folder) = folders.pop() {
            for path in entries(&folder, SystemTime::UNIX_EPOCH)? {
                let known = fs::symlink_metadata(&path);
                if known.as_ref().is_ok_and(|it| it.is_dir()) {
                    if path.starts_with(self.path().join("refs")) {
                        folders.push(path);
                    }
                } else if path.extension().is_some_and(|it| it == "lock") && is_new(&path, since) {
                    remove(&path)?;
                }
            }
        }
        Ok(())
    }

    /// Makes a reference what it was before a workflow that did not end well, unless somebody else has moved it since.
    /// One that can't be read is what a power cut left of the workflow's own.
    pub fn take_back_reference(
        &self,
        name: &str,
        from: Option<&str>,
        to: Option<&str>,
    ) -> Result<()> {
        match self.reference(name) {
            Ok(now) if now.as_deref() == to => Ok(()),
            Ok(now) if now.as_deref() == from => self.move_reference(name, from, to),
            Ok(_) => Ok(()),
            Err(_) => {
                self.forget_broken_reference(name)?;
                match self.reference(name)? {
                    now if now.as_deref() == to => Ok(()),
                    now => self.move_reference(name, now.as_deref(), to),
                }
            }
        }
    }

    /// Takes a reference's own file away; what `packed-refs` says of it counts then.
    fn forget_broken_reference(&self, name: &str) -> Result<()> {
        // A name of ours, from the journal; still nothing outside of `refs` is ever removed.
        let is_inside = name.starts_with("refs/") && !name.split('/').any(|part| part == "..");
        if is_inside { remove(&self.path().join(name)) } else { Ok(()) }
    }
}

/// Makes the index of a worktree anew where it can't be read: what it remembers of the files is read again from them. What
/// a person staged is unstaged, and stays in the files.
pub(super) fn mend_index(admin: &Path, worktree: &Path) -> Result<()> {
    let path = admin.join("index");
    if !path.exists() || git2::Index::open(&path).is_ok() {
        return Ok(());
    }
    remove(&path)?;
    let renew = || -> Result<(), git2::Error> {
        let git = git2::Repository::open(worktree)?;
        let mut index = git.index()?;
        index.read_tree(&git.head()?.peel_to_tree()?)?;
        index.write()
    };
    renew().doing(|| format!("make {} anew", path.display()))
}

/// What is in a folder and as new; nothing where there is none.
fn entries(folder: &Path, since: SystemTime) -> Result<Vec<PathBuf>> {
    let all = folder::entries(folder)?;
    Ok(all.iter().map(fs::DirEntry::path).filter(|path| is_new(path, since)).collect())
}

fn is_new(path: &Path, since: SystemTime) -> bool {
    fs::symlink_metadata(path).and_then(|it| it.modified()).is_ok_and(|it| it >= since)
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed.doing(|| format!("remove {}", path.display())),
    }
}

/// Whether a commit is there with all of its files.
fn is_whole_commit(git: &git2::Repository, id: git2::Oid) -> Result<bool, git2::Error> {
    let (odb, mut is_whole) = (git.odb()?, true);
    git.find_commit(id)?.tree()?.walk(git2::TreeWalkMode::PreOrder, |_, entry| {
        is_whole &= odb.exists(entry.id());
        if is_whole { git2::TreeWalkResult::Ok } else { git2::TreeWalkResult::Abort }
    })?;
    Ok(is_whole)
}

/// Whether a loose object has the content that its name says.
fn is_whole_object(path: &Path, id: &str) -> bool {
    let hash = || -> io::Result<Sha1> {
        let mut content = ZlibDecoder::new(BufReader::new(File::open(path)?));
        let mut hash = Sha1::new();
        copy(&mut content, &mut hash)?;
        Ok(hash)
    };
    hash().is_ok_and(|hash| hex(&hash.finalize()) == id)
}

/// Whether a file ends with the hash of all before.
fn ends_with_its_hash(path: &Path) -> bool {
    let both = || -> io::Result<(Vec<u8>, Vec<u8>)> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len().saturating_sub(HASH as u64);
        let mut hash = Sha1::new();
        copy(&mut (&mut file).take(length), &mut hash)?;
        let mut end = Vec::new();
        file.read_to_end(&mut end)?;
        Ok((hash.finalize().to_vec(), end))
    };
    both().is_ok_and(|(hash, end)| hash == end)
}

fn copy(from: &mut impl Read, to: &mut Sha1) -> io::Result<()> {
    let mut buffer = vec![0; 128 * 1024];
    loop {
        match from.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(read) => to.update(&buffer[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
#[cfg(unix)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::code::{
        commit_changes,
        testing::{author, git, put, site},
    };

    fn cut(path: &Path, to: u64) {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
        File::options().write(true).open(path).unwrap().set_len(to).unwrap();
    }

    #[test]
    fn half_written_objects_and_packs_go_and_can_be_stored_again() {
        let site = site();
        let code = site.scratch.path().join("code");
        site.repository.add_worktree(&code, "master", crate::progress::Meter::silent()).unwrap();
        let before = git(&code, &["rev-parse", "HEAD"]);
        let started = SystemTime::now() - Duration::from_secs(2);
        assert_eq!(site.repository.remove_half_written(started).unwrap(), 0, "all are whole");
        put(&code, "new.php", "<?php // new\n");
        let commit = commit_changes(&code, &[], "New", &author()).unwrap();
        let blob = git(&code, &["rev-parse", "HEAD:new.php"]);
        for (id, length) in [(&commit, 0), (&blob, 10)] {
            cut(&site.repository.path().join("objects").join(&id[..2]).join(&id[2..]), length);
        }
        git(site.repository.path(), &["update-ref", "refs/heads/master", &before]);
        let tomorrow = SystemTime::now() + Duration::from_secs(86_400);
        assert_eq!(site.repository.remove_half_written(tomorrow).unwrap(), 0, "not looked at");
        let snapshot = site.repository.path().join("refs/portico/snapshots").join(&commit);
        put(snapshot.parent().unwrap(), &commit, "");
        assert_eq!(site.repository.remove_half_written(started).unwrap(), 3);
        assert!(!snapshot.exists());
        // Another message: within one second the same one would make the same commit, and its reflog be whole again.
        commit_changes(&code, &[], "New again", &author()).unwrap();
        git(site.repository.path(), &["fsck", "--full", "--strict", "--no-reflogs"]);

        git(site.repository.path(), &["repack", "-adq"]);
        let pack = entries(&site.repository.path().join("objects/pack"), SystemTime::UNIX_EPOCH);
        let pack = pack.unwrap().into_iter().find(|it| it.extension().unwrap() == "pack").unwrap();
        assert_eq!(site.repository.remove_half_written(started).unwrap(), 0);
        cut(&pack, 100);
        assert_eq!(site.repository.remove_half_written(started).unwrap(), 1);
        assert!(!pack.with_extension("idx").exists());
    }

    #[test]
    fn an_empty_reference_is_taken_back_and_one_that_others_moved_stays() {
        let site = site();
        let repository = &site.repository;
        let head = repository.head("master").unwrap();
        let empty = repository.path().join("refs/heads/blog");
        fs::write(&empty, "").unwrap();
        assert!(repository.reference("refs/heads/blog").is_err(), "it can't be read");
        repository.take_back_reference("refs/heads/blog", Some(&head), None).unwrap();
        assert!(!empty.exists());
        fs::write(&empty, "").unwrap();
        repository.take_back_reference("refs/heads/blog", None, Some(&head)).unwrap();
        assert_eq!(repository.head("blog").unwrap(), head);
        let other = "1111111111111111111111111111111111111111";
        repository.take_back_reference("refs/heads/blog", Some(other), None).unwrap();
        assert_eq!(repository.head("blog").unwrap(), head, "it is where nobody expects it");
        repository.take_back_reference("refs/heads/blog", Some(&head), None).unwrap();
        assert_eq!(repository.reference("refs/heads/blog").unwrap(), None);
    }

    #[test]
    fn locks_of_the_dead_go_and_an_index_that_can_t_be_read_is_made_anew() {
        let site = site();
        let code = site.scratch.path().join("code");
        site.repository.add_worktree(&code, "master", crate::progress::Meter::silent()).unwrap();
        let admin = site.repository.worktree_admin(&code).unwrap().unwrap();
        let locks = ["refs/heads/master.lock", "packed-refs.lock"]
            .map(|it| site.repository.path().join(it));
        let locks = [locks[0].clone(), locks[1].clone(), admin.join("index.lock")];
        locks.iter().for_each(|it| fs::write(it, "").unwrap());
        let tomorrow = SystemTime::now() + Duration::from_secs(86_400);
        site.repository.remove_locks(tomorrow).unwrap();
        assert!(locks.iter().all(|it| it.exists()), "they may be in use");
        site.repository.remove_locks(SystemTime::now() - Duration::from_secs(60)).unwrap();
        assert!(!locks.iter().any(|it| it.exists()));

        put(&code, "index.php", "<?php // mine\n");
        fs::write(admin.join("index"), "").unwrap();
        site.repository.repair_worktree(&code).unwrap();
        assert_eq!(git(&code, &["status", "--short"]), " M index.php");
    }
}
