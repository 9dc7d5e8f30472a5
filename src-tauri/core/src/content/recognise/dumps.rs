//! The databases among files: which of them are the site's, and which files are one database together.
use std::collections::{BTreeMap, BTreeSet};

use super::{
    super::{
        dump::{self, Beside, Layout as DumpLayout, Member, Source},
        listing::Listed,
    },
    Code,
    formats::Layout,
    head::Head,
    pieces::is_below,
};

/// Folders inside code whose dumps belong to plugins or modules, not to the site.
const NOT_THE_SITES: [&str; 13] = [
    "plugins",
    "themes",
    "mu-plugins",
    "modules",
    "profiles",
    "libraries",
    "vendor",
    "node_modules",
    "core",
    "wp-includes",
    "wp-admin",
    "tests",
    "test",
];
/// Folders in which plugins keep backups.
const BACKUPS: [&str; 8] = [
    "updraft",
    "ai1wm-backups",
    "backups-dup-lite",
    "backups-dup-pro",
    "wpvividbackups",
    "backupbuddy_backups",
    "backup_migrate",
    "backwpup",
];

/// The databases that were found.
#[derive(Default)]
pub(super) struct Found<'a> {
    /// Those of the site, by what they are in.
    sites: Vec<&'a Listed>,
    /// The files of a program that writes many, by folder.
    many: Vec<(DumpLayout, Vec<&'a Listed>)>,
    /// Dumps that lie among files that are something else.
    pub(super) strays: Vec<String>,
    /// Folders of backups inside a site.
    pub(super) backups: Vec<String>,
}

/// Finds the databases.
pub(super) fn find<'a>(
    files: &'a [Listed],
    layout: &Layout,
    code: Option<&Code>,
    uploads: Option<&str>,
) -> Found<'a> {
    let mut found = Found::default();
    let folders = by_folder(files);
    let mut taken: BTreeSet<&str> = BTreeSet::new();
    for (folder, inside) in &folders {
        let is_wanted = layout.dumps.as_ref().is_none_or(|it| it.iter().any(|it| it == folder));
        let is_site = code.is_some_and(|it| in_code(folder, it))
            || uploads.is_some_and(|it| is_in(folder, it));
        if let Some((kind, all)) = many(inside).filter(|_| is_wanted && !is_site) {
            taken.extend(all.iter().map(|it| it.path.as_str()));
            found.many.push((kind, all));
        }
    }
    for file in files.iter().filter(|it| it.head.is_database() && !taken.contains(it.path.as_str()))
    {
        if let Some(folder) = backup_folder(&file.path)
            && (code.is_some() || uploads.is_some())
        {
            found.backups.push(folder);
            continue;
        }
        let is_wanted = match &layout.dumps {
            Some(places) => places.iter().any(|it| file.path == *it || is_below(&file.path, it)),
            None => is_the_sites(file, code, uploads, &folders),
        };
        if is_wanted {
            found.sites.push(file);
        } else if !is_codes_own(file, code) && !is_told(&file.path, layout) {
            found.strays.push(file.path.clone());
        }
    }
    found
}

/// Whether the format says itself why a file is not used.
fn is_told(path: &str, layout: &Layout) -> bool {
    layout.unused.iter().any(|(place, _)| is_in(path, place))
}

fn by_folder(files: &[Listed]) -> BTreeMap<&str, Vec<&Listed>> {
    let mut folders: BTreeMap<&str, Vec<&Listed>> = BTreeMap::new();
    for file in files {
        folders.entry(folder_of(&file.path)).or_default().push(file);
    }
    folders.values_mut().for_each(|inside| inside.sort_by_key(|it| &it.path));
    folders
}

fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn is_in(path: &str, folder: &str) -> bool {
    path == folder || is_below(path, folder)
}

fn in_code(path: &str, code: &Code) -> bool {
    code.folders.iter().any(|(folder, _)| is_in(path, folder))
}

/// Whether the code uses it, so that it stays there: a schema, or what plugins and modules bring.
fn is_codes_own(file: &Listed, code: Option<&Code>) -> bool {
    let Some(code) = code.filter(|it| in_code(&file.path, it)) else { return false };
    !file.head.is_dump() || is_of_an_extension(&file.path, code)
}

fn is_of_an_extension(path: &str, code: &Code) -> bool {
    let root = code.folders.iter().map(|(from, _)| from.as_str()).find(|it| is_below(path, it));
    let inside = root.map_or(path, |root| path[root.len()..].trim_start_matches('/'));
    // A folder that goes over the code as `wp-content/plugins` is one of plugins itself.
    let is_named = |folder: &str| NOT_THE_SITES.contains(&folder);
    inside.split('/').rev().skip(1).any(is_named)
        || root.is_some_and(|root| root.rsplit('/').next().is_some_and(is_named))
}

/// The folder in which a plugin keeps backups, where a path is in one.
fn backup_folder(path: &str) -> Option<String> {
    let folder = folder_of(path);
    let mut end = 0;
    for part in folder.split('/') {
        end += part.len();
        let is_one = BACKUPS.contains(&part)
            || part.starts_with("backwpup-")
            || part.starts_with("backupbuddy_");
        if is_one && part != "backupbuddy_temp" {
            return Some(folder[..end].to_owned());
        }
        end += 1;
    }
    None
}

/// Whether a database is that of the site, where no format says where it lies.
fn is_the_sites(
    file: &Listed,
    code: Option<&Code>,
    uploads: Option<&str>,
    folders: &BTreeMap<&str, Vec<&Listed>>,
) -> bool {
    if file.head == Head::Sqlite && file.path.ends_with("/.ht.sqlite") {
        return true;
    }
    if uploads.is_some_and(|it| is_below(&file.path, it)) {
        return false;
    }
    if let Some(code) = code.filter(|it| in_code(&file.path, it)) {
        let root = code.folders.iter().find(|(from, _)| is_in(folder_of(&file.path), from));
        let is_at_the_top = root.is_some_and(|(from, _)| folder_of(&file.path) == from);
        let is_marked = matches!(&file.head, Head::Sql(sql) if sql.is_marked);
        return file.head.is_dump()
            && !is_of_an_extension(&file.path, code)
            && (is_at_the_top || is_marked);
    }
    if code.is_some() || uploads.is_some() {
        return true;
    }
    // Among pictures and the like it is one of them, unless it stands at the top.
    let folder = folder_of(&file.path);
    let others = folders.get(folder).map(|it| it.iter().filter(|it| !is_beside(it)).count());
    others == Some(0) || folder.matches('/').count() == 0
}

/// Whether a file is one that stands beside dumps.
fn is_beside(file: &Listed) -> bool {
    file.head.is_database() || file.head == Head::Archive || super::is_note(&file.path)
}

/// The files of a folder that are one database, where a program wrote many.
fn many<'a>(inside: &[&'a Listed]) -> Option<(DumpLayout, Vec<&'a Listed>)> {
    let names = || inside.iter().map(|it| it.path.as_str());
    if dump::is_shells(names()) {
        return Some((DumpLayout::Shell, inside.to_vec()));
    }
    let has_metadata =
        names().any(|it| it.rsplit('/').next().is_some_and(|it| it.starts_with("metadata")));
    if dump::are_mydumpers(names()) && (has_metadata || inside.iter().all(|it| is_beside(it))) {
        return Some((DumpLayout::MyDumper, inside.to_vec()));
    }
    let definitions: Vec<&&Listed> =
        inside.iter().filter(|it| it.path.ends_with(".sql") && it.head.is_database()).collect();
    let rows = |sql: &str| {
        let text = dump::tab_stem(sql).map(|stem| format!("{stem}.txt"));
        text.and_then(|text| inside.iter().find(|it| it.path == text))
    };
    let pairs: Vec<(&&Listed, Option<&&Listed>)> =
        definitions.iter().map(|it| (*it, rows(&it.path))).collect();
    let with_rows = pairs.iter().filter(|(_, rows)| rows.is_some()).count();
    // A view has no rows.
    if with_rows > 0 && with_rows * 2 >= pairs.len() && pairs.iter().all(|(it, _)| !has_rows(it)) {
        let all = pairs.iter().flat_map(|(it, rows)| [Some(**it), rows.copied()]);
        return Some((DumpLayout::Tab, all.flatten().collect()));
    }
    let tables: Vec<&&Listed> = inside.iter().filter(|it| is_of_one_table(it)).collect();
    let names: BTreeSet<&str> = tables.iter().filter_map(|it| table(it)).collect();
    let is_each_another = tables.len() >= 2 && names.len() == tables.len();
    let dumps = inside.iter().filter(|it| it.head.is_database());
    // One that has views or routines alone may be beside them.
    (is_each_another && dumps.clone().count() <= tables.len() + 2)
        .then(|| (DumpLayout::Tables, dumps.copied().collect()))
}

fn has_rows(file: &Listed) -> bool {
    matches!(&file.head, Head::Sql(sql) if sql.has_rows)
}

fn table(file: &Listed) -> Option<&str> {
    match &file.head {
        Head::Sql(sql) => sql.table.as_deref(),
        _ => None,
    }
}

/// Whether a file is named after the first table in it: `sql/wp_posts.sql`, `shop.wp_posts.sql.gz`.
fn is_of_one_table(file: &Listed) -> bool {
    let name = file.path.rsplit('/').next().unwrap_or(&file.path);
    let Some(stem) = name.split(".sql").next().filter(|it| it.len() < name.len()) else {
        return false;
    };
    table(file).is_some_and(|table| {
        let before = stem.strip_suffix(table);
        before.is_some_and(|it| it.is_empty() || it.ends_with(|c: char| !c.is_ascii_alphanumeric()))
    })
}

impl Found<'_> {
    /// The databases, each as a whole.
    pub(super) fn sources(&self, shown: &str, beside: &Beside) -> Vec<Source> {
        let many = self.many.iter().map(|(layout, files)| Source {
            layout: *layout,
            files: files.iter().map(|it| member(it)).collect(),
            shown: shown.to_owned(),
            beside: beside.clone(),
        });
        let sites = self.sites.iter().map(|it| Source {
            layout: if it.head == Head::Sqlite { DumpLayout::Sqlite } else { DumpLayout::Sql },
            files: vec![member(it)],
            shown: shown.to_owned(),
            beside: beside.clone(),
        });
        many.chain(sites).collect()
    }
}

fn member(file: &Listed) -> Member {
    Member { name: file.path.clone(), place: file.place.clone(), bytes: file.bytes }
}

/// What a database is called among others: its file, or the folder of its files.
pub(super) fn shown(source: &Source) -> String {
    match &source.files[..] {
        [only] => only.name.clone(),
        all => all.first().map(|it| folder_of(&it.name).to_owned()).unwrap_or_default(),
    }
}

/// Whether a person who says `entry` means this one.
pub(super) fn is_named(source: &Source, entry: &str) -> bool {
    let shown = shown(source);
    shown == entry || shown.rsplit('/').next() == Some(entry)
}
