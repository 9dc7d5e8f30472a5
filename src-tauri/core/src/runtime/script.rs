//! PHP programs outside of a pool: one script run to its end, or what a person's tool runs.
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use tempfile::TempDir;

use super::{
    PhpSpec, confinement, php,
    process::{ending, last_lines, run, talker, with_lines},
    supervisor::Supervisor,
};
use crate::{
    error::{Doing, Error, Result},
    progress::Meter,
};

/// A script with all that it is given.
pub(super) struct Script<'a> {
    pub(super) file: &'a Path,
    pub(super) arguments: &'a [String],
    /// Where it runs.
    pub(super) folder: &'a Path,
    /// Its standard input.
    pub(super) input: &'a str,
}

impl Script<'_> {
    /// Runs it with the settings and variables of `spec`; files for that go to `sockets`. Answers its standard output.
    pub(super) fn run(
        &self,
        spec: &PhpSpec,
        sockets: &Path,
        supervisor: &Arc<Supervisor>,
        meter: Meter<'_>,
    ) -> Result<String> {
        let prepared = prepare(self.file, self.arguments, self.folder, spec, sockets)?;
        let mut command = prepared.command;
        let output = run(&mut command, self.input, supervisor, meter)?;
        let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success() {
            return Ok(stdout);
        }
        let error =
            Error::failed(format!("run {}", self.file.display())).because(ending(output.status));
        let said = match output.last_lines.is_empty() {
            true => last_lines(&stdout),
            false => output.last_lines,
        };
        Err(with_lines(error, said))
    }
}

/// PHP with a script, and the settings that it reads for as long as they live.
pub(super) struct Prepared {
    pub(super) command: Command,
    pub(super) settings: TempDir,
}

/// PHP's command line for a script, with the settings and variables of `spec`; files for that go to `sockets`.
pub(super) fn prepare(
    file: &Path,
    arguments: &[String],
    folder: &Path,
    spec: &PhpSpec,
    sockets: &Path,
) -> Result<Prepared> {
    let Program { program, settings } = with_settings(spec, sockets)?;
    let mut command = confinement::command(|it| talker(it), &program, spec, settings.path(), false);
    command.arg(file).args(arguments).current_dir(folder);
    Ok(Prepared { command, settings })
}

/// A PHP program with the settings of an environment.
struct Program {
    program: PathBuf,
    settings: TempDir,
}

fn with_settings(spec: &PhpSpec, sockets: &Path) -> Result<Program> {
    let all = php::installations();
    // Of the installations that serve, the one that serves this site: the version must be the same.
    let chosen = php::choose(&all, spec.version.as_deref(), |it| it.server().is_some())
        .filter(|it| it.cli.is_some())
        .or_else(|| php::choose(&all, spec.version.as_deref(), |it| it.cli.is_some()));
    let program =
        chosen.and_then(|it| it.cli.clone()).ok_or_else(|| Error::missing("PHP (php)"))?;
    let settings = tempfile::Builder::new()
        .prefix("run-")
        .tempdir_in(sockets)
        .doing(|| format!("write to {}", sockets.display()))?;
    fs::create_dir_all(&spec.logs).doing(|| format!("create {}", spec.logs.display()))?;
    let errors = spec.logs.join("php-error.log");
    // Standard output is the script's answer; what went wrong is told beside it.
    let last = [("display_errors", "stderr"), ("html_errors", "0")];
    php::write_settings(settings.path(), &errors, &confinement::settings(spec), &last)?;
    Ok(Program { program, settings })
}

/// A PHP program that somebody else starts. Its settings go with this.
pub struct LentPhp {
    /// The program.
    pub program: PathBuf,
    /// The value of `PHP_INI_SCAN_DIR` that brings the settings.
    pub scan: PathBuf,
    /// A folder whose `php` is the program.
    pub path: PathBuf,
    _settings: TempDir,
}

/// Makes a PHP program ready with the settings of `spec`; files for that go to `sockets`.
pub(super) fn lend(spec: &PhpSpec, sockets: &Path) -> Result<LentPhp> {
    let Program { program, settings } = with_settings(spec, sockets)?;
    let path = php_folder(&program, settings.path())?;
    Ok(LentPhp { scan: php::scan_path(settings.path()).into(), program, path, _settings: settings })
}

/// A folder below `folder` whose `php` is a link to the program.
#[cfg(unix)]
fn php_folder(program: &Path, folder: &Path) -> Result<PathBuf> {
    let path = folder.join("bin");
    fs::create_dir(&path)
        .and_then(|()| std::os::unix::fs::symlink(program, path.join("php")))
        .doing(|| format!("write to {}", folder.display()))?;
    Ok(path)
}

/// The program's own folder: PHP for Windows calls it `php.exe` in every version.
#[cfg(not(unix))]
fn php_folder(program: &Path, folder: &Path) -> Result<PathBuf> {
    Ok(program.parent().unwrap_or(folder).to_owned())
}
