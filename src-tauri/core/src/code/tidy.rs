//! Housekeeping of a repository: loose objects are packed, and what only let-go snapshots held is deleted.
use std::{
    collections::HashSet,
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use super::{Repository, program};
use crate::{
    error::{Doing, Error, Result},
    progress::Meter,
};

/// With more loose objects than this, they are packed: each costs a file, and looking for one gets slower.
const LOOSE: usize = 2000;
/// With more packs than this, they become one.
const PACKS: usize = 30;
/// An object that nothing refers to yet may belong to work under way for so long.
const UNDER_WAY: Duration = Duration::from_secs(60 * 60);

impl Repository {
    /// Whether there is so much loose that packing is worth its time. Looks into one of the 256 folders, as Git does.
    pub fn is_untidy(&self) -> bool {
        let objects = self.path().join("objects");
        let in_one = fs::read_dir(objects.join("17")).map_or(0, Iterator::count);
        in_one * 256 > LOOSE || packs(&objects) > PACKS
    }

    /// Packs what is loose. Then deletes loose objects that nothing refers to and that are older than `kept_for` (an hour
    /// at least), but for what a person committed: nothing that was ever committed is lost. `indexes` are those of
    /// worktrees that Git can't see now, whose files stay, too.
    ///
    /// Git's own program does it; a cancel ends it, and leaves the repository whole.
    pub fn tidy(&self, kept_for: Duration, indexes: &[PathBuf], meter: Meter<'_>) -> Result<()> {
        let all = packs(&self.path().join("objects")) > PACKS;
        self.run_git(&["repack", if all { "-Ad" } else { "-d" }, "-l", "-q"], meter)?;
        let roots = self.roots(indexes)?;
        let age = kept_for.max(UNDER_WAY).as_secs();
        let expire = format!("--expire={age}.seconds.ago");
        let mut arguments = vec!["prune", expire.as_str(), "--"];
        arguments.extend(roots.iter().map(String::as_str));
        self.run_git(&arguments, meter)
    }

    fn run_git(&self, arguments: &[&str], meter: Meter<'_>) -> Result<()> {
        let folder = self.path().to_string_lossy().into_owned();
        let all = ["--git-dir", &folder, "-c", "pack.threads=1"];
        let ended = program::run(all.iter().chain(arguments), meter, |_| ())?;
        if ended.success {
            return Ok(());
        }
        let mut error = Error::failed(format!("tidy up {}", self.path().display()));
        error.causes = ended.said;
        Err(error)
    }

    /// Loose objects that stay although no reference leads there: commits and tags that are no snapshot of ours, and the
    /// files of indexes.
    fn roots(&self, indexes: &[PathBuf]) -> Result<HashSet<String>> {
        let git = self.open()?;
        let odb = git.odb().doing(|| "open the repository's objects".into())?;
        let loose = loose(&self.path().join("objects"))?;
        let mut roots = HashSet::new();
        for id in &loose {
            let Ok((_, kind)) = odb.read_header(*id) else { continue };
            let stays = match kind {
                git2::ObjectType::Commit => git.find_commit(*id).is_ok_and(|it| !is_snapshot(&it)),
                git2::ObjectType::Tag => true,
                _ => false,
            };
            if stays {
                roots.insert(id.to_string());
            }
        }
        for file in indexes.iter().filter(|it| it.exists()) {
            let index =
                git2::Index::open(file).doing(|| format!("read the index {}", file.display()))?;
            let files = index.iter().map(|entry| entry.id).filter(|id| loose.contains(id));
            roots.extend(files.map(|id| id.to_string()));
        }
        Ok(roots)
    }
}

/// Whether a commit is one that [`super::snapshot_worktree`] makes.
fn is_snapshot(commit: &git2::Commit<'_>) -> bool {
    commit.committer().email_bytes() == super::update::BY.as_bytes()
        && commit.message_bytes() == super::update::MESSAGE.as_bytes()
}

fn packs(objects: &Path) -> usize {
    let is_pack = |it: &fs::DirEntry| it.path().extension().is_some_and(|it| it == "pack");
    fs::read_dir(objects.join("pack")).map_or(0, |all| all.flatten().filter(is_pack).count())
}

/// The objects that lie in files of their own.
fn loose(objects: &Path) -> Result<HashSet<git2::Oid>> {
    let mut all = HashSet::new();
    for folder in 0..=255_u8 {
        let begin = format!("{folder:02x}");
        let path = objects.join(&begin);
        let entries = match fs::read_dir(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            entries => entries.doing(|| format!("read {}", path.display()))?,
        };
        let names = entries.flatten().map(|it| it.file_name().to_string_lossy().into_owned());
        all.extend(names.filter_map(|rest| git2::Oid::from_str(&format!("{begin}{rest}")).ok()));
    }
    Ok(all)
}

#[cfg(test)]
#[cfg(unix)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::code::{
        commit_changes, snapshot_worktree,
        testing::{author, put, site},
    };

    /// Makes every object old enough to be deleted.
    fn age(repository: &Path) {
        let long_ago = std::time::SystemTime::now() - Duration::from_secs(30 * 24 * 60 * 60);
        let ids = loose(&repository.join("objects")).unwrap();
        for id in ids.iter().map(ToString::to_string) {
            let file = repository.join("objects").join(&id[..2]).join(&id[2..]);
            let mut known = fs::metadata(&file).unwrap().permissions();
            std::os::unix::fs::PermissionsExt::set_mode(&mut known, 0o644);
            fs::set_permissions(&file, known).unwrap();
            fs::File::options().write(true).open(&file).unwrap().set_modified(long_ago).unwrap();
        }
    }

    #[test]
    fn tidying_deletes_what_only_let_go_snapshots_held_and_no_commit() {
        let (site, dev) = site().with_dev();
        put(&dev, "draft.php", "let go");
        let gone = snapshot_worktree(&dev).unwrap();
        put(&dev, "draft.php", "kept");
        let kept = snapshot_worktree(&dev).unwrap();
        site.repository.forget_snapshots(std::slice::from_ref(&gone)).unwrap();
        put(&dev, "draft.php", "committed");
        let committed = commit_changes(&dev, &[], "On a branch that goes", &author()).unwrap();
        let first = site.git(&["rev-parse", "master~1"]);
        // As when a branch is deleted: no reference leads there, and its own log is gone with it.
        site.git(&["update-ref", "refs/heads/master", &first]);
        fs::remove_dir_all(site.repository.path().join("logs")).unwrap();
        fs::remove_file(site.repository.path().join("worktrees").join("dev-code/logs/HEAD")).ok();
        let has = |commit: &String| site.repository.has_commit(commit).unwrap();
        site.repository.tidy(Duration::ZERO, &[], Meter::silent()).unwrap();
        assert!(has(&gone), "younger than an hour");
        age(site.repository.path());
        site.repository
            .tidy(Duration::from_secs(365 * 24 * 60 * 60), &[], Meter::silent())
            .unwrap();
        assert!(has(&gone), "younger than what is kept");
        site.repository.tidy(Duration::ZERO, &[], Meter::silent()).unwrap();
        assert!(!has(&gone) && has(&kept) && has(&committed));
        site.git(&["fsck", "--full"]);
        let packed = packs(&site.repository.path().join("objects"));
        assert!(packed >= 1 && !site.repository.is_untidy());
    }

    #[test]
    fn the_files_of_an_index_that_git_can_t_see_stay() {
        let (site, dev) = site().with_dev();
        put(&dev, "staged.php", "staged only");
        crate::code::testing::git(&dev, &["add", "staged.php"]);
        let blob = crate::code::testing::git(&dev, &["rev-parse", ":staged.php"]);
        let admin = site.repository.worktree_admin(&dev).unwrap().unwrap();
        let aside = site.path("aside.worktree");
        fs::rename(&admin, &aside).unwrap();
        age(site.repository.path());
        site.repository.tidy(Duration::ZERO, &[aside.join("index")], Meter::silent()).unwrap();
        site.git(&["cat-file", "-e", &blob]);
        site.repository.tidy(Duration::ZERO, &[], Meter::silent()).unwrap();
        assert!(
            !crate::code::testing::try_git(site.repository.path(), &["cat-file", "-e", &blob]).0
        );
    }
}
