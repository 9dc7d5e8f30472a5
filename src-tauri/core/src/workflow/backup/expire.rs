//! `backup:expire`: what was kept long enough goes, but never the newest whole backup of an environment.
use jiff::Timestamp;

use super::{Context, Frame, Run, Workflow, delete, environments, list};
use crate::{
    error::{Error, Result},
    model::{Address, Backup, SiteName, request::ExpireBackups},
    store::now,
};

impl Run for ExpireBackups {
    fn run(&self, frame: Frame<'_>) -> Result<Workflow> {
        let due = due(frame.context, &self.environment)?;
        if due.is_empty() {
            return Err(Error::refused(format!("no backup of {} is due to go", self.environment))
                .hint("`portico backup:list` shows until when each is kept."));
        }
        frame.run(due, |work, due| delete::run(work, due))
    }
}

/// The environments of a site that have backups to let go; some may be deleted by now.
pub(crate) fn environments_due(context: &Context, site: &SiteName) -> Result<Vec<Address>> {
    let mut all = environments(context, site)?;
    let mut failed = Ok(());
    all.retain(|it| match due(context, it) {
        Ok(due) => !due.is_empty(),
        Err(error) => {
            failed = Err(error);
            false
        }
    });
    failed.map(|()| all)
}

/// The backups that an environment lets go now.
fn due(context: &Context, address: &Address) -> Result<Vec<Backup>> {
    Ok(falling_due(list(context, address)?, now()))
}

/// Those of `all`, which are the newest first, that are due. The newest that is complete and not known to be damaged
/// stays, however old it is: a machine that was off for weeks would lose its last one else.
fn falling_due(mut all: Vec<Backup>, now: Timestamp) -> Vec<Backup> {
    if let Some(newest) = all.iter().position(|it| it.complete && it.is_whole()) {
        all.remove(newest);
    }
    all.retain(|it| it.is_due(now));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{BackupCheck, BackupPart, Cms, DatabaseEngine, Element, KeepFor};

    fn backup(days_ago: i64, keep: KeepFor, elements: &[Element], is_whole: bool) -> Backup {
        let made = now() - jiff::SignedDuration::from_hours(24 * days_ago);
        let part = |element: &Element| BackupPart {
            element: *element,
            file: element.to_string(),
            bytes: 1,
            sha256: String::new(),
            entries: 1,
            rows: None,
        };
        Backup {
            id: format!("{}_backup", made.as_second()),
            environment: "acme.live".parse().expect("an address"),
            made,
            kept_until: keep.until(made),
            note: None,
            site_id: String::new(),
            cms: Cms::Php,
            engine: DatabaseEngine::Sqlite,
            url: String::new(),
            commit: String::new(),
            reference: String::new(),
            version: String::new(),
            parts: elements.iter().map(part).collect(),
            complete: elements.len() == 3,
            folder: String::new(),
            unreadable: None,
            check: Some(BackupCheck { at: made, problem: (!is_whole).then(|| "cut".into()) }),
        }
    }

    #[test]
    fn the_newest_whole_backup_never_goes_nor_one_that_is_kept_for_ever() {
        let all = &Element::ALL;
        let kept = vec![
            backup(1, KeepFor::Days(8), &[Element::Database], true),
            backup(9, KeepFor::Days(8), all, false),
            backup(10, KeepFor::Days(8), all, true),
            backup(11, KeepFor::Days(8), all, true),
            backup(400, KeepFor::Forever, all, true),
        ];
        let goes: Vec<_> = falling_due(kept.clone(), now()).into_iter().map(|it| it.id).collect();
        assert_eq!(goes, [kept[1].id.clone(), kept[3].id.clone()]);
    }
}
