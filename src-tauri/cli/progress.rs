//! Shows what a workflow tells while it runs, on standard error.
use std::{
    io::{self, IsTerminal, Write},
    sync::{Mutex, PoisonError},
};

use portico_core::{
    model::{human_bytes, request::Event},
    progress::Unit,
};

use unicode_width::UnicodeWidthStr;

use crate::arguments::Progress;

/// Draws events; shared by the threads of a workflow.
pub(crate) struct Drawer {
    how: How,
    state: Mutex<State>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    OneLine,
    Lines,
    Json,
    Off,
}

#[derive(Default)]
struct State {
    step: String,
    drawn: usize,
}

impl Drawer {
    pub(crate) fn new(progress: Progress) -> Self {
        let how = match progress {
            Progress::Auto if io::stderr().is_terminal() => How::OneLine,
            Progress::Auto | Progress::Plain => How::Lines,
            Progress::Json => How::Json,
            Progress::Off => How::Off,
        };
        Self { how, state: Mutex::default() }
    }

    /// Draws one event.
    pub(crate) fn draw(&self, event: &Event) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match self.how {
            How::Off => {}
            How::Json => {
                let text = serde_json::to_string(event).expect("events serialise");
                drop(writeln!(io::stderr().lock(), "{text}"));
            }
            How::Lines => match event {
                Event::Step { step, .. } if *step != state.step => {
                    state.step.clone_from(step);
                    drop(writeln!(io::stderr().lock(), "{step}"));
                }
                Event::Line { line, .. } => drop(writeln!(io::stderr().lock(), "  {line}")),
                _ => {}
            },
            How::OneLine => draw_one_line(&mut state, event),
        }
    }
}

fn draw_one_line(state: &mut State, event: &Event) {
    let mut stderr = io::stderr().lock();
    let text = match event {
        Event::Step { step, done, total, unit, eta_s, .. } => {
            format!("{step} {}", amount(*done, *total, *unit, *eta_s))
        }
        Event::Finished { .. } => String::new(),
        Event::Line { line, .. } => {
            drop(writeln!(stderr, "\r{:<1$}\r  {line}", "", state.drawn));
            state.drawn = 0;
            return;
        }
        _ => return,
    };
    let text: String = text.chars().take(99).collect();
    let gone = state.drawn.saturating_sub(text.width());
    drop(write!(stderr, "\r{text}{:<gone$}\r{text}", ""));
    drop(stderr.flush());
    state.drawn = text.width();
}

/// "12.1 MB of 30 MB, about 4 s left"
fn amount(done: u64, total: Option<u64>, unit: Unit, eta_s: Option<u64>) -> String {
    let number = |value: u64| match unit {
        Unit::Bytes => human_bytes(value),
        Unit::Files => format!("{value} files"),
        Unit::Rows => format!("{value} rows"),
        Unit::Tables => format!("{value} tables"),
        Unit::Objects => format!("{value} objects"),
        Unit::Pages => format!("{value} pages"),
        Unit::Steps => String::new(),
    };
    let mut text = match total {
        Some(total) if total > 0 => format!("{} of {}", number(done), number(total)),
        _ if done > 0 => number(done),
        _ => String::new(),
    };
    if let Some(eta) = eta_s {
        text.push_str(&format!(", about {eta} s left"));
    }
    text
}
