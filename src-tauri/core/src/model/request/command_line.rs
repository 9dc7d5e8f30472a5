//! A request as the command line that does the same: "Copy as command". It is made from the grammar that reads it.
use clap::{Arg, ArgAction, Command};
use serde_json::Value;

use super::Verb;

/// The command line of a request. A password shows as `…`: it is not kept.
pub(super) fn of<V: Verb>(request: &V) -> String {
    let mut line = Line::new(V::COMMAND);
    let words = request.words();
    let grammar = V::augment_args(Command::new(V::COMMAND));
    for argument in grammar.get_arguments() {
        let given = words.get(argument.get_id().as_str()).map(texts).unwrap_or_default();
        let is_flag = matches!(argument.get_action(), ArgAction::SetTrue);
        let is_default = given.iter().eq(argument.get_default_values());
        match (argument.get_long(), is_flag) {
            _ if is_default => {}
            (Some(name), true) => line.flag(name, given == ["true"]),
            (Some(name), false) => {
                given.iter().for_each(|it| line.option(name, &spelt(argument, it)))
            }
            (None, _) => line.words.extend(given.iter().map(|it| spelt(argument, it))),
        }
    }
    line.finish()
}

/// The words that a value is on the command line; none for none.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(all) => all.iter().flat_map(texts).collect(),
        Value::String(text) => vec![text.clone()],
        other => vec![other.to_string()],
    }
}

/// One of several possible values is spelt on the command line as its grammar says.
fn spelt(argument: &Arg, value: &str) -> String {
    let letters = |text: &str| text.replace(['-', '_'], "");
    let possible = argument.get_possible_values();
    let spelt = possible.iter().find(|it| letters(it.get_name()) == letters(value));
    spelt.map_or_else(|| value.to_owned(), |it| it.get_name().to_owned())
}

/// A command line in the making.
struct Line {
    verb: &'static str,
    words: Vec<String>,
    options: Vec<String>,
}

impl Line {
    fn new(verb: &'static str) -> Self {
        Self { verb, words: Vec::new(), options: Vec::new() }
    }

    /// An option with its value; one word where the value could be taken for an option itself.
    fn option(&mut self, name: &str, value: &str) {
        match value.starts_with('-') {
            true => self.options.push(format!("--{name}={value}")),
            false => self.options.extend([format!("--{name}"), value.to_owned()]),
        }
    }

    fn flag(&mut self, name: &str, on: bool) {
        if on {
            self.options.push(format!("--{name}"));
        }
    }

    /// The words before the options, as people write them; behind them and `--` where one could be taken for an option.
    fn finish(self) -> String {
        let Self { verb, words, options } = self;
        let separator = ["--".to_owned()];
        let parts: [&[String]; 3] = match words.iter().any(|word| word.starts_with('-')) {
            true => [&options, &separator, &words],
            false => [&words, &options, &[]],
        };
        let quoted = parts.into_iter().flatten().map(|word| quote(word));
        ["portico".to_owned(), verb.to_owned()]
            .into_iter()
            .chain(quoted)
            .collect::<Vec<_>>()
            .join(" ")
    }
}

/// Quotes a word for a POSIX shell where it needs it.
pub(crate) fn quote(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./:@=,+%…".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, ffi::OsString};

    use serde_json::json;

    use super::*;
    use crate::model::request::{Request, for_each_verb};

    /// A request of each kind, in which `TEXT` stands for what a person may type.
    const REQUESTS: &str = include_str!("../../../../../tests/fixtures/requests.json");
    /// What a shell or the grammar could take for something else.
    const HOSTILE: &str = include_str!("../../../../../tests/fixtures/hostile-words.json");

    fn requests(text: &str) -> Vec<Request> {
        let text = json!(text).to_string();
        let said = REQUESTS.replace("\"TEXT\"", &text);
        serde_json::from_str(&said).expect("they are requests")
    }

    /// What the grammar of a verb reads of a command line: the request's fields.
    fn read_as<V: Verb>(words: &[String]) -> Value {
        let grammar = V::augment_args(Command::new(V::COMMAND).no_binary_name(true));
        let read = grammar.try_get_matches_from(words.iter().map(OsString::from));
        let read = read.and_then(|it| V::from_arg_matches(&it));
        let mut read = read.unwrap_or_else(|error| panic!("{words:?}: {error}"));
        read.forget_secrets();
        serde_json::to_value(read).expect("it serialises")
    }

    fn read_again(line: &str) -> Value {
        let words = shlex::split(line).unwrap_or_else(|| panic!("not a shell's line: {line}"));
        let [program, verb, rest @ ..] = &words[..] else { panic!("no command: {line}") };
        assert_eq!(program, "portico");
        let mut read = Vec::new();
        for_each_verb!(V => if *verb == V::COMMAND { read.push(read_as::<V>(rest)) });
        assert_eq!(read.len(), 1, "one verb has this name: {line}");
        read.remove(0)
    }

    #[test]
    fn what_a_command_line_is_made_of_is_read_from_it_whatever_the_values_are() {
        let hostile: Vec<String> = serde_json::from_str(HOSTILE).expect("words");
        for text in &hostile {
            for request in requests(text) {
                let line = request.command_line();
                let mut wanted =
                    serde_json::to_value(request.without_secrets()).expect("serialises");
                wanted.as_object_mut().expect("fields").remove("kind");
                assert_eq!(read_again(&line), wanted, "{line}");
            }
        }
    }

    #[test]
    fn every_kind_of_request_is_tried() {
        let tried: BTreeSet<_> = requests("x").iter().map(Request::kind).collect();
        let mut count = 0;
        for_each_verb!(V => { let _ = V::COMMAND; count += 1; });
        assert_eq!(tried.len(), count);
    }

    #[test]
    fn a_request_reads_as_people_would_write_it() {
        let request: Request = serde_json::from_value(json!({
            "kind": "deploy", "environment": "acme.test", "sync_content": true, "note": "it's out"
        }))
        .expect("a request");
        assert_eq!(
            request.command_line(),
            r"portico env:deploy acme.test --sync-content --note 'it'\''s out'"
        );
    }
}
