//! Where Drupal 7 keeps what the Site Audit asks for: its variables, its `system` table.
use std::collections::HashMap;

use serde_json::Value;

use super::{
    Subject,
    drupal::{self, Facts},
    number, texts,
};
use crate::{
    cms::{Ask, php_value::unserialize},
    error::Result,
    model::{Finding, Score, count},
};

pub(super) fn checks(subject: &Subject<'_>, ask: &mut Ask<'_>) -> Result<Vec<Finding>> {
    let variables = variables(subject, ask)?;
    let facts = facts(subject, &variables, ask)?;
    let mut found = drupal::checks(subject, &facts, ask)?;
    found.extend(own(&variables, &facts));
    found.extend(content(subject, ask)?);
    Ok(found)
}

fn variables(subject: &Subject<'_>, ask: &mut Ask<'_>) -> Result<HashMap<String, Value>> {
    let rows = texts(ask, &format!("SELECT name, value FROM {}", subject.table("variable")))?;
    let pairs = rows.into_iter().filter_map(|row| {
        let [name, value] = row.try_into().ok()?;
        Some((name, unserialize(&value)?))
    });
    Ok(pairs.collect())
}

fn facts(
    subject: &Subject<'_>,
    variables: &HashMap<String, Value>,
    ask: &mut Ask<'_>,
) -> Result<Facts> {
    let system = subject.table("system");
    let enabled = texts(
        ask,
        &format!("SELECT name, filename FROM {system} WHERE type = 'module' AND status = 1"),
    )?;
    let modules: Vec<(String, String)> = enabled
        .into_iter()
        .filter_map(|row| <[String; 2]>::try_from(row).ok().map(|[name, file]| (name, file)))
        .collect();
    Ok(Facts {
        page_max_age: integer(variables, "page_cache_maximum_age"),
        css: truth(variables, "preprocess_css"),
        js: truth(variables, "preprocess_js"),
        fast_404: variables.contains_key("404_fast_html"),
        cron_last: integer(variables, "cron_last"),
        users: subject.table("users"),
        modules,
    })
}

/// Variables are numbers, or the same as text.
fn integer(variables: &HashMap<String, Value>, name: &str) -> i64 {
    match variables.get(name) {
        Some(Value::String(text)) => text.parse().unwrap_or(0),
        Some(value) => value.as_i64().unwrap_or(0),
        None => 0,
    }
}

fn truth(variables: &HashMap<String, Value>, name: &str) -> bool {
    integer(variables, name) != 0 || variables.get(name) == Some(&Value::Bool(true))
}

/// What only Drupal 7 has.
fn own(variables: &HashMap<String, Value>, facts: &Facts) -> Vec<Finding> {
    let on = |name: &str| truth(variables, name);
    let word = |is: bool| if is { "On." } else { "Off." };
    let wanted = |is: bool| if is { Score::Ok } else { Score::Warning };
    let lifetime = integer(variables, "cache_lifetime");
    let compresses = on("page_compression");
    let php = facts.has("php");
    vec![
        Finding::new(
            "Best practices",
            "PHP Filter",
            if php { Score::Error } else { Score::Ok },
            if php { "The module php is enabled." } else { "The module php is not enabled." },
        )
        .action("Disable it: code in the database can't be reviewed or deployed."),
        Finding::new("Cache", "Anonymous caching", wanted(on("cache")), word(on("cache")))
            .action("Turn on “Cache pages for anonymous users” under Performance."),
        Finding::new("Block", "Caching", wanted(on("block_cache")), word(on("block_cache")))
            .action("Turn on “Cache blocks” under Performance."),
        Finding::new(
            "Cache",
            "Minimum cache lifetime",
            if lifetime == 0 { Score::Ok } else { Score::Warning },
            format!("{lifetime} s."),
        )
        .action("Set it to none: caches are cleared when content changes."),
        Finding::new(
            "Cache",
            "Cached page compression",
            if compresses { Score::Warning } else { Score::Ok },
            word(compresses),
        )
        .action("Turn it off: Pantheon compresses pages itself."),
    ]
}

fn content(subject: &Subject<'_>, ask: &mut Ask<'_>) -> Result<Vec<Finding>> {
    let (group, node, kinds) = ("Content", subject.table("node"), subject.table("node_type"));
    let types = texts(
        ask,
        &format!(
            "SELECT t.name, COUNT(n.nid) FROM {kinds} t LEFT JOIN {node} n ON n.type = t.type \
             GROUP BY t.type, t.name ORDER BY t.name"
        ),
    )?;
    let unused: Vec<Vec<String>> =
        types.iter().filter(|row| row[1] == "0").map(|row| vec![row[0].clone()]).collect();
    let fields = number(
        ask,
        &format!("SELECT COUNT(*) FROM {} WHERE deleted = 0", subject.table("field_config")),
    )?;
    let terms = subject.table("taxonomy_term_data");
    let vocabularies = texts(
        ask,
        &format!(
            "SELECT v.name, COUNT(t.tid) FROM {} v LEFT JOIN {terms} t ON t.vid = v.vid \
             GROUP BY v.vid, v.name ORDER BY v.name",
            subject.table("taxonomy_vocabulary")
        ),
    )?;
    let empty: Vec<Vec<String>> =
        vocabularies.iter().filter(|row| row[1] == "0").map(|row| vec![row[0].clone()]).collect();
    let many = |rows: &[Vec<String>], thing: &str| format!("{}.", count(rows.len() as u64, thing));
    let unused_score = |rows: &[Vec<String>]| if rows.is_empty() { Score::Ok } else { Score::Info };
    Ok(vec![
        Finding::new(group, "Content types", Score::Ok, many(&types, "content type"))
            .table(&["Content type", "Nodes"], types),
        Finding::new(
            group,
            "Unused content types",
            unused_score(&unused),
            many(&unused, "unused content type"),
        )
        .action("Remove those that nobody needs.")
        .table(&["Content type"], unused),
        Finding::new(
            group,
            "Field counts",
            super::above(fields, 75, Score::Warning),
            format!("{}.", count(fields, "field")),
        )
        .action("Each field is two tables: share them between content types."),
        Finding::new(
            group,
            "Taxonomy vocabularies",
            Score::Ok,
            format!("{} vocabularies.", vocabularies.len()),
        )
        .table(&["Vocabulary", "Terms"], vocabularies),
        Finding::new(
            group,
            "Unused vocabularies",
            unused_score(&empty),
            format!("{} unused vocabularies.", empty.len()),
        )
        .action("Remove those that nobody needs.")
        .table(&["Vocabulary"], empty),
    ])
}
