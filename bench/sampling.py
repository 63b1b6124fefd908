"""Where a process's CPU time goes, by looking at its main thread a thousand times a CPU second: unlike a tracing profile it does not make small functions dear.

A sample counts once for every function on the stack (`whole`) and once for the one that runs (`own`).
"""

from __future__ import annotations

import signal
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Final

SECONDS: Final = 0.001
_DEEP: Final = 80


class Sampler:
    """`start` and `stop` in the main thread."""

    def __init__(self) -> None:
        self._own: Counter[str] = Counter()
        self._whole: Counter[str] = Counter()
        self._samples = 0

    def start(self) -> None:
        signal.signal(signal.SIGPROF, self._look)
        signal.setitimer(signal.ITIMER_PROF, SECONDS, SECONDS)

    def stop(self) -> None:
        signal.setitimer(signal.ITIMER_PROF, 0)

    def _look(self, _signal: int, frame: FrameType | None) -> None:
        self._samples += 1
        seen: set[str] = set()
        depth = 0
        while frame is not None and depth < _DEEP:
            name = _name(frame)
            if depth == 0:
                self._own[name] += 1
            seen.add(name)
            frame, depth = frame.f_back, depth + 1
        self._whole.update(seen)

    def write(self, path: Path, most: int = 150) -> None:
        """Both lists, the largest shares first."""
        lines = [f"{self._samples} samples, one for each millisecond of CPU"]
        for title, counted in (("whole", self._whole), ("own", self._own)):
            lines += ["", title]
            lines += [f"{100 * count / max(1, self._samples):6.2f} %  {name}" for name, count in counted.most_common(most)]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _name(frame: FrameType) -> str:
    """A dataclass's constructor under the name of its class: they all come from one place."""
    code = frame.f_code
    if code.co_filename == "<string>" and "self" in frame.f_locals:
        return f"{type(frame.f_locals['self']).__qualname__}.{code.co_name}, written by dataclasses"
    return f"{code.co_filename.rpartition('site-packages/')[2]}:{code.co_firstlineno}({code.co_qualname})"
