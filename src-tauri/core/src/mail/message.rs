//! Reads messages.
use std::{
    collections::HashMap,
    io::Read,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use mail_parser::{Address, Message, MessageParser, MessagePart, MimeHeaders};

use super::{Caught, LARGEST, caught, find, timestamp};
use crate::{
    error::{Doing, Error, Result},
    model::{MailAttachment, MailMessage, MailRow},
    untrusted,
};

/// Pictures that are larger in all stay attachments.
const LARGEST_PICTURES: usize = 8 << 20;
/// Characters of a text that are shown.
const LONGEST: usize = 4 << 20;

/// The messages in a folder, newest first. Each is read once.
pub fn list(folder: &Path) -> Result<Vec<MailRow>> {
    static KNOWN: Mutex<Option<HashMap<PathBuf, (SystemTime, MailRow)>>> = Mutex::new(None);
    let all = caught(folder)?;
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let known = known.get_or_insert_default();
    let mut rows = Vec::with_capacity(all.len());
    for message in &all {
        let found = known
            .get(&message.path)
            .filter(|(at, row)| *at == message.at && row.bytes == message.bytes);
        let row = match found {
            Some((_, row)) => row.clone(),
            None => {
                let bytes = read(message)?;
                let row = row(message, parse(&bytes).as_ref());
                known.insert(message.path.clone(), (message.at, row.clone()));
                row
            }
        };
        rows.push(row);
    }
    known.retain(|path, _| {
        path.parent() != Some(folder) || all.iter().any(|message| message.path == *path)
    });
    Ok(rows)
}

/// One message, taken apart.
pub fn show(folder: &Path, id: &str) -> Result<MailMessage> {
    let caught = find(folder, id)?;
    let bytes = read(&caught)?;
    let message = parse(&bytes);
    let row = row(&caught, message.as_ref());
    let head = head(&bytes);
    let Some(message) = message else {
        let text = Some(String::from_utf8_lossy(&bytes).chars().take(LONGEST).collect());
        return Ok(MailMessage { row, head, text, html: None, attachments: Vec::new() });
    };
    let has_html = message.html_bodies().any(|part| part.is_text_html());
    let cut = |text: std::borrow::Cow<'_, str>| text.chars().take(LONGEST).collect::<String>();
    let html = has_html.then(|| message.body_html(0)).flatten().map(cut);
    Ok(MailMessage {
        row,
        head,
        text: message.body_text(0).map(cut),
        html: html.map(|html| with_pictures(&message, html)),
        attachments: message.attachments().map(attachment).collect(),
    })
}

/// A message as it was sent, or one of its attachments.
pub fn part(folder: &Path, id: &str, attachment: Option<u32>) -> Result<Vec<u8>> {
    let bytes = read(&find(folder, id)?)?;
    let Some(number) = attachment else { return Ok(bytes) };
    let missing = || Error::not_found("attachment", number);
    let message = parse(&bytes).ok_or_else(missing)?;
    let part = message.attachment(number).ok_or_else(missing)?;
    Ok(part.contents().to_vec())
}

fn read(message: &Caught) -> Result<Vec<u8>> {
    let path = &message.path;
    let mut bytes = Vec::new();
    // What PHP pipes in has no limit; the start of a huge message still says what it is.
    let mut read = || untrusted::read(path)?.take(LARGEST as u64).read_to_end(&mut bytes);
    read().doing(|| format!("read {}", path.display()))?;
    Ok(bytes)
}

fn parse(bytes: &[u8]) -> Option<Message<'_>> {
    MessageParser::default().parse(bytes)
}

fn row(caught: &Caught, message: Option<&Message<'_>>) -> MailRow {
    let names = |address: Option<&Address<'_>>| {
        let all = address.map(|address| address.iter().map(in_words).collect::<Vec<_>>());
        all.unwrap_or_default().join(", ")
    };
    MailRow {
        id: caught.id.clone(),
        at: timestamp(caught.at),
        from: names(message.and_then(|it| it.from())),
        to: names(message.and_then(|it| it.to())),
        subject: message.and_then(|it| it.subject()).unwrap_or_default().trim().to_owned(),
        attachments: message
            .map_or(0, |it| u32::try_from(it.attachment_count()).unwrap_or(u32::MAX)),
        bytes: caught.bytes,
    }
}

fn in_words(address: &mail_parser::Addr<'_>) -> String {
    match (address.name(), address.address()) {
        (Some(name), Some(address)) => format!("{name} <{address}>"),
        (name, address) => name.or(address).unwrap_or_default().to_owned(),
    }
}

/// Everything before the first empty line.
fn head(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes).replace("\r\n", "\n");
    let head = text.split("\n\n").next().unwrap_or_default();
    head.chars().take(LONGEST).collect()
}

fn attachment(part: &MessagePart<'_>) -> MailAttachment {
    MailAttachment {
        name: safe_name(part.attachment_name().unwrap_or_default()),
        media_type: media_type(part),
        bytes: part.contents().len() as u64,
    }
}

fn media_type(part: &MessagePart<'_>) -> String {
    let unknown = || "application/octet-stream".to_owned();
    part.content_type().map_or_else(unknown, |it| match &it.c_subtype {
        Some(subtype) => format!("{}/{subtype}", it.c_type).to_ascii_lowercase(),
        None => unknown(),
    })
}

/// A name that stays in the folder it is written to, on every system.
fn safe_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let bad = |c: char| c.is_control() || "<>:\"|?*".contains(c);
    let name: String = last.replace(bad, "_").trim_matches([' ', '.']).chars().take(120).collect();
    if name.is_empty() { "attachment".into() } else { name }
}

/// Puts pictures that came with the message (`cid:`, RFC 2392) into its HTML.
fn with_pictures(message: &Message<'_>, mut html: String) -> String {
    let mut room = LARGEST_PICTURES;
    for part in &message.parts {
        let (Some(id), media_type) = (part.content_id(), media_type(part)) else { continue };
        let reference = format!("cid:{id}");
        let size = part.contents().len();
        if !media_type.starts_with("image/") || size > room || !html.contains(&reference) {
            continue;
        }
        room -= size;
        let data = BASE64_STANDARD.encode(part.contents());
        html = html.replace(&reference, &format!("data:{media_type};base64,{data}"));
    }
    html
}
