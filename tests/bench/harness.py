"""A Portico with a home of its own, the clock, and the table of figures."""
import json
import mmap
import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def wait_for(what, condition, seconds=60, pause=0.02):
    """Calls `condition` until it answers something true, and answers that."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(pause)
    raise TimeoutError(f"waited in vain for {what}")


def answers(port):
    """Whether somebody listens on a loopback port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def dying_with_us(command):
    """The command, made to end when this process does, even by a crash."""
    return ["setpriv", "--pdeathsig", "TERM", *map(str, command)] if shutil.which("setpriv") else command


def end(process):
    """Ends a process that we started."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def take_memory(size=6 << 30):
    """Has a virtual machine take memory from its host, which takes back what is free: whoever needs free memory first
    waits for it (seen here: a copy of 5 GB takes 5 s or 18 s), so that a figure would tell who came after whom."""
    known = Path("/proc/meminfo")
    if known.exists():
        available = next(int(it.split()[1]) for it in known.read_text().splitlines() if it.startswith("MemAvailable:"))
        size = min(size, available * 1024 // 2) & ~0xFFFFF
        with mmap.mmap(-1, size) as taken:
            taken[::4096] = bytes(size // 4096)


def timed(action):
    """Seconds that `action` takes, on a disk that has nothing left to write from before, which would be in the way of
    whoever comes next, and with memory at hand."""
    os.sync()
    take_memory()
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def in_turn(number, *actions):
    """What each action answers; in each round another one is first, which may find more memory at hand than the next."""
    answers = {}
    for at in range(len(actions)):
        place = (number + at) % len(actions)
        answers[place] = actions[place]()
    return [answers[place] for place in range(len(actions))]


def kilobytes(pid, what):
    """A figure of a process's memory, as the system names it (`VmRSS`, `VmHWM`)."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{what}:"))


def machine():
    return {
        "system": platform.platform(),
        "cpus": os.cpu_count(),
        "load": os.getloadavg()[0],
        "when": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


class Home:
    """A temporary home with a Portico that serves it. Everything in it goes when the block ends."""

    def __init__(self, programs, scale=1, parent="/tmp"):
        self.programs = programs
        self.parent = parent
        self.scale = scale
        self.port = free_port()
        self.children = []

    def __enter__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="pb", dir=self.parent))
        (self.folder / ".gitconfig").write_text("[user]\n\tname = Bench\n\temail = bench@portico.test\n")
        self.root = self.folder / "Portico"
        data = os.environ.get("XDG_DATA_HOME", str(Path.home() / ".local/share"))
        self.environment = {
            "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin",
            "LANG": "C.UTF-8",
            "HOME": str(self.folder),
            "XDG_DATA_HOME": data,
            "PORTICO_HOME": str(self.root),
            "PORTICO_PORT": str(self.port),
        }
        return self

    def __exit__(self, *_):
        for child in reversed(self.children):
            end(child)
        # Read-only releases are among it.
        subprocess.run(["chmod", "-R", "u+w", self.folder], check=False, stderr=subprocess.DEVNULL)
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self, command, **how):
        """Starts something that ends with this block."""
        how = {"env": self.environment, "stdin": subprocess.DEVNULL, "stderr": subprocess.DEVNULL} | how
        child = subprocess.Popen(dying_with_us(command), **how)
        self.children.append(child)
        return child

    def serve(self, through=()):
        """Starts the owner, `through` a program that starts it."""
        serving = self.start([*through, self.programs / "portico", "serve"], stdout=subprocess.PIPE, text=True)
        if not serving.stdout.readline():
            raise RuntimeError("`portico serve` ended without listening")
        return serving

    def portico(self, *arguments):
        """Runs a command that must succeed, and answers what it printed as JSON."""
        command = [self.programs / "portico", *arguments, "--format", "json"]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if done.returncode:
            raise RuntimeError(f"portico {' '.join(arguments)}: {done.stderr}")
        return json.loads(done.stdout or "null")

    def wordpress(self):
        """The code of a WordPress, made once."""
        cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "portico/test"
        cache.mkdir(parents=True, exist_ok=True)
        subprocess.run(["sh", FIXTURES / "wordpress.sh", cache / "wordpress"], check=True)
        return str(cache / "wordpress")

    def site(self, name, database):
        """A site with the code of WordPress and no content."""
        self.portico("site:create", name, "--from", self.wordpress(), "--database", database)
        return name

    def create_wordpress(self, site, database="mariadb"):
        self.portico("site:create", site, "--from", self.wordpress(), "--database", database)
        self.portico(
            "site:install", f"{site}.dev", "--title", "Bench", "--admin-user", "ada",
            "--admin-password", "correct horse", "--admin-email", "ada@portico.test",
        )

    def host(self, environment):
        site, name = environment.split(".")
        return f"{name}-{site}.localhost:{self.port}"

    def code(self, environment):
        site, name = environment.split(".")
        return self.root / "sites" / site / name / "code"


class Report:
    """Figures as they come: a line for people now, all of them for programs at the end."""

    def __init__(self):
        self.figures = []
        self.missed = False
        facts = machine()
        print(f"{facts['system']}, {facts['cpus']} CPUs, load {facts['load']:.1f}", file=sys.stderr)

    def say(self, line):
        print(line, file=sys.stderr, flush=True)

    def table(self):
        """The ratios, as a table."""
        rows = [("what", "Portico", "rival", "ratio", "aim")]
        for it in self.figures:
            ours = f"{it['median']:.4g} {it['unit']}"
            rival = f"{it['rival']} {it['rival_median']:.4g}" if "rival" in it else ""
            ratio = f"{it['ratio']:.3g}" if "ratio" in it else ""
            aim = f"{it['aim']:.3g}{'' if it['reached'] else ' missed'}" if "aim" in it else ""
            rows.append((it["name"], ours, rival, ratio, aim))
        widths = [max(map(len, column)) for column in zip(*rows)]
        for row in rows:
            print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())

    def add(self, name, unit, ours, rival=None, rival_name=None, higher_is_better=False, aim=None):
        """`aim` is the ratio, ours to the rival's, that must be reached; for a figure without a rival, its limit."""
        figure = {"name": name, "unit": unit, "ours": ours, "median": median(ours), "load": os.getloadavg()[0]}
        line = f"{name}: {figure['median']:.4g} {unit}"
        measure = figure["median"]
        if rival:
            figure |= {"rival": rival_name, "rivals": rival, "rival_median": median(rival)}
            measure = figure["ratio"] = figure["median"] / figure["rival_median"]
            line += f", {rival_name} {figure['rival_median']:.4g} {unit}: {measure:.2f} times"
        if aim is not None:
            figure |= {"aim": aim, "reached": measure >= aim if higher_is_better else measure <= aim}
            self.missed |= not figure["reached"]
            line += f" (aim: {'at least' if higher_is_better else 'at most'} {aim}{'' if figure['reached'] else ', MISSED'})"
        self.figures.append(figure)
        print(line, file=sys.stderr, flush=True)
