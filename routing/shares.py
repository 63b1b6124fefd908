"""How the work of several contracts is divided, exactly.

The chairman assignment of R. Tijdeman (Discrete Mathematics 32, 1980, 323–330). There are k contracts with weights w summing to one, and x counts
what each has. For the n-th inquiry, this one counted, the candidates are those with w·n − x ≥ 1/(2k−2); of them the one is chosen that must come
first lest it fall behind, whose (x + 1 − 1/(2k−2)) / w is least. Then |x − w·n| ≤ 1 − 1/(2k−2) =: B for everybody after every inquiry, the best
there can be. (It is ≥, not >: two contracts with equal weights would have no candidate for the first inquiry.)

Whoever cannot take what is its turn falls into debt, w·n − x, and is served first once it can. A debt never exceeds `catch_up` − B (nor is it
pressed below B, which is the rounding of ordinary days): what is beyond is *forgiven*, which means counted as if the contract had taken it. So
after an outage a contract gets `catch_up` inquiries beyond its regular share and no more (of what others are forgiven meanwhile it has its share,
as if that were work). Counts with what was forgiven are the ones the rule looks at, and their sum is its n; whatever the outage, the bound holds for
them again at every prefix, at the latest from the one at which the work that others did in advance would have been due (`settled_at`). The proof is
that of earliest deadlines: from any counts, the jobs due by then are as many as there is time for.

An offer reserves its turn, so that simultaneous offers do not overshoot; if it comes to nothing the turn is given back. So the bound is kept in the
order in which turns are taken; while several offers ring, what is accepted may be behind that by what rings. Integers throughout.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from fractions import Fraction
from math import lcm
from typing import Any

from routing.model import ContractId, Share


class _Part:
    """One contract's part. `place` is what the rule counts: accepted, forgiven and reserved; `held` is that without the reserved."""

    __slots__ = ("accepted", "contract", "deadline", "forgiven", "held", "latest", "place", "release", "reserved", "weight")

    def __init__(self, contract: ContractId, weight: int) -> None:
        self.contract = contract
        self.weight = weight
        self.accepted = self.forgiven = self.reserved = 0
        self.held = self.place = 0
        self.release = self.deadline = self.latest = 0


class Division:
    """Whose turn it is under one `Share`. Ties go by the contract's id."""

    __slots__ = ("_beat", "_by_id", "_given", "_limit", "_parts", "_scale", "_settled", "_total", "key", "share")

    def __init__(self, share: Share) -> None:
        self.share = share
        self.key = f"share:{share.id}"
        self._parts = tuple(_Part(contract, weight) for contract, weight in sorted(share.weights.items()))
        self._by_id = {part.contract: part for part in self._parts}
        self._scale = 2 * len(self._parts) - 2
        self._total = sum(share.weights.values())
        self._beat = lcm(*share.weights.values())
        self._limit = max(self._scale - 1, self._scale * share.catch_up - (self._scale - 1))
        self._given = 0
        self._settled = 0
        for part in self._parts:
            self._moved(part)
            self._held(part)

    def turn(self, able: Collection[ContractId]) -> ContractId | None:
        """Whose turn it is among those able now; None if none of them has a part. With all able it is the chairman's choice; if nobody
        able is a candidate, of those who are not the one that would be due first."""
        number = self._given + 1
        chosen = early = None
        for part in self._parts:
            if part.contract in able:
                if part.release <= number:
                    if chosen is None or part.deadline < chosen.deadline:
                        chosen = part
                elif early is None or part.deadline < early.deadline:
                    early = part
        first = chosen or early
        return first.contract if first is not None else None

    def order(self, able: Collection[ContractId]) -> tuple[ContractId, ...]:
        """All of those able that have a part, in the order in which they would be asked for the next inquiry."""
        number = self._given + 1
        ranked = [(part.release > number, part.deadline, part.contract) for part in self._parts if part.contract in able]
        ranked.sort()
        return tuple([contract for _, _, contract in ranked])

    def reserve(self, contract: ContractId) -> None:
        """An offer is made: its turn is taken."""
        part = self._by_id[contract]
        part.reserved += 1
        self._given += 1
        part.place += 1
        self._moved(part)

    def unreserve(self, contract: ContractId) -> None:
        """The offer came to nothing: the turn is given back. Nothing happens where nothing is reserved."""
        part = self._by_id[contract]
        if part.reserved:
            part.reserved -= 1
            self._given -= 1
            part.place -= 1
            self._moved(part)

    def accept(self, contract: ContractId) -> None:
        """A reserved turn becomes accepted work; where nothing is reserved, the turn is taken at once."""
        part = self._by_id[contract]
        if part.reserved:
            part.reserved -= 1
        else:
            self._given += 1
            part.place += 1
            self._moved(part)
        part.accepted += 1
        part.held += 1
        self._held(part)
        self._settled += 1
        settled = self._settled
        for other in self._parts:
            if settled > other.latest:
                self._forgive()
                return

    def counts(self) -> Mapping[ContractId, int]:
        """What each has accepted, truly: nothing reserved, nothing forgiven."""
        return {part.contract: part.accepted for part in self._parts}

    def forgiven(self) -> Mapping[ContractId, int]:
        """What was counted for each as if accepted, since more could not be caught up."""
        return {part.contract: part.forgiven for part in self._parts}

    def owed(self, contract: ContractId) -> Fraction:
        """What the contract is behind its share of the accepted work, in inquiries; below zero: ahead. For screens."""
        part = self._by_id[contract]
        return Fraction(part.weight * self._settled, self._total) - part.held

    def bound(self) -> Fraction:
        """By how much counts may differ from exact shares while everybody is able."""
        return Fraction(self._scale - 1, self._scale)

    def limit(self) -> Fraction:
        """What a contract can be owed at most."""
        return Fraction(self._limit, self._scale)

    def settled_at(self) -> int:
        """The number of the inquiry (accepted or forgiven, from the first) from which on the bound surely holds, if all stay able."""
        scale, total = self._scale, self._total
        return max((part.held * scale - 1) * total // (scale * part.weight) + 1 if part.held else 0 for part in self._parts)

    def untouched(self) -> bool:
        """Has nothing been accepted yet?"""
        return self._settled == 0

    def fact(self) -> dict[str, Any]:
        """What a restart must know: the weights, what was accepted and what forgiven. Reservations live with their offers."""
        return {"weights": dict(self.share.weights), "accepted": dict(self.counts()), "forgiven": dict(self.forgiven())}

    @classmethod
    def restored(cls, share: Share, fact: Mapping[str, Any]) -> Division:
        """The division as the fact tells it, nothing reserved; anew where the weights are other ones."""
        division = cls(share)
        if fact["weights"] == dict(share.weights):
            for part in division._parts:
                part.accepted = fact["accepted"][part.contract]
                part.forgiven = fact["forgiven"][part.contract]
                part.held = part.place = part.accepted + part.forgiven
                division._moved(part)
                division._held(part)
            division._given = division._settled = sum(part.held for part in division._parts)
            division._forgive()  # the catch-up may be a lower one now
        return division

    def _moved(self, part: _Part) -> None:
        """From which inquiry on the part is a candidate for its next one, and when that is due (on a scale common to all parts)."""
        scale, total = self._scale, self._total
        part.release = -(-total * (scale * part.place + 1) // (scale * part.weight))
        part.deadline = (scale * (part.place + 1) - 1) * (self._beat // part.weight)

    def _held(self, part: _Part) -> None:
        """Up to which inquiry what the part is owed stays within the limit."""
        part.latest = (self._limit + self._scale * part.held) * self._total // (self._scale * part.weight)

    def _forgive(self) -> None:
        """Count what is owed beyond the limit as if it had been taken. That moves everybody's share, so until all are within."""
        behind: list[_Part] = []
        while late := [part for part in self._parts if self._settled > part.latest and part not in behind]:
            behind += late
            for part, extra in zip(behind, self._beyond(behind), strict=True):
                part.forgiven += extra
                part.held += extra
                part.place += extra
                self._settled += extra
                self._given += extra
                self._held(part)
                self._moved(part)

    def _beyond(self, behind: list[_Part]) -> list[int]:
        """How much to forgive each of these, so that none is owed more than the limit, nor a whole inquiry less for it. What all are
        forgiven together, F, raises the debt of each by w·F: F is a fixed point, looked for from the middle of where such points lie
        (one alone has a least one, that can be told), not from below: there they are rare where those left are small."""
        scale, total, settled = self._scale, self._total, self._settled
        unit = scale * total
        excess = [scale * (part.weight * settled - total * part.held) - self._limit * total for part in behind]
        middle = len(behind) * unit if len(behind) > 1 else 0
        together = -(-(2 * sum(excess) + middle) // (2 * scale * (total - sum([part.weight for part in behind]))))
        while True:
            each = [max(0, -((-e - scale * part.weight * together) // unit)) for part, e in zip(behind, excess, strict=True)]
            if sum(each) == together:
                return each
            together = sum(each)
