//! What makes a `pantheon.yml` one that can't be deployed: Pantheon refuses such a push, so Portico does, too.
//! Keys and values: Pantheon docs, "The pantheon.yml configuration file" and "Quicksilver".
use serde::Deserialize;
use serde_saphyr::Spanned;

use super::pantheon_yml::{broken, is_blank};
use crate::error::{Error, Result};

/// The two files, in the order in which they are read.
pub const PANTHEON_YML: [&str; 2] = ["pantheon.upstream.yml", "pantheon.yml"];

/// Pantheon's limit of protected paths.
const MOST_PATHS: usize = 24;

const HTTPS: [&str; 5] =
    ["off", "transitional", "transitional+subdomains", "full", "full+subdomains"];
const SEARCH_REPLACE: [&str; 4] = ["true", "false", "custom", "convert"];
/// Every documented key with its type. Keys that nobody documents are left alone: Pantheon adds some now and then.
#[derive(Deserialize)]
struct File {
    api_version: Option<Spanned<String>>,
    #[expect(dead_code, reason = "its type is what is checked")]
    web_docroot: Option<bool>,
    php_version: Option<Spanned<String>>,
    protected_web_paths: Option<Spanned<Vec<Spanned<String>>>>,
    #[expect(dead_code, reason = "its type is what is checked")]
    protected_web_paths_override: Option<bool>,
    filemount: Option<Spanned<String>>,
    enforce_https: Option<Spanned<String>>,
    database: Option<Versioned>,
    search: Option<Versioned>,
    drush_version: Option<Spanned<String>>,
    #[expect(dead_code, reason = "its type is what is checked")]
    build_step: Option<bool>,
    search_replace: Option<Spanned<String>>,
    workflows: Option<Workflows>,
}

#[derive(Deserialize)]
struct Versioned {
    version: Spanned<String>,
}

/// The events that there are; another name would be a hook that never runs.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Workflows {
    deploy_product: Option<Stages>,
    create_cloud_development_environment: Option<Stages>,
    sync_code: Option<Stages>,
    clone_database: Option<Stages>,
    deploy: Option<Stages>,
    clear_cache: Option<Stages>,
    autopilot_vrt: Option<Stages>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stages {
    before: Option<Vec<Hook>>,
    after: Option<Vec<Hook>>,
}

#[derive(Deserialize)]
struct Hook {
    r#type: Spanned<String>,
    script: Spanned<String>,
}

/// Refuses a file that Pantheon would refuse: broken YAML, an `api_version` that is missing or not 1, a documented key
/// with a value of another kind. Tells the line.
pub fn check_pantheon_yml(name: &str, source: &[u8]) -> Result<()> {
    let source = std::str::from_utf8(source).map_err(|error| {
        let line = source[..error.valid_up_to()].iter().filter(|it| **it == b'\n').count() + 1;
        refused(name, line as u64, "is no UTF-8 text")
    })?;
    if source.lines().all(is_blank) {
        return Ok(());
    }
    let file: File = serde_saphyr::from_str(source).map_err(|error| broken(name, &error))?;
    let check = Check { name };
    check.api_version(file.api_version.as_ref())?;
    check.all(&file.php_version, "php_version", is_version, "a version such as `8.2`")?;
    check.all(&file.drush_version, "drush_version", is_number, "a number such as `8`")?;
    check.all(
        &file.filemount,
        "filemount",
        is_mount,
        "a folder inside the code, as in `/files`",
    )?;
    let one_of = |values: &'static [&str]| move |value: &str| values.contains(&value);
    check.all(&file.enforce_https, "enforce_https", one_of(&HTTPS), &alternatives(&HTTPS))?;
    let values = alternatives(&SEARCH_REPLACE);
    check.all(&file.search_replace, "search_replace", one_of(&SEARCH_REPLACE), &values)?;
    for (key, it) in [("database", &file.database), ("search", &file.search)] {
        let version = it.as_ref().map(|it| &it.version);
        check.one(version, &format!("{key}: version"), is_number_or_version, "a version")?;
    }
    check.paths(file.protected_web_paths.as_ref())?;
    file.workflows.map_or(Ok(()), |it| check.workflows(it))
}

struct Check<'a> {
    name: &'a str,
}

impl Check<'_> {
    fn api_version(&self, found: Option<&Spanned<String>>) -> Result<()> {
        let Some(found) = found else {
            return Err(refused(self.name, 1, "has no `api_version`")
                .hint("Begin the file with the line `api_version: 1`."));
        };
        if found.value == "1" {
            return Ok(());
        }
        let says = format!("`api_version: {}` is unknown", found.value);
        Err(refused(self.name, line(found), &says)
            .hint("The only version that there is, is `api_version: 1`."))
    }

    fn all(
        &self,
        found: &Option<Spanned<String>>,
        key: &str,
        is_right: impl Fn(&str) -> bool,
        wanted: &str,
    ) -> Result<()> {
        self.one(found.as_ref(), key, is_right, wanted)
    }

    fn one(
        &self,
        found: Option<&Spanned<String>>,
        key: &str,
        is_right: impl Fn(&str) -> bool,
        wanted: &str,
    ) -> Result<()> {
        match found {
            Some(found) if !is_right(&found.value) => {
                let says = format!("`{key}: {}` is not {wanted}", found.value);
                Err(refused(self.name, line(found), &says))
            }
            _ => Ok(()),
        }
    }

    fn paths(&self, found: Option<&Spanned<Vec<Spanned<String>>>>) -> Result<()> {
        let Some(found) = found else { return Ok(()) };
        let paths = &found.value;
        if paths.len() > MOST_PATHS {
            let says = format!("{} `protected_web_paths` are more than {MOST_PATHS}", paths.len());
            return Err(refused(self.name, line(found), &says));
        }
        for path in paths {
            let wanted = "a path that begins with `/`";
            self.one(Some(path), "protected_web_paths", |it| it.starts_with('/'), wanted)?;
        }
        Ok(())
    }

    fn workflows(&self, found: Workflows) -> Result<()> {
        let events = [
            found.deploy_product,
            found.create_cloud_development_environment,
            found.sync_code,
            found.clone_database,
            found.deploy,
            found.clear_cache,
            found.autopilot_vrt,
        ];
        let stages = events.into_iter().flatten().flat_map(|it| [it.before, it.after]);
        for hook in stages.flatten().flatten() {
            self.one(Some(&hook.r#type), "type", |it| it == "webphp", "`webphp`")?;
            let is_script = |it: &str| !it.is_empty() && !leaves(it);
            self.one(Some(&hook.script), "script", is_script, "a script inside the code")?;
        }
        Ok(())
    }
}

fn line(found: &Spanned<impl Sized>) -> u64 {
    found.referenced.line()
}

fn refused(name: &str, line: u64, says: &str) -> Error {
    Error::refused(format!("{name}, line {line}: {says}"))
        .hint(format!("Correct {name} and commit it; Pantheon would refuse it too."))
}

fn alternatives(values: &[&str]) -> String {
    format!("one of {}", values.join(", "))
}

/// Digits, a dot, digits; PHP 5 is the oldest that anyone runs.
fn is_version(text: &str) -> bool {
    text.split_once('.').is_some_and(|(major, minor)| {
        is_number(minor) && is_number(major) && (5..=20).contains(&major.parse().unwrap_or(0))
    })
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.len() < 4 && text.bytes().all(|it| it.is_ascii_digit())
}

fn is_number_or_version(text: &str) -> bool {
    text.split('.').all(is_number)
}

fn is_mount(text: &str) -> bool {
    !text.trim_matches('/').is_empty() && !leaves(text)
}

fn leaves(path: &str) -> bool {
    path.split(['/', '\\']).any(|part| part == "..")
}
