"""The whole way of one inquiry, told: every step of the journal as a sentence, and for one that waits, why it still does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from contact_hub.app import Hub
from contact_hub.errors import HubError
from contact_hub.live.explain import explanation_json
from contact_hub.live.telling import Teller, told_steps
from contact_hub.scope import Scope
from contact_hub.store import Tx
from contact_hub.store.records import Inquiry, JournalLine
from contact_hub.workspace.floor import Floor


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    inquiry: Inquiry
    steps: list[JournalLine]
    waiting: dict[str, Any] | None
    floor: Floor
    tag: str

    @property
    def _teller(self) -> Teller:
        return Teller(floor=self.floor, tag=self.tag, brand=self.inquiry.brand)

    def as_json(self) -> dict[str, Any]:
        return {
            "inquiry": self.inquiry.id,
            "conversation": self.inquiry.conversation,
            "state": self.inquiry.state,
            "steps": told_steps(self.steps, self._teller),
            "waiting": self.waiting,
        }

    def lines(self) -> Iterator[str]:
        """One line a decision."""
        yield f"{self.inquiry.id} · {self.inquiry.brand} · {self.inquiry.kind} · {self.inquiry.state}"
        teller = self._teller
        for step in self.steps:
            at, decisions = f"{step.at:%Y-%m-%d %H:%M:%S}", step.body.get("decisions", [])
            happened = teller.event(step.body.get("event", step.body))
            yield f"{at}  {happened}" + (f" (rules {step.body['rules']})" if decisions else "")
            for decision in decisions:
                yield f"{'':21}→ {teller.told(decision, step.at)}"
        if self.waiting is not None:
            yield self.waiting["sentence"]
            for change in self.waiting["changes"]:
                yield f"  {change['at']:%H:%M:%S}  {teller.change(change['code'], change['values'])}"


async def story(hub: Hub, workspace: str, wanted: str, *, tag: str) -> Story:
    """Of an inquiry, or of the latest inquiry of a conversation. Raises `not_found`."""
    scope = Scope.system(workspace)
    async with hub.store.read() as tx:
        inquiry = await _find(tx, scope, wanted)
        steps = await tx.journal.read(scope, inquiry=inquiry.id)
    waiting = None
    if inquiry.state in {"waiting", "offered"}:
        waiting = await explanation_json(hub.store, hub.workspaces, hub.owners, workspace, inquiry.id, hub.clock.now(), tag)
    return Story(inquiry=inquiry, steps=steps, waiting=waiting, floor=hub.workspaces.floor(workspace), tag=tag)


async def _find(tx: Tx, scope: Scope, wanted: str) -> Inquiry:
    try:
        return await tx.inquiries.get(scope, wanted)
    except HubError:
        inquiries = await tx.inquiries.of_conversation(scope, wanted)
        if not inquiries:
            raise
        return inquiries[-1]
