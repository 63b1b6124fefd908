"""One example of every frame, as values of the frame types: an example that the server would refuse does not get past the type checker.

They tell one story, so that the page reads as one: Ana asks Velour Maison about order 48213, Camille answers.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from agents import frames as c
from agents.wire import PROTOCOL, Reconnect, Refusal
from contact_hub.channels.chat import frames as w

_NOW: Final = datetime(2026, 11, 21, 14, 5, tzinfo=UTC)
_TALK: Final = "cnv-7Q2M"
_OFFER: Final = "ofr-41"
_EPOCH: Final = "e-2026-11-01"
_CAMILLE: Final = w.PersonaFace(name="Camille", initials="CA")
_FRENCH: Final = c.LanguageView(tag="fr", confidence=0.98, settled=True, reason="language.reason.text", name="français")
_STATE: Final = w.ConversationState(conversation=_TALK, state="open", head=3, language="fr", persona=_CAMILLE, brand_read=1)
_FACE: Final = w.BrandFace(
    brand="velour-maison",
    name="Velour Maison",
    colour="#7a1f3d",
    ink="#ffffff",
    logo="VM",
    languages=["fr", "en"],
    language="fr",
    direction="ltr",
    kinds=["service", "complaint"],
    form=[w.FormField(name="name", required=True), w.FormField(name="question", required=True)],
    texts={"widget.greeting.new": "Bienvenue chez Velour Maison."},
)
_ME: Final = c.Me(agent="agt-camille", name="Camille Roy", pool="paris", availability="ready", seats=4, seats_used=1, since=_NOW)
_CARD: Final = c.OfferCard(
    offer=_OFFER,
    conversation=_TALK,
    inquiry="inq-12",
    brand="velour-maison",
    channel="chat",
    kind="service",
    language=_FRENCH,
    waiting_since=_NOW - timedelta(seconds=20),
    until=_NOW + timedelta(seconds=20),
    why="routing.reason.longest_idle",
    customer_name="Ana",
    first_words="Où est ma commande 48213 ?",
)
_VOICE: Final = c.BrandVoice(
    brand="velour-maison",
    name="Velour Maison",
    colour="#7a1f3d",
    ink="#ffffff",
    logo="VM",
    persona="Camille",
    tone={"fr": "Vouvoiement, phrases posées."},
    languages=["fr", "en"],
    canned={"one-moment": {"fr": "Un instant, je vous prie."}},
    dispositions={"resolved": {"fr": "Résolu", "en": "Resolved"}},
)
_REFERENCE: Final = c.Reference(
    rules=7,
    brands={"velour-maison": _VOICE},
    away_reasons=["break", "lunch"],
    decline_reasons=["busy", "language"],
    pools=[c.Target(id="lyon", name="Lyon")],
    agents=[c.Target(id="agt-lan", name="Lan", pool="paris")],
    kinds={"service": {"en": "Service", "fr": "Service client"}},
)
_VIEW: Final = c.View(me=_ME, offers={_OFFER: _CARD}, queues={"velour-maison": c.QueueLine(brand="velour-maison", waiting=1)})
_ANSWER: Final = c.PublicEntryForStaff(
    conversation=_TALK, position=3, at=_NOW, speaker="agent", text="Bonjour Ana, je regarde.", persona="Camille", mine=True
)

EXAMPLES: Final[tuple[msgspec.Struct, ...]] = (
    # from the widget
    w.Hello(
        protocol=PROTOCOL,
        ticket="tk_9f…",
        resume=w.Resume(epoch=_EPOCH, conversation=_TALK, position=2),
        locales=["fr-FR"],
        zone="Europe/Paris",
    ),
    w.Start(client_message_id="0d8f1c52a7", text="Où est ma commande 48213 ?", kind="service", name="Ana"),
    w.Post(client_message_id="1b77e0c9d4", conversation=_TALK, text="C’est pour samedi."),
    w.TypingNow(conversation=_TALK),
    w.ReadUpTo(conversation=_TALK, position=3),
    w.EndConversation(conversation=_TALK),
    w.Rate(conversation=_TALK, score=5, comment="Merci !"),
    w.ChooseLanguage(conversation=_TALK, tag="fr"),
    w.SendTranscript(conversation=_TALK, email="fatma@customer.example"),
    # to the widget
    w.Welcome(
        protocol=PROTOCOL,
        epoch=_EPOCH,
        brand=_FACE,
        texts="/api/texts/widget/fr.json",
        hours=w.OpeningHours(open=True),
        heartbeat_seconds=10,
        conversation=_STATE,
        visitor_name="Ana",
    ),
    w.Face(brand=_FACE, texts="/api/texts/widget/fr.json"),
    w.Resync(because="epoch", epoch=_EPOCH),
    w.PublicEntry(
        conversation=_TALK,
        position=3,
        at=_NOW,
        body=w.BrandMessage(text="Bonjour Ana, je regarde.", persona=_CAMILLE, language="fr"),
    ),
    w.Ack(client_message_id="1b77e0c9d4", conversation=_TALK, position=4, at=_NOW),
    w.State(conversation=_STATE),
    w.Queue(conversation=_TALK, ahead=2, wait_seconds_low=60, wait_seconds_high=180),
    w.BrandTyping(conversation=_TALK, persona=_CAMILLE),
    w.Hours(hours=w.OpeningHours(open=False, next_opening=_NOW + timedelta(hours=18))),
    w.Heartbeat(head=4),
    Refusal(code="rate_limited", sentence="Too many messages; please wait a moment.", about="1b77e0c9d4", retry_after_seconds=1.5),
    Reconnect(after_seconds=2.5),
    # from the console
    c.ConsoleHello(
        protocol=PROTOCOL, ticket="tk_c1…", resume=c.ConsoleResume(epoch=_EPOCH, cursors={_TALK: c.Cursor(public=3, staff=1)})
    ),
    c.SetAvailability(availability="away", reason="lunch"),
    c.AcceptOffer(offer=_OFFER),
    c.DeclineOffer(offer=_OFFER, reason="busy"),
    c.Reply(client_message_id="77ab02f4e1", conversation=_TALK, text="Bonjour Ana, je regarde."),
    c.NotePrivately(client_message_id="90cc1e77b0", conversation=_TALK, text="Parcel stands in Roissy since Thursday."),
    c.AgentTyping(conversation=_TALK),
    c.AgentRead(conversation=_TALK, position=4),
    c.SaveDraft(conversation=_TALK, mode="reply", text="Votre colis"),
    c.Transfer(conversation=_TALK, pool="lyon", note="Wants to exchange, too."),
    c.CorrectLanguage(conversation=_TALK, tag="fr"),
    c.EndHandling(conversation=_TALK),
    c.FinishWrapUp(conversation=_TALK, disposition="resolved"),
    c.ShowHistory(conversation=_TALK),
    c.ReplyByMail(
        client_message_id="77ab02f4e3",
        conversation=_TALK,
        to=["fatma@customer.example"],
        subject="Re: Aurore",
        text="Dear Fatma,\n\n**a new one** leaves today.",
        attachments=["att_01jd5x"],
    ),
    c.ForwardMail(
        client_message_id="77ab02f4e4", conversation=_TALK, position=1, to="studio@velour.example", text="Do you know more?"
    ),
    c.DecideMail(conversation=_TALK, mail="out_01jd5x", decision="sent"),
    # to the console
    c.ConsoleWelcome(
        protocol=PROTOCOL, epoch=_EPOCH, view=_VIEW, reference=_REFERENCE, heartbeat_seconds=10, now=_NOW, desk=3, caught_up=7
    ),
    c.ConsoleResync(because="position", epoch=_EPOCH, conversations=[_TALK]),
    c.Delta(
        changes=[
            c.Change(collection="offers", key=_OFFER),
            c.Change(collection="me", key="me", value={"agent": "agt-camille", "…": "…"}),
        ]
    ),
    c.ReferenceChanged(reference=_REFERENCE),
    _ANSWER,
    c.StaffEntry(
        conversation=_TALK, position=1, at=_NOW, kind="note", author="Camille Roy", text="Parcel stands in Roissy since Thursday."
    ),
    c.ConsoleAck(client_message_id="77ab02f4e1", conversation=_TALK, log="public", position=3, at=_NOW),
    c.CustomerTyping(conversation=_TALK),
    c.History(
        conversation=_TALK,
        items=[
            c.HistoryItem(
                conversation="cnv-5K1A",
                started_at=_NOW - timedelta(days=40),
                ended_at=_NOW - timedelta(days=40),
                kind="service",
                language="fr",
                disposition="resolved",
                score=5,
                messages=[_ANSWER],
            )
        ],
    ),
    c.ConsoleHeartbeat(heads={_TALK: (4, 1)}),
    c.Superseded(by="open"),
)
