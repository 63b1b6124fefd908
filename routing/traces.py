"""Traces that are written as the choice falls and worked out when somebody reads them.

At the moment of a decision only what will change is kept: the head counts of the profiles that might ever take it, and references to columns that
never change. Counting exclusions and tracing the tie cost a hundred times more than the decision, and most traces are only ever read by the
journal's writer, after the decision is made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from routing.decisions import Trace
from routing.demands import STEPS, Form, View, never_reasons
from routing.model import ContractId
from routing.reasons import Reason, Why
from routing.roster import Rows, Tally

_SHUT: Final = list(Tally.SHUT.values())


class Seen(Struct, frozen=True, gc=False):
    """What is kept of the moment of a decision."""

    rules: int
    form: Form
    view: View
    tallies: NDArray[np.int32]
    now: int
    age: int
    first_tier: int
    line: int
    chosen: int | None = None
    why: str = ""
    used_up: Mapping[ContractId, Reason] | None = None
    barred: Sequence[int] | None = None
    passed: Reason | None = None
    lot: Why | None = None
    lifted: int | None = None
    """The profile of the desk that takes it, where that stood in no line for having been busy a moment ago."""


class Evidence(Trace):
    """A trace that still has to be read."""

    __slots__ = ("_counted", "_seen", "_walked")
    _seen: Seen
    _counted: NDArray[np.int64]
    _walked: tuple[tuple[str, int], ...]

    def __init__(self, seen: Seen) -> None:
        object.__setattr__(self, "_seen", seen)

    # the fields of a trace, read late

    @property
    def rules(self) -> int:
        """The version of the rules."""
        return self._seen.rules

    @property
    def tier(self) -> int | None:
        """The tier of who was chosen."""
        seen = self._seen
        return None if seen.chosen is None else int(seen.form.tier[seen.chosen])

    @property
    def waited_seconds(self) -> float:
        """The age of the inquiry."""
        return max(0, self._seen.age) / 1_000_000

    @property
    def eligible(self) -> int:
        """How many could have taken it."""
        if self._seen.why in {Why.CLAIMED, Why.TRANSFERRED_TO_YOU}:
            return 1
        return 0 if self._seen.passed is not None else int(self._free().sum())

    @property
    def excluded(self) -> Mapping[str, int]:
        """The others, by the first rule against them."""
        found = dict(never_reasons(self._seen.form))
        for reason, count in self._standing():
            if count:
                found[reason.value] = found.get(reason.value, 0) + count
        return found

    @property
    def chosen_by(self) -> tuple[tuple[str, int], ...]:
        """The steps of the ranking that still had several candidates."""
        return () if self._seen.chosen is None or self._seen.why else self._steps()

    @property
    def why(self) -> str:
        """The step after which one was left."""
        if self._seen.why or self._seen.chosen is None:
            return self._seen.why
        steps = self._steps()
        return steps[-1][0] if steps else Why.ONLY_ONE.value

    # counting

    def _free(self) -> NDArray[np.int64]:
        """Per member profile: how many were in line and could have taken it. Counted once."""
        with suppress(AttributeError):
            return self._counted
        form = self._seen.form
        in_view = _among(form.members, self._seen.view.profile)
        free = np.where(in_view, self._in_line(), 0).astype(np.int64)
        for number in self._barred():
            free[np.searchsorted(form.members, number)] -= 1
        object.__setattr__(self, "_counted", free)
        return free

    def _in_line(self) -> NDArray[np.int32]:
        """Per member profile: how many stood in line, whoever takes it included."""
        line = self._seen.tallies[:, self._seen.line]
        if self._seen.lifted is not None:
            line = line + (self._seen.form.members == self._seen.lifted)
        return line

    def _barred(self) -> list[int]:
        """The profiles of those in line who may not be asked again yet."""
        return [number for number in self._seen.barred or () if (self._seen.view.profile == number).any()]

    def _standing(self) -> list[tuple[Reason, int]]:
        """Of the profiles that might ever take it: who cannot now, by what is against them."""
        form, tallies, members = self._seen.form, self._seen.tallies, self._seen.form.members
        if not len(members):
            return []
        sizes = form.columns.sizes[members]
        found: list[tuple[Reason, int]] = []
        left = np.ones(len(members), bool)
        for reason, gone in self._ended():
            found.append((reason, int(sizes[left & gone].sum())))
            left &= ~gone
        shut = tallies[:, _SHUT]
        if shut.any():
            found += zip(Tally.SHUT, shut[left].sum(axis=0).tolist(), strict=True)
            left &= ~shut.any(axis=1)
        for reason, early in self._not_yet():
            found.append((reason, int(sizes[left & early].sum())))
            left &= ~early
        counted = tallies[left].sum(axis=0).tolist()
        found += [(reason, counted[column]) for reason, column in Tally.HELD_UP.items()]
        in_line, barred = int(self._in_line()[left].sum()), len(self._barred())
        found.append((Reason.SEATS_FULL, counted[Tally.PRESENT] - in_line))
        found.append((Reason.DECLINED, barred))
        if self._seen.passed is not None:
            found.append((self._seen.passed, in_line - barred))
        return found

    def _ended(self) -> list[tuple[Reason, NDArray[np.bool_]]]:
        """Profiles none of whose courses hold, by why not: caps and budgets, certifications, contracts."""
        form, now, used_up = self._seen.form, self._seen.now, self._seen.used_up or {}
        if not form.volatile:
            return []
        count = len(form)
        holds = np.ones(count, bool)
        expired = np.zeros(count, bool)
        if form.since is not None and form.until is not None and form.certified is not None:
            holds = (form.since <= now) & (now < form.until)
            expired = form.certified <= now
        used = any(contract in used_up for contract in form.limited)
        if not used and holds.all():
            return []
        # As `eligibility` reads them: contracts first, then certifications, then what was used up today.
        state = np.where(holds, "", np.where(expired, Reason.CERTIFICATION_EXPIRED.value, Reason.CONTRACT_NOT_VALID.value))
        if used:
            ended = np.array([used_up.get(form.contract_of(course).id, "") for course in range(count)])
            state = np.where(state == "", ended, state)
        members = form.members
        alive = _among(members, form.profile[state == ""])
        reasons = (Reason.CONTRACT_NOT_VALID, Reason.CERTIFICATION_EXPIRED, Reason.CAP_REACHED, Reason.BUDGET_SPENT)
        return [(reason, _among(members, form.profile[state == reason.value]) & ~alive) for reason in reasons]

    def _not_yet(self) -> list[tuple[Reason, NDArray[np.bool_]]]:
        """Profiles whose turn has not come, for their tier or for a wish."""
        form, view = self._seen.form, self._seen.view
        if view.everything:
            return []
        outside = ~_among(form.members, view.profile)
        reached = (form.after <= max(self._seen.age, 0)) | (form.tier <= self._seen.first_tier)
        wished = _among(form.members, form.profile[reached & (form.wish > max(self._seen.age, 0))])
        return [(Reason.WISH_NOT_MET, outside & wished), (Reason.TIER_NOT_YET, outside)]

    # the tie

    def _steps(self) -> tuple[tuple[str, int], ...]:
        """The steps that left fewer than there were, with the number they left. Walked once."""
        with suppress(AttributeError):
            return self._walked
        form, view, chosen = self._seen.form, self._seen.view, self._seen.chosen
        assert chosen is not None
        free = self._free()
        rows = np.searchsorted(form.members, view.profile)
        _, first = np.unique(view.profile, return_index=True)  # a profile under two contracts is counted once, under the better
        once = np.zeros(len(rows), bool)
        once[first] = True
        counts = np.where(once, free[rows], 0)
        left, still = int(counts.sum()), counts > 0
        steps: list[tuple[str, int]] = []
        at = int(np.flatnonzero(view.course == chosen)[0])
        for why, column in self._ranks(view.course):
            if left == 1:
                break
            still = still & (column == column[at])
            remaining = int(counts[still].sum())
            if remaining < left:
                steps.append((why.value, remaining))
                left = remaining
        if left > 1:
            steps.append((Why.LONGEST_IDLE.value, 1))
        object.__setattr__(self, "_walked", tuple(steps))
        return self._walked

    def _ranks(self, courses: Rows) -> Sequence[tuple[Why, NDArray[Any]]]:
        form = self._seen.form
        columns = {
            Why.LEAST_FLEXIBLE: form.flexibility,
            Why.CLOSEST_LEVEL: form.above,
            Why.NEAREST_DIALECT: form.lost,
            Why.NEAREST_ZONE: form.offset,
            Why.LOWEST_COST: form.cost,
        }
        ranks: list[tuple[Why, NDArray[Any]]] = [(Why.TIER, form.tier[courses])]
        if self._seen.lot is not None:
            ranks.append((self._seen.lot, form.contract[courses]))
        if form.spoken is not None:
            ranks.append((Why.MOST_LANGUAGES, form.spoken[courses]))
        ranks += [(STEPS[one], columns[STEPS[one]][courses]) for one in form.columns.plan.policy.choice]
        return ranks


def _among(members: Rows, profiles: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Which of the members are among these, who all are members."""
    found = np.zeros(len(members), bool)
    found[np.searchsorted(members, profiles)] = True
    return found
