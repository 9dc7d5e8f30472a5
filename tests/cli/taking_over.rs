//! What a generation that goes gives to the one that replaces it.
use std::{
    collections::HashMap,
    fs::{self, File, OpenOptions},
    io::Write,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::Stdio,
    thread,
    time::Instant,
};

use crate::{
    generations::{current, generations, ids},
    random::{Random, moments},
    support::{PorticoTest, eventually, signal},
};

/// Files of an environment's content, by their path, and what tells a file from every other.
fn files_of(folder: &Path) -> HashMap<PathBuf, (u64, u64)> {
    let mut found = HashMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let known = path.symlink_metadata().unwrap();
            if known.is_dir() {
                folders.push(path);
            } else if known.is_file() {
                found.insert(path, (known.dev(), known.ino()));
            }
        }
    }
    found
}

/// No file of the site is one of another generation's as well, once the trash is empty.
#[track_caller]
fn nothing_is_shared(test: &PorticoTest) {
    let trash = test.root().join("trash");
    eventually("the trash is empty", || fs::read_dir(&trash).map_or(0, Iterator::count) == 0);
    let mut owners = HashMap::new();
    for environment in ["demo.dev", "demo.test"] {
        for (path, own) in files_of(&test.environment(environment).join("content")) {
            assert_eq!(path.metadata().unwrap().nlink(), 1, "{}", path.display());
            let other = owners.insert(own, path.clone());
            assert!(other.is_none(), "{} is {other:?}", path.display());
        }
    }
}

/// A file's text, written in place.
fn write_in_place(path: &Path, text: &str) {
    OpenOptions::new()
        .write(true)
        .truncate(true)
        .open(path)
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
}

fn bytes_of(folder: &Path) -> HashMap<PathBuf, Vec<u8>> {
    let read = |path: PathBuf| {
        (path.strip_prefix(folder).unwrap().to_path_buf(), fs::read(&path).unwrap())
    };
    files_of(folder).into_keys().map(read).collect()
}

/// The sample with many small files on Dev, Test with the same, and one replaced content kept.
fn with_many_files(test: &PorticoTest) -> PathBuf {
    test.run(&["site:create", "demo", "--from", "sample"]).success();
    let uploads = test.environment("demo.dev").join("files").canonicalize().unwrap();
    for number in 0..300 {
        let path = uploads.join(format!("2026/{}/{number}.txt", number % 7));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, format!("file {number}")).unwrap();
    }
    test.run(&["env:deploy", "demo.test"]).success();
    test.run(&["generation:keep", "demo", "1", "--days", "0"]).success();
    uploads
}

#[test]
fn a_clone_takes_over_the_files_of_the_generation_that_goes_and_shares_none() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    let uploads = with_many_files(&test);
    let content =
        |number: u64| test.environment("demo.test").join(format!("content/{number}/files"));
    for round in 2..7_u64 {
        for number in 0..3 {
            write_in_place(
                &uploads.join(format!("2026/{number}/{number}.txt")),
                &format!("{round}"),
            );
        }
        // As long and as old as before, and yet another.
        let hidden = uploads.join("2026/3/3.txt");
        let then = hidden.metadata().unwrap().modified().unwrap();
        write_in_place(&hidden, &format!("FILE {}", round % 10));
        File::options().write(true).open(&hidden).unwrap().set_modified(then).unwrap();
        fs::remove_file(uploads.join(format!("2026/{}/{}.txt", (100 + round) % 7, 100 + round)))
            .unwrap();
        fs::write(uploads.join(format!("new-{round}.txt")), "new").unwrap();

        let row = test.json(&["env:clone-content", "demo.dev", "test"]);

        assert_eq!(ids(&test, "demo.test"), [round, round - 1]);
        assert_eq!(bytes_of(&content(round)), bytes_of(&uploads), "the files are the source's");
        let taken = row["result"]["taken_over"].as_u64().unwrap();
        assert!(if round == 2 { taken == 0 } else { taken > 280 }, "{taken} in round {round}");
        if round > 2 {
            let line =
                format!("taken over from generation {}, which is let go: {taken} files", round - 2);
            test.run(&["workflow:info:logs", "demo"]).success().stdout_has(&line);
        }
        assert!(!test.environment("demo.test").join(format!("content/{}", round - 2)).exists());
        nothing_is_shared(&test);

        // What a site writes in place shows nowhere else.
        let (kept, source) = (bytes_of(&content(round - 1)), bytes_of(&uploads));
        write_in_place(&content(round).join("2026/4/200.txt"), "of test alone");
        assert_eq!((bytes_of(&content(round - 1)), bytes_of(&uploads)), (kept, source));
        write_in_place(&uploads.join("2026/5/201.txt"), &format!("of dev alone {round}"));
        let copied = fs::read_to_string(content(round).join("2026/5/201.txt")).unwrap();
        assert_ne!(copied, format!("of dev alone {round}"));
    }
    let kept = bytes_of(&content(5));
    test.run(&["undo", "demo"]).success();
    assert_eq!(current(&test, "demo.test"), 5);
    assert_eq!(bytes_of(&test.environment("demo.test").join("files/.")), kept);
}

#[test]
fn a_clone_that_fails_leaves_the_generation_that_would_go_as_it_was() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    let uploads = with_many_files(&test);
    // Its first visit makes its database.
    test.browser().get("demo.dev", "/").ok();
    let clone = ["env:clone-content", "demo.dev", "test"];
    test.run(&clone).success();
    test.run(&clone).success();
    // What a file takes of the disk is known only once the system has written it.
    let listed = || {
        let mut all = generations(&test, "demo.test");
        all.iter_mut().for_each(|it| it["disk"] = serde_json::Value::Null);
        all
    };
    let before = listed();
    assert_eq!(ids(&test, "demo.test"), [3, 2]);
    let content =
        |number: u64| test.environment("demo.test").join(format!("content/{number}/files"));
    let files = [2, 3].map(|number| (files_of(&content(number)), bytes_of(&content(number))));

    // Its database is broken, which shows only after the files are copied.
    let database = uploads.with_file_name("database").join("site.sqlite");
    let aside = database.with_file_name("aside");
    fs::rename(&database, &aside).unwrap();
    fs::write(&database, "no database at all".repeat(100)).unwrap();
    test.run(&clone).status(1);
    test.run(&["workflow:info:logs", "demo"]).success().stdout_has("Copy the database");
    fs::rename(&aside, &database).unwrap();
    // A large file, so that there is something to be cancelled in.
    File::create(uploads.join("film.bin")).unwrap().write_all(&vec![7; 400 << 20]).unwrap();
    let mut child = test.command(&clone).spawn().unwrap();
    eventually("files are copied", || content(5).join("film.bin").exists());
    signal(&child, rustix::process::Signal::INT);
    assert_eq!(child.wait().unwrap().code(), Some(130));

    nothing_is_shared(&test);
    assert_eq!(listed(), before);
    let now = [2, 3].map(|number| (files_of(&content(number)), bytes_of(&content(number))));
    assert_eq!(now, files, "the very files, and what is in them");
    test.run(&["generation:switch", "demo.test", "2"]).success();
    assert_eq!(current(&test, "demo.test"), 2);
}

#[test]
fn a_deploy_with_live_s_content_takes_over_too() {
    let test = PorticoTest::new();
    let _serving = test.serve();
    let uploads = with_many_files(&test);
    test.run(&["env:deploy", "demo.live"]).success();
    let deploy = ["env:deploy", "demo.test", "--sync-content"];
    for note in ["One", "Two", "Three"] {
        let page = test.environment("demo.dev").join("code/page.html");
        fs::write(page, note).unwrap();
        test.run(&["env:commit", "demo.dev", "--message", note]).success();
        test.run(&deploy).success();
    }
    assert_eq!(ids(&test, "demo.test"), [4, 3]);
    let log = test.run(&["workflow:info:logs", "demo"]).success();
    log.stdout_has("taken over from generation 2, which is let go: 30");
    let content = test.environment("demo.test").join("content/4/files");
    assert_eq!(bytes_of(&content), bytes_of(&uploads));
    nothing_is_shared(&test);
}

#[test]
fn an_owner_killed_while_files_are_taken_over_leaves_what_was_or_what_will_be() {
    let test = PorticoTest::new();
    let mut serving = test.serve();
    let uploads = with_many_files(&test);
    let content = |number: &u64| test.environment("demo.test").join(format!("content/{number}"));
    let clone = ["env:clone-content", "demo.dev", "test"];
    for _ in 0..2 {
        test.run(&clone).success();
    }
    let started = Instant::now();
    test.run(&clone).success();
    let lasts = started.elapsed();
    let mut random = Random::new();
    for round in 0..moments(12) {
        // A third of the files is another one, gone, or a folder; and one takes a while to copy.
        fs::write(uploads.join("film.bin"), vec![round as u8; 30 << 20]).unwrap();
        for number in (round % 3..300).step_by(9) {
            let file = uploads.join(format!("2026/{}/{number}.txt", number % 7));
            if file.is_file() {
                fs::write(uploads.join(format!("{round}-{number}.txt")), "new").unwrap();
                fs::remove_file(&file).unwrap();
                fs::create_dir(&file).unwrap();
                fs::write(file.join("inside"), "a folder now").unwrap();
            } else {
                fs::remove_dir_all(&file).unwrap();
                fs::write(&file, format!("a file again {round}")).unwrap();
            }
        }
        let before = ids(&test, "demo.test");
        let bytes = before.iter().map(|number| bytes_of(&content(number))).collect::<Vec<_>>();

        let mut child = test.command(&clone).stderr(Stdio::null()).spawn().unwrap();
        let moment = random.below(lasts * 2);
        thread::sleep(moment);
        serving.kill();
        child.wait().unwrap();
        serving = test.serve();

        let after = ids(&test, "demo.test");
        let told = format!("round {round}, killed after {moment:?}: {before:?}, {after:?}");
        if after == before {
            let now = after.iter().map(|number| bytes_of(&content(number))).collect::<Vec<_>>();
            assert!(now == bytes, "{told}");
        } else {
            assert_eq!(after[1..], before[..1], "{told}");
            assert!(bytes_of(&content(&after[0]).join("files")) == bytes_of(&uploads), "{told}");
            assert!(bytes_of(&content(&after[1])) == bytes[0], "{told}");
        }
        for number in &after {
            let mut names =
                fs::read_dir(content(number)).unwrap().map(|it| it.unwrap().file_name());
            assert!(names.all(|name| name == "files" || name == "database"), "{told}");
        }
    }
}
