//! What the shells are told about an environment's lock, logs, mail and cron, and what its tools are lent.
use std::path::PathBuf;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Address, Database};

/// `lock:info`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct LockInfo {
    /// Whether visitors meet a password.
    pub locked: bool,
    /// The user's name, while it is locked.
    pub username: Option<String>,
    /// The password, readable as on Pantheon: the team needs it.
    pub password: Option<String>,
}

/// Which log of an environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[derive(clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogKind {
    /// Errors, warnings and notices of PHP.
    Php,
    /// Every request.
    Access,
    /// Requests whose answer took a second or longer to begin.
    Slow,
    /// Errors of the database, as the site and the server tell them.
    Database,
    /// Mail that was caught, a line a message.
    Mail,
}

/// The newest lines of a log, or those that came since a cursor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct LogPage {
    /// Oldest first.
    pub entries: Vec<LogEntry>,
    /// Where to read on.
    pub cursor: String,
    /// Whether older entries were left out.
    pub cut: bool,
}

/// One entry of a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct LogEntry {
    /// How bad it is.
    pub level: LogLevel,
    /// The entry as the log has it; a stack trace has several lines.
    pub text: String,
}

/// How bad an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// The request died.
    Fatal,
    /// Something went wrong.
    Error,
    /// Something may be wrong.
    Warning,
    /// Everything else.
    Info,
}

/// A row of `mail:list`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct MailRow {
    /// Its name in the environment's mail folder.
    pub id: String,
    /// When it was caught.
    #[cfg_attr(test, ts(type = "string"))]
    pub at: Timestamp,
    /// Who sent it, as its head says.
    pub from: String,
    /// Whom it is for.
    pub to: String,
    /// What it is about.
    pub subject: String,
    /// How many files come with it.
    pub attachments: u32,
    /// Its size.
    #[cfg_attr(test, ts(type = "number"))]
    pub bytes: u64,
}

/// `mail:show`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct MailMessage {
    /// What the list shows.
    pub row: MailRow,
    /// Its head, as it was sent.
    pub head: String,
    /// The text part; made from the HTML where there is none.
    pub text: Option<String>,
    /// The HTML part, with the pictures that came with the message inside it.
    pub html: Option<String>,
    /// The files that come with it.
    pub attachments: Vec<MailAttachment>,
}

/// A file that came with a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct MailAttachment {
    /// Its name, with nothing in it that could leave a folder.
    pub name: String,
    /// Its media type.
    pub media_type: String,
    /// Its size.
    #[cfg_attr(test, ts(type = "number"))]
    pub bytes: u64,
}

/// When an environment's cron runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum CronMode {
    /// Every hour while the environment is awake, as on Pantheon; it is not woken for it.
    Awake,
    /// At its interval, and the environment is woken for it.
    On,
    /// Only when it is asked for.
    Off,
}

/// `cron:info`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct CronInfo {
    /// When it runs.
    pub mode: CronMode,
    /// Minutes between two runs.
    pub every: u32,
    /// Whether Portico knows the cron of the site's system.
    pub known: bool,
    /// The last run.
    pub last: Option<CronRun>,
    /// When it runs next, if it does so by itself and the environment is awake then.
    #[cfg_attr(test, ts(type = "string | null"))]
    pub next: Option<Timestamp>,
}

/// One run of cron.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct CronRun {
    /// When it began.
    #[cfg_attr(test, ts(type = "string"))]
    pub at: Timestamp,
    /// Whether it went well.
    pub ok: bool,
    /// Milliseconds.
    #[cfg_attr(test, ts(type = "number"))]
    pub ms: u64,
    /// What it said.
    pub said: String,
}

/// What a tool on the command line needs to run inside an environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolEnvironment {
    /// The environment.
    pub environment: Address,
    /// The PHP program.
    pub php: PathBuf,
    /// `PHP_INI_SCAN_DIR`, which brings the environment's settings.
    pub scan: PathBuf,
    /// A folder whose `php` is that program, to stand first in `PATH`.
    pub path: PathBuf,
    /// Environment variables.
    pub variables: Vec<(String, String)>,
    /// The folder of the code.
    pub code: PathBuf,
    /// The folder that is served.
    pub docroot: PathBuf,
    /// The folder where the system's own entry script stands.
    pub system: PathBuf,
    /// How the database is reached; none on a site without one.
    pub database: Option<Database>,
    /// Whether the code may be changed here.
    pub writable: bool,
}
