//! What both shells read from the environment, once, at their edge. The core is told, it never looks.
use std::{
    env,
    path::{Path, PathBuf},
    time::Duration,
};

use portico_core::{Config, Error, Result, Session, Truth, layout::Layout, places};

use crate::log;

/// After so long without a request an environment's PHP and database sleep.
const IDLE: Duration = Duration::from_secs(15 * 60);

/// How long one of a site's own scripts may take, unless the surroundings say otherwise.
const HOOK_LIMIT: Duration = Duration::from_secs(120);

/// The root folder, the port and what setup installed, as the surroundings say.
pub(crate) fn config() -> Result<Config> {
    let port = match env::var("PORTICO_PORT") {
        Err(_) => None,
        Ok(text) => Some(text.parse().ok().filter(|port| *port != 0).ok_or_else(|| {
            Error::usage(format!("PORTICO_PORT is `{text}`, which is no port"))
                .hint("A port is a number from 1 to 65535.")
        })?),
    };
    Ok(Config {
        root: root()?,
        port,
        sqlite_plugin: sqlite_plugin(),
        program: program(),
        confiner: confiner(),
        idle: IDLE,
        hook_limit: hook_limit()?,
        truth: Truth::Trusted,
    })
}

/// Opens the root folder of `config`; from then on this process has a log.
pub(crate) fn open(config: &Config) -> Result<Session> {
    let wanted = env::var_os("PORTICO_LOG").filter(|it| !it.is_empty());
    let wanted = wanted.as_deref().map(std::ffi::OsStr::to_string_lossy);
    log::start(&Layout::new(config.root.clone()), wanted.as_deref())?;
    Session::open(config)
}

/// `PORTICO_HOOK_SECONDS`, else what Pantheon allows.
fn hook_limit() -> Result<Duration> {
    let Ok(text) = env::var("PORTICO_HOOK_SECONDS") else { return Ok(HOOK_LIMIT) };
    let seconds = text.parse().ok().filter(|seconds| (1..=86_400).contains(seconds));
    let seconds = seconds.ok_or_else(|| {
        Error::usage(format!("PORTICO_HOOK_SECONDS is `{text}`"))
            .hint("Write a number of seconds from 1 to 86400.")
    })?;
    Ok(Duration::from_secs(seconds))
}

/// `PORTICO_HOME`, else `Portico` in the person's home.
pub(crate) fn root() -> Result<PathBuf> {
    let chosen = env::var_os("PORTICO_HOME").filter(|it| !it.is_empty()).map(PathBuf::from);
    let chosen = chosen.map(from_home);
    let root = chosen.or_else(|| env::home_dir().map(|home| home.join("Portico")));
    let root = root.ok_or_else(|| {
        Error::usage("no home folder is known").hint("Set PORTICO_HOME to a folder.")
    })?;
    let absolute = std::path::absolute(&root).map_err(|error| {
        Error::failed(format!("find the folder {}", root.display())).because(error)
    })?;
    // Without a slash at its end, or two in the middle.
    Ok(absolute.components().collect())
}

/// A path whose `~` no shell has expanded, because it stood in quotes or came from a file or a form.
pub(crate) fn from_home(path: PathBuf) -> PathBuf {
    match (path.strip_prefix("~"), env::home_dir()) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => path,
    }
}

/// This very program, even where an update has put another one in its place: named by the process, for a shell starts it.
fn confiner() -> Option<PathBuf> {
    match cfg!(target_os = "linux") {
        true => Some(format!("/proc/{}/exe", std::process::id()).into()),
        false => env::current_exe().ok(),
    }
}

/// The command `portico`: this program, or the one beside the window's.
fn program() -> Option<PathBuf> {
    let name = format!("portico{}", env::consts::EXE_SUFFIX);
    let program = env::current_exe().ok()?.with_file_name(name);
    program.is_file().then_some(program)
}

/// Where `setup` or a package put the SQLite Database Integration plugin.
fn sqlite_plugin() -> Option<PathBuf> {
    places::sqlite_plugin(
        env::var_os("PORTICO_SQLITE_PLUGIN").map(PathBuf::from),
        env::var_os("XDG_DATA_HOME").map(PathBuf::from),
        env::home_dir(),
        env::current_exe().ok().as_deref().and_then(Path::parent),
    )
}
