"""Bounces as mail servers write them, put together by hand for the tests: one letter or report in each server's habit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A notice, and what a person reads from it: each recipient with whether the address is of no use."""

    server: str
    head: str
    body: str
    expected: tuple[tuple[str, bool, str], ...]

    @property
    def raw(self) -> bytes:
        return (self.head.strip("\n") + "\n\n" + self.body).encode()


RETURNED: Final = """Return-Path: <help@brand.example>
Received: from out.brand.example by mx.example.net; Mon, 2 Nov 2026 10:00:00 +0000
From: Help <help@brand.example>
To: anna@kunde.example
Subject: Your order
Message-ID: <abc@brand.example>

Hello Anna
"""


def _plain(sender: str, subject: str, *more: str) -> str:
    return "\n".join(
        (
            f"From: {sender}",
            "To: help@brand.example",
            f"Subject: {subject}",
            "Content-Type: text/plain; charset=utf-8",
            *more,
            "MIME-Version: 1.0",
        )
    )


def report(
    notice: str, fields: str, *, subject: str = "Undelivered Mail Returned to Sender", sender: str = "MAILER-DAEMON@mx.example.net"
) -> bytes:
    """A report of RFC 3464 with a notice before it and the mail behind."""
    return f"""From: {sender}
To: help@brand.example
Subject: {subject}
Return-Path: <>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

{notice}

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

{fields}

--b
Content-Type: message/rfc822

{RETURNED}
--b--
""".encode()


LETTERS: Final = (
    Letter(
        server="qmail",
        head=_plain("MAILER-DAEMON@mx.example.net", "failure notice", "Return-Path: <>"),
        body=f"""Hi. This is the qmail-send program at mx.example.net.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<anna@kunde.example>:
Sorry, no mailbox here by that name. (#5.1.1)

<bert@kunde.example>:
Connected to 192.0.2.7 but sender was rejected.
Remote host said: 550 5.1.1 unknown user help@brand.example

--- Below this line is a copy of the message.

{RETURNED}""",
        expected=(("anna@kunde.example", True, "userunknown"), ("bert@kunde.example", False, "rejected")),
    ),
    Letter(
        server="Exim",
        head=_plain(
            "Mail Delivery System <Mailer-Daemon@mx.example.net>",
            "Mail delivery failed: returning message to sender",
            "X-Failed-Recipients: anna@kunde.example, bert@kunde.example",
        ),
        body=f"""This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  anna@kunde.example
    host mx.kunde.example [192.0.2.9]
    SMTP error from remote mail server after RCPT TO:<anna@kunde.example>:
    550 5.1.1 No such user here
  bert@kunde.example
    host mx.kunde.example [192.0.2.9]
    SMTP error from remote mail server after end of data:
    552 5.2.2 Mailbox is over its quota

------ This is a copy of the message, including all the headers. ------

{RETURNED}""",
        expected=(("anna@kunde.example", True, "userunknown"), ("bert@kunde.example", False, "mailboxfull")),
    ),
    Letter(
        server="Exim, not yet",
        head=_plain(
            "Mail Delivery System <Mailer-Daemon@mx.example.net>",
            "Warning: message 1kX-0005 delayed 24 hours",
            "Auto-Submitted: auto-replied",
        ),
        body="""This message was created automatically by mail delivery software.
A message that you sent has not yet been delivered to one or more of its
recipients after more than 24 hours on the queue on mx.example.net.

The address to which the message has not yet been delivered is:

  anna@kunde.example
    Delay reason: Connection timed out

No action is required on your part. Delivery attempts will continue for
some time, and this warning may be repeated at intervals.
""",
        expected=(("anna@kunde.example", False, "expired"),),
    ),
    Letter(
        server="Exchange 2003",
        head=_plain("System Administrator <postmaster@kunde.example>", "Undeliverable: Your order"),
        body="""Your message

  To:      anna@kunde.example
  Subject: Your order
  Sent:    Mon, 2 Nov 2026 10:00:00 -0000

did not reach the following recipient(s):

anna@kunde.example on Mon, 2 Nov 2026 10:00:04 -0000
    The recipient name is not recognized
	The MTS-ID of the original message is: c=us;a= ;p=kunde;l=EX0001
    MSEXCH:IMS:Kunde:HQ:EX0 0 (000C05A6) Unknown Recipient
""",
        expected=(("anna@kunde.example", True, "userunknown"),),
    ),
    Letter(
        server="Exchange 2007, German",
        head=_plain("postmaster@kunde.example", "Unzustellbar: Ihre Bestellung", "Auto-Submitted: auto-replied"),
        body="""Fehler bei der Nachrichtenzustellung an folgende Empfänger oder Verteilerlisten:

anna@kunde.example
Das Postfach des Empfängers ist voll und kann zurzeit keine Nachrichten annehmen.

Diagnoseinformationen für Administratoren:

Generierender Server: ex.kunde.example

anna@kunde.example
#550 5.2.2 STOREDRV.Deliver: mailbox full. ##
""",
        expected=(("anna@kunde.example", False, "mailboxfull"),),
    ),
    Letter(
        server="Domino",
        head=_plain("Postmaster@kunde.example", "DELIVERY FAILURE: User anna (anna@kunde.example) not listed in Domino Directory"),
        body=f"""Your message

  Subject: Your order

was not delivered to:

  anna@kunde.example

because:

  User anna (anna@kunde.example) not listed in Domino Directory

------- Returned Message --------

{RETURNED}""",
        expected=(("anna@kunde.example", True, "userunknown"),),
    ),
    Letter(
        server="Sendmail",
        head=_plain(
            "Mail Delivery Subsystem <MAILER-DAEMON@mx.example.net>",
            "Returned mail: see transcript for details",
            "Auto-Submitted: auto-generated (failure)",
        ),
        body=f"""The original message was received at Mon, 2 Nov 2026 10:00:00 GMT
from out.brand.example [192.0.2.1]

   ----- The following addresses had permanent fatal errors -----
<anna@kunde.example>
    (reason: 553 5.3.0 <anna@kunde.example>... No such user here)

   ----- Transcript of session follows -----
... while talking to mx.kunde.example.:
>>> RCPT To:<anna@kunde.example>
<<< 553 5.3.0 <anna@kunde.example>... No such user here
550 5.1.1 <anna@kunde.example>... User unknown

{RETURNED}""",
        expected=(("anna@kunde.example", True, "userunknown"),),
    ),
    Letter(
        server="Gmail",
        head=_plain(
            "Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
            "Delivery Status Notification (Failure)",
            "X-Failed-Recipients: anna@kunde.example",
        ),
        body="""** Address not found **

Your message wasn't delivered to anna@kunde.example because the domain kunde.example couldn't be found. Check for typos or unnecessary spaces and try again.

The response was:

DNS Error: 4321 DNS type 'mx' lookup of kunde.example responded with code NXDOMAIN
Domain name not found: kunde.example
""",
        expected=(("anna@kunde.example", True, "hostunknown"),),
    ),
    Letter(
        server="Yahoo",
        head=_plain("MAILER-DAEMON@yahoo.com", "Failure Notice", "Return-Path: <>"),
        body=f"""Sorry, we were unable to deliver your message to the following address.

<anna@kunde.example>:
554: delivery error: dd Sorry, your message to anna@kunde.example cannot be delivered. This mailbox is disabled (554.30). - mta1.example.com

--- Below this line is a copy of the message.

{RETURNED}""",
        expected=(("anna@kunde.example", False, "suspend"),),
    ),
    Letter(
        server="AOL",
        head=_plain("Mail Delivery Subsystem <MAILER-DAEMON@aol.com>", "Returned mail: User unknown"),
        body="""The original message was received at Mon, 2 Nov 2026 10:00:00 -0500 (EST)
from out.brand.example [192.0.2.1]

*** ATTENTION ***

Your e-mail is being returned to you because there was a problem with its
delivery.

    ----- The following addresses had permanent fatal errors -----
<anna@kunde.example>

   ----- Transcript of session follows -----
... while talking to air-xn02.mail.aol.com.:
>>> RCPT To:<anna@kunde.example>
<<< 550 MAILBOX NOT FOUND
550 <anna@kunde.example>... User unknown
""",
        expected=(("anna@kunde.example", True, "userunknown"),),
    ),
    Letter(
        server="MDaemon",
        head=_plain("MAILER-DAEMON@kunde.example", "Warning: anna@kunde.example - User unknown!"),
        body="""The attached message had PERMANENT fatal delivery errors!

After one or more unsuccessful delivery attempts the attached message has
been removed from the mail queue on this server.

Failed address: anna@kunde.example

--- Session Transcript ---
550 5.1.1 Recipient unknown <anna@kunde.example>
--- End Transcript ---
""",
        expected=(("anna@kunde.example", True, "userunknown"),),
    ),
    Letter(
        server="GMX, in German and English",
        head=_plain(
            "GMX Mailer Daemon <mailer-daemon@gmx.example>", "Mail delivery failed: returning message to sender", "Return-Path: <>"
        ),
        body=f"""This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of
its recipients. This is a permanent error. The following address
failed:

"anna@kunde.example":
SMTP error from remote server after RCPT command:
host: mx.kunde.example
5.1.1 <anna@kunde.example>... User Unknown

--- The header of the original message is following. ---

{RETURNED}""",
        expected=(("anna@kunde.example", True, "userunknown"),),
    ),
    Letter(
        server="a French provider",
        head=_plain("Service de messagerie <postmaster@poste.example>", "Échec de la remise de votre message", "Return-Path: <>"),
        body="""Votre message n'a pas pu être remis au destinataire suivant :

anna@kunde.example

La boîte aux lettres du destinataire est pleine.
""",
        expected=(("anna@kunde.example", False, "mailboxfull"),),
    ),
    Letter(
        server="a Spanish provider",
        head=_plain("Postmaster <postmaster@correo.example>", "No se ha entregado el mensaje", "Return-Path: <>"),
        body="""No se pudo entregar su mensaje a:

anna@kunde.example

El usuario no existe.
""",
        expected=(("anna@kunde.example", True, "userunknown"),),
    ),
    Letter(
        server="a Japanese provider",
        head=_plain("postmaster@mail.example", "メールを配信できませんでした", "Return-Path: <>"),
        body="""以下の宛先にメールを配信できませんでした。

<anna@kunde.example>

宛先のメールアドレスが存在しません。
""",
        expected=(("anna@kunde.example", True, "userunknown"),),
    ),
    Letter(
        server="a Russian provider",
        head=_plain("mailer-daemon@mail.example", "Недоставленное сообщение", "Return-Path: <>"),
        body="""Ваше сообщение не может быть доставлено:

anna@kunde.example

Такого пользователя нет на этом сервере.
""",
        expected=(("anna@kunde.example", True, "userunknown"),),
    ),
)
"""Letters; none of their sentences is a sample's."""
