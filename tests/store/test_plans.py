"""The questions asked for every message must not grow with everything that was ever said."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.dialects import sqlite

from contact_hub.scope import AgentScope, SystemScope, VisitorScope
from contact_hub.store import Store, floor, visitors
from contact_hub.store import conversations as asked
from contact_hub.store.tables import public_entries, staff_entries

QUESTIONS = {
    "find as a visitor": asked._find(VisitorScope, False),
    "find as an agent": asked._find(AgentScope, False),
    "latest of a device": asked._latest(),
    "entries for a visitor": asked._after(VisitorScope, public_entries),
    "entries for an agent": asked._after(AgentScope, staff_entries),
    "entries for the fan-out": asked._after(SystemScope, public_entries),
    "sent before": asked._sent(VisitorScope, public_entries),
    "several by id": asked._some(SystemScope, False),
    "heads": asked._heads(SystemScope),
    "several inquiries": floor._inquiries(SystemScope),
    "several offers": floor._OFFERS_BY_ID,
    "live of inquiries": floor._LIVE_OF_INQUIRIES,
    "live of agents": floor._LIVE_OF,
    "seats of agents": floor._SEATS_OF_MANY,
    "presences of agents": floor._PRESENCES_OF,
    "several customers": visitors._customers(SystemScope),
    "browsers in which nobody spoke": visitors._unheard(False),
}


@pytest.mark.parametrize("question", QUESTIONS)
async def test_question_is_answered_from_an_index(sqlite_url: str, question: str) -> None:
    store = await Store.open(sqlite_url)
    async with store.read() as tx:
        plan = [row.detail for row in (await tx.execute(text(f"EXPLAIN QUERY PLAN {_sql(QUESTIONS[question])}"))).rows]
    await store.close()
    tables = [step for step in plan if step.startswith(("SCAN", "SEARCH")) and "subquery" not in step.lower()]
    assert tables
    assert all("(workspace=? AND " in step for step in tables if not step.startswith(("SCAN anon", "SCAN json_each"))), plan


def _sql(statement: Any) -> str:
    """Any values will do: the planner looks at the shape."""
    needed = {name: "x" for name, bind in statement.compile(dialect=sqlite.dialect()).binds.items() if bind.required}
    compiled = statement.params(**needed).compile(dialect=sqlite.dialect(), compile_kwargs={"render_postcompile": True})
    return re.sub(r"\?", "'1'", str(compiled))
