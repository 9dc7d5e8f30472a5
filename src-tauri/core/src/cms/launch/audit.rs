//! The checks of Site Audit about modules, the status report, people and the log.
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use serde_json::Value;

use super::{
    Subject, above,
    drupal::{Facts, unless_dev},
    number, texts,
};
use crate::{
    cms::{Ask, detect::below},
    error::Result,
    model::{Finding, Score, count},
};

/// Modules of a site that is slow for their number alone.
const MANY_MODULES: u64 = 150;
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

/// Modules that the module metatag has made superfluous.
const BY_METATAG: &[&str] = &[
    "context_meta",
    "context_metadata",
    "metatag_itunes",
    "metatags_quick",
    "opengraph_meta",
    "page_title",
    "smart_app_banners",
];

/// What of the modules the code alone says, and what nobody here can say.
pub(super) fn code(subject: &Subject<'_>) -> Vec<Finding> {
    let group = "Extensions";
    let places = places(&below(subject.code, &subject.site.docroot));
    let twice: Vec<Vec<String>> = places
        .iter()
        .filter(|(_, places)| places.len() > 1)
        .flat_map(|(name, places)| places.iter().map(|it| vec![name.clone(), it.clone()]))
        .collect();
    let names: BTreeSet<&String> = twice.iter().map(|row| &row[0]).collect();
    let redundant: Vec<Vec<String>> = places
        .keys()
        .filter(|it| BY_METATAG.contains(&it.as_str()))
        .map(|it| vec![it.clone(), "metatag".to_owned()])
        .collect();
    let unknown = |name: &str| {
        Finding::new(group, name, Score::Info, "Launch Check asks nobody over the network.")
            .action("Open Reports → Available updates: there the site asks drupal.org.")
    };
    vec![
        Finding::new(
            group,
            "Duplicates",
            score(&twice, Score::Warning),
            format!("{} found at several places.", count(names.len() as u64, "module")),
        )
        .action("Keep one of each; Drupal may take the other one.")
        .table(&["Module", "Folder"], twice),
        Finding::new(
            group,
            "Redundant",
            score(&redundant, Score::Error),
            says(&redundant, "that another one makes superfluous"),
        )
        .action("Use the better one, and remove these from the code.")
        .table(&["Module", "Better"], redundant),
        unknown("Security"),
        unknown("Updates"),
    ]
}

fn score(rows: &[Vec<String>], fault: Score) -> Score {
    if rows.is_empty() { Score::Ok } else { fault }
}

fn says(rows: &[Vec<String>], what: &str) -> String {
    format!("{} {what}.", count(rows.len() as u64, "module"))
}

pub(super) fn extensions(subject: &Subject<'_>, facts: &Facts) -> Vec<Finding> {
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

/// The folders that each module of the code stands in.
fn places(root: &Path) -> BTreeMap<String, Vec<String>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let sites = fs::read_dir(root.join("sites")).into_iter().flatten().flatten();
    let of_sites = sites.map(|it| it.path().join("modules"));
    let usual = ["core/modules", "core/profiles", "modules", "profiles"].map(|it| root.join(it));
    for folder in usual.into_iter().chain(of_sites) {
        modules_below(&folder, &mut |name, folder| {
            let place = folder.strip_prefix(root).unwrap_or(folder).display().to_string();
            found.entry(name).or_default().push(place);
        });
    }
    found
}

/// Tells of each module below a folder, apart from those that only tests use.
fn modules_below(folder: &Path, tell: &mut dyn FnMut(String, &Path)) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_folder = entry.file_type().is_ok_and(|it| it.is_dir());
        if is_folder && !matches!(&*name, "tests" | "node_modules" | "vendor" | "files" | ".git") {
            modules_below(&entry.path(), tell);
        } else if let Some(module) =
            [".info.yml", ".info"].iter().find_map(|it| name.strip_suffix(it))
        {
            tell(module.to_owned(), folder);
        }
    }
}

/// The site's own status report.
pub(super) fn status(subject: &Subject<'_>) -> Finding {
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

pub(super) fn users(facts: &Facts, ask: &mut Ask<'_>) -> Result<Vec<Finding>> {
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

pub(super) fn watchdog(
    subject: &Subject<'_>,
    facts: &Facts,
    ask: &mut Ask<'_>,
) -> Result<Vec<Finding>> {
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
        Finding::new(group, "Date range", Score::Info, date_range(ask, &table)?),
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

fn date_range(ask: &mut Ask<'_>, table: &str) -> Result<String> {
    let rows = texts(ask, &format!("SELECT MIN(timestamp), MAX(timestamp) FROM {table}"))?;
    let day = |text: &String| {
        let at = jiff::Timestamp::from_second(text.parse().ok()?).ok()?;
        Some(at.strftime("%-d %B %Y").to_string())
    };
    let days: Vec<String> = rows.first().into_iter().flatten().filter_map(day).collect();
    Ok(match days.as_slice() {
        [first, last] => format!("From {first} to {last}."),
        _ => "The log is empty.".to_owned(),
    })
}
