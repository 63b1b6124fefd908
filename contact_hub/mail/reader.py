"""The child that reads mails: a question in, an answer out, until nobody asks any more.

`python -m contact_hub.mail.reader SECONDS`, begun by `workshop`. The kernel ends us where a mail takes too long or too much: no code of ours has to notice.
"""

from __future__ import annotations

import resource
import signal
import sys
from typing import Final

import chardet
import msgspec

from contact_hub.mail.reading import Question, read_mail
from contact_hub.mail.workshop import LENGTH_BYTES

MEMORY_BYTES_MAX: Final = 2 * 1024**3
_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(Question).decode


def serve(seconds_max: float) -> None:
    """Four bytes of length and a message, in either direction; four zero bytes say that we are ready."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    chardet.detect(b"\xe4")  # it loads its models the first time, which takes longer than any mail
    read_mail(Question(raw=b"From: a@b.example\r\nSubject: x\r\n\r\nHello\r\n"))
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    sink.write(bytes(LENGTH_BYTES))
    sink.flush()
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    while len(length := source.read(LENGTH_BYTES)) == LENGTH_BYTES:
        question = _decode(source.read(int.from_bytes(length, "big")))
        signal.setitimer(signal.ITIMER_REAL, seconds_max)
        answer = _encode(read_mail(question))
        signal.setitimer(signal.ITIMER_REAL, 0)
        sink.write(len(answer).to_bytes(LENGTH_BYTES, "big"))
        sink.write(answer)
        sink.flush()
        del question, answer


if __name__ == "__main__":
    serve(float(sys.argv[1]))
