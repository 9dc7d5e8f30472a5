//! Writes files as an archive, while the site that they are of runs on.
use std::{
    fs::{self, File},
    io::{self, BufWriter, Read, Write},
    path::{Path, PathBuf},
};

use super::export::{Exported, Form, create};
use crate::{
    error::{Doing, Error, Result},
    progress::{Meter, Unit},
    untrusted,
};

/// Writes the files below `folder` to the new archive `to`, inside a folder named `root`.
pub fn export_files(
    folder: &Path,
    form: Form,
    to: &Path,
    root: &str,
    meter: Meter<'_>,
) -> Result<Exported> {
    let doing = || format!("write `{}`", to.display());
    let mut files = Vec::new();
    list(folder, Path::new(""), meter, &mut files)?;
    let total = Some(files.len() as u64);
    let mut exported = Exported::default();
    let told = |exported: &mut Exported| {
        exported.rows += 1;
        meter.progress(exported.rows, total, Unit::Files);
        meter.check()
    };
    match form {
        Form::TarGz => {
            let gz = flate2::write::GzEncoder::new(create(to)?, flate2::Compression::new(6));
            let mut tar = tar::Builder::new(BufWriter::new(gz));
            tar.follow_symlinks(false);
            tar.append_dir(root, folder).doing(doing)?;
            for inside in &files {
                let path = folder.join(inside);
                let packed = pack_in_tar(&mut tar, &path, &Path::new(root).join(inside));
                if packed.doing(|| format!("pack `{}`", path.display()))? {
                    told(&mut exported)?;
                }
            }
            let buffered = tar.into_inner().doing(doing)?;
            buffered.into_inner().doing(doing)?.finish().doing(doing)?;
        }
        Form::Zip => {
            let mut zip = zip::ZipWriter::new(BufWriter::new(create(to)?));
            for inside in &files {
                let path = folder.join(inside);
                let packed = pack_in_zip(&mut zip, &path, &name_in_zip(root, inside));
                if packed.doing(|| format!("pack `{}`", path.display()))? {
                    told(&mut exported)?;
                }
            }
            zip.finish().doing(doing)?.flush().doing(doing)?;
        }
        _ => {
            return Err(Error::refused("files are exported as .tar.gz or .zip")
                .hint("Name a file that ends in one of these."));
        }
    }
    exported.bytes = fs::metadata(to).doing(doing)?.len();
    Ok(exported)
}

/// Adds a file, a folder or a link to a tar. Answers false for what was taken away since it was listed: the site goes on.
fn pack_in_tar(tar: &mut tar::Builder<impl Write>, path: &Path, name: &Path) -> io::Result<bool> {
    let Some(known) = unless_gone(fs::symlink_metadata(path))? else { return Ok(false) };
    if !known.is_file() {
        return tar.append_path_with_name(path, name).map(|()| true);
    }
    let Some(file) = unless_gone(untrusted::read(path))? else { return Ok(false) };
    let known = file.metadata()?;
    let mut header = tar::Header::new_gnu();
    header.set_metadata(&known);
    let content = Exactly { input: file, left: known.len() };
    tar.append_data(&mut header, name, content).map(|()| true)
}

/// The same for a zip.
fn pack_in_zip(
    zip: &mut zip::ZipWriter<BufWriter<File>>,
    path: &Path,
    name: &str,
) -> io::Result<bool> {
    let Some(known) = unless_gone(fs::symlink_metadata(path))? else { return Ok(false) };
    let options = zip::write::SimpleFileOptions::default().unix_permissions(0o644);
    if known.is_symlink() {
        let to = fs::read_link(path)?;
        zip.add_symlink(name, to.to_string_lossy(), options)?;
    } else if known.is_dir() {
        zip.add_directory(name, options.unix_permissions(0o755))?;
    } else {
        let Some(mut file) = unless_gone(untrusted::read(path))? else { return Ok(false) };
        let is_large = file.metadata()?.len() >= u64::from(u32::MAX);
        zip.start_file(name, options.large_file(is_large))?;
        io::copy(&mut file, zip)?;
    }
    Ok(true)
}

fn name_in_zip(root: &str, inside: &Path) -> String {
    let parts = inside.components().map(|it| it.as_os_str().to_string_lossy().into_owned());
    std::iter::once(root.to_owned()).chain(parts).collect::<Vec<_>>().join("/")
}

fn unless_gone<T>(found: io::Result<T>) -> io::Result<Option<T>> {
    match found {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        found => found.map(Some),
    }
}

/// As many bytes as a file had when it was opened, whatever the site writes meanwhile: of one that grows the rest is not
/// read, one that shrinks ends in zeros, as with GNU tar. The archive has told the length before.
struct Exactly<R> {
    input: R,
    left: u64,
}

impl<R: Read> Read for Exactly<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let buffer = &mut buffer[..wanted];
        let mut count = self.input.read(buffer)?;
        if count == 0 {
            buffer.fill(0);
            count = wanted;
        }
        self.left -= count as u64;
        Ok(count)
    }
}

/// Everything below `folder` that an archive can hold, folders before what is in them, by name. Pipes, sockets and devices
/// are left out, and told.
fn list(folder: &Path, inside: &Path, meter: Meter<'_>, found: &mut Vec<PathBuf>) -> Result<()> {
    let path = folder.join(inside);
    let doing = || format!("read `{}`", path.display());
    let Some(entries) = unless_gone(fs::read_dir(&path)).doing(doing)? else { return Ok(()) };
    let mut entries = entries.collect::<io::Result<Vec<_>>>().doing(doing)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let inside = inside.join(entry.file_name());
        let kind = entry.file_type().doing(doing)?;
        if !(kind.is_file() || kind.is_dir() || kind.is_symlink()) {
            meter.line(format!("left out: `{}`, which is no file", inside.display()));
            continue;
        }
        found.push(inside.clone());
        if kind.is_dir() {
            list(folder, &inside, meter, found)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Unpacked by the programs that people have.
    #[cfg(unix)]
    fn unpacked(archive: &Path, into: &Path) -> Vec<String> {
        use std::process::Command;
        fs::create_dir(into).unwrap();
        let is_zip = archive.extension().is_some_and(|it| it == "zip");
        let mut program = Command::new(if is_zip { "unzip" } else { "tar" });
        match is_zip {
            true => program.arg("-q").arg(archive).arg("-d").arg(into),
            false => program.arg("xzf").arg(archive).arg("-C").arg(into),
        };
        let output = program.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let mut found = Vec::new();
        list(into, Path::new(""), Meter::silent(), &mut found).unwrap();
        found.iter().map(|it| it.to_string_lossy().into_owned()).collect()
    }

    #[test]
    #[cfg(unix)]
    fn pipes_and_sockets_are_left_out_and_told_and_links_stay_links() {
        use std::sync::Mutex;

        use crate::progress::{Cancel, Report};

        let temporary = tempfile::tempdir().unwrap();
        let folder = temporary.path().join("files");
        fs::create_dir_all(folder.join("a")).unwrap();
        fs::write(folder.join("a/x.txt"), "x").unwrap();
        std::os::unix::fs::symlink("/etc/hostname", folder.join("out")).unwrap();
        std::os::unix::fs::symlink("nowhere", folder.join("dangling")).unwrap();
        let pipe = std::process::Command::new("mkfifo").arg(folder.join("pipe")).status();
        assert!(pipe.unwrap().success());
        let _socket = std::os::unix::net::UnixListener::bind(folder.join("s.sock")).unwrap();
        for (form, name) in [(Form::TarGz, "a.tar.gz"), (Form::Zip, "a.zip")] {
            let told = Mutex::new(Vec::new());
            let report = |it: Report| match it {
                Report::Line(line) => told.lock().unwrap().push(line),
                Report::Progress { .. } => {}
            };
            let (archive, cancel) = (temporary.path().join(name), Cancel::default());
            let meter = Meter::new(&cancel, &report);
            let exported = export_files(&folder, form, &archive, "files", meter).unwrap();
            assert_eq!(exported.rows, 4, "{name}");
            assert_eq!(told.lock().unwrap().len(), 2, "{name}");
            let into = temporary.path().join(format!("{name}-unpacked"));
            let found = unpacked(&archive, &into);
            let wanted = ["files", "files/a", "files/a/x.txt", "files/dangling", "files/out"];
            assert_eq!(found, wanted, "{name}");
            let link = fs::read_link(into.join("files/out")).unwrap();
            assert_eq!(link, Path::new("/etc/hostname"), "{name}: nothing of elsewhere is packed");
        }
    }

    #[test]
    fn a_file_is_packed_as_long_as_it_was_whatever_is_written_to_it_meanwhile() {
        for (had, has) in [(5, &b"123456789"[..]), (5, b"123"), (0, b"1"), (5, b"12345")] {
            let mut packed = Vec::new();
            Exactly { input: has, left: had }.read_to_end(&mut packed).unwrap();
            let mut wanted = has.to_vec();
            wanted.resize(had as usize, 0);
            assert_eq!(packed, wanted);
        }
    }

    #[test]
    fn what_is_taken_away_meanwhile_is_not_packed() {
        let temporary = tempfile::tempdir().unwrap();
        let mut tar = tar::Builder::new(Vec::new());
        let gone = temporary.path().join("gone.txt");
        assert!(!pack_in_tar(&mut tar, &gone, Path::new("files/gone.txt")).unwrap());
        list(&gone, Path::new(""), Meter::silent(), &mut Vec::new()).unwrap();
    }
}
