//! What nobody takes back has bounds, too.
use std::{
    fs::{self, File},
    path::Path,
    time::{Duration, SystemTime},
};

use serde_json::json;

use super::{
    Session,
    testing::{config, run},
};
use crate::workflow::{
    backup,
    keeping::bounds::{NEWEST_LOGS, keep_bounds},
};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn put(path: &Path, days: u32) {
    fs::create_dir_all(path.parent().expect("in a folder")).expect("makes");
    fs::write(path, "text").expect("writes");
    age(path, days);
}

fn age(path: &Path, days: u32) {
    let file = File::open(path).expect("opens");
    file.set_modified(SystemTime::now() - days * DAY).expect("sets its time");
}

#[test]
fn logs_temporary_files_and_templates_do_not_grow_for_ever() {
    let home = tempfile::tempdir().expect("a folder");
    let config = config(home.path());
    let session = Session::open(&config).expect("opens");
    run(
        &session,
        json!({"kind": "create_site", "name": "demo", "from": "sample", "database": "sqlite"}),
    );
    let Session::Owner(engine) = &session else { panic!("the folder is free") };
    let newest = NEWEST_LOGS + 2;
    let store = rusqlite::Connection::open(config.root.join("portico.db")).expect("opens");
    store.execute("UPDATE workflows SET id = ?1", [newest]).expect("writes");
    let log = |id: i64| config.root.join(format!("logs/workflows/{id}.log"));
    fs::rename(log(1), log(newest)).expect("moves");
    put(&log(1), 91);
    put(&log(2), 89);
    put(&log(3), 91);

    let temporary = config.root.join("sites/demo/dev/tmp");
    put(&temporary.join("sess_old"), 11);
    put(&temporary.join("sess_young"), 9);
    put(&temporary.join("cache/old"), 11);
    age(&temporary.join("cache"), 11);
    put(&temporary.join("twig/young"), 1);
    age(&temporary.join("twig"), 11);
    put(&temporary.join("mail/old"), 11);
    age(&temporary.join("mail"), 11);
    let old_server = config.root.join("templates/mariadb-5.5.1");
    put(&old_server.join("ibdata1"), 0);

    keep_bounds(engine.context(), SystemTime::now()).expect("keeps them");
    let left = |id| log(id).exists();
    assert_eq!([left(1), left(2), left(3), left(newest)], [false, true, true, true]);
    let mut names: Vec<_> = fs::read_dir(&temporary)
        .expect("reads")
        .map(|it| it.expect("reads").file_name().into_string().expect("text"))
        .filter(|it| ["sess_", "cache", "twig", "mail"].iter().any(|own| it.starts_with(own)))
        .collect();
    names.sort();
    assert_eq!(names, ["mail", "sess_young", "twig"]);
    assert!(!old_server.exists(), "no server of today reads it");
}

#[test]
fn expired_backups_are_found_of_every_environment_also_of_one_that_is_deleted() {
    let home = tempfile::tempdir().expect("a folder");
    let config = config(home.path());
    let session = Session::open(&config).expect("opens");
    run(
        &session,
        json!({"kind": "create_site", "name": "demo", "from": "sample", "database": "sqlite"}),
    );
    run(&session, json!({"kind": "create_multidev", "from": "demo.dev", "name": "blog"}));
    for environment in ["demo.dev", "demo.blog", "demo.blog"] {
        run(&session, json!({"kind": "create_backup", "environment": environment}));
    }
    run(&session, json!({"kind": "delete_multidev", "environment": "demo.blog"}));
    let Session::Owner(engine) = &session else { panic!("the folder is free") };
    let site = "demo".parse().expect("a name");
    let due = || backup::environments_due(engine.context(), &site).expect("looks");
    assert_eq!(due(), []);
    for environment in ["dev", "blog"] {
        let folder = config.root.join("sites/demo/backups").join(environment);
        for backup in fs::read_dir(folder).expect("reads") {
            let manifest = backup.expect("reads").path().join("manifest.json");
            let text = fs::read(&manifest).expect("reads");
            let mut backup: serde_json::Value = serde_json::from_slice(&text).expect("a manifest");
            backup["kept_until"] = "2020-01-01T00:00:00Z".into();
            fs::write(&manifest, backup.to_string()).expect("writes");
        }
    }
    assert_eq!(due(), ["demo.blog".parse().expect("an address")], "Dev keeps its newest");
}
