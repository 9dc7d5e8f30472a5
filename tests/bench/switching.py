"""Visitors during deploys and clones: none of their requests may fail."""
import re
import signal
import subprocess

from harness import timed

TIMES = 20


def start_load(home, environment):
    command = ["wrk", "-t1", "-c2", "-d3600s", "--timeout", "60s", "--latency", "-H", f"Host: {home.host(environment)}"]
    return home.start([*command, f"http://127.0.0.1:{home.port}/"], stdout=subprocess.PIPE, text=True)


def end_load(process):
    """(requests, failed ones, the slowest in milliseconds)"""
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=60)[0]
    requests = int(re.search(r"(\d+) requests in", said)[1])
    failed = sum(map(int, re.findall(r"Non-2xx or 3xx responses: (\d+)", said)))
    errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", said)
    slowest, unit = re.search(r"Latency\s+\S+\s+\S+\s+([\d.]+)(us|ms|s|m)", said).groups()
    slowest = float(slowest) * {"us": 0.001, "ms": 1, "s": 1000, "m": 60000}[unit]
    return requests, failed + sum(map(int, errors.groups() if errors else [])), slowest


def measure(home, report, _rounds):
    home.serve()
    home.create_wordpress("acme")
    home.portico("env:deploy", "acme.test")
    home.portico("env:deploy", "acme.live")
    loads = [start_load(home, f"acme.{name}") for name in ("dev", "test", "live")]
    deploys, clones = [], []
    for number in range(TIMES):
        (home.code("acme.dev") / "portico-bench.php").write_text(f"<?php return {number};\n")
        home.portico("env:commit", "acme.dev", "--message", f"Change {number}")
        deploys.append(timed(lambda: home.portico("env:deploy", "acme.test")))
        clones.append(timed(lambda: home.portico("env:clone-content", "acme.live", "dev")))
    ended = [end_load(load) for load in loads]
    report.add("deploy under load", "s", deploys)
    report.add("clone under load", "s", clones)
    report.add("requests during them", "requests", [sum(requests for requests, _, _ in ended)])
    report.add("slowest of them", "ms", [max(slowest for _, _, slowest in ended)])
    report.add("failed of them", "requests", [sum(failed for _, failed, _ in ended)], aim=0)
