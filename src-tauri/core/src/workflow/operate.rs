//! Workflows that move one small pointer of an environment: its lock, its cron, its mail.
use super::{Change, Context, Done, Frame, Run, Workflow, request::ClearMail, work::Work};
use crate::{
    error::Result,
    model::{Address, Environment, MailRow},
    store,
};

/// Moves the pointers that were planned; none when everything is so already.
pub(super) fn run(_work: &Work<'_>, moves: &Moves) -> Result<Done> {
    Ok(Done { changes: moves.0.clone(), ..Done::default() })
}

/// The pointers that a workflow moves and does nothing else.
#[derive(Default)]
pub(super) struct Moves(Vec<Change>);

impl From<Change> for Moves {
    fn from(change: Change) -> Self {
        Self(vec![change])
    }
}

/// An environment with the name of one of its settings in the store.
pub(super) fn setting(
    context: &Context,
    address: &Address,
    name: &str,
) -> Result<(Environment, String)> {
    let site = context.store.site(&address.site)?;
    let environment = context.store.environment(address)?;
    let key = store::settings::of(&environment, &site.id, name);
    Ok((environment, key))
}

/// The change of a setting from what it is.
pub(super) fn set(
    context: &Context,
    address: &Address,
    name: &str,
    after: Option<String>,
) -> Result<Moves> {
    let (_, key) = setting(context, address, name)?;
    let before = context.store.setting(&key)?;
    if before == after {
        return Ok(Moves::default());
    }
    let about = name.to_owned();
    Ok(Change::Setting { environment: address.clone(), about, key, before, after }.into())
}

/// The setting that says up to when caught mail is not shown any more.
const MAIL: &str = "mail";

impl Run for ClearMail {
    fn run(&self, frame: Frame<'_>) -> Result<Workflow> {
        let plan = plan_clear_mail(frame.context, self)?;
        frame.run(plan, run)
    }
}

/// Messages stay on the disk for a while, so that clearing can be undone.
pub(super) fn plan_clear_mail(context: &Context, wanted: &ClearMail) -> Result<Moves> {
    let newest = mail(context, &wanted.environment)?.first().map(|row| row.at);
    match newest {
        None => Ok(Moves::default()),
        Some(at) => set(context, &wanted.environment, MAIL, Some(at.to_string())),
    }
}

/// The mail of an environment that was not cleared, newest first.
pub fn mail(context: &Context, address: &Address) -> Result<Vec<MailRow>> {
    let (_, key) = setting(context, address, MAIL)?;
    let cleared = context.store.setting(&key)?.and_then(|at| at.parse().ok());
    let mut rows = crate::mail::list(&context.layout.environment_mail(address))?;
    rows.retain(|row| cleared.is_none_or(|cleared| row.at > cleared));
    Ok(rows)
}
