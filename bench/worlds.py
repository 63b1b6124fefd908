"""A large floor, drawn from a seed: what `bench.routing` measures the engine on.

Five hundred pools in twenty zones serve two hundred brands of eighty clients in forty languages with sixty skills; six profiles a pool, and agents who are
alike within one. Demand is what some profile can serve, with a few classes asked for often and most of them seldom. Pools are mostly open around the clock,
so that any instant will do; some keep real hours; every tenth pool (the *openers*) opens at `OPENS` and not before, and a hundredth (the *reserve*) has
agents but no contract until the next version of the rules. Sizes vary one at a time: fewer agents draw from the same pools and profiles, and in the nearly
unique world every agent draws a profile of their own from what their pool does. The rules that cost something are all in use: tiers with overflow, wishes,
shares, caps, promised answers, residency, dated certifications, all five preferences.

Agents of one profile share its mappings, as a loader would have them; a new version is built afresh, so nothing in it *is* the old one's.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from typing import Final
from zoneinfo import ZoneInfo

from i18n.levels import Level
from routing.model import (
    Agent,
    AgentId,
    Block,
    Brand,
    BrandId,
    Channel,
    ClientId,
    Contract,
    ContractId,
    Demand,
    Hours,
    Kind,
    Plan,
    Pool,
    PoolId,
    Share,
    Sourcing,
    VendorId,
    Wish,
)

BEGINS: Final = datetime(2026, 11, 18, 6, 0, tzinfo=UTC)
"""A Wednesday on which it is early in Europe."""

OPENS: Final = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)
"""The instant at which the openers open."""

LANGUAGES: Final = (  # noqa: SIM905
    "en de fr es pt-BR it nl pl ar tr ru uk ja ko zh-Hans zh-Hant hi id vi th sv da nb fi cs sk hu ro bg el he fa ur bn ta fil lt lv et ka"
).split()
ZONES: Final = tuple(
    pair.split()
    for pair in (  # noqa: SIM905
        "Europe/Berlin DE,Europe/Lisbon PT,Europe/Warsaw PL,Europe/Bucharest RO,Europe/Sofia BG,Europe/Athens GR,Africa/Cairo EG,Africa/Johannesburg ZA,"
        "Europe/Istanbul TR,Asia/Kolkata IN,Asia/Manila PH,Asia/Kuala_Lumpur MY,Asia/Tokyo JP,Australia/Sydney AU,America/Bogota CO,America/Sao_Paulo BR,"
        "America/Mexico_City MX,America/New_York US,America/Chicago US,America/Los_Angeles US"
    ).split(",")
)
EUROPE: Final = frozenset({"DE", "PT", "PL", "RO", "BG", "GR"})
KINDS: Final = ("service", "service", "complaint", "sales", "technical")

_ROUND_THE_CLOCK: Final = tuple(Block(weekday=day, opens=time(0), closes=time(0)) for day in range(7))
_OFFICE: Final = tuple(Block(weekday=day, opens=time(8), closes=time(20)) for day in range(5))
_BOTH: Final = frozenset({Channel.CHAT, Channel.EMAIL})
_NO_CEILINGS: Final[Mapping[Channel, int]] = {}
_LEVELS: Final = (Level.B1, Level.B2, Level.B2, Level.C1, Level.C1, Level.C2, Level.NATIVE)
_FLOORS: Final = (None, None, Level.B1, Level.B2, Level.B2, Level.C1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How large a world, and of which kind."""

    agents: int = 100_000
    classes: int = 8_000
    pools: int = 500
    profiles_per_pool: int = 6
    brands: int = 200
    skills: int = 60
    unique: bool = False
    broad: bool = False
    shares: float = 0.1
    seed: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What agents of one kind have in common; the mappings are the very ones the agents hold."""

    pool: PoolId
    languages: Mapping[str, Level]
    skills: Mapping[str, int]
    certifications: Mapping[BrandId, date | None]
    personas: frozenset[BrandId]

    def takes(self, demand: Demand) -> bool:
        """May its agents take this, hours and state apart? (A contract is known to be there for what it is certified for.)"""
        return (
            demand.brand in self.certifications
            and self.languages.get(demand.languages[0], 0) >= max(demand.floor or Level.B1, Level.B1)
            and all(self.skills.get(skill, 0) >= level for skill, level in demand.skills.items())
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A plan, and what is asked under it: `demands` by `weights` (cumulative, the last is 1)."""

    size: Size
    plan: Plan
    agents: tuple[Agent, ...]
    profiles: tuple[Profile, ...]
    profile_of: Mapping[AgentId, int]
    demands: tuple[Demand, ...]
    weights: tuple[float, ...]
    openers: frozenset[PoolId]
    reserve: frozenset[PoolId]
    _ask: dict[tuple[BrandId, str], list[Demand]] = field(default_factory=dict)

    def draw(self, rng: random.Random, count: int) -> list[Demand]:
        """What the next `count` inquiries ask."""
        return rng.choices(self.demands, cum_weights=self.weights, k=count)

    def something_for(self, agent: AgentId) -> Demand | None:
        """A class this agent may take; None where nobody asks what they can do."""
        if not self._ask:
            for demand in self.demands:
                self._ask.setdefault((demand.brand, demand.languages[0]), []).append(demand)
        profile = self.profiles[self.profile_of[agent]]
        asked = (d for brand in profile.certifications for tag in profile.languages for d in self._ask.get((brand, tag), ()))
        return next((demand for demand in asked if demand.channel is Channel.CHAT and profile.takes(demand)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Does:
    """What a pool does: the brands, languages and skills its profiles are drawn from."""

    pool: Pool
    brands: tuple[BrandId, ...]
    languages: tuple[str, ...]
    skills: tuple[str, ...]


def build(size: Size, *, version: int = 1) -> World:
    """The world of this size. From version 2 on the reserve has contracts too."""
    brands = _brands(size)
    openers, reserve = _openers(size), _reserve(size)
    pools = _pools(size, brands, openers)
    common = _profiles(size, pools)
    profiles, profile_of, agents = _agents(size, pools, common)
    contracts = _contracts(size, pools, brands, frozenset() if version > 1 else reserve)
    demands = _demands(size, common)
    plan = Plan(
        version=version,
        pools={does.pool.id: does.pool for does in pools},
        agents={agent.id: agent for agent in agents},
        brands={brand.id: brand for brand in brands},
        contracts={contract.id: contract for contract in contracts},
        kinds=_kinds(),
        shares={share.id: share for share in _shares(size, contracts)},
    )
    return World(
        size=size,
        plan=plan,
        agents=tuple(agents),
        profiles=tuple(profiles),
        profile_of=profile_of,
        demands=tuple(demands),
        weights=_weights(size),
        openers=openers,
        reserve=reserve,
    )


def next_version(world: World) -> Plan:
    """The next version of the rules: everything built afresh, the reserve under contract."""
    return build(world.size, version=world.plan.version + 1).plan


def smaller(size: Size, agents: int) -> Size:
    """The same world with fewer people."""
    return replace(size, agents=agents)


def _openers(size: Size) -> frozenset[PoolId]:
    return frozenset(_pool_id(n) for n in range(0, size.pools, 10))


def _reserve(size: Size) -> frozenset[PoolId]:
    return frozenset(_pool_id(n) for n in range(1, size.pools, 100))


def _brands(size: Size) -> list[Brand]:
    rng = _rng(size, "brands")
    clients = max(1, size.brands * 2 // 5)
    return [
        Brand(
            id=BrandId(f"brand-{n:03d}"),
            client=ClientId(f"client-{n % clients:02d}"),
            languages=tuple(rng.sample(LANGUAGES, 6)),
            floor=Level.B1,
            residency=EUROPE if n % 10 == 3 else frozenset(),
            wishes=_WISHES[n % len(_WISHES)],
            zone=ZONES[n % len(ZONES)][0],
        )
        for n in range(size.brands)
    ]


_WISHES: Final[tuple[tuple[Wish, ...], ...]] = (
    (),
    (Wish(until_seconds=45.0, level=Level.C1), Wish(until_seconds=90.0, level=Level.B2)),
    (),
)


def _kinds() -> dict[str, Kind]:
    wish = (Wish(until_seconds=60.0, level=Level.C1),)
    return {
        "service": Kind(id="service"),
        "complaint": Kind(id="complaint", priority=2, wishes=wish),
        "sales": Kind(id="sales", priority=1),
        "technical": Kind(id="technical", wishes=(Wish(until_seconds=30.0, skills={"skill-00": 1}),)),
    }


def _pools(size: Size, brands: Sequence[Brand], openers: frozenset[PoolId]) -> list[_Does]:
    rng = _rng(size, "pools")
    popular_brands = [1 / (n + 1) ** 0.6 for n in range(size.brands)]
    popular_languages = [1 / (n + 1) ** 0.8 for n in range(len(LANGUAGES))]
    found = []
    for n in range(size.pools):
        zone, country = ZONES[rng.randrange(len(ZONES))]
        served = {b.id for b in rng.choices(brands, popular_brands, k=rng.randint(*((20, 60) if size.broad else (2, 8))))}
        allowed = tuple(b.id for b in brands if b.id in served and country in (b.residency or {country}))
        found.append(
            _Does(
                pool=_pool(n, zone, country, opener=_pool_id(n) in openers, office=rng.random() < 0.2),
                brands=allowed or (brands[0].id,),
                languages=tuple(
                    sorted(set(rng.choices(LANGUAGES, popular_languages, k=rng.randint(*((2, 8) if size.broad else (1, 4))))))
                ),
                skills=tuple(f"skill-{skill:02d}" for skill in sorted(rng.sample(range(size.skills), rng.randint(4, 12)))),
            )
        )
    return found


def _pool(n: int, zone: str, country: str, *, opener: bool, office: bool) -> Pool:
    if opener:
        local = OPENS.astimezone(ZoneInfo(zone))
        until = (local + timedelta(hours=8)).time()
        hours = Hours(zone=zone, weekly=tuple(Block(weekday=day, opens=local.time(), closes=until) for day in range(7)))
    elif office and n % 100 != 1:
        hours = Hours(zone=zone, weekly=_OFFICE, holidays=country)
    else:
        hours = Hours(zone=zone, weekly=_ROUND_THE_CLOCK)
    in_house = n % 5 == 2
    return Pool(
        id=_pool_id(n),
        vendor=None if in_house else VendorId(f"vendor-{n % 60:02d}"),
        sourcing=Sourcing.IN_HOUSE if in_house else Sourcing.OUTSOURCED,
        country=country,
        hours=hours,
    )


def _profiles(size: Size, pools: Sequence[_Does]) -> list[Profile]:
    """The templates: so many a pool, all different."""
    rng = _rng(size, "profiles")
    return [_profile(rng, does) for does in pools for _ in range(size.profiles_per_pool)]


def _profile(rng: random.Random, does: _Does) -> Profile:
    brands = rng.sample(does.brands, rng.randint(max(1, len(does.brands) // 2), len(does.brands)))
    spoken = rng.sample(does.languages, rng.randint(1, min(2, len(does.languages))))
    able = rng.sample(does.skills, rng.randint(2, len(does.skills)))
    dated = rng.random() < 0.1
    return Profile(
        pool=does.pool.id,
        languages={tag: rng.choice(_LEVELS) for tag in sorted(spoken)},
        skills={skill: rng.randint(1, 5) for skill in sorted(able)},
        certifications={brand: date(2027, 6, 30) if dated else None for brand in sorted(brands)},
        personas=frozenset(brands),
    )


def _agents(size: Size, pools: Sequence[_Does], common: Sequence[Profile]) -> tuple[list[Profile], dict[AgentId, int], list[Agent]]:
    """Pool by pool in turn, so that every pool has as many."""
    rng = _rng(size, "agents")
    profiles = [] if size.unique else list(common)
    profile_of: dict[AgentId, int] = {}
    agents = []
    for n in range(size.agents):
        home = n % size.pools
        if size.unique:
            profiles.append(_profile(rng, pools[home]))
            number = n
        else:
            number = home * size.profiles_per_pool + rng.randrange(size.profiles_per_pool)
        profile = profiles[number]
        agent = Agent(
            id=AgentId(f"agent-{n:06d}"),
            pool=profile.pool,
            languages=profile.languages,
            skills=profile.skills,
            certifications=profile.certifications,
            personas=profile.personas,
            seats=rng.randint(1, 5),
            ceilings=_NO_CEILINGS,
        )
        profile_of[agent.id] = number
        agents.append(agent)
    return profiles, profile_of, agents


def _contracts(size: Size, pools: Sequence[_Does], brands: Sequence[Brand], without: frozenset[PoolId]) -> list[Contract]:
    """One a pool and client."""
    rng = _rng(size, "contracts")
    client_of = {brand.id: brand.client for brand in brands}
    found = []
    for does in pools:
        for client in sorted({client_of[brand] for brand in does.brands}):
            later = does.pool.vendor is not None and rng.random() < 0.4
            price, capped, promised = rng.randrange(100, 400), rng.random() < 0.05, _number(client) % 5 == 0
            if does.pool.id in without:
                continue
            found.append(
                Contract(
                    id=ContractId(f"{client}-{does.pool.id}"),
                    client=client,
                    pool=does.pool.id,
                    brands=frozenset(brand for brand in does.brands if client_of[brand] == client),
                    channels=_BOTH,
                    tier=2 if later else 1,
                    overflow_after_seconds=60.0 if later else 0.0,
                    zone=does.pool.hours.zone,
                    valid_from=date(2026, 1, 1),
                    price=price,
                    cap_per_day=1_000_000 if capped else None,
                    answer_within_seconds=300.0 if promised else None,
                )
            )
    return found


def _number(name: str) -> int:
    """The number at the end of a name: the same under every hash seed."""
    return int(name.rpartition("-")[2])


def _shares(size: Size, contracts: Sequence[Contract]) -> list[Share]:
    """Of every so many clients, the first tier is divided by weights."""
    found = []
    for client in sorted({contract.client for contract in contracts}):
        first = [contract.id for contract in contracts if contract.client == client and contract.tier == 1]
        if size.shares and _number(client) % round(1 / size.shares) == 1 and len(first) > 1:
            found.append(Share(id=f"share-{client}", weights={contract: 1 + n % 3 for n, contract in enumerate(first)}))
    return found


def _demands(size: Size, common: Sequence[Profile]) -> list[Demand]:
    """Each is something that one of the common profiles can do."""
    rng = _rng(size, "demands")
    found: dict[object, Demand] = {}
    for _ in range(size.classes * 50):
        if len(found) == size.classes:
            break
        profile = rng.choice(common)
        tag = rng.choice(tuple(profile.languages))
        floor = rng.choice([level for level in _FLOORS if level is None or level <= profile.languages[tag]])
        asked = rng.sample(tuple(profile.skills), rng.choice((0, 1, 1, 2)))
        demand = Demand(
            brand=rng.choice(tuple(profile.certifications)),
            channel=Channel.EMAIL if rng.random() < 0.15 else Channel.CHAT,
            kind=rng.choice(KINDS),
            languages=(tag,),
            floor=floor,
            skills={skill: rng.randint(1, min(3, profile.skills[skill])) for skill in sorted(asked)},
        )
        key = (demand.brand, demand.channel, demand.kind, tag, floor, tuple(demand.skills.items()))
        found.setdefault(key, demand)
    if len(found) < size.classes:
        raise ValueError(f"these profiles give {len(found)} demand classes, not {size.classes}")
    return list(found.values())


def _weights(size: Size) -> tuple[float, ...]:
    plain = [1 / (n + 10) ** 0.7 for n in range(size.classes)]
    _rng(size, "weights").shuffle(plain)
    total = sum(plain)
    return (*list(accumulate(weight / total for weight in plain))[:-1], 1.0)


def _pool_id(n: int) -> PoolId:
    return PoolId(f"pool-{n:03d}")


def _rng(size: Size, what: str) -> random.Random:
    """Every part draws from a stream of its own, so that changing one leaves the others as they are."""
    return random.Random(f"{size.seed}/{what}")
