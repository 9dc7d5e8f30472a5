//! Tests of the house itself: what knows what, and that the page's types are the core's.
use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
};

use ts_rs::{Config, TS, TypeVisitor};

use crate::{error, model::request};

/// Each area with the areas that it may know, beside itself (design, section 3).
const DIRECTION: &[(&str, &[&str])] = &[
    ("error", &[]),
    ("progress", &["error"]),
    ("durable", &["error", "progress"]),
    ("model", &["error", "progress"]),
    ("layout", &["error", "model"]),
    ("places", &[]),
    ("privacy", &["error", "layout"]),
    ("room", &["error"]),
    ("folder", &["error"]),
    ("untrusted", &[]),
    ("fuzzing", &[]),
    ("store", &["folder", "durable", "error", "model", "layout"]),
    ("code", &["folder", "durable", "error", "model", "progress", "layout"]),
    (
        "content",
        &[
            "folder",
            "durable",
            "error",
            "model",
            "progress",
            "layout",
            "fuzzing",
            "room",
            "untrusted",
        ],
    ),
    ("cms", &["folder", "error", "model", "progress", "layout"]),
    (
        "runtime",
        &["folder", "durable", "error", "model", "progress", "layout", "room", "untrusted"],
    ),
    ("logs", &["error", "model", "progress", "layout", "untrusted"]),
    ("mail", &["folder", "error", "model", "progress", "layout", "untrusted"]),
    ("smoke", &["error", "model", "progress"]),
    // The front keeps what it uses awake by the runtime's leases.
    ("front", &["error", "model", "progress", "layout", "runtime", "room", "untrusted"]),
    (
        "workflow",
        &[
            "folder", "durable", "error", "model", "progress", "layout", "store", "code",
            "content", "cms", "runtime", "front", "logs", "mail", "smoke", "room", "privacy",
        ],
    ),
    (
        "engine",
        &[
            "durable", "error", "model", "progress", "layout", "store", "code", "content", "cms",
            "runtime", "front", "logs", "mail", "workflow", "privacy",
        ],
    ),
];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the source is readable") {
        let path = entry.expect("the source is readable").path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|it| it == "rs") {
            found.push(path);
        }
    }
}

/// The areas that a file names after `crate::`, in `use` lines and elsewhere.
fn known_areas(text: &str) -> Vec<String> {
    let mut areas = Vec::new();
    for (at, _) in text.match_indices("crate::") {
        let rest = &text[at + "crate::".len()..];
        let words = match rest.strip_prefix('{') {
            Some(group) => top_level_words(group),
            None => vec![word(rest)],
        };
        areas.extend(words.into_iter().filter(|it| it.starts_with(char::is_lowercase)));
    }
    areas
}

fn word(text: &str) -> String {
    text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// The first words of a `use` group's members: of `{a::{b, c}, d}` these are `a` and `d`.
fn top_level_words(group: &str) -> Vec<String> {
    let mut words = vec![word(group)];
    let mut depth = 0;
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => words.push(word(&group[at + 1..])),
            _ => {}
        }
    }
    words
}

#[test]
fn every_area_knows_only_what_lies_below_it() {
    let mut wrong = Vec::new();
    for (area, may_know) in DIRECTION {
        let mut files = vec![source().join(format!("{area}.rs"))];
        files.retain(|file| file.exists());
        if source().join(area).is_dir() {
            rust_files(&source().join(area), &mut files);
        }
        assert!(!files.is_empty(), "there is no area {area}");
        for file in files {
            let text = fs::read_to_string(&file).expect("the source is readable");
            for known in known_areas(&text) {
                let is_area = DIRECTION.iter().any(|(it, _)| *it == known);
                if is_area && known != *area && !may_know.contains(&known.as_str()) {
                    wrong.push(format!("{} knows {known}", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_core_never_prints_and_never_looks_at_its_surroundings() {
    let mut files = Vec::new();
    rust_files(&source(), &mut files);
    for file in files {
        if file.ends_with("house.rs") {
            continue;
        }
        let text = fs::read_to_string(&file).expect("the source is readable");
        for forbidden in
            ["println!", "print!", "eprint!", "dbg!", "home_dir(", "tracing_subscriber"]
        {
            assert!(!text.contains(forbidden), "{} has {forbidden}", file.display());
        }
    }
}

#[test]
fn one_place_brings_things_to_the_disk() {
    let mut files = Vec::new();
    rust_files(&source(), &mut files);
    rust_files(&source().join("../../cli"), &mut files);
    rust_files(&source().join("../../desktop"), &mut files);
    for file in files {
        let text = fs::read_to_string(&file).expect("the source is readable");
        let may = file.ends_with("house.rs") || file.ends_with("durable.rs");
        for call in ["sync_all(", "sync_data(", "fsync(", "syncfs("] {
            assert!(may || !text.contains(call), "{} calls {call}…)", file.display());
        }
    }
}

/// Declarations of types with all that they depend on, by name: ts-rs answers dependencies in no order.
#[derive(Default)]
struct Types {
    config: Config,
    declared: BTreeMap<String, String>,
}

impl TypeVisitor for Types {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        let name = T::ident(&self.config);
        // What has no file of its own is TypeScript's own, or is written out where it is used.
        if T::output_path().is_none() || self.declared.contains_key(&name) {
            return;
        }
        self.declared.insert(name, format!("export {}\n", T::decl(&self.config)));
        T::visit_generics(self);
        T::visit_dependencies(self);
    }
}

/// A name as it is on the wire: `site_cards` of `SiteCards`.
fn on_the_wire(name: &str) -> String {
    let mut wire = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !wire.is_empty() {
            wire.push('_');
        }
        wire.extend(letter.to_lowercase());
    }
    wire
}

#[test]
fn the_pages_types_are_those_of_the_core() {
    let mut types = Types::default();
    types.visit::<error::Error>();
    types.visit::<request::Request>();
    types.visit::<request::Query>();
    types.visit::<request::Event>();
    let mut answers = String::new();
    request::for_each_question!(Q, called => {
        type Answer = <Q as request::Ask>::Answer;
        types.visit::<Answer>();
        Answer::visit_generics(&mut types);
        Answer::visit_dependencies(&mut types);
        let answer = <Answer as TS>::name(&types.config);
        answers.push_str(&format!("  {}: {answer};\n", on_the_wire(called)));
    });
    let about = "/** What answers each question. */";
    types
        .declared
        .insert("Answers".into(), format!("{about}\nexport interface Answers {{\n{answers}}}\n"));
    let declared: String = types.declared.into_values().collect();
    let types = format!("// Made from the core's types by its tests; don't edit.\n{declared}");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ui/types.d.ts");
    if env::var_os("UPDATE").is_some() {
        fs::write(&path, &types).expect("ui/types.d.ts is writable");
    }
    let current = fs::read_to_string(&path).unwrap_or_default();
    assert!(current == types, "run again with UPDATE=1");
}
