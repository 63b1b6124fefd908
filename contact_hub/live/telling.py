"""Decisions of routing as sentences: what was done, how the choice fell, and how many others could not and why.

A trace holds counts and codes, so that deciding stays fast; the words are put to it here, when somebody reads them, in the reader's language.
One teller serves the terminal and the screens. Nobody is named whom the reader may not know; an id stands for whoever is gone from the rules.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, assert_never

from contact_hub.store.records import JournalLine
from contact_hub.workspace.floor import Floor
from i18n import catalogues, formatting, tags
from routing.codec import Unreadable, load
from routing.decisions import (
    DECISION_NAMES,
    Assigned,
    AvailabilityChanged,
    Closed,
    Decision,
    Estimate,
    Flagged,
    Offered,
    Queued,
    Refused,
    Released,
    Trace,
    Withdrawn,
    WrapUpEnded,
    WrapUpStarted,
)
from routing.model import ContractId
from routing.reasons import COUNTED, DATED, PERMANENT, Why

_REASONS_MAX: Final = 4
"""A sentence names so many reasons and counts the rest."""

_NOT_FOR_LONG: Final = PERMANENT | DATED | COUNTED
"""Whoever is excluded for one of these could not take it by waiting a little; all others could."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Teller:
    """Speaks `tag`, writes times in `zone`; codes of a brand's own are called as `brand` labels them. `known` are the agents and pools that may be named, None:
    all; `isolated` wraps what is put into a sentence, for screens that mix directions of writing."""

    floor: Floor
    tag: str
    zone: str = "UTC"
    brand: str | None = None
    known: Collection[str] | None = None
    isolated: bool = False

    def told(self, plain: Mapping[str, Any], at: datetime) -> str:
        """The sentence for a decision as the journal keeps it, made `at`; one that a later version wrote is called by its name."""
        kind = DECISION_NAMES.get(str(plain.get("is")))
        try:
            return self.sentence(load(kind, plain), at) if kind is not None else _readable(str(plain.get("is")))
        except Unreadable:
            return _readable(str(plain.get("is")))

    def change(self, code: str, values: Mapping[str, str]) -> str:
        """What will come and may change an answer, with the name of whom or what it is about where one may be said."""
        key, named = f"quality.screen.change.{code}", values["agent"] or values["pool"]
        return catalogues.text(f"{key}.named" if named and catalogues.has(f"{key}.named") else key, self.tag, **values)

    def sentence(self, decision: Decision, at: datetime) -> str:
        """One decision, in one sentence or two."""
        match decision:
            case Queued():
                return " ".join(self._queued(decision, at))
            case Offered():
                return " ".join(self._offered(decision))
            case Withdrawn():
                return self._decision("withdrawn", agent=self.name(decision.agent), because=self.reason(decision.because))
            case Assigned():
                return self._decision("assigned", agent=self.name(decision.agent), pool=self.name(decision.pool))
            case Refused():
                return self._decision("refused", agent=self.name(decision.agent), because=self.reason(decision.code))
            case Released():
                form = "released_requeued" if decision.requeued else "released"
                return self._decision(form, agent=self.name(decision.agent), because=self.reason(decision.because))
            case WrapUpStarted():
                until = formatting.time_of_day(decision.until, self.tag, self.zone)
                return self._decision("wrap_up_started", agent=self.name(decision.agent), until=until)
            case WrapUpEnded():
                form = "wrap_up_ended_timeout" if decision.disposition == "timeout" else "wrap_up_ended"
                return self._decision(form, agent=self.name(decision.agent), disposition=self._disposition(decision.disposition))
            case AvailabilityChanged():
                return self._decision(
                    "availability_changed",
                    agent=self.name(decision.agent),
                    availability=self._availability(decision.availability),
                )
            case Closed():
                return self._decision("closed", because=self.reason(decision.because))
            case Flagged():
                return self._decision("flagged", because=self.reason(decision.because))
            case _:
                assert_never(decision)

    def event(self, plain: Mapping[str, Any]) -> str:
        """What happened, from an event or a fact as the journal keeps it."""
        kind = str(plain.get("is"))
        form = f"quality.screen.event.{kind}{_target(plain) if kind == 'transferred' else ''}"
        if not catalogues.has(form):
            return _readable(kind)
        return self._text(
            form,
            agent=self._named(plain.get("agent") or plain.get("by")),
            by=self._named(plain.get("by")),
            pool=self._named(plain.get("pool")),
            reason=_readable(str(plain.get("reason") or "–")),
            because=self.reason(str(plain.get("because") or "")),
            availability=self._availability(str(plain.get("availability") or "")),
            language=self._language(plain.get("tag")),
            confidence=formatting.percent(float(plain.get("confidence") or 0), self.tag),
            score=plain.get("score", ""),
            version=plain.get("version", ""),
        )

    def reason(self, code: str) -> str:
        """Why not, why over, why refused: the sentence of whichever table has the code."""
        keys = (f"routing.reason.{code}", f"quality.screen.because.{code}", f"error.{code}")
        return next((self._text(key) for key in keys if catalogues.has(key)), _readable(code))

    def reasons(self, excluded: Mapping[str, int], *, soonest_first: bool = False) -> str:
        """`8 off shift, 4 with no seat free, and 2 for other reasons`; a dash for nobody. With `soonest_first`, whoever could take it after
        a little while stands before the many who never can."""
        late = _NOT_FOR_LONG if soonest_first else frozenset()
        counted = sorted(excluded.items(), key=lambda pair: (pair[0] in late, -pair[1], pair[0]))
        said = [self._not(code, count) for code, count in counted[:_REASONS_MAX]]
        if more := sum(count for _, count in counted[_REASONS_MAX:]):
            said.append(self._not("other", more))
        return formatting.listing(said, self.tag) or "–"

    def estimate(self, estimate: Estimate) -> str:
        """The range of a wait that is still to come, in its two largest units."""
        low, high = (formatting.duration(each, self.tag) for each in (estimate.low, estimate.high))
        if estimate.low < 1:
            return self._text("routing.told.estimate_short", high=high)
        return self._text("routing.told.estimate", low=low, high=high)

    def name(self, id_: str) -> str:
        """An agent or a pool by name, as far as the reader may know it."""
        if self.known is not None and id_ not in self.known:
            return id_
        found = self.floor.agents.get(id_) or self.floor.pools.get(id_)
        return found.name if found is not None else id_

    def _offered(self, offered: Offered) -> Iterator[str]:
        who, trace = {"agent": self.name(offered.agent), "pool": self.name(offered.pool)}, offered.trace
        if choice := self._choice(trace, offered.contract):
            able = self._text("routing.told.able", n=trace.eligible)
            yield self._text("routing.told.offered", **who, able=able, choice=choice)
        else:
            yield self._text(
                "routing.told.offered_plainly", **who, why=self._step(trace.why or Why.ONLY_ONE, offered.contract, trace)
            )
        yield from self._others(trace.excluded)

    def _choice(self, trace: Trace, contract: ContractId) -> str:
        """The steps that left fewer than there were, each with how many it had before it."""
        said, before = [], trace.eligible
        for step, left in trace.chosen_by:
            if left < before:
                said.append(self._text("routing.told.step_of", step=self._step(step, contract, trace), n=before))
            before = left
        return formatting.listing(said, self.tag)

    def _step(self, step: str, contract: ContractId, trace: Trace) -> str:
        share = self._share_of(contract) if step == Why.SHARE and trace.rules == self.floor.version else None
        if share is not None:
            return self._text("routing.told.share", share=formatting.percent(share, self.tag))
        key = f"quality.screen.step.{step}"
        return self._text(key) if catalogues.has(key) else _readable(step)

    def _share_of(self, contract: ContractId) -> float | None:
        shares = (share.weights for share in self.floor.plan.shares.values() if contract in share.weights)
        return next((weights[contract] / sum(weights.values()) for weights in shares), None)

    def _queued(self, queued: Queued, at: datetime) -> Iterator[str]:
        excluded = queued.trace.excluded
        later = {code: count for code, count in excluded.items() if code not in _NOT_FOR_LONG}
        if queued.all_closed:
            yield self._closed(queued.next_opening)
        elif later:
            yield self._text("routing.told.queued", n=sum(later.values()), reasons=self.reasons(later))
            yield from self._others({code: count for code, count in excluded.items() if code not in later})
        elif excluded:
            yield self._text("routing.told.queued_nobody", reasons=self.reasons(excluded))
        else:
            yield self._decision("queued")
        if queued.held_for is not None and queued.held_until is not None:
            time = formatting.duration((queued.held_until - at).total_seconds(), self.tag)
            yield self._text("routing.told.held", agent=self.name(queued.held_for), time=time)
        if queued.estimate is not None:
            yield self.estimate(queued.estimate)

    def _closed(self, opening: datetime | None) -> str:
        if opening is None:
            return self._decision("queued_no_opening")
        time, zone = formatting.date_time(opening, self.tag, self.zone), formatting.zone_name(self.zone, self.tag)
        return self._decision("queued_closed", opening=self._text("routing.told.opening", time=time, zone=zone))

    def _others(self, excluded: Mapping[str, int]) -> Iterator[str]:
        if excluded:
            yield self._text("routing.told.others", n=sum(excluded.values()), reasons=self.reasons(excluded))

    def _not(self, code: str, count: int) -> str:
        key = f"routing.told.not.{code}"
        return self._text(key if catalogues.has(key) else "routing.told.not.other", n=count)

    def _named(self, id_: str | None) -> str:
        return self.name(id_) if id_ else ""

    def _disposition(self, code: str) -> str:
        brand = self.floor.brands.get(self.brand or "")
        labels = brand.dispositions.get(code, {}) if brand is not None else {}
        return next((labels[tag] for tag in (*tags.fallbacks(self.tag), "en") if tag in labels), _readable(code))

    def _availability(self, code: str) -> str:
        key = f"quality.screen.availability.{code}"
        return self._text(key) if catalogues.has(key) else _readable(code)

    def _language(self, tag: str | None) -> str:
        return tags.display_name(tag, in_tag=self.tag) if tag else "–"

    def _decision(self, form: str, **values: object) -> str:
        return self._text(f"quality.screen.decision.{form}", **values)

    def _text(self, key: str, **values: object) -> str:
        say = catalogues.isolated_text if self.isolated else catalogues.text
        return say(key, self.tag, **values)


def told_steps(steps: Iterable[JournalLine], teller: Teller) -> list[dict[str, Any]]:
    """Steps of the journal for a screen or a program, every decision with its sentence."""
    return [{"seq": step.seq, "at": step.at, "kind": step.kind, **dict(step.body), **_told(step, teller)} for step in steps]


def _told(step: JournalLine, teller: Teller) -> dict[str, Any]:
    decisions = step.body.get("decisions")
    return {} if decisions is None else {"decisions": [{**one, "told": teller.told(one, step.at)} for one in decisions]}


def _target(plain: Mapping[str, Any]) -> str:
    return "_agent" if plain.get("agent") else "_pool" if plain.get("pool") else "_queue"


def _readable(code: str) -> str:
    """A code of a workspace's own, or of a later version, as words."""
    return code.replace("_", " ")
