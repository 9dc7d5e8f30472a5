//! `site:clone-profile`: which tables' rows stay behind when content is cloned.
use super::{Change, Context, Done, Frame, Run, Workflow, request::SetCloneProfile};
use crate::{
    cms,
    error::{Error, Result},
    model::{Site, SiteName, view::CloneProfile},
};

/// A site's profile: its own, or its system's list.
pub fn of(context: &Context, site: &SiteName) -> Result<CloneProfile> {
    profile(context, &context.store.site(site)?)
}

fn profile(context: &Context, site: &Site) -> Result<CloneProfile> {
    let own = context.store.clone_profile(&site.id)?;
    let is_default = own.is_none();
    let all = || cms::clone_profile(site.cms).into_iter().map(str::to_owned).collect();
    Ok(CloneProfile { exclude: own.unwrap_or_else(all), is_default })
}

/// Out of `tables`, those whose rows a clone leaves out: by the profile unless all is wanted, and by name.
pub(super) fn left_out(
    context: &Context,
    site: &Site,
    tables: &[String],
    full: bool,
    more: &[String],
) -> Result<Vec<String>> {
    let profile = if full { Vec::new() } else { profile(context, site)?.exclude };
    Ok(meant(tables, &cms::table_prefix(site.cms, tables), &profile, more))
}

/// A profile is about the system's own tables, those with its prefix; a name that a person gave about any.
fn meant(tables: &[String], prefix: &str, profile: &[String], more: &[String]) -> Vec<String> {
    let is_out = |table: &&String| {
        let own = table.strip_prefix(prefix);
        let means = |pattern: &String| own.is_some_and(|own| matches(pattern, own));
        profile.iter().any(means)
            || more.iter().any(|pattern| means(pattern) || matches(pattern, table))
    };
    tables.iter().filter(is_out).cloned().collect()
}

/// Refuses a name that no table has: it is a slip, and the table would be cloned.
pub(super) fn check_names(site: &Site, tables: &[String], names: &[String]) -> Result<()> {
    let prefix = cms::table_prefix(site.cms, tables);
    let is_there = |name: &str| {
        tables.iter().any(|it| {
            matches(name, it) || it.strip_prefix(&prefix).is_some_and(|it| matches(name, it))
        })
    };
    match names.iter().find(|name| !is_there(name)) {
        Some(missing) => Err(Error::not_found("table", missing)
            .hint(format!("The tables are: {}.", tables.join(", ")))),
        None => Ok(()),
    }
}

/// Whether a name is meant by a pattern in which `*` stands for any letters.
fn matches(pattern: &str, name: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(name) = name.strip_prefix(start) else { return false };
    (0..=name.len()).any(|at| name.get(at..).is_some_and(|name| matches(rest, name)))
}

impl Run for SetCloneProfile {
    fn run(&self, frame: Frame<'_>) -> Result<Workflow> {
        let change = plan(frame.context, self)?;
        frame.run(change, |work, change| run(work.context, change))
    }
}

/// The change, checked.
pub(super) fn plan(context: &Context, wanted: &SetCloneProfile) -> Result<Change> {
    let site = context.store.site(&wanted.site)?;
    let before = context.store.clone_profile(&site.id)?;
    let after = (!wanted.reset).then(|| {
        let mut names = wanted.exclude.clone();
        names.sort();
        names.dedup();
        names
    });
    if before == after {
        return Err(Error::refused(format!("the clone profile of {} is that already", site.name)));
    }
    Ok(Change::CloneProfile { site: site.name, id: site.id, before, after })
}

pub(super) fn run(context: &Context, change: &Change) -> Result<Done> {
    let mut done = Done { changes: vec![change.clone()], ..Done::default() };
    if let Change::CloneProfile { site, after, .. } = change {
        let exclude = match after {
            Some(exclude) => exclude.clone(),
            None => cms::clone_profile(context.store.site(site)?.cms)
                .into_iter()
                .map(str::to_owned)
                .collect(),
        };
        done.result.insert("exclude".into(), exclude.into());
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Cms;

    fn out(cms: Cms, tables: &str, more: &str) -> Vec<String> {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let profile: Vec<String> = cms::clone_profile(cms).into_iter().map(str::to_owned).collect();
        let tables = words(tables);
        meant(&tables, &cms::table_prefix(cms, &tables), &profile, &words(more))
    }

    #[test]
    fn caches_and_logs_are_left_out_with_any_prefix_and_no_other_s() {
        let seven = "x_system x_variable x_cache x_cache_rules x_watchdog watchdog x_node";
        assert_eq!(out(Cms::Drupal7, seven, ""), ["x_cache", "x_watchdog"]);
        assert_eq!(
            out(Cms::Drupal7, seven, "watchdog x_n*"),
            ["x_cache", "x_watchdog", "watchdog", "x_node"]
        );
        let eight = "key_value config cache_render cachetags watchdog node";
        assert_eq!(out(Cms::Drupal, eight, ""), ["cache_render", "watchdog"]);
        assert!(out(Cms::WordPress, "wp_options wp_posts cache watchdog", "").is_empty());
        assert_eq!(out(Cms::WordPress, "wp_options wp_posts", "posts"), ["wp_posts"]);
    }

    #[test]
    fn a_star_stands_for_any_letters() {
        for (pattern, name) in
            [("cache_*", "cache_render"), ("*log", "access_log"), ("a*b*c", "abc")]
        {
            assert!(matches(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [("cache_*", "cachetags"), ("log", "access_log"), ("a*b", "abc")] {
            assert!(!matches(pattern, name), "{pattern} {name}");
        }
    }
}
