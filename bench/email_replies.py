"""How well new words are told from quoted ones: mails with the reply a person would keep, compared with what `strip` makes of them.

    python -m bench.email_replies [--json] [../shared/data/email/replies.jsonl]

A mail is exact if reply and expectation are the same after folding white space; it has lost words if a word of the expectation is missing in the reply, counted
with repetitions. Hostile inputs are timed on the side.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

from contact_hub.channels.email.strip import strip

SAMPLES = Path(__file__).resolve().parents[2] / "shared" / "data" / "email" / "replies.jsonl"


def score(path: Path | str = SAMPLES) -> dict[str, Any]:
    """Counts, and each failure with what was expected and what was found."""
    mails = [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines() if line.strip()]
    failures: list[dict[str, Any]] = []
    slowest_ms = 0.0
    lost = 0
    for mail in mails:
        began = time.perf_counter()
        found = strip(mail["text"], None)
        slowest_ms = max(slowest_ms, (time.perf_counter() - began) * 1000)
        missing = Counter(mail["reply"].split()) - Counter(found.reply.split())
        lost += bool(missing)
        if missing or folded(found.reply) != folded(mail["reply"]):
            failures.append(
                {
                    "id": mail["id"],
                    "expected": mail["reply"],
                    "found": found.reply,
                    "lost": sorted(missing),
                    "confidence": found.confidence,
                    "reasons": found.reasons,
                }
            )
    return {
        "mails": len(mails),
        "exact": len(mails) - len(failures),
        "with_lost_words": lost,
        "slowest_ms": round(slowest_ms, 2),
        "failures": failures,
    }


def hostile() -> dict[str, tuple[str | None, str | None]]:
    """Inputs made to hang a stripper, each as text and HTML."""
    log = "2024-01-01 10:00:00 INFO Von: a An: b: c <d@e.example> schrieb nothing\n"
    return {
        "50,000 blank lines": ("\n" * 50_000 + "x", None),
        "5,000 On Monday": ("On Monday we went\n" * 5_000, None),
        "5,000 On Monday wrote": ("On Monday, 3 March 2026 at 10:00 we wrote to a@b.example and:\n" * 5_000, None),
        "30 MB in one line": ("a " * (15 << 20), None),
        "30 MB of blank lines": ("\n" * (30 << 20), None),
        "30 MB of a log": (log * (30 * (1 << 20) // len(log)), None),
        "30 MB of marks": ("> > > quoted\n" * (30 * (1 << 20) // 13), None),
        "one line of marks": (">" * (30 << 20), None),
        "100,000 headers": ("From: a\n" * 100_000, None),
        "20,000 dashes": ("-" * 20_000 + "\nhi", None),
        "addresses": ("On " + "x@y.z, " * 500_000, None),
        "footers": ("Sent from my iPhone\n" * 100_000, None),
        "20,000 nested div": (None, "<div>" * 20_000 + "x"),
        "20,000 nested blockquote": (None, "<blockquote>" * 20_000 + "x"),
        "30 MB of paragraphs": (None, "<p>hello</p>" * (30 * (1 << 20) // 12)),
        "30 MB in one attribute": (None, "<img src='data:" + "A" * (30 << 20) + "'>x"),
        "30 MB of open brackets": (None, "<" * (30 << 20)),
        "30 MB of broken comments": (None, "<!-- " * (6 << 20)),
        "30 MB of entities": (None, "&amp" * (7 << 20)),
        "both of 15 MB": ("On Monday, a@b.example wrote:\n" * (1 << 19), "<div>a@b.example wrote:</div>" * (1 << 19)),
    }


def timed() -> dict[str, dict[str, float]]:
    """Milliseconds per hostile input: on the clock, and of the processor without what others took of it."""
    took: dict[str, dict[str, float]] = {}
    for name, (text, html) in hostile().items():
        began, busy = time.perf_counter(), time.process_time()
        strip(text, html)
        took[name] = {"wall": round((time.perf_counter() - began) * 1000, 1), "cpu": round((time.process_time() - busy) * 1000, 1)}
    return took


def folded(text: str) -> str:
    """With all white space alike."""
    return " ".join(text.split())


def main() -> None:
    """Prints the score, the failures and the times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", nargs="?", type=Path, default=SAMPLES)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--no-hostile", action="store_true")
    asked = parser.parse_args()
    found = score(asked.path) | ({} if asked.no_hostile else {"hostile_ms": timed()})
    if asked.json:
        print(json.dumps(found, ensure_ascii=False, indent=2))
        return
    for failure in found["failures"]:
        print(f"--- {failure['id']}  {failure['confidence']}  {', '.join(failure['reasons'])}  lost: {failure['lost']}")
        print(f"expected: {failure['expected']!r}\nfound:    {failure['found']!r}")
    print(
        f"{found['exact']} of {found['mails']} exact, {found['with_lost_words']} with lost words, slowest {found['slowest_ms']} ms"
    )
    for name, milliseconds in found.get("hostile_ms", {}).items():
        print(f"{milliseconds['wall']:8.1f} ms, {milliseconds['cpu']:8.1f} ms of processor  {name}")


if __name__ == "__main__":
    main()
