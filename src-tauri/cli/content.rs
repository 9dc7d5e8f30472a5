//! `import:…`, `export:…`, and `import` that finds out by itself.
use std::{
    fs,
    io::{self, Read, Write},
    path::Path,
    sync::mpsc::{RecvTimeoutError, sync_channel},
    thread,
    time::Duration,
};

use clap::{Args, Subcommand};
use portico_core::{
    Error, Result,
    content::download::is_url,
    model::{
        Address, EnvironmentName, count, human_bytes,
        request::{
            ExportDatabase, ExportFiles, ImportDatabase, ImportFiles, ImportOptions, ImportSite,
            Request, ask,
        },
        view::{Becomes, Holding, ImportPlan, InspectedDatabase, InspectedFiles},
    },
};
use tempfile::TempDir;

use crate::{
    environment,
    output::{Output, print, say},
    paths,
    workflow::{self, confirmation},
};

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true, arg_required_else_help = true)]
pub(crate) struct ImportArguments {
    #[command(subcommand)]
    pub(crate) command: Option<ImportCommand>,
    #[command(flatten)]
    pub(crate) anything: ImportAnything,
}

#[derive(Args)]
pub(crate) struct ImportAnything {
    /// What to import (a dump, a SQLite file, an archive or folder of files, code or a whole site; a path or an address), then the environment
    #[arg(value_name = "FILE… SITE.ENV", num_args = 2..)]
    pub(crate) words: Vec<String>,
    /// Show what would be replaced, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// The message of the commit, where code is imported
    #[arg(long)]
    pub(crate) message: Option<String>,
    #[command(flatten)]
    pub(crate) options: ImportOptions,
}

#[derive(Subcommand)]
pub(crate) enum ImportCommand {
    /// Replace an environment's database by a dump or a SQLite file
    #[command(alias = "db")]
    Database(ImportDatabase),
    /// Replace an environment's files by an archive or a folder
    Files(ImportFiles),
    /// Replace code, database and files by those of a whole site
    Site(ImportSite),
}

#[derive(Subcommand)]
pub(crate) enum ExportCommand {
    /// Write the database as a dump or a SQLite file
    #[command(alias = "db")]
    Database(ExportDatabase),
    /// Write the uploaded files as an archive
    Files(ExportFiles),
}

/// `import:database`, `import:files`, or `import <file>… <site.env>`
pub(crate) fn import(wanted: ImportArguments, output: &Output) -> Result<()> {
    let spool = Spool::default();
    match wanted.command {
        Some(ImportCommand::Database(it)) => run_database(it, &spool, output),
        Some(ImportCommand::Files(it)) => run_files(it, &spool, output),
        Some(ImportCommand::Site(it)) => run_site(it, &spool, output),
        None => anything(wanted.anything, &spool, output),
    }
}

fn run_database(mut wanted: ImportDatabase, spool: &Spool, output: &Output) -> Result<()> {
    wanted.file = spool.absolute(&wanted.file)?;
    wanted.files = wanted.files.map(|files| spool.absolute(&files)).transpose()?;
    let given = wanted.options.confirm.take();
    wanted.options.confirm = confirm(&wanted.environment, given, output);
    workflow::run(&Request::ImportDatabase(wanted), output)
}

fn run_files(mut wanted: ImportFiles, spool: &Spool, output: &Output) -> Result<()> {
    wanted.file = spool.absolute(&wanted.file)?;
    wanted.confirm = confirm(&wanted.environment, wanted.confirm, output);
    workflow::run(&Request::ImportFiles(wanted), output)
}

/// Looks into each file, and brings all parts in one step.
fn anything(wanted: ImportAnything, spool: &Spool, output: &Output) -> Result<()> {
    let mut words = wanted.words;
    let environment = words.pop().filter(|_| !words.is_empty()).ok_or_else(|| {
        Error::usage("files and an environment are needed")
            .hint("Write `portico import backup.sql.gz acme.dev`.")
    })?;
    let files = words.iter().map(|word| {
        let file = spool.absolute(word)?;
        if !is_url(&file) && !Path::new(&file).exists() {
            return Err(Error::not_found("file", word));
        }
        Ok(file)
    });
    let request = ImportSite {
        environment: environment.parse()?,
        files: files.collect::<Result<_>>()?,
        message: wanted.message,
        options: wanted.options,
    };
    if request.files.iter().any(|file| is_url(file)) {
        if wanted.dry_run {
            return Err(Error::refused(
                "what is behind an address is not known before it is downloaded",
            )
            .hint("Download it, and look into the file."));
        }
        return run_site(request, spool, output);
    }
    let question = ask::ImportPlan { request: Box::new(request) };
    let plan = crate::open()?.ask(question)?;
    if wanted.dry_run {
        return show_plan(plan, output);
    }
    if let Some(problem) = plan.problem {
        return Err(problem);
    }
    match plan.request {
        Some(Request::ImportDatabase(it)) => run_database(it, spool, output),
        Some(Request::ImportFiles(it)) => run_files(it, spool, output),
        Some(Request::ImportSite(it)) => run_site(it, spool, output),
        _ => Err(Error::usage("there is nothing to import")),
    }
}

fn run_site(mut wanted: ImportSite, spool: &Spool, output: &Output) -> Result<()> {
    let files = wanted.files.iter().map(|file| spool.absolute(file));
    wanted.files = files.collect::<Result<_>>()?;
    let given = wanted.options.confirm.take();
    wanted.options.confirm = confirm(&wanted.environment, given, output);
    workflow::run(&Request::ImportSite(wanted), output)
}

/// What an import would do, and what stands in its way.
fn show_plan(plan: ImportPlan, output: &Output) -> Result<()> {
    if output.is_json() {
        output.facts(&plan, &[]);
        return Ok(());
    }
    output.table(&["File", "Size", "What it is"], &plan.sources, |it| {
        let by = it.origin.as_ref().map(|it| format!(", by {it}")).unwrap_or_default();
        [it.name.clone(), human_bytes(it.bytes), format!("{}{by}", holding(&it.holds))]
    });
    for source in &plan.sources {
        let pieces = source.pieces.iter().filter(|it| it.becomes == Becomes::Unused);
        for piece in pieces {
            let reason = piece.reason.as_deref().unwrap_or_default();
            say(&format!("not used: {} ({}): {reason}", piece.path, count(piece.files, "file")));
        }
        source.notes.iter().for_each(|note| say(&format!("note: {note}")));
    }
    if let Some(problem) = plan.problem {
        return Err(problem);
    }
    print("");
    let parts = [(plan.code, "code"), (plan.database, "database"), (plan.files, "files")];
    let parts: Vec<&str> =
        parts.iter().filter(|(is_there, _)| *is_there).map(|(_, part)| *part).collect();
    output.facts(
        &plan,
        &[
            ("replaces", format!("{} of {}", parts.join(", "), plan.environment)),
            ("converts", environment::pairs(&plan.pairs)),
            ("disk", environment::disk(&plan.effort, "at least")),
            ("time", environment::time(&plan.effort)),
        ],
    );
    Ok(())
}

fn holding(holds: &Holding) -> String {
    let of = |whole: bool| if whole { "code" } else { "a part of the code" };
    let place = |root: &str| if root.is_empty() { String::new() } else { format!(" in `{root}`") };
    match holds {
        Holding::Database(it) => database(it),
        Holding::Files(it) => files(it),
        Holding::Content { database: it, files: uploads } => {
            format!("{}; {}", database(it), files(uploads))
        }
        Holding::Code { cms, root, whole, uploads } => {
            let uploads = uploads.as_ref().map(|_| ", with uploads").unwrap_or_default();
            format!("{} of {}{}{uploads}", of(*whole), cms.title(), place(root))
        }
        Holding::Site { cms, root, whole, dump, .. } => {
            let dump =
                if dump.is_empty() { "several files".to_owned() } else { format!("`{dump}`") };
            format!(
                "a whole site of {}: {}{}, database in {dump}",
                cms.title(),
                of(*whole),
                place(root)
            )
        }
        Holding::Doubt { reason, .. } => format!("not clear: {reason}"),
        Holding::Unusable { reason, .. } => format!("not usable: {reason}"),
    }
}

fn at_least(complete: bool) -> &'static str {
    if complete { "" } else { " at least" }
}

fn database(it: &InspectedDatabase) -> String {
    let kind = if it.sqlite { "SQLite file" } else { "dump of a database" };
    let system = it.cms.map(|cms| format!(", {} with prefix `{}`", cms.title(), it.prefix));
    let tables = count(it.tables.len() as u64, "table");
    let from = it.addresses.join(", ");
    format!("{kind}{}: {tables}{} {from}", system.unwrap_or_default(), at_least(it.complete))
}

fn files(it: &InspectedFiles) -> String {
    let root = if it.root.is_empty() { String::new() } else { format!(", in `{}`", it.root) };
    let files = count(it.count, "file");
    format!("{files}{}, {}{root}", at_least(it.complete), human_bytes(it.bytes))
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

    /// The owner may run in another folder: a path is made absolute; `-` is read into a file. An address stays.
    fn absolute(&self, path: &str) -> Result<String> {
        if is_url(path) {
            return Ok(path.to_owned());
        }
        if path == "-" {
            let file = self.folder()?.path().join("standard-input");
            let doing = |error| Error::failed("read standard input").because(error);
            let mut spooled = fs::File::create(&file).map_err(doing)?;
            io::copy(&mut io::stdin().lock(), &mut spooled).map_err(doing)?;
            return Ok(file.display().to_string());
        }
        match is_stream(path) {
            true => self.spooled(path),
            false => Ok(paths::absolute(path)),
        }
    }

    /// Reads a pipe to its end into a file of its name: it can be read once, and only by who is beside it.
    ///
    /// # Errors
    /// Refused when nothing comes for [`SILENCE`].
    fn spooled(&self, path: &str) -> Result<String> {
        let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
        let doing = |error| Error::failed(format!("read `{path}`")).because(error);
        let file = self.folder()?.path().join(name);
        let mut spooled = fs::File::create(&file).map_err(doing)?;
        let (send, chunks) = sync_channel(8);
        let pipe = path.to_owned();
        // It may wait for a writer that never comes, and ends with this command then.
        thread::spawn(move || {
            let read = fs::File::open(pipe).and_then(|mut input| {
                let mut buffer = vec![0; 256 << 10];
                loop {
                    let count = input.read(&mut buffer)?;
                    if count == 0 || send.send(Ok(buffer[..count].to_vec())).is_err() {
                        return Ok(());
                    }
                }
            });
            if let Err(error) = read {
                // Nobody waits for it any more once the command has given up.
                drop(send.send(Err(error)));
            }
        });
        loop {
            match chunks.recv_timeout(SILENCE) {
                Ok(chunk) => spooled.write_all(&chunk.map_err(doing)?).map_err(doing)?,
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    let seconds = SILENCE.as_secs();
                    return Err(Error::refused(format!(
                        "nothing came from the pipe `{path}` in {seconds} s"
                    ))
                    .hint("Start what writes into it, or write into a file first."));
                }
            }
        }
        Ok(file.display().to_string())
    }
}

/// So long nothing may come from a pipe before it is given up.
const SILENCE: Duration = Duration::from_secs(30);

/// Whether what is at a path can be read once alone: a pipe, `/dev/stdin`, what a shell puts for `<(…)`.
fn is_stream(path: &str) -> bool {
    fs::metadata(path).is_ok_and(|it| !it.is_file() && !it.is_dir())
}
