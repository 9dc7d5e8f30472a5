//! `backup:delete`: the backup waits where undo finds it until the rule of what is kept lets it go.
use super::{Change, Context, Done, Frame, Run, Work, Workflow, find};
use crate::{
    error::Result,
    model::{Backup, Elements, request::DeleteBackup},
};

impl Run for DeleteBackup {
    fn run(&self, frame: Frame<'_>) -> Result<Workflow> {
        let plan = plan(frame.context, self)?;
        frame.run(plan, |work, backup| run(work, std::slice::from_ref(backup)))
    }
}

fn plan(context: &Context, wanted: &DeleteBackup) -> Result<Backup> {
    find(context, &wanted.environment, Some(&wanted.file), Elements::All).map(|(backup, _)| backup)
}

/// Sets the backups aside.
pub(super) fn run(work: &Work<'_>, backups: &[Backup]) -> Result<Done> {
    let mut changes = Vec::new();
    for backup in backups {
        set_aside(work, backup)?;
        changes.push(Change::Backup {
            environment: backup.environment.clone(),
            id: backup.id.clone(),
            before: true,
            after: false,
        });
    }
    let mut result = serde_json::Map::new();
    result.insert("deleted".into(), backups.iter().map(|it| it.id.clone()).collect());
    Ok(Done { changes, result, ..Done::default() })
}

fn set_aside(work: &Work<'_>, backup: &Backup) -> Result<()> {
    let (layout, environment) = (&work.context.layout, &backup.environment);
    let (from, to) =
        (layout.backup(environment, &backup.id), layout.deleted_backup(environment, &backup.id));
    work.line(format!("{} is set aside", backup.id));
    work.move_path(&from, &to)
}
