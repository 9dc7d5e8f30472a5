//! New data directories: copies of one that is initialised once for each server version.
use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use super::{
    mariadb::{Installation, TEMPORARY, as_root, installation},
    process::{ending, last_lines, run, talker, with_lines},
    programs,
    supervisor::Supervisor,
};
use crate::{
    durable,
    error::{Doing, Error, Result},
    folder,
    progress::Meter,
};

/// What the name of a folder that is being made has behind its own, and the number of the process that makes it.
const NEW: &str = ".new-";

/// Makes `data` a copy of the template of the installed version, which is made if there is none yet.
pub(super) fn create(
    templates: &Path,
    data: &Path,
    supervisor: &Arc<Supervisor>,
    meter: Meter<'_>,
) -> Result<()> {
    let server = installation().ok_or_else(|| Error::missing("MariaDB (or MySQL)"))?;
    let template = templates.join(server.template());
    if !template.is_dir() {
        let new = new_beside(&template);
        let made = initialise(&server, &new, supervisor, meter)
            // It is believed for as long as it is there, whatever becomes of the workflow that made it.
            .and_then(|()| durable::tree(&new))
            .and_then(|()| move_to(&new, &template));
        made.inspect_err(|_| drop(fs::remove_dir_all(&new)))?;
    }
    let new = new_beside(data);
    let copied = copy(&template, &new, meter).and_then(|()| move_to(&new, data));
    copied.inspect_err(|_| drop(fs::remove_dir_all(&new)))
}

/// Deletes the templates of other servers than the one on this machine; nothing where there is none now.
pub(super) fn remove_old(templates: &Path) -> Result<()> {
    let Some(server) = installation() else { return Ok(()) };
    let own = server.template();
    for entry in folder::entries(templates)? {
        let (name, path) = (entry.file_name(), entry.path());
        let name = name.to_string_lossy();
        let is_being_made = name.strip_prefix(&own).is_some_and(|it| it.starts_with(NEW));
        if name != own && !is_being_made {
            fs::remove_dir_all(&path).doing(|| format!("delete {}", path.display()))?;
        }
    }
    Ok(())
}

/// A place for what will be moved to `path` when it is whole.
fn new_beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().map(OsString::from).unwrap_or_default();
    name.push(format!("{NEW}{}", std::process::id()));
    path.with_file_name(name)
}

fn move_to(new: &Path, place: &Path) -> Result<()> {
    // An empty folder may be there; a full one is never replaced.
    if place.is_dir() {
        fs::remove_dir(place).doing(|| format!("replace {}", place.display()))?;
    }
    fs::rename(new, place).doing(|| format!("move {} into its place", place.display()))
}

/// Has the server write an empty data directory.
fn initialise(
    server: &Installation,
    data: &Path,
    supervisor: &Arc<Supervisor>,
    meter: Meter<'_>,
) -> Result<()> {
    // Left over from an owner that died.
    let _ = fs::remove_dir_all(data);
    fs::create_dir_all(data).doing(|| format!("create {}", data.display()))?;
    meter.line(format!("preparing {} once", server.label()));
    let mut command = initialiser(server, data)?;
    let output = run(&mut command, "", supervisor, meter)?;
    if output.status.success() {
        return Ok(());
    }
    let error = Error::failed(format!("initialise a data directory of {}", server.label()))
        .because(ending(output.status));
    let said = [String::from_utf8_lossy(&output.stdout).as_ref(), &output.last_lines.join("\n")]
        .join("\n");
    Err(with_lines(error, last_lines(&said)))
}

/// The program that initialises; MySQL's server does it itself, MariaDB has one beside (a shell script on Unix).
fn initialiser(server: &Installation, data: &Path) -> Result<Command> {
    let path = |option: &str| {
        let mut option = OsString::from(option);
        option.push(data);
        option
    };
    if !server.is_mariadb {
        let mut command = talker(&server.program);
        command.args(["--no-defaults", "--initialize-insecure"]).arg(path("--datadir="));
        command.args(as_root());
        return Ok(command);
    }
    let install = programs::find(&["mariadb-install-db", "mysql_install_db"])
        .ok_or_else(|| Error::missing("mariadb-install-db"))?;
    let mut command = talker(install);
    if cfg!(windows) {
        command.arg(path("--datadir="));
        return Ok(command);
    }
    let temporary = data.join(TEMPORARY);
    fs::create_dir_all(&temporary).doing(|| format!("create {}", temporary.display()))?;
    // The script takes a path apart at spaces and wildcards: it is told places as they are seen from inside.
    command.current_dir(data).args(["--no-defaults", "--datadir=."]);
    command
        .arg(format!("--tmpdir=./{TEMPORARY}"))
        .args(["--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"])
        .args(["--innodb-flush-method=fsync", "--innodb-log-file-size=8M"])
        .args(as_root());
    Ok(command)
}

/// Copies a template: some hundred small files, so one thread is enough.
fn copy(from: &Path, to: &Path, meter: Meter<'_>) -> Result<()> {
    meter.check()?;
    let reading = || format!("read {}", from.display());
    fs::create_dir_all(to).doing(|| format!("create {}", to.display()))?;
    for entry in fs::read_dir(from).doing(reading)? {
        let entry = entry.doing(reading)?;
        let place = to.join(entry.file_name());
        if entry.file_type().doing(reading)?.is_dir() {
            copy(&entry.path(), &place, meter)?;
        } else {
            meter.check()?;
            fs::copy(entry.path(), &place).doing(|| format!("copy to {}", place.display()))?;
        }
    }
    Ok(())
}
