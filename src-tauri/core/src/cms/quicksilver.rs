//! Quicksilver: the scripts that `pantheon.yml` hooks to workflows, and the request by which each is run.
use std::{collections::BTreeMap, path::PathBuf};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use super::{Surroundings, detect::below};
use crate::{
    error::{Error, Result},
    model::{Hook, HookEvent, HookStage},
};

/// A script as `pantheon.yml` writes it.
#[derive(Default, Deserialize)]
pub(super) struct RawHook {
    #[serde(rename = "type")]
    kind: Option<String>,
    description: Option<String>,
    script: Option<String>,
}

/// Workflow → stage → scripts.
pub(super) type Workflows = BTreeMap<String, Option<BTreeMap<String, Option<Vec<RawHook>>>>>;

/// The hooks in the order of the file, each with the reason why it can't run, if there is one.
pub(super) fn hooks(workflows: Workflows) -> Vec<Hook> {
    let mut found = Vec::new();
    for (event, stages) in workflows {
        for (name, scripts) in stages.unwrap_or_default() {
            for raw in scripts.unwrap_or_default() {
                found.push(hook(&event, &name, raw));
            }
        }
    }
    found
}

fn hook(event: &str, stage: &str, raw: RawHook) -> Hook {
    let known = HookEvent::ALL.into_iter().find(|it| it.as_str() == event);
    let script = raw.script.unwrap_or_default();
    let problem = match (known, stage, raw.kind.as_deref()) {
        (None, ..) => Some(format!("Portico has no workflow `{event}`")),
        (Some(event), "before", _) if !event.has_before() => {
            Some(format!("nothing runs before `{event}`"))
        }
        (_, "before" | "after", Some("webphp")) if script.is_empty() => {
            Some("it names no script".into())
        }
        (_, "before" | "after", Some("webphp")) if leaves_the_code(&script) => {
            Some("its script is not inside the code".into())
        }
        (_, "before" | "after", Some("webphp")) => None,
        (_, "before" | "after", _) => Some("its type is not `webphp`".into()),
        _ => Some(format!("there is no stage `{stage}`: write `before` or `after`")),
    };
    let stage = if stage == "before" { HookStage::Before } else { HookStage::After };
    let description = raw.description.unwrap_or_else(|| script.clone());
    Hook { event: event.to_owned(), stage, description, script, problem }
}

fn leaves_the_code(script: &str) -> bool {
    script.split(['/', '\\']).any(|part| part == "..") || script.contains(':')
}

/// What a hook is told beside the hook itself.
#[derive(Clone, Debug)]
pub struct HookCall {
    /// What the workflow does, for people.
    pub title: String,
    /// One id for all hooks of a workflow.
    pub trace: String,
    /// The person's name and address.
    pub user: (String, String),
    /// What only this workflow tells: `deploy_message`, `from_environment`, `to_environment`.
    pub more: Vec<(String, String)>,
}

/// A PHP page to be asked for by a form, outside of the front.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhpPage {
    /// The script.
    pub script: PathBuf,
    /// The served folder.
    pub docroot: PathBuf,
    /// Its path, as a browser would ask for it.
    pub path: String,
    /// Host name and port.
    pub host: String,
    /// The form, encoded.
    pub form: String,
}

/// The request that runs a hook, with the `$_POST` that Pantheon documents.
///
/// # Errors
/// Failed when its script is missing.
pub fn hook_page(around: &Surroundings<'_>, hook: &Hook, call: &HookCall) -> Result<PhpPage> {
    let docroot = below(around.code, &around.site.docroot);
    let relative = hook.script.trim_start_matches('/');
    let script = docroot.join(relative);
    if !script.is_file() {
        return Err(Error::failed(format!("run {}: there is no such script", hook.script)));
    }
    Ok(PhpPage {
        path: format!("/{relative}"),
        form: form(&payload(around, hook, call)),
        host: around.host.to_owned(),
        script,
        docroot,
    })
}

/// Pantheon's names and values (docs, "Quicksilver hooks"; quicksilver-examples).
fn payload(around: &Surroundings<'_>, hook: &Hook, call: &HookCall) -> Vec<(String, String)> {
    let (name, email) = &call.user;
    let (first, last) = name.rsplit_once(' ').unwrap_or((name, ""));
    let fixed = [
        ("wf_type", hook.event.as_str()),
        ("wf_description", &call.title),
        ("trace_id", &call.trace),
        ("site_id", &around.site.id),
        ("environment", around.environment.name.as_str()),
        ("stage", if hook.stage == HookStage::Before { "before" } else { "after" }),
        ("qs_description", &hook.description),
        // One person works here: the address is who they are.
        ("user_id", email),
        ("user_firstname", first),
        ("user_lastname", last),
        ("user_fullname", name),
        ("user_email", email),
        ("user_role", "owner"),
    ];
    let fixed = fixed.map(|(name, value)| (name.to_owned(), value.to_owned()));
    fixed.into_iter().chain(call.more.iter().cloned()).collect()
}

/// What is encoded in a form.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

/// `application/x-www-form-urlencoded`
fn form(pairs: &[(String, String)]) -> String {
    let mut text = String::new();
    for (name, value) in pairs {
        if !text.is_empty() {
            text.push('&');
        }
        text.extend(utf8_percent_encode(name, QUERY));
        text.push('=');
        text.extend(utf8_percent_encode(value, QUERY));
    }
    text
}
