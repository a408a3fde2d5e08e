# SPDX-License-Identifier: LGPL-2.1-or-later
"""How messages of old Python clients come in at gst-detect-server-1.0."""
import contextlib
import pickle
import socket
import struct
from pathlib import Path

import numpy as np

from marks import sanitized
from serving import CAT, DOG, Server, ask, boxes, picture, wait_until


def n_delayed() -> int:
    """How often TCP here has waited for something that an acknowledgement could ride on."""
    lines = [line.split() for line in Path("/proc/net/netstat").read_text().splitlines()
             if line.startswith("TcpExt:")]
    return int(dict(zip(*lines))["DelayedACKs"])


def test_header_alone():
    """Python sends a header by itself, and its kernel the rest when that has arrived."""
    message = {"image": picture(110)}  # over 16 KiB, and below a segment of the loopback
    with Server(http=False) as server, server.connect() as client:
        before = n_delayed()
        for _ in range(50):
            ask(client, message)
        assert n_delayed() - before < 25  # others wait as well


def n_unread(raw: socket.socket) -> int:
    """Bytes that the server has not read yet, as its kernel knows."""
    server, client = (f":{port:04X}" for port in (raw.getpeername()[1], raw.getsockname()[1]))
    waiting = 0
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, here, there, _, queues = line.split()[:5]
        sent, received = (int(queue, 16) for queue in queues.split(":"))
        if here.endswith(client) and there.endswith(server):
            waiting += sent
        elif here.endswith(server) and there.endswith(client):
            waiting += received
    return waiting


@sanitized
def test_pieces():
    """A message may stop wherever it likes, and goes on."""
    data = pickle.dumps(pickle.dumps({"image": picture(), "more": bytes(300000)}))
    message = struct.pack(">i", len(data)) + data
    with Server(http=False) as server:
        with socket.create_connection(("127.0.0.1", server.port)) as raw:
            for cut in (1, 4, 5, 1000, 70000, len(message) - 1):
                for piece in (message[:cut], message[cut:cut + 1], message[cut + 1:]):
                    raw.sendall(piece)
                    wait_until(lambda: n_unread(raw) == 0)
                size = struct.unpack(">i", raw.recv(4, socket.MSG_WAITALL))[0]
                reply = pickle.loads(pickle.loads(raw.recv(size, socket.MSG_WAITALL)))
                assert boxes(reply) == [DOG, CAT], (cut, reply)


@sanitized
def test_announced_messages():
    """Those that are announced and do not come leave their room to others."""
    with Server("--max-buffered", "64", http=False) as server, contextlib.ExitStack() as held:
        for _ in range(20):
            raw = held.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            raw.sendall(struct.pack(">i", 15 << 20) + b"x")
            wait_until(lambda: n_unread(raw) == 0)
        server.check_alive()
        image = np.zeros((3000, 4000, 3), np.uint8)
        assert len(server.ask({"image": image})["det_output"]) == 2, server.log()
