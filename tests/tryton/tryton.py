"""A real Tryton with a small company in it, for tests and for whoever wants to try one.

    python3 tests/tryton/tryton.py FOLDER [PORT | --install]

The first time, Tryton is installed and a company is founded below FOLDER; later that is copied. A
line of JSON says where it listens (url, database, login, password). It ends when its standard input
does. The lines `kill`, `start`, `end sessions` and `pay` kill it at once, start it again with the same
data, log everybody out, and pay what was invoiced; each is answered by a line when that is done. Exit
code 75 says that Tryton could not be installed: the registry of Python
packages cannot be reached.
"""
import fcntl
import hashlib
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
MODULES = ["sale", "sale_opportunity", "sale_price_list", "account_invoice_stock"]
SOURCES = ["requirements.txt", "trytond.conf", "company.py"]
CANNOT_INSTALL = 75
START_SECONDS_MAX = 120


def main():
    folder = Path(sys.argv[1]).resolve()
    founded = found(folder)
    if sys.argv[2:] == ["--install"]:
        return
    port = int(sys.argv[2]) if len(sys.argv) > 2 else free_port()
    with tempfile.TemporaryDirectory() as own:
        serve(founded, Path(own), port)


def found(folder):
    """The installed Tryton with its company; made when what it is made from has changed."""
    digest = hashlib.sha256(repr(MODULES).encode())
    for name in SOURCES:
        digest.update((HERE / name).read_bytes())
    made = folder / digest.hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    # Of tests that begin together, one installs.
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (made / "erp.sqlite").exists():
            for older in folder.glob("*/"):
                shutil.rmtree(older)
            made.mkdir()
            say("installing Tryton (about two minutes, once)")
            install(made)
            set_up(made)
    return made


def install(folder):
    subprocess.run([sys.executable, "-m", "venv", folder / "python"], check=True)
    pip = [python(folder), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if subprocess.run([*pip, "--requirement", HERE / "requirements.txt"]).returncode:
        say("Tryton cannot be installed")
        sys.exit(CANNOT_INSTALL)


def set_up(folder):
    # Not on the disk that counts: thousands of small commits.
    with tempfile.TemporaryDirectory(dir=memory()) as data:
        data = Path(data)
        (data / "erp.sqlite").touch()
        (data / "password").write_text("admin\n")
        conf = configure(data, data / "trytond.conf", 0)
        trytond_admin(folder, data, "-c", conf, "-d", "erp", "--activate-dependencies",
                      "--email", "admin@example.com", "--update", "ir", "res", *MODULES)
        subprocess.run([python(folder), HERE / "company.py", conf], check=True, stdout=sys.stderr)
        # It has its name only when it is whole.
        shutil.copy(data / "erp.sqlite", folder / "begun")
        (folder / "begun").rename(folder / "erp.sqlite")


def serve(folder, own, port):
    shutil.copy(folder / "erp.sqlite", own / "erp.sqlite")
    conf = configure(own, own / "trytond.conf", port)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    server = start(folder, conf, port, own / "log")
    try:
        print(json.dumps({
            "url": f"http://127.0.0.1:{port}", "database": "erp", "login": "roundsman",
            "password": "roundsman-demo"}), flush=True)
        for line in sys.stdin:
            if line.strip() == "kill":
                server.kill()
                server.wait()
            elif line.strip() == "start":
                server = start(folder, conf, port, own / "log")
            elif line.strip() == "end sessions":
                with sqlite3.connect(own / "erp.sqlite", timeout=60) as data:
                    data.execute("delete from ir_session")
            elif line.strip() == "pay":
                subprocess.run([python(folder), HERE / "pay.py", conf], check=True,
                               stdout=sys.stderr)
            print("{}", flush=True)
    finally:
        server.terminate()
        server.wait()


def start(folder, conf, port, log):
    with open(log, "ab") as out:
        command = [folder / "python/bin/trytond", "-c", conf, "-d", "erp"]
        server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
    end = time.monotonic() + START_SECONDS_MAX
    while not answers(port):
        if server.poll() is not None or time.monotonic() > end:
            server.kill()
            sys.exit(f"Tryton does not start:\n{log.read_text()}")
        time.sleep(0.1)
    return server


def answers(port):
    ask = json.dumps({"id": 0, "method": "common.server.version", "params": []}).encode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/rpc/", ask, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def trytond_admin(folder, data, *args):
    environment = {**os.environ, "TRYTONPASSFILE": str(data / "password")}
    command = [folder / "python/bin/trytond-admin", *args]
    subprocess.run(command, env=environment, check=True, stdout=sys.stderr)


def configure(data, path, port):
    text = (HERE / "trytond.conf").read_text()
    path.write_text(text.replace("@DATA@", str(data)).replace("@PORT@", str(port)))
    return path


def python(folder):
    return folder / "python/bin/python"


def memory():
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def free_port():
    with socket.socket() as it:
        it.bind(("127.0.0.1", 0))
        return it.getsockname()[1]


def say(text):
    print(f"tryton: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
