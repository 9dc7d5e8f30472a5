//! Repositories as they come: odd names and modes, submodules, Git LFS, line ends, shallow and empty ones; and the rules
//! that code keeps to on its way in.
use std::{
    ffi::OsStr,
    fs,
    os::unix::{ffi::OsStrExt, fs::PermissionsExt},
    path::{Path, PathBuf},
};

use crate::{
    code::{clone, code, commit, read, with_clone},
    support::{PorticoTest, eventually},
};

/// A repository of a person's, with `main` as its branch and one page.
fn repository(test: &PorticoTest, name: &str) -> PathBuf {
    test.git(&test.folder(""), &["init", "-q", "-b", "main", name]).success();
    let folder = test.folder(name);
    commit(test, &folder, "index.html", "<h1>Home</h1>");
    folder
}

fn create(test: &PorticoTest, site: &str, from: &Path) -> crate::support::Outcome {
    test.run(&["site:create", site, "--from", from.to_str().unwrap(), "--database", "sqlite"])
}

/// Commits a submodule without having one.
fn add_submodule(test: &PorticoTest, folder: &Path) {
    let id = test.git(folder, &["rev-parse", "HEAD"]).success().stdout.trim().to_owned();
    let entry = format!("160000,{id},theme/module");
    test.git(folder, &["update-index", "--add", "--cacheinfo", &entry]).success();
    test.git(folder, &["commit", "-q", "-m", "A submodule"]).success();
}

#[test]
fn a_broken_pantheon_yml_is_refused_at_commit_push_and_deploy() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    let clone = with_clone(&test);
    let before = code(&test, "demo.dev");
    commit(&test, &clone, "pantheon.yml", "api_version: 1\nphp_version: eight\n");
    let outcome = test.git(&clone, &["push"]).status(1);
    outcome.stderr_has("pantheon.yml, line 2").stderr_has("php_version: eight");
    assert_eq!(code(&test, "demo.dev"), before);
    commit(&test, &clone, "pantheon.yml", "api_version: 1\nphp_version: 8.2\n");
    test.git(&clone, &["push"]).success();

    test.run(&["connection:set", "demo.dev", "sftp"]).success();
    let folder = test.environment("demo.dev").join("code");
    let broken = "api_version: 1\nweb_docroot: maybe\n";
    fs::write(folder.join("pantheon.yml"), broken).unwrap();
    let outcome = test.run(&["env:commit", "demo.dev", "--message", "Broken"]).status(5);
    outcome.stderr_has("pantheon.yml, line 2");
    assert_eq!(code(&test, "demo.dev")["uncommitted"], 1);
    assert_eq!(read(&test, "demo.dev", "pantheon.yml").as_deref(), Some(broken));
    let staged = test.git(&folder, &["diff", "--cached", "--name-only"]).success();
    assert_eq!(staged.stdout, "", "a commit that was refused left something staged");

    // A person who commits in the folder itself meets it at the deploy, and sees it before.
    test.git(&folder, &["commit", "-q", "-a", "-m", "Broken"]).success();
    let warnings = code(&test, "demo.dev")["warnings"].clone();
    assert!(warnings[0]["message"].as_str().unwrap().contains("pantheon.yml, line 2"));
    let plan = test.run(&["env:deploy", "demo.test", "--dry-run"]).success();
    plan.stdout_has("pantheon.yml, line 2");
    test.run(&["env:deploy", "demo.test"]).status(5).stderr_has("pantheon.yml, line 2");
    assert_eq!(test.json(&["env:info", "demo.test"])["initialized"], false);
}

#[test]
fn a_submodule_is_refused_with_the_reason_at_create_push_and_merge() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    let upstream = repository(&test, "upstream");
    create(&test, "demo", &upstream).success();
    test.run(&["connection:set", "demo.dev", "git"]).success();
    add_submodule(&test, &upstream);
    let outcome = create(&test, "other", &upstream).status(5);
    outcome.stderr_has("theme/module").stderr_has("submodule");
    assert!(!test.root().join("sites/other").exists());
    test.run(&["upstream:updates:apply", "demo.dev"]).status(5).stderr_has("submodule");
    let clone = clone(&test, "clone");
    add_submodule(&test, &clone);
    test.git(&clone, &["push"]).status(1).stderr_has("`theme/module` is a Git submodule");
    assert_eq!(code(&test, "demo.dev")["uncommitted"], 0);
}

#[test]
fn a_link_inside_the_code_is_kept_and_one_that_leaves_it_is_refused_and_never_served() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    let clone = with_clone(&test);
    fs::create_dir(clone.join("pages")).unwrap();
    fs::write(clone.join("pages/real.html"), "real").unwrap();
    std::os::unix::fs::symlink("pages/real.html", clone.join("link.html")).unwrap();
    commit(&test, &clone, "other.html", "other");
    test.git(&clone, &["push"]).success();
    test.run(&["env:deploy", "demo.test"]).success();
    for environment in ["demo.dev", "demo.test"] {
        let link = test.environment(environment).join("code/link.html");
        assert_eq!(fs::read_link(link).unwrap(), Path::new("pages/real.html"));
        assert!(test.browser().get(environment, "/link.html").ok().has("real"));
    }
    let secret = test.folder("secret.html");
    fs::write(&secret, "secret").unwrap();
    std::os::unix::fs::symlink(&secret, clone.join("out.html")).unwrap();
    commit(&test, &clone, "other.html", "more");
    test.git(&clone, &["push"]).status(1).stderr_has("the link `out.html` leaves the code");

    test.run(&["connection:set", "demo.dev", "sftp"]).success();
    let folder = test.environment("demo.dev").join("code");
    std::os::unix::fs::symlink(&secret, folder.join("out.html")).unwrap();
    let answer = test.browser().get("demo.dev", "/out.html");
    assert!(answer.status >= 400 && !answer.has("secret"), "{}", answer.status);
    let outcome = test.run(&["env:commit", "demo.dev", "--message", "Link"]).status(5);
    outcome.stderr_has("leaves the code");
}

#[test]
fn names_in_any_encoding_modes_and_line_ends_arrive_as_committed() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    let from = repository(&test, "odd");
    let latin = OsStr::from_bytes(b"caf\xe9 *.html");
    fs::write(from.join(latin), "latin").unwrap();
    fs::write(from.join("żółw „1”.html"), "turtle").unwrap();
    fs::write(from.join("run.sh"), "#!/bin/sh\n").unwrap();
    fs::set_permissions(from.join("run.sh"), fs::Permissions::from_mode(0o755)).unwrap();
    commit(&test, &from, ".gitattributes", "* text=auto\n*.bat text eol=crlf\n*.raw -text\n");
    fs::write(from.join("start.bat"), "echo\r\n").unwrap();
    commit(&test, &from, "dos.raw", "one\r\ntwo\n");
    create(&test, "demo", &from).success();
    assert_eq!(code(&test, "demo.dev")["branch"], "main");
    test.run(&["env:deploy", "demo.test"]).success();
    for environment in ["demo.dev", "demo.test"] {
        let folder = fs::canonicalize(test.environment(environment).join("code")).unwrap();
        assert_eq!(fs::read(folder.join(latin)).unwrap(), b"latin");
        assert_eq!(fs::read(folder.join("dos.raw")).unwrap(), b"one\r\ntwo\n");
        assert_eq!(
            fs::metadata(folder.join("run.sh")).unwrap().permissions().mode() & 0o111,
            0o111
        );
        assert!(
            test.browser()
                .get(environment, "/%C5%BC%C3%B3%C5%82w%20%E2%80%9E1%E2%80%9D.html")
                .ok()
                .has("turtle")
        );
        assert!(test.browser().get(environment, "/caf%E9%20%2A.html").ok().has("latin"));
    }
    // Neither Portico nor a real Git takes any of it for changed, also when it looks anew.
    let folder = test.environment("demo.dev").join("code");
    assert_eq!(code(&test, "demo.dev")["uncommitted"], 0);
    test.shell(&folder, "touch *; git status --porcelain; exit $(git status --porcelain | wc -l)")
        .success();
    assert_eq!(code(&test, "demo.dev")["uncommitted"], 0);

    // Edits of each kind are seen and committed.
    fs::write(folder.join(latin), "changed").unwrap();
    fs::set_permissions(folder.join("index.html"), fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(folder.join("start.bat"), "echo 2\r\n").unwrap();
    let rows = test.json(&["env:diffstat", "demo.dev"]);
    assert_eq!(rows.as_array().unwrap().len(), 3, "{rows}");
    test.run(&["env:diff", "demo.dev"]).success().stdout_has("+changed").stdout_has("mode 100755");
    // It is named as it is shown.
    test.run(&["env:discard", "demo.dev", "caf\u{fffd} *.html"]).success();
    assert_eq!(fs::read(folder.join(latin)).unwrap(), b"latin");
    assert_eq!(code(&test, "demo.dev")["uncommitted"], 2);
    fs::write(folder.join(latin), "changed again").unwrap();
    test.run(&["env:commit", "demo.dev", "--message", "Odd"]).success();
    test.run(&["env:deploy", "demo.test"]).success();
    let deployed = fs::canonicalize(test.environment("demo.test").join("code")).unwrap();
    assert_eq!(fs::read(deployed.join(latin)).unwrap(), b"changed again");
    test.git(&folder, &["status", "--porcelain"]).success();
    let shown = test.git(&folder, &["show", "HEAD:start.bat"]).success().stdout;
    assert_eq!(shown, "echo 2\n", "Git keeps text with plain line ends");

    // A client on Windows, whose Git converts line ends, brings no phantom changes.
    test.run(&["connection:set", "demo.dev", "git"]).success();
    let repository = test.root().join("sites/demo/repository.git");
    let windows = ["clone", "-q", "-c", "core.autocrlf=true", repository.to_str().unwrap(), "win"];
    test.git(&test.folder(""), &windows).success();
    let clone = test.folder("win");
    assert_eq!(fs::read_to_string(clone.join("run.sh")).unwrap(), "#!/bin/sh\r\n");
    commit(&test, &clone, "run.sh", "#!/bin/sh\r\n# more\r\n");
    test.git(&clone, &["push", "-q"]).success();
    assert_eq!(read(&test, "demo.dev", "run.sh").as_deref(), Some("#!/bin/sh\n# more\n"));
    assert_eq!(code(&test, "demo.dev")["uncommitted"], 0);
}

#[test]
fn git_lfs_long_paths_and_names_that_clash_by_case_are_said() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    let clone = with_clone(&test);
    let long = format!("{}/{}.html", "a".repeat(100), "b".repeat(100));
    fs::create_dir(clone.join("a".repeat(100))).unwrap();
    fs::write(clone.join(&long), "long").unwrap();
    fs::write(clone.join("Page.html"), "upper").unwrap();
    fs::write(clone.join("page.html"), "lower").unwrap();
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n";
    fs::write(clone.join("photo.jpg"), pointer).unwrap();
    commit(&test, &clone, ".gitattributes", "*.jpg filter=lfs diff=lfs merge=lfs -text\n");
    let outcome = test.git(&clone, &["push"]).success();
    let outcome = outcome.stderr_has("`photo.jpg` is kept by Git LFS").stderr_has("page.html");
    outcome.stderr_has("longer than 180");
    let warnings = code(&test, "demo.dev")["warnings"].clone();
    assert_eq!(warnings.as_array().unwrap().len(), 3, "{warnings}");
    test.run(&["env:deploy", "demo.test", "--dry-run"]).success().stdout_has("Git LFS");
    test.run(&["env:deploy", "demo.test"]).success();
    assert!(test.browser().get("demo.test", "/Page.html").ok().has("upper"));
    assert!(test.browser().get("demo.test", &format!("/{long}")).ok().has("long"));
}

#[test]
fn an_empty_repository_is_refused_and_a_shallow_clone_works_and_is_said() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    test.git(&test.folder(""), &["init", "-q", "empty"]).success();
    let outcome = create(&test, "empty", &test.folder("empty")).status(5);
    outcome.stderr_has("has no commits").stderr_has("Commit something there first");
    assert!(!test.root().join("sites/empty").exists());

    let full = repository(&test, "full");
    for number in 0..3 {
        commit(&test, &full, "index.html", &format!("<h1>{number}</h1>"));
    }
    let address = format!("file://{}", full.display());
    let shallow = ["clone", "-q", "--depth", "2", &address, "shallow"];
    test.git(&test.folder(""), &shallow).success();
    create(&test, "demo", &test.folder("shallow")).success();
    let logs = test.run(&["workflow:info:logs", "demo"]).success();
    logs.stdout_has("shallow clone").stdout_has("git fetch --unshallow");
    assert_eq!(test.json(&["env:code-log", "demo.dev"]).as_array().unwrap().len(), 2);
    test.run(&["env:deploy", "demo.test"]).success();
    test.run(&["multidev:create", "demo.dev", "blog"]).success();
    test.run(&["connection:set", "demo.dev", "git"]).success();
    test.run(&["connection:set", "demo.blog", "git"]).success();
    let ours = clone(&test, "ours");
    commit(&test, &ours, "more.html", "more");
    test.git(&ours, &["push", "-q"]).success();
    assert_eq!(code(&test, "demo.test")["deployable"], 1);
    assert_eq!(test.json(&["multidev:list", "demo"])[0]["behind"], 1);
    test.run(&["multidev:merge-from-dev", "demo.blog"]).success();
    test.run(&["env:deploy", "demo.test"]).success();
    assert_eq!(read(&test, "demo.test", "more.html").as_deref(), Some("more"));

    // A person's own shallow clone of a whole site pushes as any other.
    create(&test, "whole", &full).success();
    test.run(&["connection:set", "whole.dev", "git"]).success();
    let repository = test.root().join("sites/whole/repository.git");
    let address = format!("file://{}", repository.display());
    test.git(&test.folder(""), &["clone", "-q", "--depth", "1", &address, "thin"]).success();
    let thin = test.folder("thin");
    commit(&test, &thin, "thin.html", "thin");
    test.git(&thin, &["push", "-q"]).success();
    assert_eq!(read(&test, "whole.dev", "thin.html").as_deref(), Some("thin"));
    assert_eq!(test.json(&["env:code-log", "whole.dev"]).as_array().unwrap().len(), 5);
}

#[test]
fn uploads_that_git_tracks_are_refused_at_create_and_become_content_when_asked() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    let from = repository(&test, "tracked");
    fs::create_dir(from.join("files")).unwrap();
    fs::write(from.join("files/photo.txt"), "photo").unwrap();
    fs::write(from.join("index.php"), "<?php").unwrap();
    commit(&test, &from, "pantheon.yml", "api_version: 1\nfilemount: /files\n");
    let outcome = create(&test, "demo", &from).status(5);
    outcome.stderr_has("Git tracks files in files").stderr_has("--untrack-uploads");
    assert!(!test.root().join("sites/demo").exists());
    let from = from.to_str().unwrap();
    test.run(&["site:create", "demo", "--from", from, "--untrack-uploads"]).success();
    assert!(test.browser().get("demo.dev", "/files/photo.txt").ok().has("photo"));
    assert_eq!(code(&test, "demo.dev")["uncommitted"], 0);
    assert_eq!(test.json(&["env:info", "demo.dev"])["content"]["files"]["count"], 1);
    let folder = test.environment("demo.dev").join("code");
    assert_eq!(test.git(&folder, &["ls-files", "files"]).success().stdout, "");
    test.run(&["env:deploy", "demo.test"]).success();
    assert!(test.browser().get("demo.test", "/files/photo.txt").ok().has("photo"));
}

#[test]
fn upstream_updates_are_found_in_the_background() {
    let test = PorticoTest::new();
    let upstream = repository(&test, "upstream");
    create(&test, "demo", &upstream).success();
    commit(&test, &upstream, "page.html", "second");
    commit(&test, &upstream, "page.html", "third");
    // Another site whose upstream can't be reached is no obstacle, and nobody hears of it.
    create(&test, "apart", &repository(&test, "elsewhere")).success();
    fs::rename(test.folder("elsewhere"), test.folder("moved")).unwrap();
    let board = |site: &str| test.json(&["site:info", site])["upstream_updates"].clone();
    assert!(board("demo").is_null(), "a single command does not ask");
    let _serving = test.serve();
    let events = test.subscribe();
    eventually("the upstream was asked", || board("demo") == 2);
    let is_told = |it: String| it.contains("changed") && it.contains("demo");
    eventually("the window was told", || events.try_iter().any(is_told));
    assert!(board("apart").is_null());
    test.run(&["upstream:updates:apply", "demo.dev"]).success();
    assert_eq!(board("demo"), 0);
    // Another upstream's updates are not known before it was asked.
    test.run(&["site:upstream:set", "demo", test.folder("moved").to_str().unwrap()]).success();
    assert!(board("demo").is_null());
}
