//! Portico's own log, `logs/portico.log` below the root folder: what its threads did and what went wrong there.
//!
//! The core only emits; the shells set up here where that goes. An owner writes it. A command that speaks to an owner
//! has nothing to write but its own panic, which is appended. The files together stay below [`LIMIT`] × [`FILES`].
use std::{
    backtrace::Backtrace,
    fs::{self, File},
    io::{self, Write},
    panic,
    sync::Mutex,
    thread,
};

use portico_core::{Error, Result, layout::Layout, model::secrets::text_without_secrets};
use tracing_subscriber::{EnvFilter, filter::LevelFilter, fmt, util::SubscriberInitExt};

/// A file of the log holds at most so many bytes.
const LIMIT: u64 = 4 << 20;

/// So many files are kept, with the one that is written.
const FILES: u32 = 4;

/// From now on this process writes the log, at the level of `PORTICO_LOG`. Idempotent.
///
/// # Errors
/// Usage when `wanted` is neither a level nor a list of targets with levels.
pub(crate) fn start(layout: &Layout, wanted: Option<&str>) -> Result<()> {
    let filter = filter(wanted.unwrap_or("info"))?;
    let rolling = Mutex::new(Rolling { layout: layout.clone(), opened: None });
    let subscriber = fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        // A full disk must not fill the terminal, too.
        .log_internal_errors(false)
        .with_writer(rolling)
        .finish();
    // Set already where the window opens its root folder again.
    if subscriber.try_init().is_ok() {
        log_panics();
    }
    Ok(())
}

/// A level alone is that of Portico's own code; what it uses says its warnings.
fn filter(wanted: &str) -> Result<EnvFilter> {
    let directives = match wanted.parse::<LevelFilter>() {
        Ok(LevelFilter::OFF) => "off".to_owned(),
        Ok(level) => format!("warn,portico={level},portico_core={level}"),
        Err(_) => wanted.to_owned(),
    };
    let read = EnvFilter::builder().parse(&directives).ok();
    // What has no level would be taken for the name of a target.
    read.filter(|_| directives == "off" || directives.contains('=')).ok_or_else(|| {
        Error::usage(format!("PORTICO_LOG is `{wanted}`")).hint(
            "Write off, error, warn, info, debug or trace, or parts with levels such as \
             portico_core::workflow=trace.",
        )
    })
}

/// A panic is shown as ever, and its backtrace is logged.
fn log_panics() {
    let show = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let current = thread::current();
        let name = current.name().unwrap_or("without a name");
        let trace = Backtrace::force_capture();
        tracing::error!(target: "portico", "thread {name} {info}\n{trace}");
        show(info);
    }));
}

/// The file that is written, opened with the first line: most commands have none.
struct Rolling {
    layout: Layout,
    /// With its size in bytes.
    opened: Option<(File, u64)>,
}

impl Rolling {
    /// Puts the files one further, and begins a new one.
    fn roll(&mut self) -> io::Result<()> {
        // Windows moves no file that is open.
        self.opened = None;
        for age in (1..FILES).rev() {
            let from = match age {
                1 => self.layout.own_log(),
                _ => self.layout.older_own_log(age - 1),
            };
            match fs::rename(from, self.layout.older_own_log(age)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    fn append(&mut self, line: &[u8]) -> io::Result<()> {
        if self.opened.as_ref().is_some_and(|(_, size)| *size >= LIMIT) {
            self.roll()?;
        }
        let (file, size) = match &mut self.opened {
            Some(opened) => opened,
            none => none.insert(open(&self.layout)?),
        };
        file.write_all(line)?;
        *size += line.len() as u64;
        Ok(())
    }
}

impl Write for Rolling {
    /// Takes one whole event, and leaves out what opens an address in it.
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = text_without_secrets(&String::from_utf8_lossy(event));
        self.append(text.as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Opens the log for this user alone, as all of the root folder is. That folder itself is made by whoever owns it.
fn open(layout: &Layout) -> io::Result<(File, u64)> {
    let mut folder = fs::DirBuilder::new();
    let mut file = File::options();
    file.create(true).append(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
        folder.mode(0o700);
        file.mode(0o600);
    }
    match folder.create(layout.logs()) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let file = file.open(layout.own_log())?;
    let size = file.metadata()?.len();
    Ok((file, size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_is_bounded_and_its_newest_lines_are_kept() {
        let root = tempfile::tempdir().expect("a folder");
        let layout = Layout::new(root.path().to_owned());
        let mut rolling = Rolling { layout: layout.clone(), opened: None };
        let line = vec![b'a'; 1 << 20];
        for _ in 0..25 {
            rolling.write_all(&line).expect("written");
        }
        rolling.write_all(b"the last\n").expect("written");
        let sizes: Vec<u64> = fs::read_dir(layout.logs())
            .expect("there")
            .map(|it| it.expect("an entry").metadata().expect("there").len())
            .collect();
        assert_eq!(sizes.len(), FILES as usize);
        assert!(sizes.iter().sum::<u64>() <= LIMIT * u64::from(FILES), "{sizes:?}");
        let newest = fs::read_to_string(layout.own_log()).expect("there");
        assert!(newest.ends_with("the last\n"));
    }

    #[test]
    fn no_line_has_what_opens_an_address() {
        let root = tempfile::tempdir().expect("a folder");
        let layout = Layout::new(root.path().to_owned());
        let mut rolling = Rolling { layout: layout.clone(), opened: None };
        rolling.write_all(b"cannot get https://me:secret@host/a?token=abc\n").expect("written");
        let written = fs::read_to_string(layout.own_log()).expect("there");
        assert_eq!(written, "cannot get https://…@host/a?token=…\n");
    }

    #[test]
    fn a_level_and_parts_with_levels_are_understood_and_nothing_else() {
        for good in ["off", "debug", "INFO", "portico_core::workflow=trace", "warn,hyper=debug"] {
            assert!(filter(good).is_ok(), "{good}");
        }
        for bad in ["loud", "portico_core=loud", "a=b=c"] {
            assert!(filter(bad).is_err(), "{bad}");
        }
    }
}
