"""The demo workspace: a file like any other, packaged beside this module.

Its sites stand there without a port, for nobody knows it before the demo is started.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

from contact_hub.workspace.load import from_document, parse, to_document
from contact_hub.workspace.model import Workspace


def demo_text() -> str:
    """The file, to read and to copy from."""
    return files("contact_hub.workspace").joinpath("demo.yaml").read_text(encoding="utf-8")


def demo_workspace(port: int) -> Workspace:
    """The demo with its brand sites on this port of the own machine."""
    document = to_document(_demo())
    for brand in document["brands"]:
        brand["sites"] = [f"{site}:{port}" for site in brand["sites"]]
    return from_document(document)


@lru_cache(maxsize=1)
def _demo() -> Workspace:
    return parse(demo_text())
