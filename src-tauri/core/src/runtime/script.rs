//! Running one PHP script to its end.
use std::{fs, path::Path, process::Command, sync::Arc};

use super::{
    PhpSpec, php,
    process::{ending, last_lines, run, with_lines},
    warden::Warden,
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
        warden: &Arc<Warden>,
        meter: Meter<'_>,
    ) -> Result<String> {
        let prepared = prepare(self.file, self.arguments, self.folder, spec, sockets)?;
        let mut command = prepared.command;
        let output = run(&mut command, self.input, warden, meter)?;
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
    pub(super) settings: tempfile::TempDir,
}

/// PHP's command line for a script, with the settings and variables of `spec`; files for that go to `sockets`.
pub(super) fn prepare(
    file: &Path,
    arguments: &[String],
    folder: &Path,
    spec: &PhpSpec,
    sockets: &Path,
) -> Result<Prepared> {
    let all = php::installations();
    // Of the installations that serve, the one that serves this site: the version must be the same.
    let chosen = php::choose(&all, spec.version.as_deref(), |it| it.server().is_some())
        .filter(|it| it.cli.is_some())
        .or_else(|| php::choose(&all, spec.version.as_deref(), |it| it.cli.is_some()));
    let program =
        chosen.and_then(|it| it.cli.as_ref()).ok_or_else(|| Error::missing("PHP (php)"))?;
    let settings = tempfile::Builder::new()
        .prefix("run-")
        .tempdir_in(sockets)
        .doing(|| format!("write to {}", sockets.display()))?;
    fs::create_dir_all(&spec.logs).doing(|| format!("create {}", spec.logs.display()))?;
    let errors = spec.logs.join("php-error.log");
    // Standard output is the script's answer; what went wrong is told beside it.
    let last = [("display_errors", "stderr"), ("html_errors", "0")];
    php::write_settings(settings.path(), &errors, &spec.settings, &last)?;
    let mut command = Command::new(program);
    command
        .arg(file)
        .args(arguments)
        .current_dir(folder)
        .env("PHP_INI_SCAN_DIR", php::scan_path(settings.path()))
        .envs(spec.variables.iter().map(|(name, value)| (name, value)));
    Ok(Prepared { command, settings })
}
