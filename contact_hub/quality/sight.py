"""How far somebody sees in reports, and what names they see there."""

from __future__ import annotations

from typing import Any

from contact_hub.quality.reports import Labels, Sight
from contact_hub.staff.policy import Principal
from contact_hub.workspace.floor import Floor
from i18n import tags


def sight_of(who: Principal) -> Sight:
    """A client's supervisor sees that client, a vendor's manager that vendor, an operator everything."""
    match who.role:
        case "client_supervisor":
            return Sight(clients=frozenset({str(who.client)}))
        case "vendor_manager":
            return Sight(vendor=who.vendor)
        case "operator":
            return Sight()
        case _:
            return Sight(clients=frozenset())


def labels_of(floor: Floor, who: Principal, tag: str) -> Labels:
    """Names for the keys of a report in `tag`. A client reads a vendor's alias where it has one."""
    outside = who.role == "client_supervisor"
    return Labels(
        names={
            "client": {client.id: client.name for client in floor.workspace.clients},
            "brand": {brand.id: brand.name for brand in floor.workspace.brands},
            "pool": {pool.id: pool.name for pool in floor.workspace.pools},
            "vendor": {vendor.id: vendor.alias if outside and vendor.alias else vendor.name for vendor in floor.workspace.vendors},
            "agent": {agent.id: agent.name for agent in floor.workspace.agents},
            "kind": {kind.id: kind.labels.get(tag) or kind.labels.get("en") or kind.id for kind in floor.workspace.kinds},
            "language": {
                language: tags.display_name(language, in_tag=tag)
                for brand in floor.workspace.brands
                for language in brand.languages
            },
        }
    )


def facets(floor: Floor, who: Principal) -> dict[str, Any]:
    """What the filters of a report may offer to somebody."""
    clients = [client for client in floor.workspace.clients if who.role != "client_supervisor" or client.id == who.client]
    ids = {client.id for client in clients}
    brands = [brand for brand in floor.workspace.brands if brand.client in ids]
    contracted = _pools_of_clients(floor, ids)
    pools = [pool for pool in floor.workspace.pools if (pool.id in contracted if who.role == "client_supervisor" else True)]
    if who.role == "vendor_manager":
        pools = [pool for pool in pools if pool.vendor == who.vendor]
    vendors = {pool.vendor for pool in pools if pool.vendor}
    names = labels_of(floor, who, "en").names
    return {
        "clients": [{"id": client.id, "name": client.name} for client in clients],
        "brands": [
            {"id": brand.id, "name": brand.name, "client": brand.client, "colour": str(brand.look.colour), "zone": str(brand.zone)}
            for brand in brands
        ],
        "pools": [{"id": pool.id, "name": pool.name, "vendor": pool.vendor} for pool in pools],
        "vendors": [
            {"id": vendor.id, "name": names["vendor"][vendor.id]} for vendor in floor.workspace.vendors if vendor.id in vendors
        ],
        "languages": sorted({tag for brand in brands for tag in brand.languages}),
        "kinds": [{"id": kind.id, "labels": dict(kind.labels)} for kind in floor.workspace.kinds],
        "zones": sorted({str(brand.zone) for brand in brands} | {"UTC"}),
    }


def _pools_of_clients(floor: Floor, clients: set[str]) -> set[str]:
    """The pools with which these clients have contracts."""
    found: set[str] = set()
    for contract in floor.workspace.contracts:
        if contract.client in clients:
            found |= {contract.pool} if contract.pool else set(floor.pools_of_vendor(contract.vendor or ""))
    return found
