# SPDX-License-Identifier: LGPL-2.1-or-later
"""The video is not harmed: the buffer that leaves is the one that came."""
import hashlib
from collections import deque
from typing import NamedTuple, Tuple

import samples
from common import ELEMENT, Gst, Pipeline
from marks import cases, sanitized


class Facts(NamedTuple):
    memories: Tuple[int, ...]
    content: str
    times: Tuple[int, int, int]
    offsets: Tuple[int, int]
    flags: int


def facts(buffer: Gst.Buffer) -> Facts:
    # A boxed memory hashes to its address.
    memories = tuple(hash(buffer.peek_memory(i)) for i in range(buffer.n_memory()))
    mapped, info = buffer.map(Gst.MapFlags.READ)
    assert mapped
    content = hashlib.sha256(info.data).hexdigest()
    buffer.unmap(info)
    # A buffer from a pool carries a mark of the pool while nothing was changed.
    flags = int(buffer.get_flags()) & ~int(Gst.BufferFlags.TAG_MEMORY)
    return Facts(memories, content, (buffer.pts, buffer.dts, buffer.duration),
                 (buffer.offset, buffer.offset_end), flags)


class Watch:
    """Keeps the facts of buffers that came in until they leave."""

    def __init__(self, element: Gst.Element):
        self.inside = deque()
        self.seen = 0
        self.errors = []
        element.get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, self.came)
        element.get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, self.left)

    def came(self, _pad, info) -> Gst.PadProbeReturn:
        self.inside.append(facts(info.get_buffer()))
        return Gst.PadProbeReturn.OK

    def left(self, _pad, info) -> Gst.PadProbeReturn:
        before, after = self.inside.popleft(), facts(info.get_buffer())
        if before != after:
            self.errors.append(f"frame {self.seen}: came as {before}, left as {after}")
        self.seen += 1
        return Gst.PadProbeReturn.OK


SOURCE = "videotestsrc num-buffers=20 ! video/x-raw,format=I420,width=322,height=242"
PIPELINES = {
    "plain": f"{SOURCE} ! {ELEMENT} name=d ! fakesink",
    "live": f"{SOURCE.replace('videotestsrc', 'videotestsrc is-live=true')} "
            f"! {ELEMENT} name=d ! fakesink",
    "interval": f"{SOURCE} ! {ELEMENT} name=d interval=3 ! fakesink",
    "disabled": f"{SOURCE} ! {ELEMENT} name=d enabled=false ! fakesink",
    "tee": f"{SOURCE} ! tee name=t t. ! queue ! fakesink async=false "
           f"t. ! queue ! {ELEMENT} name=d ! fakesink async=false",
    "two": f"{SOURCE} ! {ELEMENT} ! {ELEMENT} name=d ! fakesink",
    "encoded": f"{SOURCE} ! x264enc key-int-max=5 bframes=2 ! avdec_h264 "
               f"! {ELEMENT} name=d ! fakesink",
}


@cases(*PIPELINES)
@sanitized
def test_untouched(name: str):
    with Pipeline(PIPELINES[name]) as pipeline:
        watch = Watch(pipeline["d"])
        pipeline.run()
    assert not watch.errors, "\n".join(watch.errors)
    assert watch.seen == 20 and not watch.inside, watch.seen


def drawn_beside(element: str) -> "tuple[list, list]":
    """Contents on two branches of a tee, the second one through an element."""
    contents = ([], [])
    with samples.png(samples.people()) as path, Pipeline(
            f"filesrc location={path} ! pngdec ! imagefreeze num-buffers=4 ! tee name=t "
            f"t. ! queue ! fakesink name=plain async=false "
            f"t. ! queue ! {element} ! fakesink name=drawn async=false") as pipeline:
        for name, found in zip(("plain", "drawn"), contents):
            pipeline[name].get_static_pad("sink").add_probe(
                Gst.PadProbeType.BUFFER, lambda _pad, info, found=found: found.append(
                    facts(info.get_buffer()).content) or Gst.PadProbeReturn.OK)
        pipeline.run()
    return contents


def test_other_branch():
    """Drawing on one branch of a tee leaves the other branch as it was."""
    untouched, _ = drawn_beside("identity")
    plain, drawn = drawn_beside(f"{ELEMENT} overlay=true")
    assert plain == untouched and len(plain) == 4
    assert not set(drawn) & set(plain), "nothing was drawn"
