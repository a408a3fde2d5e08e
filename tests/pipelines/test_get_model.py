# SPDX-License-Identifier: LGPL-2.1-or-later
"""get-model.sh, from a folder and from a server instead of the net."""
import functools
import hashlib
import http.server
import subprocess
import tempfile
import threading
from pathlib import Path

from common import asset

SCRIPT = Path(__file__).resolve().parents[2] / "pipelines" / "get-model.sh"
TABLE = SCRIPT.with_name("models.tsv")


def get(*words: str, mirror: str) -> subprocess.CompletedProcess:
    return subprocess.run([SCRIPT, *words], env={"PATH": "/usr/bin:/bin",
                                                 "DETECT_MODEL_MIRROR": mirror},
                          stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=60, check=False)


def rows():
    return [line.split("\t") for line in TABLE.read_text().splitlines()
            if not line.startswith("#")]


def test_table():
    """Every row is whole, and every address is the authors'."""
    for row in rows():
        assert len(row) == 5, row
        assert len(row[2]) == 64 and int(row[2], 16) >= 0, row
        assert row[4].startswith("https://") and row[4].endswith(row[1]), row


def test_from_folder():
    models = asset("models")
    for name in sorted({row[0] for row in rows()}):
        with tempfile.TemporaryDirectory() as folder:
            done = get(name, folder, mirror=str(models))
            assert done.returncode == 0, done
            for row in rows():
                if row[0] == name:
                    data = (Path(folder) / row[1]).read_bytes()
                    assert hashlib.sha256(data).hexdigest() == row[2]
            again = get(name, folder, mirror="/nonexistent")
            assert again.returncode == 0 and "already" in again.stdout, again


def test_from_server():
    handler = functools.partial(http.server.SimpleHTTPRequestHandler,
                                directory=str(asset("models")))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server, \
            tempfile.TemporaryDirectory() as folder:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            done = get("yunet", folder, mirror=f"http://127.0.0.1:{server.server_port}")
        finally:
            server.shutdown()
            thread.join()
        assert done.returncode == 0, done
        assert len(list(Path(folder).iterdir())) == 1


def test_refusals():
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as mirror:
        (Path(mirror) / "yolox_nano.onnx").write_bytes(b"something else")
        wrong = get("yolox-nano", folder, mirror=mirror)
        assert wrong.returncode == 1 and "sha256" in wrong.stderr, wrong
        missing = get("yunet", folder, mirror=mirror)
        assert missing.returncode == 1 and "no such file" in missing.stderr, missing
        assert not list(Path(folder).iterdir()), "nothing half done is left"
    unknown = get("yolo99", mirror="/")
    assert unknown.returncode == 2 and "lists them" in unknown.stderr, unknown
    assert "yolox-nano" in get(mirror="/").stdout
