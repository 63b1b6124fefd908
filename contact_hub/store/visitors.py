"""Customers, and the browsers in which we meet them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final, TypedDict, Unpack

from sqlalchemy import bindparam, func, insert, select, update

from contact_hub.errors import HubError
from contact_hub.scope import Scope, VisitorScope
from contact_hub.store.records import Customer, Device
from contact_hub.store.session import Session
from contact_hub.store.shape import Shape
from contact_hub.store.tables import customers, devices
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

    async def insert(self, customer: Customer) -> None:
        await self._session.execute(insert(customers), _CUSTOMER.write(customer))

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
        """The customer this device has been known as."""
        found = await self._session.execute(
            _CUSTOMER_OF, {"workspace": scope.workspace, "brand": scope.brand, "device": scope.device}
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

    async def seen(self, scopes: Collection[VisitorScope], at: datetime) -> None:
        """All these browsers are there."""
        await self._session.execute(
            _change(frozenset({"last_seen_at"})),
            [
                {"whose_workspace": one.workspace, "whose_brand": one.brand, "whose_device": one.device, "new_last_seen_at": at}
                for one in scopes
            ],
        )


_BY_TOKEN: Final = select(*_DEVICE.columns).where(
    _D.workspace == bindparam("workspace"), _D.brand == bindparam("brand"), _D.token_hash == bindparam("token_hash")
)
_CUSTOMER_OF: Final = select(_D.customer).where(
    _D.workspace == bindparam("workspace"), _D.brand == bindparam("brand"), _D.id == bindparam("device")
)


@once
def _customers(kind: Kind) -> Any:
    return select(*_CUSTOMER.columns).where(visible_customers(kind), among(_C.id, bindparam("ids", type_=Names)))


@once
def _change(names: frozenset[str]) -> Any:
    this = (_D.workspace == bindparam("whose_workspace"), _D.brand == bindparam("whose_brand"), _D.id == bindparam("whose_device"))
    return update(devices).where(*this).values({name: bindparam(f"new_{name}", type_=_D[name].type) for name in sorted(names)})
