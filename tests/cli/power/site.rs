//! A small site in four environments, each with marks of its own, and all that can be seen of it.
use std::{
    collections::BTreeMap,
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use super::{Case, disk::Disk};
use crate::support::{PorticoTest, Serving};

/// What stands where; code, content, pages, references.
pub(super) type Seen = BTreeMap<String, String>;

const PAGE: &str = r#"<?php
require __DIR__ . '/lib/code.php';
$file = $_ENV['PORTICO_SQLITE_FILE'] ?? '';
$database = $file !== '' ? new PDO("sqlite:$file")
    : new PDO("mysql:unix_socket={$_ENV['DB_PORT']};dbname={$_ENV['DB_NAME']}", $_ENV['DB_USER'], $_ENV['DB_PASSWORD']);
$database->setAttribute(PDO::ATTR_ERRMODE, PDO::ERRMODE_EXCEPTION);
if (isset($_GET['mark'])) {
    $database->exec('CREATE TABLE IF NOT EXISTS marks (id INTEGER PRIMARY KEY, mark VARCHAR(200))');
    $database->exec('DELETE FROM marks');
    $insert = $database->prepare('INSERT INTO marks VALUES (?, ?)');
    $database->beginTransaction();
    for ($row = 0; $row < 500; $row++) { $insert->execute([$row, $_GET['mark'] . " $row"]); }
    $database->commit();
}
try { $marks = $database->query('SELECT mark FROM marks ORDER BY id')->fetchAll(PDO::FETCH_COLUMN); }
catch (PDOException $none) { $marks = ['none']; }
echo CODE, ' ', $marks[0], ' ', count($marks), ' ', md5(implode($marks));
"#;

/// What Portico says of its own state beside.
const NOT_COMPARED: [&str; 2] = [".git", "vendor"];

pub(super) struct Sites {
    test: PorticoTest,
    pub(super) disk: Disk,
    pub(super) engine: &'static str,
}

impl Sites {
    /// Dev with changes that wait, Test, Live and a multidev with a commit of its own; a dump and uploads to import.
    pub(super) fn make(engine: &'static str) -> Self {
        let test = PorticoTest::new();
        let disk = Disk::new(&test.folder(""), test.root());
        let sites = Self { test, disk, engine };
        let code = sites.test.folder("code");
        put(&code, "index.php", PAGE);
        put(&code, "lib/code.php", "<?php const CODE = 'first';\n");
        (0..150).for_each(|it| {
            put(&code, &format!("lib/{}/{it}.php", it % 7), &format!("<?php return {it};\n"))
        });
        let uploads = sites.test.folder("uploads");
        (0..60).for_each(|it| put(&uploads, &format!("2024/{it}.txt"), &format!("import {it}")));
        let rows: Vec<String> = (0..500).map(|it| format!("({it},'import {it}')")).collect();
        let dump = format!(
            "CREATE TABLE `marks` (`id` int NOT NULL PRIMARY KEY, `mark` varchar(200));\nINSERT INTO `marks` VALUES {};\n",
            rows.join(",")
        );
        fs::write(sites.test.folder("dump.sql"), dump).unwrap();

        let serving = sites.serve();
        sites.run(&sites.words("site:create SITE --from CODE --database ENGINE"));
        for it in 0..120 {
            put(
                &sites.environment("dev").join("files"),
                &format!("2023/{}/{it}.txt", it % 5),
                &format!("dev {it}"),
            );
        }
        sites.mark("dev");
        for (environment, parent) in [("test", "dev"), ("live", "test")] {
            sites.run(&sites.words(&format!("env:deploy SITE.{environment}")));
            sites.mark(environment);
            put(&sites.environment(environment).join("files"), "mark.txt", environment);
            assert_ne!(environment, parent);
        }
        sites.run(&sites.words("multidev:create SITE.live feat"));
        put(
            &sites.environment("feat").join("code"),
            "lib/code.php",
            "<?php const CODE = 'feat';\n",
        );
        (0..40).for_each(|it| {
            put(
                &sites.environment("feat").join("code"),
                &format!("feat/{it}.php"),
                "<?php // feat\n",
            )
        });
        sites.run(&sites.words("env:commit SITE.feat --message Feat"));
        let dev = sites.environment("dev").join("code");
        (0..40).for_each(|it| {
            put(&dev, &format!("lib/{}/{it}.php", it % 7), &format!("<?php // changed {it}\n"))
        });
        put(&dev, "new/file.php", "<?php // new\n");
        drop(serving);
        sites.disk.is_made();
        sites
    }

    /// The words of a command with this round's names.
    pub(super) fn words(&self, command: &str) -> Vec<String> {
        let folder = |name: &str| self.test.folder(name).display().to_string();
        let other = if self.engine == "sqlite" { "mariadb" } else { "sqlite" };
        let names = [
            ("SITE", "acme".to_owned()),
            ("DUMP", folder("dump.sql")),
            ("UPLOADS", folder("uploads")),
            ("CODE", folder("code")),
            ("ENGINE", self.engine.to_owned()),
            ("OTHER", other.to_owned()),
        ];
        command
            .split(' ')
            .map(|word| {
                names.iter().fold(word.to_owned(), |word, (name, value)| word.replace(name, value))
            })
            .collect()
    }

    /// Puts everything back to the beginning of a case.
    pub(super) fn begin(&self, case: &Case) -> Serving {
        self.disk.begin();
        let serving = self.serve();
        if case.command.starts_with("git push") {
            let clone = self.test.folder("clone");
            drop(fs::remove_dir_all(&clone));
            case.before.iter().for_each(|it| self.run(&self.words(it)));
            let repository = self.test.root().join("sites/acme/repository.git");
            let git = |folder: &Path, words: &[&str]| self.test.git(folder, words).success();
            git(&self.test.folder(""), &["clone", "-q", repository.to_str().unwrap(), "clone"]);
            (0..40).for_each(|it| put(&clone, &format!("pushed/{it}.php"), "<?php // pushed\n"));
            put(&clone, "lib/code.php", "<?php const CODE = 'pushed';\n");
            git(&clone, &["add", "-A"]);
            git(&clone, &["commit", "-q", "-m", "Pushed"]);
        } else {
            case.before.iter().for_each(|it| self.run(&self.words(it)));
        }
        if self.environment("live").exists() {
            put(&self.environment("live").join("files"), "later.txt", "later");
        }
        // What was before is on the disk; what a workflow does itself is tried.
        Command::new("sync").arg("-f").arg(self.test.root()).status().unwrap();
        serving
    }

    pub(super) fn serve(&self) -> Serving {
        self.test.serve()
    }

    pub(super) fn command(&self, words: &[String]) -> Command {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let mut command = match words[..] {
            ["git", "push", _] => {
                let mut command = Command::new("git");
                self.test.surround(&mut command);
                command
                    .args(["push", "-q", "origin", "HEAD"])
                    .current_dir(self.test.folder("clone"));
                command
            }
            _ => self.test.command(&words),
        };
        command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
        command
    }

    pub(super) fn run(&self, words: &[String]) {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words[..] {
            ["git", "push", _] => {
                let folder = self.test.folder("clone");
                drop(self.test.git(&folder, &["push", "-q", "origin", "HEAD"]).success());
            }
            _ => drop(self.test.run(&words).success()),
        }
    }

    /// The newest workflow of all sites.
    pub(super) fn newest(&self) -> Value {
        let mut all = Vec::new();
        for site in ["acme", "fresh"] {
            let outcome = self.test.run(&["workflow:list", site, "--format", "json"]);
            if outcome.is_success() {
                all.extend(outcome.json().as_array().unwrap().first().cloned());
            }
        }
        all.into_iter().max_by_key(|it| it["id"].as_u64()).unwrap_or_default()
    }

    fn environment(&self, name: &str) -> PathBuf {
        self.test.environment(&format!("acme.{name}"))
    }

    fn mark(&self, environment: &str) {
        let path = format!("/?mark={environment}");
        drop(self.test.browser().get(&format!("acme.{environment}"), &path).ok());
    }

    pub(super) fn see(&self) -> Seen {
        let mut seen = Seen::new();
        let sites = self.test.json(&["site:list"]);
        for site in sites.as_array().unwrap() {
            let site = site["name"].as_str().unwrap();
            let folder = self.test.root().join("sites").join(site);
            for environment in ["dev", "test", "live", "feat", "blog"] {
                let address = format!("{site}.{environment}");
                self.see_backups(&address, &mut seen);
                let info = self.test.run(&["env:info", &address, "--format", "json"]);
                if !info.is_success() || info.json()["initialized"] == false {
                    continue;
                }
                let info = info.json();
                let note =
                    |key: &str, value: &Value| (format!("{address} {key}"), value.to_string());
                seen.extend([
                    note("mode", &info["connection_mode"]),
                    note("tag", &info["code"]["tag"]),
                    note("uncommitted", &info["code"]["uncommitted"]),
                    note("message", &info["code"]["message"]),
                    note("engine", &info["content"]["database"]["engine"]),
                ]);
                let answer = self.test.browser().get(&address, "/");
                seen.insert(
                    format!("{address} page"),
                    format!("{} {}", answer.status, answer.body),
                );
                for part in ["code", "files"] {
                    let root = folder.join(environment).join(part).canonicalize().unwrap();
                    hash_files(&root, &root, &format!("{address} {part}"), &mut seen);
                }
            }
            let format = "%(refname) %(tree) %(*tree)";
            let repository = folder.join("repository.git");
            let references =
                self.test.git(&repository, &["for-each-ref", "--format", format]).success();
            for line in references.stdout.lines() {
                let (name, tree) = line.split_once(' ').unwrap();
                // What is kept for undo is named by the time it was kept.
                if !name.starts_with("refs/portico") {
                    seen.insert(format!("{site} {name}"), tree.to_owned());
                }
            }
        }
        seen
    }

    /// How many backups there are, and what each holds, whose bytes are those that it says.
    fn see_backups(&self, address: &str, seen: &mut Seen) {
        let all = self.test.json(&["backup:list", address]);
        for (number, backup) in all.as_array().unwrap().iter().enumerate() {
            for part in backup["parts"].as_array().unwrap() {
                let file = part["file"].as_str().unwrap();
                let element = part["element"].as_str().unwrap();
                let get = ["backup:get", address, "--file", file, "--element", element];
                let path = self.test.run(&get).success().stdout;
                let said =
                    self.test.shell(&self.test.root(), &format!("sha256sum '{}'", path.trim()));
                let is_whole = said.stdout.starts_with(part["sha256"].as_str().unwrap());
                let holds = format!("{} {} {is_whole}", part["entries"], part["rows"]);
                seen.insert(format!("{address} backup {number} {element}"), holds);
            }
        }
    }

    /// Git finds nothing broken, in the repository and in the worktrees.
    pub(super) fn check_repository(&self, told: &str) {
        let repository = self.test.root().join("sites/acme/repository.git");
        if repository.exists() {
            let checked = self.test.git(&repository, &["fsck", "--full", "--no-dangling"]);
            let said = format!("{}{}", checked.stdout, checked.stderr);
            assert!(checked.is_success() && said.trim().is_empty(), "{told}: {said}");
            let list = self.test.git(&repository, &["worktree", "list", "--porcelain"]).success();
            assert!(!list.stdout.contains("prunable"), "{told}: {list}");
        }
    }

    /// Work goes on: whatever was cut, Dev takes a commit and Test a deploy.
    pub(super) fn go_on(&self, told: &str) {
        let dev = self.environment("dev").join("code");
        if !dev.exists() {
            return;
        }
        let outcome = self.test.run(&["connection:set", "acme.dev", "sftp"]);
        assert!(outcome.is_success(), "{told}: {outcome}");
        put(&dev, "last.php", "<?php // last\n");
        for command in ["env:commit acme.dev --message Last", "env:deploy acme.test"] {
            let words: Vec<&str> = command.split(' ').collect();
            let outcome = self.test.run(&words);
            assert!(outcome.is_success(), "{told}: {outcome}");
        }
        self.check_repository(told);
    }
}

fn put(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn hash_files(root: &Path, folder: &Path, name: &str, seen: &mut Seen) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let known = path.symlink_metadata().unwrap();
        if NOT_COMPARED.contains(&path.file_name().unwrap().to_str().unwrap()) || known.is_symlink()
        {
            continue;
        }
        if known.is_dir() {
            hash_files(root, &path, name, seen);
        } else {
            let mut hasher = DefaultHasher::new();
            fs::read(&path).unwrap().hash(&mut hasher);
            let inside = path.strip_prefix(root).unwrap().display();
            seen.insert(
                format!("{name} {inside}"),
                format!("{} {:x}", known.len(), hasher.finish()),
            );
        }
    }
}
