"""Customers, and the browsers in which we meet them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final, TypedDict, Unpack

from sqlalchemy import bindparam, exists, func, insert, select, update

from contact_hub.errors import HubError
from contact_hub.scope import Scope, VisitorScope
from contact_hub.store.records import Customer, Device
from contact_hub.store.session import Session
from contact_hub.store.shape import Shape
from contact_hub.store.tables import conversations, customers, devices
from contact_hub.store.types import Names, among
from contact_hub.store.visibility import Kind, once, visible_customers

_C: Final = customers.c
_D: Final = devices.c
_CUSTOMER: Final = Shape(Customer, customers)
_DEVICE: Final = Shape(Device, devices)


class CustomerChanges(TypedDict, total=False):
    name: str | None
    email: str | None


class DeviceChanges(TypedDict, total=False):
    customer: str | None
    locale: str | None
    zone: str | None
    last_seen_at: datetime


class Customers:
    def __init__(self, session: Session) -> None:
        self._session = session

    async def get(self, scope: Scope, customer: str) -> Customer:
        found = await self.get_many(scope, [customer])
        if customer not in found:
            raise HubError("not_found")
        return found[customer]

    async def get_many(self, scope: Scope, ids: Collection[str]) -> dict[str, Customer]:
        """Those of the ids that can be seen."""
        found = await self._session.ask(scope, _customers(type(scope)), {"ids": list(ids)})
        return {row.id: _CUSTOMER.read(row) for row in found.rows}

    async def by_email(self, workspace: str, brand: str, addresses: Collection[str]) -> Customer | None:
        """Who is known to this brand under one of these addresses, the first who was."""
        found = await self._session.execute(
            select(*_CUSTOMER.columns)
            .where(_C.workspace == workspace, _C.brand == brand, _C.email.in_(list(addresses)))
            .order_by(_C.created_at, _C.id)
            .limit(1)
        )
        return _CUSTOMER.read(found.rows[0]) if found.rows else None

    async def named(self, workspace: str, addresses: Collection[str]) -> list[Customer]:
        """Who is known under one of these addresses (in small letters), however they wrote it, to whichever brand."""
        known = func.lower(_C.email).in_(list(addresses))
        found = await self._session.execute(
            select(*_CUSTOMER.columns).where(_C.workspace == workspace, known).order_by(_C.brand, _C.id)
        )
        return [_CUSTOMER.read(row) for row in found.rows]

    async def insert(self, *new: Customer) -> None:
        await self._session.execute(_ADD_CUSTOMERS, [_CUSTOMER.write(customer) for customer in new])

    async def update(self, workspace: str, customer: str, **changes: Unpack[CustomerChanges]) -> None:
        done = await self._session.execute(update(customers).where(_C.workspace == workspace, _C.id == customer).values(**changes))
        if done.count == 0:
            raise HubError("not_found")


class Devices:
    """A device is who holds its token; so it is found by the token's hash and by nothing else."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def by_token(self, workspace: str, brand: str, token_hash: str) -> Device | None:
        found = await self._session.execute(_BY_TOKEN, {"workspace": workspace, "brand": brand, "token_hash": token_hash})
        return _DEVICE.read(found.rows[0]) if found.rows else None

    async def customer_of(self, scope: VisitorScope) -> str | None:
        """The customer this device has been known as. Inside a command nobody else can make it somebody's meanwhile."""
        found = await self._session.execute(
            _customer_of(self._session.writing), {"workspace": scope.workspace, "brand": scope.brand, "device": scope.device}
        )
        customer: str | None = found.scalar()
        return customer

    async def insert(self, device: Device) -> None:
        await self._session.execute(insert(devices), _DEVICE.write(device))

    async def update(self, workspace: str, brand: str, device: str, **changes: Unpack[DeviceChanges]) -> None:
        whose = {"whose_workspace": workspace, "whose_brand": brand, "whose_device": device}
        await self._session.execute(
            _change(frozenset(changes)), {**whose, **{f"new_{name}": value for name, value in changes.items()}}
        )

    async def unheard(self, workspace: str, brand: str, ids: Collection[str]) -> frozenset[str]:
        """Those of these browsers in which nobody has said anything yet, nor is known. Inside a command nobody else can begin to speak there meanwhile."""
        asked = {"workspace": workspace, "brand": brand, "ids": list(ids)}
        return frozenset(row.id for row in (await self._session.execute(_unheard(self._session.writing), asked)).rows)

    async def become(self, workspace: str, brand: str, customer_of: Mapping[str, str]) -> None:
        """Each of these browsers is this customer's from now on."""
        whose = {"whose_workspace": workspace, "whose_brand": brand}
        known = [{**whose, "whose_device": device, "new_customer": customer} for device, customer in customer_of.items()]
        await self._session.execute(_change(frozenset({"customer"})), known)

    async def latest_conversations(self, scopes: Collection[VisitorScope]) -> dict[VisitorScope, str]:
        """`Conversations.latest_of_device` of many browsers that have proved nothing, with a statement for those of one brand; its id, where there is one."""
        assert all(scope.customer is None for scope in scopes), "who has proved to be somebody may have conversations elsewhere"
        found: dict[VisitorScope, str] = {}
        for (workspace, brand), some in _by_brand(scopes).items():
            asked = {"workspace": workspace, "brand": brand, "ids": list(some)}
            for row in (await self._session.execute(_LATEST, asked)).rows:
                if row.latest is not None:
                    found[some[row.id]] = row.latest
        return found

    async def known_as(self, scopes: Collection[VisitorScope]) -> dict[VisitorScope, str]:
        """The names under which the customers of these browsers are known, with a statement for those of one brand."""
        found: dict[VisitorScope, str] = {}
        for (workspace, brand), some in _by_brand(scopes).items():
            asked = {"workspace": workspace, "brand": brand, "ids": list(some)}
            for row in (await self._session.execute(_KNOWN_AS, asked)).rows:
                found[some[row.id]] = row.name
        return found

    async def seen(self, scopes: Collection[VisitorScope], at: datetime) -> None:
        """All these browsers are there: a statement for those of one brand, however many."""
        for (workspace, brand), some in _by_brand(scopes).items():
            await self._session.execute(_SEEN, {"whose_workspace": workspace, "whose_brand": brand, "ids": list(some), "at": at})


def _by_brand(scopes: Collection[VisitorScope]) -> dict[tuple[str, str], dict[str, VisitorScope]]:
    brands: defaultdict[tuple[str, str], dict[str, VisitorScope]] = defaultdict(dict)
    for scope in scopes:
        brands[scope.workspace, scope.brand][scope.device] = scope
    return brands


_ADD_CUSTOMERS: Final = insert(customers)
_BY_TOKEN: Final = select(*_DEVICE.columns).where(
    _D.workspace == bindparam("workspace"), _D.brand == bindparam("brand"), _D.token_hash == bindparam("token_hash")
)


_KNOWN_AS: Final = (
    select(_D.id, _C.name)
    .join(customers, (_C.workspace == _D.workspace) & (_C.id == _D.customer))
    .where(
        _D.workspace == bindparam("workspace"),
        _D.brand == bindparam("brand"),
        among(_D.id, bindparam("ids", type_=Names)),
        _C.name.is_not(None),
    )
)
_T: Final = conversations.c
_LATEST: Final = select(
    _D.id,
    select(_T.id)
    .where(_T.workspace == _D.workspace, _T.brand == _D.brand, _T.device == _D.id)
    .order_by(_T.opened_at.desc(), _T.id.desc())
    .limit(1)
    .scalar_subquery()
    .label("latest"),
).where(_D.workspace == bindparam("workspace"), _D.brand == bindparam("brand"), among(_D.id, bindparam("ids", type_=Names)))
_SEEN: Final = (
    update(devices)
    .where(
        _D.workspace == bindparam("whose_workspace"),
        _D.brand == bindparam("whose_brand"),
        among(_D.id, bindparam("ids", type_=Names)),
    )
    .values(last_seen_at=bindparam("at", type_=_D.last_seen_at.type))
)


@once
def _customer_of(locking: bool) -> Any:
    this = (_D.workspace == bindparam("workspace"), _D.brand == bindparam("brand"), _D.id == bindparam("device"))
    return _locked(select(_D.customer).where(*this), locking)


@once
def _unheard(locking: bool) -> Any:
    c = conversations.c
    said = exists().where(c.workspace == bindparam("workspace"), c.device == _D.id)
    this = (_D.workspace == bindparam("workspace"), _D.brand == bindparam("brand"), among(_D.id, bindparam("ids", type_=Names)))
    statement = select(_D.id).where(*this, _D.customer.is_(None), ~said).order_by(_D.id)
    return _locked(statement, locking)


def _locked(statement: Any, locking: bool) -> Any:
    return statement.with_for_update(key_share=True, of=devices) if locking else statement


@once
def _customers(kind: Kind) -> Any:
    return select(*_CUSTOMER.columns).where(visible_customers(kind), among(_C.id, bindparam("ids", type_=Names)))


@once
def _change(names: frozenset[str]) -> Any:
    this = (_D.workspace == bindparam("whose_workspace"), _D.brand == bindparam("whose_brand"), _D.id == bindparam("whose_device"))
    return update(devices).where(*this).values({name: bindparam(f"new_{name}", type_=_D[name].type) for name in sorted(names)})
