"""Whether the parts of a workspace fit each other.

Each rule is a generator of problems over the whole workspace, and the two tables at the end are the order in which they are told.
Errors do not depend on the day, so that a file that was accepted stays acceptable; what a certification's end says does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from difflib import get_close_matches
from itertools import combinations

from pydantic import ValidationError

from contact_hub.workspace import coverage, rule_checks
from contact_hub.workspace.model import LEAVE_MESSAGE, Brand, Workspace
from contact_hub.workspace.problems import Problem, Severity, Where, from_pydantic, path_of, problem
from contact_hub.workspace.values import plain_address
from i18n import tags
from routing.model import Channel, Presentation, Sourcing

Problems = Iterator[Problem]

EXPIRY_NOTICE_DAYS = 30


def check(document: Workspace | Mapping[str, object], *, today: date | None = None) -> list[Problem]:
    """Everything wrong with a workspace, errors first. Without `today`, what depends on the day is left out.

    A document whose shape is wrong is told so, and its parts are not compared."""
    if not isinstance(document, Workspace):
        try:
            document = Workspace.model_validate(document)
        except ValidationError as refused:
            return [from_pydantic(details) for details in refused.errors(include_url=False, include_input=False)]
    return [*errors_in(document), *warnings_in(document, today)]


def errors_in(workspace: Workspace) -> list[Problem]:
    """Why this cannot be applied. Nothing here depends on the day."""
    return [found for rule in _ERRORS for found in rule(workspace)]


def warnings_in(workspace: Workspace, today: date | None = None) -> list[Problem]:
    """What its author probably did not mean."""
    undated = [found for rule in _WARNINGS for found in rule(workspace)]
    return [*undated, *(_dates(workspace, today) if today else ())]


def refuses(problems: Sequence[Problem]) -> bool:
    """Whether there is an error among them."""
    return any(each.severity is Severity.ERROR for each in problems)


def _limits(workspace: Workspace) -> Problems:
    whole = workspace.limits.messages_per_second
    for index, brand in enumerate(workspace.brands):
        own = brand.limits.messages_per_second
        if own is not None and own > whole:
            where: Where = ("brands", index, "limits", "messages_per_second")
            yield problem("limit_never_met", where, value=f"{own:g}", brand=brand.id, all=f"{whole:g}")


def _ids_twice(workspace: Workspace) -> Problems:
    for name in ("clients", "brands", "vendors", "pools", "contracts", "shares", "kinds", "away_reasons"):
        yield from _twice("id_twice", [((name, index, "id"), item.id) for index, item in enumerate(getattr(workspace, name))])
    # Agents and staff sign in at one door, under one kind of account.
    people = [(("agents", index), agent.id, agent.email) for index, agent in enumerate(workspace.agents)]
    people += [(("staff", index), person.id, person.email) for index, person in enumerate(workspace.staff)]
    yield from _twice("id_twice", [((*where, "id"), key) for where, key, _ in people])
    yield from _twice("email_twice", [((*where, "email"), email.casefold()) for where, _, email in people])


def _mailboxes(workspace: Workspace) -> Problems:
    boxes = [
        (("brands", index, "mailboxes", position), box)
        for index, brand in enumerate(workspace.brands)
        for position, box in enumerate(brand.mailboxes)
    ]
    yield from _twice("id_twice", [((*where, "id"), box.id) for where, box in boxes])
    yield from _twice("mailbox_address_twice", [((*where, "address"), plain_address(box.address)) for where, box in boxes])


def _mail(workspace: Workspace) -> Problems:
    for index, brand in enumerate(workspace.brands):
        here: Where = ("brands", index)
        covered = any(coverage.covers(each, brand) and Channel.EMAIL in each.channels for each in workspace.contracts)
        if brand.mailboxes and not covered:
            yield problem("mail_without_contract", (*here, "mailboxes"), brand=brand.id)
        for position, box in enumerate(brand.mailboxes):
            where = (*here, "mailboxes", position)
            for name, server in (("intake", box.intake.imap), ("relay", box.relay)):
                if server is not None and server.security == "none" and not _is_local(server.host):
                    yield problem("mail_unencrypted", (*where, name), value=server.host)
            if box.relay is None:
                yield problem("mail_without_relay", where, address=box.address)
            if not box.own_servers:
                yield problem("mail_unproven", where, address=box.address)


def _twice(code: str, items: Sequence[tuple[Where, str]]) -> Problems:
    first: dict[str, str] = {}
    for where, value in items:
        if value in first:
            yield problem(code, where, value=value, first=first[value])
        first.setdefault(value, path_of(where[:-1]))


def _values_twice(workspace: Workspace) -> Problems:
    lists: list[tuple[Where, Sequence[str]]] = []
    for index, brand in enumerate(workspace.brands):
        lists += [
            (("brands", index, name), getattr(brand, name))
            for name in ("languages", "residency", "sites", "kinds", "forbidden_words")
        ]
    for index, contract in enumerate(workspace.contracts):
        lists += [(("contracts", index, name), getattr(contract, name)) for name in ("brands", "kinds", "channels")]
        lists += [(("contracts", index, "data"), contract.data or ())]
    lists += [(("kinds", index, "data"), kind.data) for index, kind in enumerate(workspace.kinds)]
    lists += [(("rules", name), getattr(workspace.rules, name)) for name in ("auto_accept", "choice")]
    for where, values in lists:
        for position, value in enumerate(values):
            if value in values[:position]:
                yield problem("value_twice", (*where, position), value=value)


def _references(workspace: Workspace) -> Problems:
    known = {
        "client": [client.id for client in workspace.clients],
        "vendor": [vendor.id for vendor in workspace.vendors],
        "pool": [pool.id for pool in workspace.pools],
        "brand": [brand.id for brand in workspace.brands],
        "kind": [kind.id for kind in workspace.kinds],
        "contract": [contract.id for contract in workspace.contracts],
    }
    for what, value, where in _referring(workspace):
        if value not in known[what]:
            near = get_close_matches(value, known[what], n=1)
            yield problem("reference_unknown", where, near=near[0] if near else None, what=what, value=value)


def _referring(workspace: Workspace) -> Iterator[tuple[str, str, Where]]:
    for index, brand in enumerate(workspace.brands):
        here: Where = ("brands", index)
        yield "client", brand.client, (*here, "client")
        for position, kind in enumerate(brand.kinds):
            yield "kind", kind, (*here, "kinds", position)
        for position, box in enumerate(brand.mailboxes):
            if box.kind is not None:
                yield "kind", box.kind, (*here, "mailboxes", position, "kind")
        if brand.fallback not in {None, LEAVE_MESSAGE}:
            yield "pool", str(brand.fallback), (*here, "fallback")
    for index, pool in enumerate(workspace.pools):
        if pool.vendor is not None:
            yield "vendor", pool.vendor, ("pools", index, "vendor")
    for index, agent in enumerate(workspace.agents):
        here = ("agents", index)
        yield "pool", agent.pool, (*here, "pool")
        for name, brands in (("certifications", agent.certifications), ("personas", agent.personas)):
            for each in brands:
                yield "brand", each, (*here, name, each)
    for index, person in enumerate(workspace.staff):
        yield from _named(person.client, person.vendor, None, ("staff", index))
    for index, contract in enumerate(workspace.contracts):
        here = ("contracts", index)
        yield from _named(contract.client, contract.vendor, contract.pool, here)
        for position, each in enumerate(contract.brands):
            yield "brand", each, (*here, "brands", position)
        for position, kind in enumerate(contract.kinds):
            yield "kind", kind, (*here, "kinds", position)
    for index, share in enumerate(workspace.shares):
        for contract_id in share.contracts:
            yield "contract", contract_id, ("shares", index, "contracts", contract_id)


def _named(client: str | None, vendor: str | None, pool: str | None, here: Where) -> Iterator[tuple[str, str, Where]]:
    for what, value in (("client", client), ("vendor", vendor), ("pool", pool)):
        if value is not None:
            yield what, value, (*here, what)


def _foreign_brands(workspace: Workspace) -> Problems:
    owners = {brand.id: brand.client for brand in workspace.brands}
    for index, contract in enumerate(workspace.contracts):
        for position, brand in enumerate(contract.brands):
            if owners.get(brand, contract.client) != contract.client:
                yield problem(
                    "contract_brand_foreign", ("contracts", index, "brands", position), brand=brand, client=contract.client
                )


def _pool_vendors(workspace: Workspace) -> Problems:
    for index, pool in enumerate(workspace.pools):
        if pool.sourcing is Sourcing.OUTSOURCED and pool.vendor is None:
            yield problem("pool_vendor_missing", ("pools", index))
        if pool.sourcing in {Sourcing.IN_HOUSE, Sourcing.SHARED_SERVICE_CENTRE} and pool.vendor is not None:
            yield problem("pool_vendor_unexpected", ("pools", index, "vendor"), sourcing=pool.sourcing.value)


def _personas(workspace: Workspace) -> Problems:
    """Who is certified under a white label, and could never be shown: the author forgot the face, not the certificate."""
    positions = {agent.id: index for index, agent in enumerate(workspace.agents)}
    told: set[tuple[str, str]] = set()
    for contract in workspace.contracts:
        engaged = coverage.pools_of(workspace, contract)
        for brand in workspace.brands:
            if contract.presentation is not Presentation.BRAND or not coverage.covers(contract, brand):
                continue
            pools = [pool.id for pool in engaged if coverage.may_see(brand, pool)]
            for agent in (agent for pool in pools for agent in workspace.agents_of_pool.get(pool, ())):
                missing = coverage.certified(agent, brand, None) and coverage.persona_of(brand, agent) is None
                if missing and (agent.id, brand.id) not in told:
                    told.add((agent.id, brand.id))
                    where = ("agents", positions[agent.id], "personas")
                    yield problem("persona_missing", where, agent=agent.id, brand=brand.id, contract=contract.id)


def _skills(workspace: Workspace) -> Problems:
    for index, kind in enumerate(workspace.kinds):
        for skill, level in kind.skills.items():
            if not any(agent.skills.get(skill, 0) >= level for agent in workspace.agents):
                yield problem("skill_unheld", ("kinds", index, "skills", skill), skill=skill, level=level, kind=kind.id)


def _idle_pools(workspace: Workspace) -> Problems:
    staffed = {agent.pool for agent in workspace.agents}
    covered = {pool.id for contract in workspace.contracts for pool in coverage.pools_of(workspace, contract)}
    for index, pool in enumerate(workspace.pools):
        if not any(pool.hours) and not any(pool.overrides.values()):
            yield problem("pool_without_hours", ("pools", index, "hours"), pool=pool.id)
        if pool.id not in staffed:
            yield problem("pool_without_agents", ("pools", index), pool=pool.id)
        if pool.id not in covered:
            yield problem("pool_without_contract", ("pools", index), pool=pool.id)


def _idle_contracts(workspace: Workspace) -> Problems:
    for index, contract in enumerate(workspace.contracts):
        if contract.vendor is not None and not coverage.pools_of(workspace, contract):
            yield problem("contract_without_pool", ("contracts", index, "vendor"), vendor=contract.vendor)
    engaged = [{pool.id for pool in coverage.pools_of(workspace, contract)} for contract in workspace.contracts]
    for (at, first), (index, second) in combinations(enumerate(workspace.contracts), 2):
        if engaged[at] & engaged[index] and coverage.compete(workspace, first, second):
            yield problem("contract_doubled", ("contracts", index), other=first.id)


def _brands(workspace: Workspace) -> Problems:
    for index, brand in enumerate(workspace.brands):
        here: Where = ("brands", index)
        if brand.fallback is None:
            yield problem("brand_without_fallback", here, brand=brand.id)
        if not brand.sites:
            yield problem("brand_without_site", here, brand=brand.id)
        for position, site in enumerate(brand.sites):
            if site.startswith("http:") and not _is_local(site):
                yield problem("site_unencrypted", (*here, "sites", position), value=site)
        yield from _brand_texts(brand, here)
        yield from _brand_work(workspace, brand, here)


def _brand_texts(brand: Brand, here: Where) -> Problems:
    for language in brand.languages:
        # A text in `pt` serves `pt-BR`: the nearest parent speaks.
        said = [brand.texts[tag] for tag in tags.fallbacks(language) if tag in brand.texts]
        for text in ("greeting", "privacy"):
            if not any(getattr(each, text) for each in said):
                yield problem("text_missing", (*here, "texts"), brand=brand.id, text=text, language=language)


def _brand_work(workspace: Workspace, brand: Brand, here: Where) -> Problems:
    contracts = [contract for contract in workspace.contracts if coverage.covers(contract, brand)]
    if not contracts:
        yield problem("brand_without_contract", here, brand=brand.id)
        return
    for kind in brand.kinds or [kind.id for kind in workspace.kinds]:
        if not any(not contract.kinds or kind in contract.kinds for contract in contracts):
            yield problem("brand_kind_uncovered", (*here, "kinds"), brand=brand.id, kind=kind)
    labels = {kind.id: kind.labels for kind in workspace.kinds if not brand.kinds or kind.id in brand.kinds}
    for kind, texts in labels.items():
        for language in brand.languages:
            if not any(tag in texts for tag in tags.fallbacks(language)):
                yield problem("label_missing", (*here, "kinds"), brand=brand.id, kind=kind, language=language)


def _languages(workspace: Workspace, today: date | None = None) -> Problems:
    for index, brand in enumerate(workspace.brands):
        if not any(coverage.covers(contract, brand) for contract in workspace.contracts):
            continue
        for position, language in enumerate(brand.languages):
            if not coverage.speaking(workspace, brand, language, on=today):
                where = ("brands", index, "languages", position)
                yield problem("brand_language_uncovered", where, brand=brand.id, language=language, floor=brand.floor.label)


def _idle_agents(workspace: Workspace) -> Problems:
    busy = {
        agent.id
        for brand in workspace.brands
        for language in brand.languages
        for agent in coverage.speaking(workspace, brand, language)
    }
    for index, agent in enumerate(workspace.agents):
        if agent.id not in busy:
            yield problem("agent_without_work", ("agents", index), agent=agent.id)


def _dates(workspace: Workspace, today: date) -> Problems:
    for index, contract in enumerate(workspace.contracts):
        if contract.valid_to is not None and contract.valid_to < today:
            yield problem("contract_expired", ("contracts", index, "valid_to"), end=contract.valid_to)
    for index, agent in enumerate(workspace.agents):
        for brand, end in agent.certifications.items():
            where = ("agents", index, "certifications", brand)
            if end is not None and end < today:
                yield problem("certification_expired", where, agent=agent.id, brand=brand, end=end)
            elif end is not None and end <= today + timedelta(days=EXPIRY_NOTICE_DAYS):
                yield problem("certification_expiring", where, agent=agent.id, brand=brand, end=end, days=(end - today).days)
    # What only an ended certification or contract covered: the rest was told without a date.
    undated = {(found.where, found.code) for found in _languages(workspace)}
    yield from (found for found in _languages(workspace, today) if (found.where, found.code) not in undated)


def _is_local(site: str) -> bool:
    host = site.removeprefix("http://").partition(":")[0]
    return host in {"localhost", "127.0.0.1"} or host.endswith(".localhost")


_ERRORS: tuple[Callable[[Workspace], Problems], ...] = (
    _ids_twice,
    _mailboxes,
    _values_twice,
    _references,
    _foreign_brands,
    _pool_vendors,
    _personas,
    *rule_checks.ERRORS,
)
_WARNINGS: tuple[Callable[[Workspace], Problems], ...] = (
    _skills,
    *rule_checks.WARNINGS,
    _idle_pools,
    _idle_contracts,
    _brands,
    _languages,
    _idle_agents,
    _limits,
    _mail,
)
