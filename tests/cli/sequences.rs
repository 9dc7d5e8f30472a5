//! Random sequences of what people and Git clients do keep what must hold.
use std::{
    fs,
    hash::{BuildHasher, RandomState},
    path::Path,
};

use crate::{
    code::{code, commit, with_clone},
    support::{PorticoTest, eventually},
};

/// Steps of one sequence.
const STEPS: usize = 30;

/// Numbers that look random and are the same for each seed (Knuth's MMIX generator).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) % sides
    }
}

/// What must hold whatever was done before.
fn check_invariants(test: &PorticoTest, clone: &Path, committed: &[String]) {
    test.git(clone, &["fetch", "-q", "--tags", "--prune"]).success();
    let repository = test.root().join("sites/demo/repository.git");
    for commit in committed {
        test.git(&repository, &["cat-file", "-e", commit]).success();
    }
    for environment in ["demo.test", "demo.live"] {
        let code = code(test, environment);
        let Some(tag) = code["tag"].as_str() else { continue };
        let folder = test.environment(environment).join("code");
        let folder = fs::canonicalize(folder).unwrap();
        let git = format!(
            "GIT_INDEX_FILE={} git --work-tree={}",
            test.folder("index").display(),
            folder.display()
        );
        let script = format!(
            "{git} read-tree {tag} && {git} diff --name-status && {git} ls-files -o --exclude-standard"
        );
        let outcome = test.shell(&repository, &script).success();
        assert_eq!(outcome.stdout, "", "the checkout of {environment} is not {tag}");
    }
    for row in test.json(&["multidev:list", "demo"]).as_array().unwrap() {
        let name = row["environment"].as_str().unwrap();
        let range = format!("master...{name}");
        let counted = test.git(&repository, &["rev-list", "--count", "--left-right", &range]);
        let told = format!("{}\t{}\n", row["behind"], row["ahead"]);
        assert_eq!(counted.success().stdout, told, "distance of {name}");
    }
}

/// One sequence under way.
struct Sequence {
    test: PorticoTest,
    clone: std::path::PathBuf,
    dice: Dice,
    /// Every commit that was taken.
    committed: Vec<String>,
}

impl Sequence {
    /// Commits on top of where `start` is now, in the clone; answers the commit.
    fn commit_on(&mut self, start: &str, step: usize) -> String {
        let git = |arguments: &[&str]| self.test.git(&self.clone, arguments).success();
        git(&["fetch", "-q", "--tags", "--force"]);
        git(&["checkout", "-q", "--detach", start]);
        git(&["reset", "-q", "--hard", start]);
        commit(&self.test, &self.clone, &format!("{}.html", self.dice.roll(4)), &step.to_string());
        git(&["rev-parse", "HEAD"]).stdout.trim().to_owned()
    }

    fn push_a_branch(&mut self, step: usize) {
        let branch = ["master", "blog"][self.dice.roll(2) as usize];
        let id = self.commit_on(&format!("origin/{branch}"), step);
        let target = format!("HEAD:refs/heads/{branch}");
        // Refused in SFTP mode, and while an undo left changes in the folder.
        if self.test.git(&self.clone, &["push", "-q", "origin", &target]).is_success() {
            self.committed.push(id);
        }
    }

    /// A commit on what Test or Live runs, tagged with the next number and pushed.
    fn push_a_hotfix(&mut self, step: usize) {
        let name = ["test", "live"][self.dice.roll(2) as usize];
        let environment = format!("demo.{name}");
        let Some(running) = code(&self.test, &environment)["tag"].as_str().map(str::to_owned)
        else {
            return;
        };
        let id = self.commit_on(&running, step);
        let all = self.test.git(&self.clone, &["tag", "-l", &format!("pantheon_{name}_*")]);
        let all = all.success().stdout;
        let highest = all.lines().filter_map(|tag| tag.rsplit('_').next()?.parse::<u64>().ok());
        let tag = format!("pantheon_{name}_{}", highest.max().unwrap() + 1);
        self.test.git(&self.clone, &["tag", "-a", &tag, "-m", "Hotfix"]).success();
        self.test.git(&self.clone, &["push", "-q", "origin", &tag]).success();
        eventually("the hotfix is deployed", || code(&self.test, &environment)["tag"] == *tag);
        self.committed.push(id);
    }

    /// A person edits the folder and commits it there.
    fn edit_in_sftp_mode(&mut self, step: usize) {
        let name = ["dev", "blog"][self.dice.roll(2) as usize];
        let environment = format!("demo.{name}");
        // Refused when an undo has brought it into this mode.
        drop(self.test.run(&["connection:set", &environment, "sftp"]));
        let file = format!("code/{}.html", self.dice.roll(4));
        fs::write(self.test.environment(&environment).join(file), format!("edit {step}")).unwrap();
        self.test.run(&["env:commit", &environment, "--message", "Edit"]).success();
        self.committed.push(code(&self.test, &environment)["commit"].as_str().unwrap().to_owned());
        if self.dice.roll(4) > 0 {
            self.test.run(&["connection:set", &environment, "git"]).success();
        }
    }

    fn state(&self) -> [serde_json::Value; 4] {
        ["dev", "test", "live", "blog"].map(|environment| {
            let mut code = code(&self.test, &format!("demo.{environment}"));
            code["uncommitted"].take();
            code
        })
    }

    fn undo(&mut self) {
        let before = self.state();
        if !self.test.run(&["undo", "demo"]).is_success() {
            return;
        }
        self.test.run(&["undo", "demo"]).success();
        assert_eq!(self.state(), before, "undo of undo changed something");
        if self.dice.roll(2) == 0 {
            self.test.run(&["undo", "demo"]).success();
            // What was undone may be the making of the multidev, on which the rest of the sequence works.
            if !self.test.environment("demo.blog").exists() {
                self.test.run(&["undo", "demo"]).success();
            }
        }
    }

    fn act(&mut self, action: u64, step: usize) {
        match action {
            0 | 1 => self.push_a_branch(step),
            2 => drop(self.test.run(&["env:deploy", "demo.test"])),
            3 => drop(self.test.run(&["env:deploy", "demo.live"])),
            4 => drop(self.test.run(&["multidev:merge-to-dev", "demo.blog"])),
            5 => drop(self.test.run(&["multidev:merge-from-dev", "demo.blog"])),
            6 => drop(self.test.run(&["env:code-rollback", "demo.test"])),
            7 => self.push_a_hotfix(step),
            8 => self.edit_in_sftp_mode(step),
            9 => drop(self.test.run(&["env:bring-to-dev", "demo.live"])),
            _ => self.undo(),
        }
    }
}

/// The seed of a failure is in its output; `PORTICO_SEED` tries it again.
#[test]
#[expect(clippy::print_stderr, reason = "who looks into a failure needs the seed")]
fn random_sequences_keep_what_must_hold() {
    let chosen = std::env::var("PORTICO_SEED").ok().and_then(|it| it.parse().ok());
    let seeds = match chosen {
        Some(seed) => vec![seed],
        None => vec![3, RandomState::new().hash_one(()) >> 32],
    };
    for seed in seeds {
        let test = PorticoTest::new();
        let _serving = test.serve();
        let clone = with_clone(&test);
        test.run(&["multidev:create", "demo.dev", "blog"]).success();
        let mut all = Sequence { test, clone, dice: Dice(seed), committed: Vec::new() };
        for step in 0..STEPS {
            let action = all.dice.roll(12);
            eprintln!("seed {seed}, step {step}: action {action}");
            all.act(action, step);
            check_invariants(&all.test, &all.clone, &all.committed);
        }
        assert!(!all.committed.is_empty(), "seed {seed} did nothing");
    }
}
