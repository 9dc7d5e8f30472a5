//! How results and errors are shown: standard output is data, standard error is talk.
use std::io::{self, IsTerminal, Write};

use portico_core::{
    Error,
    model::view::{Problem, WorkflowRow, WorkflowState},
};
use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use crate::arguments::{Format, Global, Progress};

/// What the person chose about showing things.
pub(crate) struct Output {
    format: Format,
    pub(crate) progress: Progress,
    /// Whether a question may be asked.
    pub(crate) may_ask: bool,
    /// Whether the person said yes beforehand.
    pub(crate) yes: bool,
}

impl Output {
    pub(crate) fn new(global: &Global) -> Self {
        Self {
            format: global.format,
            progress: global.progress,
            yes: global.yes,
            may_ask: !global.yes && io::stdin().is_terminal() && io::stderr().is_terminal(),
        }
    }

    /// Whether results are for programs.
    pub(crate) fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// Shows a list: for programs as it is, for people as a table.
    pub(crate) fn table<T: Serialize, const N: usize>(
        &self,
        headings: &[&str; N],
        rows: &[T],
        cells: impl Fn(&T) -> [String; N],
    ) {
        if self.is_json() {
            return self.json(&rows);
        }
        let mut lines: Vec<[String; N]> = vec![headings.map(str::to_owned)];
        lines.extend(rows.iter().map(cells));
        let width =
            |column: usize| lines.iter().map(|line| line[column].width()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..N).map(width).collect();
        for line in &lines {
            let padded = line.iter().zip(&widths).map(|(cell, width)| padded(cell, *width));
            print(padded.collect::<Vec<_>>().join("  ").trim_end());
        }
    }

    /// Shows one thing: for programs as it is, for people as names and values.
    pub(crate) fn facts(&self, value: &impl Serialize, facts: &[(&str, String)]) {
        if self.is_json() {
            return self.json(value);
        }
        let width = facts.iter().map(|(name, _)| name.width()).max().unwrap_or(0);
        for (name, value) in facts {
            print(format!("{}  {value}", padded(name, width)).trim_end());
        }
    }

    fn json(&self, value: &impl Serialize) {
        print(&serde_json::to_string_pretty(value).expect("answers serialise"));
    }

    /// Shows an error: what failed, why, and what to try.
    pub(crate) fn error(&self, error: &Error) {
        if self.is_json() {
            say(&serde_json::json!({ "error": error }).to_string());
            return;
        }
        say(&format!("Error: {error}"));
        for cause in &error.causes {
            say(&format!("  because {cause}"));
        }
        if let Some(hint) = &error.hint {
            say(&format!("\nHint: {hint}"));
        }
    }
}

/// A text with spaces behind it, so that it takes `columns` of a terminal: a Chinese letter takes two.
fn padded(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(text.width())))
}

/// Prints a line of data. A reader that has gone (`| head`) is no failure.
pub(crate) fn print(line: &str) {
    drop(writeln!(io::stdout().lock(), "{line}"));
}

/// Says a line on standard error.
pub(crate) fn say(line: &str) {
    drop(writeln!(io::stderr().lock(), "{line}"));
}

/// Says what the last owner left unfinished.
pub(crate) fn tell_healed(healed: &[WorkflowRow]) {
    for row in healed {
        say(&format!(
            "“{}” of {} was interrupted and is rolled back: everything is as it was before it",
            row.title, row.site
        ));
    }
}

/// Says which sites and environments could not be made ready.
pub(crate) fn tell_problems(problems: &[Problem]) {
    for problem in problems {
        let of = problem.environment.as_ref().map(|it| format!(".{it}")).unwrap_or_default();
        say(&format!("{}{of} is not whole: {}", problem.site, problem.error));
        problem.error.causes.iter().for_each(|cause| say(&format!("  because {cause}")));
    }
}

/// A workflow's state in the words of its list.
pub(crate) fn state(state: WorkflowState) -> &'static str {
    match state {
        WorkflowState::Running => "running",
        WorkflowState::Succeeded => "succeeded",
        WorkflowState::Failed => "failed",
        WorkflowState::Cancelled => "cancelled",
        WorkflowState::RolledBack => "rolled back",
    }
}

#[cfg(test)]
mod tests {
    use super::padded;

    #[test]
    fn columns_stand_below_one_another_whatever_the_script() {
        assert_eq!(padded("acme", 6), "acme  ");
        assert_eq!(padded("日本", 6), "日本  ");
        assert_eq!(padded("Zoe\u{308}", 6), "Zoe\u{308}   ");
        assert_eq!(padded("longer than that", 6), "longer than that");
    }
}
