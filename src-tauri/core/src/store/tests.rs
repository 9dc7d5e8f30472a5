//! portico.db as a whole: opened, copied, lost, and made again from what lies beside the sites.
use std::fs;

use jiff::ToSpan;
use rusqlite::Connection;

use super::*;
use crate::{
    error::Code,
    model::{
        Address, Cms, CodePointer, ConnectionMode, DatabaseEngine, Environment, EnvironmentName,
        Generation, GenerationRow, KeepRule, Lock, Origin, Secrets, Site, SiteRecord, Upstream,
    },
};

fn root() -> (tempfile::TempDir, Layout) {
    let dir = tempfile::tempdir().expect("temp dir");
    let layout = Layout::new(dir.path().to_owned());
    (dir, layout)
}

fn open(layout: &Layout) -> Store {
    Store::open(layout, Truth::Trusted).expect("opens").0
}

fn name() -> SiteName {
    "acme".parse().expect("a name")
}

fn environment(name: &str, generation: u32) -> Environment {
    let name: EnvironmentName = name.parse().expect("a name");
    let release = CodePointer::Release {
        tag: "pantheon_test_1".into(),
        commit: "c".repeat(40),
        directory: "1-ccccccc".into(),
    };
    Environment {
        site: self::name(),
        code: if name.is_writable() {
            CodePointer::Branch { branch: "main".into() }
        } else {
            release
        },
        connection_mode: name.is_writable().then_some(ConnectionMode::Git),
        name,
        generation,
        lock: Some(Lock { user: "u".into(), password: "p".into() }),
        secrets: Secrets {
            database_password: "secret".into(),
            wordpress: vec!["salt".into(); 8],
            drupal_hash_salt: "salt".into(),
        },
        created: now(),
    }
}

/// A site with everything that a site can have.
fn fill(store: &Store, layout: &Layout) -> Site {
    let site = Site {
        name: name(),
        label: "Acme".into(),
        cms: Cms::WordPress,
        docroot: "web".into(),
        uploads: "web/wp-content/uploads".into(),
        engine: DatabaseEngine::MariaDb,
        branch: "main".into(),
        id: "5f0c0a11-0000-4000-8000-000000000001".into(),
        created: now(),
    };
    let environments = vec![environment("dev", 2), environment("test", 1)];
    let generations = [("dev", 1), ("dev", 2), ("test", 1)].map(|(environment, number)| {
        let generation = Generation {
            site: name(),
            environment: environment.parse().expect("a name"),
            number,
            origin: Origin::Import { name: "a.sql".into() },
            engine: DatabaseEngine::MariaDb,
            pinned: number == 1,
            created: now(),
        };
        GenerationRow { generation, measured: None }
    });
    fs::create_dir_all(layout.site(&site.name)).expect("makes");
    let record = SiteRecord { site: site.clone(), environments, generations: generations.into() };
    let dev = &record.environments[0];
    let cron = settings::of(dev, &site.id, "cron");
    let upstream = Upstream { url: "https://example.org/a.git".into(), branch: None };
    store
        .transaction(|transaction| {
            sites::insert_record(transaction, &record)?;
            upstreams::set(transaction, &site.id, Some(&upstream))?;
            profiles::set(transaction, &site.id, Some(&vec!["cache_*".into()]))?;
            let rule = KeepRule { count: 2, days: 3 };
            profiles::set_keep_rule(transaction, &site.id, Some(&rule))?;
            settings::set(transaction, &cron, Some("on"))
        })
        .expect("writes");
    let dev = Address::new(&site.name, &EnvironmentName::Dev);
    store.set_upstream_seen(&site.id, &upstream, now()).expect("writes");
    assert_eq!(store.next_generation(&dev).expect("counts"), 3);
    store.transaction(|transaction| generations::let_go(transaction, &dev, 1)).expect("writes");
    site
}

fn begin_workflow(store: &Store) -> i64 {
    use crate::model::request::{Request, Undo};
    let request = Request::Undo(Undo { site: name(), workflow: None });
    store.begin_workflow(&name(), None, &request, "Undo").expect("begins")
}

/// Every row of every table but those of history.
fn dump(store: &Store) -> Vec<String> {
    let read = |connection: &Connection| -> rusqlite::Result<Vec<String>> {
        let tables: Vec<String> = connection
            .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND sql IS NOT NULL")?
            .query_map([], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        let mut rows = Vec::new();
        for table in tables {
            if ["workflows", "journal", "sqlite_sequence"].contains(&table.as_str()) {
                continue;
            }
            let mut found = connection.prepare(&format!("SELECT * FROM main.{table}"))?;
            let columns = found.column_count();
            let mut found = found.query([])?;
            while let Some(row) = found.next()? {
                let values = (0..columns).map(|it| row.get::<_, rusqlite::types::Value>(it));
                let values = values.collect::<rusqlite::Result<Vec<_>>>()?;
                rows.push(format!("{table} {values:?}"));
            }
        }
        rows.sort();
        Ok(rows)
    };
    store.read(|connection| read(connection).doing(|| "dump".into())).expect("reads")
}

/// The same without the count of changes, which goes on.
fn without_revisions(rows: Vec<String>) -> Vec<String> {
    let is_count = |row: &String| row.contains("revision.") || row.contains(HISTORY_SINCE);
    rows.into_iter().filter(|row| !is_count(row)).collect()
}

#[test]
fn opening_twice_migrates_once() {
    let (_dir, layout) = root();
    open(&layout).set_setting("port", "8080").expect("writes");
    assert_eq!(open(&layout).setting("port").expect("reads").as_deref(), Some("8080"));
}

#[test]
fn a_copy_is_made_before_a_migration_and_holds_what_was_there() {
    let (_dir, layout) = root();
    open(&layout).set_setting("port", "8080").expect("writes");
    assert!(copies(&layout).expect("lists").is_empty(), "there was nothing to migrate");
    let mut connection = Connection::open(layout.store()).expect("opens");
    let migrations = [MIGRATIONS, &["DELETE FROM settings"]].concat();
    migrate(&mut connection, &layout, &migrations).expect("migrates");
    let value = "SELECT value FROM settings WHERE name = 'port'";
    let port = |it: &Connection| it.query_row(value, [], |row| row.get::<_, String>(0)).ok();
    assert_eq!(port(&connection), None);
    let copies = copies(&layout).expect("lists");
    assert_eq!(copies.len(), 1);
    let copy = Connection::open(&copies[0].path).expect("opens");
    let version = copy.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0));
    assert_eq!(
        (version.expect("reads"), port(&copy).as_deref()),
        (MIGRATIONS.len() as i64, Some("8080"))
    );
}

#[test]
fn a_database_of_a_newer_version_is_refused() {
    let (_dir, layout) = root();
    drop(open(&layout));
    let connection = Connection::open(layout.store()).expect("opens");
    connection.pragma_update(None, "user_version", 99).expect("writes");
    drop(connection);
    let error = Store::open(&layout, Truth::Trusted).err().expect("refused");
    assert_eq!(error.code, Code::Refused);
}

#[test]
fn a_sites_file_holds_every_row_and_setting_that_the_database_has_of_it() {
    let (_dir, layout) = root();
    let store = open(&layout);
    let site = fill(&store, &layout);
    let before = dump(&store);
    let facts = read_facts(&layout, &site.name).expect("reads").expect("it is there");
    assert_eq!(facts, store.site_facts(&site.name).expect("reads"));
    drop(store);
    fs::remove_file(layout.store()).expect("deletes");
    let (store, _) = Store::open(&layout, Truth::Anew).expect("opens");
    store.transaction(|transaction| facts::insert(transaction, &facts)).expect("writes");
    assert_eq!(without_revisions(dump(&store)), without_revisions(before));
    store.transaction(|transaction| facts::remove(transaction, &facts)).expect("removes");
    assert_eq!(without_revisions(dump(&store)), Vec::<String>::new());
}

#[test]
fn a_site_takes_all_its_facts_along_to_another_name() {
    let (_dir, layout) = root();
    let store = open(&layout);
    let site = fill(&store, &layout);
    let facts = store.site_facts(&site.name).expect("reads");
    let other: SiteName = "acme-two".parse().expect("a name");
    let renamed = facts.renamed(&other, "another-id".into());
    fs::create_dir_all(layout.site(&other)).expect("makes");
    store.transaction(|transaction| facts::insert(transaction, &renamed)).expect("writes");
    let theirs = store.site_facts(&other).expect("reads");
    assert_eq!(theirs.record, renamed.record);
    assert_eq!(theirs.settings, renamed.settings);
    assert!(theirs.settings.keys().all(|key| !key.contains(&site.id)), "{theirs:?}");
    assert!(theirs.settings.contains_key("generations.acme-two.dev"), "{theirs:?}");
}

#[test]
fn a_sites_file_is_for_this_user_alone_and_one_of_a_newer_version_is_refused() {
    let (_dir, layout) = root();
    let store = open(&layout);
    let site = fill(&store, &layout);
    let path = layout.site_facts(&site.name);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
    }
    let text = fs::read_to_string(&path).expect("reads");
    fs::write(&path, text.replace("\"format\": 1", "\"format\": 2")).expect("writes");
    let error = read_facts(&layout, &site.name).expect_err("refused");
    assert_eq!(error.code, Code::Refused);
    assert!(error.message.contains("newer version"), "{error}");
}

#[test]
fn a_change_of_one_site_writes_its_file_and_no_others() {
    let (_dir, layout) = root();
    let store = open(&layout);
    let site = fill(&store, &layout);
    let dev = Address::new(&site.name, &EnvironmentName::Dev);
    let revision = || read_facts(&layout, &site.name).expect("reads").expect("there").revision;
    let before = revision();
    store.set_setting("port", "8080").expect("writes");
    assert_eq!(revision(), before, "the port is no fact of a site");
    store
        .transaction(|transaction| environments::set_generation(transaction, &dev, 1))
        .expect("writes");
    assert_eq!(revision(), before + 1);
    let failed = store.transaction(|transaction| {
        environments::set_generation(transaction, &dev, 2)?;
        Err::<(), _>(Error::failed("go on"))
    });
    assert!(failed.is_err());
    assert_eq!(revision(), before + 1, "what was not committed is no fact");
}

#[test]
fn an_emptied_lost_or_damaged_database_of_a_root_with_sites_is_an_error_that_says_what_is_there() {
    let (_dir, layout) = root();
    let store = open(&layout);
    fill(&store, &layout);
    drop(store);
    let whole = fs::read(layout.store()).expect("reads");
    let mut scrambled = whole.clone();
    let middle = scrambled.len() / 2;
    scrambled[4096..middle].fill(0xaa);
    let cases: [(&str, Option<&[u8]>); 5] = [
        ("is missing", None),
        ("is empty", Some(b"")),
        ("is no database", Some(b"not a database, whatever its name says")),
        ("is damaged", Some(&whole[..whole.len() / 2])),
        ("is damaged", Some(&scrambled)),
    ];
    for (said, bytes) in cases {
        for end in ["-wal", "-shm"] {
            drop(fs::remove_file(format!("{}{end}", layout.store().display())));
        }
        match bytes {
            Some(bytes) => fs::write(layout.store(), bytes).expect("writes"),
            None => fs::remove_file(layout.store()).expect("deletes"),
        }
        let error = Store::open(&layout, Truth::Trusted).err().expect(said);
        assert_eq!(error.code, Code::Damaged, "{error}");
        assert!(error.message.contains(said), "{error}");
        assert!(error.message.contains("the site acme"), "{error}");
        assert!(error.hint.expect("a hint").contains("site:adopt"));
        let left = fs::read(layout.store()).ok();
        assert_eq!(left.as_deref(), bytes, "{said}: looking changed it");
    }
}

#[test]
fn an_empty_root_folder_gets_a_new_database_without_a_word() {
    let (_dir, layout) = root();
    fs::write(layout.store(), "").expect("writes");
    assert_eq!(Store::open(&layout, Truth::Trusted).expect("opens").1, None);
}

#[test]
fn a_damaged_database_is_put_aside_and_a_copy_takes_its_place_with_what_came_after_it() {
    let (_dir, layout) = root();
    let store = open(&layout);
    let site = fill(&store, &layout);
    store.copy_if_due().expect("copies");
    assert!(copies(&layout).expect("lists").is_empty(), "nothing was done yet");
    begin_workflow(&store);
    store.copy_if_due().expect("copies");
    store.copy_if_due().expect("there is a fresh one");
    let copies = copies(&layout).expect("lists");
    assert_eq!(copies.len(), 1);
    let dev = Address::new(&site.name, &EnvironmentName::Dev);
    let live = environment("live", 1);
    store
        .transaction(|transaction| {
            environments::set_generation(transaction, &dev, 1)?;
            environments::insert(transaction, &live)
        })
        .expect("writes");
    let latest = dump(&store);
    drop(store);
    fs::write(layout.store(), "gone").expect("writes");
    let (store, recovered) = Store::open(&layout, Truth::FromCopy).expect("opens");
    let recovered = recovered.expect("something was done");
    assert_eq!(recovered.copy, copies.first().cloned());
    let aside = recovered.aside.expect("it was put aside");
    assert_eq!(fs::read(aside).expect("it is kept"), b"gone");
    assert_ne!(without_revisions(dump(&store)), without_revisions(latest.clone()));
    let news = store.reconcile().expect("reconciles");
    let lines = &news.first().expect("the site has news").lines;
    assert!(lines.contains(&"acme.dev uses generation 1, not 2".to_owned()), "{lines:?}");
    assert!(lines.contains(&"acme.live has come into being".to_owned()), "{lines:?}");
    assert_eq!(without_revisions(dump(&store)), without_revisions(latest));
    assert_eq!(store.reconcile().expect("reconciles").len(), 0, "once is enough");
}

#[test]
fn a_workflow_that_ran_when_the_copy_was_made_is_not_taken_back() {
    let (_dir, layout) = root();
    let store = open(&layout);
    fill(&store, &layout);
    let id = begin_workflow(&store);
    let path = layout.site(&name()).join("dev/content/7");
    store.trace(id, &Trace::Made { path }).expect("writes");
    store.copy_if_due().expect("copies");
    drop(store);
    fs::remove_file(layout.store()).expect("deletes");
    let (store, _) = Store::open(&layout, Truth::FromCopy).expect("opens");
    assert!(store.interrupted_workflows().expect("lists").is_empty());
    assert!(store.traces(id).expect("lists").is_empty());
}

#[test]
fn a_copy_that_is_damaged_is_passed_over_and_a_whole_database_needs_none() {
    let (_dir, layout) = root();
    let store = open(&layout);
    fill(&store, &layout);
    begin_workflow(&store);
    store.copy_if_due().expect("copies");
    let good = copies(&layout).expect("lists").remove(0);
    let later = good.made + 2.hours();
    fs::write(layout.store_copy(&later.strftime("%Y-%m-%dT%H-%M-%S").to_string()), "no")
        .expect("writes");
    drop(store);
    let refused = Store::open(&layout, Truth::FromCopy).err().expect("it is whole");
    assert_eq!(refused.code, Code::Refused);
    fs::remove_file(layout.store()).expect("deletes");
    let (_, recovered) = Store::open(&layout, Truth::FromCopy).expect("opens");
    assert_eq!(recovered.expect("recovered").copy, Some(good));
}

#[test]
fn a_few_copies_are_kept_each_for_this_user_alone() {
    let (_dir, layout) = root();
    let store = open(&layout);
    fill(&store, &layout);
    begin_workflow(&store);
    fs::create_dir_all(layout.store_copies()).expect("makes");
    for day in 1..=20 {
        let at = now() - (24 * day + 24).hours();
        let path = layout.store_copy(&at.strftime("%Y-%m-%dT%H-%M-%S").to_string());
        fs::write(path, "old").expect("writes");
    }
    store.copy_if_due().expect("copies");
    let all = copies(&layout).expect("lists");
    assert_eq!(all.len(), 7);
    let newest = &all[0].path;
    assert!(
        Connection::open(newest).is_ok_and(|it| it.execute_batch("SELECT * FROM sites").is_ok())
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(newest).expect("there").permissions().mode() & 0o777, 0o600);
    }
}

#[cfg(unix)]
#[test]
fn a_database_that_is_taken_away_while_it_is_open_is_written_anew() {
    let (_dir, layout) = root();
    let store = open(&layout);
    fill(&store, &layout);
    assert!(!store.put_back_if_gone().expect("looks"));
    let before = dump(&store);
    for other in [None, Some("another file in its place")] {
        for end in ["", "-wal", "-shm"] {
            drop(fs::remove_file(format!("{}{end}", layout.store().display())));
        }
        if let Some(text) = other {
            fs::write(layout.store(), text).expect("writes");
        }
        assert!(store.put_back_if_gone().expect("puts back"));
        assert!(!store.put_back_if_gone().expect("looks"));
        store.set_setting("port", "8080").expect("writes");
    }
    drop(store);
    let store = open(&layout);
    assert_eq!(store.setting("port").expect("reads").as_deref(), Some("8080"));
    let after = dump(&store).into_iter().filter(|row| !row.contains("\"port\""));
    assert_eq!(after.collect::<Vec<_>>(), before);
}
