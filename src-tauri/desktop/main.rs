//! The window.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]
mod commands;
mod desktop;
mod leaving;
#[path = "../log.rs"]
mod log;
mod menu;
mod opening;
#[path = "../surroundings.rs"]
mod surroundings;

use std::io::Write;

use desktop::Desktop;
use tauri::{Manager, RunEvent, WindowEvent};

fn main() {
    if let Some(error) = portico_core::runtime::become_confined(std::env::args_os()) {
        // Whoever started it reads this; a window has nobody else to tell.
        let _ = writeln!(std::io::stderr(), "{error} {}", error.causes.join(": "));
        std::process::exit(126);
    }
    let app = tauri::Builder::default()
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_notification::init())
        .setup(|app| Ok(menu::set(app)?))
        .manage(Desktop::default())
        .invoke_handler(tauri::generate_handler![
            commands::query,
            commands::run,
            commands::cancel,
            commands::recover,
            commands::subscribe,
            commands::open_url,
            commands::open_folder,
            commands::open_terminal,
            commands::show_in_folder,
            commands::notify,
            commands::leave,
        ])
        .build(tauri::generate_context!())
        .expect("the window can be made on this system");
    app.run(|app, event| match event {
        RunEvent::WindowEvent { event: WindowEvent::CloseRequested { api, .. }, .. }
            if leaving::asks(app) =>
        {
            api.prevent_close();
        }
        // Without a code it is a system's own Quit, or the last window that has gone.
        RunEvent::ExitRequested { code: None, api, .. } if leaving::asks(app) => {
            api.prevent_exit();
        }
        // Stops PHP and databases; whatever runs is taken back.
        RunEvent::Exit => app.state::<Desktop>().close(),
        _ => {}
    });
}
