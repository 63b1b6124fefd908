"""What a simulation file leaves out, said: from a dozen lines to a whole workspace.

Works on the plain document and keeps every place, so that an error is told where its author wrote it. What has the wrong shape is left as it
is, for the types to refuse.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain
from string import ascii_lowercase
from typing import Any, Final, TypeAlias

from contact_hub.simulate.problems import found
from contact_hub.workspace.problems import Problem, problem

Document: TypeAlias = dict[str, Any]

_MERGED: Final = frozenset({"rules", "simulation", "behaviour"})
_LISTS: Final = ("clients", "brands", "vendors", "pools", "agents", "contracts", "shares", "kinds", "traffic")
_ALWAYS: Final = {"daily": ["00:00-24:00"]}
_BOTH: Final = ["chat", "email"]


def misshapen(document: Mapping[str, Any]) -> list[Problem]:
    """Sections that are no lists of mappings, or no mappings: nothing can be said of them further."""
    problems = []
    for name in _LISTS:
        section = document.get(name, [])
        if not isinstance(section, list):
            problems.append(problem("type_wrong", (name,), form="list"))
        else:
            problems += [
                problem("type_wrong", (name, index), form="mapping")
                for index, one in enumerate(section)
                if not isinstance(one, Mapping)
            ]
    for name in _MERGED:
        if not isinstance(document.get(name, {}), Mapping):
            problems.append(problem("type_wrong", (name,), form="mapping"))
    return problems


def merged(first: Mapping[str, Any], second: Mapping[str, Any]) -> Document:
    """The second over the first: section by section, and rules, settings and behaviour key by key."""
    both: Document = dict(first)
    for name, section in second.items():
        key_by_key = name in _MERGED and isinstance(section, Mapping) and isinstance(first.get(name), Mapping)
        both[name] = {**first[name], **section} if key_by_key else section
    return both


def completed(document: Mapping[str, Any], *, whole: bool = False) -> tuple[Document, list[Problem]]:
    """With everything said that was left out, and what cannot be guessed. `whole`: sections of the workspace come from a workspace file, and
    what that leaves out is left out."""
    full, problems = dict(document), list[Problem]()
    full.setdefault("workspace", {"id": "simulation", "name": "Simulation"})
    if not whole:
        for complete in (_clients, _vendors_and_pools, _kinds, _brands, _contracts, _rules):
            complete(full, problems)
    _agents(full, problems)
    _traffic(full, problems)
    return full, problems


def _clients(full: Document, _: list[Problem]) -> None:
    full.setdefault("clients", [{"id": "client"}])
    full["clients"] = [_with(one, name=one.get("id"), country="DE", zone="UTC") for one in _items(full, "clients")]


def _vendors_and_pools(full: Document, _: list[Problem]) -> None:
    named = [pool for one in _items(full, "agents") if isinstance(pool := one.get("pool"), str)]
    full.setdefault("pools", [{"id": pool} for pool in dict.fromkeys(named)] or [{"id": "pool"}])
    full["pools"] = [
        _with(
            one,
            name=one.get("id"),
            sourcing="outsourced" if one.get("vendor") else "in_house",
            country="DE",
            zone="UTC",
            hours=_ALWAYS,
        )
        for one in _items(full, "pools")
    ]
    vendors = [vendor for one in _items(full, "pools") if isinstance(vendor := one.get("vendor"), str)]
    full.setdefault("vendors", [{"id": vendor} for vendor in dict.fromkeys(vendors)])
    full["vendors"] = [_with(one, name=one.get("id")) for one in _items(full, "vendors")]


def _kinds(full: Document, _: list[Problem]) -> None:
    named = [kind for one in _items(full, "traffic") if isinstance(kind := one.get("kind"), str)]
    full.setdefault("kinds", [{"id": kind} for kind in dict.fromkeys(named)] or [{"id": "service"}])
    full["kinds"] = [_with(one, labels={"en": str(one.get("id"))}) for one in _items(full, "kinds")]


def _brands(full: Document, problems: list[Problem]) -> None:
    traffic = _items(full, "traffic")
    named = [brand for one in traffic if isinstance(brand := one.get("brand"), str)]
    full.setdefault("brands", [{"id": brand} for brand in dict.fromkeys(named)] or [{"id": "brand"}])
    brands = _items(full, "brands")
    for index, brand in enumerate(brands):
        asking = [one for one in traffic if one.get("brand", brand.get("id")) == brand.get("id")]
        languages = [tag for one in asking for tag in one.get("languages") or () if isinstance(tag, str)]
        brands[index] = _with(
            brand,
            name=brand.get("id"),
            languages=list(dict.fromkeys(languages)) or ["en"],
            certification_required=False,
            zone="UTC",
            look={"colour": "#1f5fd0", "initials": "B"},
        )
        _say_client(brands[index], ("brands", index), full, problems)
    full["brands"] = brands


def _contracts(full: Document, problems: list[Problem]) -> None:
    if "contracts" not in full:
        clients = [one.get("id") for one in _items(full, "clients")]
        several = len(clients) > 1
        full["contracts"] = [
            {"id": f"{client}-{pool.get('id')}" if several else pool.get("id"), "client": client, "pool": pool.get("id")}
            for client in clients
            for pool in _items(full, "pools")
        ]
    contracts = _items(full, "contracts")
    taken: set[object] = {one.get("id") for one in contracts}
    for index, contract in enumerate(contracts):
        full_one = _with(contract, presentation="vendor", channels=_BOTH)
        if "price" in contract or "budget_per_day" in contract:
            full_one.setdefault("currency", "EUR")
        if "id" not in contract:
            full_one["id"] = _free(str(contract.get("pool") or contract.get("vendor") or "contract"), taken)
        _say_client(full_one, ("contracts", index), full, problems)
        contracts[index] = full_one
    full["contracts"] = contracts


def _rules(full: Document, _: list[Problem]) -> None:
    wrapping = any(isinstance(one.get("wrap_up"), Mapping) for one in _items(full, "traffic"))
    given = _with(full.get("rules", {}), missed_offer_makes_away=False)
    if not wrapping:
        given.setdefault("wrap_up_seconds", 0)
    if not _rings(full):
        given.setdefault("auto_accept", _BOTH)
    full["rules"] = given


def _rings(full: Document) -> bool:
    """Does it matter that offers ring?"""
    said = [full.get("behaviour"), *(one.get("behaviour") for one in _items(full, "agents"))]
    return any(isinstance(one, Mapping) and ({"accept", "decline_probability", "lapse_probability"} & set(one)) for one in said)


def _agents(full: Document, problems: list[Problem]) -> None:
    pools = [one.get("id") for one in _items(full, "pools")]
    groups, taken = _items(full, "agents"), set[object]()
    taken |= {one.get("id") for one in groups}
    for index, group in enumerate(groups):
        if "pool" not in group and len(pools) != 1:
            problems.append(found("pool_ambiguous", ("agents", index), known=_listed(pools)))
        one = _with(group, pool=group.get("pool", pools[0] if pools else "pool"), languages={"en": "native"}, seats=1)
        if "id" not in group:
            one["id"] = _free(str(one["pool"]), taken)
        groups[index] = _with(one, name=str(one["id"]), email=f"{one['id']}@agents.example")
    full["agents"] = groups


def _traffic(full: Document, problems: list[Problem]) -> None:
    brands, kinds = [one.get("id") for one in _items(full, "brands")], [one.get("id") for one in _items(full, "kinds")]
    traffic = _items(full, "traffic")
    for index, one in enumerate(traffic):
        if "brand" not in one and len(brands) != 1:
            problems.append(found("brand_ambiguous", ("traffic", index), known=_listed(brands)))
        kind = kinds[0] if len(kinds) == 1 else "service"
        traffic[index] = _with(one, brand=brands[0] if brands else "brand", kind=kind)
    full["traffic"] = traffic
    if not traffic:
        problems.append(found("traffic_missing", ("traffic",)))


def _say_client(one: Document, where: tuple[str | int, ...], full: Document, problems: list[Problem]) -> None:
    clients = [client.get("id") for client in _items(full, "clients")]
    if "client" not in one:
        if len(clients) != 1:
            problems.append(found("client_ambiguous", where, known=_listed(clients)))
        one["client"] = clients[0] if clients else "client"


def _items(full: Mapping[str, Any], name: str) -> list[Document]:
    section = full.get(name)
    return [dict(one) for one in section] if isinstance(section, list) else []


def _with(one: Mapping[str, Any], **defaults: Any) -> Document:
    return {**defaults, **one}


def _free(name: str, taken: set[object]) -> str:
    free = next(
        each for each in chain([name], (f"{name}-{letter}" for letter in ascii_lowercase[1:]), _numbered(name)) if each not in taken
    )
    taken.add(free)
    return free


def _numbered(name: str) -> Iterable[str]:
    return (f"{name}-{n}" for n in range(27, 1_000_000))


def _listed(known: Iterable[object]) -> str:
    return ", ".join(map(str, known)) or "none"
