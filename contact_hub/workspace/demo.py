"""The demo workspace: a file like any other, packaged beside this module.

Its sites and the server that takes its mail stand there without their ports, for nobody knows them before the demo is started.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

from contact_hub.workspace.load import from_document, parse, to_document
from contact_hub.workspace.model import Workspace


def demo_text() -> str:
    """The file, to read and to copy from."""
    return files("contact_hub.workspace").joinpath("demo.yaml").read_text(encoding="utf-8")


def demo_workspace(port: int, *, relay_port: int | None = None) -> Workspace:
    """The demo with its brand sites on this port of the own machine; its mail goes to a server on `relay_port`."""
    document = to_document(_demo())
    for brand in document["brands"]:
        brand["sites"] = [f"{site}:{port}" for site in brand["sites"]]
        for box in brand.get("mailboxes", ()) if relay_port is not None else ():
            box["relay"]["port"] = relay_port
    return from_document(document)


@lru_cache(maxsize=1)
def _demo() -> Workspace:
    return parse(demo_text())
