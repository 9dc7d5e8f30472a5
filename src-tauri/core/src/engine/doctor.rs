//! What this machine has and lacks, and whether the root folder is its person's alone.
use crate::{
    layout::Layout,
    model::view::Check,
    privacy,
    runtime::{self, Means},
};

/// Everything that `portico doctor` says of this machine and the root folder.
pub fn doctor(layout: &Layout) -> Vec<Check> {
    let mut checks = runtime::doctor();
    checks.push(check_privacy(layout));
    checks.push(check_confinement(runtime::means()));
    checks
}

/// By what a site's PHP is kept from other sites, and from Portico's own files.
fn check_confinement(means: Means) -> Check {
    let (by, problem, remedy) = match means {
        Means::Landlock(version) => {
            let (problem, remedy) = match version {
                0..6 => (
                    Some("sites may send signals to your other programs"),
                    Some("Linux 6.12 and newer keep them from that."),
                ),
                _ => (None, None),
            };
            (format!("Landlock {version}"), problem, remedy)
        }
        Means::Sandbox => ("sandbox-exec".into(), None, None),
        Means::OpenBasedir => (
            "open_basedir".into(),
            Some("PHP stays in its site, but the programs that it starts do not"),
            Some("Linux 5.13 and newer with Landlock, and macOS, keep these, too."),
        ),
    };
    Check {
        name: "Sites are kept apart".into(),
        ok: problem.is_none(),
        optional: true,
        version: Some(by),
        path: None,
        problem: problem.map(str::to_owned),
        remedy: remedy.map(str::to_owned),
    }
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
