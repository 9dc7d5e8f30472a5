//! Where Drupal 7 keeps what the Site Audit asks for: its variables, its `system` table.
use std::collections::HashMap;

use serde_json::Value;

use super::{
    Subject, configured,
    drupal::{self, Facts},
    structure::{self, Caching, Display, Field, Role, Structure},
    templates, texts,
};
use crate::{
    cms::{Ask, detect::below, php_value::unserialize},
    error::Result,
    model::{Finding, Score, count},
};

pub(super) fn checks(subject: &Subject<'_>, ask: &mut Ask<'_>) -> Result<Vec<Finding>> {
    let variables = variables(subject, ask)?;
    let facts = facts(subject, &variables, ask)?;
    let mut found = drupal::checks(subject, &facts, ask)?;
    found.extend(own(&variables, &facts));
    found.extend(backends(subject));
    found.push(disabled_modules(subject, ask)?);
    found.extend(blocks(subject, ask)?);
    found.push(menu_router(subject, ask)?);
    found.extend(structure::checks(subject, &structure(subject, ask)?));
    found.extend(folders(subject));
    found.push(templates::check(subject, &theme(subject, &variables, ask)?));
    Ok(found)
}

/// The folder of the theme that visitors see.
fn theme(
    subject: &Subject<'_>,
    variables: &HashMap<String, Value>,
    ask: &mut Ask<'_>,
) -> Result<String> {
    let name = variables.get("theme_default").and_then(Value::as_str).unwrap_or("bartik");
    let system = subject.table("system");
    let themes = texts(ask, &format!("SELECT name, filename FROM {system} WHERE type = 'theme'"))?;
    let file = themes.into_iter().find(|row| row[0] == name).map(|mut row| row.swap_remove(1));
    let file = file.unwrap_or_else(|| format!("themes/{name}/{name}.info"));
    Ok(file.rsplit_once('/').map_or(file.clone(), |(folder, _)| folder.to_owned()))
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
        // A variable that is not there stands for three hours.
        runs_cron: !variables.contains_key("cron_safe_threshold")
            || truth(variables, "cron_safe_threshold"),
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

/// What settings.php puts in the place of Drupal's own caches and locks.
fn backends(subject: &Subject<'_>) -> Vec<Finding> {
    let said = &subject.said()["variables"];
    let word = |name: &str| said[name].as_str().map(str::to_owned);
    let Some(class) = word("cache_default_class") else { return Vec::new() };
    let backends: Vec<Vec<String>> = said["cache_backends"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|it| vec![it.as_str().unwrap_or_default().to_owned()])
        .collect();
    let number = count(backends.len() as u64, "backend");
    let lock = word("lock_inc").unwrap_or_default();
    vec![
        Finding::new(
            "Cache",
            "Caching backends",
            Score::Info,
            format!("{number} beside Drupal's."),
        )
        .table(&["File"], backends),
        Finding::new("Cache", "Default class", Score::Info, format!("{class}.")),
        Finding::new("Cache", "Lock API", Score::Info, format!("{lock}.")),
    ]
}

fn disabled_modules(subject: &Subject<'_>, ask: &mut Ask<'_>) -> Result<Finding> {
    let system = subject.table("system");
    let sql = format!(
        "SELECT name FROM {system} WHERE type = 'module' AND status = 0 AND schema_version > -1 \
         ORDER BY name"
    );
    let rows = texts(ask, &sql)?;
    let score = if rows.is_empty() { Score::Ok } else { Score::Warning };
    let says = format!("{} still installed.", count(rows.len() as u64, "disabled module"));
    Ok(Finding::new("Extensions", "Disabled modules", score, says)
        .action("Uninstall them: what they keep stays in the database.")
        .table(&["Module"], rows))
}

/// Blocks by how long each is kept (`DRUPAL_NO_CACHE` is -1).
fn blocks(subject: &Subject<'_>, ask: &mut Ask<'_>) -> Result<Vec<Finding>> {
    if !subject.has_table("block") {
        return Ok(Vec::new());
    }
    let table = subject.table("block");
    let sql = format!(
        "SELECT DISTINCT module, delta FROM {table} WHERE status = 1 AND cache = -1 \
         ORDER BY module, delta"
    );
    let rows = texts(ask, &sql)?;
    let says = format!("{} that no cache keeps.", count(rows.len() as u64, "block"));
    Ok(vec![
        Finding::new("Block", "Cache report", Score::Info, says).table(&["Module", "Block"], rows),
    ])
}

/// Functions that no page's callback is: where one is, the site was broken into (SA-CORE-2014-005).
const NO_CALLBACKS: &str = "'assert', 'call_user_func', 'create_function', 'eval', 'exec', \
    'file_put_contents', 'passthru', 'php_eval', 'phpinfo', 'popen', 'proc_open', 'shell_exec', \
    'system'";

fn menu_router(subject: &Subject<'_>, ask: &mut Ask<'_>) -> Result<Finding> {
    let (group, name) = ("Security", "Menu Router");
    if !subject.has_table("menu_router") {
        return Ok(Finding::new(group, name, Score::Info, "There is no table menu_router."));
    }
    let table = subject.table("menu_router");
    let sql = format!(
        "SELECT path, page_callback, access_callback, title_callback FROM {table} \
         WHERE page_callback IN ({NO_CALLBACKS}) OR access_callback IN ({NO_CALLBACKS}) \
         OR title_callback IN ({NO_CALLBACKS}) ORDER BY path"
    );
    let rows = texts(ask, &sql)?;
    let score = if rows.is_empty() { Score::Ok } else { Score::Error };
    let says = match rows.len() as u64 {
        0 => "No page calls a dangerous function.".to_owned(),
        number => format!("{} with a dangerous function.", count(number, "path")),
    };
    Ok(Finding::new(group, name, score, says)
        .action("Somebody may have broken into the site: compare code and database with a copy from before.")
        .table(&["Path", "Page", "Access", "Title"], rows))
}

fn folders(subject: &Subject<'_>) -> Vec<Finding> {
    let has = below(subject.code, &subject.site.docroot).join("sites/all").is_dir();
    vec![
        Finding::new(
            "Best practices",
            "sites/all",
            if has { Score::Ok } else { Score::Warning },
            if has { "It is there." } else { "It is missing." },
        )
        .action("Make the folder; modules, themes and libraries of the site are kept there."),
    ]
}

fn structure(subject: &Subject<'_>, ask: &mut Ask<'_>) -> Result<Structure> {
    let [node, kinds, vocabularies, terms] =
        ["node", "node_type", "taxonomy_vocabulary", "taxonomy_term_data"]
            .map(|it| subject.table(it));
    let types = format!(
        "SELECT t.name, COUNT(n.nid) FROM {kinds} t LEFT JOIN {node} n ON n.type = t.type \
         GROUP BY t.type, t.name ORDER BY t.name"
    );
    let vocabularies = format!(
        "SELECT v.name, COUNT(t.tid) FROM {vocabularies} v LEFT JOIN {terms} t ON t.vid = v.vid \
         GROUP BY v.vid, v.name ORDER BY v.name"
    );
    Ok(Structure {
        types: counted(ask, &types)?,
        vocabularies: counted(ask, &vocabularies)?,
        fields: fields(subject, ask)?,
        roles: roles(subject, ask)?,
        displays: displays(subject, ask)?,
        duplicates: configured::duplicates(subject, ask, "node")?,
    })
}

fn counted(ask: &mut Ask<'_>, sql: &str) -> Result<Vec<(String, u64)>> {
    let rows = texts(ask, sql)?.into_iter();
    Ok(rows
        .filter_map(|row| {
            let [name, number] = row.try_into().ok()?;
            Some((name, number.parse().ok()?))
        })
        .collect())
}

fn fields(subject: &Subject<'_>, ask: &mut Ask<'_>) -> Result<Vec<Field>> {
    if !subject.has_table("field_config") {
        return Ok(Vec::new());
    }
    let (all, of) = (subject.table("field_config"), subject.table("field_config_instance"));
    let sql = format!(
        "SELECT f.field_name, COUNT(i.id) FROM {all} f LEFT JOIN {of} i \
         ON i.field_id = f.id AND i.deleted = 0 WHERE f.deleted = 0 \
         GROUP BY f.id, f.field_name ORDER BY f.field_name"
    );
    let mut found = Vec::new();
    for (name, instances) in counted(ask, &sql)? {
        let table = format!("field_data_{name}");
        let is_unused = subject.has_table(&table) && configured::is_empty(subject, ask, &table)?;
        found.push(Field { name, instances, is_unused });
    }
    Ok(found)
}

fn roles(subject: &Subject<'_>, ask: &mut Ask<'_>) -> Result<Vec<Role>> {
    if !subject.has_table("role") {
        return Ok(Vec::new());
    }
    let [roles, users, permissions] =
        ["role", "users_roles", "role_permission"].map(|it| subject.table(it));
    let sql = format!(
        "SELECT name, (SELECT COUNT(*) FROM {users} u WHERE u.rid = r.rid), \
         (SELECT COUNT(*) FROM {permissions} p WHERE p.rid = r.rid) FROM {roles} r ORDER BY r.rid"
    );
    Ok(texts(ask, &sql)?
        .into_iter()
        .filter_map(|row| {
            let [label, users, permissions] = row.try_into().ok()?;
            Some(Role { label, users: users.parse().ok()?, permissions: permissions.parse().ok() })
        })
        .collect())
}

/// The displays of views that are kept in the database; those that modules bring are not among them.
fn displays(subject: &Subject<'_>, ask: &mut Ask<'_>) -> Result<Vec<Display>> {
    if !subject.has_table("views_view") || !subject.has_table("views_display") {
        return Ok(Vec::new());
    }
    let (views, displays) = (subject.table("views_view"), subject.table("views_display"));
    let sql = format!(
        "SELECT v.name, d.id, d.display_title, d.display_options FROM {views} v \
         JOIN {displays} d ON d.vid = v.vid ORDER BY v.name, d.position"
    );
    let rows: Vec<[String; 4]> =
        texts(ask, &sql)?.into_iter().filter_map(|row| row.try_into().ok()).collect();
    let options = |text: &str| unserialize(text).unwrap_or(Value::Null);
    let defaults: HashMap<String, Value> = rows
        .iter()
        .filter(|row| row[1] == "default")
        .map(|row| (row[0].clone(), options(&row[3])))
        .collect();
    Ok(rows
        .into_iter()
        .map(|[view, _, name, own]| {
            let inherited = defaults.get(&view).unwrap_or(&Value::Null);
            let caching = Caching::of(&options(&own), inherited, false);
            Display { view, name, caching }
        })
        .collect())
}
