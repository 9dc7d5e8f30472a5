//! Where programs lie on a machine: `PATH` and the usual places, which a program started by a desktop has not in its `PATH`.
use std::{
    collections::HashSet,
    env, fs,
    path::{Path, PathBuf},
};

/// Folders of Debian, Fedora (`libexec`, Remi's collections), Homebrew, MacPorts.
#[cfg(unix)]
const USUAL: &[&str] = &[
    "/usr/local/bin",
    "/usr/local/sbin",
    "/usr/bin",
    "/usr/sbin",
    "/usr/libexec",
    "/opt/remi/php*/root/usr/bin",
    "/opt/remi/php*/root/usr/sbin",
    "/opt/homebrew/bin",
    "/opt/homebrew/sbin",
    "/opt/homebrew/opt/php*/bin",
    "/opt/homebrew/opt/php*/sbin",
    "/opt/homebrew/opt/mariadb*/bin",
    "/opt/homebrew/opt/mysql*/bin",
    "/usr/local/opt/php*/bin",
    "/usr/local/opt/php*/sbin",
    "/usr/local/opt/mariadb*/bin",
    "/usr/local/opt/mysql*/bin",
    "/usr/local/mysql*/bin",
    "/home/linuxbrew/.linuxbrew/bin",
    "/home/linuxbrew/.linuxbrew/sbin",
    "/opt/local/bin",
    "/opt/local/sbin",
    "/opt/local/lib/mariadb*/bin",
];

/// Folders of the PHP zips, of the installers of MariaDB, MySQL and Git, of Chocolatey and of the usual bundles.
#[cfg(windows)]
const USUAL: &[&str] = &[
    "C:/php*",
    "C:/tools/php*",
    "C:/Program Files/PHP/*",
    "C:/laragon/bin/php/php*",
    "C:/xampp/php",
    "C:/Program Files/MariaDB*/bin",
    "C:/Program Files/MySQL/MySQL Server*/bin",
    "C:/laragon/bin/mysql/*/bin",
    "C:/xampp/mysql/bin",
    "C:/Program Files/Git/cmd",
];

/// Folders below the person's own, of Scoop and winget.
#[cfg(windows)]
const USUAL_AT_HOME: &[&str] = &[
    "scoop/apps/php*/current",
    "scoop/apps/mariadb*/current/bin",
    "scoop/apps/mysql*/current/bin",
    "scoop/apps/git/current/cmd",
    "AppData/Local/Microsoft/WinGet/Packages/PHP.PHP.NTS*",
    "AppData/Local/Programs/Git/cmd",
];

/// Folders below the person's own: none of a usual installer.
#[cfg(unix)]
const USUAL_AT_HOME: &[&str] = &[];

/// All folders that programs are looked for in, `PATH` first, each once.
pub(super) fn folders() -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let home = env::home_dir().filter(|home| home.is_absolute());
    let at_home = home.iter().flat_map(|home| USUAL_AT_HOME.iter().map(|it| home.join(it)));
    let usual = USUAL.iter().map(PathBuf::from).chain(at_home);
    let mut seen = HashSet::new();
    env::split_paths(&path)
        .filter(|folder| folder.is_absolute())
        .chain(usual.flat_map(|pattern| matching(&pattern)))
        .filter(|folder| seen.insert(folder.clone()))
        .collect()
}

/// The first program of one of these names (the first name is wanted most).
pub(super) fn find(names: &[&str]) -> Option<PathBuf> {
    let folders = folders();
    names.iter().find_map(|name| {
        let name = format!("{name}{}", env::consts::EXE_SUFFIX);
        folders.iter().map(|folder| folder.join(&name)).find(|file| is_program(file))
    })
}

/// Whether it is a file that may be run.
pub(super) fn is_program(file: &Path) -> bool {
    let Ok(found) = fs::metadata(file) else { return false };
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        found.is_file() && found.permissions().mode() & 0o111 != 0
    }
    #[cfg(not(unix))]
    {
        found.is_file()
    }
}

/// The folders that a pattern names; `*` stands for any characters of one name.
fn matching(pattern: &Path) -> Vec<PathBuf> {
    let mut found = vec![PathBuf::new()];
    for part in pattern {
        let Some((start, end)) = part.to_str().and_then(|part| part.split_once('*')) else {
            found.iter_mut().for_each(|folder| folder.push(part));
            continue;
        };
        let fits = |name: &str| {
            name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end)
        };
        let mut next: Vec<PathBuf> = found
            .iter()
            .filter_map(|folder| fs::read_dir(folder).ok())
            .flat_map(|entries| entries.flatten())
            .filter(|entry| entry.file_name().to_str().is_some_and(fits))
            .map(|entry| entry.path())
            .collect();
        // Newest version last in the name's order; it is wanted first.
        next.sort_by(|a, b| b.cmp(a));
        found = next;
    }
    found.retain(|folder| folder.is_dir());
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_part_of_one_name() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["php@8.1/bin", "php@8.3/bin", "mariadb/bin", "php@8.2"] {
            fs::create_dir_all(folder.path().join(name)).expect("made");
        }
        let found = matching(&folder.path().join("php*/bin"));
        let expected: Vec<_> =
            ["php@8.3/bin", "php@8.1/bin"].map(|name| folder.path().join(name)).into();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_file_that_may_not_be_run_is_no_program() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        assert!(!cfg!(unix) || !is_program(file.path()));
        assert!(find(&["no-such-program-anywhere"]).is_none());
    }
}
