//! The small pages that a person meets where no site answers: plain HTML, nothing loaded from elsewhere.
use std::fmt::Write as _;

use bytes::Bytes;
use hyper::{
    Response, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE},
};

use super::body::Body;
use crate::{error::Error, model::SiteName};

const STYLE: &str = "\
:root{color-scheme:light dark}\
body{margin:0;min-height:100vh;display:grid;place-items:center;font:16px/1.5 system-ui,sans-serif;\
background:light-dark(#f7f7f8,#17181b);color:light-dark(#1d1f23,#e7e8ea)}\
main{max-width:36rem;padding:2rem}\
h1{font-size:1.5rem;line-height:1.25;margin:0 0 .75rem}\
p{margin:.5rem 0}\
pre{margin:1rem 0 0;padding:.75rem 1rem;border-radius:.5rem;white-space:pre-wrap;overflow-wrap:anywhere;\
font:13px/1.5 ui-monospace,monospace;background:light-dark(#ececef,#222429)}\
small{display:block;margin-top:1.5rem;color:light-dark(#5b5f68,#9da1aa)}";

/// No environment has this host name.
pub(super) fn unknown_host() -> Response<Body> {
    let text = "Check the address, or open Portico to see your sites and their addresses.";
    page(StatusCode::NOT_FOUND, "No site has this address", text, &[])
}

/// Neither a file nor a page.
pub(super) fn not_found() -> Response<Body> {
    page(StatusCode::NOT_FOUND, "Page not found", "This site has nothing at this address.", &[])
}

/// A path that is never served.
pub(super) fn forbidden() -> Response<Body> {
    page(StatusCode::FORBIDDEN, "Not for visitors", "This path is never served.", &[])
}

/// A file can be read, nothing else.
pub(super) fn not_allowed() -> Response<Body> {
    let text = "A file can only be read.";
    page(StatusCode::METHOD_NOT_ALLOWED, "This can't be done here", text, &[])
}

/// A request that makes no sense.
pub(super) fn bad_request() -> Response<Body> {
    let text = "The address or the request is not valid.";
    page(StatusCode::BAD_REQUEST, "Bad request", text, &[])
}

/// The address is longer than any site needs.
pub(super) fn long_target() -> Response<Body> {
    let text = "The address is too long. What is long is sent in the body of a request.";
    page(StatusCode::URI_TOO_LONG, "The address is too long", text, &[])
}

/// The headers are longer than any site needs.
pub(super) fn long_headers() -> Response<Body> {
    let text = "The headers of this request are too long; most often these are cookies. Delete this site's cookies and try again.";
    page(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "Too many headers", text, &[])
}

/// What was sent does not fit on the disk.
pub(super) fn no_room(error: &std::io::Error) -> Response<Body> {
    let text = format!("The disk has no room for what was sent: {error}. Make room and try again.");
    page(StatusCode::INSUFFICIENT_STORAGE, "The disk is full", &text, &[])
}

/// The environment is locked.
pub(super) fn locked() -> Response<Body> {
    let text = "Enter the user name and password of this environment.";
    let mut response = page(StatusCode::UNAUTHORIZED, "This environment is locked", text, &[]);
    let realm = HeaderValue::from_static("Basic realm=\"Locked environment\", charset=\"UTF-8\"");
    response.headers_mut().insert(WWW_AUTHENTICATE, realm);
    response
}

/// The environment could not be started.
pub(super) fn broken(error: &Error) -> Response<Body> {
    let message = capital(&error.message);
    let text = format!("{message}. {}", error.hint.as_deref().unwrap_or_default());
    let causes: Vec<&str> = error.causes.iter().map(String::as_str).collect();
    let title = "This environment could not start";
    let mut response = page(StatusCode::SERVICE_UNAVAILABLE, title, text.trim(), &causes);
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("5"));
    response
}

/// Parts of the environment are missing or can't be read.
pub(super) fn damaged(site: &SiteName, broken: &[Error]) -> Response<Body> {
    let told: Vec<String> = broken
        .iter()
        .map(|error| {
            let hint = error.hint.as_deref().unwrap_or_default();
            format!("{}.\n{hint}", capital(&error.message)).trim_end().to_owned()
        })
        .collect();
    let told: Vec<&str> = told.iter().map(String::as_str).collect();
    let text = format!(
        "Other environments are not affected. Choose Repair in Portico; `portico site:repair {site} --dry-run` shows the same."
    );
    let title = "This environment is damaged";
    let mut response = page(StatusCode::SERVICE_UNAVAILABLE, title, &text, &told);
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("5"));
    response
}

/// PHP's answer is no answer.
pub(super) fn bad_gateway(reason: &str) -> Response<Body> {
    let text = "PHP did not give a complete answer. The environment's php-error.log may say why.";
    page(StatusCode::BAD_GATEWAY, "PHP failed", text, &[reason])
}

/// PHP gave no answer in time.
pub(super) fn timed_out(seconds: u64) -> Response<Body> {
    let text = format!("PHP did not begin to answer within {seconds} seconds.");
    page(StatusCode::GATEWAY_TIMEOUT, "PHP took too long", &text, &[])
}

/// Something of ours, or of the disk's, failed.
pub(super) fn failed(text: &str) -> Response<Body> {
    page(StatusCode::INTERNAL_SERVER_ERROR, "This request failed", text, &[])
}

/// A message as a sentence begins.
fn capital(message: &str) -> String {
    let mut message = message.to_owned();
    if let Some(first) = message.get(..1) {
        let first = first.to_uppercase();
        message.replace_range(..1, &first);
    }
    message
}

fn page(status: StatusCode, title: &str, text: &str, details: &[&str]) -> Response<Body> {
    let mut html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <meta name=\"robots\" content=\"noindex\"><title>{title}</title><style>{STYLE}</style>\
         <main><h1>{title}</h1><p>{}</p>",
        escaped(text),
    );
    if !details.is_empty() {
        let _ = write!(html, "<pre>{}</pre>", escaped(&details.join("\n")));
    }
    let _ = writeln!(html, "<small>Portico · {}</small></main></html>", status.as_u16());
    let mut response = Response::new(Bytes::from(html).into());
    *response.status_mut() = status;
    let head = response.headers_mut();
    head.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    head.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
