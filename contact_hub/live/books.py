"""How the contracts stand today: what each accepted against its cap, budget and minimum, and its share against what was agreed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from contact_hub.live.explain import engine_of
from contact_hub.live.owner import Owner
from contact_hub.store import Store
from contact_hub.workspace.floor import Floor
from contact_hub.workspace.model import Contract
from contact_hub.workspace.service import Workspaces
from i18n import money
from routing.engine import Ledger


async def books_json(
    store: Store, workspaces: Workspaces, owners: Mapping[str, Owner], workspace: str, now: datetime
) -> dict[str, Any]:
    """Every contract with a limit or a share, for a screen. Money is a plain number of the contract's currency."""
    engine = await engine_of(store, workspaces, owners, workspace)
    floor = workspaces.floor(workspace)
    contracts = {contract.id: contract for contract in floor.workspace.contracts}
    zones = {id_: contract.zone for id_, contract in engine.plan.contracts.items()}
    ledgers = [_turned(ledger, now, zones[ledger.contract]) for ledger in engine.books() if ledger.contract in contracts]
    return {
        "now": now,
        "rules": engine.plan.version,
        "contracts": [_line(floor, contracts[ledger.contract], zones[ledger.contract], ledger) for ledger in ledgers],
    }


def _turned(ledger: Ledger, now: datetime, zone: str) -> Ledger:
    """The page of today: an engine turns it at its next event, and one that is only asked has none."""
    today = now.astimezone(ZoneInfo(zone)).date()
    if ledger.today.day >= today:
        return ledger
    against = ledger.against if ledger.today.accepted == 0 else None  # where nothing may be accepted at all, that holds today too
    return replace(ledger, today=replace(ledger.today, day=today, accepted=0, spent=0), against=against)


def _line(floor: Floor, contract: Contract, zone: str, ledger: Ledger) -> dict[str, Any]:
    today = ledger.today
    return {
        "contract": contract.id,
        "client": floor.clients[contract.client].name,
        "party": _party(floor, contract),
        "tier": contract.tier,
        "day": today.day,
        "zone": zone,
        "accepted": today.accepted,
        "reserved": today.reserved,
        "cap": today.cap,
        "minimum": today.minimum or None,
        "currency": contract.currency,
        "spent": _amount(today.spent, contract.currency),
        "budget": _amount(today.budget, contract.currency),
        "against": str(ledger.against) if ledger.against is not None else None,
        "share": _share(ledger),
    }


def _party(floor: Floor, contract: Contract) -> str:
    """Whose work it is: the pool's name, or the vendor's for all its pools."""
    if contract.pool is not None:
        return floor.pools[contract.pool].name
    return floor.vendors[contract.vendor or ""].name


def _share(ledger: Ledger) -> dict[str, Any] | None:
    """Accepted since the share began, not today alone: that is what is divided."""
    if ledger.share is None or not ledger.share_total:
        return None
    accepted, by_all = ledger.share_accepted or 0, ledger.share_accepted_by_all or 0
    return {
        "id": ledger.share,
        "agreed": (ledger.share_weight or 0) / ledger.share_total,
        "now": accepted / by_all if by_all else None,
        "accepted": accepted,
        "by_all": by_all,
    }


def _amount(units: int | None, currency: str | None) -> float | None:
    """Smallest units as a number of the currency."""
    if units is None or currency is None:
        return None
    return float(Decimal(units).scaleb(-money.decimals(currency)))
