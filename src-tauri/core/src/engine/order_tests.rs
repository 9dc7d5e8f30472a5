//! Every kind of workflow, with a transaction that asks whether what its pointers point to was written out before: in this
//! build each `Durable` knows what was there when it was made.
use std::{fs, path::Path};

use serde_json::{Value, json};

use super::{
    Session,
    testing::{config, run},
};

struct Sites {
    session: Session,
    root: std::path::PathBuf,
}

impl Sites {
    fn run(&self, request: Value) {
        run(&self.session, request);
    }

    fn undo(&self) {
        self.run(json!({"kind": "undo", "site": "demo"}));
    }

    fn put(&self, place: &str, text: &str) {
        let path = self.root.join("sites/demo").join(place);
        fs::create_dir_all(path.parent().expect("a folder")).expect("makes");
        fs::write(path, text).expect("writes");
    }
}

fn sites(home: &Path) -> Sites {
    let config = config(home);
    Sites { session: Session::open(&config).expect("opens"), root: config.root }
}

#[test]
fn no_pointer_moves_before_what_it_points_to_is_on_the_disk() {
    let home = tempfile::tempdir().expect("a folder");
    let sites = sites(home.path());
    sites.run(
        json!({"kind": "create_site", "name": "demo", "from": "sample", "database": "sqlite"}),
    );
    sites.put("dev/files/a.txt", "a");
    sites.put("dev/code/new.php", "<?php");
    sites.run(json!({"kind": "commit", "environment": "demo.dev", "message": "New"}));
    sites.run(json!({"kind": "deploy", "environment": "demo.test"}));
    sites.run(json!({"kind": "deploy", "environment": "demo.live"}));
    sites.run(json!({"kind": "clone_content", "from": "demo.live", "to": "dev"}));
    sites.undo();
    sites.undo();
    sites.run(json!({"kind": "wipe", "environment": "demo.dev"}));
    sites.run(json!({"kind": "switch_generation", "environment": "demo.dev", "id": 2}));
    sites.run(json!({"kind": "pin_generation", "environment": "demo.dev", "id": 1}));
    // The files of a generation that goes become the next one's, in place.
    sites.run(json!({"kind": "keep_generations", "site": "demo", "count": 1, "days": 0}));
    sites.put("live/files/b.txt", "b");
    for _ in 0..3 {
        sites.run(json!({"kind": "clone_content", "from": "demo.live", "to": "dev"}));
    }
    fs::create_dir(home.path().join("uploads")).expect("makes");
    fs::write(home.path().join("uploads/c.txt"), "c").expect("writes");
    let uploads = home.path().join("uploads").display().to_string();
    sites.run(json!({"kind": "import_files", "environment": "demo.dev", "file": uploads}));

    sites.run(json!({"kind": "create_backup", "environment": "demo.live", "element": "all"}));
    let backups = home.path().join("Portico/sites/demo/backups/live");
    let backup = fs::read_dir(&backups).expect("reads").next().expect("one").expect("reads");
    let backup = backup.file_name().to_string_lossy().into_owned();
    let no = json!({"element": "all", "updatedb": false, "cc": false});
    for to in ["dev", "live"] {
        let mut restore = no.clone();
        for (key, value) in [
            ("kind", "restore_backup"),
            ("environment", "demo.live"),
            ("to", to),
            ("file", &backup),
            ("confirm", "demo"),
        ] {
            restore[key] = value.into();
        }
        sites.run(restore);
    }
    sites.run(json!({"kind": "delete_backup", "environment": "demo.live", "file": backup}));
    sites.undo();

    sites.run(json!({"kind": "create_multidev", "from": "demo.live", "name": "blog"}));
    sites.put("blog/code/blog.php", "<?php // blog");
    sites.run(json!({"kind": "commit", "environment": "demo.blog", "message": "Blog"}));
    sites.run(json!({"kind": "merge_to_dev", "environment": "demo.blog"}));
    sites.undo();
    sites.undo();
    sites.run(json!({"kind": "deploy", "environment": "demo.test", "sync_content": true}));
    sites.undo();
    sites.put("dev/code/new.php", "<?php // changed");
    sites.run(json!({"kind": "discard", "environment": "demo.dev"}));
    sites.undo();
    sites.run(json!({"kind": "set_connection", "environment": "demo.dev", "mode": "git"}));
    sites.undo();
    sites
        .run(json!({"kind": "delete_multidev", "environment": "demo.blog", "delete_branch": true}));
    sites.undo();
    sites.run(json!({"kind": "delete_site", "site": "demo", "confirm": "demo"}));
    sites.undo();
}

#[test]
fn a_workflow_that_can_t_be_taken_back_does_not_end_the_start() {
    let home = tempfile::tempdir().expect("a folder");
    let first = sites(home.path());
    first.run(
        json!({"kind": "create_site", "name": "demo", "from": "sample", "database": "sqlite"}),
    );
    first.run(
        json!({"kind": "create_site", "name": "other", "from": "sample", "database": "sqlite"}),
    );
    let root = first.root.clone();
    first.session.close();
    drop(first);
    let store = rusqlite::Connection::open(root.join("portico.db")).expect("opens");
    let running = "UPDATE workflows SET state = 'running', finished_at = NULL WHERE site = 'demo'";
    store.execute(running, []).expect("writes");
    // What it moved can't come back: its place is below a file.
    fs::write(root.join("taken"), "").expect("writes");
    let trace = json!({"type": "moved", "from": root.join("taken/away"), "to": root.join("logs")});
    store.execute("INSERT INTO journal VALUES (1, 1, ?1)", [trace.to_string()]).expect("writes");
    drop(store);
    let again = sites(home.path());
    let Session::Owner(engine) = &again.session else { panic!("the folder is free") };
    let problems: Vec<String> = engine.problems().iter().map(|it| it.site.to_string()).collect();
    assert_eq!(problems, ["demo"]);
    again.run(json!({"kind": "deploy", "environment": "other.test"}));
}
