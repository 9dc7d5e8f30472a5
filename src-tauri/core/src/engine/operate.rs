//! Answers about an environment's lock, logs and mail.
use base64::{Engine as _, prelude::BASE64_STANDARD};
use jiff::Timestamp;

use crate::{
    durable,
    error::{Doing, Result},
    logs, mail,
    model::{Address, DatabaseEngine, LockInfo, LogEntry, LogKind, LogLevel, LogPage, MailMessage},
    workflow::{Context, operate, running},
};

/// Entries that are answered at most.
const ENTRY_LIMIT: u32 = 5000;

pub(super) fn lock(context: &Context, address: &Address) -> Result<LockInfo> {
    let lock = context.store.environment(address)?.lock;
    let locked = lock.is_some();
    let (username, password) = lock.map(|lock| (lock.user, lock.password)).unzip();
    Ok(LockInfo { locked, username, password })
}

pub(super) fn log(
    context: &Context,
    address: &Address,
    kind: LogKind,
    lines: u32,
    since: Option<&str>,
) -> Result<LogPage> {
    let lines = lines.min(ENTRY_LIMIT) as usize;
    if kind == LogKind::Mail {
        return mail_log(context, address, lines, since);
    }
    let environment = context.store.environment(address)?;
    let server = match context.store.site(&address.site)?.engine {
        DatabaseEngine::MariaDb => {
            let folder = context.layout.database(address, environment.generation);
            running::resolved(&folder).ok().map(|folder| crate::layout::server_log(&folder))
        }
        DatabaseEngine::Sqlite => None,
    };
    let folder = context.layout.environment_logs(address);
    logs::page(&folder, server.as_deref(), kind, lines, since)
}

/// A line a message, oldest first; the cursor is the time of the newest.
fn mail_log(
    context: &Context,
    address: &Address,
    lines: usize,
    since: Option<&str>,
) -> Result<LogPage> {
    let mut rows = operate::mail(context, address)?;
    let newest = rows.first().map(|row| row.at.to_string());
    let after: Option<Timestamp> = since.and_then(|since| since.parse().ok());
    rows.retain(|row| after.is_none_or(|after| row.at > after));
    let cut = since.is_none() && rows.len() > lines;
    if cut {
        rows.truncate(lines);
    }
    let entries = rows.iter().rev().map(|row| LogEntry {
        level: LogLevel::Info,
        text: format!("{} {} → {}: {}", row.at, row.from, row.to, row.subject),
    });
    let cursor = newest.or_else(|| since.map(str::to_owned)).unwrap_or_default();
    Ok(LogPage { entries: entries.collect(), cursor, cut })
}

pub(super) fn message(context: &Context, address: &Address, id: &str) -> Result<MailMessage> {
    context.store.environment(address)?;
    mail::show(&context.layout.environment_mail(address), id)
}

pub(super) fn mail_part(
    context: &Context,
    address: &Address,
    id: &str,
    attachment: Option<u32>,
    to: Option<&str>,
) -> Result<String> {
    context.store.environment(address)?;
    let bytes = mail::part(&context.layout.environment_mail(address), id, attachment)?;
    match to {
        None => Ok(BASE64_STANDARD.encode(bytes)),
        Some(path) => {
            std::fs::write(path, bytes).doing(|| format!("write {path}"))?;
            durable::file(std::path::Path::new(path))?;
            Ok(String::new())
        }
    }
}
