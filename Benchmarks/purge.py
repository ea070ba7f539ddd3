#!/usr/bin/env python3
"""How long a purge by tag takes when the tag is on 10 stored responses and when it is on 100,000, over three tiers, beside
Varnish's bans and its xkey. Milliseconds from sending the request to the whole answer, one connection, one purge after the other.

    Benchmarks/purge.py [ENTRIES=100000] [PURGES=200]

Wants `make build` (or STRATA_BINARIES, a folder with strata and FixtureOrigin), redis-server, and varnishd for the
comparison. Every purge is of another tag that all the entries carry, soft, so that each selects all of them.
"""

import glob
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

entries = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
purges = int(sys.argv[2]) if len(sys.argv) > 2 else 200
binaries = os.environ.get("STRATA_BINARIES", os.path.join(os.path.dirname(__file__), "..", ".build", "release"))
processes = []


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def start(*command):
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    processes.append(process)
    return process


def wait_for(port):
    for _ in range(600):
        try:
            return socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"nothing listens on {port}")


class Connection:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), 30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""

    def send(self, method, target, fields=()):
        lines = [f"{method} {target} HTTP/1.1", "Host: bench.example", *fields, "", ""]
        self.socket.sendall("\r\n".join(lines).encode())

    def answer(self):
        while b"\r\n\r\n" not in self.buffer:
            self.receive()
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        length = 0
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        while len(self.buffer) < length:
            self.receive()
        body, self.buffer = self.buffer[:length], self.buffer[length:]
        return int(head.split(b" ")[1]), body

    def receive(self):
        piece = self.socket.recv(1 << 16)
        if not piece:
            raise SystemExit("the connection ended")
        self.buffer += piece


def fill(port, count, kind, ahead=100):
    """Pages whose tags are kind0 … kindN, so many requests ahead."""
    connection = Connection(port)
    tags = ",".join(f"{kind}{number}" for number in range(purges))
    targets = [f"/page/{kind}/{number}?max-age=86400&tags={tags}" for number in range(count)]
    for first in range(0, count, ahead):
        batch = targets[first : first + ahead]
        for target in batch:
            connection.send("GET", target)
        for _ in batch:
            status, _ = connection.answer()
            assert status == 200, status


def measure(port, method, fields):
    """Both sets in turn, so that whatever else the machine does falls on both."""
    times = {"few": [], "many": []}
    # What the fill left to the disk is written by then.
    os.sync()
    time.sleep(5)
    connection = Connection(port)
    for number in range(purges):
        for kind, taken in times.items():
            began = time.perf_counter()
            connection.send(method, "/", [field.format(tag=f"{kind}{number}") for field in fields])
            status, body = connection.answer()
            taken.append((time.perf_counter() - began) * 1000)
            assert status == 200, body
    return times


def report(server, count, times):
    ordered = sorted(times)
    print(
        f"{server:28} {count:>7} entries: median {statistics.median(times):.2f} ms, "
        f"95 of 100 below {ordered[int(len(ordered) * 0.95)]:.2f} ms",
        flush=True,
    )


def strata(folder, origin, tiers, name):
    port, admin = free_port(), free_port()
    conf = os.path.join(folder, f"{name}.conf")
    with open(conf, "w") as file:
        file.write(
            f"""
listen: ["127.0.0.1:{port}"]
admin: {{ listen: "127.0.0.1:{admin}" }}
state: "{folder}/{name}-state"
tiers: {{ {tiers} }}
purge: {{ rate: 0 }}
limits: {{ request_line: 64KB, request_head: 128KB }}
sites: [{{ hosts: ["*"], origin: "http://127.0.0.1:{origin}" }}]
log: {{ level: warning }}
"""
        )
    process = start(os.path.join(binaries, "strata"), "run", "--config", conf)
    wait_for(port)
    fill(port, 10, "few")
    fill(port, entries, "many")
    times = measure(port, "PURGE", ["Surrogate-Key: {tag}", "Soft-Purge: 1"])
    report(f"Strata, {name}", 10, times["few"])
    report(f"Strata, {name}", entries, times["many"])
    stats = json.load(urllib.request.urlopen(f"http://127.0.0.1:{admin}/cache/stats"))
    print(f"{'':28} memory held {stats['layers']['l1_memory']['entries']} entries")
    process.terminate()
    process.wait()


def varnish(folder, origin, name, vcl_text):
    port = free_port()
    vcl = os.path.join(folder, f"{name}.vcl")
    with open(vcl, "w") as file:
        file.write(f'vcl 4.1;\nbackend default {{ .host = "127.0.0.1"; .port = "{origin}"; }}\n{vcl_text}')
    start(
        "varnishd", "-F", "-f", vcl, "-a", f"127.0.0.1:{port}", "-s", "malloc,1g", "-n", os.path.join(folder, name),
        "-p", "http_req_size=128k", "-p", "http_req_hdr_len=64k", "-p", "workspace_client=256k",
        "-p", "workspace_backend=256k", "-p", "http_resp_size=128k", "-p", "http_resp_hdr_len=64k",
    )
    wait_for(port)
    fill(port, 10, "few", ahead=1)
    fill(port, entries, "many", ahead=1)
    return port


def varnish_bans(folder, origin):
    port = varnish(
        folder, origin, "bans", """
sub vcl_recv {
  if (req.method == "BAN") {
    ban("obj.http.Surrogate-Key ~ " + req.http.X-Tag);
    return (synth(200, "banned"));
  }
}
""")
    times = measure(port, "BAN", [r"X-Tag: (^| ){tag}( |$)"])
    report("Varnish, ban", 10, times["few"])
    report("Varnish, ban", entries, times["many"])
    # A ban is added at once; what it costs comes with the next lookups, and with its lurker.
    began = time.perf_counter()
    fill(port, min(entries, 10_000), "many", ahead=1)
    print(f"{'':28} then {min(entries, 10_000)} requests took {time.perf_counter() - began:.1f} s")


def varnish_xkey(folder, origin):
    """Its xkey (Debian's varnish-modules) marks each entry of the tag within the purge's request."""
    port = varnish(
        folder, origin, "xkey", """
import xkey;
sub vcl_backend_response { set beresp.http.xkey = beresp.http.Surrogate-Key; set beresp.grace = 1h; }
sub vcl_recv {
  if (req.method == "PURGE") {
    set req.http.n = xkey.softpurge(req.http.X-Tag);
    return (synth(200, req.http.n));
  }
}
""")
    times = measure(port, "PURGE", ["X-Tag: {tag}"])
    report("Varnish, xkey soft purge", 10, times["few"])
    report("Varnish, xkey soft purge", entries, times["many"])


with tempfile.TemporaryDirectory() as folder:
    # Varnish's worker is another user.
    os.chmod(folder, 0o755)
    try:
        origin, redis = free_port(), free_port()
        start(
            os.path.join(binaries, "FixtureOrigin"), "--listen", f"127.0.0.1:{origin}", "--site", "fixtures/site",
            "--messages", "fixtures/messages",
        )
        start("redis-server", "--port", str(redis), "--bind", "127.0.0.1", "--save", "", "--dir", folder)
        wait_for(origin)
        wait_for(redis)
        memory, disk = "memory: { size: 1GB }", f'disk: {{ path: "{folder}/cache", size: 4GB }}'
        strata(folder, origin, f"{memory}, {disk}", "memory and disk")
        strata(folder, origin, f'{memory}, redis: {{ url: "redis://127.0.0.1:{redis}/0" }}, disk: {{ path: "{folder}/cache3", size: 4GB }}', "three tiers")
        if any(os.access(os.path.join(p, "varnishd"), os.X_OK) for p in ["/usr/sbin", "/usr/bin", "/usr/local/sbin"]):
            os.environ["PATH"] += ":/usr/sbin"
            varnish_bans(folder, origin)
            if glob.glob("/usr/lib/*/varnish/vmods/libvmod_xkey.so"):
                varnish_xkey(folder, origin)
    except KeyboardInterrupt:
        pass
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()
