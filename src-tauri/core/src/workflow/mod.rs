//! Long operations: what can be asked for, what is told meanwhile, and the frame that runs them.
//!
//! Every workflow builds the new thing beside the old, checks it, and then moves the pointers in one
//! database transaction. **Invariant:** before that transaction nothing that a visitor or a person
//! uses has changed; a failure, a cancel or a crash before it takes away what was built.
mod adopt_site;
pub mod backup;
mod bring_to_dev;
mod change;
mod check;
mod clear_cache;
mod clone_content;
pub mod clone_plan;
pub mod clone_profile;
mod commit;
pub mod compare;
mod configuration;
mod conflict;
pub mod context;
pub mod counts;
mod create_multidev;
mod create_site;
pub mod cron;
pub(crate) mod damage;
mod delete_multidev;
mod delete_site;
mod deploy;
mod deploy_tag;
mod discard;
pub mod disk;
mod effort;
mod export;
mod found_site;
mod frame;
pub mod free;
mod generation;
pub mod generations;
pub mod heal;
mod import;
pub mod import_plan;
mod import_site;
mod import_url;
pub mod inspect;
mod install_site;
pub mod keep_rule;
pub mod keeping;
mod leftovers;
mod load;
mod lock;
mod merge;
pub mod operate;
pub mod prune;
mod quicksilver;
pub mod reach;
mod repair;
mod report;
pub mod running;
pub mod search_replace;
mod set_connection;
mod set_database;
mod smoke_test;
mod undo;
pub mod upstream;
mod wipe;
mod work;

pub use crate::model::{
    Change,
    request::{self, Event, Query, Request},
};
pub use bring_to_dev::orphans;
pub(crate) use check::warnings;
pub use check::{pushed_code, written_out};
pub(crate) use clone_plan::content_info;
pub use configuration::{configuration, last_difference};
pub use conflict::merge_plan;
pub use context::Context;
pub use deploy::preview as deploy_plan;
pub(crate) use deploy::waiting;
pub(crate) use frame::{Done, Frame, Run};
pub use quicksilver::hooks;
pub use repair::preview as repair_plan;
pub use report::{last_launch_check, launch_check};
pub use smoke_test::last_smoke_test;
pub use undo::is_undoable;
pub(crate) use work::random_text;

use crate::{error::Result, model::request::for_verb, progress::Cancel, store::Workflow};

/// Runs a request, and leaves the site either as asked or as it was.
///
/// # Errors
/// Busy when another workflow runs on the site; what the request itself meets.
pub fn run(
    context: &Context,
    request: &Request,
    on_event: &(dyn Fn(Event) + Sync),
    cancel: &Cancel,
) -> Result<Workflow> {
    let title = request.without_secrets().title();
    let _held = context.hold_site(request.site(), &title)?;
    let frame = Frame { context, request, title, on_event, cancel };
    if import_url::is_wanted(request) {
        return import_url::plan(context, request).and_then(|it| frame.run(it, import_url::run));
    }
    for_verb!(request, it => it.run(frame))
}
