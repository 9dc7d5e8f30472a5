//! The logs of an environment: their newest entries, what came since, and how many requests died.
//!
//! Whoever follows a log asks again with the cursor of its last page. Files are moved aside when they have grown long
//! (`access.log.1`); a cursor knows its file by the first line, so that nothing is lost or told twice by that.
mod entries;
mod fatals;
mod file;

use std::path::Path;

pub use fatals::Fatals;

use crate::{
    error::Result,
    model::{LogEntry, LogKind, LogPage},
};
use file::Source;

/// A request is slow when its answer takes so many seconds to begin.
pub const SLOW: f64 = 1.0;

/// The newest `lines` entries of a log in `folder`, or all since a cursor (the newest of them, when they are very many).
/// `server` is the log of the database's server, where there is one. Mail is no file: its page is empty here.
pub fn page(
    folder: &Path,
    server: Option<&Path>,
    kind: LogKind,
    lines: usize,
    since: Option<&str>,
) -> Result<LogPage> {
    let mut sources = Vec::new();
    match kind {
        LogKind::Php | LogKind::Database => sources.push(Source::new(folder, "php-error.log")),
        LogKind::Access | LogKind::Slow => sources.push(Source::new(folder, "access.log")),
        LogKind::Mail => {}
    }
    if kind == LogKind::Database {
        sources.extend(server.map(|file| Source { current: file.to_owned(), former: None }));
    }
    let mut cursors = since.map(|text| text.split(','));
    let mut page = LogPage { entries: Vec::new(), cursor: String::new(), cut: false };
    for source in &sources {
        let cursor = cursors.as_mut().map(|all| all.next().unwrap_or_default());
        let read = source.read(cursor, |text| enough(kind, text, lines))?;
        let entries = entries::split(kind, &read.text);
        page.entries.extend(entries.into_iter().filter(|entry| entries::belongs(kind, entry)));
        page.cut |= read.cut;
        if !page.cursor.is_empty() {
            page.cursor.push(',');
        }
        page.cursor.push_str(&read.cursor);
    }
    if since.is_none() && page.entries.len() > lines {
        page.entries.drain(..page.entries.len() - lines);
        page.cut = true;
    }
    Ok(page)
}

/// Whether a file has as many entries as are wanted, so that the one before it need not be read.
fn enough(kind: LogKind, text: &str, lines: usize) -> bool {
    let entries = entries::split(kind, text);
    entries.iter().filter(|entry: &&LogEntry| entries::belongs(kind, entry)).count() >= lines
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::model::LogLevel;

    fn texts(page: &LogPage) -> Vec<&str> {
        page.entries.iter().map(|entry| entry.text.as_str()).collect()
    }

    #[test]
    fn a_follower_reads_each_line_once_though_the_file_is_moved_aside() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("php-error.log");
        let read = |since: Option<&str>| {
            page(folder.path(), None, LogKind::Php, 2, since).expect("it is read")
        };
        let first = read(None);
        assert_eq!((texts(&first).len(), first.cut), (0, false));
        fs::write(&file, "[1] a\n[2] b\n[3] c\n[4] half").expect("written");
        let since_nothing = read(Some(&first.cursor));
        assert_eq!(texts(&since_nothing), ["[1] a", "[2] b", "[3] c"]);
        let newest = read(None);
        assert_eq!((texts(&newest), newest.cut), (vec!["[2] b", "[3] c"], true));
        fs::write(&file, "[1] a\n[2] b\n[3] c\n[4] half and half\n").expect("written");
        fs::rename(&file, folder.path().join("php-error.log.1")).expect("moved");
        fs::write(&file, "[5] e\n").expect("written");
        let next = read(Some(&newest.cursor));
        assert_eq!(texts(&next), ["[4] half and half", "[5] e"]);
        assert_eq!(texts(&read(Some(&next.cursor))).len(), 0);
        assert_eq!(texts(&read(None)), ["[4] half and half", "[5] e"], "the former file counts");
    }

    #[test]
    fn a_fatal_error_is_one_entry_with_its_stack_trace() {
        let folder = tempfile::tempdir().expect("a folder");
        let text = "[25-Nov-2026 03:12:36 UTC] PHP Fatal error:  Uncaught Error in /a.php:3\n\
                    Stack trace:\n#0 {main}\n  thrown in /a.php on line 3\n\
                    [25-Nov-2026 03:12:37 UTC] PHP Warning:  Undefined variable $x in /a.php on line 4\n\
                    [25-Nov-2026 03:12:38 UTC] WordPress database error Table 'x' doesn't exist for query SELECT\n";
        fs::write(folder.path().join("php-error.log"), text).expect("written");
        let read = |kind| page(folder.path(), None, kind, 50, None).expect("it is read").entries;
        let all = read(LogKind::Php);
        let levels: Vec<_> = all.iter().map(|entry| entry.level).collect();
        assert_eq!(levels, [LogLevel::Fatal, LogLevel::Warning, LogLevel::Error]);
        assert!(all[0].text.ends_with("on line 3"), "{:?}", all[0]);
        assert_eq!(read(LogKind::Database), all[2..]);
    }

    #[test]
    fn slow_requests_are_those_of_a_second_and_more() {
        let folder = tempfile::tempdir().expect("a folder");
        let line = |target: &str, status: u16, took: &str| {
            format!(
                "127.0.0.1 - - [25/Nov/2026:03:12:36 +0000] \"GET {target} HTTP/1.1\" {status} 5 \"-\" \"x\" {took}\n"
            )
        };
        let lines =
            [line("/", 200, "0.999"), line("/slow\\\"", 503, "1.000"), line("/no", 404, "0.1")];
        fs::write(folder.path().join("access.log"), lines.concat()).expect("written");
        let read = |kind| page(folder.path(), None, kind, 50, None).expect("it is read").entries;
        let levels: Vec<_> = read(LogKind::Access).iter().map(|entry| entry.level).collect();
        assert_eq!(levels, [LogLevel::Info, LogLevel::Error, LogLevel::Warning]);
        let slow = read(LogKind::Slow);
        assert_eq!(slow.len(), 1);
        assert!(slow[0].text.contains("/slow"));
    }
}
