//! Finds out what a set of files would replace: `import --dry-run`, and the request that does it.
use super::{
    Context,
    clone_plan::content_info,
    effort,
    inspect::{self, Said, Seen},
    request::{ImportDatabase, ImportFiles, ImportOptions, ImportSite, Request},
};
use crate::{
    content::{
        dump::Layout,
        recognise::{Code, Problem},
    },
    error::{Error, Result},
    model::{
        Cms, EnvironmentName, Site,
        view::{Holding, ImportPlan, Replacement},
    },
};

/// Which of the sources brings each part; an archive of a whole site may bring all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Parts {
    /// One with the whole code, or those that go over what is there.
    pub(super) code: Vec<usize>,
    /// One, or those that have other tables each.
    pub(super) database: Vec<usize>,
    /// One, or the parts of a set.
    pub(super) files: Vec<usize>,
}

/// What importing these files would do. The confirmation that Live needs is not asked for yet.
pub fn plan(context: &Context, wanted: &ImportSite) -> Result<ImportPlan> {
    let address = &wanted.environment;
    let site = context.store.site(&address.site)?;
    let environment = context.store.environment(address)?;
    let mut sources = inspect::inspect_within(
        context,
        &wanted.files,
        said(&wanted.options),
        Some(address),
        inspect::READ_TIMEOUT,
    )?;
    let (parts, problem) = match parts(&sources, &site) {
        Ok(parts) => (parts, None),
        Err(problem) => (Parts::default(), Some(problem)),
    };
    for (number, source) in sources.iter_mut().enumerate() {
        if source.reading.code.is_some() && problem.is_none() && !parts.code.contains(&number) {
            let note = format!("its code is not used: {} runs another system", site.name);
            source.view.notes.push(note);
        }
    }
    let url = context.url(address);
    let pairs = if wanted.options.keep_urls || site.cms != Cms::WordPress {
        Vec::new()
    } else {
        addresses(&sources, wanted)
            .into_iter()
            .filter(|old| *old != url)
            .map(|old| Replacement { old, new: url.clone() })
            .collect()
    };
    let request = problem.is_none().then(|| request(wanted, &parts));
    let kind = request.as_ref().map_or("import_database", Request::kind);
    let bytes = sources.iter().map(least_bytes).sum();
    let effort = effort::of(context, kind, effort::Cost { bytes, needed: bytes, files: None })?;
    Ok(ImportPlan {
        environment: address.clone(),
        replaces: content_info(context, &site, &environment)?,
        code: !parts.code.is_empty(),
        database: !parts.database.is_empty(),
        files: !parts.files.is_empty(),
        pairs,
        effort,
        request,
        problem,
        confirm: address.environment == EnvironmentName::Live,
        sources: sources.into_iter().map(|it| it.view).collect(),
    })
}

/// What the person says of the files.
pub(super) fn said(options: &ImportOptions) -> Said<'_> {
    Said { taken_as: options.taken_as, entry: options.entry.as_deref(), code_at: None }
}

fn addresses(sources: &[Seen], wanted: &ImportSite) -> Vec<String> {
    let of =
        |it: &Seen| it.view.holds.database().map(|it| it.addresses.clone()).unwrap_or_default();
    let mut all: Vec<String> = wanted.options.from_url.iter().cloned().collect();
    all.extend(sources.iter().flat_map(of));
    all.dedup();
    all
}

/// What a source takes on the disk at least, as far as its look tells.
pub(super) fn least_bytes(source: &Seen) -> u64 {
    match &source.view.holds {
        Holding::Files(it) => it.bytes.max(source.view.bytes),
        _ => source.view.bytes,
    }
}

/// Which source brings what.
///
/// # Errors
/// Refused for one that can't be used, or that may be one thing or another; a usage error where two bring the same.
pub(super) fn parts(sources: &[Seen], site: &Site) -> Result<Parts> {
    let mut parts = Parts::default();
    for (number, source) in sources.iter().enumerate() {
        check(&source.view.name, source.reading.problem.as_ref())?;
        let reading = &source.reading;
        let second =
            |what: &str| Error::usage(format!("`{}` is the second {what}", source.view.name));
        // Plugins and themes are of no use to another system; a whole site of another one is refused when it is read.
        let is_useful = |it: &Code| it.is_whole || it.cms == Some(site.cms);
        if reading.code.as_ref().is_some_and(is_useful) {
            let is_whole =
                |it: &usize| sources[*it].reading.code.as_ref().is_some_and(|it| it.is_whole);
            if is_whole(&number) && parts.code.iter().any(is_whole) {
                return Err(second("archive of code"));
            }
            parts.code.push(number);
        }
        if reading.database.is_some() {
            if let Some(table) =
                parts.database.iter().find_map(|it| same_table(&sources[*it], source))
            {
                return Err(second("database").hint(match table {
                    Some(table) => format!("Both have the table `{table}`: choose one."),
                    None => "Choose one.".to_owned(),
                }));
            }
            parts.database.push(number);
        }
        if reading.files.is_some() {
            let is_of_set = |it: &usize| is_one_set(&sources[*it].view.name, &source.view.name);
            if !parts.files.iter().all(is_of_set) {
                return Err(second("archive of files"));
            }
            parts.files.push(number);
        }
    }
    match parts == Parts::default() {
        true => Err(Error::usage("there is nothing to import")),
        false => Ok(parts),
    }
}

/// Refuses what can't be used, and what may be one thing or another, with the choices.
pub(super) fn check(name: &str, problem: Option<&Problem>) -> Result<()> {
    match problem {
        None => Ok(()),
        Some(Problem::Unusable { reason, hint }) => {
            Err(Error::refused(format!("`{name}` can't be imported: {reason}")).hint(hint.unwrap_or(
                "Dumps, SQLite files, archives or folders of files, and archives of whole sites can be.",
            )))
        }
        Some(Problem::Doubt { reason, choices, entries }) => {
            let choices = choices.iter().map(|it| format!("`--as {it}`"));
            let entries = entries.iter().take(5).map(|it| format!("`--entry {it}`"));
            let all: Vec<String> = choices.chain(entries).collect();
            Err(Error::refused(format!("it is not clear what `{name}` is: {reason}"))
                .hint(format!("Say what it is: {}.", all.join(" or "))))
        }
    }
}

/// Why two databases are not one in several files: a table that both have, or that they are of different kinds.
fn same_table(one: &Seen, other: &Seen) -> Option<Option<String>> {
    let is_plain =
        |it: &Seen| it.reading.database.as_ref().is_some_and(|it| it.layout == Layout::Sql);
    let (Some(first), Some(second)) = (one.view.holds.database(), other.view.holds.database())
    else {
        return Some(None);
    };
    if !is_plain(one) || !is_plain(other) || first.databases != second.databases {
        return Some(None);
    }
    first.tables.iter().find(|it| second.tables.contains(it)).map(|it| Some(it.clone()))
}

/// Whether two archives are parts of one: `backup_…_abc123-uploads.zip` and `backup_…_abc123-uploads2.zip`.
fn is_one_set(one: &str, other: &str) -> bool {
    let stem = |name: &str| {
        let name = name.split('.').next().unwrap_or(name).to_owned();
        name.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned()
    };
    one != other && stem(one) == stem(other) && stem(one).contains('-')
}

/// The request that does it.
fn request(wanted: &ImportSite, parts: &Parts) -> Request {
    let file = |number: usize| wanted.files[number].clone();
    match (&parts.code[..], &parts.database[..], &parts.files[..]) {
        ([], [database], []) => Request::ImportDatabase(database_request(wanted, file(*database))),
        ([], [database], [files]) if database != files => Request::ImportDatabase(ImportDatabase {
            files: Some(file(*files)),
            ..database_request(wanted, file(*database))
        }),
        ([], [], [files]) => Request::ImportFiles(ImportFiles {
            environment: wanted.environment.clone(),
            file: file(*files),
            taken_as: wanted.options.taken_as,
            confirm: wanted.options.confirm.clone(),
        }),
        _ => Request::ImportSite(wanted.clone()),
    }
}

/// The database's part of a request.
fn database_request(wanted: &ImportSite, file: String) -> ImportDatabase {
    ImportDatabase {
        environment: wanted.environment.clone(),
        file,
        files: None,
        options: wanted.options.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_set_are_known_by_their_names() {
        assert!(is_one_set("backup_x_abc-uploads.zip", "backup_x_abc-uploads2.zip"));
        assert!(!is_one_set("a.zip", "b.zip"));
        assert!(!is_one_set("acme_files1.zip", "acme_files2.zip"));
    }
}
