"""One session with a mailbox over IMAP, in blocking calls: what `boxes` does in a thread.

Only the verbs that intake needs, with troubles told by a stable code. Nothing here changes a mailbox but the mark of having been seen.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final, Self

import imapclient  # type: ignore[import-untyped, unused-ignore]
from imapclient.exceptions import CapabilityError, IMAPClientError, LoginError  # type: ignore[import-untyped, unused-ignore]

from contact_hub.workspace.model import Imap

CONNECT_SECONDS: Final = 15.0
READ_SECONDS: Final = 60.0
_TEXT_MAX: Final = 200


class MailboxTrouble(Exception):
    """A mailbox cannot be read now. `code` is stable, `text` what the server said."""

    def __init__(self, code: str, text: str = "") -> None:
        super().__init__(code, text)
        self.code, self.text = code, " ".join(text.split())[:_TEXT_MAX]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A folder as the server tells it."""

    uidvalidity: int
    uidnext: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A mail of the mailbox; only its head where it is larger than was asked for."""

    uid: int
    raw: bytes
    size: int
    received_at: datetime | None


class ImapSession:
    """Connected and signed in. Raises: MailboxTrouble, from every method."""

    def __init__(self, client: Any) -> None:
        self._client = client

    @classmethod
    def open(cls, box: Imap, secret: str) -> Self:
        """Connect, encrypt, sign in."""
        with _told():
            client = imapclient.IMAPClient(
                box.host,
                port=box.at_port,
                use_uid=True,
                ssl=box.security == "tls",
                ssl_context=_trust() if box.security == "tls" else None,
                timeout=imapclient.SocketTimeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
            )
        try:
            with _told():
                client.normalise_times = False  # aware times, in whatever zone the server lives
                if box.security == "starttls":
                    client.starttls(_trust())
                if box.auth == "xoauth2":
                    client.oauth2_login(box.user, secret)
                else:
                    client.login(box.user, secret)
        except BaseException:
            with contextlib.suppress(Exception):
                client.shutdown()
            raise
        return cls(client)

    @property
    def pushes(self) -> bool:
        """Whether the server tells us of news."""
        return bool(self._client.has_capability("IDLE"))

    def select(self, folder: str) -> Opened:
        try:
            with _told():
                told = self._client.select_folder(folder)
        except MailboxTrouble as trouble:
            raise MailboxTrouble("folder_missing" if trouble.code == "protocol" else trouble.code, trouble.text) from None
        return Opened(uidvalidity=int(told[b"UIDVALIDITY"]), uidnext=int(told.get(b"UIDNEXT", 1)))

    def uids_after(self, uid: int) -> list[int]:
        """In order. `n:*` names the last mail even where its number is below n (RFC 3501 §6.4.8)."""
        with _told():
            return sorted(found for found in self._client.search(["UID", f"{uid + 1}:*"]) if found > uid)

    def uids_since(self, day: date) -> list[int]:
        """Of mails that arrived on this day or later, in order."""
        with _told():
            return sorted(self._client.search(["SINCE", day]))

    def fetch(self, uid: int, bytes_max: int) -> Fetched | None:
        """One mail; None where it is gone."""
        with _told():
            facts = self._client.fetch([uid], ["RFC822.SIZE", "INTERNALDATE"]).get(uid)
            if facts is None:
                return None
            size = int(facts.get(b"RFC822.SIZE", 0))
            part = b"BODY[]" if size <= bytes_max else b"BODY[HEADER]"
            asked = "BODY.PEEK[]" if size <= bytes_max else "BODY.PEEK[HEADER]"
            raw = self._client.fetch([uid], [asked]).get(uid, {}).get(part)
        if raw is None:
            return None
        at = facts.get(b"INTERNALDATE")
        return Fetched(uid=uid, raw=bytes(raw), size=max(size, len(raw)), received_at=at.astimezone(UTC) if at else None)

    def mark_seen(self, uids: Sequence[int]) -> None:
        """For people who look into the mailbox beside us; it means nothing to us, so that trouble with it is none."""
        with contextlib.suppress(MailboxTrouble), _told():
            self._client.add_flags(list(uids), [imapclient.SEEN], silent=True)

    def begin_waiting(self) -> None:
        with _told():
            self._client.idle()

    def anything_new(self, seconds: float) -> bool:
        """Wait so long for the server to speak. The library says of a closed line only that nothing came, at once."""
        began = time.monotonic()
        with _told():
            told = self._client.idle_check(seconds)
        if not told and time.monotonic() - began < seconds / 2:
            raise MailboxTrouble("unreachable", "the line was closed")
        return any(isinstance(one, tuple) and len(one) > 1 and one[1] == b"EXISTS" for one in told)

    def end_waiting(self) -> None:
        with _told():
            self._client.idle_done()

    def abort(self) -> None:
        """From another thread: whatever waits on the line ends."""
        with contextlib.suppress(Exception):
            self._client.socket().shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        with contextlib.suppress(Exception):
            self._client.logout()


def _trust() -> ssl.SSLContext:
    return ssl.create_default_context()


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """What the library and the network raise, in our words. A server's answer may quote what we sent, but never the password."""
    try:
        yield
    except LoginError as refused:
        raise MailboxTrouble("login_refused", str(refused)) from None
    except ssl.SSLError as trouble:
        raise MailboxTrouble("tls_failed", trouble.reason or type(trouble).__name__) from None
    except TimeoutError:
        raise MailboxTrouble("timed_out") from None
    except OSError as trouble:
        raise MailboxTrouble("unreachable", trouble.strerror or type(trouble).__name__) from None
    except (CapabilityError, IMAPClientError) as trouble:
        raise MailboxTrouble("protocol", str(trouble)) from None
    except (
        EOFError,
        ValueError,
        KeyError,
        AttributeError,
    ) as nonsense:  # a server that speaks no IMAP meets the library unprepared
        raise MailboxTrouble("protocol", type(nonsense).__name__) from None
