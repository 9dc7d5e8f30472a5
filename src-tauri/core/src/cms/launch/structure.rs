//! The checks of Site Audit about what a site is built of: content types, fields, vocabularies, roles and views.
use serde_json::Value;

use super::{Subject, above, drupal::unless_dev};
use crate::model::{Finding, Score, count};

/// Each field is two tables of the database.
const MANY_FIELDS: u64 = 75;

/// What both generations of Drupal are built of, wherever they keep it.
pub(super) struct Structure {
    /// Labels of content types, each with the number of its nodes.
    pub(super) types: Vec<(String, u64)>,
    /// Labels of vocabularies, each with the number of its terms.
    pub(super) vocabularies: Vec<(String, u64)>,
    pub(super) fields: Vec<Field>,
    pub(super) roles: Vec<Role>,
    pub(super) displays: Vec<Display>,
    /// Titles that more than one node has, each with the number of those.
    pub(super) duplicates: Vec<(String, u64)>,
}

pub(super) struct Field {
    pub(super) name: String,
    /// How many content types and the like have it.
    pub(super) instances: u64,
    /// Whether nothing is in it.
    pub(super) is_unused: bool,
}

pub(super) struct Role {
    pub(super) label: String,
    /// Accounts that were given it.
    pub(super) users: u64,
    /// None where it may do everything.
    pub(super) permissions: Option<u64>,
}

/// One display of an enabled view.
pub(super) struct Display {
    pub(super) view: String,
    pub(super) name: String,
    pub(super) caching: Caching,
}

/// What a view's display keeps.
#[derive(Clone, Copy)]
pub(super) struct Caching {
    output: bool,
    query: bool,
}

impl Caching {
    /// Of a display's options and of those it inherits; `usual` is what a display does that says nothing.
    pub(super) fn of(options: &Value, inherited: &Value, usual: bool) -> Self {
        let cache =
            [options, inherited].into_iter().map(|it| &it["cache"]).find(|it| !it.is_null());
        let lifespan = |cache: &Value, name: &str| {
            // Drupal 7 keeps it beside the kind, Drupal 8 below `options`; as a number or as text.
            let span = [&cache[name], &cache["options"][name]].map(|it| it.to_string());
            span.iter().any(|it| !matches!(it.trim_matches('"'), "null" | "0" | "-1"))
        };
        match cache.map(|it| (it, it["type"].as_str().unwrap_or_default())) {
            None | Some((_, "")) => Self { output: usual, query: usual },
            Some((_, "none")) => Self { output: false, query: false },
            Some((cache, "time")) => Self {
                output: lifespan(cache, "output_lifespan"),
                query: lifespan(cache, "results_lifespan"),
            },
            Some(_) => Self { output: true, query: true },
        }
    }
}

pub(super) fn checks(subject: &Subject<'_>, structure: &Structure) -> Vec<Finding> {
    let mut found = content(structure);
    found.extend(fields(&structure.fields));
    found.extend(roles(&structure.roles));
    found.extend(views(subject, &structure.displays));
    found
}

fn content(structure: &Structure) -> Vec<Finding> {
    let group = "Content";
    let types = rows(&structure.types);
    let vocabularies = rows(&structure.vocabularies);
    let unused = names_of_none(&structure.types);
    let empty = names_of_none(&structure.vocabularies);
    let duplicates = rows(&structure.duplicates);
    let many = |rows: &[Vec<String>], thing: &str| format!("{}.", count(rows.len() as u64, thing));
    let spare = |rows: &[Vec<String>]| if rows.is_empty() { Score::Ok } else { Score::Info };
    vec![
        Finding::new(group, "Content types", Score::Ok, many(&types, "content type"))
            .table(&["Content type", "Nodes"], types),
        Finding::new(
            group,
            "Unused content types",
            spare(&unused),
            many(&unused, "unused content type"),
        )
        .action("Remove those that nobody needs.")
        .table(&["Content type"], unused),
        Finding::new(
            group,
            "Duplicate titles",
            spare(&duplicates),
            format!("{} used more than once.", many(&duplicates, "title").trim_end_matches('.')),
        )
        .action("Readers and search engines can't tell them apart.")
        .table(&["Title", "Nodes"], duplicates),
        Finding::new(
            group,
            "Taxonomy vocabularies",
            Score::Ok,
            format!("{} in all.", vocabularies.len()),
        )
        .table(&["Vocabulary", "Terms"], vocabularies),
        Finding::new(
            group,
            "Unused vocabularies",
            spare(&empty),
            format!("{} of {} without terms.", empty.len(), structure.vocabularies.len()),
        )
        .action("Remove those that nobody needs.")
        .table(&["Vocabulary"], empty),
    ]
}

fn fields(fields: &[Field]) -> Vec<Finding> {
    let group = "Content";
    let number = fields.len() as u64;
    let instances = fields.iter().map(|it| (it.name.clone(), it.instances)).collect::<Vec<_>>();
    let unused: Vec<Vec<String>> =
        fields.iter().filter(|it| it.is_unused).map(|it| vec![it.name.clone()]).collect();
    let total = instances.iter().map(|it| it.1).sum();
    vec![
        Finding::new(
            group,
            "Field counts",
            above(number, MANY_FIELDS, Score::Warning),
            format!("{}.", count(number, "field")),
        )
        .action("Each field is two tables: share them between content types."),
        Finding::new(
            group,
            "Field instance counts",
            Score::Info,
            format!("{} in all.", count(total, "field instance")),
        )
        .table(&["Field", "Instances"], rows(&instances)),
        Finding::new(
            group,
            "Unused fields",
            if unused.is_empty() { Score::Ok } else { Score::Info },
            format!("{} without data.", count(unused.len() as u64, "field")),
        )
        .action("Remove those that nobody needs.")
        .table(&["Field"], unused),
    ]
}

fn roles(roles: &[Role]) -> Vec<Finding> {
    let says = format!("{}.", count(roles.len() as u64, "role"));
    let users = roles.iter().map(|it| vec![it.label.clone(), it.users.to_string()]).collect();
    let permissions = |it: &Role| it.permissions.map_or("all".to_owned(), |all| all.to_string());
    let permissions =
        roles.iter().map(|it| vec![it.label.clone(), permissions(it)]).collect::<Vec<_>>();
    let names = roles.iter().map(|it| vec![it.label.clone()]).collect();
    vec![
        Finding::new("Roles", "Roles and User Count", Score::Info, says.clone())
            .table(&["Role", "Users"], users),
        Finding::new("Roles", "Roles and Permissions", Score::Info, says.clone())
            .table(&["Role", "Permissions"], permissions),
        Finding::new("Users", "List Roles", Score::Info, says).table(&["Role"], names),
    ]
}

fn views(subject: &Subject<'_>, displays: &[Display]) -> Vec<Finding> {
    let group = "Views";
    let mut names: Vec<&str> = displays.iter().map(|it| it.view.as_str()).collect();
    names.dedup();
    let without = |keeps: fn(&Caching) -> bool| -> Vec<Vec<String>> {
        let found = displays.iter().filter(|it| !keeps(&it.caching));
        found.map(|it| vec![it.view.clone(), it.name.clone()]).collect()
    };
    let check = |name: &str, what: &str, bad: Vec<Vec<String>>| {
        let score = unless_dev(subject, bad.is_empty(), Score::Warning);
        let says = format!("{} {what}.", count(bad.len() as u64, "display"));
        Finding::new(group, name, score, says)
            .action("Give it a cache under Advanced → Caching.")
            .table(&["View", "Display"], bad)
    };
    vec![
        Finding::new(
            group,
            "Count",
            Score::Info,
            format!("{}.", count(names.len() as u64, "view")),
        ),
        check(
            "Rendered output caching",
            "whose output is made anew each time",
            without(|it| it.output),
        ),
        check("Query results caching", "whose query is run each time", without(|it| it.query)),
    ]
}

fn rows(counted: &[(String, u64)]) -> Vec<Vec<String>> {
    counted.iter().map(|(name, number)| vec![name.clone(), number.to_string()]).collect()
}

fn names_of_none(counted: &[(String, u64)]) -> Vec<Vec<String>> {
    counted.iter().filter(|it| it.1 == 0).map(|it| vec![it.0.clone()]).collect()
}
