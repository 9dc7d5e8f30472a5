//! The real window on an X server of its own, driven by WebKit's WebDriver and by the real pointer.
use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::portico::{PorticoTest, dying_with_us, stop};

/// A workflow on a whole WordPress may run meanwhile.
const TIMEOUT: Duration = Duration::from_secs(60);
/// Wider than the window, so that there is a place to drag from beside it.
const SCREEN: &str = "1500x900x24";
const BESIDE: (i64, i64) = (1430, 60);

/// An open window; closing it ends the program.
pub(crate) struct Window {
    xvfb: Child,
    driver: Child,
    port: u16,
    session: String,
    display: String,
    log: PathBuf,
}

impl Window {
    /// Opens the window on the test's home and waits until the page is drawn.
    pub(crate) fn open(test: &PorticoTest) -> Self {
        // Xvfb picks a free display and writes its number: parallel tests can't meet.
        let mut xvfb = dying_with_us("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", SCREEN, "-nolisten", "tcp", "-noreset"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut number = String::new();
        BufReader::new(xvfb.stdout.take().unwrap()).read_line(&mut number).unwrap();
        let display = format!(":{}", number.trim());
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let log = test.folder("window.log");
        let driver = start_driver(test, port, &display, &log);
        let mut window = Self { xvfb, driver, port, session: String::new(), display, log };
        window.wait_until("WebKitWebDriver listens", || {
            TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        let binary = env!("CARGO_BIN_EXE_portico-desktop");
        let options = json!({"webkitgtk:browserOptions": {"binary": binary, "args": []}});
        let wanted = json!({"capabilities": {"alwaysMatch": options}});
        let session = window.call("POST", "/session", &wanted).expect("a session");
        window.session = format!("/session/{}", session["sessionId"].as_str().unwrap());
        window.wait_for("#main > *");
        // A command that comes before would be the owner itself, and its sites would end with it.
        window.wait_until("there is an owner", || test.root().join("engine.json").exists());
        window
    }

    /// One call of the driver.
    fn call(&self, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        let body = if method == "POST" { body.to_string() } else { String::new() };
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).map_err(|e| e.to_string())?;
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        )
        .map_err(|e| e.to_string())?;
        let mut reader = BufReader::new(stream);
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).map_err(|e| e.to_string())? == 0 {
                return Err("the driver closed the connection".to_owned());
            }
            if line == "\r\n" {
                break;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
        }
        let mut answer = vec![0; length];
        reader.read_exact(&mut answer).map_err(|e| e.to_string())?;
        let mut answer: Value = serde_json::from_slice(&answer).map_err(|e| e.to_string())?;
        let value = answer["value"].take();
        match value["error"].as_str() {
            Some(error) => Err(format!("{path}: {error} {}", value["message"])),
            None => Ok(value),
        }
    }

    fn session(&self, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        self.call(method, &format!("{}{path}", self.session), body)
    }

    /// The first element that `css` selects and that can be seen.
    fn find(&self, css: &str) -> Option<String> {
        self.visible(&json!({"using": "css selector", "value": css}))
    }

    // WebDriver's own `displayed` and `text` take cut lines for hidden, so the page is asked.
    fn visible(&self, locator: &Value) -> Option<String> {
        let found = self.session("POST", "/elements", locator).ok()?;
        let shown =
            "return [...arguments].find((it) => it.checkVisibility({ visibilityProperty: true }))";
        let first = self.script_on(shown, &found).ok()?;
        first.as_object()?.values().next()?.as_str().map(str::to_owned)
    }

    /// Waits for an element that can be seen.
    #[track_caller]
    pub(crate) fn wait_for(&self, css: &str) -> String {
        self.wait_until(css, || self.find(css).is_some());
        self.find(css).unwrap_or_else(|| panic!("{css} was there and is gone"))
    }

    /// Waits until no element that `css` selects can be seen.
    #[track_caller]
    pub(crate) fn wait_gone(&self, css: &str) {
        self.wait_until(css, || self.find(css).is_none());
    }

    /// Waits until the text of the first visible `css` contains `text`.
    #[track_caller]
    pub(crate) fn wait_text(&self, css: &str, text: &str) {
        let has = || self.find(css).is_some_and(|it| self.text_of(&it).contains(text));
        self.wait_until(&format!("{text:?} in {css}"), has);
    }

    #[track_caller]
    pub(crate) fn wait_until(&self, what: &str, mut condition: impl FnMut() -> bool) {
        let start = Instant::now();
        while !condition() {
            if start.elapsed() > TIMEOUT {
                let log = fs::read_to_string(&self.log).unwrap_or_default();
                let mut text = Value::Null;
                if !self.session.is_empty() {
                    let test = thread::current().name().unwrap_or("test").replace("::", "-");
                    self.screenshot(&format!("timeout-of-{test}"));
                    text = self.script("return document.body.innerText");
                }
                panic!(
                    "waited in vain for {what}; the page says:\n{text}\nthe window's log:\n{log}"
                );
            }
            thread::sleep(Duration::from_millis(25));
        }
    }

    fn text_of(&self, element: &str) -> String {
        let element = json!([{"element-6066-11e4-a52e-4f735466cecf": element}]);
        let text = self.script_on("return arguments[0].innerText", &element);
        // A number and its unit stay on one line.
        text.ok().and_then(|it| Some(it.as_str()?.replace('\u{A0}', " "))).unwrap_or_default()
    }

    /// The text of the first visible `css`.
    #[track_caller]
    pub(crate) fn text(&self, css: &str) -> String {
        self.text_of(&self.wait_for(css))
    }

    /// Waits until an element stands still: a page that is drawn anew at this moment moves it away from the pointer.
    #[track_caller]
    fn still(&self, css: &str) -> String {
        let mut before = None;
        self.wait_until(&format!("{css} stands still"), || {
            let element = self.find(css);
            let place = element.and_then(|it| {
                let rect = self.session("GET", &format!("/element/{it}/rect"), &Value::Null);
                Some((rect.ok()?, it))
            });
            let stands = place.is_some() && place == before;
            before = place;
            stands
        });
        before.expect("it was found twice").1
    }

    #[track_caller]
    pub(crate) fn click(&self, css: &str) {
        let element = self.still(css);
        self.session("POST", &format!("/element/{element}/click"), &json!({})).unwrap();
    }

    /// Clicks the first visible element that an XPath finds.
    #[track_caller]
    fn click_path(&self, path: &str) {
        let locator = json!({"using": "xpath", "value": path});
        self.wait_until(path, || self.visible(&locator).is_some());
        let element = self.visible(&locator).unwrap();
        self.session("POST", &format!("/element/{element}/click"), &json!({})).unwrap();
    }

    /// Clicks the button whose text or label begins with `name`.
    #[track_caller]
    pub(crate) fn press_button(&self, name: &str) {
        let starts = |what| format!("starts-with(translate({what}, '\u{A0}', ' '), '{name}')");
        let (text, label) = (starts("normalize-space(.)"), starts("@aria-label"));
        self.click_path(&format!("//button[{text} or {label}]"));
    }

    /// Clicks the box in the open dialog whose label contains `words`.
    #[track_caller]
    pub(crate) fn tick(&self, words: &str) {
        self.click_path(&format!("//dialog[@open]//label[contains(., '{words}')]"));
    }

    /// Presses the button of the open dialog that does what it is about, and waits until the dialog has gone.
    #[track_caller]
    pub(crate) fn agree(&self) {
        self.click("dialog[open] button[type=submit]:enabled");
        self.wait_gone("dialog[open]");
    }

    /// Types a key while Control is held.
    #[track_caller]
    pub(crate) fn control(&self, key: &str) {
        let press = |kind: &str, value: &str| json!({"type": kind, "value": value});
        let control = "\u{E009}";
        let keys = json!([
            press("keyDown", control),
            press("keyDown", key),
            press("keyUp", key),
            press("keyUp", control),
        ]);
        let keyboard = json!({"actions": [{"type": "key", "id": "keyboard", "actions": keys}]});
        self.session("POST", "/actions", &keyboard).unwrap();
    }

    /// Replaces what a field holds.
    #[track_caller]
    pub(crate) fn fill(&self, css: &str, text: &str) {
        // A page that is drawn anew at this moment may have its field moving.
        self.wait_until(&format!("{css} takes text"), || {
            let element = self.find(css).map(|it| format!("/element/{it}/clear"));
            element.is_some_and(|it| self.session("POST", &it, &json!({})).is_ok())
        });
        let element = self.wait_for(css);
        let value = json!({"text": text});
        self.session("POST", &format!("/element/{element}/value"), &value).unwrap();
    }

    /// Runs a script in the page.
    #[track_caller]
    pub(crate) fn script(&self, script: &str) -> Value {
        self.script_on(script, &json!([])).unwrap()
    }

    fn script_on(&self, script: &str, arguments: &Value) -> Result<Value, String> {
        self.session("POST", "/execute/sync", &json!({"script": script, "args": arguments}))
    }

    /// A picture of the page, kept in the screenshots' folder, whose path is printed.
    #[allow(clippy::print_stdout)] // so that a person finds it
    pub(crate) fn screenshot(&self, name: &str) -> PathBuf {
        let folder = std::env::var_os("PORTICO_SCREENSHOTS").map(PathBuf::from);
        let folder = folder.unwrap_or_else(|| std::env::temp_dir().join("portico-screenshots"));
        fs::create_dir_all(&folder).unwrap();
        let file = folder.join(format!("{name}.png"));
        let picture = self.session("GET", "/screenshot", &Value::Null).unwrap();
        let mut decoder = Command::new("base64")
            .arg("-d")
            .stdin(Stdio::piped())
            .stdout(File::create(&file).unwrap())
            .spawn()
            .unwrap();
        let mut pipe = decoder.stdin.take().unwrap();
        pipe.write_all(picture.as_str().unwrap().as_bytes()).unwrap();
        drop(pipe);
        assert!(decoder.wait().unwrap().success());
        println!("screenshot: {}", file.display());
        file
    }

    fn pointer(&self, arguments: &[&str]) {
        let mut xdotool = Command::new("xdotool");
        xdotool.args(arguments).env("DISPLAY", &self.display);
        assert!(xdotool.status().unwrap().success(), "xdotool {arguments:?}");
    }

    /// Presses Ctrl+Q on the real keyboard: the menu has it, not the page.
    pub(crate) fn quit(&self) {
        let window = ["search", "--onlyvisible", "--name", "^Portico$", "windowfocus", "--sync"];
        self.pointer(&[&window[..], &["key", "ctrl+q"]].concat());
    }

    fn move_to(&self, (x, y): (i64, i64)) {
        self.pointer(&["mousemove", &x.to_string(), &y.to_string(), "sleep", "0.02"]);
    }

    /// Moves in several steps: a drag begins only after some way.
    fn glide(&self, from: (i64, i64), to: (i64, i64)) {
        for step in 1..=8 {
            self.move_to((
                from.0 + (to.0 - from.0) * step / 8,
                from.1 + (to.1 - from.1) * step / 8,
            ));
        }
        self.move_to((to.0 + 1, to.1 + 1));
    }

    /// The middle of an element on the screen; without a window manager the page begins below the window's menu.
    #[track_caller]
    fn centre(&self, css: &str) -> (i64, i64) {
        let element = self.still(css);
        let rect = format!("/element/{element}/rect");
        let rect = self.session("GET", &rect, &Value::Null).unwrap();
        let part = |key: &str| rect[key].as_f64().unwrap();
        let menu = self.script("return window.outerHeight - window.innerHeight");
        let menu = menu.as_f64().unwrap();
        let (x, y) = (part("x") + part("width") / 2.0, part("y") + part("height") / 2.0 + menu);
        // The page's own coordinates are whole or half pixels.
        #[allow(clippy::cast_possible_truncation)]
        (x as i64, y as i64)
    }

    /// Drags one element onto another with the real pointer.
    #[track_caller]
    pub(crate) fn drag(&self, from: &str, to: &str) {
        let (from, to) = (self.centre(from), self.centre(to));
        self.move_to(from);
        self.pointer(&["sleep", "0.05", "mousedown", "1", "sleep", "0.05"]);
        self.glide(from, to);
        self.pointer(&["sleep", "0.15", "mouseup", "1"]);
    }

    /// Drags files from another program over `css`, calls `hovering`, and lets go. Answers what the other program
    /// was told; a drop that was taken is `begin`, `get text/uri-list`, `end`.
    #[track_caller]
    pub(crate) fn drop_files(
        &self,
        files: &[&Path],
        css: &str,
        hovering: impl FnOnce(),
    ) -> Vec<String> {
        let to = self.centre(css);
        // Debian's Python, since others have no GTK.
        let mut source = dying_with_us("/usr/bin/python3")
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/desktop/dnd_source.py"))
            .args([(BESIDE.0 - 30).to_string(), (BESIDE.1 - 30).to_string()])
            .args(files)
            .env("DISPLAY", &self.display)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(source.stdout.take().unwrap()).lines();
        let mut said = lines.map_while(Result::ok);
        assert_eq!(said.next().as_deref(), Some("ready"), "the program to drag from");
        self.move_to(BESIDE);
        self.pointer(&["sleep", "0.05", "mousedown", "1", "sleep", "0.05"]);
        self.glide(BESIDE, to);
        hovering();
        self.pointer(&["sleep", "0.15", "mouseup", "1"]);
        let said = said.collect(); // until it ends by itself
        source.wait().unwrap();
        said
    }
}

fn start_driver(test: &PorticoTest, port: u16, display: &str, log: &Path) -> Child {
    let mut driver = dying_with_us("WebKitWebDriver");
    test.surround(&mut driver);
    let said = File::create(log).unwrap();
    driver
        .args([format!("--port={port}"), "--host=127.0.0.1".to_owned()])
        .env("TAURI_WEBVIEW_AUTOMATION", "true")
        .env("DISPLAY", display)
        .env("GDK_BACKEND", "x11")
        .env("DBUS_SESSION_BUS_ADDRESS", "disabled:")
        .env("NO_AT_BRIDGE", "1")
        .env("GSETTINGS_BACKEND", "memory")
        .stdout(said.try_clone().unwrap())
        .stderr(said)
        .spawn()
        .unwrap()
}

impl Drop for Window {
    fn drop(&mut self) {
        if !self.session.is_empty() {
            // Closes the window; without it WebKit's processes outlive the driver.
            let _ = self.session("DELETE", "", &Value::Null);
        }
        stop(&mut self.driver);
        stop(&mut self.xvfb);
    }
}
