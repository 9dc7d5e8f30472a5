//! One function a command: unpack, ask the core on a thread that may block, hand back its answer.
use portico_core::{
    Error, Result, Truth,
    model::{
        request::{Event, Query, Request},
        view::WorkflowRow,
    },
    progress::Cancel,
};
use serde_json::value::RawValue;
use tauri::{AppHandle, State, async_runtime::spawn_blocking, ipc::Channel};
use tauri_plugin_notification::NotificationExt;

use crate::{
    desktop::Desktop,
    leaving::{self, Leave},
    opening,
    surroundings::from_home,
};

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    spawn_blocking(work)
        .await
        .unwrap_or_else(|_| Err(Error::failed("finish: Portico itself broke")))
}

#[tauri::command]
pub(crate) async fn query(desktop: State<'_, Desktop>, query: Query) -> Result<Box<RawValue>> {
    let desktop = desktop.inner().clone();
    blocking(move || desktop.session()?.query(&query)).await
}

#[tauri::command]
pub(crate) async fn run(
    desktop: State<'_, Desktop>,
    request: Request,
    events: Channel<Event>,
) -> Result<WorkflowRow> {
    let desktop = desktop.inner().clone();
    let request = with_home(request);
    blocking(move || {
        // A page that was reloaded listens no more; the workflow goes on.
        let tell = |event| drop(events.send(event));
        desktop.session()?.run(&request, &tell, &Cancel::default())
    })
    .await
}

/// A path that a person typed may begin with a `~`, which no shell expands here.
fn with_home(mut request: Request) -> Request {
    if let Request::CreateSite(it) = &mut request
        && it.from.starts_with('~')
    {
        it.from = from_home(it.from.as_str().into()).display().to_string();
    }
    request
}

#[tauri::command]
pub(crate) async fn recover(desktop: State<'_, Desktop>, way: Truth) -> Result<()> {
    let desktop = desktop.inner().clone();
    blocking(move || desktop.recover(way)).await
}

#[tauri::command]
pub(crate) async fn cancel(desktop: State<'_, Desktop>, workflow: i64) -> Result<()> {
    let desktop = desktop.inner().clone();
    blocking(move || desktop.session()?.cancel(workflow)).await
}

/// Tells the page every event for as long as it listens, from whichever owner there is.
#[tauri::command]
pub(crate) fn subscribe(desktop: State<'_, Desktop>, events: Channel<Event>) {
    let desktop = desktop.inner().clone();
    std::thread::spawn(move || {
        let mut listening = true;
        while listening && !desktop.is_closed() {
            let Ok(session) = desktop.session() else {
                // The page asks too and shows why; it may be over soon.
                std::thread::sleep(std::time::Duration::from_millis(500));
                continue;
            };
            // However it ends: a broken connection is an owner that has gone, too.
            let _ = session.subscribe(&mut |event| {
                listening = events.send(event).is_ok();
                listening
            });
            if listening && !desktop.is_closed() {
                // The owner has gone: whatever it knew may have changed.
                listening = events.send(Event::Changed { site: None }).is_ok();
            }
        }
    });
}

#[tauri::command]
pub(crate) async fn open_url(url: String) -> Result<()> {
    blocking(move || opening::url(&url)).await
}

#[tauri::command]
pub(crate) async fn open_folder(path: String) -> Result<()> {
    blocking(move || opening::folder(&path)).await
}

#[tauri::command]
pub(crate) async fn open_terminal(path: String) -> Result<()> {
    blocking(move || opening::terminal(&path)).await
}

#[tauri::command]
pub(crate) async fn show_in_folder(path: String) -> Result<()> {
    blocking(move || opening::show(&path)).await
}

/// Says something where the system says such things: the person looks elsewhere.
#[tauri::command]
pub(crate) async fn notify(app: AppHandle, title: String, body: String) -> Result<()> {
    let said = app.notification().builder().title(title).body(body).show();
    said.map_err(|error| Error::failed("show a notification").because(error))
}

/// The person's answer to a close while workflows run.
#[tauri::command]
pub(crate) fn leave(app: AppHandle, how: Leave) -> Result<()> {
    leaving::leave(&app, how)
}
