//! What Drupal 8 and later are built of, read from their active configuration.
use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::{
    Subject, number,
    structure::{Caching, Display, Field, Role, Structure},
    texts,
};
use crate::{
    cms::{Ask, php_value::unserialize},
    error::Result,
    model::{Finding, Score, count},
};

/// Kinds of content that have types: the entity type, and the column of its table that names a row's type.
const TYPED: [(&str, &str); 4] =
    [("node", "type"), ("media", "bundle"), ("block_content", "type"), ("comment", "comment_type")];
/// Configuration that says what a site is built of; what follows the dots is the name.
const PARTS: [&str; 8] = [
    "node.type.",
    "media.type.",
    "block_content.type.",
    "comment.type.",
    "taxonomy.vocabulary.",
    "field.storage.",
    "user.role.",
    "views.view.",
];

/// Configuration by its whole name, in order.
type Config = BTreeMap<String, Value>;

/// Reads the structure, and makes the checks that only Drupal 8 and later have.
pub(super) fn structure(
    subject: &Subject<'_>,
    ask: &mut Ask<'_>,
) -> Result<(Structure, Vec<Finding>)> {
    let config = read(subject, ask)?;
    let mut kinds = HashMap::new();
    for (entity, column) in TYPED {
        kinds.insert(entity, types(subject, ask, &config, entity, column)?);
    }
    let own = entity_types(&kinds);
    let structure = Structure {
        types: kinds.remove("node").unwrap_or_default(),
        vocabularies: {
            let terms = counts(subject, ask, "taxonomy_term_data", "vid")?;
            labelled(&config, "taxonomy.vocabulary.", &terms)
        },
        fields: fields(subject, ask, &config)?,
        roles: roles(subject, ask, &config)?,
        displays: displays(&config),
        duplicates: duplicates(subject, ask, "node_field_data")?,
    };
    Ok((structure, own))
}

fn read(subject: &Subject<'_>, ask: &mut Ask<'_>) -> Result<Config> {
    let names = PARTS.map(|part| format!("name LIKE '{part}%'")).join(" OR ");
    let table = subject.table("config");
    // A field of a content type is known by its name.
    let sql = format!(
        "SELECT name, CASE WHEN name LIKE 'field.field.%' THEN 'N;' ELSE data END FROM {table} \
         WHERE collection = '' AND ({names} OR name LIKE 'field.field.%')"
    );
    let rows = texts(ask, &sql)?.into_iter();
    Ok(rows
        .filter_map(|row| {
            let [name, data] = row.try_into().ok()?;
            Some((name, unserialize(&data)?))
        })
        .collect())
}

/// Configuration of one kind: the rest of its name, and what it is.
fn part<'a>(config: &'a Config, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a Value)> {
    config.iter().filter_map(move |(name, it)| Some((name.strip_prefix(prefix)?, it)))
}

/// Rows of a table by the value of a column; nothing where the table is not there.
fn counts(
    subject: &Subject<'_>,
    ask: &mut Ask<'_>,
    table: &str,
    column: &str,
) -> Result<HashMap<String, u64>> {
    if !subject.has_table(table) {
        return Ok(HashMap::new());
    }
    let table = subject.table(table);
    let rows = texts(ask, &format!("SELECT {column}, COUNT(*) FROM {table} GROUP BY {column}"))?;
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            let [name, number] = row.try_into().ok()?;
            Some((name, number.parse().ok()?))
        })
        .collect())
}

fn labelled(config: &Config, prefix: &str, counts: &HashMap<String, u64>) -> Vec<(String, u64)> {
    let label = |name: &str, it: &Value| {
        let said = ["name", "label"].iter().find_map(|key| it[key].as_str());
        said.unwrap_or(name).to_owned()
    };
    part(config, prefix)
        .map(|(name, it)| (label(name, it), counts.get(name).copied().unwrap_or(0)))
        .collect()
}

fn types(
    subject: &Subject<'_>,
    ask: &mut Ask<'_>,
    config: &Config,
    entity: &str,
    column: &str,
) -> Result<Vec<(String, u64)>> {
    let counts = counts(subject, ask, entity, column)?;
    let prefix = format!("{entity}.type.");
    // Of media and blocks the label stands in `label`, of content types in `name`.
    Ok(labelled(config, &prefix, &counts))
}

fn entity_types(kinds: &HashMap<&str, Vec<(String, u64)>>) -> Vec<Finding> {
    let group = "Content";
    let rows = |only_unused: bool| -> Vec<Vec<String>> {
        let all = TYPED.iter().flat_map(|(entity, _)| {
            kinds.get(entity).into_iter().flatten().map(move |(label, number)| {
                (*number, vec![(*entity).to_owned(), label.clone(), number.to_string()])
            })
        });
        all.filter(|(number, _)| !only_unused || *number == 0).map(|(_, row)| row).collect()
    };
    let (all, unused) = (rows(false), rows(true));
    let headings = ["Entity type", "Type", "Entities"];
    let says = |rows: &[Vec<String>], thing: &str| format!("{}.", count(rows.len() as u64, thing));
    vec![
        Finding::new(group, "Content entity types", Score::Info, says(&all, "type"))
            .table(&headings, all),
        Finding::new(
            group,
            "Unused content entity types",
            if unused.is_empty() { Score::Ok } else { Score::Info },
            says(&unused, "unused type"),
        )
        .action("Remove those that nobody needs.")
        .table(&headings, unused),
    ]
}

fn fields(subject: &Subject<'_>, ask: &mut Ask<'_>, config: &Config) -> Result<Vec<Field>> {
    let mut found = Vec::new();
    for (name, _) in part(config, "field.storage.") {
        let Some((entity, field)) = name.split_once('.') else { continue };
        let is_of_it = |instance: &str| {
            let mut parts = instance.split('.');
            parts.next() == Some(entity) && parts.nth(1) == Some(field)
        };
        let instances = part(config, "field.field.").filter(|(it, _)| is_of_it(it)).count();
        // A long name is kept as a hash of it; what is in such a field is not known.
        let table = format!("{entity}__{field}");
        let is_unused = subject.has_table(&table) && is_empty(subject, ask, &table)?;
        found.push(Field { name: name.to_owned(), instances: instances as u64, is_unused });
    }
    Ok(found)
}

/// Whether a table has no row.
pub(super) fn is_empty(subject: &Subject<'_>, ask: &mut Ask<'_>, table: &str) -> Result<bool> {
    let table = subject.table(table);
    Ok(number(ask, &format!("SELECT COUNT(*) FROM (SELECT 1 FROM {table} LIMIT 1) AS first"))? == 0)
}

fn roles(subject: &Subject<'_>, ask: &mut Ask<'_>, config: &Config) -> Result<Vec<Role>> {
    let users = counts(subject, ask, "user__roles", "roles_target_id")?;
    let permissions = |it: &Value| {
        let all = it["permissions"].as_object().map_or(0, |all| all.len() as u64);
        (it["is_admin"] != true).then_some(all)
    };
    Ok(part(config, "user.role.")
        .map(|(name, it)| Role {
            label: it["label"].as_str().unwrap_or(name).to_owned(),
            users: users.get(name).copied().unwrap_or(0),
            permissions: permissions(it),
        })
        .collect())
}

fn displays(config: &Config) -> Vec<Display> {
    let mut found = Vec::new();
    for (name, view) in part(config, "views.view.").filter(|(_, it)| it["status"] == true) {
        let inherited = &view["display"]["default"]["display_options"];
        for (id, display) in view["display"].as_object().into_iter().flatten() {
            // Views of Drupal 8 keep by cache tags unless they are told otherwise.
            let caching = Caching::of(&display["display_options"], inherited, true);
            let label =
                |it: &Value, key: &str, usual: &str| it[key].as_str().unwrap_or(usual).to_owned();
            found.push(Display {
                view: label(view, "label", name),
                name: label(display, "display_title", id),
                caching,
            });
        }
    }
    found
}

/// Titles that several nodes have, the most frequent first.
pub(super) fn duplicates(
    subject: &Subject<'_>,
    ask: &mut Ask<'_>,
    table: &str,
) -> Result<Vec<(String, u64)>> {
    if !subject.has_table(table) {
        return Ok(Vec::new());
    }
    let table = subject.table(table);
    let sql = format!(
        "SELECT title, COUNT(DISTINCT nid) FROM {table} GROUP BY title, type \
         HAVING COUNT(DISTINCT nid) > 1 ORDER BY COUNT(DISTINCT nid) DESC, title LIMIT 100"
    );
    Ok(texts(ask, &sql)?
        .into_iter()
        .filter_map(|row| {
            let [title, number] = row.try_into().ok()?;
            Some((title, number.parse().ok()?))
        })
        .collect())
}
