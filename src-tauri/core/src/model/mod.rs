//! Plain data. A name is checked once, when it is parsed.
mod backup;
mod change;
mod check;
mod configuration;
mod damage;
mod database;
mod facts;
mod human;
mod names;
mod operate;
mod quicksilver;
mod record;
pub mod request;
pub mod secrets;
mod site;
mod taken_over;
pub mod view;

pub use backup::{Backup, BackupCheck, BackupPart, Element, Elements, KeepFor};
pub use change::{Change, RawRow, WorktreeState};
pub use check::{Finding, LaunchCheck, PageDifference, Score, SmokeReport};
pub use configuration::{ConfigItem, ConfigState, Configuration};
pub use damage::{Damage, Part, RepairPlan, WayBack};
pub use database::Database;
pub use facts::SiteFacts;
pub use human::{count, human_bytes, rows};
pub use names::{Address, EnvironmentName, MultidevName, SiteName};
pub use operate::{
    CronInfo, CronMode, CronRun, LockInfo, LogEntry, LogKind, LogLevel, LogPage, MailAttachment,
    MailMessage, MailRow, ToolEnvironment,
};
pub use quicksilver::{Hook, HookEvent, HookRun, HookStage};
pub use record::{GenerationRow, Measured, SiteRecord};
pub use site::{
    Allowed, Cms, CodePointer, ConnectionMode, DatabaseEngine, Environment, Generation, KeepRule,
    KeptKind, Lock, Origin, Secrets, Site, Upstream,
};
pub use taken_over::{KeptFolder, TakenOver};
