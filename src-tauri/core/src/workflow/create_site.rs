//! `site:create`: a repository, a Dev environment with its worktree, an empty first generation.
use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{
    Change, Context, Done, Frame, Run, Workflow, check, generation, import, import_plan,
    import_site,
    inspect::{self, Said},
    request::{CreateSite, ImportOptions},
    running, upstream,
    work::Work,
};
use crate::{
    cms::{self, Detected},
    code::{self, Author, Repository},
    content::{archive, dump, files},
    error::{Doing, Error, Result},
    model::{
        Address, Cms, CodePointer, ConnectionMode, DatabaseEngine, Environment, EnvironmentName,
        Origin, Secrets, Site, SiteRecord,
        view::{Becomes, InspectedPiece},
    },
    runtime,
    store::now,
};

/// Where the code comes from, found by looking.
#[derive(Debug, PartialEq, Eq)]
enum Source {
    Sample,
    Git(String),
    Folder(PathBuf),
    Archive(PathBuf),
}

pub(super) struct Plan<'a> {
    wanted: &'a CreateSite,
    source: Source,
}

impl Run for CreateSite {
    fn run(&self, frame: Frame<'_>) -> Result<Workflow> {
        let plan = plan(frame.context, self)?;
        frame.run(plan, run)
    }
}

pub(super) fn plan<'a>(context: &Context, wanted: &'a CreateSite) -> Result<Plan<'a>> {
    let name = &wanted.name;
    if context.store.find_site(name)?.is_some() {
        return Err(Error::refused(format!("a site named `{name}` exists already"))
            .hint("Choose another name, or delete that site first."));
    }
    for environment in [EnvironmentName::Dev, EnvironmentName::Test, EnvironmentName::Live] {
        context.check_host(&Address::new(name, &environment))?;
    }
    let folder = context.layout.site(name);
    if context.layout.holds_site(name) {
        return Err(Error::refused(format!("{} holds a site already", folder.display()))
            .hint(format!("`portico site:adopt {name}` takes it up; or choose another name.")));
    }
    if folder.symlink_metadata().is_ok() {
        return Err(Error::refused(format!("{} exists already", folder.display()))
            .hint("Choose another name: what is there is no site that Portico knows."));
    }
    if wanted.database == Some(DatabaseEngine::MariaDb) && !runtime::has_mariadb() {
        return Err(Error::missing("MariaDB"));
    }
    Ok(Plan { wanted, source: source(&wanted.from)? })
}

/// A path is what it is on the disk; what is no path may be a Git URL (`scheme://…`, `user@host:path`).
fn source(from: &str) -> Result<Source> {
    if from == "sample" {
        return Ok(Source::Sample);
    }
    let path = Path::new(from);
    if path.is_dir() {
        let mut entries = fs::read_dir(path).doing(|| format!("read the folder {from}"))?;
        if entries.next().is_none() {
            return Err(Error::refused(format!("the folder {from} is empty"))
                .hint("Give a folder with the code of a site in it."));
        }
        let is_git = path.join(".git").exists()
            || (path.join("HEAD").is_file() && path.join("objects").is_dir());
        return Ok(if is_git {
            Source::Git(from.to_owned())
        } else {
            Source::Folder(path.to_owned())
        });
    }
    if path.is_file() {
        if archive::is_archive(path)? {
            return Ok(Source::Archive(path.to_owned()));
        }
        let reading = inspect::read(path, Said::default())?;
        import_plan::check(from, reading.problem.as_ref())?;
        return Err(Error::refused(format!("{from} is a database, and no code"))
            .hint("Code comes as a folder, a Git repository, a .zip or a .tar.gz. A database comes into a site that there is: `portico import <file> <site.env>`."));
    }
    let is_url = from.contains("://")
        || from.split_once(':').is_some_and(|(host, path)| {
            host.contains('@') && !path.is_empty() && !host.contains('/')
        });
    if is_url {
        return Ok(Source::Git(from.to_owned()));
    }
    Err(Error::not_found("file or folder", from)
        .hint("Give a folder, a Git URL or path, an archive of code, or `sample`."))
}

pub(super) fn run(work: &Work<'_>, plan: &Plan<'_>) -> Result<Done> {
    let context = work.context;
    let wanted = plan.wanted;
    work.will_make(&context.layout.site(&wanted.name))?;
    let address = Address::new(&wanted.name, &EnvironmentName::Dev);
    let repository = context.repository(&wanted.name);
    let brought = bring_code(work, plan, &repository)?;
    let Brought { branch, uploads, .. } = brought;
    let code = context.layout.code(&address);
    work.step("Check out the code", |meter| repository.add_worktree(&code, &branch, meter))?;
    let detected = cms::detect(&code).map_err(|error| by_its_name(error, &code, plan))?;
    add_missing_settings(work, &code, &detected)?;
    let engine = choose_engine(context, wanted, &detected)?;
    let site = Site {
        name: wanted.name.clone(),
        label: wanted.label.clone().unwrap_or_else(|| wanted.name.to_string()),
        cms: detected.cms,
        docroot: detected.docroot,
        uploads: detected.uploads,
        engine,
        branch,
        id: super::work::random_uuid()?,
        created: now(),
    };
    let uploads = uploads.or(untrack_uploads(work, plan, &repository, &site)?);
    if let Some(note) = running::php_note(context, &site, &code) {
        work.line(note);
    }
    for it in check::check_code(context, &site, &repository.head(&site.branch)?)? {
        work.line(format!("{}. {}", it.message, it.hint));
    }
    if !site.uploads.is_empty() {
        repository.exclude(&[&format!("/{}", site.uploads)])?;
    }
    let upstream = match &plan.source {
        Source::Git(url) => Some(upstream::first(&site, url, wanted.branch.as_deref())),
        _ => None,
    };
    let content = Content { uploads, database: brought.database, from: shown(plan) };
    let lacks_core = cms::lacks_core(&site, &code);
    let mut done = dev(work, site, &address, content)?;
    if lacks_core {
        let note = format!(
            "WordPress itself is not in it, so nothing answers yet: put its files into {} (WP-CLI: `portico wp {address} -- core download --skip-content`)",
            code.display()
        );
        work.line(&note);
        let notes = done.result.entry("notes").or_insert_with(|| serde_json::json!([]));
        notes.as_array_mut().expect("notes are a list").push(note.into());
    }
    done.changes.extend(upstream);
    if !brought.unused.is_empty() {
        done.result.insert("not_used".into(), serde_json::json!(brought.unused));
    }
    Ok(done)
}

/// What Dev begins with.
struct Content {
    uploads: Option<PathBuf>,
    database: Option<dump::Source>,
    /// What it came from.
    from: String,
}

/// Makes Dev with its first generation.
fn dev(work: &Work<'_>, site: Site, address: &Address, content: Content) -> Result<Done> {
    let fresh = generation::begin(work, address)?;
    let environment = Environment {
        site: site.name.clone(),
        name: EnvironmentName::Dev,
        code: CodePointer::Branch { branch: site.branch.clone() },
        generation: fresh.number,
        connection_mode: Some(ConnectionMode::Sftp),
        lock: None,
        secrets: secrets()?,
        created: now(),
    };
    let origin = match content.database.is_some() || content.uploads.is_some() {
        true => Origin::Import { name: content.from },
        false => Origin::Empty,
    };
    match content.uploads {
        Some(folder) => {
            work.step("Take over the uploads", |meter| {
                files::copy_tree(&folder, &fresh.files, meter)
            })?;
        }
        None => generation::empty_files(&fresh)?,
    }
    let options = ImportOptions::default();
    let import = import::Plan {
        site,
        environment,
        address: address.clone(),
        code: work.context.layout.code(address),
        database: content.database.map(|it| (it, &options)),
        empties_database: false,
        files: Vec::new(),
        name: String::new(),
        bytes: 0,
    };
    let counted = match import.database {
        Some(_) => import::bring_database(work, &import, &fresh)?,
        None => {
            generation::empty_database(work, &import.site, &fresh)?;
            serde_json::Map::new()
        }
    };
    let import::Plan { site, environment, .. } = import;
    let first = generation::finish(work, &site, &environment, &fresh, origin)?;
    let mut result = counted;
    result.insert("url".into(), work.context.url(address).into());
    result.insert("cms".into(), serde_json::json!(site.cms));
    result.insert("database".into(), serde_json::json!(site.engine));
    let name = site.name.clone();
    let record = SiteRecord { site, environments: vec![environment], generations: vec![first] };
    Ok(Done {
        changes: vec![Change::Site { site: name, before: None, after: Some(Box::new(record)) }],
        result,
        ..Done::default()
    })
}

/// What came with the code.
#[derive(Default)]
struct Brought {
    /// The branch to follow.
    branch: String,
    /// A folder of uploads.
    uploads: Option<PathBuf>,
    database: Option<dump::Source>,
    /// What is in it and not used.
    unused: Vec<InspectedPiece>,
}

/// Makes the repository of the code; what else is in the source is set aside.
fn bring_code(work: &Work<'_>, plan: &Plan<'_>, repository: &Repository) -> Result<Brought> {
    let (folder, root) = match &plan.source {
        Source::Git(url) => {
            let branch = plan.wanted.branch.as_deref();
            let branch = work
                .step("Clone the repository", |meter| repository.clone_from(url, branch, meter))?;
            return Ok(Brought { branch, ..Brought::default() });
        }
        Source::Sample => {
            let folder = work.scratch()?.join("code");
            cms::write_sample(&folder)?;
            (folder.clone(), folder)
        }
        Source::Folder(from) => {
            let folder = work.scratch()?.join("code");
            work.step("Copy the code", |meter| files::copy_tree(from, &folder, meter))?;
            (folder.clone(), folder)
        }
        Source::Archive(file) => {
            let folder = work.scratch()?.join("code");
            work.step("Unpack the archive", |meter| archive::unpack(file, &folder, meter))?;
            let root = archive::single_root(&folder)?;
            (folder, root)
        }
    };
    let parts = match plan.source {
        Source::Sample => TakenApart { code: folder, ..TakenApart::default() },
        _ => take_apart(work, plan, &folder, &root)?,
    };
    let detected =
        cms::detect(&parts.code).map_err(|error| by_its_name(error, &parts.code, plan))?;
    let uploads = match parts.uploads {
        Some(uploads) => Some(set_aside(work, &uploads)?),
        None => set_uploads_aside(work, &parts.code, &detected)?,
    };
    let author = code::default_author();
    // A history goes to others: it does not tell where this person keeps things.
    let message = format!("Import of {}", shown(plan));
    work.step("Make the first commit", |meter| {
        repository.import_folder(&parts.code, &parts.besides, &author, &message, meter)
    })?;
    let branch = code::FIRST_BRANCH.to_owned();
    Ok(Brought { branch, uploads, database: parts.database, unused: parts.unused })
}

/// The name that the source has.
fn shown(plan: &Plan<'_>) -> String {
    let from = plan.wanted.from.trim_end_matches(['/', '\\']);
    from.rsplit(['/', '\\']).next().unwrap_or(from).to_owned()
}

/// Where the parts are in the folder of a source.
#[derive(Default)]
struct TakenApart {
    code: PathBuf,
    /// What in the code is none.
    besides: Vec<PathBuf>,
    uploads: Option<PathBuf>,
    database: Option<dump::Source>,
    unused: Vec<InspectedPiece>,
}

/// Finds the parts of a source: its code, and what must not get into Git.
fn take_apart(work: &Work<'_>, plan: &Plan<'_>, folder: &Path, root: &Path) -> Result<TakenApart> {
    let wanted = plan.wanted;
    let code_at = root.strip_prefix(folder).unwrap_or(root).to_string_lossy().replace('\\', "/");
    let said =
        Said { taken_as: wanted.taken_as, entry: wanted.entry.as_deref(), code_at: Some(&code_at) };
    let reading = inspect::read_folder(folder, &shown(plan), said)?;
    import_plan::check(&shown(plan), reading.problem.as_ref())?;
    import_site::tell(work, &reading);
    let below = |paths: &[String]| paths.iter().map(|it| folder.join(it)).collect::<Vec<_>>();
    let none = || {
        Error::refused(format!("there is no code of a site in `{}`", wanted.from))
            .hint("Bring a database or uploads into a site that there is: `portico import <file> <site.env>`.")
    };
    let code = reading.code.ok_or_else(none)?;
    let mut besides = below(&reading.not_code);
    let code = match &code.folders[..] {
        [(from, to)] if to.is_empty() => folder.join(from),
        several => {
            let assembled = work.scratch()?.join("assembled");
            work.step("Put the code together", |meter| {
                several.iter().try_for_each(|(from, to)| {
                    files::copy_over(&folder.join(from), &besides, &assembled.join(to), meter)
                })
            })?;
            besides.clear();
            assembled
        }
    };
    if reading
        .database
        .as_ref()
        .is_some_and(|_| cms::detect(&code).is_ok_and(|it| it.cms == Cms::Html))
    {
        work.line("note: the database is not loaded, for the code is HTML alone");
    }
    let uploads = reading.files.map(|it| folder.join(it.root));
    for path in below(&reading.not_files) {
        let removed =
            if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        removed.doing(|| format!("leave out {}", path.display()))?;
    }
    let is_unused = |it: &InspectedPiece| it.becomes == Becomes::Unused;
    let unused = reading.pieces.into_iter().filter(is_unused).collect();
    Ok(TakenApart { code, besides, uploads, database: reading.database, unused })
}

/// The person knows the source by its own name, not by where it was unpacked.
fn by_its_name(error: Error, folder: &Path, plan: &Plan<'_>) -> Error {
    let message = error.message.replace(&folder.display().to_string(), &plan.wanted.from);
    Error { message, ..error }
}

/// Uploads that lie in imported code are content: they go to the first generation, not to Git.
fn set_uploads_aside(
    work: &Work<'_>,
    folder: &Path,
    detected: &Detected,
) -> Result<Option<PathBuf>> {
    let uploads = folder.join(&detected.uploads);
    if detected.uploads.is_empty() || !uploads.is_dir() {
        return Ok(None);
    }
    set_aside(work, &uploads).map(Some)
}

fn set_aside(work: &Work<'_>, uploads: &Path) -> Result<PathBuf> {
    let aside = work.scratch()?.join("uploads");
    fs::rename(uploads, &aside).doing(|| format!("move {}", uploads.display()))?;
    Ok(aside)
}

/// Code without a settings file gets one that reads the environment, as a commit of its own.
fn add_missing_settings(work: &Work<'_>, code: &Path, detected: &Detected) -> Result<()> {
    let Some((file, contents)) = cms::missing_settings_file(code, detected) else { return Ok(()) };
    let path = code.join(&file);
    // Drupal's folder of settings is missing where a .gitignore names it.
    path.parent()
        .map_or(Ok(()), fs::create_dir_all)
        .and_then(|()| fs::write(&path, contents))
        .doing(|| format!("write {}", path.display()))?;
    let author = code::default_author();
    let message = format!("Add {file}, which reads the environment");
    // Many a .gitignore names this file, since it often holds passwords; this one holds none.
    code::commit_file(code, &file, &message, &author)?;
    work.line(format!("the code had no {file}; Portico added one, as a commit"));
    Ok(())
}

/// MariaDB for a known system where it is installed, else SQLite.
fn choose_engine(
    context: &Context,
    wanted: &CreateSite,
    detected: &Detected,
) -> Result<DatabaseEngine> {
    let known = matches!(detected.cms, Cms::WordPress | Cms::Drupal7 | Cms::Drupal);
    let engine = wanted.database.unwrap_or(if known && runtime::has_mariadb() {
        DatabaseEngine::MariaDb
    } else {
        DatabaseEngine::Sqlite
    });
    let needs_plugin = engine == DatabaseEngine::Sqlite && detected.cms == Cms::WordPress;
    if needs_plugin && context.sqlite_plugin.is_none() {
        return Err(Error::missing("the SQLite Database Integration plugin")
            .hint("WordPress needs it to run on SQLite: run `./setup`, or install MariaDB."));
    }
    Ok(engine)
}

/// Uploads that Git tracks are content: they go to the first generation, and one commit takes them out of Git.
/// Answers them, none when there are none.
///
/// # Errors
/// Refused, with the way out, unless the person asked for it.
fn untrack_uploads(
    work: &Work<'_>,
    plan: &Plan<'_>,
    repository: &Repository,
    site: &Site,
) -> Result<Option<PathBuf>> {
    let uploads = &site.uploads;
    if uploads.is_empty() || !repository.tracks(&repository.head(&site.branch)?, uploads)? {
        return Ok(None);
    }
    if !plan.wanted.untrack_uploads {
        return Err(check::uploads_are_tracked(uploads).hint(format!(
            "Add `--untrack-uploads`: they become Dev's uploads, and one more commit takes them \
             out of Git. Or run `git rm -r --cached {uploads}` there, commit, and try again."
        )));
    }
    let code = work.context.layout.code(&Address::new(&site.name, &EnvironmentName::Dev));
    let (from, aside) = (code.join(uploads), work.scratch()?.join("uploads"));
    fs::rename(&from, &aside).doing(|| format!("move {}", from.display()))?;
    let message = format!("Take {uploads} out of Git, for it is content");
    work.step("Take the uploads out of Git", |_| {
        code::commit_changes(&code, &[], &message, &code::default_author())
    })?;
    work.line(format!("{uploads} was tracked by Git; its files are Dev's uploads now"));
    Ok(Some(aside))
}

/// New passwords and salts.
pub(super) fn secrets() -> Result<Secrets> {
    let random = |length| super::work::random_text(length);
    Ok(Secrets {
        database_password: random(24)?,
        wordpress: (0..8).map(|_| random(64)).collect::<Result<_>>()?,
        drupal_hash_salt: random(64)?,
    })
}

/// Who commits for Portico itself.
pub(super) fn author() -> Author {
    code::default_author()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_what_it_is_on_the_disk_or_a_git_url() {
        let dir = tempfile::tempdir().expect("temp dir");
        let folder = dir.path().to_str().expect("utf-8");
        assert_eq!(source(folder).expect_err("empty").code, crate::Code::Refused);
        fs::write(dir.path().join("index.php"), "<?php").expect("writes");
        assert_eq!(source(folder).expect("a folder"), Source::Folder(folder.into()));
        fs::create_dir(dir.path().join(".git")).expect("makes");
        assert_eq!(source(folder).expect("a clone"), Source::Git(folder.into()));
        for url in ["https://example.org/a.git", "git@example.org:a/b.git", "file:///srv/a"] {
            assert_eq!(source(url).expect("a URL"), Source::Git(url.into()));
        }
        let error = source("/no/such/place").expect_err("nothing there");
        assert_eq!(error.code, crate::Code::NotFound);
    }
}
