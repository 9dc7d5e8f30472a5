//! A conversation in SMTP (RFC 5321), as far as a client on the same machine needs it: everybody may log in, every
//! address is taken, nothing is sent on.
use std::{
    fs,
    io::{self, BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use super::LARGEST;
use crate::untrusted;

/// RFC 5321 allows 512 bytes for a command; addresses and logins of real clients are longer.
const LONGEST_LINE: u64 = 8 * 1024;

/// Speaks with one client until it says goodbye.
pub(super) fn converse(stream: &TcpStream, folder: &Path) -> io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut say = |text: &str| (&mut &*stream).write_all(text.as_bytes());
    say("220 localhost Portico keeps this mail and sends none\r\n")?;
    let mut receivers = 0;
    while let Some(line) = line(&mut reader)? {
        let text = String::from_utf8_lossy(&line);
        let verb = text.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        match verb.as_str() {
            "EHLO" => say(&format!(
                "250-localhost\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-AUTH PLAIN LOGIN\r\n250 SIZE {LARGEST}\r\n"
            ))?,
            "HELO" | "MAIL" | "RSET" | "NOOP" => {
                receivers = 0;
                say("250 OK\r\n")?;
            }
            "RCPT" => {
                receivers += 1;
                say("250 OK\r\n")?;
            }
            "VRFY" => say("252 every address is taken\r\n")?,
            "AUTH" => log_in(&text, &mut reader, &mut say)?,
            "DATA" if receivers == 0 => say("503 RCPT comes first\r\n")?,
            "DATA" => {
                say("354 end with a line that holds a dot\r\n")?;
                receivers = 0;
                match data(&mut reader)? {
                    None => say("552 the message is too large\r\n")?,
                    Some(message) => match keep(folder, &message) {
                        Ok(()) => say("250 kept\r\n")?,
                        Err(error) => {
                            say(&format!("451 the message could not be kept: {error}\r\n"))?
                        }
                    },
                }
            }
            "QUIT" => return say("221 bye\r\n"),
            _ => say("502 not known here\r\n")?,
        }
    }
    Ok(())
}

/// One line without its end; none when the client has hung up.
fn line(reader: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    reader.take(LONGEST_LINE).read_until(b'\n', &mut line)?;
    match line.last() {
        None => Ok(None),
        Some(b'\n') => {
            line.truncate(line.trim_ascii_end().len());
            Ok(Some(line))
        }
        Some(_) => Err(io::Error::new(io::ErrorKind::InvalidData, "a line is too long")),
    }
}

/// Whoever logs in is let in (RFC 4954). A login without its words asks for them.
fn log_in(
    command: &str,
    reader: &mut impl BufRead,
    say: &mut impl FnMut(&str) -> io::Result<()>,
) -> io::Result<()> {
    let words: Vec<String> = command.split_whitespace().map(str::to_ascii_uppercase).collect();
    // "VXNlcm5hbWU6" is "Username:" and "UGFzc3dvcmQ6" is "Password:", in Base64.
    let questions: &[&str] = match (words.get(1).map(String::as_str), words.len()) {
        (Some("PLAIN"), 2) => &["334 \r\n"],
        (Some("PLAIN"), _) => &[],
        (Some("LOGIN"), 2) => &["334 VXNlcm5hbWU6\r\n", "334 UGFzc3dvcmQ6\r\n"],
        (Some("LOGIN"), _) => &["334 UGFzc3dvcmQ6\r\n"],
        _ => return say("504 not known here\r\n"),
    };
    for question in questions {
        say(question)?;
        line(reader)?;
    }
    say("235 welcome\r\n")
}

/// The message up to the line with the dot, without the dots that were put before others; none when it is too large.
fn data(reader: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut message = Vec::new();
    let mut begins = true;
    loop {
        let start = message.len();
        let room = LONGEST_LINE.max((LARGEST + 1).saturating_sub(start) as u64);
        let read = reader.by_ref().take(room.min(1 << 20)).read_until(b'\n', &mut message)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if begins && message[start] == b'.' {
            if matches!(&message[start..], b".\r\n" | b".\n") {
                message.truncate(start.min(LARGEST + 1));
                return Ok((start <= LARGEST).then_some(message));
            }
            message.remove(start);
        }
        begins = message.last() == Some(&b'\n');
        // What is too much is read on, so that the client hears why it is not kept.
        if message.len() > LARGEST + 1 {
            message.truncate(LARGEST + 1);
        }
    }
}

/// Puts a message into the folder, whole or not at all.
fn keep(folder: &Path, message: &[u8]) -> io::Result<()> {
    // Of an environment that was deleted meanwhile nothing may come back, not even its mail.
    match fs::create_dir(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        Err(_) if !untrusted::is_folder(folder) => {
            return Err(io::Error::other("the folder for mail is none"));
        }
        _ => {}
    }
    let mut file = tempfile::Builder::new().prefix(".").tempfile_in(folder)?;
    file.write_all(message)?;
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let random: u32 = getrandom::u32().map_err(io::Error::other)?;
    file.persist(folder.join(format!("{seconds}-{random:08x}.eml")))?;
    Ok(())
}
