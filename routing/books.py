"""The day books of contracts: what each has accepted today, what that cost, and whether more may come.

A day is a local date in the contract's zone. What is offered is reserved, so that offers that ring at once never exceed a cap or a budget
together; what is accepted counts on the day on which it is accepted. Only contracts with a cap, a budget, a minimum or a share are booked: every
question about another is answered by one look into a dict. The answer to "may more come?" is kept, and whatever could change it says
whether it did, so that the engine looks again only then.

Reservations are no facts: whoever restores the books makes them anew from the offers that still ring.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from routing.hours import day_start
from routing.model import Contract, ContractId, Plan
from routing.moments import micros, moment
from routing.reasons import Reason
from routing.shares import Division

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    """One contract's day, as a screen shows it. Money is in the smallest unit; None: no such limit."""

    day: date
    accepted: int
    reserved: int
    spent: int
    cap: int | None
    budget: int | None
    minimum: int


class _Book:
    """One contract's day. `against` is the answer as it stands, `ends` the first instant of the next day."""

    __slots__ = (
        "accepted",
        "against",
        "budget",
        "cap",
        "contract",
        "day",
        "division",
        "ends",
        "key",
        "minimum",
        "price",
        "reserved",
        "spent",
        "zone",
    )

    def __init__(self, contract: ContractId) -> None:
        self.contract = contract
        self.key = f"contract:{contract}"
        self.accepted = self.reserved = self.spent = 0
        self.day = date.min
        self.ends = 0
        self.division: Division | None = None
        self.against: Reason | None = None

    def agree(self, contract: Contract, division: Division | None) -> None:
        self.cap, self.budget, self.minimum = contract.cap_per_day, contract.budget_per_day, contract.minimum_per_day
        self.price, self.zone, self.division = contract.price, contract.zone, division

    def daily(self) -> bool:
        return self.cap is not None or self.budget is not None or self.minimum > 0

    def look(self) -> bool:
        """Work the answer out; is it another one?"""
        against = None
        if self.cap is not None and self.accepted + self.reserved >= self.cap:
            against = Reason.CAP_REACHED
        elif self.budget is not None and self.spent + (self.reserved + 1) * self.price > self.budget:
            against = Reason.BUDGET_SPENT
        changed = against is not self.against
        self.against = against
        return changed

    def turn_page(self, now: int) -> bool:
        """Begin the day of `now`; was anything on the old page? Days never run backwards, even where clocks cross midnight twice."""
        today = moment(now).astimezone(ZoneInfo(self.zone)).date()
        self.ends = micros(day_start(today + _DAY, self.zone))
        if today <= self.day:
            return False
        used = self.accepted > 0
        self.day, self.accepted, self.spent = today, 0, 0
        return used

    def fact(self) -> dict[str, Any] | None:
        return {"day": self.day.isoformat(), "accepted": self.accepted, "spent": self.spent} if self.accepted else None


class Books:
    """The books of a plan's contracts, and the divisions of its shares. Times are microseconds since 1970, UTC."""

    __slots__ = ("_books", "_dirty", "_divisions", "_next")

    def __init__(self, plan: Plan, now: int) -> None:
        self._books: dict[ContractId, _Book] = {}
        self._divisions: dict[str, Division] = {}
        self._dirty: set[str] = set()
        self._next: int | None = None
        self.follow(plan, now)

    def follow(self, plan: Plan, now: int) -> tuple[ContractId, ...]:
        """Another version of the rules: contracts that are still there keep their day and what is reserved; a share whose weights are
        other ones is divided anew. Returns the contracts for which the answer of `against` is another one."""
        before = {contract: book.against for contract, book in self._books.items()}
        known, self._books = self._books, {}
        self._follow_shares(plan, known)
        divisions = {
            contract: self._divisions[id_] for id_ in sorted(plan.shares, reverse=True) for contract in plan.shares[id_].weights
        }
        for contract in plan.contracts.values():
            if (
                contract.cap_per_day is None
                and contract.budget_per_day is None
                and not contract.minimum_per_day
                and contract.id not in divisions
            ):
                continue
            book = known.get(contract.id) or _Book(contract.id)
            book.agree(contract, divisions.get(contract.id))
            if book.turn_page(now):
                self._dirty.add(book.key)
            book.look()
            self._books[contract.id] = book
        for book in (book for contract, book in known.items() if contract not in self._books):
            self._close(book)
        self._next = self._first_midnight()
        after = {contract: book.against for contract, book in self._books.items()}
        return tuple(
            sorted(contract for contract in before.keys() | after.keys() if before.get(contract) is not after.get(contract))
        )

    def __contains__(self, contract: ContractId) -> bool:
        """Is the contract booked at all? For the others every question is answered without a look."""
        return contract in self._books

    def against(self, contract: ContractId) -> Reason | None:
        """Why nothing more may be offered under this contract today, if so."""
        book = self._books.get(contract)
        return book.against if book is not None else None

    def against_accept(self, contract: ContractId) -> Reason | None:
        """Why not even what was offered may be accepted today, if so: only after rules that lowered a limit."""
        book = self._books.get(contract)
        if book is None:
            return None
        if book.cap is not None and book.accepted >= book.cap:
            return Reason.CAP_REACHED
        return Reason.BUDGET_SPENT if book.budget is not None and book.spent + book.price > book.budget else None

    def reserve(self, contract: ContractId, now: int) -> bool:
        """An offer is made. Whether it may be is the caller's question to `against`. True: that answer is another one now."""
        book = self._books.get(contract)
        if book is None:
            return False
        if now >= book.ends:
            self._turn_page(book, now)
        book.reserved += 1
        if book.division is not None:
            book.division.reserve(contract)
        return book.look()

    def unreserve(self, contract: ContractId) -> bool:
        """The offer came to nothing. True: the answer of `against` is another one now."""
        book = self._books.get(contract)
        if book is None or not book.reserved:
            return False
        book.reserved -= 1
        if book.division is not None:
            book.division.unreserve(contract)
        return book.look()

    def accept(self, contract: ContractId, now: int) -> bool:
        """What was reserved is accepted, and counts today. Reserve first what was never offered (claimed, taken automatically).
        True: the answer of `against` is another one now."""
        book = self._books.get(contract)
        if book is None:
            return False
        if now >= book.ends:
            self._turn_page(book, now)
        if book.reserved:
            book.reserved -= 1
        book.accepted += 1
        book.spent += book.price
        self._dirty.add(book.key)
        if book.division is not None:
            book.division.accept(contract)
            self._dirty.add(book.division.key)
        return book.look()

    def below_minimum(self, contract: ContractId) -> bool:
        """Is the contract still to be preferred in its tier today?"""
        book = self._books.get(contract)
        return book is not None and book.accepted + book.reserved < book.minimum

    def next_reset(self) -> int | None:
        """The earliest coming midnight of a contract that has a daily limit or minimum."""
        if self._next is None:
            self._next = self._first_midnight()
        return self._next

    def reset(self, now: int) -> tuple[ContractId, ...]:
        """Begin the new day wherever it has come. Returns the contracts that may take more again."""
        opened = []
        for book in self._books.values():
            if now >= book.ends:
                closed = book.against is not None
                self._turn_page(book, now)
                if book.look() and closed and book.against is None:
                    opened.append(book.contract)
        return tuple(sorted(opened))

    def division_of(self, contract: ContractId) -> Division | None:
        """How the work of this contract and others is divided, if it is."""
        book = self._books.get(contract)
        return book.division if book is not None else None

    def today(self, contract: ContractId) -> Today | None:
        """The contract's day for a screen; None where nothing is booked."""
        book = self._books.get(contract)
        if book is None:
            return None
        return Today(
            day=book.day,
            accepted=book.accepted,
            reserved=book.reserved,
            spent=book.spent,
            cap=book.cap,
            budget=book.budget,
            minimum=book.minimum,
        )

    def facts(self) -> dict[str, dict[str, Any]]:
        """All that a restart must know: `contract:<id>` where something was accepted today, `share:<id>` where something ever was."""
        days = {book.key: fact for book in self._books.values() if (fact := book.fact()) is not None}
        return days | {division.key: division.fact() for division in self._divisions.values() if not division.untouched()}

    def changes(self) -> dict[str, dict[str, Any] | None]:
        """Facts that are other ones since last asked; None: no more. Applied in turn they make `facts()`."""
        changed = {key: self._fact(key) for key in sorted(self._dirty)}
        self._dirty.clear()
        return changed

    def load(self, facts: Mapping[str, Mapping[str, Any]], now: int) -> None:
        """Take the books up from facts (others than ours are ignored), with nothing reserved: reserve anew what still rings."""
        for id_, division in self._divisions.items():
            fact = facts.get(division.key)
            self._divisions[id_] = Division.restored(division.share, fact) if fact else Division(division.share)
        for book in self._books.values():
            if book.division is not None:
                book.division = self._divisions[book.division.share.id]
            fact = facts.get(book.key)
            book.day = date.fromisoformat(fact["day"]) if fact else date.min
            book.accepted, book.spent, book.reserved = (fact["accepted"], fact["spent"], 0) if fact else (0, 0, 0)
            book.turn_page(now)
            book.look()
        self._next = self._first_midnight()
        ours = self.facts()
        self._dirty = {key for key, fact in facts.items() if key.startswith(("contract:", "share:")) and ours.get(key) != fact}

    def _fact(self, key: str) -> dict[str, Any] | None:
        kind, _, id_ = key.partition(":")
        if kind == "share":
            division = self._divisions.get(id_)
            return division.fact() if division is not None and not division.untouched() else None
        book = self._books.get(ContractId(id_))
        return book.fact() if book is not None else None

    def _follow_shares(self, plan: Plan, known: Mapping[ContractId, _Book]) -> None:
        before, self._divisions = self._divisions, {}
        for id_, share in plan.shares.items():
            was = before.pop(id_, None)
            if was is not None and was.share == share:
                self._divisions[id_] = was
                continue
            division = self._divisions[id_] = Division.restored(share, was.fact()) if was is not None else Division(share)
            if was is not None and not was.untouched():
                self._dirty.add(division.key)
            for contract in share.weights:
                for _ in range(known[contract].reserved if contract in known else 0):
                    division.reserve(contract)
        self._dirty.update(division.key for division in before.values() if not division.untouched())

    def _close(self, book: _Book) -> None:
        """The contract is gone: so is its fact, and what it had reserved of a division that goes on without it."""
        if book.accepted:
            self._dirty.add(book.key)
        division = self._divisions.get(book.division.share.id) if book.division is not None else None
        if division is not None and book.contract in division.share.weights:
            for _ in range(book.reserved):
                division.unreserve(book.contract)

    def _turn_page(self, book: _Book, now: int) -> None:
        if book.turn_page(now):
            self._dirty.add(book.key)
        self._next = None

    def _first_midnight(self) -> int | None:
        return min((book.ends for book in self._books.values() if book.daily()), default=None)
