//! Hands addresses and folders to the programs that the person has for them.
use std::{
    path::Path,
    process::{Command, Stdio},
};

use portico_core::{Error, Result};

/// Opens one of our sites in the browser; nothing else that a page might name.
pub(crate) fn url(url: &str) -> Result<()> {
    if !url.starts_with("http://") {
        return Err(Error::refused(format!("{url} is no address of a site")));
    }
    open::that_detached(url).map_err(|error| Error::failed(format!("open {url}")).because(error))
}

/// Opens a folder in the file manager.
pub(crate) fn folder(path: &str) -> Result<()> {
    check_folder(path)?;
    open::that_detached(path).map_err(|error| Error::failed(format!("open {path}")).because(error))
}

/// Opens the folder that a file is in, with the file chosen where the file manager can be told so.
pub(crate) fn show(path: &str) -> Result<()> {
    let file = Path::new(path);
    if !file.is_file() {
        return Err(Error::not_found("file", path));
    }
    if cfg!(target_os = "macos") && Command::new("open").args(["-R", path]).spawn().is_ok() {
        return Ok(());
    }
    #[cfg(windows)]
    {
        use std::os::windows::process::CommandExt;
        // Explorer reads quotes around the path only, not around the whole argument.
        if Command::new("explorer").raw_arg(format!("/select,\"{path}\"")).spawn().is_ok() {
            return Ok(());
        }
    }
    folder(&file.parent().unwrap_or(file).to_string_lossy())
}

/// Opens a terminal in a folder.
pub(crate) fn terminal(path: &str) -> Result<()> {
    check_folder(path)?;
    let mut tried = Vec::new();
    for (program, arguments) in terminals(path) {
        let started = Command::new(program)
            .args(&arguments)
            .current_dir(path)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        if started.is_ok() {
            return Ok(());
        }
        tried.push(program);
    }
    Err(Error::missing("a terminal").hint(format!("Portico looked for {}.", tried.join(", "))))
}

fn check_folder(path: &str) -> Result<()> {
    if Path::new(path).is_dir() { Ok(()) } else { Err(Error::not_found("folder", path)) }
}

/// The terminals of each system, the person's own choice first. They start in their working directory.
fn terminals(path: &str) -> Vec<(&'static str, Vec<String>)> {
    if cfg!(target_os = "macos") {
        return vec![("open", vec!["-a".into(), "Terminal".into(), path.into()])];
    }
    if cfg!(windows) {
        let start = ["/C", "start", "", "/D", path, "cmd"].map(String::from).to_vec();
        return vec![("wt.exe", vec!["-d".into(), path.into()]), ("cmd.exe", start)];
    }
    ["x-terminal-emulator", "gnome-terminal", "konsole", "xfce4-terminal", "kitty", "xterm"]
        .map(|program| (program, Vec::new()))
        .to_vec()
}
