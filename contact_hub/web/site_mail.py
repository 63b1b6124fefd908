"""The demo's customers and their mail: a page on each brand site to write from, and the server behind it that takes what brands send.

It stands in for the world outside. Mail goes in at the hub's own door by SMTP as anybody's would, and whatever a brand sends is kept here in memory, for the
page to show; nothing leaves this machine.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import cache
from html import escape
from typing import Any, Final
from urllib.parse import parse_qsl, quote

import aiosmtplib
from aiosmtpd.smtp import SMTP, Envelope, Session

from contact_hub.channels.email.mail import Address, InboundMail
from contact_hub.channels.email.parse import parse
from contact_hub.channels.email.strip import strip
from contact_hub.ids import new_token
from contact_hub.mail import mime
from contact_hub.web.readers import wishes
from contact_hub.workspace.model import Brand
from i18n import catalogues, formatting, tags

KEPT_MAX: Final = 500
SOMEBODY: Final = "anna.berger@mail.example"
_FORM_BYTES_MAX: Final = 200_000
_PICTURE: Final = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63a8ac0f0000032c0196b1ae3c5d"
    "0000000049454e44ae426082"
)
_TAGGED: Final = re.compile(r"\+[^@]*@")
_HOLE: Final = re.compile(r"\{\{([a-z.]+)\}\}")
_PLAIN: Final = (
    "heading",
    "languages",
    "name",
    "address",
    "subject",
    "text",
    "as",
    "as.text",
    "as.html",
    "as.file",
    "send",
    "look",
    "look.again",
)
"""Texts of the page that need no values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A mail that a brand sent, as it arrived at the other end."""

    to: tuple[str, ...]
    at: datetime
    raw: bytes
    mail: InboundMail


class Postbox:
    """The world's mail server: takes what brands send, and brings what customers write to the hub's door. `door` says at which port that is."""

    def __init__(self, *, door: Callable[[], int]) -> None:
        self._door = door
        self._server: asyncio.Server | None = None
        self._sent: deque[Sent] = deque(maxlen=KEPT_MAX)
        self.port = 0
        self.came = asyncio.Event()
        """Set whenever a mail arrives; whoever waits clears it first."""

    async def start(self) -> None:
        """Listen on any free port of this machine."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: SMTP(self, hostname="mail.example", loop=loop), "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        raw = envelope.original_content or b""
        mail = await asyncio.to_thread(parse, raw)
        to = tuple(address.lower() for address in envelope.rcpt_tos)
        self._sent.append(Sent(to=to, at=datetime.now(UTC), raw=raw, mail=mail))
        self.came.set()
        return "250 2.0.0 Kept"

    def sent_to(self, address: str) -> list[Sent]:
        """What came for somebody, the newest first."""
        return [one for one in reversed(self._sent) if address.lower() in one.to]

    async def write(
        self,
        *,
        sender: Address,
        to: str,
        subject: str,
        text: str,
        style: str = "text",
        answers: InboundMail | None = None,
    ) -> str:
        """Send a mail to a brand, as a customer's program would; its Message-ID. Raises: OSError, aiosmtplib.SMTPException."""
        id_ = f"{new_token()}@{sender.host}"
        raw = written(sender=sender, to=to, subject=subject, text=text, style=style, message_id=id_, answers=answers)
        await self.bring(raw, sender=str(sender), to=to)
        return id_

    async def bring(self, raw: bytes, *, sender: str, to: str) -> None:
        """Hand these very bytes in at the hub's door. Raises: OSError, aiosmtplib.SMTPException."""
        await aiosmtplib.send(
            raw,
            sender=sender,
            recipients=[to],
            hostname="127.0.0.1",
            port=self._door(),
            start_tls=False,
            local_hostname="mail.example",
            timeout=20,
        )


def written(
    *, sender: Address, to: str, subject: str, text: str, style: str, message_id: str, answers: InboundMail | None = None
) -> bytes:
    """A customer's mail as bytes. The first header says what a mail server of the brand's would: that the sender is who it seems."""
    host = _TAGGED.sub("@", to).rpartition("@")[2]
    refs = ([*answers.references, answers.message_id] if answers and answers.message_id else [])[-20:]
    headers = [
        ("Authentication-Results", f"mx.{host}; dmarc=pass header.from={sender.host}"),
        ("From", mime.address_list("From", [sender])),
        ("To", mime.address_list("To", [Address(to)])),
        ("Subject", mime.unstructured("Subject", subject)),
        ("Date", format_datetime(datetime.now(UTC).replace(microsecond=0))),
        ("Message-ID", f"<{message_id}>"),
        ("In-Reply-To", f"<{answers.message_id}>" if answers and answers.message_id else ""),
        ("References", mime.id_list("References", [one for one in refs if one])),
        ("MIME-Version", "1.0"),
    ]
    head = "".join(f"{name}: {value}\r\n" for name, value in headers if value)
    return f"{head}{_body(text, style, answers)}".encode("ascii")


def _body(text: str, style: str, answers: InboundMail | None) -> mime.Part:
    quoted = ""
    if answers is not None:
        who = answers.sender.name or str(answers.sender) if answers.sender else ""
        said = "\n".join(f"> {line}" for line in (answers.text or "").split("\n")[:60])
        quoted = f"\n\nOn {format_datetime(answers.date) if answers.date else 'that day'}, {who} wrote:\n{said}\n"
    plain = mime.text_part(text + quoted, "plain")
    if style == "html":
        page = (
            f'<div style="font-family:Georgia;padding:12px;background:#fdf6ec">{"<br>".join(map(escape, text.split(chr(10))))}'
            '<p><img src="https://pictures.example/seen.gif?who=you" alt="" width="1" height="1"></p></div>'
        )
        return mime.multipart("alternative", [plain, mime.text_part(page, "html")], boundary=f"=_{new_token()[:20]}")
    if style == "file":
        bill = mime.file_part("photo.png", "image/png", _PICTURE)
        return mime.multipart("mixed", [plain, bill], boundary=f"=_{new_token()[:20]}")
    return plain


# ---------------------------------------------------------------- the page


async def answer(post: Postbox, brand: Brand, template: str, scope: Mapping[str, Any], body: bytes) -> str:
    """The page for a visitor of the brand's site, in the language that is asked for or that their browser likes; what they wrote is sent first."""
    asked = dict(parse_qsl(scope.get("query_string", b"").decode("latin-1"), max_num_fields=20))
    tag = _language(asked.get("lang", ""), scope)
    said = ""
    if scope["method"] == "POST":
        asked = dict(parse_qsl(body[:_FORM_BYTES_MAX].decode("utf-8", "replace"), max_num_fields=20))
        said = await _send(post, brand, asked, tag)
    me = asked.get("me", "").strip() or SOMEBODY
    came = post.sent_to(me)
    answered = _by_id(came, asked.get("answers", "") if scope["method"] == "GET" else "")
    address = brand.mailboxes[0].address
    values = {
        "tag": tag,
        "dir": tags.direction(tag),
        "brand": brand.name,
        "me": me,
        "name": asked.get("name", "") or ("Anna Berger" if me == SOMEBODY else ""),
        "answers": answered.message_id or "" if answered else "",
        "to": str(answered.reply_to[0]) if answered and answered.reply_to else address,
        "subject": _again(answered.subject) if answered else "",
        "said": said,
        "t.intro": _text("intro", tag, brand=brand.name),
        "t.write": _text("write", tag, address=address),
        "t.came": _text("came", tag, address=me),
        **{f"t.{name}": _text(name, tag) for name in _PLAIN},
    }
    made = {key: escape(value) for key, value in values.items()} | {
        "languages": " ".join(_link(one, me, chosen=one == tag) for one in _languages()),
        "mails": "".join(_shown(one, me, tag) for one in came) or f"<p>{escape(_text('nothing', tag))}</p>",
    }
    return _HOLE.sub(lambda hole: made[hole[1]], template)


def _text(name: str, tag: str, **values: str) -> str:
    return catalogues.isolated_text(f"demo.mail.{name}", tag, **values)


@cache
def _languages() -> tuple[str, ...]:
    return catalogues.offered(("demo.",))


def _language(wished: str, scope: Mapping[str, Any]) -> str:
    """The language of the page: the one in its address, else the one the browser likes best."""
    accepted = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"accept-language"), "")
    if wished in _languages():
        return wished
    return tags.best_match(wishes(accepted), _languages()) or catalogues.SOURCE


def _link(tag: str, me: str, *, chosen: bool) -> str:
    place = f"/mail?lang={quote(tag)}&me={quote(me)}"
    here = ' aria-current="true"' if chosen else ""
    return (
        f'<a href="{escape(place)}" lang="{tag}" dir="{tags.direction(tag)}"{here}>{escape(tags.display_name(tag, in_tag=tag))}</a>'
    )


async def _send(post: Postbox, brand: Brand, asked: Mapping[str, str], tag: str) -> str:
    me, text = asked.get("me", "").strip(), asked.get("text", "").strip()
    if mime.ascii_address(me) is None or not text:
        return _text("incomplete", tag)
    own = _TAGGED.sub("@", brand.mailboxes[0].address).rpartition("@")[2]
    to = asked.get("to", "")
    if mime.ascii_address(to) is None or to.rpartition("@")[2] != own:  # the page writes to its brand and to nobody else
        to = brand.mailboxes[0].address
    answered = _by_id(post.sent_to(me), asked.get("answers", ""))
    try:
        await post.write(
            sender=Address(me, asked.get("name", "").strip()),
            to=to,
            subject=asked.get("subject", ""),
            text=text.replace("\r\n", "\n"),
            style=asked.get("as", "text"),
            answers=answered,
        )
    except (OSError, aiosmtplib.SMTPException) as trouble:
        return _text("refused", tag, said=str(trouble))
    return _text("sent", tag)


def _by_id(mails: list[Sent], message_id: str) -> InboundMail | None:
    return next((one.mail for one in mails if message_id and one.mail.message_id == message_id), None)


def _again(subject: str) -> str:
    return subject if subject[:3].casefold() == "re:" else f"Re: {subject}"


def _shown(sent: Sent, me: str, tag: str) -> str:
    mail = sent.mail
    stripped = strip(mail.text, None)
    sender = f"{mail.sender.name} <{mail.sender}>" if mail.sender else ""
    files = ", ".join(one.name for one in mail.attachments)
    link = f"/mail?lang={quote(tag)}&me={quote(me)}&answers={quote(mail.message_id or '')}"
    return (
        f'<article><h3 dir="auto">{escape(mail.subject)}</h3><p><bdi>{escape(sender)}</bdi> · {escape(formatting.time_with_zone(sent.at, tag, "UTC"))}</p>'
        f'<pre dir="auto">{escape(stripped.reply or mail.text or "")}</pre>'
        + (f"<p>{escape(_text('with', tag, files=files))}</p>" if files else "")
        + (
            f'<details><summary>{escape(_text("everything", tag))}</summary><pre dir="auto">{escape(mail.text or "")}</pre></details>'
        )
        + f'<p><a href="{escape(link)}">{escape(_text("answer", tag))}</a></p></article>'
    )
