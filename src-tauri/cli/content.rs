//! `import:…`, `export:…`, and `import` that finds out by itself.
use std::{fs, io, path::Path};

use portico_core::{
    Error, Result,
    content::dump::{self, Content},
    model::{
        Address, EnvironmentName,
        request::{ExportDatabase, ExportFiles, ImportDatabase, ImportFiles, Request},
    },
};
use tempfile::TempDir;

use crate::{
    arguments::{ExportCommand, ImportAnything, ImportArguments, ImportCommand},
    output::Output,
    workflow::{self, confirmation},
};

/// `import:database`, `import:files`, or `import <file>… <site.env>`
pub(crate) fn import(wanted: ImportArguments, output: &Output) -> Result<()> {
    let spool = Spool::default();
    match wanted.command {
        Some(ImportCommand::Database(it)) => run_database(it, &spool, output),
        Some(ImportCommand::Files(it)) => run_files(it, &spool, output),
        None => anything(wanted.anything, &spool, output),
    }
}

fn run_database(mut wanted: ImportDatabase, spool: &Spool, output: &Output) -> Result<()> {
    wanted.file = spool.absolute(&wanted.file)?;
    wanted.files = wanted.files.map(|files| spool.absolute(&files)).transpose()?;
    wanted.confirm = confirm(&wanted.environment, wanted.confirm, output);
    workflow::run(&Request::ImportDatabase(wanted), output)
}

fn run_files(mut wanted: ImportFiles, spool: &Spool, output: &Output) -> Result<()> {
    wanted.file = spool.absolute(&wanted.file)?;
    wanted.confirm = confirm(&wanted.environment, wanted.confirm, output);
    workflow::run(&Request::ImportFiles(wanted), output)
}

/// Looks into each file, and brings a database and files in one step.
fn anything(wanted: ImportAnything, spool: &Spool, output: &Output) -> Result<()> {
    let mut words = wanted.words;
    let environment = words.pop().filter(|_| !words.is_empty()).ok_or_else(|| {
        Error::usage("files and an environment are needed")
            .hint("Write `portico import backup.sql.gz acme.dev`.")
    })?;
    let environment: Address = environment.parse()?;
    let (mut database, mut files) = (None, None);
    for word in words {
        let file = spool.absolute(&word)?;
        if !Path::new(&file).exists() {
            return Err(Error::not_found("file", &word));
        }
        let place = match dump::look(Path::new(&file))? {
            Content::Sql | Content::Sqlite => &mut database,
            Content::Archive | Content::Folder => &mut files,
            Content::Unknown => {
                return Err(Error::refused(format!("`{word}` is no dump and no archive")));
            }
        };
        if place.replace(file).is_some() {
            return Err(Error::usage(format!("`{word}` is the second file of its kind")));
        }
    }
    let confirm = wanted.confirm;
    match (database, files) {
        (Some(file), files) => {
            let wanted = ImportDatabase {
                environment,
                file,
                files,
                from_database: wanted.from_database,
                entry: wanted.entry,
                from_url: wanted.from_url,
                keep_urls: wanted.keep_urls,
                updatedb: wanted.updatedb,
                cc: wanted.cc,
                confirm,
            };
            run_database(wanted, spool, output)
        }
        (None, Some(file)) => run_files(ImportFiles { environment, file, confirm }, spool, output),
        (None, None) => Err(Error::usage("there is nothing to import")),
    }
}

fn confirm(environment: &Address, given: Option<String>, output: &Output) -> Option<String> {
    if environment.environment != EnvironmentName::Live {
        return given;
    }
    let question = format!("This replaces Live's content of {}.", environment.site);
    confirmation(given, &environment.site, &question, output)
}

/// `export:database` and `export:files`
pub(crate) fn export(command: ExportCommand, output: &Output) -> Result<()> {
    let spool = Spool::default();
    let (to, ending) = match &command {
        ExportCommand::Database(it) => (it.to.clone(), "sql"),
        ExportCommand::Files(it) => (it.to.clone(), "tar.gz"),
    };
    let file = match to.as_str() {
        "-" => spool.folder()?.path().join(format!("export.{ending}")).display().to_string(),
        _ => spool.absolute(&to)?,
    };
    let request = match command {
        ExportCommand::Database(it) => {
            Request::ExportDatabase(ExportDatabase { to: file.clone(), ..it })
        }
        ExportCommand::Files(it) => Request::ExportFiles(ExportFiles { to: file.clone(), ..it }),
    };
    if to != "-" {
        return workflow::run(&request, output);
    }
    workflow::run_silently(&request, output)?;
    let doing = |error| Error::failed("write to standard output").because(error);
    let mut written = fs::File::open(&file).map_err(doing)?;
    io::copy(&mut written, &mut io::stdout().lock()).map(drop).map_err(doing)
}

/// Where what comes by standard input waits: the owner may be another process. Gone when the command ends.
#[derive(Default)]
struct Spool(std::cell::OnceCell<TempDir>);

impl Spool {
    fn folder(&self) -> Result<&TempDir> {
        if self.0.get().is_none() {
            let folder = tempfile::Builder::new().prefix("portico-").tempdir();
            let folder = folder.map_err(|error| Error::failed("make a folder").because(error))?;
            drop(self.0.set(folder));
        }
        self.0.get().ok_or_else(|| Error::failed("make a folder"))
    }

    /// The owner may run in another folder: a path is made absolute; `-` is read into a file.
    fn absolute(&self, path: &str) -> Result<String> {
        if path == "-" {
            let file = self.folder()?.path().join("standard-input");
            let doing = |error| Error::failed("read standard input").because(error);
            let mut spooled = fs::File::create(&file).map_err(doing)?;
            io::copy(&mut io::stdin().lock(), &mut spooled).map_err(doing)?;
            return Ok(file.display().to_string());
        }
        let absolute = std::path::absolute(path);
        Ok(absolute.map_or_else(|_| path.to_owned(), |path| path.display().to_string()))
    }
}
