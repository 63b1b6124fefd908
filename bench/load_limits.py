"""What this machine can do at all this minute: the disk alone, and the databases alone."""

from __future__ import annotations

import json
import os
import sqlite3
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import asyncpg

_SYNCS: Final = 200
_BATCH: Final = 100
_SECONDS: Final = 2.0
_BODY: Final = json.dumps(
    {"client_message_id": "m-0000000001", "kind": "customer_message", "text": "When will the second parcel arrive? " * 2}
)
_STEP: Final = json.dumps(
    {"is": "message_posted", "conversation": "cnv_01jd5", "inquiry": "inq_01jd5", "speaker": "customer", "position": 1}
)

_TABLES: Final = (
    "CREATE TABLE entries (workspace text, conversation text, position integer, at {at}, speaker text, sender text, message text, fingerprint text, "
    "body text, PRIMARY KEY (workspace, conversation, position), UNIQUE (workspace, conversation, sender, message))",
    "CREATE TABLE lines (workspace text, seq integer, at {at}, kind text, inquiry text, conversation text, body text, PRIMARY KEY (workspace, seq))",
)


def fdatasync_ms(folder: Path) -> float:
    """The median of appending 4 KB and having it on disk."""
    took = []
    with (folder / "sync").open("wb", buffering=0) as file:
        for _ in range(_SYNCS):
            file.write(b"x" * 4096)
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            took.append(time.perf_counter() - began)
    return round(1_000 * statistics.median(took), 3)


def sqlite_rows_per_second(folder: Path) -> float:
    """Messages a second: the entry and the journal's line of each, a hundred a commit, every commit on disk."""
    connection = sqlite3.connect(folder / "bare.sqlite3", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    for table in _TABLES:
        connection.execute(table.format(at="text"))
    entry, line = (f"INSERT INTO {table} VALUES ({','.join('?' * columns)})" for table, columns in (("entries", 9), ("lines", 7)))
    began, number = time.perf_counter(), 0
    while (passed := time.perf_counter() - began) < _SECONDS:
        entries, lines = _rows(number, lambda moment: moment.isoformat())
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(entry, entries)
        connection.executemany(line, lines)
        connection.execute("COMMIT")
        number += _BATCH
    connection.close()
    return round(number / passed, 1)


async def postgres_rows_per_second(url: str) -> float:
    """The same on PostgreSQL."""
    connection = await asyncpg.connect(url)
    for table in _TABLES:
        await connection.execute(table.format(at="timestamptz"))
    entry, line = (
        f"INSERT INTO {table} SELECT * FROM unnest({','.join(f'${n + 1}::{kind}[]' for n, kind in enumerate(kinds.split()))})"
        for table, kinds in (
            ("entries", "text text integer timestamptz text text text text text"),
            ("lines", "text integer timestamptz text text text text"),
        )
    )
    put_entries, put_lines = await connection.prepare(entry), await connection.prepare(line)
    began, number = time.perf_counter(), 0
    while (passed := time.perf_counter() - began) < _SECONDS:
        entries, lines = _rows(number, lambda moment: moment)
        async with connection.transaction():
            await put_entries.fetch(*map(list, zip(*entries, strict=True)))
            await put_lines.fetch(*map(list, zip(*lines, strict=True)))
        number += _BATCH
    await connection.execute("DROP TABLE entries, lines")
    await connection.close()
    return round(number / passed, 1)


def _rows(first: int, at: Callable[[datetime], Any]) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    moment = at(datetime.now(UTC))
    numbers = range(first, first + _BATCH)
    entries = [("load", f"cnv_{n % 800:026}", n, moment, "customer", "customer", f"m-{n:010}", _BODY[-64:], _BODY) for n in numbers]
    lines = [("load", n, moment, "MessagePosted", "inq_01jd5", f"cnv_{n % 800:026}", _STEP) for n in numbers]
    return entries, lines
