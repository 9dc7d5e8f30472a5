//! Closing the window while a workflow runs: the person says first what becomes of it.
use std::{thread, time::Duration};

use portico_core::{Result, error::Doing};
use serde::Deserialize;
use tauri::{AppHandle, Emitter, Manager};
use tauri_plugin_notification::NotificationExt;

use crate::desktop::Desktop;

/// The event that the page hears; its payload is the titles of what runs.
const ASKED: &str = "leave";

/// How often a program without a window looks whether its last workflow has ended.
const LOOK: Duration = Duration::from_millis(300);

/// What becomes of the workflows that run.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Leave {
    /// They are cancelled; everything is as it was before them.
    Cancel,
    /// The window goes, they run to their end, then the program ends.
    Background,
}

/// Whether the window must stay, because the person was asked.
pub(crate) fn asks(app: &AppHandle) -> bool {
    let running = app.state::<Desktop>().running();
    let Some(window) = app.get_webview_window("main").filter(|_| !running.is_empty()) else {
        return false;
    };
    // One that is hidden runs on already; a page that can't be told leaves the window as it is.
    if window.is_visible().unwrap_or(true) {
        let _ = window.set_focus();
        let _ = app.emit(ASKED, running);
    }
    true
}

/// Does what the person said.
pub(crate) fn leave(app: &AppHandle, how: Leave) -> Result<()> {
    match how {
        // The program's end cancels what runs.
        Leave::Cancel => app.exit(0),
        Leave::Background => {
            if let Some(window) = app.get_webview_window("main") {
                window.hide().doing(|| "hide the window".into())?;
            }
            let app = app.clone();
            thread::spawn(move || end_after_the_last(&app));
        }
    }
    Ok(())
}

fn end_after_the_last(app: &AppHandle) {
    let desktop = app.state::<Desktop>();
    let mut last = desktop.running();
    loop {
        let running = desktop.running();
        if running.is_empty() {
            break;
        }
        last = running;
        thread::sleep(LOOK);
    }
    // Where nothing shows notifications, the next start tells how it ended.
    let said = app.notification().builder().title("Portico has closed");
    let _ = said.body(format!("{} has ended.", last.join(", "))).show();
    app.exit(0);
}
