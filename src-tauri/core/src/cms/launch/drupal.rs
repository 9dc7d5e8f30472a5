//! The checks of Site Audit by its names, for Drupal 7 and for Drupal 8 and later, which keeps its settings in
//! configuration.
use std::{collections::HashMap, fs};

use serde_json::Value;

use super::{Subject, audit, configured, number, shared, structure, texts};
use crate::{
    cms::{Ask, detect::below, php_value::unserialize},
    error::Result,
    model::{Finding, Score, count, human_bytes},
};

/// Pages that a browser or an edge may keep so long pass.
const PAGE_AGE: i64 = 15 * 60;

/// What both generations of Drupal have, wherever they keep it.
pub(super) struct Facts {
    pub(super) page_max_age: i64,
    pub(super) css: bool,
    pub(super) js: bool,
    pub(super) fast_404: bool,
    /// Seconds since 1970.
    pub(super) cron_last: i64,
    /// Whether visits start cron when it is due.
    pub(super) runs_cron: bool,
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
        runs_cron: !installed["automated_cron"].is_null(),
        users: subject.table("users_field_data"),
        modules: installed
            .as_object()
            .map(|all| all.keys().map(|name| (name.clone(), String::new())).collect())
            .unwrap_or_default(),
    };
    let mut found = checks(subject, &facts, ask)?;
    found.extend(files(subject));
    let (structure, own) = configured::structure(subject, ask)?;
    found.extend(structure::checks(subject, &structure));
    found.extend(own);
    found.extend(shared::fragmentation(subject, ask)?);
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
    found.extend(modules(facts));
    found.extend(codebase(subject, ask)?);
    found.extend(cron(subject, facts, ask)?);
    found.push(shared::collations(subject, ask)?);
    found.push(shared::storage_engines(subject, ask)?);
    found.push(shared::many_rows(subject, ask)?);
    found.push(shared::total_size(subject, ask)?);
    found.extend(audit::code(subject));
    found.extend(audit::extensions(subject, facts));
    found.push(audit::status(subject));
    found.extend(audit::users(facts, ask)?);
    found.extend(audit::watchdog(subject, facts, ask)?);
    Ok(found)
}

/// What is no fault while a site is being developed.
pub(super) fn unless_dev(subject: &Subject<'_>, is_right: bool, fault: Score) -> Score {
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
    let bins: Vec<Vec<String>> = subject
        .tables
        .iter()
        .filter_map(|it| it.strip_prefix(subject.prefix).filter(|it| it.starts_with("cache")))
        .map(|it| vec![it.to_owned()])
        .collect();
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
        Finding::new(
            group,
            "Cache bins",
            Score::Info,
            format!("{} in the database.", count(bins.len() as u64, "cache bin")),
        )
        .table(&["Table"], bins),
    ]
}

/// Parts of the core whose checks ask whether they are there.
fn modules(facts: &Facts) -> Vec<Finding> {
    let parts = [
        ("Block", "Block status", "block", "Block"),
        ("Content", "Field status", "field", "Field"),
        ("Content", "Taxonomy status", "taxonomy", "Taxonomy"),
        ("Views", "Views status", "views", "Views"),
    ];
    parts
        .into_iter()
        .map(|(group, name, module, label)| match facts.has(module) {
            true => Finding::new(group, name, Score::Ok, format!("{label} is enabled.")),
            false => Finding::new(group, name, Score::Info, format!("{label} is not enabled.")),
        })
        .collect()
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
        Finding::new(
            group,
            "Size of entire site",
            Score::Info,
            format!("{} of code and files.", human_bytes((subject.code_bytes)()? + folder.bytes)),
        ),
    ])
}

fn cron(subject: &Subject<'_>, facts: &Facts, ask: &mut Ask<'_>) -> Result<Vec<Finding>> {
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
    let by_itself = if facts.runs_cron { "Visits start it." } else { "Visits do not start it." };
    let mut found = vec![
        Finding::new("Cron", "Enabled", Score::Ok, by_itself),
        Finding::new("Cron", "Last run", score, says)
            .action("Run cron now, and let it run by itself."),
    ];
    if subject.has_table("semaphore") {
        let table = subject.table("semaphore");
        let runs = number(ask, &format!("SELECT COUNT(*) FROM {table} WHERE name = 'cron'"))? > 0;
        let says = if runs { "Cron is running." } else { "Cron is not running." };
        found.push(Finding::new("Cron", "Running", Score::Info, says));
    }
    Ok(found)
}

/// Files that Drupal 8 and later need.
fn files(subject: &Subject<'_>) -> Vec<Finding> {
    let root = below(subject.code, &subject.site.docroot);
    let group = "Best practices";
    let has = |file: &str| root.join(file).is_file();
    let there = |is: bool| if is { "It is there." } else { "It is missing." };
    let (settings, services) =
        (has("sites/default/settings.php"), has("sites/default/services.yml"));
    let (sites, apart) = (has("sites/sites.php"), !subject.site.docroot.is_empty());
    vec![
        Finding::new(
            group,
            "sites/default/settings.php",
            if settings { Score::Ok } else { Score::Error },
            there(settings),
        )
        .action("Bring it back from the upstream."),
        Finding::new(
            group,
            "services.yml",
            if services { Score::Ok } else { Score::Info },
            there(services),
        )
        .action("Copy default.services.yml to it where its settings are to be other ones."),
        Finding::new(
            group,
            "sites/sites.php",
            if sites { Score::Warning } else { Score::Ok },
            if sites { "It leads addresses to several sites." } else { "It is not there." },
        )
        .action("Give each site a repository of its own: Pantheon runs one."),
        Finding::new(
            group,
            "Folder Structure",
            if apart { Score::Ok } else { Score::Info },
            if apart {
                "The docroot is a folder of the code."
            } else {
                "The docroot is the code itself."
            },
        )
        .action("Keep what nobody may visit, as vendor, beside a folder `web`: `web_docroot: true` in pantheon.yml."),
    ]
}
