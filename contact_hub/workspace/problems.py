"""What can be wrong with a workspace file, each under a code that never changes its meaning.

An error refuses the file; a warning is something its author probably did not mean. The code is for machines and for the table in
`docs/workspace.md`, the sentence is for the person who wrote the line. `where` is the way down into the document, as keys and
positions; `path` is the same as people write it, and `line` and `column` are there when the document came from a text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, NamedTuple

from pydantic_core import ErrorDetails, PydanticCustomError

from contact_hub.errors import HubError

Where = tuple[str | int, ...]


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


class Rule(NamedTuple):
    severity: Severity
    sentence: str


_ERROR, _WARNING = Severity.ERROR, Severity.WARNING

RULES: Final[Mapping[str, Rule]] = {
    # the text
    "yaml_invalid": Rule(_ERROR, "This is not YAML: {reason}."),
    "yaml_too_large": Rule(_ERROR, "The file is larger than {limit} characters or nested deeper than {depth} levels."),
    "yaml_key_twice": Rule(_ERROR, "The key {key} stands here twice; the first is in line {first}."),
    "yaml_key_not_text": Rule(_ERROR, "A key must be a plain text."),
    "yaml_tag": Rule(_ERROR, "Tags such as {tag} are not allowed here."),
    "yaml_alias": Rule(_ERROR, "Anchors and aliases are not allowed; write the value in place."),
    "yaml_documents": Rule(_ERROR, "The file holds more than one document, or none."),
    # the shape
    "field_missing": Rule(_ERROR, "The field {field} is missing."),
    "field_unknown": Rule(_ERROR, "There is no field {field} here."),
    "type_wrong": Rule(_ERROR, "The value is of another type than is wanted here."),
    "choice_unknown": Rule(_ERROR, "This is none of the values that are known here: {known}."),
    "number_out_of_range": Rule(_ERROR, "This number cannot be used here."),
    "length_wrong": Rule(_ERROR, "This is too short or too long."),
    "value_invalid": Rule(_ERROR, "This value cannot be used here."),
    # single values
    "id_invalid": Rule(_ERROR, "{value} is not an id; use small letters, digits, - and _ (at most 64)."),
    "text_blank": Rule(_ERROR, "There is no text here."),
    "name_invalid": Rule(_ERROR, "{value} is not a name; it must be one line without control characters."),
    "language_invalid": Rule(_ERROR, "{value} is not a BCP 47 language tag."),
    "language_unknown": Rule(_ERROR, "No language is known under the tag {value}."),
    "language_twice": Rule(_ERROR, "{first} and {second} are the same language."),
    "level_invalid": Rule(_ERROR, "{value} is not a language level; use A1, A2, B1, B2, C1, C2 or native."),
    "zone_unknown": Rule(_ERROR, "{value} is not an IANA time zone."),
    "country_unknown": Rule(_ERROR, "{value} is not an ISO 3166 country code of two capital letters."),
    "holidays_unknown": Rule(
        _ERROR, "No public holidays are known for {value}; use a country or a country with its subdivision, as DE or DE-BE."
    ),
    "residence_unknown": Rule(_ERROR, "{value} is neither an ISO 3166 country code of two capital letters nor one of {groups}."),
    "currency_unknown": Rule(_ERROR, "{value} is not the ISO 4217 code of a currency in use, as EUR."),
    "money_invalid": Rule(_ERROR, "{value} is not an amount; write a number with four decimals at most, as 4.20."),
    "date_invalid": Rule(_ERROR, "{value} is not a date; write it as 2026-12-24."),
    "day_unknown": Rule(_ERROR, "{value} names no days; use mon, mon-fri, sat,sun or daily."),
    "day_twice": Rule(_ERROR, "{value} is given twice in the week."),
    "hours_invalid": Rule(
        _ERROR, "{value} is not a block of hours; write 09:00-13:00, 22:00-06:00 over midnight, 00:00-24:00 for a whole day."
    ),
    "hours_overlap": Rule(_ERROR, "The blocks {first} and {second} overlap."),
    "email_invalid": Rule(_ERROR, "{value} is not an e-mail address."),
    "secret_inline": Rule(_ERROR, "A secret has no place in this file; say where it is: env:NAME or file:/path."),
    "host_invalid": Rule(_ERROR, "{value} is not the name of a host."),
    "selector_invalid": Rule(_ERROR, "{value} is not a DKIM selector."),
    "colour_invalid": Rule(_ERROR, "{value} is not a colour; write it as #1f5fd0."),
    "logo_invalid": Rule(_ERROR, "The logo is not the path data of an SVG (letters of its commands, numbers, spaces, commas)."),
    "font_invalid": Rule(_ERROR, "{value} is not a font name."),
    "origin_invalid": Rule(_ERROR, "{value} is not the origin of a page; write https://www.example.com, without a path."),
    "text_key_invalid": Rule(_ERROR, "{value} is not the key of a text, as widget.greeting."),
    "variable_unknown": Rule(_ERROR, "There is no variable {value}; use {known}, or {question} for what the agent fills in."),
    "variable_malformed": Rule(
        _ERROR, "A brace is open or closed without its partner; write {open} and {close} for the brace itself."
    ),
    # values that contradict each other
    "contract_party": Rule(_ERROR, "A contract names a pool or a vendor, exactly one of them."),
    "dates_reversed": Rule(_ERROR, "The contract ends on {end}, before it begins on {begin}."),
    "wish_empty": Rule(_ERROR, "A wish asks for a level, for skills or for the dialect, for one of them at least."),
    "mail_intake": Rule(_ERROR, "A mailbox is read over IMAP or handed in by LMTP, exactly one of them."),
    "relay_sign_in": Rule(_ERROR, "A relay with a user needs a secret, and one with a secret a user."),
    "persona_rule": Rule(_ERROR, "The shared persona is given where the rule is shared, and only there."),
    "staff_scope": Rule(_ERROR, "A {client} names a client, a {vendor} a vendor, an {operator} neither."),
    # the parts against each other
    "id_twice": Rule(_ERROR, "The id {value} is used before, at {first}."),
    "email_twice": Rule(_ERROR, "The address {value} is used before, at {first}."),
    "mailbox_address_twice": Rule(_ERROR, "Mail to {value} already goes to {first}: an address has one mailbox of one brand."),
    "value_twice": Rule(_ERROR, "{value} stands here twice."),
    "reference_unknown": Rule(_ERROR, "There is no {what} {value}."),
    "contract_brand_foreign": Rule(_ERROR, "The brand {brand} does not belong to the client {client}."),
    "pool_vendor_missing": Rule(_ERROR, "An outsourced pool must name its vendor."),
    "pool_vendor_unexpected": Rule(_ERROR, "A pool that is {sourcing} has no vendor."),
    "persona_missing": Rule(
        _ERROR, "The agent {agent} answers for {brand} under the contract {contract} but has no persona for it."
    ),
    # rules that cannot be kept
    "wish_below_floor": Rule(_ERROR, "{level} is wished for, but nobody answers for {brand} below {floor} anyway."),
    "residency_unmet": Rule(_ERROR, "Every pool that a contract engages for {brand} is outside {countries}, so nobody may answer."),
    "data_unmet": Rule(
        _ERROR, "No contract that covers {kind} for {brand} lets its agents see all that {kind} touches, so nobody may take it."
    ),
    "currency_missing": Rule(_ERROR, "{value} of what? An amount needs the contract's currency."),
    "currency_mixed": Rule(_ERROR, "{value} here and {other} at {first}; a workspace counts in one currency."),
    "money_precision": Rule(_ERROR, "{value} is no whole number of the smallest unit of {currency}."),
    "budget_below_price": Rule(_ERROR, "A day's budget of {budget} does not buy one inquiry at {price}."),
    "minimum_above_cap": Rule(_ERROR, "The minimum of {minimum} inquiries a day is above the cap of {cap}."),
    "minimum_above_budget": Rule(
        _ERROR, "The minimum of {minimum} inquiries a day costs {cost}, more than the day's budget of {budget}."
    ),
    "overflow_order": Rule(
        _ERROR, "Tier {tier} joins after {seconds} s, but tier {lower} ({other}), which is asked before it, only after {later} s."
    ),
    "share_sum": Rule(_ERROR, "The parts of the share sum to {sum} and not to 100."),
    "share_mixed": Rule(
        _ERROR, "{contract} ({client}, tier {tier}) cannot share with {other}: contracts of one client and one tier share."
    ),
    "share_twice": Rule(_ERROR, "The contract {contract} is in the share {first} already."),
    # probably not meant
    "wish_idle": Rule(_WARNING, "The wish until {until} s asks for nothing that is not asked anyway."),
    "wish_unmet": Rule(
        _WARNING, "Nobody who may answer for {brand} in {language} meets the wish until {until} s, so it only makes customers wait."
    ),
    "kind_unskilled": Rule(_WARNING, "Nobody who may answer for {brand} has the skills that {kind} needs."),
    "data_unused": Rule(_WARNING, "No kind of work touches {value}."),
    "contract_outside_residency": Rule(
        _WARNING, "Every pool of this contract is outside the residency of every brand it covers, so it covers nobody."
    ),
    "cap_zero": Rule(_WARNING, "A cap of 0 lets nothing through; the contract takes no work."),
    "budget_without_price": Rule(_WARNING, "A budget without a price is never spent."),
    "share_apart": Rule(
        _WARNING, "{contract} has no work in common with the other contracts of the share, so there is nothing to divide."
    ),
    "share_staggered": Rule(
        _WARNING, "{contract} joins after {seconds} s and {other} after {others} s; until then the share has one taker less."
    ),
    "weight_unfit": Rule(_WARNING, "One {channel} takes {weight} seats and no agent has more than {seats}, so nobody may take it."),
    "fallback_unable": Rule(_WARNING, "No contract lets the pool {pool} answer for {brand}, so nothing can fall back to it."),
    "skill_unheld": Rule(_WARNING, "Nobody has the skill {skill} at level {level}, so nobody may take {kind}."),
    "pool_without_hours": Rule(_WARNING, "The pool {pool} has no hours and is never open."),
    "pool_without_agents": Rule(_WARNING, "Nobody works in the pool {pool}."),
    "pool_without_contract": Rule(_WARNING, "No contract covers the pool {pool}."),
    "contract_without_pool": Rule(_WARNING, "The vendor {vendor} has no pool, so this contract covers nobody."),
    "contract_doubled": Rule(_WARNING, "The contract {other} covers the same work in the same pool at the same time."),
    "contract_expired": Rule(_WARNING, "The contract ended on {end}."),
    "brand_without_fallback": Rule(
        _WARNING, "The brand {brand} does not say what happens when nobody is there (a pool, or leave_message)."
    ),
    "brand_without_site": Rule(_WARNING, "The brand {brand} has no site, so its widget opens nowhere."),
    "brand_without_contract": Rule(_WARNING, "No contract covers the brand {brand}, so nobody may answer for it."),
    "brand_language_uncovered": Rule(_WARNING, "Nobody who may answer for {brand} speaks {language} at {floor} or better."),
    "brand_kind_uncovered": Rule(_WARNING, "No contract covers {kind} for the brand {brand}."),
    "mail_unencrypted": Rule(_WARNING, "Passwords and letters go to {value} unencrypted; use tls."),
    "mail_without_contract": Rule(
        _WARNING, "No contract covers mail for {brand}, so nobody may answer it; name email in its channels."
    ),
    "mail_without_relay": Rule(_WARNING, "{address} has no relay, so nobody can answer from it."),
    "mail_unproven": Rule(
        _WARNING,
        "{address} names none of our own servers, so only signatures tell who wrote a mail; say what yours call themselves in own_servers.",
    ),
    "site_unencrypted": Rule(_WARNING, "{value} is not encrypted; use https."),
    "text_missing": Rule(_WARNING, "The brand {brand} has no {text} in {language}."),
    "limit_never_met": Rule(
        _WARNING, "{value} a second for {brand} is more than the {all} of the whole workspace, whose limit is met before."
    ),
    "label_missing": Rule(_WARNING, "The kind {kind} has no label in {language}, which {brand} offers."),
    "certification_expired": Rule(_WARNING, "The certification of {agent} for {brand} ended on {end}."),
    "certification_expiring": Rule(_WARNING, "The certification of {agent} for {brand} ends on {end}, in {days} days."),
    "agent_without_work": Rule(
        _WARNING, "Nothing can ever be offered to {agent}: no contract, certification, persona and language come together."
    ),
}
"""Every code, how grave it is and its sentence; `{names}` are filled in."""

FORMS: Final[Mapping[str, str]] = {
    "yaml_invalid.character": "This is not YAML: it holds a character that YAML does not allow.",
    "yaml_invalid.unicode": "This is not YAML: it is not valid Unicode.",
    "type_wrong.text": "A text is wanted here.",
    "type_wrong.whole": "A whole number is wanted here.",
    "type_wrong.number": "A number is wanted here.",
    "type_wrong.truth": "Only {true} or {false} can stand here.",
    "type_wrong.list": "A list is wanted here.",
    "type_wrong.mapping": "A mapping of fields is wanted here.",
    "type_wrong.hours": "Hours are a mapping of days to blocks, as {example}.",
    "type_wrong.day": "The hours of a day are a list of blocks, as {example}.",
    "type_wrong.file": "A workspace is a mapping that begins with `{begin}`.",
    "type_wrong.simulation": "A simulation is a mapping that holds `{begin}`.",
    "number_out_of_range.least": "The least that can stand here is {limit}.",
    "number_out_of_range.most": "The most that can stand here is {limit}.",
    "number_out_of_range.above": "The number must be above {limit}.",
    "number_out_of_range.below": "The number must be below {limit}.",
    "length_wrong.short": "This is too short; the least is {limit}.",
    "length_wrong.long": "This is too long; the most is {limit}.",
    "value_invalid.unicode": "This text is not valid Unicode.",
    "value_invalid.pattern": "This has not the form that is wanted here, {pattern}.",
    "language_unknown.near": "No language is known under the tag {value} (is {near} meant?).",
    "reference_unknown.near": "There is no {what} {value} (is {near} meant?).",
    "data_unused.near": "No kind of work touches {value} (is {near} meant?).",
}
"""A code that says different things by what it is about: `code.form` and its sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong, and where."""

    severity: Severity
    code: str
    where: Where
    sentence: str
    """In English, for a terminal; a screen says `text_key` with `values` in its reader's language."""
    form: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    line: int | None = None
    column: int | None = None

    @property
    def text_key(self) -> str:
        """The catalogue's key for the sentence."""
        return f"admin.problem.{self.code}" + (f".{self.form}" if self.form else "")

    @property
    def path(self) -> str:
        """`agents[3].languages.xx`"""
        return path_of(self.where)

    def __str__(self) -> str:
        place = f"line {self.line}, column {self.column}: " if self.line else ""
        return f"{self.severity}: {place}{self.path or 'workspace'}: {self.sentence} [{self.code}]"


class WorkspaceRefused(HubError):
    """The file cannot become a workspace. `problems` holds every reason, warnings among them."""

    def __init__(self, problems: Sequence[Problem], code: str = "workspace_refused") -> None:
        self.problems = tuple(problems)
        errors = [problem for problem in problems if problem.severity is Severity.ERROR]
        first = errors[0]
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        line = f"line {first.line}, " if first.line else ""
        super().__init__(code, f"{line}{first.path or 'workspace'}: {first.sentence}{more}", problems=len(errors))


def problem(code: str, where: Iterable[str | int], *, form: str = "", near: str | None = None, **values: object) -> Problem:
    """The problem of this code, with its sentence filled in. `near` is what may have been meant."""
    if near is not None:
        form, values = "near", {**values, "near": near}
    rule, filled = RULES[code], {name: short(value) for name, value in values.items()}
    sentence = (FORMS[f"{code}.{form}"] if form else rule.sentence).format(**filled)
    return Problem(severity=rule.severity, code=code, where=tuple(where), sentence=sentence, form=form, values=filled)


def nonsense(code: str, *, form: str = "", near: str | None = None, **values: object) -> PydanticCustomError:
    """For validators to raise: the same code and sentence, which pydantic carries with the place."""
    carried = {name: short(value) for name, value in values.items()}
    return PydanticCustomError("hub", "{code}", {"code": code, "form": form, "near": near, "values": carried})


def from_pydantic(details: ErrorDetails) -> Problem:
    """What pydantic found, in our words."""
    where = tuple(part for part in details["loc"] if part != "[key]")
    kind, context = details["type"], details.get("ctx", {})
    if kind == "hub":
        return problem(context["code"], where, form=context["form"], near=context["near"], **context["values"])
    if kind == "missing":
        return problem("field_missing", where, field=where[-1])
    if kind == "extra_forbidden":
        return problem("field_unknown", where, field=where[-1])
    code, form, values = _of_kind(kind, context)
    return problem(code, where, form=form, **values)


def path_of(where: Where) -> str:
    """As people write a place: `agents[3].languages.xx`, and `["…"]` around keys with dots."""
    parts: list[str] = []
    for part in where:
        if isinstance(part, int):
            parts.append(f"[{part}]")
        elif "." in part or not part:
            parts.append(f'["{part}"]')
        else:
            parts.append(f".{part}" if parts else part)
    return "".join(parts)


def short(value: object) -> str:
    """A value as it may stand in a sentence: nobody wants to read a file back in an error."""
    text = str(value)
    return text if len(text) <= 160 else text[:157] + "…"


_TYPES: Final[Mapping[str, str]] = {
    "string": "text",
    "int": "whole",
    "float": "number",
    "decimal": "number",
    "bool": "truth",
    "list": "list",
    "tuple": "list",
    "set": "list",
    "dict": "mapping",
    "mapping": "mapping",
    "model": "mapping",
    "model_attributes": "mapping",
    "dataclass": "mapping",
}
_LIMITS: Final[Mapping[str, tuple[str, str]]] = {
    "greater_than": ("above", "gt"),
    "greater_than_equal": ("least", "ge"),
    "less_than": ("below", "lt"),
    "less_than_equal": ("most", "le"),
}
_QUOTED: Final = re.compile(r"'([^']*)'")


def _of_kind(kind: str, context: Mapping[str, Any]) -> tuple[str, str, dict[str, Any]]:
    """pydantic's kind of error as our code, the form of its sentence and what stands in it."""
    if kind in _LIMITS:
        form, limit = _LIMITS[kind]
        return "number_out_of_range", form, {"limit": context[limit]}
    if kind == "finite_number":
        return "number_out_of_range", "", {}
    if kind in {"enum", "literal_error"}:
        return "choice_unknown", "", {"known": ", ".join(_QUOTED.findall(context["expected"]))}
    if kind.endswith("too_short"):
        return "length_wrong", "short", {"limit": context["min_length"]}
    if kind.endswith("too_long"):
        return "length_wrong", "long", {"limit": context["max_length"]}
    if kind == "string_unicode":
        return "value_invalid", "unicode", {}
    if kind == "string_pattern_mismatch":
        return "value_invalid", "pattern", {"pattern": context["pattern"]}
    form = _TYPES.get(kind.removesuffix("_type").removesuffix("_parsing").removesuffix("_from_float"), "")
    if kind.endswith("_type") or form:
        return "type_wrong", form, {"true": "true", "false": "false"} if form == "truth" else {}
    return "value_invalid", "", {}
