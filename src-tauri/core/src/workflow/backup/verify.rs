//! `backup:verify`: every archive is read to its end, and its bytes are those that were written.
use std::{
    fs::File,
    io::{self, BufReader, Read},
    path::Path,
};

use flate2::bufread::MultiGzDecoder;
use sha2::{Digest, Sha256};

use super::{Context, Done, Element, Frame, Run, Work, Workflow, find, keep_check, list};
use crate::{
    content::dump,
    error::{Doing, Error, Result},
    model::{Backup, BackupCheck, BackupPart, Elements, count, request::VerifyBackup},
    progress::{Meter, Unit},
    store::now,
};

impl Run for VerifyBackup {
    fn run(&self, frame: Frame<'_>) -> Result<Workflow> {
        let plan = plan(frame.context, self)?;
        frame.run(plan, run)
    }
}

fn plan(context: &Context, wanted: &VerifyBackup) -> Result<Vec<Backup>> {
    let address = &wanted.environment;
    let all = match &wanted.file {
        Some(named) => vec![find(context, address, Some(named), Elements::All)?.0],
        None => list(context, address)?,
    };
    if all.is_empty() {
        return Err(Error::refused(format!("{address} has no backup"))
            .hint(format!("Make one: `portico backup:create {address}`.")));
    }
    Ok(all)
}

fn run(work: &Work<'_>, all: &Vec<Backup>) -> Result<Done> {
    let mut damaged = Vec::new();
    for backup in all {
        let checked = check(work, backup, &Element::ALL);
        if checked.as_ref().is_err_and(Error::is_cancelled) {
            return checked.map(|()| Done::default());
        }
        let problem = checked.err().map(|error| error.whole());
        work.line(format!("{}: {}", backup.id, problem.as_deref().unwrap_or("as it was written")));
        let check = BackupCheck { at: now(), problem };
        keep_check(&work.context.layout, backup, &check)?;
        damaged.extend(check.problem.map(|it| format!("{}: {it}", backup.id)));
    }
    if damaged.is_empty() {
        let mut result = serde_json::Map::new();
        result.insert("checked".into(), all.len().into());
        return Ok(Done { result, ..Done::default() });
    }
    let backups = count(damaged.len() as u64, "backup");
    let error = Error::failed(format!("read {backups} as written"));
    Err(damaged.into_iter().fold(error, Error::because).hint(
        "Make a new backup: `portico backup:create`; a damaged one is never taken as the newest.",
    ))
}

/// Checks the parts of a backup that are named, as far as it has them.
pub(super) fn check(work: &Work<'_>, backup: &Backup, elements: &[Element]) -> Result<()> {
    if let Some(why) = &backup.unreadable {
        return Err(Error::failed(format!("check {}", backup.id)).because(why.as_str()));
    }
    let folder = work.context.layout.backup(&backup.environment, &backup.id);
    for part in backup.parts.iter().filter(|it| elements.contains(&it.element)) {
        let path = folder.join(&part.file);
        let read = work.step(&format!("Check the {}", part.element), |meter| {
            read(&path, part.element, meter)
        })?;
        compare(part, &read)?;
    }
    Ok(())
}

/// What an archive was read as.
pub(super) struct Contents {
    pub(super) bytes: u64,
    pub(super) sha256: String,
    /// Files and folders of an archive; the tables of a dump.
    pub(super) entries: u64,
}

/// Whether what was read is what the manifest says.
pub(super) fn compare(part: &BackupPart, read: &Contents) -> Result<()> {
    let of = |what: &str| Error::failed(format!("check {}", part.file)).because(what);
    if read.bytes != part.bytes {
        return Err(of(&format!("it has {} bytes, and had {}", read.bytes, part.bytes)));
    }
    if read.sha256 != part.sha256 {
        return Err(of("its bytes are not those that were written (SHA-256)"));
    }
    if read.entries != part.entries {
        return Err(of(&format!(
            "it holds {} entries, and is to hold {}",
            read.entries, part.entries
        )));
    }
    Ok(())
}

/// Reads an archive to its end: its gzip with all checksums, its entries or its SQL, and the hash of its bytes.
pub(super) fn read(path: &Path, element: Element, meter: Meter<'_>) -> Result<Contents> {
    // A cancel comes through the readers as an error of theirs.
    read_to_end(path, element, meter).or_else(|error| meter.check().and(Err(error)))
}

fn read_to_end(path: &Path, element: Element, meter: Meter<'_>) -> Result<Contents> {
    let doing = || format!("read {}", path.display());
    let file = File::open(path).doing(doing)?;
    let total = file.metadata().doing(doing)?.len();
    let mut hashed = BufReader::with_capacity(
        1 << 18,
        Hashed { file, hash: Sha256::new(), bytes: 0, total, meter },
    );
    let entries = match element {
        Element::Code | Element::Files => {
            let mut gzip = MultiGzDecoder::new(&mut hashed);
            let mut entries = 0;
            let mut archive = tar::Archive::new(&mut gzip);
            for entry in archive.entries().doing(doing)? {
                // The next one is found at the end of this one.
                entry.doing(doing)?;
                entries += 1;
            }
            // Padding, and the checksum behind it.
            io::copy(&mut gzip, &mut io::sink()).doing(doing)?;
            // The folder that holds all the others is not counted.
            u64::saturating_sub(entries, 1)
        }
        Element::Database => {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            dump::count_tables(MultiGzDecoder::new(&mut hashed), &name)?
        }
    };
    io::copy(&mut hashed, &mut io::sink()).doing(doing)?;
    let Hashed { hash, bytes, .. } = hashed.into_inner();
    let sha256 = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Contents { bytes, sha256, entries })
}

/// Counts and hashes what is read; a cancel is heard.
struct Hashed<'a> {
    file: File,
    hash: Sha256,
    bytes: u64,
    total: u64,
    meter: Meter<'a>,
}

impl Read for Hashed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.meter.check().map_err(io::Error::other)?;
        let count = self.file.read(buffer)?;
        self.hash.update(&buffer[..count]);
        self.bytes += count as u64;
        self.meter.progress(self.bytes, Some(self.total), Unit::Bytes);
        Ok(count)
    }
}
