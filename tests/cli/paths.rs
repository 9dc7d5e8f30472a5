//! Any path works as the root folder, and as what a site comes from.
use std::{fs, path::Path};

use crate::support::{PorticoTest, wordpress};

/// What a shell, PHP's settings, a Git hook, an address or a list of folders could take for its own.
const ODD: &str = r#"My sites' "n°1" $HOME `x` #41; é漢 & *?[a]"#;

#[test]
fn a_path_of_quotes_and_signs_is_a_path() {
    walk(ODD);
}

#[test]
fn a_path_with_what_parts_lists_is_a_path() {
    walk("a:b; c, d");
}

#[test]
fn a_path_of_300_characters_is_a_path() {
    let folder = "long-name-".repeat(10);
    walk(&format!("{folder}/{folder}/{folder}"));
}

/// WordPress on MariaDB and the sample, with all that is done to sites.
fn walk(folder: &str) {
    let test = PorticoTest::with_root(Path::new(folder).join("Portico"));
    let _serving = test.serve();
    let browser = test.browser();
    let source = test.folder(folder).join(r"so{}u%r\ce");
    copy(&wordpress(), &source);
    test.run(&["site:create", "acme", "--from", source.to_str().unwrap()]).success();
    install(&test);
    assert!(browser.get("acme.dev", "/").ok().has("Acme Corp"));
    test.run(&["site:create", "demo", "--from", "sample"]).success();
    assert!(browser.get("demo.dev", "/").ok().has("guest"));

    test.run(&["env:deploy", "acme.test"]).success();
    test.run(&["env:deploy", "acme.live"]).success();
    browser.publish("acme.live", "ada", "correct horse", "Written on Live");
    test.run(&["env:clone-content", "acme.live", "dev"]).success();
    assert!(browser.get("acme.dev", "/").ok().has("Written on Live"));

    let dump = test.folder(folder).join("a dump.sql.gz");
    test.run(&["export:database", "acme.live", dump.to_str().unwrap()]).success();
    test.run(&["import", dump.to_str().unwrap(), "acme.test"]).success();
    assert!(browser.get("acme.test", "/").ok().has("Written on Live"));
    test.run(&[
        "php",
        "acme.dev",
        "--",
        "-r",
        "echo getenv('PORTICO_FILES'), ini_get('sys_temp_dir');",
    ])
    .success()
    .stdout_has(folder);

    push(&test);
    assert!(browser.get("acme.dev", "/pushed.html").ok().has("pushed"));
    test.run(&["env:deploy", "acme.test"]).success();
    assert!(browser.get("acme.test", "/pushed.html").ok().has("pushed"));
    test.run(&["undo", "acme"]).success();
    assert!(browser.get("acme.test", "/").ok().has("Written on Live"));
}

fn install(test: &PorticoTest) {
    let mut command = vec!["site:install", "acme.dev", "--title", "Acme Corp"];
    command.extend(["--admin-user", "ada", "--admin-password", "correct horse"]);
    command.extend(["--admin-email", "ada@acme.test"]);
    test.run(&command).success();
    let info = test.json(&["env:info", "acme.dev"]);
    assert_eq!(info["content"]["database"]["engine"], "mariadb");
}

/// Clones by the command that `connection:info` tells, and pushes.
fn push(test: &PorticoTest) {
    test.run(&["connection:set", "acme.dev", "git"]).success();
    let info = test.json(&["connection:info", "acme.dev"]);
    let here = test.folder("clones");
    fs::create_dir_all(&here).unwrap();
    test.shell(&here, info["git_command"].as_str().unwrap()).success();
    let clone = here.join("acme");
    fs::write(clone.join("pushed.html"), "<p>pushed").unwrap();
    test.git(&clone, &["add", "-A"]).success();
    test.git(&clone, &["commit", "-m", "A page"]).success();
    test.git(&clone, &["push"]).success();
}

#[test]
fn a_relative_root_folder_one_in_the_home_and_a_link_to_one_are_found() {
    let real = PorticoTest::with_root("real/sites");
    {
        let _serving = real.serve();
        real.run(&["site:create", "demo", "--from", "sample"]).success();
    }
    std::os::unix::fs::symlink(real.root(), real.folder("link")).unwrap();
    let roots = ["real//sites/", "./real/../real/sites", "~/real/sites", "link", "~/link/"];
    for root in roots.map(Path::new) {
        let list = real.command(&["site:list"]).env("PORTICO_HOME", root).output().unwrap();
        let said = String::from_utf8_lossy(&list.stdout).into_owned();
        assert!(said.contains("demo"), "{}: {said}", root.display());
    }
    // No `~` was made for a name.
    assert!(!real.folder("~").exists());
    let real = real.rooted_at("link");
    let _serving = real.serve();
    assert!(real.browser().get("demo.dev", "/").ok().has("guest"));
    real.run(&["env:deploy", "demo.test"]).success();
    assert!(real.browser().get("demo.test", "/").ok().has("guest"));
}

#[test]
fn a_source_in_the_home_is_found_by_its_tilde() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    fs::create_dir(test.folder("my code")).unwrap();
    fs::write(test.folder("my code/index.php"), "<?php echo 'mine';").unwrap();
    test.run(&["site:create", "mine", "--from", "~/my code"]).success();
    assert!(test.browser().get("mine.dev", "/").ok().has("mine"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_root_folder_that_php_can_t_be_told_is_refused_before_anything_is_made() {
    use std::os::unix::ffi::OsStrExt;
    let names: [(&[u8], _); 4] = [
        (b"caf\xe9", "is no Unicode text"),
        (br"my\sites", "has a backslash"),
        (b"two\nlines", "has a line break"),
        (b"100% mine", "has a % in it"),
    ];
    for (name, said) in names {
        let test = PorticoTest::with_root(std::ffi::OsStr::from_bytes(name));
        test.run(&["site:list"]).status(5).stderr_has(said);
        assert!(!test.root().exists());
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let place = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &place);
        } else {
            fs::copy(entry.path(), &place).unwrap();
        }
    }
}
