"""How far somebody sees in reports, and what names they see there."""

from __future__ import annotations

from typing import Any

from contact_hub.quality.reports import Labels, Sight
from contact_hub.staff.policy import Principal
from contact_hub.workspace.floor import Floor
from contact_hub.workspace.model import Brand, Contract
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
    brands = brands_known(floor, who)
    clients = [
        client for client in floor.workspace.clients if who.role == "operator" or client.id in {brand.client for brand in brands}
    ]
    known = pools_known(floor, who)
    pools = [pool for pool in floor.workspace.pools if known is None or pool.id in known]
    vendors = {pool.vendor for pool in pools if pool.vendor}
    names = labels_of(floor, who, "en").names
    return {
        "clients": [{"id": client.id, "name": client.name} for client in clients],
        "brands": [
            {
                "id": brand.id,
                "name": brand.name,
                "client": brand.client,
                "colour": str(brand.look.colour),
                "zone": str(brand.zone),
                "dispositions": {code: dict(labels) for code, labels in brand.dispositions.items()},
            }
            for brand in brands
        ],
        "pools": [{"id": pool.id, "name": pool.name, "vendor": pool.vendor} for pool in pools],
        "vendors": [
            {"id": vendor.id, "name": names["vendor"][vendor.id]} for vendor in floor.workspace.vendors if vendor.id in vendors
        ],
        "languages": sorted({tag for brand in brands for tag in brand.languages}),
        "channels": sorted(
            {
                channel.value
                for contract in floor.workspace.contracts
                if contract.client in {client.id for client in clients}
                for channel in contract.channels
            }
        ),
        "kinds": [{"id": kind.id, "labels": dict(kind.labels)} for kind in floor.workspace.kinds],
        "zones": sorted({str(brand.zone) for brand in brands} | {"UTC"}),
    }


def pools_known(floor: Floor, who: Principal) -> frozenset[str] | None:
    """The pools somebody knows of: a vendor's manager the vendor's own, a client's supervisor those with a contract. None: every pool."""
    match who.role:
        case "operator":
            return None
        case "vendor_manager":
            return floor.pools_of_vendor(str(who.vendor))
        case "client_supervisor":
            return frozenset().union(*(_pools_of(floor, one) for one in floor.workspace.contracts if one.client == who.client))
        case _:
            return frozenset()


def brands_known(floor: Floor, who: Principal) -> list[Brand]:
    """The brands somebody knows of: a client's supervisor the client's own, a vendor's manager those of the vendor's contracts."""
    match who.role:
        case "operator":
            return list(floor.workspace.brands)
        case "vendor_manager":
            own = floor.pools_of_vendor(str(who.vendor))
            contracts = [one for one in floor.workspace.contracts if _pools_of(floor, one) & own]
            return [brand for brand in floor.workspace.brands if any(_covers(contract, brand) for contract in contracts)]
        case "client_supervisor":
            return [brand for brand in floor.workspace.brands if brand.client == who.client]
        case _:
            return []


def _pools_of(floor: Floor, contract: Contract) -> frozenset[str]:
    return frozenset({contract.pool}) if contract.pool else floor.pools_of_vendor(contract.vendor or "")


def _covers(contract: Contract, brand: Brand) -> bool:
    return contract.client == brand.client and (not contract.brands or brand.id in contract.brands)
