//! What this machine has and lacks, and whether the root folder is its person's alone.
use crate::{layout::Layout, model::view::Check, privacy, runtime};

/// Everything that `portico doctor` says of this machine and the root folder.
pub fn doctor(layout: &Layout) -> Vec<Check> {
    let mut checks = runtime::doctor();
    checks.push(check_privacy(layout));
    checks
}

/// Whether other users of the machine can read what is in the root folder.
fn check_privacy(layout: &Layout) -> Check {
    let open = privacy::open_places(layout);
    let problem = match open.as_slice() {
        [] => None,
        [one] => Some(format!("other users of this machine can read {}", one.display())),
        [one, more @ ..] => Some(format!(
            "other users of this machine can read {} and {} more",
            one.display(),
            more.len()
        )),
    };
    Check {
        name: "Privacy".into(),
        ok: problem.is_none(),
        // Sites run all the same.
        optional: true,
        version: None,
        path: Some(layout.root().display().to_string()),
        remedy: problem.is_some().then(|| {
            "The next start of Portico closes them; so does `portico site:repair` of any site."
                .into()
        }),
        problem,
    }
}
