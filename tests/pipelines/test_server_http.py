# SPDX-License-Identifier: LGPL-2.1-or-later
"""gst-detect-server-1.0 over HTTP.

DETECT_MUTATIONS sets how many broken requests are sent (a few hundred by default).
"""
import http.client
import json
import os
import random
import re
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import NamedTuple, Optional

import cv2
import numpy as np

import samples
from common import asset, build_folder, checked
from marks import Skip, cases, sanitized, timeout
from serving import CAT, DOG, START, WRAPPER, Server, picture, wait_until
from test_server import environment, mutate, send_raw

OPENAPI = Path(__file__).parents[2] / "docs" / "openapi.yaml"
MUTATIONS = int(os.environ.get("DETECT_MUTATIONS", "600"))
BOXES = [[x, y, x + width, y + height] for x, y, width, height in (DOG, CAT)]
JPEG = cv2.imencode(".jpg", picture())[1].tobytes()
PNG = cv2.imencode(".png", picture())[1].tobytes()


class Answer(NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def json(self) -> object:
        assert self.headers["Content-Type"] == "application/json", self
        return json.loads(self.body)


def send(server: Server, method: str, path: str, body: Optional[bytes] = None,
         kind: Optional[str] = None, **headers: str) -> Answer:
    connection = http.client.HTTPConnection("localhost", server.http_port, timeout=START)
    if kind:
        headers["Content-Type"] = kind
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    taken = Answer(answer.status, answer.headers, answer.read())
    connection.close()
    return taken


def post(server: Server, body: bytes, kind: str, query: str = "", **headers: str) -> Answer:
    return send(server, "POST", "/v1/detect" + query, body, kind, **headers)


def curl(server: Server, path: str, *words: object) -> str:
    command = ["curl", "--silent", "--show-error", "--max-time", "50", *words, server.url + path]
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                          check=True, env=environment()).stdout


def boxes(frame: dict) -> list:
    return [[round(side, 2) for side in each["box"]] for each in frame["objects"]]


def metric(server: Server, name: str) -> float:
    text = send(server, "GET", "/metrics").body.decode()
    return float(re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE).group(1))


# ---- pictures ----

@sanitized
def test_picture():
    with Server(wire=False) as server:
        for body, kind in ((JPEG, "image/jpeg"), (PNG, "image/png"), (PNG, "IMAGE/PNG; a=b")):
            frame = post(server, body, kind).json()
            assert frame["width"] == frame["height"] == 64 and boxes(frame) == BOXES, frame
            assert [each["label"] for each in frame["objects"]] == ["dog", "cat"], frame
            assert frame["model"] == "canned.null" and frame["inferred"], frame


@sanitized
def test_curl():
    """As people will call it."""
    with tempfile.TemporaryDirectory() as folder, Server(wire=False) as server:
        path = Path(folder) / "picture.jpg"
        path.write_bytes(JPEG)
        frame = json.loads(curl(server, "/v1/detect", "--data-binary", f"@{path}", "--header",
                                "Content-Type: image/jpeg"))
        assert boxes(frame) == BOXES
        frames = json.loads(curl(server, "/v1/detect", "--form", f"a=@{path}", "--form",
                                 f"b=@{path}", "--form", "c=no picture"))
        assert [boxes(each) for each in frames[:2]] == [BOXES, BOXES]
        assert [each["input"] for each in frames] == ["picture.jpg", "picture.jpg", "c"]
        assert "neither" in frames[2]["error"]
        drawn = Path(folder) / "drawn.jpg"
        curl(server, "/v1/detect?annotated=1", "--data-binary", f"@{path}", "--header",
             "Content-Type: image/jpeg", "--output", drawn)
        assert cv2.imread(str(drawn)).shape == (64, 64, 3)


def test_same_as_program():
    """The frame is what gst-detect-1.0 --json writes of the same picture."""
    if WRAPPER:
        raise Skip("valgrind's processor rounds in its own way")
    model = asset("models/yolox_nano.onnx")
    with samples.png(samples.people()) as path, Server(model=model, wire=False) as server:
        frame = post(server, path.read_bytes(), "image/png").json()
        line = json.loads(checked([build_folder() / "pipelines/gst-detect-1.0", "--model", model,
                                   "--json", "-", "-q", path]))
    assert sorted(frame) == sorted(line)
    assert len(frame["objects"]) > 3 and frame["objects"] == line["objects"]


def test_upright():
    """A picture that lies on its side by its EXIF tag is turned, as the program does."""
    model = asset("models/yolox_nano.onnx")
    with Server(model=model, wire=False) as server:
        for name in ("Landscape_6", "Portrait_6", "Portrait_1"):
            path = asset(f"media/exif/{name}.jpg")
            frame = post(server, path.read_bytes(), "image/jpeg").json()
            height, width = cv2.imread(str(path)).shape[:2]  # which turns it, too
            assert (frame["width"], frame["height"]) == (width, height), name


@sanitized
def test_orientations():
    """Every EXIF orientation is undone."""
    corner = np.full((32, 64, 3), 255, np.uint8)
    corner[:8, :16] = (0, 0, 255)  # red, top left
    turns = {1: corner, 2: corner[:, ::-1], 3: corner[::-1, ::-1], 4: corner[::-1],
             5: corner.transpose(1, 0, 2), 6: np.rot90(corner, 1), 7: np.rot90(
                 corner, 2).transpose(1, 0, 2), 8: np.rot90(corner, -1)}
    with Server(wire=False) as server:
        for orientation, stored in turns.items():
            jpeg = cv2.imencode(".jpg", np.ascontiguousarray(stored))[1].tobytes()
            tiff = (b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0" + bytes([orientation])
                    + b"\0\0\0\0\0\0")
            exif = b"\xff\xe1" + (len(tiff) + 8).to_bytes(2, "big") + b"Exif\0\0" + tiff
            drawn = post(server, jpeg[:2] + exif + jpeg[2:], "image/jpeg", "?annotated=1")
            image = cv2.imdecode(np.frombuffer(drawn.body, np.uint8), cv2.IMREAD_COLOR)
            assert image.shape == (32, 64, 3), (orientation, image.shape)
            blue, _green, red = image[1, 1]
            assert red > 150 and blue < 120, (orientation, image[1, 1])


@sanitized
def test_annotated():
    """Boxes are drawn where they are, in the style the options ask for."""
    plain = np.full((256, 256, 3), 90, np.uint8)
    body = cv2.imencode(".png", plain)[1].tobytes()
    with Server("--overlay-labels", "false", "--line-width", "4", wire=False) as server:
        answer = post(server, body, "image/png", "?annotated=1")
        assert answer.headers["Content-Type"] == "image/jpeg"
        image = cv2.imdecode(np.frombuffer(answer.body, np.uint8), cv2.IMREAD_COLOR)
        changed = np.abs(image.astype(int) - 90).max(axis=2) > 40
        x0, y0, x1, y1 = (side * 4 for side in BOXES[0])
        assert changed[y0:y1, x0 - 4:x0 + 4].any() and changed[y0:y1, x1 - 4:x1 + 4].any()
        assert not changed[y0 + 12:y1 - 12, x0 + 12:x1 - 12].any()
        grey = post(server, cv2.imencode(".png", plain[:, :, 0])[1].tobytes(), "image/png",
                    "?annotated=1")
        assert grey.status == 200
        assert post(server, JPEG, "image/jpeg", "?annotated=2").status == 400
        assert post(server, JPEG, "image/jpeg", "?annotated=0").json()["objects"]


# ---- videos ----

@timeout(180)
@sanitized
def test_video():
    """A line for each frame, the same as the program's."""
    with tempfile.TemporaryDirectory() as folder, Server(wire=False) as server:
        for name, encoding in (("a.avi", ("-c:v", "mjpeg")), ("b.mp4", ("-c:v", "mpeg4")),
                               ("c.mkv", ("-c:v", "libx264"))):
            path = samples.people_video(Path(folder) / name, 20, *encoding)
            answer = post(server, path.read_bytes(), "video/mp4")
            lines = [json.loads(line) for line in answer.body.splitlines()]
            assert answer.status == 200, answer
            assert answer.headers["Content-Type"] == "application/x-ndjson"
            assert [line["frame"] for line in lines] == list(range(20)), name
            assert all(len(line["objects"]) == 2 for line in lines)
        assert metric(server, "detect_images_total") == 60


@sanitized
def test_video_streams():
    """Lines come while later frames are still looked at; who leaves ends the work."""
    with tempfile.TemporaryDirectory() as folder, Server(
            "--parallel", "1", wire=False,
            behaviour="[behaviour]\ndelay-ms=50\n") as server:
        path = samples.people_video(Path(folder) / "a.avi", 200, "-c:v", "mjpeg")
        connection = http.client.HTTPConnection("localhost", server.http_port, timeout=60)
        connection.request("POST", "/v1/detect", path.read_bytes(),
                           {"Content-Type": "video/x-msvideo"})
        answer = connection.getresponse()
        assert json.loads(answer.readline())["frame"] == 0
        busy = post(server, path.read_bytes()[:1000], "video/x-msvideo")
        assert busy.status == 503 and busy.headers["Retry-After"] == "1"
        assert metric(server, "detect_images_total") < 150
        answer.close()
        connection.close()
        wait_until(lambda: post(server, b"x", "video/mp4").status != 503)
        assert metric(server, "detect_images_total") < 200


@sanitized
def test_bad_videos():
    """What is no video, and a list of addresses, which nobody fetches."""
    with tempfile.TemporaryDirectory() as folder, Server(wire=False) as server:
        listening = socket.create_server(("localhost", 0))
        url = f"http://localhost:{listening.getsockname()[1]}/a.ts"
        playlist = f"#EXTM3U\n#EXT-X-VERSION:3\n#EXTINF:10,\n{url}\n#EXT-X-ENDLIST\n".encode()
        path = samples.people_video(Path(folder) / "a.mp4", 20, "-c:v", "mpeg4")
        whole = path.read_bytes()
        for body in (b"", b"\0" * 1000, playlist, JPEG, whole[:64]):
            answer = post(server, body, "video/mp4")
            assert answer.status == 400 and answer.json()["error"], answer
        listening.setblocking(False)
        try:
            listening.accept()
            raise AssertionError("the list was followed")
        except BlockingIOError:
            pass
        cut = samples.people_video(Path(folder) / "b.mkv", 20, "-c:v", "mjpeg").read_bytes()
        assert post(server, cut[:len(cut) // 2], "video/x-matroska").status == 200
        wait_until(lambda: server.n_files() < 30)


# ---- errors ----

@sanitized
def test_errors():
    with Server("--max-body", "1", "--max-video", "1", wire=False) as server:
        large = bytes(3 << 20)
        wanted = [(send(server, "GET", "/none"), 404), (send(server, "GET", "/v1/detect"), 405),
                  (send(server, "POST", "/healthz", b"x"), 405),
                  (send(server, "OPTIONS", "/v1/detect"), 405),
                  (post(server, JPEG, "text/plain"), 415), (post(server, JPEG, ""), 415),
                  (post(server, JPEG[:200], "image/jpeg"), 400),
                  (post(server, b"", "image/png"), 400),
                  (post(server, JPEG, "multipart/form-data"), 400),
                  (post(server, b"--x--\r\n", "multipart/form-data; boundary=x"), 400),
                  (post(server, large, "image/jpeg"), 413),
                  (post(server, large, "video/mp4"), 413)]
        for answer, status in wanted:
            assert answer.status == status and answer.json()["error"], answer
        assert wanted[1][0].headers["Allow"] == "POST"
        assert boxes(post(server, JPEG, "image/jpeg").json()) == BOXES


@sanitized
def test_pieces_without_end():
    """A body in pieces that never ends is cut off."""
    with Server("--max-body", "1", wire=False) as server:
        with socket.create_connection(("localhost", server.http_port)) as raw:
            raw.settimeout(60)
            raw.sendall(b"POST /v1/detect HTTP/1.1\r\nHost: x\r\nContent-Type: image/jpeg\r\n"
                        b"Transfer-Encoding: chunked\r\n\r\n")
            piece = b"10000\r\n" + bytes(0x10000) + b"\r\n"
            try:
                for _ in range(1000):
                    raw.sendall(piece)
                raise AssertionError("64 MB were taken")
            except (BrokenPipeError, ConnectionResetError):
                pass
        assert boxes(post(server, JPEG, "image/jpeg").json()) == BOXES


@sanitized
def test_token():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "token"
        path.write_text("secret\n")
        with Server("--token-file", path, wire=False) as server:
            for sent in (None, "secret", "Bearer wrong", "Bearer secre", "Bearer secret1",
                         "Bearer ", "Basic secret"):
                headers = {"Authorization": sent} if sent else {}
                answer = post(server, JPEG, "image/jpeg", **headers)
                assert answer.status == 401 and answer.headers["WWW-Authenticate"] == "Bearer"
                assert send(server, "GET", "/metrics", **headers).status == 401
            answer = post(server, JPEG, "image/jpeg", Authorization="Bearer secret")
            assert boxes(answer.json()) == BOXES
            assert send(server, "GET", "/healthz").status == 200


@sanitized
def test_busy():
    """Beyond the queue clients are told to come back; those in it are served."""
    statuses = []

    def ask() -> None:
        statuses.append(post(server, JPEG, "image/jpeg"))

    with Server("--parallel", "1", "--queue", "2", wire=False,
                behaviour="[behaviour]\ndelay-ms=300\n") as server:
        threads = [threading.Thread(target=ask) for _ in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        served = [each for each in statuses if each.status == 200]
        busy = [each for each in statuses if each.status == 503]
        assert len(served) + len(busy) == 10 and len(served) >= 2 and busy, statuses
        assert all(each.headers["Retry-After"] == "1" for each in busy)
        assert metric(server, 'detect_requests_total{interface="http",outcome="busy"}') == len(
            busy)
        assert post(server, JPEG, "image/jpeg").status == 200


@sanitized
def test_hung_engine():
    with Server("--timeout", "1", "--parallel", "1", wire=False,
                behaviour="[behaviour]\nfault=hang\nafter=1\n") as server:
        assert send(server, "GET", "/healthz").status == 200
        for _ in range(4):
            assert post(server, JPEG, "image/jpeg").status == 500
        answer = send(server, "GET", "/healthz")
        assert answer.status == 503 and answer.json()["status"] != "ok"


# ---- the others ----

@sanitized
def test_health_models_metrics():
    with Server(wire=False) as server:
        assert send(server, "GET", "/healthz").json() == {"status": "ok"}
        model, = send(server, "GET", "/v1/models").json()["models"]
        assert model == {"id": "canned.null", "engine": "null", "decoder": "yolov8",
                         "classes": ["cat", "dog"]}
        post(server, JPEG, "image/jpeg")
        post(server, JPEG[:100], "image/jpeg")
        assert metric(server, "detect_images_total") == 1
        assert metric(server, "detect_objects_total") == 2
        assert metric(server, 'detect_requests_total{interface="http",outcome="refused"}') == 1
        assert metric(server, 'detect_image_seconds_bucket{le="+Inf"}') == 1
        assert metric(server, 'detect_clients{interface="http"}') >= 1
        for line in send(server, "GET", "/metrics").body.decode().splitlines():
            assert re.fullmatch(r"# (HELP|TYPE) \w+ .*|\w+(\{[^}]*\})? [\d.]+", line), line


@sanitized
def test_slow_clients():
    with Server("--timeout", "2", wire=False) as server:
        before = server.n_files()
        head = b"POST /v1/detect HTTP/1.1\r\nHost: x\r\nContent-Type: image/jpeg\r\n"
        stuck = [socket.create_connection(("localhost", server.http_port)) for _ in range(4)]
        stuck[1].sendall(head[:30])
        stuck[2].sendall(head + b"Content-Length: 1000\r\n\r\n")
        stuck[3].sendall(head + b"Content-Length: 1000\r\n\r\n" + bytes(999))
        assert boxes(post(server, JPEG, "image/jpeg").json()) == BOXES
        for raw in stuck:
            raw.settimeout(30)
            try:
                while raw.recv(1000):
                    pass
            except ConnectionResetError:
                pass
        wait_until(lambda: server.n_files() <= before)
        assert boxes(post(server, JPEG, "image/jpeg").json()) == BOXES


@sanitized
def test_clients_that_leave():
    """Clients that go away in the middle of anything leave nothing behind."""
    head = (b"POST /v1/detect HTTP/1.1\r\nHost: x\r\nContent-Type: image/jpeg\r\n"
            b"Content-Length: %d\r\n\r\n" % len(JPEG))
    with Server("--parallel", "1", wire=False,
                behaviour="[behaviour]\ndelay-ms=10\n") as server:
        post(server, JPEG, "image/jpeg")
        before = server.n_files()
        for i in range(100):
            raw = socket.create_connection(("localhost", server.http_port))
            raw.sendall((head + JPEG)[:i * len(head + JPEG) // 99])
            raw.close()
        assert boxes(post(server, JPEG, "image/jpeg").json()) == BOXES
        wait_until(lambda: server.n_files() <= before + 1)


def seeds() -> list:
    def request(kind: bytes, body: bytes, more: bytes = b"") -> bytes:
        return (b"POST /v1/detect HTTP/1.1\r\nHost: localhost\r\nContent-Type: " + kind +
                b"\r\nContent-Length: %d\r\n" % len(body) + more + b"\r\n" + body)

    part = b'--x\r\nContent-Disposition: form-data; name="a"; filename="b"\r\n\r\n'
    parts = part + JPEG[:600] + b"\r\n" + part + PNG[:300] + b"\r\n--x--\r\n"
    pieces = (b"POST /v1/detect?annotated=1 HTTP/1.1\r\nHost: a\r\nContent-Type: image/png\r\n"
              b"Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n10;x=y\r\n0123456789abcdef\r\n"
              b"0\r\n\r\n")
    return [request(b"image/jpeg", JPEG), request(b"image/png", PNG), pieces,
            request(b"multipart/form-data; boundary=x", parts),
            request(b"multipart/form-data; boundary=x", parts, b"Connection: close\r\n"),
            b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n", b"GET /healthz HTTP/1.0\r\n\r\n"]


@timeout(120 + MUTATIONS // 10)
@sanitized
def test_mutations():
    """Broken requests, bodies and pictures harm nobody."""
    chance = random.Random(11)
    requests = seeds()
    with Server("--timeout", "5", wire=False) as server:
        for _ in range(MUTATIONS):
            send_raw(server.http_port, mutate(chance.choice(requests), chance))
        assert boxes(post(server, JPEG, "image/jpeg").json()) == BOXES


@timeout(600)
def test_openapi():
    """What the description says is what the server does."""
    folder = build_folder() / "schemathesis"
    python = sys.executable
    if not (folder / "bin/schemathesis").exists():
        made = subprocess.run([python, "-m", "venv", folder], env=environment(),
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if made.returncode != 0:
            raise Skip("no virtual environment can be made (python3-venv)")
        fetched = subprocess.run([folder / "bin/pip", "install", "--quiet", "schemathesis"],
                                 env=environment(), stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL, timeout=300)
        if fetched.returncode != 0:
            raise Skip("schemathesis cannot be fetched")
    with Server(wire=False) as server:
        # Not rejected: a part that is no picture has an error of its own in the answer.
        done = subprocess.run([folder / "bin/schemathesis", "run", OPENAPI, "--url", server.url,
                               "--max-examples", "30", "--seed", "1", "--checks", "all",
                               "--exclude-checks", "ignored_auth,positive_data_acceptance,"
                               "negative_data_rejection"],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              cwd=server.path, env=environment(), timeout=400)
        assert done.returncode == 0, done.stdout[-8000:]
        assert boxes(post(server, JPEG, "image/jpeg").json()) == BOXES
