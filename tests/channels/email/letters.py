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
    Letter(
        server="in the manner of ezweb",
        head=_plain("Postmaster@ezweb.example", "Mail System Error - Returned Mail"),
        body="""The user(s) account is disabled.

<anna@kunde.example>
""",
        expected=(("anna@kunde.example", False, "suspend"),),
    ),
    Letter(
        server="in the manner of kddi",
        head=_plain("no-reply@app.auone.example", "Notification of mail delivery failure"),
        body="""Your mail sent on: Thu, 29 Apr 2010 11:04:47 +0900
    Could not be delivered to: <anna@kunde.example>
    As their mailbox is full.
""",
        expected=(("anna@kunde.example", False, "mailboxfull"),),
    ),
    Letter(
        server="in the manner of bigfoot",
        head=_plain("Mail Delivery Subsystem <MAILER-DAEMON@bigfoot.example>", "Returned mail: see transcript for details"),
        body="""   ----- The following addresses had permanent fatal errors -----
<anna@kunde.example>

   ----- Transcript of session follows -----
>>> RCPT TO:<anna@kunde.example>
<<< 553 Invalid recipient anna@kunde.example (Mode: normal)
""",
        expected=(("anna@kunde.example", True, "userunknown"),),
    ),
    Letter(
        server="in the manner of messagingserver",
        head=_plain("Internet Mail Delivery <postmaster@x.example>", "Delivery Notification: Delivery has failed"),
        body="""This report relates to a message you sent with the following header fields:

  Message-id: <x@y>
  Date: Thu
  From: help@brand.example
  To: anna@kunde.example
  Subject: Hi

Your message cannot be delivered to the following recipients:

  Recipient address: anna@kunde.example
  Reason: Remote SMTP server has rejected address
  Diagnostic code: smtp;550 5.1.1 unknown or illegal alias: anna@kunde.example
  Remote system: dns;mx.kunde.example (TCP|17.254.6.200|24512|17.254.6.30|25)
""",
        expected=(("anna@kunde.example", True, "userunknown"),),
    ),
    Letter(
        server="in the manner of verizon",
        head=_plain("post_master@vtext.example", "Undeliverable Message"),
        body="""Message could not be delivered to mobile.
Error: No valid recipients for this MM

From: help@brand.example
To: anna@kunde.example
""",
        expected=(("anna@kunde.example", True, "userunknown"),),
    ),
    Letter(
        server="in the manner of notes",
        head=_plain("Postmaster", "Undeliverable message"),
        body=f"""From: help@brand.example
To: help@brand.example

------- Failure Reasons  --------

User not listed in public Name & Address Book
anna@kunde.example

------- Returned Message --------
{RETURNED}
""",
        expected=(("anna@kunde.example", True, "userunknown"),),
    ),
    Letter(
        server="in the manner of activehunter",
        head=_plain("MAILER-DAEMON@x.example", "FAILURE NOTICE :"),
        body=f"""  ----- The following addresses had permanent fatal errors -----

>>> anna@kunde.example <anna@kunde.example>

  ----- Transcript of session follows -----
550 sorry, no mailbox here by that name (#5.1.1 - chkusr)

{RETURNED}
""",
        expected=(("anna@kunde.example", True, "userunknown"),),
    ),
    Letter(
        server="in the manner of v5sendmail",
        head=_plain("MAILER-DAEMON@x.example (Mail Delivery Subsystem)", "Returned mail: User unknown"),
        body=f"""   ----- Transcript of session follows -----
While talking to smtp.kunde.example:
>>> RCPT To:<anna@kunde.example>
<<< 550 <anna@kunde.example>, User Unknown
550 <anna@kunde.example>... User unknown

   ----- Unsent message follows -----
{RETURNED}
""",
        expected=(("anna@kunde.example", True, "userunknown"),),
    ),
    Letter(
        server="in the manner of v5 deferred",
        head=_plain("MAILER-DAEMON@x.example (Mail Delivery Subsystem)", "Returned mail: Cannot send message for 5 days"),
        body=f"""   ----- Transcript of session follows -----
421 kunde.example (smtp)... Deferred: Connection timed out during user open with kunde.example
anna@kunde.example... Cannot send message for 5 days

   ----- Unsent message follows -----
{RETURNED}
""",
        expected=(("anna@kunde.example", False, "expired"),),
    ),
    Letter(
        server="in the manner of x2",
        head=_plain("MAILER-DAEMON@x.example", "Delivery failure"),
        body=f"""Unable to deliver message to the following address(es).

<anna@kunde.example>:
This user doesn't have a kunde.example account (anna@kunde.example) [0]

--- Original message follows.
{RETURNED}
""",
        expected=(("anna@kunde.example", True, "userunknown"),),
    ),
    Letter(
        server="in the manner of x6",
        head=_plain('"Postmaster" <postmaster@x.example>', "There was an error sending your mail"),
        body="""We had trouble delivering your message. Full details follow:

Subject: 'Nyaan'
Date: 'Thu, 29 Apr 2012 23:34:45 +0000'

1 error(s):

SMTP Server <mta2.kunde.example> rejected recipient <anna@kunde.example>
  (Error following RCPT command). It responded as follows: [550 5.1.1 unknown user].
""",
        expected=(("anna@kunde.example", True, "userunknown"),),
    ),
    Letter(
        server="in the manner of interscan2",
        head=_plain('"InterScan MSS" <postmaster@x.example>', "Mail could not be delivered"),
        body="""Sent >>> RCPT TO:<anna@kunde.example>
Received <<< 550 <anna@kunde.example> no such mailbox

Unable to deliver message to <anna@kunde.example>
""",
        expected=(("anna@kunde.example", True, "userunknown"),),
    ),
    Letter(
        server="in the manner of mailfoundry",
        head=_plain("postmaster@x.example", "Message delivery has failed"),
        body="""Unable to deliver message to: <anna@kunde.example>
Delivery failed for the following reason:
Server mx22.kunde.example[192.0.2.222] failed with: 550 <anna@kunde.example> No such user here

This has been a permanent failure.  No further delivery attempts will be made.
""",
        expected=(("anna@kunde.example", False, "filtered"),),
    ),
    Letter(
        server="in the manner of mailmarshal",
        head=_plain("MailMarshal@x.example", 'Undeliverable Mail: "Hi"'),
        body="""Your message:
   From:    help@brand.example
   Subject: Hi

Could not be delivered because of

550 5.1.1 User unknown

The following recipients were affected:
    anna@kunde.example

Additional Information
""",
        expected=(("anna@kunde.example", True, "userunknown"),),
    ),
    Letter(
        server="in the manner of mcafee",
        head=_plain('"McAfee Mail Server" <postmaster@x.example>', "Delivery Status"),
        body="""   --- The following addresses had delivery problems ---

<anna@kunde.example>   (User unknown anna@kunde.example)
""",
        expected=(("anna@kunde.example", True, "userunknown"),),
    ),
    Letter(
        server="in the manner of opensmtpd",
        head=_plain("Mailer Daemon <MAILER-DAEMON@x.example>", "Delivery status notification"),
        body=f"""    Hi!

    This is the MAILER-DAEMON, please DO NOT REPLY to this email.

    An error has occurred while attempting to deliver a message for
    the following list of recipients:

anna@kunde.example: 550 5.2.2 <anna@kunde.example>... Mailbox Full
bert@kunde.example: Invalid domain name
cora@kunde.example: No MX found for destination

    Below is a copy of the original message:

{RETURNED}
""",
        expected=(
            ("anna@kunde.example", False, "mailboxfull"),
            ("bert@kunde.example", True, "hostunknown"),
            ("cora@kunde.example", True, "notaccept"),
        ),
    ),
    Letter(
        server="in the manner of zoho",
        head=_plain("mailer-daemon@mail.zoho.example", "Undelivered Mail Returned to Sender"),
        body=f"""This message was created automatically by mail delivery software.
 A message that you sent could not be delivered to one or more of its recipients. This is a permanent error.

anna@kunde.example Invalid Address, ERROR_CODE :550, ERROR_CODE :5.1.1 <anna@kunde.example>... User Unknown

{RETURNED}
""",
        expected=(("anna@kunde.example", True, "userunknown"),),
    ),
    Letter(
        server="in the manner of james",
        head=_plain("postmaster@x.example", "Re:Nyaan"),
        body="""Hi. This is the James mail server at mx1.example.net.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

Failed recipient(s):
anna@kunde.example

Error message:
550 5.1.1 no such user here

Message details:
  Subject: Hi
  MAIL FROM: help@brand.example
  RCPT TO: anna@kunde.example
  From: Help <help@brand.example>
  To: anna@kunde.example
""",
        expected=(("anna@kunde.example", True, "userunknown"),),
    ),
    Letter(
        server="in the manner of biglobe",
        head=_plain("postmaster@biglobe.example", "Returned Mail: User unknown"),
        body="""   ----- The following addresses had delivery problems -----
anna@kunde.example

   ----- Non-delivered information -----
The number of messages in recipient's mailbox exceeded the local limit.
""",
        expected=(("anna@kunde.example", False, "mailboxfull"),),
    ),
    Letter(
        server="in the manner of domino ja",
        head=_plain("Postmaster@x.example", "送信エラー"),
        body="""次のメッセージ

  件名: Hi

配信できませんでした:

  anna@kunde.example

理由:

  ユーザー anna (anna@kunde.example) は Domino ディレクトリには見つかりません
""",
        expected=(("anna@kunde.example", True, "userunknown"),),
    ),
    Letter(
        server="in the manner of gsuite",
        head=_plain("Mail Delivery Subsystem <mailer-daemon@googlemail.com>", "Delivery Status Notification (Failure)"),
        body="""** Address not found **

Your message wasn't delivered to anna@kunde.example because the address couldn't be found, or is unable to receive mail.

Learn more here: https://support.google.com/mail/?p=NoSuchUser

The response was:

550 5.1.1 The email account that you tried to reach does not exist. Please try double-checking the recipient's email address for typos
""",
        expected=(("anna@kunde.example", True, "userunknown"),),
    ),
    Letter(
        server="in the manner of gsuite full",
        head=_plain("Mail Delivery Subsystem <mailer-daemon@googlemail.com>", "Delivery Status Notification (Failure)"),
        body="""** Recipient inbox full **

Your message couldn't be delivered to anna@kunde.example. Their inbox is full, or it's getting too much mail right now.

The response from the remote server was:

552 5.2.2 The recipient's inbox is out of storage space.
""",
        expected=(("anna@kunde.example", False, "mailboxfull"),),
    ),
    Letter(
        server="in the manner of sendgrid",
        head=_plain("MAILER-DAEMON@sendgrid.example", "Undelivered Mail Returned to Sender"),
        body="""This is an automatically generated message from SendGrid.

I'm sorry to have to tell you that your message was not able to be delivered to one of its intended recipients.

anna@kunde.example: [550 5.1.1 <anna@kunde.example>... User Unknown ]
""",
        expected=(("anna@kunde.example", True, "userunknown"),),
    ),
    Letter(
        server="in the manner of einsundeins",
        head=_plain(
            "Mail Delivery System <mailer-daemon@kundenserver.example>", "Mail delivery failed: returning message to sender"
        ),
        body="""The following address failed:

anna@kunde.example:
SMTP error from remote server for RCPT TO command, host: mx.kunde.example (192.0.2.1) reason: 550 Unknown recipient
""",
        expected=(("anna@kunde.example", True, "userunknown"),),
    ),
    Letter(
        server="in the manner of failed list",
        head=_plain("Mail Delivery Subsystem <MAILER-DAEMON@x.example>", "Undeliverable mail"),
        body=f"""Here is your list of failed recipients
<anna@kunde.example>
   User unknown

Here is your returned mail:
{RETURNED}
""",
        expected=(("anna@kunde.example", True, "userunknown"),),
    ),
    Letter(
        server="in the manner of failed addresses follow",
        head=_plain("Mail Delivery Subsystem <MAILER-DAEMON@x.example>", "Undeliverable mail"),
        body=f"""Failed addresses follow:
---------------------
 anna@kunde.example ... transport smtp: 550 <anna@kunde.example>... User Unknown

Message text follows:
{RETURNED}
""",
        expected=(("anna@kunde.example", True, "userunknown"),),
    ),
    Letter(
        server="in the manner of not receive",
        head=_plain("Mail Delivery Subsystem <MAILER-DAEMON@x.example>", "Undeliverable mail"),
        body="""The following addresses did NOT receive a copy of your message:

> anna@kunde.example

--- Session Transcript ---
>>> RCPT To:<anna@kunde.example>
<<< 550 No such user
""",
        expected=(("anna@kunde.example", True, "userunknown"),),
    ),
    Letter(
        server="in the manner of intended",
        head=_plain("Mail Delivery Subsystem <MAILER-DAEMON@x.example>", "Undeliverable mail"),
        body=f"""Intended recipient:  anna@kunde.example

The mailbox does not exist.

--------RETURNED MAIL FOLLOWS--------
{RETURNED}
""",
        expected=(("anna@kunde.example", True, "userunknown"),),
    ),
    Letter(
        server="in the manner of undeliverable address",
        head=_plain("Mail Delivery Subsystem <MAILER-DAEMON@x.example>", "Undeliverable mail"),
        body=f"""Undeliverable Address:  anna@kunde.example
Reason: unknown user

Original message attached
{RETURNED}
""",
        expected=(("anna@kunde.example", True, "userunknown"),),
    ),
    Letter(
        server="in the manner of addressed to",
        head=_plain("Mail Delivery Subsystem <MAILER-DAEMON@x.example>", "Undeliverable mail"),
        body=f"""This message was created automatically by mail delivery software.

A message that you sent, addressed to 'anna@kunde.example', could not be delivered: user unknown.

---- START OF RETURNED MESSAGE ----
{RETURNED}
""",
        expected=(("anna@kunde.example", True, "userunknown"),),
    ),
    Letter(
        server="in the manner of sorry",
        head=_plain("Mail Delivery Subsystem <MAILER-DAEMON@x.example>", "Undeliverable mail"),
        body=f"""Sorry, unable to deliver your message to anna@kunde.example for the following reason: no such user.

A copy of the original message
{RETURNED}
""",
        expected=(("anna@kunde.example", True, "userunknown"),),
    ),
    Letter(
        server="in the manner of deliver program",
        head=_plain("Mail Delivery Subsystem <MAILER-DAEMON@x.example>", "Undeliverable mail"),
        body="""This is the deliver program at x.example

Your message was not delivered:

anna@kunde.example  user unknown

-----
""",
        expected=(("anna@kunde.example", True, "userunknown"),),
    ),
    Letter(
        server="in the manner of no such user here",
        head=_plain("Mail Delivery Subsystem <MAILER-DAEMON@x.example>", "Undeliverable mail"),
        body="""anna@kunde.example - no such user here.

There is no user by that name at this server.
""",
        expected=(("anna@kunde.example", True, "userunknown"),),
    ),
    Letter(
        server="in the manner of reached",
        head=_plain("Mail Delivery Subsystem <MAILER-DAEMON@x.example>", "Undeliverable mail"),
        body="""The following recipient(s) could not be reached:

anna@kunde.example
   Error Type: SMTP
   Remote server (192.0.2.1) issued an error.
   550 5.1.1 unknown
""",
        expected=(("anna@kunde.example", True, "userunknown"),),
    ),
    Letter(
        server="in the manner of failed recipient",
        head=_plain("Mail Delivery Subsystem <MAILER-DAEMON@x.example>", "Undeliverable mail"),
        body=f"""Could not deliver message to the following recipient:

Failed Recipient: anna@kunde.example
Reason: Remote host said: 550 5.1.1 User unknown

   -- The header and top 20 lines of the message follows --
{RETURNED}
""",
        expected=(("anna@kunde.example", True, "userunknown"),),
    ),
    Letter(
        server="in the manner of auto rejected",
        head=_plain("Mail Delivery Subsystem <MAILER-DAEMON@x.example>", "Undeliverable mail"),
        body="""Your message to anna@kunde.example was automatically rejected:
Quota exceeded
""",
        expected=(("anna@kunde.example", False, "mailboxfull"),),
    ),
    Letter(
        server="in the manner of smtp:",
        head=_plain("Mail Delivery Subsystem <MAILER-DAEMON@x.example>", "Undeliverable mail"),
        body=f"""Message could not be delivered to some recipients.
The following recipient(s) could not be reached

Recipient: [SMTP:anna@kunde.example]
Reason: Recipient not found

Message headers follow
{RETURNED}
""",
        expected=(("anna@kunde.example", True, "userunknown"),),
    ),
    Letter(
        server="in the manner of wasnt able",
        head=_plain("Mail Delivery Subsystem <MAILER-DAEMON@x.example>", "Undeliverable mail"),
        body=f"""I wasn't able to deliver the following message

To: anna@kunde.example
because no such user

---Below this line is a copy of the message.
{RETURNED}
""",
        expected=(("anna@kunde.example", True, "userunknown"),),
    ),
    Letter(
        server="in the manner of dashes",
        head=_plain("Mail Delivery Subsystem <MAILER-DAEMON@x.example>", "Undeliverable mail"),
        body="""This is a delivery failure notification message indicating that
an email you addressed to email address :
-- anna@kunde.example

could not be delivered. The problem appears to be :
-- Recipient email address does not exist
""",
        expected=(("anna@kunde.example", True, "userunknown"),),
    ),
    Letter(
        server="in the manner of brackets",
        head=_plain("Mail Delivery Subsystem <MAILER-DAEMON@x.example>", "Undeliverable mail"),
        body=f"""Delivery has failed for:
  [anna@kunde.example]
   unknown user

Original message details:
{RETURNED}
""",
        expected=(("anna@kunde.example", True, "userunknown"),),
    ),
    Letter(
        server="in the manner of groupwise",
        head=_plain("Mail Delivery Subsystem <MAILER-DAEMON@x.example>", "Undeliverable mail"),
        body=f"""The message that you sent was undeliverable to the following:
	anna@kunde.example (user not found)

Possibly truncated original message follows:

{RETURNED}
""",
        expected=(("anna@kunde.example", True, "userunknown"),),
    ),
    Letter(
        server="in the manner of exchange de",
        head=_plain("Systemadministrator <postmaster@x.example>", "Unzustellbar: Hi"),
        body="""Ihre Nachricht hat einige oder alle Empfänger nicht erreicht.

      Betreff:	Hi
      Gesendet am:	1.1.2026

Folgende(r) Empfänger kann/können nicht erreicht werden:

      anna@kunde.example am 1.1.2026 12:00
            Das E-Mail-Konto ist in der Organisation, an die diese Nachricht gesendet wurde, nicht vorhanden.
            <mx.kunde.example #5.1.1>
""",
        expected=(("anna@kunde.example", True, "userunknown"),),
    ),
    Letter(
        server="in the manner of exchange fr",
        head=_plain("Administrateur système <postmaster@x.example>", "Non remis : Hi"),
        body="""Votre message n'est pas parvenu à certains ou à tous les destinataires voulus.

      Le ou les destinataires suivants n'ont pu être contactés :

      anna@kunde.example le 01/01/2026 12:00
            Le compte de messagerie n'existe pas dans l'organisation à laquelle ce message a été envoyé.
            <mx.kunde.example #5.1.1>
""",
        expected=(("anna@kunde.example", True, "userunknown"),),
    ),
    Letter(
        server="in the manner of o365 de",
        head=_plain("Microsoft Outlook <postmaster@outlook.com>", "Unzustellbar: Hi"),
        body="""Ihre Nachricht an anna@kunde.example konnte nicht zugestellt werden.

anna wurde bei kunde.example nicht gefunden.

Weitere Informationen für E-Mail-Administratoren
Statuscode: 550 5.1.10
Remote server returned '550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient anna@kunde.example not found by SMTP address lookup'
""",
        expected=(("anna@kunde.example", True, "userunknown"),),
    ),
    Letter(
        server="in the manner of 163",
        head=_plain("postmaster <postmaster@163.example>", "系统退信"),
        body="""Delivery failed: anna@kunde.example
用户不存在
SMTP error, RCPT TO: 550 User not found: anna@kunde.example
""",
        expected=(("anna@kunde.example", True, "userunknown"),),
    ),
)
"""Letters; none of their sentences is a sample's."""
