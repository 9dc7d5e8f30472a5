//! What is broken of one part costs that part: all others answer, what is broken is named, and it comes back.
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::support::{PorticoTest, Serving};

const ALL: [&str; 4] = ["demo.dev", "demo.test", "demo.live", "demo.feat"];

/// The sample site in four environments, which is damaged again and again, each time whole before.
struct Base {
    test: PorticoTest,
    kept: PathBuf,
}

impl Base {
    fn new() -> Self {
        let test = PorticoTest::new();
        let serving = test.serve();
        test.run(&["site:create", "demo", "--from", "sample"]).success();
        test.run(&["env:deploy", "demo.test"]).success();
        test.run(&["env:deploy", "demo.live"]).success();
        test.run(&["multidev:create", "demo.dev", "feat"]).success();
        fs::write(test.environment("demo.dev").join("code/more.html"), "more").unwrap();
        test.run(&["env:commit", "demo.dev", "--message", "More"]).success();
        test.run(&["env:deploy", "demo.test"]).success();
        test.run(&["env:clone-content", "demo.live", "dev"]).success();
        ALL.iter().for_each(|it| drop(test.browser().get(it, "/").ok()));
        // What was measured tells later that there was something.
        ALL.iter().for_each(|it| drop(test.json(&["env:info", it])));
        assert_eq!(serving.end(), Some(0));
        let kept = test.folder("kept");
        let base = Self { test, kept };
        base.copy(&base.test.root(), &base.kept);
        base
    }

    fn copy(&self, from: &Path, to: &Path) {
        let line = format!("cp -a '{}' '{}'", from.display(), to.display());
        self.test.shell(&self.test.folder(""), &line).success();
    }

    /// The whole site, damaged; and the owner that starts on it.
    fn damaged(&self, damage: impl FnOnce(&Path)) -> Serving {
        let root = self.test.root();
        // Files of releases can't be written to; their folders can.
        fs::remove_dir_all(&root).unwrap();
        self.copy(&self.kept, &root);
        damage(&root.join("sites/demo"));
        self.test.serve()
    }

    /// What is broken of an environment, as `env:info` says: parts and messages.
    fn damage(&self, environment: &str) -> Vec<(String, String)> {
        let info = self.test.json(&["env:info", environment]);
        let all = info["damage"].as_array().unwrap().iter();
        let word = |it: &Value, key: &str| it[key].as_str().unwrap().to_owned();
        all.map(|it| (word(it, "part"), word(it, "message"))).collect()
    }

    /// All environments but `broken` answer 200; that one says 503 and what is broken.
    #[track_caller]
    fn only(&self, broken: &str, part: &str, words: &str) {
        for environment in ALL {
            let answer = self.test.browser().get(environment, "/");
            let expected = if environment == broken { 503 } else { 200 };
            assert_eq!(answer.status, expected, "{environment}: {}", answer.body);
            if environment == broken {
                let said = answer.body.to_lowercase();
                assert!(said.contains(&words.to_lowercase()), "{words}: {said}");
            }
        }
        let found = self.damage(broken);
        let is_named = found.iter().any(|(its, said)| its == part && said.contains(words));
        assert!(is_named, "{part} {words}: {found:?}");
        self.lists_go_on();
    }

    #[track_caller]
    fn all_answer(&self) {
        for environment in ALL {
            self.test.browser().get(environment, "/").ok();
        }
        self.lists_go_on();
    }

    #[track_caller]
    fn lists_go_on(&self) {
        assert_eq!(self.test.json(&["site:list"]).as_array().unwrap().len(), 1);
        assert_eq!(self.test.json(&["env:list", "demo"]).as_array().unwrap().len(), 4);
        assert!(self.test.json(&["workflow:list", "demo"]).as_array().unwrap().len() >= 6);
        self.test.run(&["multidev:list", "demo"]).success();
        self.test.run(&["site:info", "demo"]).success();
    }

    /// Changes portico.db behind Portico's back.
    fn execute(&self, sql: &str) {
        let store = rusqlite::Connection::open(self.test.root().join("portico.db")).unwrap();
        assert_eq!(store.execute(sql, []).unwrap(), 1, "{sql}");
    }
}

/// Makes a file shorter.
fn cut(file: &Path, to: u64) {
    File::options().write(true).open(file).unwrap().set_len(to).unwrap();
}

fn only_entry(folder: &Path) -> PathBuf {
    fs::read_dir(folder).unwrap().next().unwrap().unwrap().path()
}

#[test]
fn a_row_that_can_t_be_read_costs_its_environment_only() {
    let base = Base::new();
    for (column, value) in [
        ("code", r#"'{"type":"quantum"}'"#),
        ("code", "''"),
        ("secrets", "'{'"),
        ("created", "'yesterday'"),
        ("generation", "-1"),
        ("connection_mode", "'telnet'"),
    ] {
        let sql = format!("UPDATE environments SET {column} = {value} WHERE name = 'feat'");
        let _serving = base.damaged(|_| base.execute(&sql));
        base.only("demo.feat", "row", "can");
    }
    let sql = "UPDATE environments SET code = 'x' WHERE name = 'dev'";
    let _serving = base.damaged(|_| base.execute(sql));
    base.only("demo.dev", "row", "can");
}

#[test]
fn a_row_of_history_that_can_t_be_read_is_left_out() {
    let base = Base::new();
    let sql = "UPDATE workflows SET request = '{}' WHERE id = 2";
    let _serving = base.damaged(|_| base.execute(sql));
    base.all_answer();
}

#[test]
fn a_damaged_folder_of_code_costs_its_environment_only() {
    let base = Base::new();
    let remove = |path: PathBuf| fs::remove_dir_all(path).unwrap();
    {
        let _serving = base.damaged(|site| remove(site.join("dev/code")));
        base.only("demo.dev", "code", "the folder of its code is missing");
        assert!(!base.test.environment("demo.dev").join("code").exists(), "nothing took its place");
    }
    {
        let _serving = base.damaged(|site| {
            remove(site.join("feat/code"));
            fs::create_dir(site.join("feat/code")).unwrap();
        });
        base.only("demo.feat", "code", "the folder of its code is empty");
    }
    {
        let _serving = base.damaged(|site| remove(only_entry(&site.join("live/releases"))));
        base.only("demo.live", "code", "the folder of its release is missing");
    }
    {
        let _serving = base.damaged(|site| {
            let release = only_entry(&site.join("live/releases"));
            base.test
                .shell(
                    &release,
                    "chmod u+w *; for f in *; do test -f $f && { rm $f; : > $f; }; done; true",
                )
                .success();
        });
        base.only("demo.live", "code", "of its release is empty");
    }
}

#[test]
fn a_damaged_database_costs_its_environment_only() {
    let base = Base::new();
    let file = |site: &Path| site.join("live/content/1/database/site.sqlite");
    {
        let _serving = base.damaged(|site| cut(&file(site), 1000));
        base.only("demo.live", "database", "cut short");
    }
    {
        let _serving = base.damaged(|site| cut(&file(site), 0));
        base.only("demo.live", "database", "is empty");
    }
    {
        let _serving = base.damaged(|site| fs::remove_file(file(site)).unwrap());
        base.only("demo.live", "database", "is missing");
    }
    {
        let _serving = base.damaged(|site| {
            let size = fs::metadata(file(site)).unwrap().len();
            fs::write(file(site), vec![0; usize::try_from(size).unwrap()]).unwrap();
        });
        base.only("demo.live", "database", "no SQLite file");
    }
}

#[test]
fn a_generation_that_is_gone_is_never_switched_to() {
    let base = Base::new();
    let _serving = base.damaged(|site| fs::remove_dir_all(site.join("dev/content/1")).unwrap());
    base.all_answer();
    base.test.run(&["undo", "demo"]).status(5).stderr_has("generation 1 of demo.dev is gone");
    base.test.run(&["generation:switch", "demo.dev", "1"]).status(1).stderr_has("missing");
    assert_eq!(base.test.json(&["env:info", "demo.dev"])["content"]["generation"], 2);
    drop(_serving);
    let _serving = base.damaged(|site| fs::remove_dir_all(site.join("dev/content/2")).unwrap());
    base.only("demo.dev", "database", "generation 2, is missing");
    // The way back that is offered: the generation before.
    base.test.run(&["generation:switch", "demo.dev", "1"]).success();
    base.all_answer();
    base.test.run(&["undo", "demo"]).status(5).stderr_has("generation 2 of demo.dev is gone");
}

#[test]
fn a_release_that_is_gone_is_checked_out_again() {
    let base = Base::new();
    let live = |site: &Path| fs::remove_dir_all(only_entry(&site.join("live/releases"))).unwrap();
    {
        let _serving = base.damaged(live);
        // Live is as far as Test was; it deploys what Test has now.
        base.test.run(&["env:deploy", "demo.live"]).success();
        base.all_answer();
    }
    let test = |site: &Path| {
        for entry in fs::read_dir(site.join("test/releases")).unwrap() {
            fs::remove_dir_all(entry.unwrap().path()).unwrap();
        }
    };
    {
        let _serving = base.damaged(test);
        base.only("demo.test", "code", "the folder of its release is missing");
        // It has every commit of Dev, and yet there is something to deploy.
        base.test.run(&["env:deploy", "demo.test"]).success();
        base.all_answer();
        base.test.run(&["env:deploy", "demo.test"]).status(5).stderr_has("nothing to deploy");
        base.test.run(&["undo", "demo"]).success();
        base.all_answer();
    }
}

#[test]
fn a_lost_repository_stops_no_environment() {
    let base = Base::new();
    for damage in [
        "rm -rf repository.git",
        "rm -rf repository.git/objects/*",
        "echo garbage > repository.git/refs/heads/master",
        ": > repository.git/refs/heads/master",
        ": > repository.git/refs/heads/feat",
        ": > repository.git/refs/heads/junk",
        ": > repository.git/HEAD",
        "rm repository.git/HEAD",
        "echo garbage > repository.git/packed-refs",
        "rm -rf repository.git/refs",
        "find repository.git/objects -type f | while read f; do chmod u+w $f; : > $f; done",
        "for f in repository.git/worktrees/*/index; do : > $f; done",
        "rm -rf repository.git/worktrees",
    ] {
        let _serving = base.damaged(|site| drop(base.test.shell(site, damage).success()));
        base.all_answer();
        if !damage.contains("junk") {
            let found: Vec<_> = ALL.iter().flat_map(|it| base.damage(it)).collect();
            let said = found.iter().any(|(part, _)| part == "repository");
            // An index that can't be read is made anew at start.
            let is_mended = damage.contains("index");
            assert!(said || is_mended || damage.contains("HEAD"), "{damage}: {found:?}");
        }
    }
}

#[test]
fn what_breaks_while_portico_runs_is_told_and_what_comes_back_is_served() {
    let base = Base::new();
    let _serving = base.damaged(|_| {});
    let dev = base.test.environment("demo.dev");
    fs::rename(dev.join("code"), dev.join("elsewhere")).unwrap();
    base.only("demo.dev", "code", "the folder of its code is missing");
    fs::rename(dev.join("elsewhere"), dev.join("code")).unwrap();
    base.all_answer();
    assert_eq!(base.damage("demo.dev"), []);
}

impl Base {
    /// What repairing would do, as `--dry-run --format json` says: messages and ways back.
    fn findings(&self) -> Vec<Value> {
        let plan = self.test.json(&["site:repair", "demo", "--dry-run"]);
        plan.as_array().unwrap().clone()
    }

    /// Repairs and looks again: everything answers, nothing is broken any more.
    #[track_caller]
    fn repair(&self) -> Value {
        assert!(!self.findings().is_empty(), "something is found");
        let row = self.test.json(&["site:repair", "demo"]);
        assert_eq!(row["state"], "succeeded", "{row}");
        self.all_answer();
        for environment in ALL {
            assert_eq!(self.damage(environment), [], "{environment} after {row}");
        }
        row["result"].clone()
    }

    /// Code still goes all its ways.
    #[track_caller]
    fn works_on(&self) {
        let page = self.test.environment("demo.dev").join("code/after.html");
        fs::write(page, "after").unwrap();
        self.test.run(&["env:commit", "demo.dev", "--message", "After"]).success();
        self.test.run(&["env:deploy", "demo.test"]).success();
        assert_eq!(self.test.browser().get("demo.test", "/after.html").ok().body, "after");
        self.test.run(&["undo", "demo"]).success();
    }
}

#[test]
fn a_whole_site_has_nothing_to_repair() {
    let base = Base::new();
    let _serving = base.damaged(|_| {});
    assert_eq!(base.findings(), Vec::<Value>::new());
    base.test
        .run(&["site:repair", "demo"])
        .success()
        .stderr_has("whole: The repository: 2 commits");
}

#[test]
fn a_row_is_written_anew_from_history() {
    let base = Base::new();
    for (environment, column) in
        [("feat", "code"), ("live", "secrets"), ("test", "code"), ("dev", "created")]
    {
        let sql = format!("UPDATE environments SET {column} = '?' WHERE name = '{environment}'");
        let _serving = base.damaged(|_| base.execute(&sql));
        base.repair();
    }
    let sql = "UPDATE environments SET lock = '?' WHERE name = 'live'";
    {
        let _serving = base.damaged(|_| base.execute(sql));
        base.test.run(&["site:repair", "demo"]).success();
        // Nobody knows whether it was locked: the door stays closed.
        assert_eq!(base.test.browser().get("demo.live", "/").status, 401);
        base.test.run(&["undo", "demo"]).success();
        assert_eq!(base.test.browser().get("demo.live", "/").status, 503, "as it was before");
    }
    let sql = "UPDATE generations SET origin = '?' WHERE environment = 'live'";
    let _serving = base.damaged(|_| base.execute(sql));
    base.all_answer();
    base.repair();
}

#[test]
fn a_folder_of_code_is_made_anew_and_nothing_in_it_is_overwritten() {
    let base = Base::new();
    {
        let _serving = base.damaged(|site| fs::remove_dir_all(site.join("dev/code")).unwrap());
        base.repair();
        base.works_on();
    }
    {
        let _serving = base.damaged(|site| {
            fs::remove_dir_all(site.join("feat/code")).unwrap();
            fs::create_dir(site.join("feat/code")).unwrap();
        });
        base.repair();
        base.works_on();
    }
    let uncommitted = |site: &Path| fs::write(site.join("dev/code/mine.html"), "mine").unwrap();
    for damage in ["rm dev/code/.git", "rm -rf repository.git/worktrees"] {
        let _serving = base.damaged(|site| {
            uncommitted(site);
            base.test.shell(site, damage).success();
        });
        base.repair();
        assert_eq!(base.test.browser().get("demo.dev", "/mine.html").ok().body, "mine");
        let changed = base.test.json(&["env:diffstat", "demo.dev"]);
        assert_eq!(changed.as_array().unwrap().len(), 1, "{damage}: {changed}");
        base.works_on();
    }
}

#[test]
fn a_release_and_a_content_come_back() {
    let base = Base::new();
    {
        let _serving = base.damaged(|site| {
            fs::remove_dir_all(only_entry(&site.join("live/releases"))).unwrap();
            fs::remove_dir_all(site.join("dev/content/2")).unwrap();
            fs::remove_dir_all(site.join("feat/content/1/files")).unwrap();
        });
        let found = base.findings();
        assert_eq!(found.len(), 3, "{found:?}");
        base.repair();
        assert_eq!(base.test.json(&["env:info", "demo.dev"])["content"]["generation"], 1);
        base.works_on();
    }
    {
        // Only a part of the release is gone: the site answers, a thorough look finds it.
        let _serving = base.damaged(|site| {
            let release = only_entry(&site.join("live/releases"));
            base.test.shell(&release, "f=$(ls *.css *.php | tail -1); rm -f $f").success();
        });
        assert_eq!(base.findings()[0]["part"], "code");
        base.repair();
    }
    {
        let _serving =
            base.damaged(|site| cut(&site.join("live/content/1/database/site.sqlite"), 100));
        let found = base.findings();
        assert_eq!(found[0]["way_back"]["type"], "none", "Live has no other content: {found:?}");
        let clone = ["env:clone-content", "demo.dev", "live", "--confirm", "demo"];
        base.test.run(&clone).success();
        base.all_answer();
    }
}

#[test]
fn a_repository_is_mended_as_far_as_can_be() {
    let base = Base::new();
    for damage in [
        "echo garbage > repository.git/refs/heads/master",
        ": > repository.git/refs/heads/feat",
        "rm repository.git/refs/heads/master",
        ": > repository.git/HEAD",
        "rm repository.git/HEAD",
        "rm -rf repository.git/refs",
        "echo garbage > repository.git/packed-refs",
        // Files and folders are the same in a worktree or a release.
        "o=$(git -C repository.git rev-parse master:more.html | sed 's|^..|&/|'); f=repository.git/objects/$o; chmod u+w $f; : > $f",
        "o=$(git -C repository.git rev-parse 'master^{tree}' | sed 's|^..|&/|'); rm -f repository.git/objects/$o",
    ] {
        let _serving = base.damaged(|site| drop(base.test.shell(site, damage).success()));
        base.all_answer();
        base.repair();
        assert!(base.findings().iter().all(|it| it["part"] == "leftover"), "{damage}");
        base.works_on();
    }
}

#[test]
fn a_lost_repository_is_made_anew_from_releases_and_folders() {
    let base = Base::new();
    for damage in ["rm -rf repository.git", "rm -rf repository.git/objects/*"] {
        let _serving = base.damaged(|site| {
            fs::write(site.join("dev/code/mine.html"), "mine").unwrap();
            base.test.shell(site, damage).success();
        });
        base.all_answer();
        let found = base.findings();
        assert!(
            found[0]["action"].as_str().unwrap().contains("are lost"),
            "honestly told: {found:?}"
        );
        base.repair();
        assert_eq!(base.test.browser().get("demo.dev", "/mine.html").ok().body, "mine");
        let log = base.test.json(&["env:code-log", "demo.test"]);
        assert_eq!(log.as_array().unwrap().len(), 2, "one commit for each release: {log}");
        base.works_on();
    }
}

#[test]
fn a_database_server_whose_files_are_damaged_costs_its_environment_only() {
    let test = PorticoTest::new();
    let serving = test.serve();
    let folder = test.folder("site");
    fs::create_dir(&folder).unwrap();
    fs::write(
        folder.join("index.php"),
        "<?php $c = new mysqli($_ENV['DB_HOST'], $_ENV['DB_USER'], $_ENV['DB_PASSWORD'], $_ENV['DB_NAME'], (int) $_ENV['DB_PORT']); echo $c->query('SELECT 42')->fetch_row()[0];",
    )
    .unwrap();
    let from = folder.to_str().unwrap();
    test.run(&["site:create", "demo", "--from", from, "--database", "mariadb"]).success();
    test.run(&["env:deploy", "demo.test"]).success();
    test.run(&["env:wipe", "demo.test"]).success();
    assert_eq!(test.browser().get("demo.test", "/").ok().body, "42");
    assert_eq!(serving.end(), Some(0));
    let data = test.environment("demo.test").join("content/2/database");
    for (file, size) in [
        ("ibdata1", 1000),
        ("ibdata1", 1 << 20),
        ("ibdata1", 0),
        ("ib_logfile0", 0),
        ("aria_log_control", 0),
    ] {
        let whole = fs::read(data.join(file)).unwrap();
        cut(&data.join(file), size);
        {
            let _serving = test.serve();
            let answer = test.browser().get("demo.test", "/");
            assert_eq!(answer.status, 503, "{file}: {}", answer.body);
            assert!(
                answer.has(&format!("{file}` of its database is cut short")),
                "{}",
                answer.body
            );
            assert_eq!(test.browser().get("demo.dev", "/").ok().body, "42");
            let info = test.json(&["env:info", "demo.test"]);
            assert_eq!(info["damage"][0]["part"], "database", "{info}");
        }
        fs::write(data.join(file), whole).unwrap();
    }
    fs::remove_file(data.join("ibdata1")).unwrap();
    let _serving = test.serve();
    test.run(&["site:repair", "demo"]).success();
    assert_eq!(test.browser().get("demo.test", "/").ok().body, "42");
    assert_eq!(test.json(&["env:info", "demo.test"])["content"]["generation"], 1);
}

#[test]
fn what_a_killed_owner_left_is_taken_away_and_what_nobody_knows_is_told() {
    let base = Base::new();
    let _serving = base.damaged(|site| {
        fs::create_dir_all(site.join("live/releases/.checkout-abc/code")).unwrap();
        fs::create_dir_all(site.join("dev/content/99/files")).unwrap();
        fs::create_dir_all(site.join("old/code")).unwrap();
    });
    base.all_answer();
    assert!(!base.test.environment("demo.live").join("releases/.checkout-abc").exists());
    let found = base.findings();
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.iter().all(|it| it["part"] == "leftover" && it["way_back"]["type"] == "none"));
    base.test.run(&["site:repair", "demo"]).success();
    assert!(base.test.environment("demo.dev").join("content/99/files").exists(), "it stays");
}
