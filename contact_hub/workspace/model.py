"""`workspace.yaml` as types: everything an operator decides about a floor, in one document.

The classes here say what may stand in the file and refuse what is nonsense by itself; whether the parts fit each other is asked
in `checks`. Nothing here is secret: passwords, keys and what customers wrote never enter a workspace.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from contact_hub.workspace.canned import CannedText
from contact_hub.workspace.hours import NEVER, DayHours, Week
from contact_hub.workspace.problems import nonsense
from contact_hub.workspace.values import (
    AtOnce,
    Colour,
    Country,
    Currency,
    Day,
    Email,
    Flag,
    Font,
    Holidays,
    Host,
    Id,
    Initials,
    Labels,
    LevelField,
    Money,
    Name,
    Origin,
    Percent,
    PerSecond,
    Port,
    Residence,
    Seconds,
    SecretRef,
    Selector,
    ServerName,
    SkillLevel,
    SvgPath,
    Tag,
    Text,
    TextKey,
    Until,
    Whole,
    Zone,
    distinct_tags,
)
from i18n.levels import Level
from routing.model import Channel, Preference, Presentation, Sourcing

Asked = Literal["required", "optional", "hidden"]
Role = Literal["client_supervisor", "vendor_manager", "operator"]

LEAVE_MESSAGE = "leave_message"
"""The fallback of a brand that takes an e-mail address and a message when nobody is there."""


class Model(BaseModel):
    """Frozen, and closed: a field nobody knows is a mistake, not a wish."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Identity(Model):
    id: Id
    name: Name


class Client(Model):
    """A company whose customers are served."""

    id: Id
    name: Name
    country: Country
    zone: Zone
    alias: Name | None = None
    """What others call it who may not know its name."""


class Persona(Model):
    """The face under which one agent speaks for one brand."""

    name: Name
    signature: Text | None = None
    picture: Initials | None = None
    """Two or three letters in a circle; the first letters of the name where nothing is said."""


class PersonaRule(Model):
    """Whose name the customer reads: each agent's own persona, or one for the whole brand."""

    rule: Literal["per_agent", "shared"] = "per_agent"
    shared: Persona | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.rule == "shared") != (self.shared is not None):
            raise nonsense("persona_rule")
        return self


class Look(Model):
    colour: Colour
    initials: Initials
    logo: SvgPath | None = None
    font: Font | None = None


class Form(Model):
    """What the customer is asked before the chat."""

    name: Asked = "optional"
    email: Asked = "optional"
    kind: Asked = "optional"
    question: Asked = "required"


class BrandTexts(Model):
    """What the brand says in one language; what is missing comes from the workspace's texts or the catalogue."""

    greeting: Text | None = None
    """The first line of the widget."""
    returning: Text | None = None
    """The same for somebody who has been here before."""
    privacy: Text | None = None
    """What happens to what is written; stands under the form."""
    closed: Text | None = None
    """Nobody is there now."""
    goodbye: Text | None = None
    """The conversation has ended."""
    tone: Text | None = None
    """How the brand speaks: for agents, never shown to customers."""


class Wish(Model):
    """What is wished for above the floor while an inquiry is young. Wishes that hold together add up."""

    until_seconds: Until
    """When the inquiry has waited so long, this is wished no more."""
    level: LevelField | None = None
    """A level of the customer's language above the floor."""
    skills: dict[Id, SkillLevel] = {}
    """Levels of skills, above those that are required."""
    dialect: Flag = False
    """The customer's very dialect: pt-BR is not answered in pt-PT."""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.level is None and not self.skills and not self.dialect:
            raise nonsense("wish_empty")
        return self


class BrandLimits(Model):
    """How much one brand may bring; what is not said is said in the workspace's `limits`."""

    visitor_messages_per_second: PerSecond | None = None
    visitor_messages_burst: AtOnce | None = None
    messages_per_second: PerSecond | None = None
    messages_burst: AtOnce | None = None
    conversations_per_second: PerSecond | None = None
    conversations_burst: AtOnce | None = None
    sockets_max: AtOnce | None = None


Security = Literal["tls", "starttls", "none"]


class Imap(Model):
    """A mailbox that is read over IMAP."""

    host: Host
    port: Port | None = None
    """993 with `tls`, 143 else."""
    security: Security = "tls"
    user: Name
    auth: Literal["password", "xoauth2"] = "password"
    secret: SecretRef
    """Where the password is, or the access token (a file is read anew at each login, so that something else may renew it)."""
    folder: Name = "INBOX"

    @property
    def at_port(self) -> int:
        return self.port or (993 if self.security == "tls" else 143)


class MailIntake(Model):
    """How mail reaches us: fetched from a mailbox, or handed in by a mail server of the house (LMTP or SMTP)."""

    imap: Imap | None = None
    lmtp: Flag = False

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.imap is None) == (not self.lmtp):
            raise nonsense("mail_intake")
        return self


class Relay(Model):
    """The server that takes our mail."""

    host: Host
    port: Port | None = None
    """465 with `tls`, 587 with `starttls`, 25 with `none`."""
    security: Security = "starttls"
    user: Name | None = None
    auth: Literal["password", "xoauth2"] = "password"
    secret: SecretRef | None = None
    """Where the password is, or the access token (a file is read anew at each sign-in, so that something else may renew it)."""

    @model_validator(mode="after")
    def _signs_in_or_not(self) -> Self:
        if (self.user is None) != (self.secret is None) or (self.auth == "xoauth2" and self.user is None):
            raise nonsense("relay_sign_in")
        return self

    @property
    def at_port(self) -> int:
        return self.port or {"tls": 465, "starttls": 587, "none": 25}[self.security]


class Dkim(Model):
    """The key that signs for the domain of the mailbox's address."""

    selector: Selector
    secret: SecretRef
    """Where the private key is (PEM)."""


class Mailbox(Model):
    """An address under which a brand is written to, and writes."""

    id: Id
    address: Email
    intake: MailIntake
    relay: Relay | None = None
    """Without one nothing can be answered by mail."""
    dkim: Dkim | None = None
    own_servers: tuple[ServerName, ...] = ()
    """What our own mail servers call themselves in `Authentication-Results`: theirs are believed and nobody else's. `""`: one that does not say."""
    kind: Id | None = None
    """What is asked for here; where nothing is said, the first kind of the brand."""


class MailTexts(Model):
    """What stands around each mail, in one language."""

    signature: Text | None = None
    footer: Text | None = None


class MailPolicy(Model):
    """How a brand writes mail."""

    acknowledge: Literal["off", "always", "closed"] = "off"
    """Whether a first mail is acknowledged by a robot: never, always, or only when everybody is closed."""
    out_of_hours: Flag = False
    """Whether a mail that comes while everybody is closed is told so."""
    survey: Flag = False
    """Whether the customer is asked for a rating after the end."""
    quote: Literal["none", "last", "full"] = "last"
    """How much of what was written before stands under an answer."""
    cc: Literal["off", "known", "any"] = "known"
    """Whom an agent may copy in: nobody, who already takes part, anybody."""
    forward: tuple[Email, ...] = ()
    """To whom an agent may send a customer's mail on: the client's own people, who know more."""
    remote_images: Flag = False
    """Whether an agent may have images loaded that a mail names."""
    reopen_seconds: Seconds = 7 * 86400.0
    """An answer that comes later than this after the end begins a new, linked inquiry."""
    idle_seconds: Seconds = 14 * 86400.0
    """After so long without a word from the customer the conversation ends."""
    texts: Annotated[dict[Tag, MailTexts], BeforeValidator(distinct_tags)] = {}


class Brand(Model):
    """A face of a client."""

    id: Id
    client: Id
    name: Name
    languages: Annotated[tuple[Tag, ...], Field(min_length=1)]
    """What the brand promises; the first is its default."""
    floor: Annotated[LevelField, Field(json_schema_extra={"default": Level.B2.label})] = Level.B2
    """The lowest level of the customer's language at which anybody answers. No waiting time lowers it."""
    wishes: tuple[Wish, ...] = ()
    """What is wished for above the floor, each until an inquiry has waited so long."""
    certification_required: Flag = True
    residency: tuple[Residence, ...] = ()
    """The countries, or EU or EEA, in which its customers' data may be seen; empty: anywhere."""
    zone: Zone
    look: Look
    sites: tuple[Origin, ...] = ()
    """The origins of the pages that may show the widget."""
    persona: PersonaRule = PersonaRule()
    form: Form = Form()
    kinds: tuple[Id, ...] = ()
    """What a customer may ask for; empty: every kind of the workspace."""
    forbidden_words: tuple[Name, ...] = ()
    """What no agent may write to a customer of this brand."""
    texts: Annotated[dict[Tag, BrandTexts], BeforeValidator(distinct_tags)] = {}
    canned: dict[Id, Annotated[dict[Tag, CannedText], BeforeValidator(distinct_tags)]] = {}
    """Prepared replies: key, language, text with {variables}."""
    dispositions: dict[Id, Labels] = {}
    """The codes of the wrap-up with their labels."""
    csat: Flag = True
    """Whether the customer is asked for a rating at the end."""
    idle_seconds: Seconds = 900.0
    """After so long without a word from the customer the conversation ends."""
    fallback: Id | None = None
    """Where an inquiry goes when nobody who may answer is there: a pool, or `leave_message`."""
    mailboxes: tuple[Mailbox, ...] = ()
    """Where it is written to by mail; it writes from the first one that an inquiry did not come through."""
    mail: MailPolicy = MailPolicy()
    limits: BrandLimits = BrandLimits()
    """How much it may bring, where that differs from the workspace's `limits`."""


class Vendor(Identity):
    """An outsourcing company."""

    alias: Name | None = None
    """What others call it who may not know its name."""


class Pool(Model):
    """A team at one site."""

    id: Id
    name: Name
    vendor: Id | None = None
    sourcing: Sourcing
    country: Country
    zone: Zone
    hours: Annotated[Week, Field(json_schema_extra={"default": {}})] = NEVER
    holidays: Holidays | None = None
    """Public holidays that close the pool: a country, or a country with its subdivision."""
    overrides: dict[Day, DayHours] = {}
    """Dates with hours of their own; an empty list closes the day, anything else opens it, holiday or not."""


class Agent(Model):
    """A person at work."""

    id: Id
    name: Name
    """The real name. Customers read the persona's."""
    email: Email
    pool: Id
    languages: Annotated[dict[Tag, LevelField], Field(min_length=1), BeforeValidator(distinct_tags)]
    skills: dict[Id, SkillLevel] = {}
    certifications: dict[Id, Day | None] = {}
    """Brand to the last day of the certification in the pool's zone; null has no end."""
    personas: dict[Id, Persona] = {}
    seats: Annotated[Whole, Field(ge=1, le=20)] = 3
    ceilings: dict[Channel, Annotated[Whole, Field(ge=0, le=20)]] = {}
    """How many seats one channel may take."""
    shift: Week | None = None
    """In the pool's zone; without one the agent may work whenever the pool is open."""
    shift_overrides: dict[Day, DayHours] = {}


class Staff(Model):
    """Somebody who signs in without answering: a client's supervisor, a vendor's manager, an operator."""

    id: Id
    name: Name
    email: Email
    role: Role
    client: Id | None = None
    vendor: Id | None = None

    @model_validator(mode="after")
    def _scoped(self) -> Self:
        wanted = {"client_supervisor": (True, False), "vendor_manager": (False, True), "operator": (False, False)}[self.role]
        if (self.client is not None, self.vendor is not None) != wanted:
            raise nonsense("staff_scope", client="client_supervisor", vendor="vendor_manager", operator="operator")
        return self


class ServiceLevel(Model):
    """So many per cent answered within so many seconds."""

    percent: Percent
    seconds: Seconds


class Targets(Model):
    """What the contract promises; reports hold the measures against it."""

    service_level: ServiceLevel | None = None
    answer_seconds: Seconds | None = None
    """Mean wait until an agent has accepted."""
    first_reply_seconds: Seconds | None = None
    handle_seconds: Seconds | None = None
    abandon_percent: Percent | None = None
    csat_percent: Percent | None = None


class Contract(Model):
    """One client's agreement with one pool, or with a vendor for all its pools."""

    id: Id
    client: Id
    pool: Id | None = None
    vendor: Id | None = None
    brands: tuple[Id, ...] = ()
    """Empty: every brand of the client."""
    kinds: tuple[Id, ...] = ()
    """Empty: every kind of the workspace."""
    channels: tuple[Channel, ...] = (Channel.CHAT,)
    tier: Annotated[Whole, Field(ge=1, le=99)] = 1
    """Tier 1 is asked first."""
    overflow_after_seconds: Seconds = 0.0
    """A higher tier joins once an inquiry has waited so long."""
    overflow_wait_seconds: Seconds | None = None
    """It joins at once where the estimated wait is longer than this."""
    presentation: Presentation = Presentation.BRAND
    zone: Zone | None = None
    """Where its dates are read; the client's where nothing is said."""
    valid_from: Day | None = None
    valid_to: Day | None = None
    targets: Targets = Targets()
    answer_within_seconds: Seconds | None = None
    """The wait after which an inquiry is late; where nothing is said, the seconds of the targets (service level, else mean wait)."""
    currency: Currency | None = None
    price: Money | None = None
    """Of one inquiry."""
    cap_per_day: Annotated[Whole, Field(ge=0)] | None = None
    """No more than so many inquiries are accepted on a day of the contract's zone."""
    budget_per_day: Money | None = None
    """Nor for more than this, at `price` each."""
    minimum_per_day: Annotated[Whole, Field(ge=0)] = 0
    """Until so many are accepted, the contract comes first in its tier."""
    data: tuple[Id, ...] | None = None
    """The categories of customers' data its agents may see; nothing said: all, an empty list: none."""

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if (self.pool is None) == (self.vendor is None):
            raise nonsense("contract_party")
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            raise nonsense("dates_reversed", begin=self.valid_from, end=self.valid_to)
        return self

    def holds_on(self, day: date) -> bool:
        """Whether it is valid on this day of its zone."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


class Share(Model):
    """How the accepted work of contracts of one client and one tier is divided, exactly."""

    id: Id
    contracts: Annotated[dict[Id, Annotated[Whole, Field(ge=1, le=100)]], Field(min_length=2)]
    """Contract to its part of a hundred."""
    catch_up: Annotated[Whole, Field(ge=0)] = 20
    """How many inquiries a contract that could take nothing for a while is owed afterwards at most."""
    strict: Flag = False
    """Whether an inquiry waits for the contract whose turn it is while another has somebody free."""


class Kind(Model):
    """A kind of work: the skills it needs, how it ranks (higher first) and what it touches."""

    id: Id
    labels: Labels
    skills: dict[Id, SkillLevel] = {}
    priority: Annotated[Whole, Field(ge=-100, le=100)] = 0
    wishes: tuple[Wish, ...] = ()
    """What is wished for beyond those skills, each until an inquiry has waited so long."""
    data: tuple[Id, ...] = ()
    """The categories of customers' data it touches; a contract's `data` must hold them all."""


class AwayReason(Model):
    id: Id
    labels: Labels


class PerChannelSeconds(Model):
    chat: Seconds = 30.0
    email: Seconds = 120.0


class PerChannelSeats(Model):
    chat: Annotated[Whole, Field(ge=1, le=20)] = 1
    email: Annotated[Whole, Field(ge=1, le=20)] = 1


class Rules(Model):
    """The numbers of the floor."""

    offer_seconds: PerChannelSeconds = PerChannelSeconds()
    """How long an offer rings."""
    weights: PerChannelSeats = PerChannelSeats()
    """How many seats one conversation takes."""
    priority_step_seconds: Seconds = 60.0
    """The head start in waiting time that one step of priority is worth."""
    decline_cooldown_seconds: Seconds = 120.0
    """After a decline the same agent is not offered the same inquiry for so long."""
    decline_rounds_max: Annotated[Whole, Field(ge=1, le=100)] = 3
    """After so many rounds without a taker a supervisor is told."""
    missed_offer_makes_away: Flag = True
    offer_grace_seconds: Seconds = 10.0
    """How long an offer outlives a lost connection."""
    chat_grace_seconds: Seconds = 45.0
    """How long an agent keeps their chats once the connection is lost, or they have signed out."""
    email_grace_seconds: Seconds = 1_800.0
    """How long they keep their e-mails."""
    wrap_up_seconds: Seconds = 120.0
    takeover_grace_seconds: Seconds = 20.0
    sticky_hold_seconds: Seconds = 30.0
    """How long an inquiry waits for the agent its customer knows."""
    ageing_guard_seconds: Seconds | None = 300.0
    """After so long, agents keep freed seats for an inquiry that needs several; null: never."""
    auto_accept: tuple[Channel, ...] = ()
    """On these channels an offer is taken as it is made."""
    choice: tuple[Preference, ...] = tuple(Preference)
    """What makes one of several able agents of a tier the better one, in this order; after it the fewest in hand, then the longest idle."""
    fewest_in_hand: Flag = True
    """Whether who has the least in hand comes before who has been idle the longest."""


class Limits(Model):
    """How much may come in through one node before it is told to come again. A normal shop never meets them."""

    visitor_messages_per_second: PerSecond | None = None
    """What one visitor may write on average; where nothing is said, what the deployment lets through (one a second)."""
    visitor_messages_burst: AtOnce | None = None
    """How many of them at once; where nothing is said, the deployment's (twelve)."""
    brand_messages_per_second: PerSecond = 30.0
    """What all visitors of one brand may bring."""
    brand_messages_burst: AtOnce = 150
    brand_conversations_per_second: PerSecond = 5.0
    """How many conversations one brand may open."""
    brand_conversations_burst: AtOnce = 100
    brand_sockets_max: AtOnce = 20_000
    """How many visitors of one brand may be connected."""
    messages_per_second: PerSecond = 60.0
    """What visitors and agents of the workspace may bring together; a fifth of the burst is kept for the agents."""
    messages_burst: AtOnce = 300
    waiting_max: AtOnce = 1_024
    """How much of it may wait to be stored."""
    address_visitors_per_second: PerSecond = 2.0
    """How many browsers that nobody knows may come from one address (of IPv6: from one /64)."""
    address_visitors_burst: AtOnce = 200


class Retention(Model):
    """How long things are kept."""

    original_mail_days: Annotated[Whole, Field(ge=1, le=3_650)] = 30
    """For how many days a mail is kept as it came, with whatever it holds; what it says stands in its conversation, without card numbers."""


class Workspace(Model):
    """One tenant of a deployment: the operator's floor."""

    workspace: Identity
    clients: tuple[Client, ...] = ()
    brands: tuple[Brand, ...] = ()
    vendors: tuple[Vendor, ...] = ()
    pools: tuple[Pool, ...] = ()
    agents: tuple[Agent, ...] = ()
    staff: tuple[Staff, ...] = ()
    contracts: tuple[Contract, ...] = ()
    shares: tuple[Share, ...] = ()
    kinds: tuple[Kind, ...] = ()
    away_reasons: tuple[AwayReason, ...] = ()
    rules: Rules = Rules()
    limits: Limits = Limits()
    """How much may come in before it is told to come again."""
    retention: Retention = Retention()
    """How long things are kept."""
    translation: Literal["off", "assist"] = "off"
    """`assist`: staff may ask a machine what a message says, where the deployment has one. The original stands beside it, and customers never read it."""
    texts: Annotated[dict[Tag, dict[TextKey, Text]], BeforeValidator(distinct_tags)] = {}
    """Texts that replace the catalogue's: language, key, text."""

    @cached_property
    def agents_of_pool(self) -> Mapping[str, Sequence[Agent]]:
        """Who works where, in the order of the file."""
        found: dict[str, list[Agent]] = {}
        for agent in self.agents:
            found.setdefault(agent.pool, []).append(agent)
        return found
