"""Every code, provoked by the smallest mistake that earns it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from copy import deepcopy
from datetime import date
from typing import Any

import pytest

from contact_hub.workspace import Severity, WorkspaceRefused, check, from_document
from contact_hub.workspace.problems import RULES, path_of
from tests.workspace.builders import SMALL, small

TODAY = date(2026, 11, 21)

BRAND = deepcopy(SMALL["brands"][0])
AGENT = deepcopy(SMALL["agents"][0])
Change = tuple[Sequence[str | int], Any]

POOL = deepcopy(SMALL["pools"][0])
ONE = deepcopy(SMALL["contracts"][0])
NEW = {**AGENT, "id": "new", "email": "n@lusora.example"}
IN_EURO = {**ONE, "currency": "EUR"}
BRAZIL: Change = (["pools", 1], {**POOL, "id": "brazil", "country": "BR"})
PORTO: Change = (["pools", 1], {**POOL, "id": "porto", "vendor": None, "sourcing": "in_house"})
TWO: Change = (["contracts", 1], {"id": "two", "client": "velour", "pool": "porto"})


def wish(**asked: object) -> Change:
    return ["brands", 0, "wishes"], [{"until_seconds": 60, **asked}]


def share(*parts: int, **others: object) -> Change:
    return ["shares"], [{"id": "split", "contracts": dict(zip(("one", "two"), parts, strict=True)), **others}]


BOX = {"id": "help", "address": "help@maison.example", "intake": {"lmtp": True}}
IMAP = {"host": "imap.maison.example", "user": "help", "secret": "env:HELP"}


def boxes(*changed: dict[str, object]) -> Change:
    return ["brands", 0, "mailboxes"], [{**BOX, **change} for change in changed]


CASES: list[tuple[str, str, list[Change]]] = [
    ("field_missing", "brands[0].zone", [(["brands", 0, "zone"], ...)]),
    ("field_unknown", "brands[0].colours", [(["brands", 0, "colours"], "red")]),
    ("type_wrong", "agents[0].seats", [(["agents", 0, "seats"], "three")]),
    ("type_wrong", "brands[0].csat", [(["brands", 0, "csat"], "yes")]),
    ("type_wrong", "agents[0].name", [(["agents", 0, "name"], 7)]),
    ("type_wrong", "pools[0].hours", [(["pools", 0, "hours"], ["mon"])]),
    ("choice_unknown", "pools[0].sourcing", [(["pools", 0, "sourcing"], "offshored")]),
    ("choice_unknown", "agents[0].ceilings.fax", [(["agents", 0, "ceilings"], {"fax": 1})]),
    ("number_out_of_range", "agents[0].skills.orders", [(["agents", 0, "skills", "orders"], 6)]),
    ("number_out_of_range", "contracts[0].overflow_after_seconds", [(["contracts", 0, "overflow_after_seconds"], -1)]),
    ("length_wrong", "brands[0].languages", [(["brands", 0, "languages"], [])]),
    ("length_wrong", "agents[0].languages", [(["agents", 0, "languages"], {})]),
    ("value_invalid", "workspace.name", [(["workspace", "name"], "half a \ud800 pair")]),
    ("id_invalid", "workspace.id", [(["workspace", "id"], "Not an id")]),
    ("text_blank", "brands[0].texts.fr.greeting", [(["brands", 0, "texts", "fr", "greeting"], "  ")]),
    ("name_invalid", "workspace.name", [(["workspace", "name"], "two\nlines")]),
    ("language_invalid", "agents[0].languages.x y", [(["agents", 0, "languages", "x y"], "B2")]),
    ("language_unknown", "agents[0].languages.xx", [(["agents", 0, "languages", "xx"], "B2")]),
    ("language_unknown", "brands[0].languages[1]", [(["brands", 0, "languages", 1], "jp")]),
    ("language_twice", "agents[0].languages", [(["agents", 0, "languages"], {"pt-BR": "C1", "pt_br": "B2"})]),
    ("level_invalid", "brands[0].floor", [(["brands", 0, "floor"], "fluent")]),
    ("zone_unknown", "clients[0].zone", [(["clients", 0, "zone"], "Europe/Atlantis")]),
    ("zone_unknown", "clients[0].zone", [(["clients", 0, "zone"], "../../etc/passwd")]),
    ("country_unknown", "clients[0].country", [(["clients", 0, "country"], "UK")]),
    ("holidays_unknown", "pools[0].holidays", [(["pools", 0, "holidays"], "DE-XX")]),
    ("date_invalid", "agents[0].certifications.maison", [(["agents", 0, "certifications", "maison"], "2026-02-30")]),
    ("date_invalid", "agents[0].certifications.maison", [(["agents", 0, "certifications", "maison"], 20260101)]),
    ("date_invalid", "pools[0].overrides.Christmas", [(["pools", 0, "overrides"], {"Christmas": []})]),
    ("day_unknown", "pools[0].hours", [(["pools", 0, "hours"], {"monday": ["09:00-17:00"]})]),
    ("day_twice", "pools[0].hours", [(["pools", 0, "hours"], {"mon": [], "mon-fri": []})]),
    ("hours_invalid", "agents[0].shift", [(["agents", 0, "shift"], {"mon": ["9 to 5"]})]),
    ("hours_overlap", "pools[0].hours", [(["pools", 0, "hours"], {"mon": ["22:00-06:00"], "tue": ["05:00-09:00"]})]),
    ("hours_overlap", 'pools[0].overrides.2026-12-24', [(["pools", 0, "overrides"], {"2026-12-24": ["09:00-12:00", "11:00-13:00"]})]),
    ("email_invalid", "agents[0].email", [(["agents", 0, "email"], "dalal at lusora")]),
    ("secret_inline", "brands[0].mailboxes[0].relay.secret", [boxes({"relay": {"host": "mx", "user": "help", "secret": "hunter2"}})]),
    ("secret_inline", "brands[0].mailboxes[0].intake.imap.secret", [boxes({"intake": {"imap": {**IMAP, "secret": "file:relative"}}})]),
    ("host_invalid", "brands[0].mailboxes[0].relay.host", [boxes({"relay": {"host": "mx/../etc"}})]),
    ("selector_invalid", "brands[0].mailboxes[0].dkim.selector", [boxes({"dkim": {"selector": "a b", "secret": "env:KEY"}})]),
    ("mail_intake", "brands[0].mailboxes[0].intake", [boxes({"intake": {}})]),
    ("mail_intake", "brands[0].mailboxes[0].intake", [boxes({"intake": {"imap": IMAP, "lmtp": True}})]),
    ("relay_sign_in", "brands[0].mailboxes[0].relay", [boxes({"relay": {"host": "mx", "user": "help"}})]),
    ("id_twice", "brands[0].mailboxes[1].id", [boxes({}, {"address": "sales@maison.example"})]),
    ("mailbox_address_twice", "brands[0].mailboxes[1].address", [boxes({}, {"id": "second", "address": "HELP+x@maison.example"})]),
    (
        "mailbox_address_twice",
        "brands[1].mailboxes[0].address",
        [boxes({}), (["brands", 1], {**BRAND, "id": "other", "mailboxes": [{**BOX, "id": "second"}]})],
    ),
    ("reference_unknown", "brands[0].mailboxes[0].kind", [boxes({"kind": "fortune"})]),
    ("mail_unencrypted", "brands[0].mailboxes[0].intake", [boxes({"intake": {"imap": {**IMAP, "security": "none"}}})]),
    ("mail_unencrypted", "brands[0].mailboxes[0].relay", [boxes({"relay": {"host": "mx.maison.example", "security": "none"}})]),
    ("mail_without_contract", "brands[0].mailboxes", [boxes({})]),
    ("mail_without_relay", "brands[0].mailboxes[0]", [boxes({})]),
    ("mail_unproven", "brands[0].mailboxes[0]", [boxes({})]),
    ("colour_invalid", "brands[0].look.colour", [(["brands", 0, "look", "colour"], "burgundy")]),
    ("logo_invalid", "brands[0].look.logo", [(["brands", 0, "look", "logo"], '"/><script>')]),
    ("font_invalid", "brands[0].look.font", [(["brands", 0, "look", "font"], "a; } body { display: none")]),
    ("origin_invalid", "brands[0].sites[0]", [(["brands", 0, "sites", 0], "https://maison.example/shop")]),
    ("origin_invalid", "brands[0].sites[0]", [(["brands", 0, "sites", 0], "https://*.maison.example")]),
    ("origin_invalid", "brands[0].sites[0]", [(["brands", 0, "sites", 0], "https://maison.example:99999")]),
    ("text_key_invalid", "texts.fr.Not a key", [(["texts"], {"fr": {"Not a key": "x"}})]),
    ("variable_unknown", "brands[0].canned.greeting.fr", [(["brands", 0, "canned", "greeting", "fr"], "Bonjour {client}")]),
    ("variable_malformed", "brands[0].canned.greeting.fr", [(["brands", 0, "canned", "greeting", "fr"], "Bonjour {customer")]),
    ("contract_party", "contracts[0]", [(["contracts", 0, "pool"], "lisbon")]),
    ("contract_party", "contracts[0]", [(["contracts", 0, "vendor"], ...)]),
    ("dates_reversed", "contracts[0]", [(["contracts", 0, "valid_from"], "2027-01-01"), (["contracts", 0, "valid_to"], "2026-01-01")]),
    ("persona_rule", "brands[0].persona", [(["brands", 0, "persona"], {"rule": "shared"})]),
    ("staff_scope", "staff[0]", [(["staff", 0, "role"], "client_supervisor")]),
    ("staff_scope", "staff[0]", [(["staff", 0, "vendor"], "lusora")]),
    ("id_twice", "agents[1].id", [(["agents", 1], {**AGENT, "email": "other@lusora.example"})]),
    ("id_twice", "staff[0].id", [(["staff", 0, "id"], "dalal")]),
    ("email_twice", "agents[1].email", [(["agents", 1], {**AGENT, "id": "other", "email": "DALAL@lusora.example"})]),
    ("email_twice", "staff[0].email", [(["staff", 0, "email"], AGENT["email"])]),
    ("value_twice", "brands[0].languages[2]", [(["brands", 0, "languages"], ["fr", "ar", "fr"])]),
    ("reference_unknown", "brands[0].client", [(["brands", 0, "client"], "velor"), (["contracts"], [])]),
    ("reference_unknown", "brands[0].fallback", [(["brands", 0, "fallback"], "madrid")]),
    ("reference_unknown", "brands[0].kinds[0]", [(["brands", 0, "kinds"], ["sales"])]),
    ("reference_unknown", "pools[0].vendor", [(["pools", 0, "vendor"], "nobody")]),
    ("reference_unknown", "agents[0].pool", [(["agents", 0, "pool"], "lisboa")]),
    ("reference_unknown", "agents[0].personas.noor", [(["agents", 0, "personas", "noor"], {"name": "Layla"})]),
    ("reference_unknown", "agents[0].certifications.noor", [(["agents", 0, "certifications", "noor"], None)]),
    ("reference_unknown", "staff[0].client", [(["staff", 0], {**SMALL["staff"][0], "role": "client_supervisor", "client": "x"})]),
    ("reference_unknown", "contracts[0].vendor", [(["contracts", 0, "vendor"], "x")]),
    ("reference_unknown", "contracts[0].kinds[0]", [(["contracts", 0, "kinds"], ["x"])]),
    (
        "contract_brand_foreign",
        "contracts[0].brands[0]",
        [
            (["clients", 1], {**SMALL["clients"][0], "id": "kestrel"}),
            (["contracts", 0], {"id": "one", "client": "kestrel", "vendor": "lusora", "brands": ["maison"]}),
        ],
    ),
    ("pool_vendor_missing", "pools[0]", [(["pools", 0, "vendor"], None), (["contracts", 0], {"id": "one", "client": "velour", "pool": "lisbon"})]),
    ("pool_vendor_unexpected", "pools[0].vendor", [(["pools", 0, "sourcing"], "in_house")]),
    ("persona_missing", "agents[0].personas", [(["agents", 0, "personas"], {})]),
    ("residence_unknown", "brands[0].residency[0]", [(["brands", 0, "residency"], ["EFTA"])]),
    ("currency_unknown", "contracts[0].currency", [(["contracts", 0, "currency"], "DEM")]),
    ("money_invalid", "contracts[0].price", [(["contracts", 0], {**IN_EURO, "price": "4.20 EUR"})]),
    ("money_invalid", "contracts[0].price", [(["contracts", 0], {**IN_EURO, "price": -1})]),
    ("money_invalid", "contracts[0].price", [(["contracts", 0], {**IN_EURO, "price": True})]),
    ("money_invalid", "contracts[0].budget_per_day", [(["contracts", 0], {**IN_EURO, "budget_per_day": 0.00001})]),
    ("wish_empty", "brands[0].wishes[0]", [wish()]),
    ("number_out_of_range", "brands[0].wishes[0].until_seconds", [wish(level="C1", until_seconds=0)]),
    ("level_invalid", "kinds[0].wishes[0].level", [(["kinds", 0, "wishes"], [{"until_seconds": 60, "level": "C3"}])]),
    ("number_out_of_range", "brands[0].wishes[0].skills.orders", [wish(skills={"orders": 6})]),
    ("number_out_of_range", "contracts[0].cap_per_day", [(["contracts", 0, "cap_per_day"], -1)]),
    ("number_out_of_range", "shares[0].contracts.one", [share(0, 100)]),
    ("length_wrong", "shares[0].contracts", [(["shares"], [{"id": "alone", "contracts": {"one": 100}}])]),
    ("choice_unknown", "rules.choice[0]", [(["rules", "choice"], ["cheapest"])]),
    ("value_twice", "rules.choice[1]", [(["rules", "choice"], ["lowest_cost", "lowest_cost"])]),
    ("value_twice", "rules.auto_accept[1]", [(["rules", "auto_accept"], ["chat", "chat"])]),
    ("value_twice", "brands[0].residency[1]", [(["brands", 0, "residency"], ["EU", "EU"])]),
    ("value_twice", "contracts[0].data[1]", [(["contracts", 0, "data"], ["health", "health"])]),
    ("value_twice", "kinds[0].data[1]", [(["kinds", 0, "data"], ["health", "health"])]),
    ("reference_unknown", "shares[0].contracts.two", [share(60, 40)]),
    ("id_twice", "shares[1].id", [PORTO, TWO, (["shares"], [{"id": "split", "contracts": {"one": 50, "two": 50}}] * 2)]),
    ("wish_below_floor", "brands[0].wishes[0].level", [wish(level="B1")]),
    ("wish_below_floor", "kinds[0].wishes[0].level", [(["kinds", 0, "wishes"], [{"until_seconds": 60, "level": "B1"}])]),
    ("residency_unmet", "brands[0].residency", [(["brands", 0, "residency"], ["FR", "PH"])]),
    ("data_unmet", "kinds[0].data", [(["kinds", 0, "data"], ["health"]), (["contracts", 0, "data"], [])]),
    ("currency_missing", "contracts[0].price", [(["contracts", 0, "price"], 4.2)]),
    ("currency_mixed", "contracts[1].currency", [PORTO, (["contracts", 0], IN_EURO), (["contracts", 1], {**TWO[1], "currency": "GBP"})]),
    ("money_precision", "contracts[0].price", [(["contracts", 0], {**IN_EURO, "price": 4.205})]),
    ("budget_below_price", "contracts[0].budget_per_day", [(["contracts", 0], {**IN_EURO, "price": 4.2, "budget_per_day": 4})]),
    ("minimum_above_cap", "contracts[0].minimum_per_day", [(["contracts", 0, "cap_per_day"], 10), (["contracts", 0, "minimum_per_day"], 11)]),
    (
        "minimum_above_budget",
        "contracts[0].minimum_per_day",
        [(["contracts", 0], {**IN_EURO, "price": 4.2, "budget_per_day": 42, "minimum_per_day": 11})],
    ),
    (
        "overflow_order",
        "contracts[0].overflow_after_seconds",
        [PORTO, (["contracts", 1], {**TWO[1], "tier": 2, "overflow_after_seconds": 30}), (["contracts", 0], {**ONE, "tier": 3, "overflow_after_seconds": 20})],
    ),
    (
        "overflow_order",
        "contracts[1].overflow_wait_seconds",
        [PORTO, (["contracts", 1], {**TWO[1], "tier": 2, "overflow_wait_seconds": 30}), (["contracts", 0, "overflow_wait_seconds"], 31)],
    ),
    ("share_sum", "shares[0].contracts", [PORTO, TWO, share(60, 41)]),
    ("share_mixed", "shares[0].contracts.two", [PORTO, (["contracts", 1], {**TWO[1], "tier": 2}), share(60, 40)]),
    (
        "share_twice",
        "shares[1].contracts.one",
        [PORTO, TWO, (["shares"], [{"id": "split", "contracts": {"one": 50, "two": 50}}, {"id": "again", "contracts": {"two": 50, "one": 50}}])],
    ),
    ("wish_idle", "brands[0].wishes[0]", [wish(level="B2")]),
    ("wish_idle", "brands[0].wishes[1]", [(["brands", 0, "wishes"], [{"until_seconds": 60, "level": "C1"}, {"until_seconds": 60, "level": "C1"}])]),
    ("wish_idle", "brands[0].wishes[0]", [(["brands", 0, "wishes"], [{"until_seconds": 60, "level": "C1"}, {"until_seconds": 90, "level": "C1"}])]),
    ("wish_idle", "kinds[0].wishes[0]", [(["kinds", 0, "wishes"], [{"until_seconds": 60, "skills": {"orders": 2}}])]),
    ("wish_unmet", "brands[0].wishes[0]", [wish(level="C2")]),
    ("wish_unmet", "brands[0].wishes[0]", [wish(dialect=True), (["brands", 0, "languages", 0], "fr-CA")]),
    ("wish_unmet", "kinds[0].wishes[0]", [(["kinds", 0, "wishes"], [{"until_seconds": 60, "skills": {"orders": 4}}])]),
    (
        "kind_unskilled",
        "brands[0].kinds",
        [(["agents", 1], {**NEW, "certifications": {}, "skills": {"orders": 5}}), (["kinds", 0, "skills", "orders"], 5)],
    ),
    ("data_unused", "contracts[0].data[0]", [(["contracts", 0, "data"], ["health"])]),
    ("contract_outside_residency", "contracts[1]", [(["pools", 1], {**PORTO[1], "country": "PH"}), TWO, (["brands", 0, "residency"], ["EU"])]),
    ("cap_zero", "contracts[0].cap_per_day", [(["contracts", 0, "cap_per_day"], 0)]),
    ("budget_without_price", "contracts[0].budget_per_day", [(["contracts", 0], {**IN_EURO, "budget_per_day": 100})]),
    ("share_apart", "shares[0].contracts.two", [PORTO, (["contracts", 1], {**TWO[1], "channels": ["email"]}), share(60, 40)]),
    ("share_staggered", "shares[0].contracts.two", [PORTO, (["contracts", 1], {**TWO[1], "overflow_after_seconds": 20}), share(60, 40)]),
    ("weight_unfit", "rules.weights.chat", [(["rules", "weights"], {"chat": 4})]),
    ("fallback_unable", "brands[0].fallback", [PORTO, (["brands", 0, "fallback"], "porto")]),
    ("fallback_unable", "brands[0].fallback", [BRAZIL, (["brands", 0, "fallback"], "brazil"), (["brands", 0, "residency"], ["PT"])]),
    ("skill_unheld", "kinds[0].skills.orders", [(["kinds", 0, "skills", "orders"], 4)]),
    ("pool_without_hours", "pools[0].hours", [(["pools", 0, "hours"], {})]),
    ("pool_without_agents", "pools[1]", [(["pools", 1], {**SMALL["pools"][0], "id": "porto"})]),
    ("pool_without_contract", "pools[1]", [(["pools", 1], {**SMALL["pools"][0], "id": "porto", "vendor": None, "sourcing": "in_house"})]),
    (
        "contract_without_pool",
        "contracts[1].vendor",
        [(["vendors", 1], {"id": "idle", "name": "Idle"}), (["contracts", 1], {"id": "two", "client": "velour", "vendor": "idle"})],
    ),
    ("contract_doubled", "contracts[1]", [(["contracts", 1], {"id": "two", "client": "velour", "pool": "lisbon"})]),
    ("contract_expired", "contracts[0].valid_to", [(["contracts", 0, "valid_to"], "2026-11-20")]),
    ("brand_without_fallback", "brands[0]", [(["brands", 0, "fallback"], None)]),
    ("brand_without_site", "brands[0]", [(["brands", 0, "sites"], [])]),
    ("brand_without_contract", "brands[0]", [(["contracts"], [])]),
    ("brand_language_uncovered", "brands[0].languages[2]", [(["brands", 0, "languages", 2], "tr")]),
    ("brand_language_uncovered", "brands[0].languages[0]", [(["agents", 0, "languages", "fr"], "B1")]),
    ("brand_kind_uncovered", "brands[0].kinds", [(["kinds", 1], {"id": "sales", "labels": {"fr": "x", "ar": "x"}}), (["contracts", 0, "kinds"], ["service"])]),
    ("site_unencrypted", "brands[0].sites[0]", [(["brands", 0, "sites", 0], "http://maison.example")]),
    ("text_missing", "brands[0].texts", [(["brands", 0, "texts", "ar", "privacy"], ...)]),
    ("label_missing", "brands[0].kinds", [(["kinds", 0, "labels", "ar"], ...)]),
    ("limit_never_met", "brands[0].limits.messages_per_second", [(["brands", 0, "limits"], {"messages_per_second": 500.0})]),
    ("certification_expired", "agents[0].certifications.maison", [(["agents", 0, "certifications", "maison"], "2026-11-20")]),
    ("certification_expiring", "agents[0].certifications.maison", [(["agents", 0, "certifications", "maison"], "2026-12-21")]),
    ("agent_without_work", "agents[1]", [(["agents", 1], {**AGENT, "id": "new", "email": "n@lusora.example", "certifications": {}})]),
]  # fmt: skip

TEXT_CODES = {code for code in RULES if code.startswith("yaml_")}
"""Those belong to the text, and are provoked in `test_load`."""


def test_the_small_floor_is_right_in_everything() -> None:
    assert check(small(), today=TODAY) == []


@pytest.mark.parametrize(("code", "path", "changes"), CASES, ids=[f"{code}-{path}" for code, path, _ in CASES])
def test_a_mistake_is_told_at_its_place(code: str, path: str, changes: list[Change]) -> None:
    found = check(small(*changes), today=TODAY)

    assert (code, path) in [(each.code, each.path) for each in found]
    for each in found:
        assert not re.search(r"\{[a-z]+\}", each.sentence) or each.code == "variable_unknown"


def test_every_code_has_its_case() -> None:
    assert set(RULES) - TEXT_CODES == {code for code, _, _ in CASES}


@pytest.mark.parametrize(("code", "path", "changes"), CASES, ids=[f"{code}-{path}" for code, path, _ in CASES])
def test_an_error_refuses_and_a_warning_does_not(code: str, path: str, changes: list[Change]) -> None:
    document = small(*changes)
    if any(each.severity is Severity.ERROR for each in check(document)):
        with pytest.raises(WorkspaceRefused):
            from_document(document)
    else:
        assert RULES[code].severity is Severity.WARNING
        from_document(document)


def test_errors_do_not_depend_on_the_day() -> None:
    for _, _, changes in CASES:
        document = small(*changes)
        errors = [
            [each for each in check(document, today=day) if each.severity is Severity.ERROR]
            for day in (None, TODAY, date(2099, 1, 1))
        ]
        assert errors[0] == errors[1] == errors[2]


def test_a_near_name_is_offered() -> None:
    (found,) = [each for each in check(small((["agents", 0, "pool"], "lisbn"))) if each.code == "reference_unknown"]

    assert found.sentence == "There is no pool lisbn (is lisbon meant?)."


def test_a_typical_mistake_of_a_tag_is_explained() -> None:
    (found,) = check(small((["brands", 0, "languages", 1], "jp")))

    assert found.sentence == "No language is known under the tag jp (is ja meant?)."


def test_a_certification_holds_through_its_last_day() -> None:
    told = [each.code for each in check(small((["agents", 0, "certifications", "maison"], "2026-11-21")), today=TODAY)]

    assert told == ["certification_expiring"]


def test_an_ended_certification_uncovers_the_languages_it_covered() -> None:
    found = check(small((["agents", 0, "certifications", "maison"], "2026-11-20")), today=TODAY)

    assert [each.code for each in found] == ["certification_expired", "brand_language_uncovered", "brand_language_uncovered"]


def test_a_shared_persona_serves_everybody() -> None:
    shared = {"rule": "shared", "shared": {"name": "The Maison"}}

    assert check(small((["agents", 0, "personas"], {}), (["brands", 0, "persona"], shared)), today=TODAY) == []


@pytest.mark.parametrize("presentation", ["vendor", "both"])
def test_no_persona_is_needed_where_the_vendor_shows_itself(presentation: str) -> None:
    changes: list[Change] = [(["agents", 0, "personas"], {}), (["contracts", 0, "presentation"], presentation)]

    assert check(small(*changes), today=TODAY) == []


def test_a_brand_that_asks_no_certificate_may_be_answered_without() -> None:
    assert check(small((["agents", 0, "certifications"], {}), (["brands", 0, "certification_required"], False)), today=TODAY) == []


def test_the_plain_language_serves_its_regions() -> None:
    changes: list[Change] = [(["brands", 0, "languages", 0], "fr-CA"), (["agents", 0, "languages"], {"ar": "native", "fr": "C1"})]

    assert check(small(*changes), today=TODAY) == []


def test_what_is_harmless_earns_no_message() -> None:
    harmless: list[Change] = [
        (["rules"], {"ageing_guard_seconds": 60, "sticky_hold_seconds": 0, "choice": [], "auto_accept": ["email"]}),
        (
            ["brands", 0, "wishes"],
            [{"until_seconds": 60, "level": "C1"}, {"until_seconds": 30, "level": "C1", "skills": {"orders": 3}}],
        ),
        (["brands", 0, "residency"], ["EU"]),
        (["kinds", 0, "data"], ["order"]),
        (
            ["contracts", 0],
            {**IN_EURO, "price": 4.2, "cap_per_day": 10, "budget_per_day": 42, "minimum_per_day": 10, "data": ["order"]},
        ),
    ]

    assert check(small(*harmless), today=TODAY) == []


def test_a_cap_a_budget_and_a_minimum_may_meet_exactly() -> None:
    assert check(small((["contracts", 0], {**IN_EURO, "price": 0.1, "budget_per_day": 0.3, "minimum_per_day": 3}))) == []


def test_tiers_of_different_work_may_join_in_any_order() -> None:
    later = {**ONE, "tier": 1, "overflow_after_seconds": 30, "channels": ["email"]}
    sooner = {**TWO[1], "tier": 2, "overflow_after_seconds": 20}

    assert "overflow_order" not in [each.code for each in check(small(PORTO, (["contracts"], [later, sooner])))]


def test_a_wish_is_judged_while_others_hold_too() -> None:
    """C1 can be met and so can orders at 3, but nobody has both of them in Arabic and French."""
    other = {**NEW, "languages": {"fr": "B2", "ar": "B2"}, "skills": {"orders": 5}}
    wishes = [{"until_seconds": 60, "skills": {"orders": 5}}, {"until_seconds": 120, "level": "C1"}]

    found = check(small((["agents", 1], other), (["brands", 0, "wishes"], wishes)))

    assert [(each.code, each.path) for each in found] == [("wish_unmet", "brands[0].wishes[0]")] * 2


def test_a_share_of_unknown_contracts_is_told_once() -> None:
    found = check(small((["shares"], [{"id": "split", "contracts": {"x": 50, "y": 50}}])))

    assert [each.code for each in found] == ["reference_unknown", "reference_unknown"]


@pytest.mark.parametrize(
    ("where", "path"),
    [
        ((), ""),
        (("agents", 3, "languages", "xx"), "agents[3].languages.xx"),
        (("texts", "en", "widget.greeting"), 'texts.en["widget.greeting"]'),
    ],
)
def test_a_place_reads_as_people_write_it(where: tuple[str | int, ...], path: str) -> None:
    assert path_of(where) == path
