//! `backup:…`
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use portico_core::{
    Error, Result,
    model::{
        Address, Backup, BackupPart, Elements, human_bytes,
        request::{
            CreateBackup, DeleteBackup, ExpireBackups, Request, RestoreBackup, VerifyBackup, ask,
        },
    },
};

use crate::{
    generation,
    output::{Output, print, say},
    workflow::run,
};

#[derive(Subcommand)]
pub(crate) enum BackupCommand {
    /// Make archives of an environment's code, database and files, and read them back
    Create(CreateBackup),
    /// List the backups of an environment, newest first
    List {
        /// The environment, as in `acme.live`
        #[arg(value_name = "SITE.ENV")]
        environment: Address,
        /// Only those that hold this
        #[arg(long, value_enum, default_value = "all")]
        element: Elements,
    },
    /// Show what is known of a backup and one of its archives
    Info(BackupFile),
    /// Print where an archive is, or copy it
    Get {
        #[command(flatten)]
        file: BackupFile,
        /// Copy it to this file, or into this folder
        #[arg(long, value_name = "PATH")]
        to: Option<PathBuf>,
    },
    /// Bring an environment back from a backup, or another environment to its state; it can be undone
    Restore(RestoreBackup),
    /// Read backups to their end and compare them with what was written
    Verify(VerifyBackup),
    /// Delete a backup; it can be undone until it is pruned
    Delete(DeleteBackup),
    /// Let backups go that were kept long enough; Portico does so once a day
    Expire(ExpireBackups),
}

#[derive(Args)]
pub(crate) struct BackupFile {
    /// The environment, as in `acme.live`
    #[arg(value_name = "SITE.ENV")]
    pub(crate) environment: Address,
    /// The archive, or the backup by its id [default: the newest that has it]
    #[arg(long, value_name = "ID|FILE")]
    pub(crate) file: Option<String>,
    /// Which part of it
    #[arg(long, value_enum, default_value = "files")]
    pub(crate) element: Elements,
}

pub(crate) fn backup(command: BackupCommand, output: &Output) -> Result<()> {
    match command {
        BackupCommand::Create(wanted) => run(&Request::CreateBackup(wanted), output),
        BackupCommand::Delete(wanted) => run(&Request::DeleteBackup(wanted), output),
        BackupCommand::Expire(wanted) => run(&Request::ExpireBackups(wanted), output),
        BackupCommand::Verify(wanted) => run(&Request::VerifyBackup(wanted), output),
        BackupCommand::Restore(mut wanted) => {
            let to = wanted.destination();
            wanted.confirm = generation::confirm(&to, wanted.confirm, "replaces", output);
            run(&Request::RestoreBackup(wanted), output)
        }
        BackupCommand::List { environment, element } => list(environment, element, output),
        BackupCommand::Info(wanted) => info(wanted, output),
        BackupCommand::Get { file, to } => get(file, to, output),
    }
}

fn all(environment: &Address) -> Result<Vec<Backup>> {
    crate::open()?.ask(ask::Backups { environment: environment.clone() })
}

fn list(environment: Address, element: Elements, output: &Output) -> Result<()> {
    let mut all = all(&environment)?;
    if element != Elements::All {
        all.retain(|it| element.each().iter().all(|part| it.part(*part).is_some()));
    }
    if all.is_empty() && !output.is_json() {
        say(&format!(
            "No backups available. Create one with `portico backup:create {environment}`."
        ));
    }
    let headings = ["Id", "Made", "Holds", "Size", "Kept until", "Checked", "Note"];
    output.table(&headings, &all, |it| {
        let holds: Vec<_> = it.parts.iter().map(|part| part.element.as_str()).collect();
        let bytes = it.parts.iter().map(|part| part.bytes).sum();
        [
            it.id.clone(),
            it.made.to_string(),
            holds.join(", "),
            human_bytes(bytes),
            it.kept_until.map_or_else(|| "you delete it".into(), |it| it.to_string()),
            checked(it),
            it.note.clone().unwrap_or_default(),
        ]
    });
    Ok(())
}

fn checked(backup: &Backup) -> String {
    match &backup.check {
        None => "never".into(),
        Some(check) => match &check.problem {
            Some(problem) => format!("damaged: {problem}"),
            None => check.at.to_string(),
        },
    }
}

/// The archive that is meant: the one that is named, or that part of the newest backup which has it.
fn archive(wanted: &BackupFile) -> Result<(PathBuf, Backup, BackupPart)> {
    let environment = &wanted.environment;
    let all = all(environment)?;
    let element = match wanted.element {
        Elements::All => {
            return Err(Error::usage("which archive is meant is not said")
                .hint("Add `--element code`, `files` or `database`."));
        }
        element => element.each()[0],
    };
    let part = |backup: &Backup| {
        let mut parts = backup.parts.iter();
        parts
            .find(|it| match &wanted.file {
                Some(file) => it.file == *file || (backup.id == *file && it.element == element),
                None => it.element == element,
            })
            .cloned()
    };
    let found = all.into_iter().find_map(|it| part(&it).map(|part| (it, part)));
    let (backup, part) = found.ok_or_else(|| match &wanted.file {
        Some(file) => Error::not_found("archive", file),
        None => Error::refused(format!("{environment} has no backup of its {element}"))
            .hint(format!("Make one: `portico backup:create {environment}`.")),
    })?;
    Ok((Path::new(&backup.folder).join(&part.file), backup, part))
}

fn info(wanted: BackupFile, output: &Output) -> Result<()> {
    let (path, backup, part) = archive(&wanted)?;
    output.facts(
        &backup,
        &[
            ("filename", part.file.clone()),
            ("size", human_bytes(part.bytes)),
            ("made", backup.made.to_string()),
            (
                "kept until",
                backup.kept_until.map_or_else(|| "you delete it".into(), |it| it.to_string()),
            ),
            ("note", backup.note.clone().unwrap_or_default()),
            ("address", backup.url.clone()),
            ("commit", backup.commit.clone()),
            ("on", backup.reference.clone()),
            ("sha256", part.sha256.clone()),
            ("checked", checked(&backup)),
            ("path", path.display().to_string()),
        ],
    );
    Ok(())
}

/// Prints where the archive is, or copies it to where nothing is.
fn get(wanted: BackupFile, to: Option<PathBuf>, output: &Output) -> Result<()> {
    let (path, _, part) = archive(&wanted)?;
    let Some(to) = to else {
        print(&path.display().to_string());
        return Ok(());
    };
    let to = if to.is_dir() { to.join(&part.file) } else { to };
    copy(&path, &to)?;
    if !output.is_json() {
        say(&format!("{} was written to {}", part.file, to.display()));
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    let failed =
        |error: std::io::Error| Error::failed(format!("copy to {}", to.display())).because(error);
    let mut source = std::fs::File::open(from).map_err(failed)?;
    let mut options = std::fs::File::options();
    let opened = options.write(true).create_new(true).open(to);
    let mut target = opened.map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => {
            Error::refused(format!("`{}` exists already", to.display()))
                .hint("Choose another name.")
        }
        _ => failed(error),
    })?;
    let copied = std::io::copy(&mut source, &mut target).map_err(failed);
    copied.and_then(|_| portico_core::durable::file(to)).inspect_err(|_| {
        // Half of an archive is worth nothing.
        drop(std::fs::remove_file(to));
    })
}
