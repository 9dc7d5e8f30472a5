"""Our front against nginx: the same WordPress, the same PHP processes, the same load."""
import json
import os
import re
import subprocess
import urllib.request
from pathlib import Path

from harness import answers, free_port, wait_for

SECONDS = 5
CONNECTIONS = 8
STATIC = "/wp-includes/js/jquery/jquery.min.js"

# Tells what Portico gives to PHP, so that nginx can give it, too.
PROBE = "<?php header('Content-Type: application/json'); echo json_encode(['pid' => getmypid(), 'server' => $_SERVER]);"

# What each server makes itself from the request.
OWN = re.compile(
    r"^(HTTP_|REQUEST_|REMOTE_|SERVER_|SCRIPT_|DOCUMENT_|PATH_|GATEWAY_|QUERY_STRING$|CONTENT_|PHP_SELF$|FCGI_"
    r"|argv$|argc$|HOME$|USER$|PATH$|PWD$|REDIRECT_|HTTPS$)"
)

NGINX = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx-error.log; worker_processes auto; {user}
events {{ worker_connections 512; }}
http {{
  include /etc/nginx/mime.types; sendfile on; tcp_nopush on; keepalive_requests 100000;
  open_file_cache max=1000; access_log {folder}/nginx-access.log;
  client_body_temp_path {folder}/nginx-body; fastcgi_temp_path {folder}/nginx-fastcgi;
  proxy_temp_path {folder}/nginx-proxy; uwsgi_temp_path {folder}/nginx-uwsgi; scgi_temp_path {folder}/nginx-scgi;
  server {{
    listen 127.0.0.1:{port}; root {root}; index index.php;
    location / {{ try_files $uri $uri/ /index.php?$args; }}
    location ~ [.]php$ {{
      fastcgi_pass {php};
      include /etc/nginx/fastcgi_params;
      fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
      {params}
    }}
  }}
}}
"""


def listening_socket(pid):
    """Where the PHP process `pid` listens, as nginx writes it."""
    inodes = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        target = os.readlink(link)
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    for line in Path("/proc/net/unix").read_text().splitlines()[1:]:
        fields = line.split()
        if len(fields) == 8 and fields[6] in inodes:
            return f"unix:{fields[7]}"
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[9] in inodes and fields[3] == "0A":
            return f"127.0.0.1:{int(fields[1].split(':')[1], 16)}"
    raise RuntimeError(f"PHP {pid} listens nowhere")


def quoted(value):
    # nginx has no escape for a dollar sign: a variable holds it.
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"').replace("$", "${dollar}") + '"'


def start_nginx(home, environment):
    code = home.code(environment).resolve()
    probe = code / "portico-bench-probe.php"
    probe.write_text(PROBE)
    request = urllib.request.Request(
        f"http://127.0.0.1:{home.port}/{probe.name}", headers={"Host": home.host(environment)}
    )
    with urllib.request.urlopen(request) as answer:
        told = json.load(answer)
    probe.unlink()
    params = {name: value for name, value in told["server"].items() if not OWN.match(name) and isinstance(value, str)}
    port = free_port()
    text = NGINX.format(
        folder=home.folder,
        port=port,
        root=code,
        php=listening_socket(told["pid"]),
        user="user root;" if os.getuid() == 0 else "",
        params="\n      ".join(f"fastcgi_param {name} {quoted(value)};" for name, value in params.items()),
    )
    text = text.replace("  server {", '  geo $dollar { default "$"; }\n  server {', 1)
    config = home.folder / "nginx.conf"
    config.write_text(text)
    home.start(["nginx", "-c", config])
    wait_for("nginx", lambda: answers(port))
    return port


def load(port, host, path):
    """(requests per second, p99 in milliseconds) under wrk; a failed request ends the bench."""
    command = ["wrk", "-t2", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "--timeout", "30s", "--latency"]
    command += ["-H", f"Host: {host}", f"http://127.0.0.1:{port}{path}"]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in said or "Socket errors" in said:
        raise RuntimeError(f"requests failed:\n{said}")
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1])
    p99, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", said).groups()
    return rate, float(p99) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def measure(home, report, rounds):
    home.serve()
    home.create_wordpress("acme")
    host = home.host("acme.dev")
    load(home.port, host, "/")  # fills PHP's opcache
    nginx = start_nginx(home, "acme.dev")
    for name, path in [("front page", "/"), ("static file", STATIC)]:
        ours, theirs = [], []
        for _ in range(rounds):
            ours.append(load(home.port, host, path))
            theirs.append(load(nginx, host, path))
        rates = [[rate for rate, _ in side] for side in (ours, theirs)]
        tails = [[p99 for _, p99 in side] for side in (ours, theirs)]
        # Within noise, "not slower" is 0.95 and 1.05.
        report.add(f"{name}, requests", "/s", *rates, "nginx", higher_is_better=True, aim=0.95)
        report.add(f"{name}, p99", "ms", *tails, "nginx", aim=1.05)
