//! What this machine has and lacks, and how to get it.
use std::{fs, path::Path, process::Command, thread, time::Duration};

use super::{mariadb, php, process::ask, programs};
use crate::model::view::Check;

/// What WordPress and Drupal need of PHP.
const EXTENSIONS: &[&str] = &[
    "mysqli",
    "pdo_mysql",
    "pdo_sqlite",
    "gd",
    "xml",
    "mbstring",
    "curl",
    "zip",
    "intl",
    "opcache",
];

/// Kinds of systems whose packages we know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum System {
    Debian,
    Fedora,
    Arch,
    Mac,
    Windows,
    Other,
}

/// What the machine has and lacks: PHP with its extensions per version, MariaDB or MySQL, Git.
pub fn doctor() -> Vec<Check> {
    let system = system();
    let installations = php::installations();
    let mut checks: Vec<Check> = thread::scope(|scope| {
        let asked: Vec<_> = installations
            .iter()
            .enumerate()
            .map(|(n, it)| scope.spawn(move || check_php(it, n == 0, system)))
            .collect();
        asked.into_iter().filter_map(|it| it.join().ok()).collect()
    });
    // A complete version is enough, whichever it is.
    if checks.iter().any(|check| check.ok) {
        checks.iter_mut().for_each(|check| check.optional |= !check.ok);
    }
    if checks.is_empty() {
        checks.push(Check {
            name: "PHP".into(),
            ok: false,
            optional: false,
            version: None,
            path: None,
            problem: Some("not found".into()),
            remedy: Some(php_remedy(system, None, EXTENSIONS)),
        });
    }
    checks.push(check_database(system));
    checks.push(check_git(system));
    checks
}

fn check_php(php: &php::Installation, is_newest: bool, system: System) -> Check {
    let mut lacks: Vec<&str> = Vec::new();
    let mut problems: Vec<String> = Vec::new();
    if php.server().is_none() {
        problems.push("lacks php-fpm and php-cgi, of which it needs one to serve sites".into());
    }
    if php.cli.is_none() {
        problems.push("lacks the command `php`".into());
    }
    let asked = [php.server(), php.cli.as_deref()];
    for program in asked.into_iter().flatten() {
        match php::extensions(program) {
            Some(has) => {
                let missing = EXTENSIONS.iter().filter(|it| !has.iter().any(|has| has == *it));
                lacks.extend(missing);
            }
            None => problems.push(format!("{} does not run", program.display())),
        }
    }
    lacks.retain({
        let mut seen = Vec::new();
        move |it| {
            !seen.contains(it) && {
                seen.push(*it);
                true
            }
        }
    });
    if !lacks.is_empty() {
        problems.push(format!("lacks {}", lacks.join(", ")));
    }
    let ok = problems.is_empty();
    let path = php.server().or(php.cli.as_deref());
    Check {
        name: format!("PHP {}", php.version.series()),
        ok,
        optional: !is_newest,
        version: Some(php.version.to_string()),
        path: path.map(|path| path.display().to_string()),
        problem: (!ok).then(|| problems.join("; ")),
        remedy: (!ok).then(|| php_remedy(system, Some(php), &lacks)),
    }
}

fn check_database(system: System) -> Check {
    let program = mariadb::program();
    let found = mariadb::installation();
    let problem = match (&program, &found) {
        (None, _) => Some("not found; sites can use SQLite instead".to_owned()),
        (Some(_), None) => Some("does not say its version".to_owned()),
        (Some(_), Some(_)) => None,
    };
    Check {
        name: if found.as_ref().is_some_and(|it| !it.is_mariadb) { "MySQL" } else { "MariaDB" }
            .into(),
        ok: problem.is_none(),
        optional: true,
        version: found.map(|it| it.version),
        path: program.map(|path| path.display().to_string()),
        remedy: problem.is_some().then(|| database_remedy(system).to_owned()),
        problem,
    }
}

fn check_git(system: System) -> Check {
    let path = programs::find(&["git"]);
    let said = path
        .as_ref()
        .and_then(|git| ask(Command::new(git).arg("--version"), Duration::from_secs(10)));
    // Without Apple's tools, /usr/bin/git is there and only says that it is not.
    let version = said.as_deref().and_then(read_git_version);
    let problem = match (&path, &version) {
        (None, _) => Some("not found; it is needed to clone and push a site's code by hand"),
        (Some(_), None) => Some("does not say its version"),
        (Some(_), Some(_)) => None,
    };
    Check {
        name: "Git".into(),
        ok: problem.is_none(),
        optional: true,
        version,
        path: path.map(|path| path.display().to_string()),
        problem: problem.map(str::to_owned),
        remedy: problem.map(|_| git_remedy(system).to_owned()),
    }
}

/// Reads "git version 2.39.5".
fn read_git_version(said: &str) -> Option<String> {
    said.trim().strip_prefix("git version ")?.split_whitespace().next().map(str::to_owned)
}

fn system() -> System {
    if cfg!(target_os = "macos") {
        return System::Mac;
    }
    if cfg!(windows) {
        return System::Windows;
    }
    // os-release(5): the second place is for systems whose administrator may not change the first.
    let text = ["/etc/os-release", "/usr/lib/os-release"]
        .iter()
        .find_map(|file| fs::read_to_string(Path::new(file)).ok());
    read_system(&text.unwrap_or_default())
}

/// The system that `ID`, or one of `ID_LIKE`, names.
fn read_system(os_release: &str) -> System {
    let value = |key: &str| {
        let line = os_release.lines().find_map(|line| line.trim().strip_prefix(key));
        line.and_then(|rest| rest.strip_prefix('=')).unwrap_or("").trim_matches(['"', '\''])
    };
    let known = |id: &str| match id {
        "debian" | "ubuntu" => Some(System::Debian),
        "fedora" | "rhel" | "centos" => Some(System::Fedora),
        "arch" => Some(System::Arch),
        _ => None,
    };
    let mut ids = value("ID").split_whitespace().chain(value("ID_LIKE").split_whitespace());
    ids.find_map(known).unwrap_or(System::Other)
}

/// How to get PHP (all of it, or what this installation lacks).
fn php_remedy(system: System, php: Option<&php::Installation>, lacks: &[&str]) -> String {
    let series = php.map(|it| it.version.series());
    match system {
        System::Debian => {
            let name = format!("php{}", series.unwrap_or_default());
            install("sudo apt-get install", debian_packages(php, lacks, &name))
        }
        System::Fedora => install("sudo dnf install", fedora_packages(php, lacks)),
        System::Arch if php.is_none_or(|it| it.server().is_none()) => {
            "sudo pacman -S --needed php php-fpm php-gd php-intl php-sqlite".into()
        }
        System::Arch => format!(
            "sudo pacman -S --needed php-gd php-intl php-sqlite, and enable in /etc/php/php.ini: {}",
            lacks.join(", ")
        ),
        System::Mac => match series {
            None => "brew install php".into(),
            Some(series) => format!("brew reinstall php@{series}"),
        },
        System::Windows => match php.map(|_| lacks.join(", ")) {
            None => "Unpack the newest x64 zip of windows.php.net/download to C:\\php and copy its php.ini-development to php.ini."
                .into(),
            Some(lacks) => format!("Enable these in the php.ini beside php-cgi.exe: {lacks}."),
        },
        System::Other => {
            let mut parts = vec!["php", "php-cgi or php-fpm"];
            parts.extend(lacks);
            format!("Install with your system's package manager: {}.", parts.join(", "))
        }
    }
}

fn install(command: &str, mut packages: Vec<String>) -> String {
    packages.dedup();
    format!("{command} {}", packages.join(" "))
}

/// Debian's `php-cgi` brings no service that runs all the time, as its `php-fpm` does.
fn debian_packages(php: Option<&php::Installation>, lacks: &[&str], name: &str) -> Vec<String> {
    let mut packages = Vec::new();
    if php.is_none_or(|it| it.cli.is_none()) {
        packages.push(format!("{name}-cli"));
    }
    if php.is_none_or(|it| it.server().is_none()) {
        packages.push(format!("{name}-cgi"));
    }
    // The unversioned `php-opcache` does not exist: the cache comes with each SAPI.
    let with_package = lacks.iter().filter(|it| php.is_some() || **it != "opcache");
    packages.extend(with_package.map(|extension| match *extension {
        "mysqli" | "pdo_mysql" => format!("{name}-mysql"),
        "pdo_sqlite" => format!("{name}-sqlite3"),
        other => format!("{name}-{other}"),
    }));
    packages
}

/// `curl` and SQLite come with Fedora's `php-common` and `php-pdo`.
fn fedora_packages(php: Option<&php::Installation>, lacks: &[&str]) -> Vec<String> {
    let mut packages = Vec::new();
    if php.is_none_or(|it| it.cli.is_none() || it.server().is_none()) {
        packages.extend(["php-cli", "php-fpm"].map(str::to_owned));
    }
    packages.extend(lacks.iter().map(|extension| match *extension {
        "mysqli" | "pdo_mysql" => "php-mysqlnd".to_owned(),
        "pdo_sqlite" => "php-pdo".to_owned(),
        "curl" => "php-common".to_owned(),
        "zip" => "php-pecl-zip".to_owned(),
        other => format!("php-{other}"),
    }));
    packages
}

/// Debian's `-core` packages have the programs without the service.
fn database_remedy(system: System) -> &'static str {
    match system {
        System::Debian => "sudo apt-get install mariadb-server-core mariadb-client-core",
        System::Fedora => "sudo dnf install mariadb-server",
        System::Arch => "sudo pacman -S --needed mariadb",
        System::Mac => "brew install mariadb",
        System::Windows => {
            "Install MariaDB by the MSI package of mariadb.org/download; its service is not needed."
        }
        System::Other => "Install mariadb-server with your system's package manager.",
    }
}

fn git_remedy(system: System) -> &'static str {
    match system {
        System::Debian => "sudo apt-get install git",
        System::Fedora => "sudo dnf install git",
        System::Arch => "sudo pacman -S --needed git",
        System::Mac => "xcode-select --install",
        System::Windows => "Install Git by the installer of git-scm.com.",
        System::Other => "Install git with your system's package manager.",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_system_is_known_by_what_it_is_like() {
        let check = |text: &str, expected| assert_eq!(read_system(text), expected, "{text}");
        check("NAME=\"Debian GNU/Linux\"\nID=debian\n", System::Debian);
        check("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n", System::Debian);
        check("ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n", System::Fedora);
        check("ID=manjaro\nID_LIKE=arch\n", System::Arch);
        check("ID=nixos\n", System::Other);
        check("", System::Other);
    }

    #[test]
    fn a_remedy_names_each_package_once_and_in_the_right_version() {
        let version = php::Version::parse("8.2.36").expect("a version");
        let program = Some("/usr/bin/php8.2".into());
        let php = php::Installation { version, cli: program, cgi: None, fpm: None };
        assert_eq!(
            php_remedy(System::Debian, Some(&php), &["mysqli", "pdo_mysql", "gd"]),
            "sudo apt-get install php8.2-cgi php8.2-mysql php8.2-gd"
        );
        assert_eq!(
            php_remedy(System::Debian, None, EXTENSIONS),
            "sudo apt-get install php-cli php-cgi php-mysql php-sqlite3 php-gd php-xml php-mbstring php-curl php-zip php-intl"
        );
    }

    #[test]
    fn this_machine_is_found_fit() {
        let checks = doctor();
        let is_ok = |name: &str| checks.iter().any(|it| it.name.starts_with(name) && it.ok);
        assert!(is_ok("PHP") && is_ok("MariaDB") && is_ok("Git"), "{checks:#?}");
    }

    proptest! {
        #[test]
        fn any_file_and_any_answer_is_survived(text in "(ID|ID_LIKE|git version )?=?.{0,30}\n?.{0,9}") {
            let _ = (read_system(&text), read_git_version(&text));
        }
    }
}
