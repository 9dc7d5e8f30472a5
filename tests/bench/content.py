"""Import, clone and conversion of a large WordPress database, against the programs that people use for it."""
import os
import re
import shutil
import subprocess
from pathlib import Path

import data
from harness import in_turn, kilobytes, timed, wait_for

REPLACER = Path(__file__).with_name("replacer.php")


class Rival:
    """A server with common settings and the same data, for the rivals."""

    def __init__(self, home, dump):
        self.home, self.dump = home, dump
        self.data, self.socket = home.folder / "rival", home.folder / "rival.sock"
        user = ["--user=root"] if os.getuid() == 0 else []
        (home.folder / "rival-tmp").mkdir()
        common = ["--no-defaults", f"--datadir={self.data}", f"--tmpdir={home.folder / 'rival-tmp'}", *user]
        install = ["mariadb-install-db", *common, "--auth-root-authentication-method=normal", "--skip-test-db"]
        subprocess.run(install, check=True, capture_output=True, env=home.environment)
        self.server = home.start([
            "mariadbd", *common, f"--socket={self.socket}", "--skip-networking", "--skip-log-bin",
            "--innodb-buffer-pool-size=256M", "--innodb-log-file-size=256M", "--innodb-flush-log-at-trx-commit=2",
            "--max-allowed-packet=256M",
        ], stdout=subprocess.DEVNULL)
        wait_for("the rival's server", lambda: self.sql("SELECT 1", check=False).returncode == 0)

    def sql(self, statement, check=True):
        return subprocess.run(self.client("-e", statement), check=check, capture_output=True)

    def client(self, *arguments):
        return ["mariadb", "--no-defaults", "-uroot", "-S", str(self.socket), *arguments]

    def fresh(self, database):
        self.sql(f"DROP DATABASE IF EXISTS {database}; CREATE DATABASE {database} CHARACTER SET utf8mb4")

    def pipe(self, first, database):
        """Seconds that a program takes whose output is loaded into an empty database."""
        self.fresh(database)

        def run():
            source = subprocess.Popen(first, stdout=subprocess.PIPE)
            subprocess.run(self.client(database), stdin=source.stdout, check=True)
            if source.wait():
                raise RuntimeError(f"{first[0]} failed")

        return timed(run)

    def load(self, database="one"):
        return self.pipe(["gzip", "-dc", str(self.dump)], database)

    def clone(self, through=None):
        """Seconds of a dump that is loaded again; `through` is a program that changes it on its way."""
        socket = f"--no-defaults -uroot -S {self.socket}"
        command = f"mariadb-dump {socket} --single-transaction --quick one"
        return self.pipe(["sh", "-c", f"{command} | {through}" if through else command], "two")

    def replace(self, old, new, rows):
        """Rows per second of the replacer in PHP, over so many rows."""
        command = ["php", str(REPLACER), str(self.socket), "two", old, new, str(rows)]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
        return int(said[0]) / float(said[1])


def seconds_of(home, step):
    """Seconds that a step of the last workflow took, by its log."""
    logs = sorted((home.root / "logs/workflows").glob("*.log"), key=lambda it: int(it.stem))
    lines = [(float(line[:9]), line[10:].rstrip()) for line in logs[-1].read_text().splitlines()]
    steps = {"Convert addresses": r"looked through|^\S+: \d+ replacement", "Copy the database": r"was held for|^Leave"}
    start = next(when for when, text in lines if text == step)
    return next(when for when, text in lines if when >= start and re.search(steps[step], text)) - start


def copy_of_bytes(home, folder):
    """Seconds of `cp -r` of a database's folder."""
    target = home.folder / "copied"
    seconds = timed(lambda: subprocess.run(["cp", "-r", str(folder), str(target)], check=True))
    shutil.rmtree(target)
    return seconds


def stream_replacer():
    """The command that replaces an address in a stream, and its name: go-search-replace where it is in the PATH (no
    package has it), else sed, the plainest and fastest, which breaks every serialised value."""
    new = "http://test-rival.localhost:8080"
    if shutil.which("go-search-replace"):
        return f"go-search-replace {data.OLD} {new}", "go-search-replace"
    return f"sed 's#{data.OLD}#{new}#g'", "sed"


def stream(dump, home):
    """Seconds of the replacement in the dump's stream, unpacking left out."""
    command = f"{stream_replacer()[0]} < {dump.with_suffix('')} > /dev/null"
    return timed(lambda: subprocess.run(["sh", "-c", command], check=True, env=home.environment))


def database_folder(home, environment):
    site, name = environment.split(".")
    newest = max((home.root / "sites" / site / name / "content").iterdir(), key=lambda it: int(it.name))
    return newest / "database"


def measure(home, report, rounds):
    dump = home.folder / "bench.sql.gz"
    data.make_dump(dump, home.scale)
    subprocess.run(["gzip", "-dk", str(dump)], check=True)
    serving = home.serve()
    rival = Rival(home, dump)
    loads = measure_mariadb(home, report, rounds, dump, rival)
    # As much memory as it ever had.
    report.add("memory of Portico meanwhile", "MB", [kilobytes(serving.pid, "VmHWM") / 1024], aim=200)
    rival.server.terminate()
    rival.server.wait()
    shutil.rmtree(rival.data)
    measure_sqlite(home, report, rounds, dump, loads)
    report.add("memory of Portico, SQLite too", "MB", [kilobytes(serving.pid, "VmHWM") / 1024], aim=200)


def measure_mariadb(home, report, rounds, dump, rival):
    """Measures on MariaDB; answers the seconds that the rival loaded the dump in."""
    site = home.site("acme", "mariadb")
    imports, plain, loads, texts = [], [], [], []
    for _ in range(rounds):
        imports.append(timed(lambda: home.portico("import:database", f"{site}.dev", str(dump))))
        plain.append(timed(lambda: home.portico("import:database", f"{site}.dev", str(dump), "--keep-urls")))
        loads.append(rival.load())
        texts.append(stream(dump, home))
    report.add("import of the dump, converted", "s", imports, loads, "gzip -dc | mariadb", aim=0.5)
    report.add("import of the dump", "s", plain, loads, "gzip -dc | mariadb", aim=0.5)
    # The conversion's own share, as far as it can be told from outside.
    shares = [max(0.01, with_it - without) for with_it, without in zip(imports, plain)]
    report.add("conversion within an import", "s", shares, texts, stream_replacer()[1], aim=1 / 8)

    home.portico("env:deploy", f"{site}.test", "--note", "First")
    clones, bytes_, dumps = [], [], []
    clone = ["env:clone-content", f"{site}.dev", "test", "--db-only", "--full", "--keep-urls"]
    for number in range(rounds):
        ours, theirs = in_turn(
            number,
            lambda: timed(lambda: home.portico(*clone)),
            lambda: copy_of_bytes(home, database_folder(home, f"{site}.dev")),
        )
        clones.append(ours)
        bytes_.append(theirs)
        dumps.append(rival.clone())
    report.add("clone of the database", "s", clones, dumps, "mariadb-dump | mariadb", aim=1 / 40)
    report.add("clone of the database", "s", clones, bytes_, "cp -r", aim=2)

    measure_conversion(home, report, rounds, site, dumps, rival)
    return loads


def measure_conversion(home, report, rounds, site, dumps, rival):
    wholes, steps, rates, loops = [], [], [], []
    for number in range(rounds):
        pairs = ["--from-url", data.OLD, "--to-url", f"http://test-{number}.localhost:8080"]
        done = {}

        def clone():
            done.update(home.portico("env:clone-content", f"{site}.dev", "test", "--db-only", "--full", *pairs))

        wholes.append(timed(clone))
        steps.append(seconds_of(home, "Convert addresses"))
        rates.append(rows_changed(home) / steps[-1])
        there_and_back = [data.OLD, "http://test.localhost:8080"][:: 1 if number % 2 == 0 else -1]
        loops.append(rival.replace(*there_and_back, round(60_000 * home.scale)))
    # Last: it leaves the rival's copy converted.
    through, name = stream_replacer()
    converted = [rival.clone(through) for _ in range(rounds)]
    report.add("clone with conversion", "s", wholes, converted, f"mariadb-dump | {name} | mariadb", aim=1 / 5)
    report.add("clone with conversion", "s", wholes, dumps, "mariadb-dump | mariadb, no conversion")
    report.add("conversion in place", "s", steps, aim=10 * home.scale)
    report.add("conversion in place", "rows/s", rates, loops, "a loop in PHP", higher_is_better=True, aim=12)


def rows_changed(home):
    logs = sorted((home.root / "logs/workflows").glob("*.log"), key=lambda it: int(it.stem))
    return sum(map(int, re.findall(r"replacements? in (\d+) rows?", logs[-1].read_text())))


def measure_sqlite(home, report, rounds, dump, loads):
    site = home.site("lite", "sqlite")
    imports = []
    for _ in range(rounds):
        imports.append(timed(lambda: home.portico("import:database", f"{site}.dev", str(dump))))
    home.portico("import:database", f"{site}.dev", str(dump), "--keep-urls")
    report.add("import into SQLite, converted", "s", imports, loads, "gzip -dc | mariadb", aim=1 / 3)
    home.portico("env:deploy", f"{site}.test", "--note", "First")
    clones, bytes_, steps = [], [], []
    for number in range(rounds):
        clone = ["env:clone-content", f"{site}.dev", "test", "--db-only", "--full"]
        ours, theirs = in_turn(
            number,
            lambda: timed(lambda: home.portico(*clone, "--keep-urls")),
            lambda: copy_of_bytes(home, database_folder(home, f"{site}.dev")),
        )
        clones.append(ours)
        bytes_.append(theirs)
        home.portico(*clone, "--from-url", data.OLD, "--to-url", f"http://test-{number}.localhost:8080")
        steps.append(seconds_of(home, "Convert addresses"))
    report.add("clone of a SQLite database", "s", clones, bytes_, "cp -r", aim=2)
    report.add("conversion in place, SQLite", "s", steps, aim=6 * home.scale)
