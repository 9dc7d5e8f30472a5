//! The checks of Site Audit by its names, for Drupal 7 and for Drupal 8 and later, which keeps its settings in
//! configuration.
use std::{collections::HashMap, fs};

use serde_json::Value;

use super::{Subject, above, number, shared, texts};
use crate::{
    cms::{Ask, detect::below, php_value::unserialize},
    error::Result,
    model::{Finding, Score, count, human_bytes},
};

/// Modules of a site that is slow for their number alone.
const MANY_MODULES: u64 = 150;
/// Pages that a browser or an edge may keep so long pass.
const PAGE_AGE: i64 = 15 * 60;
/// So many per cent of the log are too many.
const MANY_PER_CENT: u64 = 10;

/// Modules for developers, which nobody needs outside of Dev.
const DEVELOPMENT: &[&str] = &[
    "admin_devel",
    "bad_judgement",
    "coder",
    "delete_all",
    "devel",
    "devel_generate",
    "devel_kint",
    "devel_node_access",
    "devel_themer",
    "fb_devel",
    "field_ui",
    "form_controller",
    "form_inspect",
    "guid",
    "performance",
    "prod_check",
    "rules_admin",
    "security_review",
    "simpletest",
    "testing",
    "trace",
    "upgrade_status",
    "views_ui",
    "webprofiler",
    "xhprof",
];
/// Modules that harm, or do what Pantheon does.
const NOT_RECOMMENDED: &[&str] = &[
    "apc",
    "bad_judgement",
    "backup_migrate",
    "boost",
    "drupal_less",
    "fast_404",
    "memcache",
    "memcache_storage",
    "views_php",
];

/// What both generations of Drupal have, wherever they keep it.
pub(super) struct Facts {
    pub(super) page_max_age: i64,
    pub(super) css: bool,
    pub(super) js: bool,
    pub(super) fast_404: bool,
    /// Seconds since 1970.
    pub(super) cron_last: i64,
    /// The table of the users, quoted.
    pub(super) users: String,
    /// Enabled modules, each with its file where that is known.
    pub(super) modules: Vec<(String, String)>,
}

impl Facts {
    pub(super) fn has(&self, module: &str) -> bool {
        self.modules.iter().any(|(name, _)| name == module)
    }
}

/// Drupal 8 and later.
pub(super) fn checks_of_config(subject: &Subject<'_>, ask: &mut Ask<'_>) -> Result<Vec<Finding>> {
    let rows = texts(
        ask,
        &format!(
            "SELECT name, data FROM {} WHERE collection = '' \
             AND name IN ('system.performance', 'core.extension')",
            subject.table("config")
        ),
    )?;
    let config: HashMap<String, Value> = rows
        .into_iter()
        .filter_map(|row| {
            let [name, data] = row.try_into().ok()?;
            Some((name, unserialize(&data)?))
        })
        .collect();
    let none = Value::Null;
    let performance = config.get("system.performance").unwrap_or(&none);
    let installed = config.get("core.extension").map(|it| &it["module"]).unwrap_or(&none);
    let last = texts(
        ask,
        &format!(
            "SELECT value FROM {} WHERE collection = 'state' AND name = 'system.cron_last'",
            subject.table("key_value")
        ),
    )?;
    let last = last.first().and_then(|row| unserialize(row.first()?)?.as_i64()).unwrap_or(0);
    let facts = Facts {
        page_max_age: performance["cache"]["page"]["max_age"].as_i64().unwrap_or(0),
        css: performance["css"]["preprocess"] == true,
        js: performance["js"]["preprocess"] == true,
        fast_404: performance["fast_404"]["enabled"] == true,
        cron_last: last,
        users: subject.table("users_field_data"),
        modules: installed
            .as_object()
            .map(|all| all.keys().map(|name| (name.clone(), String::new())).collect())
            .unwrap_or_default(),
    };
    let mut found = checks(subject, &facts, ask)?;
    found.extend(files(subject));
    Ok(found)
}

/// The checks that need only [`Facts`].
pub(super) fn checks(
    subject: &Subject<'_>,
    facts: &Facts,
    ask: &mut Ask<'_>,
) -> Result<Vec<Finding>> {
    let mut found = best_practices(subject, facts);
    found.extend(cache(subject, facts));
    found.extend(codebase(subject, ask)?);
    found.extend(cron(facts));
    found.push(shared::collations(subject, ask)?);
    found.push(shared::storage_engines(subject, ask)?);
    found.push(shared::many_rows(subject, ask)?);
    found.push(shared::total_size(subject, ask)?);
    found.extend(extensions(subject, facts));
    found.push(status(subject));
    found.extend(users(facts, ask)?);
    found.extend(watchdog(subject, facts, ask)?);
    Ok(found)
}

/// What is no fault while a site is being developed.
fn unless_dev(subject: &Subject<'_>, is_right: bool, fault: Score) -> Score {
    match (is_right, subject.is_dev()) {
        (true, _) => Score::Ok,
        (false, true) => Score::Info,
        (false, false) => fault,
    }
}

fn best_practices(subject: &Subject<'_>, facts: &Facts) -> Vec<Finding> {
    let group = "Best practices";
    let sites = below(subject.code, &subject.site.docroot).join("sites");
    let (mut others, mut superfluous) = (Vec::new(), Vec::new());
    let usual = [
        "all",
        "default",
        "development.services.yml",
        "example.settings.local.php",
        "example.sites.php",
        "README.txt",
        "simpletest",
    ];
    for entry in fs::read_dir(&sites).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if usual.contains(&name.as_str()) || name.starts_with('.') {
            continue;
        }
        if entry.path().join("settings.php").is_file() || name == "sites.php" {
            others.push(vec![name]);
        } else {
            superfluous.push(vec![name]);
        }
    }
    others.sort();
    superfluous.sort();
    let one = others.is_empty();
    let has_default = sites.join("default").is_dir();
    vec![
        Finding::new(
            group,
            "Fast 404 pages",
            if facts.fast_404 { Score::Ok } else { Score::Warning },
            if facts.fast_404 { "Fast 404 pages are on." } else { "Fast 404 pages are off." },
        )
        .action("Turn them on in settings.php: a missing picture need not start all of Drupal."),
        Finding::new(
            group,
            "Multi-site",
            if one { Score::Ok } else { Score::Error },
            if one { "There is one site." } else { "There is more than one site in this code." },
        )
        .action("Give each site a repository of its own: Pantheon runs one.")
        .table(&["Folder"], others),
        Finding::new(
            group,
            "sites/default",
            if has_default { Score::Ok } else { Score::Error },
            if has_default { "It is there." } else { "It is missing." },
        )
        .action("Make the folder; settings and files are kept there."),
        Finding::new(
            group,
            "Superfluous files in /sites",
            if superfluous.is_empty() { Score::Ok } else { Score::Warning },
            format!("{}.", count(superfluous.len() as u64, "superfluous file")),
        )
        .action("Remove what is neither a site nor needed.")
        .table(&["File"], superfluous),
    ]
}

fn cache(subject: &Subject<'_>, facts: &Facts) -> Vec<Finding> {
    let group = "Cache";
    let word = |is: bool| if is { "On." } else { "Off." };
    let age = facts.page_max_age;
    let expiry = match (subject.is_dev(), age) {
        (_, PAGE_AGE..) => Score::Ok,
        (true, _) => Score::Info,
        (false, 1..) => Score::Warning,
        (false, _) => Score::Error,
    };
    let says = if age == 0 { "Pages are not kept.".into() } else { format!("{} min.", age / 60) };
    vec![
        Finding::new(group, "Expiration of cached pages", expiry, says)
            .action("Set it to 15 minutes or more under Performance."),
        Finding::new(
            group,
            "Aggregate and compress CSS",
            unless_dev(subject, facts.css, Score::Error),
            word(facts.css),
        )
        .action("Turn it on under Performance."),
        Finding::new(
            group,
            "Aggregate JavaScript",
            unless_dev(subject, facts.js, Score::Error),
            word(facts.js),
        )
        .action("Turn it on under Performance."),
    ]
}

fn codebase(subject: &Subject<'_>, ask: &mut Ask<'_>) -> Result<Vec<Finding>> {
    let group = "Codebase";
    let managed = subject.table("file_managed");
    let files = number(ask, &format!("SELECT COUNT(*) FROM {managed}"))?;
    let bytes = number(ask, &format!("SELECT CAST(SUM(filesize) AS DECIMAL(20)) FROM {managed}"))?;
    let folder = subject.files;
    let size = format!("{} in {}.", human_bytes(folder.bytes), count(folder.count, "file"));
    Ok(vec![
        Finding::new(
            group,
            "Drupal managed file count",
            Score::Info,
            format!("{}.", count(files, "file")),
        ),
        Finding::new(group, "Drupal managed file size", Score::Info, human_bytes(bytes)),
        Finding::new(group, "Size of files folder", Score::Info, size),
    ])
}

fn cron(facts: &Facts) -> Vec<Finding> {
    let ago = jiff::Timestamp::now().as_second() - facts.cron_last;
    let (score, says) = match (facts.cron_last, ago) {
        (0, _) => (Score::Warning, "Cron has never run.".to_owned()),
        (_, 86_401..) => {
            (Score::Warning, format!("Cron ran {} ago.", count(ago.unsigned_abs() / 86_400, "day")))
        }
        (_, ago) => {
            (Score::Ok, format!("Cron ran {} ago.", count(ago.unsigned_abs() / 60, "minute")))
        }
    };
    vec![
        Finding::new("Cron", "Last run", score, says)
            .action("Run cron now, and let it run by itself."),
    ]
}

fn extensions(subject: &Subject<'_>, facts: &Facts) -> Vec<Finding> {
    let group = "Extensions";
    let total = facts.modules.len() as u64;
    let among = |list: &[&str]| -> Vec<Vec<String>> {
        let found = facts.modules.iter().filter(|(name, _)| list.contains(&name.as_str()));
        found.map(|(name, _)| vec![name.clone()]).collect()
    };
    let (development, harmful) = (among(DEVELOPMENT), among(NOT_RECOMMENDED));
    let root = below(subject.code, &subject.site.docroot);
    let missing: Vec<Vec<String>> = facts
        .modules
        .iter()
        .filter(|(_, file)| !file.is_empty() && !below(&root, file).is_file())
        .map(|(name, file)| vec![name.clone(), file.clone()])
        .collect();
    let score =
        |rows: &[Vec<String>], fault: Score| if rows.is_empty() { Score::Ok } else { fault };
    let says = |rows: &[Vec<String>], what: &str| {
        format!("{} {what}.", count(rows.len() as u64, "module"))
    };
    vec![
        Finding::new(
            group,
            "Count",
            above(total, MANY_MODULES - 1, Score::Warning),
            format!("{} enabled.", count(total, "module")),
        )
        .action("Disable what nobody uses."),
        Finding::new(
            group,
            "Development",
            unless_dev(subject, development.is_empty(), Score::Warning),
            says(&development, "for developers"),
        )
        .action("Disable them outside of Dev.")
        .table(&["Module"], development),
        Finding::new(
            group,
            "Missing",
            score(&missing, Score::Error),
            says(&missing, "without files"),
        )
        .action("Bring the code back, or remove them from the database.")
        .table(&["Module", "File"], missing),
        Finding::new(
            group,
            "Not recommended",
            score(&harmful, Score::Error),
            says(&harmful, "not recommended"),
        )
        .action("Disable and remove them.")
        .table(&["Module"], harmful),
    ]
}

/// The site's own status report.
fn status(subject: &Subject<'_>) -> Finding {
    let (group, name) = ("Status", "System Status");
    let Some(all) = subject.said()["requirements"].as_array() else {
        return Finding::new(group, name, Score::Info, "The site did not say.");
    };
    let severity = |it: &Value| it["severity"].as_i64().unwrap_or(0);
    let worst = all.iter().map(severity).max().unwrap_or(0);
    let bad: Vec<Vec<String>> = all
        .iter()
        .filter(|it| severity(it) > 0)
        .map(|it| {
            let kind = if severity(it) > 1 { "Error" } else { "Warning" };
            let word = |name: &str| it[name].as_str().unwrap_or_default().to_owned();
            vec![word("title"), kind.to_owned(), word("value"), word("description")]
        })
        .collect();
    let score = match worst {
        2.. => Score::Error,
        1 => Score::Warning,
        _ => Score::Ok,
    };
    Finding::new(group, name, score, format!("{} of {} not all right.", bad.len(), all.len()))
        .action("Open Reports → Status report.")
        .table(&["What", "Severity", "Value", "Description"], bad)
}

fn users(facts: &Facts, ask: &mut Ask<'_>) -> Result<Vec<Finding>> {
    let (group, users) = ("Users", &facts.users);
    let first = texts(ask, &format!("SELECT name, mail, status FROM {users} WHERE uid = 1"))?;
    let all = number(ask, &format!("SELECT COUNT(*) FROM {users} WHERE uid <> 0"))?;
    let blocked =
        number(ask, &format!("SELECT COUNT(*) FROM {users} WHERE uid <> 0 AND status = 0"))?;
    let is_blocked = first.first().is_some_and(|row| row[2] == "0");
    let who = first.first().map(|row| format!("{}, {}.", row[0], row[1])).unwrap_or_default();
    Ok(vec![
        Finding::new(
            group,
            "UID #1 access",
            if is_blocked { Score::Ok } else { Score::Warning },
            if is_blocked { "UID #1 is blocked." } else { "UID #1 is not blocked." },
        )
        .action("Block it and give administrators accounts of their own: it may do everything."),
        Finding::new(group, "Identify UID #1", Score::Info, who),
        Finding::new(group, "Count All", Score::Info, format!("{}.", count(all, "user"))),
        Finding::new(
            group,
            "Count Blocked",
            Score::Info,
            format!("{}.", count(blocked, "blocked user")),
        ),
    ])
}

fn watchdog(subject: &Subject<'_>, facts: &Facts, ask: &mut Ask<'_>) -> Result<Vec<Finding>> {
    let group = "Watchdog";
    let has = facts.has("dblog");
    let syslog = facts.has("syslog");
    let mut found = vec![
        Finding::new(
            group,
            "dblog status",
            if has { Score::Ok } else { Score::Info },
            if has { "Database logging is enabled." } else { "Database logging is not enabled." },
        )
        .action("Enable it on Dev: it tells what goes wrong."),
        Finding::new(
            group,
            "syslog status",
            if syslog { Score::Error } else { Score::Ok },
            if syslog { "Syslog is enabled." } else { "Syslog is not enabled." },
        )
        .action("Disable it: nobody can read it on Pantheon."),
    ];
    if !has || !subject.has_table("watchdog") {
        return Ok(found);
    }
    let table = subject.table("watchdog");
    let all = number(ask, &format!("SELECT COUNT(*) FROM {table}"))?;
    let of = |ask: &mut Ask<'_>, kind: &str| {
        number(ask, &format!("SELECT COUNT(*) FROM {table} WHERE type = '{kind}'"))
    };
    let (missing, php) = (of(ask, "page not found")?, of(ask, "php")?);
    let share = |part: u64| (part * 100).checked_div(all).unwrap_or(0);
    found.extend([
        Finding::new(group, "Count", Score::Info, format!("{} log entries.", all)),
        Finding::new(
            group,
            "Number of 404 entries",
            above(share(missing) + 1, MANY_PER_CENT, Score::Warning),
            format!("{missing}, {} % of the log.", share(missing)),
        )
        .action("Find what links to pages that are not there."),
        Finding::new(
            group,
            "PHP messages",
            above(share(php) + 1, MANY_PER_CENT, Score::Warning),
            format!("{php}, {} % of the log.", share(php)),
        )
        .action("Mend what they name: each costs time and hides others."),
    ]);
    Ok(found)
}

/// Files that Drupal 8 and later need.
fn files(subject: &Subject<'_>) -> Vec<Finding> {
    let root = below(subject.code, &subject.site.docroot);
    let has = root.join("sites/default/settings.php").is_file();
    vec![
        Finding::new(
            "Best practices",
            "sites/default/settings.php",
            if has { Score::Ok } else { Score::Error },
            if has { "It is there." } else { "It is missing." },
        )
        .action("Bring it back from the upstream."),
    ]
}
