//! The checks of `wp launchcheck` (WP Launch Check, `php/pantheon/checks/`), group by group.
use std::collections::BTreeMap;

use serde_json::Value;

use super::{Subject, above, number, sessions, shared};
use crate::{
    cms::{Ask, detect::text, wordpress},
    error::Result,
    model::{Finding, Score, count, human_bytes},
};

/// More rows in the options than this make every page slower.
const MANY_OPTIONS: u64 = 5000;
/// So many options that each page reads.
const MANY_AUTOLOADED: u64 = 1000;
/// So many plugins.
const MANY_PLUGINS: usize = 100;
/// A job that stands so often in the list is added again and again.
const SAME_JOB: usize = 10;
/// So many jobs.
const MANY_JOBS: usize = 50;

pub(super) fn checks(subject: &Subject<'_>, ask: &mut Ask<'_>) -> Result<Vec<Finding>> {
    let mut found = Vec::new();
    let said = subject.said();
    let has_said = said["installed"] == true;
    if has_said {
        found.extend(config(subject, said));
        found.extend(best_practice(subject, said));
    }
    found.push(sessions::sessions(subject, said));
    if has_said {
        found.push(extensions("Plugins", &said["plugins"], said));
        found.push(extensions("Themes", &said["themes"], said));
        found.extend(cron(said));
        found.push(object_cache(said));
    }
    found.extend(database(subject, ask)?);
    Ok(found)
}

pub(super) fn flag(said: &Value, name: &str) -> bool {
    said[name].as_bool().unwrap_or(false)
}

pub(super) fn word<'a>(said: &'a Value, name: &str) -> &'a str {
    said[name].as_str().unwrap_or_default()
}

fn config(subject: &Subject<'_>, said: &Value) -> Vec<Finding> {
    let group = "Config";
    let cache = if flag(said, "wp_cache") { Score::Warning } else { Score::Ok };
    let source = text(&wordpress::core_folder(subject.code, subject.site).join("wp-config.php"));
    let uses_name = source.lines().any(|line| {
        line.contains("SERVER_NAME")
            && (line.contains("WP_HOME") || line.contains("WP_SITEURL"))
            && !line.trim_start().starts_with(['#', '/', '*'])
    });
    let server_name = if uses_name { Score::Warning } else { Score::Ok };
    let wrong: Vec<Vec<String>> = ["DB_NAME", "DB_USER"]
        .iter()
        .filter(|name| said["database"][**name] != said["expected"][**name])
        .map(|name| vec![(*name).to_owned(), said["database"][*name].to_string()])
        .collect();
    let credentials = if wrong.is_empty() { Score::Ok } else { Score::Error };
    vec![
        Finding::new(
            group,
            "WP_CACHE",
            cache,
            match cache {
                Score::Ok => "WP_CACHE is not set.",
                _ => "WP_CACHE is true: a plugin caches pages.",
            },
        )
        .action("Take it out of wp-config.php: Pantheon's edge caches pages."),
        Finding::new(
            group,
            "Server name",
            server_name,
            match server_name {
                Score::Ok => "Neither WP_HOME nor WP_SITEURL is made of SERVER_NAME.",
                _ => "WP_HOME or WP_SITEURL is made of SERVER_NAME.",
            },
        )
        .action("Use HTTP_HOST: SERVER_NAME is no address that visitors know."),
        Finding::new(
            group,
            "Database credentials",
            credentials,
            match credentials {
                Score::Ok => "The site uses the database of its environment.",
                _ => "The site does not use the database of its environment.",
            },
        )
        .action("Read them from $_ENV in wp-config.php.")
        .table(&["Constant", "Value"], wrong),
    ]
}

fn best_practice(subject: &Subject<'_>, said: &Value) -> Vec<Finding> {
    let group = "Best practice";
    let is_live = subject.environment.as_str() == "live";
    let plugins = said["plugins"].as_array().map(Vec::as_slice).unwrap_or_default();
    let active: Vec<&Value> = plugins.iter().filter(|it| flag(it, "active")).collect();
    let is_active = |start: &str| active.iter().any(|it| word(it, "file").starts_with(start));
    let debug = flag(said, "wp_debug");
    let debug_bar = is_active("debug-bar/");
    let caching: Vec<&str> =
        [("w3-total-cache/", "W3 Total Cache"), ("wp-super-cache/", "WP Super Cache")]
            .iter()
            .filter(|(start, _)| is_active(start))
            .map(|(_, name)| *name)
            .collect();
    let in_live = |is: bool| match (is, is_live) {
        (true, true) => Score::Warning,
        (true, false) => Score::Info,
        _ => Score::Ok,
    };
    let differ = word(said, "siteurl") != word(said, "home");
    let mut found = vec![
        Finding::new(group, "WP_DEBUG", in_live(debug), if debug { "WP_DEBUG is on." } else { "WP_DEBUG is off." })
            .action("Turn it off on Live."),
        Finding::new(group, "Debug Bar", in_live(debug_bar), if debug_bar { "Debug Bar is active." } else { "Debug Bar is not active." })
            .action("Deactivate it on Live."),
        Finding::new(
            group,
            "Caching plugins",
            if caching.is_empty() { Score::Ok } else { Score::Warning },
            if caching.is_empty() { "No plugin caches pages.".to_owned() } else { format!("{} is active.", caching.join(" and ")) },
        )
        .action("Deactivate and remove it: it is not needed on Pantheon."),
        Finding::new(
            group,
            "Active plugins",
            if active.len() >= MANY_PLUGINS { Score::Warning } else { Score::Ok },
            format!("{} active.", count(active.len() as u64, "plugin")),
        )
        .action("Deactivate what nobody uses."),
        Finding::new(
            group,
            "Site address",
            if differ { Score::Error } else { Score::Ok },
            if differ {
                format!("siteurl is {} and home is {}.", word(said, "siteurl"), word(said, "home"))
            } else {
                "siteurl and home are the same.".to_owned()
            },
        )
        .action("Make them the same under Settings → General, unless WordPress stands in a folder of its own."),
        core_update(said),
    ];
    if flag(said, "multisite") {
        let hosts: Vec<&str> =
            said["domains"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let says =
            format!("{} in the network: {}.", count(hosts.len() as u64, "site"), hosts.join(", "));
        found.push(Finding::new(group, "Network domains", Score::Info, says));
    }
    found
}

fn core_update(said: &Value) -> Finding {
    let (group, name) = ("Best practice", "WordPress core");
    let version = word(said, "version");
    let Some(newest) = said["newest"].as_str() else {
        let known = if flag(said, "checked") {
            "no newer one is known"
        } else {
            "it never looked for a newer one"
        };
        return Finding::new(group, name, Score::Ok, format!("WordPress {version}; {known}."));
    };
    let series = |version: &str| version.split('.').take(2).map(str::to_owned).collect::<Vec<_>>();
    // A release that only mends is the more urgent one.
    let score = if series(version) == series(newest) { Score::Error } else { Score::Warning };
    Finding::new(group, name, score, format!("WordPress {version}; {newest} is available."))
        .action("Apply the upstream's updates on Dev, then deploy.")
}

fn extensions(group: &str, list: &Value, said: &Value) -> Finding {
    let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
    let rows: Vec<Vec<String>> = list
        .iter()
        .map(|it| {
            let (version, available) = (word(it, "version"), word(it, "available"));
            let newer = if available.is_empty() { version } else { available };
            let needs = if available.is_empty() { "No" } else { "Yes" };
            vec![
                word(it, "name").to_owned(),
                version.to_owned(),
                newer.to_owned(),
                needs.to_owned(),
            ]
        })
        .collect();
    let old = list.iter().filter(|it| it["available"].is_string()).count() as u64;
    let score = if old > 0 { Score::Warning } else { Score::Ok };
    let thing = group.trim_end_matches('s').to_lowercase();
    let says = if flag(said, "checked") || old > 0 {
        format!("{}, {old} of them out of date.", count(list.len() as u64, &thing))
    } else {
        let total = count(list.len() as u64, &thing);
        format!("{total}; WordPress has not looked for newer versions yet.")
    };
    Finding::new(group, group, score, says)
        .action(format!("You should update all out-of-date {}.", group.to_lowercase()))
        .table(&["Name", "Current", "Available", "Needs Update"], rows)
}

fn cron(said: &Value) -> Vec<Finding> {
    let group = "Cron";
    let jobs = said["jobs"].as_array().map(Vec::as_slice).unwrap_or_default();
    let now = said["now"].as_i64().unwrap_or(0);
    let time = |job: &Value| job["time"].as_i64().unwrap_or(0);
    let invalid = jobs.iter().filter(|job| time(job) <= 0).count() as u64;
    // One that is due now waits for the next visit.
    let late = jobs.iter().filter(|job| time(job) > 0 && time(job) < now - 3600).count() as u64;
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    jobs.iter().for_each(|job| *times.entry(word(job, "hook")).or_default() += 1);
    let again: Vec<Vec<String>> = times
        .iter()
        .filter(|(_, number)| **number > SAME_JOB)
        .map(|(hook, number)| vec![(*hook).to_owned(), number.to_string()])
        .collect();
    let rows = jobs
        .iter()
        .take(MANY_JOBS)
        .map(|job| {
            let schedule = job["schedule"].as_str().unwrap_or("once").to_owned();
            let next = jiff::Timestamp::from_second(time(job)).map(|it| it.to_string());
            vec![word(job, "hook").to_owned(), schedule, next.unwrap_or_default()]
        })
        .collect();
    let disabled = flag(said, "disable_wp_cron");
    vec![
        Finding::new(
            group,
            "WP-Cron",
            Score::Ok,
            if disabled {
                "WP-Cron is not started by visits."
            } else {
                "WP-Cron is started by visits."
            },
        ),
        Finding::new(
            group,
            "Invalid jobs",
            above(invalid, 0, Score::Error),
            format!("{} without a valid time.", count(invalid, "job")),
        )
        .action("Find the plugin that adds them, and remove them."),
        Finding::new(
            group,
            "Past jobs",
            above(late, 0, Score::Info),
            format!("{} more than an hour late.", count(late, "job")),
        )
        .action("Run cron now; if they stay, look at the PHP errors."),
        Finding::new(
            group,
            "Repeated jobs",
            above(again.len() as u64, 0, Score::Warning),
            format!("{} more than {SAME_JOB} times.", count(again.len() as u64, "job")),
        )
        .action("A plugin adds its job again and again: update or replace it.")
        .table(&["Job", "Times"], again),
        Finding::new(
            group,
            "Jobs",
            above(jobs.len() as u64, MANY_JOBS as u64, Score::Warning),
            format!("{} in all.", count(jobs.len() as u64, "job")),
        )
        .action("Deactivate what nobody needs.")
        .table(&["Job", "Frequency", "Next Run"], rows),
    ]
}

fn object_cache(said: &Value) -> Finding {
    let (group, name) = ("Object Cache", "Object Cache");
    let plugins = said["plugins"].as_array().map(Vec::as_slice).unwrap_or_default();
    let has_redis =
        plugins.iter().any(|it| flag(it, "active") && word(it, "file").starts_with("wp-redis/"));
    match (flag(said, "object_cache"), has_redis) {
        (true, true) => Finding::new(group, name, Score::Info, "WP Redis is in use.")
            .action("Consider Object Cache Pro."),
        (true, false) => Finding::new(group, name, Score::Ok, "object-cache.php is present."),
        (false, _) => Finding::new(group, name, Score::Info, "There is no object-cache.php.")
            .action("A site with many signed-in visitors is faster with Redis."),
    }
}

fn database(subject: &Subject<'_>, ask: &mut Ask<'_>) -> Result<Vec<Finding>> {
    let group = "Database";
    let options = subject.table("options");
    let rows = number(ask, &format!("SELECT COUNT(*) FROM {options}"))?;
    let autoloaded = ask(&format!(
        "SELECT COUNT(*), SUM(LENGTH(option_value)) FROM {options} \
         WHERE autoload IN ('yes', 'on', 'auto-on', 'auto')"
    ))?;
    let cell = |at: usize| -> u64 {
        let value = autoloaded.first().and_then(|row| row.get(at)).and_then(Option::as_deref);
        value.and_then(|text| text.parse().ok()).unwrap_or(0)
    };
    let (autoload, bytes) = (cell(0), cell(1));
    let transients = number(
        ask,
        &format!("SELECT COUNT(*) FROM {options} WHERE option_name LIKE '%transient_%'"),
    )?;
    let now = jiff::Timestamp::now().as_second();
    let expired = number(
        ask,
        &format!(
            "SELECT COUNT(*) FROM {options} WHERE option_name LIKE '%transient_timeout_%' \
             AND CAST(option_value AS DECIMAL) < {now}"
        ),
    )?;
    Ok(vec![
        Finding::new(
            group,
            "Options",
            above(rows, MANY_OPTIONS, Score::Warning),
            format!("{} in the options.", count(rows, "row")),
        )
        .action("Remove what plugins left behind."),
        Finding::new(
            group,
            "Autoloaded options",
            above(autoload, MANY_AUTOLOADED, Score::Warning),
            format!("{} read on every page ({}).", count(autoload, "option"), human_bytes(bytes)),
        )
        .action("Let large ones be read only where they are used."),
        shared::storage_engines(subject, ask)?,
        Finding::new(
            group,
            "Transients",
            Score::Ok,
            format!("{}.", count(transients, "transient")),
        ),
        Finding::new(
            group,
            "Expired transients",
            above(expired, 0, Score::Warning),
            format!("{} expired.", count(expired, "transient")),
        )
        .action("Clear caches: `portico env:clear-cache` removes them."),
        shared::total_size(subject, ask)?,
    ])
}
