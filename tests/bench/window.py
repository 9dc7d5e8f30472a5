"""The window: start to the first drawn board, and memory. The rival is an empty Chromium window, which is the least
that a program made with Chromium costs."""
import json
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from harness import answers, end, free_port, wait_for

SETTLE = 3
SITE_PROGRAMS = ("php", "mariadbd", "mysqld")


def descendants(pid):
    """`pid` and all processes below it."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(") ", 1)[1].split()
        except OSError:
            continue  # it ended meanwhile
        parents[int(stat.parent.name)] = int(fields[1])
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def memory(pid):
    """MiB of PSS of a program and its helpers, without the processes of sites."""
    total = 0
    for process in descendants(pid):
        try:
            name = Path(f"/proc/{process}/comm").read_text()
            if name.startswith(SITE_PROGRAMS):
                continue
            lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


def start_screen(home):
    screen = home.start(
        ["Xvfb", "-displayfd", "1", "-screen", "0", "1280x820x24", "-nolisten", "tcp"], stdout=subprocess.PIPE, text=True
    )
    return home.environment | {
        "DISPLAY": ":" + screen.stdout.readline().strip(),
        "GDK_BACKEND": "x11",
        "DBUS_SESSION_BUS_ADDRESS": "disabled:",
        "NO_AT_BRIDGE": "1",
        "TAURI_WEBVIEW_AUTOMATION": "true",
    }


class Driver:
    """As much of WebDriver as is needed here."""

    def __init__(self, home, screen):
        self.port = free_port()
        self.process = home.start(["WebKitWebDriver", f"--port={self.port}"], env=screen, stdout=subprocess.DEVNULL)
        wait_for("WebKitWebDriver", lambda: answers(self.port))

    def call(self, method, path, body=None):
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data, method=method)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)["value"]

    def has(self, session, css):
        try:
            return self.call("POST", f"/session/{session}/element", {"using": "css selector", "value": css})
        except urllib.error.HTTPError:
            return None


def time_to_board(home, screen):
    """Seconds from the start to the board, as WebDriver sees it; its own start of a session is a part of them."""
    driver = Driver(home, screen)
    options = {"webkitgtk:browserOptions": {"binary": str(home.programs / "portico-desktop"), "args": []}}
    start = time.perf_counter()
    session = driver.call("POST", "/session", {"capabilities": {"alwaysMatch": options}})["sessionId"]
    wait_for("the board", lambda: driver.has(session, "[data-environment], .board"), pause=0.005)
    seconds = time.perf_counter() - start
    driver.call("DELETE", f"/session/{session}")
    end(driver.process)
    time.sleep(SETTLE)  # WebKit's helpers end a little later than the program
    return seconds


def memory_of(home, screen, command):
    """MiB once the window has come to rest."""
    program = home.start(command, env=screen, stdout=subprocess.DEVNULL)
    time.sleep(2 * SETTLE)
    used = memory(program.pid)
    end(program)
    time.sleep(SETTLE)
    return used


def measure(home, report, rounds):
    home.portico("site:create", "demo", "--from", "sample")
    screen = start_screen(home)
    report.add("start to first drawn board", "s", [time_to_board(home, screen) for _ in range(rounds)])
    plain = {name: value for name, value in screen.items() if name != "TAURI_WEBVIEW_AUTOMATION"}
    chromium = next(filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), None)
    ours, theirs = [], []
    for number in range(rounds):
        ours.append(memory_of(home, plain, [home.programs / "portico-desktop"]))
        profile = home.folder / f"chromium-{number}"
        command = [chromium, "--no-sandbox", "--no-first-run", f"--user-data-dir={profile}", "--app=about:blank"]
        theirs.append(memory_of(home, plain, command))
    report.add("memory of the window", "MiB", ours, theirs, "an empty Chromium window", aim=1.0)
