# SPDX-License-Identifier: LGPL-2.1-or-later
"""gst-detect-server-1.0 as old Python clients use it.

DETECT_MUTATIONS sets how many broken messages are sent (a few hundred by default).
"""
import json
import os
import pickle
import random
import re
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client
from pathlib import Path

import cv2
import numpy as np

import pythons
import samples
from common import asset, build_folder
from marks import Skip, cases, sanitized, timeout
from serving import CAT, DOG, Server, ask, boxes, picture, program, wait_until

CLIENTS = Path(__file__).parent / "clients"
MUTATIONS = int(os.environ.get("DETECT_MUTATIONS", "600"))
VERSIONS = [f"3.{minor}-numpy-{numpy}" for minor, numpies in
            ((8, ("1.24",)), (9, ("1.24", "2.0")), (10, ("1.24", "2.2")), (11, ("1.24", "2.2")),
             (12, ("1.26", "2.2")), (13, ("2.2",)), (14, ("2.3",))) for numpy in numpies]


def environment(**more: str) -> dict:
    """For other Pythons: what this one needs is not theirs."""
    return {**{name: value for name, value in os.environ.items()
               if name not in ("PYTHONPATH", "LD_PRELOAD")}, **more}


def write_key(folder: str, key: str) -> Path:
    path = Path(folder) / "key"
    path.write_text(key + "\n")
    return path


# ---- clients ----

def run_origin(server: Server, mode: str, path: Path, folder: str) -> list:
    """The lines that the old client logs: frame, start, end, milliseconds, objects."""
    log = Path(folder) / "client.log"
    done = subprocess.run([sys.executable, CLIENTS / "origin.py", str(server.port), mode, path,
                           log], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          env=environment(), timeout=60)
    assert done.returncode == 0, done.stdout
    return [line.split() for line in log.read_text().splitlines()]


@cases("image", "images", "video")
@sanitized
def test_origin(mode: str):
    """The scripts people have run as they are."""
    with tempfile.TemporaryDirectory() as folder, Server() as server:
        pictures = Path(folder) / "data"
        pictures.mkdir()
        for i in range(3):
            cv2.imwrite(str(pictures / f"{i}.png"), picture(64 + 32 * i))
        path = {"image": pictures / "0.png", "images": pictures}.get(mode)
        path = path or samples.people_video(Path(folder) / "video.avi", 12, "-c:v", "mjpeg")
        lines = run_origin(server, mode, path, folder)
    wanted = {"image": 1, "images": 3, "video": 12}[mode]
    assert [int(line[0]) for line in lines] == list(range(1, wanted + 1)), lines
    assert all(int(line[4]) == 2 and int(line[3]) >= 0 for line in lines), lines


@cases(*VERSIONS)
def test_versions(case: str):
    """Every Python and numpy, every protocol, with a key and without."""
    version, numpy = case.split("-numpy-")
    python = pythons.find(version)
    folder = pythons.numpy_folder(python, version, numpy)
    for key in ("", "a key"):
        with tempfile.TemporaryDirectory() as scratch:
            encoded = Path(scratch) / "picture.jpg"
            cv2.imwrite(str(encoded), picture())
            words = ["--authkey-file", write_key(scratch, key)] if key else []
            with Server(*words, http=False) as server:
                done = subprocess.run(
                    [python, CLIENTS / "versions.py", str(server.port), key, encoded],
                    stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60,
                    env=environment(PYTHONPATH=str(folder)))
            assert done.returncode == 0, done.stderr
            used, replies = json.loads(done.stdout)
            assert used.startswith(numpy + "."), used
            assert len(replies) % 5 == 0
            for i, reply in enumerate(replies):
                listed = reply if isinstance(reply, list) else [reply]
                wanted = ([1], [2], [3], [4], [0, 1, 2])[i % 5]
                assert [each["frame_num"] for each in listed] == wanted, reply
                assert all(boxes(each) == [DOG, CAT] for each in listed), reply


def test_real_model():
    """What the old clients get is what the element finds."""
    model = asset("models/yolox_nano.onnx")
    with Server(model=model, http=False) as server:
        reply = server.ask({"frame_num": 1, "image": samples.people()})
    people = [each for each in reply["det_output"] if each["label"] == "person"]
    assert len(people) >= 3, reply
    for each in reply["det_output"]:
        assert 0 < each["prob"] <= 1 and isinstance(each["classes"], int), each
        x, y, width, height = each["bbox"]
        assert 0 <= x < x + width <= 768 and 0 <= y < y + height <= 576, each


# ---- pictures ----

@sanitized
def test_image_forms():
    """Every form of a picture that the old clients send."""
    bgr = picture()
    jpeg = cv2.imencode(".jpg", bgr)[1]
    png = cv2.imencode(".png", bgr)[1]
    bgra = cv2.cvtColor(bgr, cv2.COLOR_BGR2BGRA)
    forms = [bgr, bgr[:, :, 0], bgra, bgr[::-1, ::-1], np.asfortranarray(bgr),
             np.asfortranarray(bgr[:, :, 1]), bgr.transpose(1, 0, 2), bgr[:, :, :1],
             jpeg.reshape(-1), jpeg.reshape(-1, 1), jpeg.reshape(1, -1), png.reshape(-1),
             cv2.imencode(".png", bgra)[1], jpeg.tobytes(), bytearray(png.tobytes())]
    with Server(http=False) as server, server.connect() as client:
        for number, form in enumerate(forms):
            for protocol in range(2, 6):
                reply = ask(client, {"frame_num": number, "image": form}, protocol)
                assert reply["frame_num"] == number
                assert boxes(reply) == [DOG, CAT], (number, protocol, reply)
                assert [each["label"] for each in reply["det_output"]] == ["dog", "cat"]
                assert re.fullmatch(r"\d{14}\.\d{6}", reply["time"]), reply


def test_pixels():
    """All forms of one picture hold the same pixels for the detector."""
    model = asset("models/yolox_nano.onnx")
    bgr = samples.people()
    forms = [bgr, np.asfortranarray(bgr), cv2.cvtColor(bgr, cv2.COLOR_BGR2BGRA),
             cv2.imencode(".png", bgr)[1]]
    with Server(model=model, http=False) as server:
        replies = [server.ask({"image": form})["det_output"] for form in forms]
    assert len(replies[0]) > 3 and all(reply == replies[0] for reply in replies)


@sanitized
def test_bad_images():
    """What is no picture gets an empty result that says why, and no more."""
    jpeg = cv2.imencode(".jpg", picture())[1].reshape(-1)
    bad = [None, "text", 5, [1, 2], picture().astype(np.float32), np.zeros((4, 4, 5), np.uint8),
           np.zeros((4, 4, 2), np.uint8), np.zeros((0, 4, 3), np.uint8), np.uint8(3),
           np.zeros((2, 2, 3, 1), np.uint8), np.zeros((1, 40000), np.uint8),
           np.zeros(100, np.uint8), jpeg[:100], jpeg[:3], b"", b"GIF89a"]
    with Server(http=False) as server, server.connect() as client:
        for number, image in enumerate(bad):
            reply = ask(client, {"frame_num": number, "image": image})
            assert reply["det_output"] == [] and reply["error"], (number, reply)
        assert ask(client, {"frame_num": 1})["error"]
        mixed = ask(client, [{"image": picture()}, {"image": None}, {"image": picture()}])
        assert [len(each["det_output"]) for each in mixed] == [2, 0, 2]
        assert [each["frame_num"] for each in mixed] == [1, 2, 3]
        assert ask(client, []) == []


@sanitized
def test_png_and_jpeg_bombs():
    """A few bytes that claim to be a huge picture cost no memory."""
    png = bytearray(cv2.imencode(".png", picture())[1].tobytes())
    png[16:24] = struct.pack(">II", 30000, 30000)
    jpeg = bytearray(cv2.imencode(".jpg", picture())[1].tobytes())
    at = jpeg.index(b"\xff\xc0") + 5
    jpeg[at:at + 4] = struct.pack(">HH", 30000, 30000)
    with Server(http=False) as server:
        server.check_alive()
        before = server.status("VmHWM")
        for image in (bytes(png), bytes(jpeg)):
            assert server.ask({"image": image})["error"]
        assert server.status("VmHWM") < before + 100_000


# ---- what is refused ----

class Call:
    """Pickles as a call."""

    def __init__(self, function, *arguments):
        self.reduced = function, arguments

    def __reduce__(self):
        return self.reduced


def closed(client: Client, data: bytes) -> bool:
    client.send(data)
    try:
        client.recv()
    except EOFError:
        return True
    return False


@sanitized
def test_refused_pickles():
    """What would run something is named in the log, and nothing is run."""
    with Server(http=False) as server:
        trace = server.path / "trace"
        calls = {"posix.system": Call(os.system, f"touch {trace}"),
                 "builtins.eval": Call(eval, f"open({str(trace)!r}, 'w')"),
                 "subprocess.Popen": Call(subprocess.Popen, ["touch", str(trace)]),
                 "__main__.Custom": None,
                 "type O": np.array([object], object),
                 "builtins.complex": 1j,
                 "a set": {1, 2}}
        for name, value in calls.items():
            client = server.connect()
            data = (b"\x80\x04c__main__\nCustom\n." if value is None
                    else pickle.dumps({"frame_num": 1, "image": value}, 4))
            assert closed(client, data), name
            server.wait_for(re.escape(name))
            server.check_alive()
        # The outer pickle is read by the same reader.
        with socket.create_connection(("localhost", server.port)) as raw:
            data = pickle.dumps(calls["posix.system"])
            raw.sendall(struct.pack(">i", len(data)) + data)
            assert raw.recv(10) == b""
        assert not trace.exists()
        assert server.log().count("refused") == len(calls) + 1


@sanitized
def test_sizes():
    """Messages beyond the limits are refused before they are read."""
    with Server("--max-message", "1", http=False) as server:
        with socket.create_connection(("localhost", server.port)) as raw:
            raw.sendall(struct.pack(">i", 1 << 30))
            assert raw.recv(10) == b""
        with socket.create_connection(("localhost", server.port)) as raw:
            raw.sendall(struct.pack(">iQ", -1, 1 << 40))
            assert raw.recv(10) == b""
        with socket.create_connection(("localhost", server.port)) as raw:
            raw.sendall(struct.pack(">i", 0))
            assert raw.recv(10) == b""
        server.wait_for("max-message")
        server.check_alive()
    with Server("--max-buffered", "1", http=False) as server:
        message = {"image": picture(1000)}
        client = server.connect()
        try:
            assert closed(client, pickle.dumps(message))
        except (BrokenPipeError, ConnectionResetError):
            pass
        server.wait_for("max-buffered")
        server.check_alive()
    with Server(http=False) as server:
        assert closed(server.connect(), pickle.dumps([{"image": None}] * 300))
        server.wait_for("more than 256 pictures")


@sanitized
def test_keys():
    """Who does not know the key is not served, and is told so."""
    with tempfile.TemporaryDirectory() as folder:
        key = write_key(folder, "right")
        with Server("--authkey-file", key, http=False) as server:
            with server.connect(authkey=b"right") as client:
                assert len(ask(client, {"image": picture()})["det_output"]) == 2
            try:
                server.connect(authkey=b"wrong")
                raise AssertionError("a wrong key was taken")
            except AuthenticationError:
                pass
            # Without a key, and with a message as long as no part of a handshake is.
            for data in (b"\0\0\0\5hello", b"\0\1\0\0", b"\xff\xff\xff\xff", b"\0\0\0\0"):
                with socket.create_connection(("localhost", server.port)) as raw:
                    raw.sendall(data)
                    raw.shutdown(socket.SHUT_WR)
                    while raw.recv(1000):
                        pass
            with server.connect(authkey=b"right") as client:
                assert len(ask(client, {"image": picture()})["det_output"]) == 2


# ---- mutations ----

def seeds() -> list:
    jpeg = cv2.imencode(".jpg", picture(16))[1]
    png = cv2.imencode(".png", picture(16))[1]
    messages = [[{"frame_num": 1, "image": picture(8), "time": "now"}] * 2,
                {"frame_num": np.int64(2), "image": jpeg}, {"frame_num": 2.5, "image": png},
                {"image": picture(8)[:, :, 0]}, {"image": np.asfortranarray(picture(8))}]
    return [pickle.dumps(message, protocol) for message in messages for protocol in range(2, 6)]


def mutate(data: bytes, chance: random.Random) -> bytes:
    """Bytes changed, left out, doubled, cut off or put together with others."""
    data = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        at = chance.randrange(len(data) + 1)
        end = min(len(data), at + chance.choice((1, 1, 2, 8, 64)))
        kind = chance.randrange(5)
        if kind == 0:
            data[at:end] = chance.randbytes(end - at)
        elif kind == 1:
            del data[at:end]
        elif kind == 2:
            data[at:at] = data[at:end]
        elif kind == 3:
            data[at:end] = bytes([chance.choice((0, 1, 0x7f, 0x80, 0xff))]) * (end - at)
        else:
            del data[at + len(data) // 2:]
        data = data or bytearray(b".")
    return bytes(data)


def send_raw(port: int, data: bytes) -> None:
    """Sends bytes and reads what comes until the server or the reply ends."""
    with socket.create_connection(("localhost", port)) as raw:
        raw.settimeout(60)
        try:
            raw.sendall(data)
            raw.shutdown(socket.SHUT_WR)
            while raw.recv(65536):
                pass
        except OSError as error:
            assert not isinstance(error, TimeoutError), error


@timeout(120 + MUTATIONS // 20)
@sanitized
def test_mutations():
    """Broken pickles and frames harm nobody."""
    chance = random.Random(7)
    messages = seeds()
    with Server(http=False) as server:
        server.check_alive()
        before = server.n_files()
        for number in range(MUTATIONS):
            inner = chance.choice(messages)
            if number % 3 != 0:
                inner = mutate(inner, chance)
            data = pickle.dumps(inner)
            if number % 3 == 0:
                data = mutate(data, chance)
            data = struct.pack(">i", len(data)) + data
            if number % 5 == 0:
                data = mutate(data, chance)
            send_raw(server.port, data)
        server.check_alive()
        assert server.n_files() <= before + 2


# ---- clients that misbehave ----

PHASES = {
    "connected": "raw = connect()",
    "header": "raw = connect(); raw.sendall(message[:2])",
    "body": "raw = connect(); raw.sendall(message[:5000])",
    "sent": "raw = connect(); raw.sendall(message)",
    "answered": "raw = connect(); raw.sendall(message); raw.recv(1)",
}
KILLED = """
import os, pickle, signal, socket, struct, sys
def connect():
    return socket.create_connection(('localhost', int(sys.argv[1])))
message = open(sys.argv[2], 'rb').read()
exec(sys.argv[3])
os.kill(os.getpid(), signal.SIGKILL)
"""


@sanitized
def test_killed_clients():
    """Clients that are killed, whatever they were doing, disturb no other."""
    with Server("--parallel", "2", behaviour="[behaviour]\ndelay-ms=20\n",
                http=False) as server:
        data = pickle.dumps(pickle.dumps({"image": picture(300)}))
        message = server.path / "message"
        message.write_bytes(struct.pack(">i", len(data)) + data)
        server.check_alive()
        before = server.n_files()
        with server.connect() as steady:
            for _ in range(3):
                for code in PHASES.values():
                    done = subprocess.run([sys.executable, "-S", "-c", KILLED, str(server.port),
                                           message, code], env=environment(), timeout=60)
                    assert done.returncode == -signal.SIGKILL
                    assert len(ask(steady, {"image": picture()})["det_output"]) == 2
        wait_until(lambda: server.n_files() <= before)


@sanitized
def test_slow_and_silent_clients():
    """Half-open and slow senders are let go; who is quick is served meanwhile."""
    data = pickle.dumps(pickle.dumps({"image": picture()}))
    message = struct.pack(">i", len(data)) + data
    with Server("--timeout", "2", http=False) as server, server.connect() as idle:
        stuck = [socket.create_connection(("localhost", server.port)) for _ in range(3)]
        stuck[0].sendall(message[:3])
        stuck[1].sendall(message[:4])
        stuck[2].sendall(message[:-1])
        ended = [False] * 3

        def drip() -> None:
            try:
                for i in range(4, 2000):
                    stuck[1].sendall(message[i:i + 1])
                    time.sleep(0.05)
            except (BrokenPipeError, ConnectionResetError):
                pass

        dripper = threading.Thread(target=drip)
        dripper.start()
        server.check_alive()
        for i, raw in enumerate(stuck):
            raw.settimeout(30)
            try:
                ended[i] = raw.recv(1) == b""
            except ConnectionResetError:
                ended[i] = True
            server.check_alive()
        dripper.join()
        assert all(ended)
        assert server.log().count("too slow") == 3
        # Between messages a client may be silent for as long as it likes.
        assert len(ask(idle, {"image": picture()})["det_output"]) == 2


@sanitized
def test_clients_that_do_not_read():
    """A client that asks and never reads holds up nobody."""
    with Server("--timeout", "2", http=False) as server:
        deaf = socket.socket()
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.connect(("localhost", server.port))
        data = pickle.dumps(pickle.dumps([{"image": picture(1)}] * 256))
        message = struct.pack(">i", len(data)) + data
        deaf.settimeout(1)
        try:
            while True:
                deaf.sendall(message)
        except socket.timeout:
            pass
        server.check_alive()
        server.wait_for("too slow")
        deaf.close()
        server.check_alive()


@timeout(200)
@sanitized
def test_many_connections():
    """1,000 clients, one after another and at once; then all is as before."""
    with Server(http=False) as server:
        for _ in range(200):
            server.check_alive()
        files, memory = server.n_files(), server.status("VmRSS")
        for _ in range(1000):
            socket.create_connection(("localhost", server.port)).close()
        for _ in range(300):
            server.check_alive()
        try:
            held = [socket.create_connection(("localhost", server.port)) for _ in range(1000)]
        except OSError as error:
            raise Skip(f"1,000 connections cannot be had here: {error}") from None
        server.check_alive()
        for raw in held:
            raw.close()
        wait_until(lambda: server.n_files() <= files)
        server.check_alive()
        grown = server.status("VmRSS") - memory
        print(f"# {grown} kB more after 2,500 connections")
        assert grown < (16_000 if "asan" not in str(build_folder()) else 200_000), grown


@sanitized
def test_too_many_clients():
    """When the house is full the one that has been silent longest has to go."""
    with Server("--max-clients", "3", http=False) as server:
        clients = [server.connect() for _ in range(3)]
        for client in clients[1:]:
            ask(client, {"image": picture()})
        server.check_alive()
        assert "silent" in server.log()
        assert len(ask(clients[2], {"image": picture()})["det_output"]) == 2


@sanitized
def test_many_at_once():
    """Eight clients at once each get their own answers, in order."""
    failures = []

    def talk(number: int) -> None:
        try:
            with server.connect() as client:
                for i in range(20):
                    frame = number * 1000 + i
                    reply = ask(client, [{"frame_num": frame, "image": picture()},
                                         {"frame_num": -frame, "image": picture()}])
                    assert [each["frame_num"] for each in reply] == [frame, -frame], reply
        except Exception as error:  # told by the main thread
            failures.append(error)

    with Server("--parallel", "4", http=False) as server:
        threads = [threading.Thread(target=talk, args=(i,)) for i in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not failures, failures


@sanitized
def test_hung_engine():
    """An inference that hangs is given up; the next ones are served until too many do."""
    with Server("--timeout", "1", "--parallel", "1", http=False,
                behaviour="[behaviour]\nfault=hang\nafter=2\n") as server:
        with server.connect() as client:
            assert len(ask(client, {"image": picture()})["det_output"]) == 2
            for _ in range(4):
                assert "did not answer" in ask(client, {"image": picture()})["error"]
            assert "start the server anew" in ask(client, {"image": picture()})["error"]


@sanitized
def test_failing_engine():
    with Server(behaviour="[behaviour]\nfault=error\nafter=2\n", http=False) as server:
        with server.connect() as client:
            assert len(ask(client, {"image": picture()})["det_output"]) == 2
            assert "null engine fails" in ask(client, {"image": picture()})["error"]


# ---- the command line ----

@cases("--listen none --http none", "--parallel 0", "--queue x", "picture.jpg",
       "--model /none.onnx", "--authkey-file /none", "--listen nonsense.invalid:1",
       "--threshold 2", "--listen localhost:0 --http localhost:0 --model /dev/null")
def test_wrong_usage(words: str):
    """One line that says what is wrong."""
    done = subprocess.run([program(), *words.split()], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
    lines = [line for line in done.stderr.splitlines() if "answers" not in line]
    assert done.returncode in (1, 2) and len(lines) == 1, done
    assert lines[0].startswith("gst-detect-server-1.0: "), done


def test_port_in_use():
    with Server(http=False) as server:
        done = subprocess.run([program(), "--model", server.path / "canned.null", "--listen",
                               f"localhost:{server.port}", "--http", "none"],
                              stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == 1 and "cannot listen" in done.stderr, done


def test_help():
    text = subprocess.run([program(), "--help"], stdout=subprocess.PIPE, text=True,
                          timeout=60).stdout
    assert "--authkey-file" in text and "--threshold" in text and "--interval" not in text
    assert max(map(len, text.splitlines())) < 80
