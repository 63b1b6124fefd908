"""Rows for tests: say what matters, get the rest."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from contact_hub.scope import Scope
from contact_hub.store import Store, Tx
from contact_hub.store.records import Conversation, Inquiry, NewPublicEntry, NewStaffEntry, OfferRecord, OfferState
from routing.model import AgentId, BrandId, Channel, ClientId, ContractId, InquiryId, OfferId, PoolId

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WORKSPACE = "floor"
SYSTEM = Scope.system(WORKSPACE)


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


async def laid_down(store: Store, *workspaces: str) -> None:
    """The workspaces' own rows, without which nothing is numbered."""

    async def command(tx: Tx) -> None:
        for workspace in workspaces or (WORKSPACE,):
            await tx.workspaces.ensure(workspace, delivery_epoch="e1", at=NOW)

    await store.write(command, name="lay_down")


def conversation(name: str = "c1", **given: Any) -> Conversation:
    values: dict[str, Any] = {
        "workspace": WORKSPACE,
        "client": ClientId("acme"),
        "brand": BrandId("acme-shop"),
        "device": "d1",
        "opened_at": NOW,
        "last_at": NOW,
    }
    return Conversation(**(values | {"id": name} | given))


def inquiry(name: str = "i1", **given: Any) -> Inquiry:
    values: dict[str, Any] = {
        "workspace": WORKSPACE,
        "conversation": "c1",
        "client": ClientId("acme"),
        "brand": BrandId("acme-shop"),
        "kind": "service",
        "channel": Channel.CHAT,
        "demand": {"brand": "acme-shop"},
        "arrived_at": NOW,
    }
    return Inquiry(**(values | {"id": InquiryId(name)} | given))


def offer(name: str = "o1", **given: Any) -> OfferRecord:
    values: dict[str, Any] = {
        "workspace": WORKSPACE,
        "inquiry": InquiryId("i1"),
        "conversation": "c1",
        "agent": AgentId("ana"),
        "pool": PoolId("lisbon"),
        "contract": ContractId("k1"),
        "weight": 1,
        "offered_at": NOW,
        "until": at(30),
        "trace": {"why": "only_one"},
    }
    return OfferRecord(**(values | {"id": OfferId(name)} | given))


def message(text: str, sent: str | None = None, **given: Any) -> NewPublicEntry:
    values: dict[str, Any] = {"at": NOW, "speaker": "customer", "sender": "d1"}
    return NewPublicEntry(**(values | {"client_message_id": sent, "body": {"kind": "customer_message", "text": text}} | given))


def note(text: str, sent: str | None = None, **given: Any) -> NewStaffEntry:
    values: dict[str, Any] = {"at": NOW, "kind": "note", "sender": "ana", "pool": PoolId("lisbon")}
    return NewStaffEntry(**(values | {"client_message_id": sent, "body": {"text": text}} | given))


def move(inquiry: str, *, from_: OfferState, **changes: Any) -> Callable[[Tx], Awaitable[bool]]:
    """Compare and set: what is live of the inquiry, if it is in this state."""

    async def command(tx: Tx) -> bool:
        live = [one for one in await tx.offers.lock_live(WORKSPACE, [inquiry]) if one.state == from_]
        await tx.offers.keep([replace(one, **changes) for one in live])
        return bool(live)

    return command


async def put(store: Store, *rows: Conversation | Inquiry | OfferRecord) -> None:
    """Insert rows, in one transaction."""

    async def command(tx: Tx) -> None:
        for row in rows:
            match row:
                case Conversation():
                    await tx.conversations.insert(row)
                case Inquiry():
                    await tx.inquiries.insert(row)
                case OfferRecord():
                    await tx.offers.insert(row)

    await store.write(command, name="put")
