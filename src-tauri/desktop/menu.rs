//! The system's own menu. What is chosen is told to the page, which does the same by its own buttons and keys.
use tauri::{
    App, Emitter, Wry,
    menu::{AboutMetadata, Menu, MenuItem, PredefinedMenuItem, Submenu},
};

use crate::leaving;

/// The event that the page hears; its payload is one of the verbs below.
const CHOSEN: &str = "menu";

/// Ends the program. Our own item, since the system's is grey on Linux and asks nobody.
const QUIT: &str = "quit";

/// Gives the window its menu, and the page what is chosen of it.
pub(crate) fn set(app: &App) -> tauri::Result<()> {
    app.set_menu(menu(app)?)?;
    app.on_menu_event(|app, event| {
        if event.id() == QUIT {
            if !leaving::asks(app) {
                app.exit(0);
            }
            return;
        }
        // A page that is not there yet has nothing to do, too.
        let _ = app.emit(CHOSEN, event.id().as_ref());
    });
    Ok(())
}

fn menu(app: &App) -> tauri::Result<Menu<Wry>> {
    let menu = Menu::new(app)?;
    if cfg!(target_os = "macos") {
        menu.append(&application(app)?)?;
    }
    menu.append(&file(app)?)?;
    if cfg!(target_os = "macos") {
        // Without these a Mac's ⌘C and ⌘V do nothing in a text field; elsewhere the web view knows them.
        menu.append(&edit(app)?)?;
    }
    menu.append(&view(app)?)?;
    menu.append(&help(app)?)?;
    Ok(menu)
}

/// The first menu of a Mac, which bears the program's name.
fn application(app: &App) -> tauri::Result<Submenu<Wry>> {
    Submenu::with_items(
        app,
        "Portico",
        true,
        &[
            &PredefinedMenuItem::about(app, None, Some(about()))?,
            &PredefinedMenuItem::separator(app)?,
            &item(app, "openTab:settings", "Settings…", ",")?,
            &PredefinedMenuItem::separator(app)?,
            &PredefinedMenuItem::services(app, None)?,
            &PredefinedMenuItem::hide(app, None)?,
            &PredefinedMenuItem::hide_others(app, None)?,
            &PredefinedMenuItem::show_all(app, None)?,
            &PredefinedMenuItem::separator(app)?,
            &quit(app)?,
        ],
    )
}

fn file(app: &App) -> tauri::Result<Submenu<Wry>> {
    let file = Submenu::with_items(app, "File", true, &[&item(app, "newSite", "New Site…", "n")?])?;
    file.append(&PredefinedMenuItem::separator(app)?)?;
    if cfg!(target_os = "macos") {
        file.append(&PredefinedMenuItem::close_window(app, None)?)?;
    } else {
        file.append(&item(app, "openTab:settings", "Settings", ",")?)?;
        file.append(&PredefinedMenuItem::separator(app)?)?;
        file.append(&quit(app)?)?;
    }
    Ok(file)
}

fn quit(app: &App) -> tauri::Result<MenuItem<Wry>> {
    let label = if cfg!(target_os = "macos") { "Quit Portico" } else { "Quit" };
    MenuItem::with_id(app, QUIT, label, true, Some("CmdOrCtrl+Q"))
}

fn edit(app: &App) -> tauri::Result<Submenu<Wry>> {
    Submenu::with_items(
        app,
        "Edit",
        true,
        &[
            &PredefinedMenuItem::undo(app, None)?,
            &PredefinedMenuItem::redo(app, None)?,
            &PredefinedMenuItem::separator(app)?,
            &PredefinedMenuItem::cut(app, None)?,
            &PredefinedMenuItem::copy(app, None)?,
            &PredefinedMenuItem::paste(app, None)?,
            &PredefinedMenuItem::select_all(app, None)?,
        ],
    )
}

fn view(app: &App) -> tauri::Result<Submenu<Wry>> {
    Submenu::with_items(
        app,
        "View",
        true,
        &[
            &item(app, "openPalette", "Find or Run…", "k")?,
            &item(app, "toggleDrawer", "Workflows", "j")?,
            &item(app, "openTab:activity", "Activity", "z")?,
        ],
    )
}

fn help(app: &App) -> tauri::Result<Submenu<Wry>> {
    let help = Submenu::with_items(
        app,
        "Help",
        true,
        &[
            &item(app, "showKeys", "Keyboard Shortcuts", "")?,
            &item(app, "openTab:machine", "What This Machine Has", "")?,
        ],
    )?;
    if !cfg!(target_os = "macos") {
        help.append(&PredefinedMenuItem::about(app, None, Some(about()))?)?;
    }
    Ok(help)
}

/// One line; `verb` is what the page does. The key is the menu's on a Mac only, where it would not reach the page;
/// elsewhere the page has it, and would act a second time.
fn item(app: &App, verb: &str, label: &str, key: &str) -> tauri::Result<MenuItem<Wry>> {
    let key = (cfg!(target_os = "macos") && !key.is_empty() && key != "z")
        .then(|| format!("CmdOrCtrl+{}", key.to_uppercase()));
    MenuItem::with_id(app, verb, label, true, key)
}

fn about() -> AboutMetadata<'static> {
    AboutMetadata {
        name: Some("Portico".into()),
        version: Some(env!("CARGO_PKG_VERSION").into()),
        comments: Some(env!("CARGO_PKG_DESCRIPTION").into()),
        ..AboutMetadata::default()
    }
}
