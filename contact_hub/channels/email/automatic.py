"""How to tell that nobody wrote this mail: headers first, then what vacation programs put into subjects.

RFC 3834 asks robots to say what they are; most do, in one of a dozen ways. The rest is told by the empty return path and by the subject, which is fixed text
in each mail program's language. Subjects are read from their beginning only: a person who answers an absence note writes “Re:” before it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from contact_hub.channels.email.mail import InboundMail


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """One thing that spoke for a verdict: a stable code, where it stood, and what stood there."""

    code: str
    source: str
    value: str = ""

    def __str__(self) -> str:
        return f"{self.code} ({self.source}: {self.value})" if self.value else f"{self.code} ({self.source})"


class Automatism(StrEnum):
    """What an automatic mail is for."""

    REPLY = "auto_reply"
    NOTICE = "auto_generated"


def automatism(mail: InboundMail) -> tuple[Automatism, Sign] | None:
    """Whether a program wrote this mail, and what tells."""
    declared = (mail.header("auto-submitted") or "").partition(";")[0].partition("(")[0].strip().lower()
    if declared == "no":
        return None
    if declared.startswith("auto-replied") or declared == "auto_reply":
        return Automatism.REPLY, sign("auto_submitted", mail, "auto-submitted")
    return _answering(mail) or _by_program(mail, declared)


def _answering(mail: InboundMail) -> tuple[Automatism, Sign] | None:
    """The marks and words of vacation programs; they stand even beside `auto-generated`, since what they write is an answer."""
    for name in _ANSWERING:
        value = mail.header(name)
        if value is not None and value.strip().lower() not in _NOT:
            return Automatism.REPLY, sign("autoreply_header", mail, name)
    if (mail.header("precedence") or "").strip().lower() in ("auto_reply", "auto-reply", "autoreply"):
        return Automatism.REPLY, sign("precedence", mail, "precedence")
    if any(report.type.lower().endswith("disposition-notification") for report in mail.reports):
        return Automatism.REPLY, Sign(code="receipt", source="message/disposition-notification")
    if any(attachment.type == "text/calendar" and b"METHOD:REPLY" in attachment.content[:4096] for attachment in mail.attachments):
        return Automatism.REPLY, Sign(code="calendar_reply", source="text/calendar")
    if is_absence(mail.subject):
        return Automatism.REPLY, Sign(code="absence_subject", source="subject", value=mail.subject[:100])
    if has_null_path(mail):
        return Automatism.REPLY, sign("null_return_path", mail, "return-path")
    return None


def _by_program(mail: InboundMail, declared: str) -> tuple[Automatism, Sign] | None:
    """What announces itself as machine-made without answering anything."""
    if declared:
        return Automatism.NOTICE, sign("auto_submitted", mail, "auto-submitted")
    if (mail.header("precedence") or "").strip().lower() in ("bulk", "junk"):
        return Automatism.NOTICE, sign("precedence", mail, "precedence")
    if (mail.header("x-auto-response-suppress") or "").strip().lower() == "all":
        return Automatism.NOTICE, sign("response_suppressed", mail, "x-auto-response-suppress")
    if "multipart/report" in (mail.header("content-type") or "").lower() or _AGGREGATE.match(mail.subject.strip()):
        return Automatism.NOTICE, Sign(
            code="report", source="content-type" if mail.reports else "subject", value=mail.subject[:100]
        )
    for name in _GENERATED:
        if mail.header(name) is not None:
            return Automatism.NOTICE, sign("generated_header", mail, name)
    if takes_no_answer(mail):
        return Automatism.NOTICE, Sign(code="sender_takes_no_answer", source="from", value=str(mail.sender))
    return None


def sign(code: str, mail: InboundMail, header: str) -> Sign:
    """A sign with the header that spoke."""
    return Sign(code=code, source=header, value=(mail.header(header) or "").strip()[:100])


def has_null_path(mail: InboundMail) -> bool:
    """Whether the envelope's sender was empty: who sends like that wants no answer (RFC 5321 §4.5.5)."""
    path = mail.header("return-path")
    return path is not None and path.strip().lower() in ("<>", "", "< >", "<mailer-daemon>", "mailer-daemon")


def takes_no_answer(mail: InboundMail) -> bool:
    """Whether the sender's very name refuses answers."""
    return mail.sender is not None and _NOBODY.match(mail.sender.partition("@")[0].lower()) is not None


def is_absence(subject: str) -> bool:
    """Whether a subject is the fixed text of a vacation program."""
    return _ABSENCE.match(subject[:200].strip().lower()) is not None


_NOT: Final = frozenset({"no", "false", "0", "none", "off"})
_ANSWERING: Final = (
    "x-autoreply",
    "x-autorespond",
    "x-autoresponder",
    "x-autoresponse",
    "x-auto-reply",
    "x-auto-reply-from",
    "x-autoreply-from",
    "x-auto-response",
    "x-mail-autoreply",
    "x-vacation",
    "auto-replied",
    "x-away-message",
    "x-ms-exchange-inbox-rules-loop",
)
_GENERATED: Final = ("x-auto-generated", "x-autogenerated", "x-cron-env", "x-github-reason", "x-jira-fingerprint", "x-nagios")
_NOBODY: Final = re.compile(
    r"(?:no|do-?not|don-?t|not)[-_.]?(?:and)?[-_.]?repl(?:y|ies)|noreply|mailer-daemon|mailerdaemon|ne-pas-repondre|nepasrepondre|nao-?responda"
    r"|no-?responder?|keine-?antwort|bounces?$"
)
_AGGREGATE: Final = re.compile(r"\[?(?:preview\]? ?)?report domain:\s{0,3}\S{1,253}[;\s]{1,4}submitter:", re.IGNORECASE)
"""RFC 7489 §7.2.1.1: how daily DMARC reports are named."""
_ABSENCE: Final = re.compile(
    r"(?:"
    # English
    r"(?:automatic|automated|auto)[- ]?(?:reply|response|answer|responder)\b|out[- ]of[- ](?:the[- ])?office(?: (?:auto[- ]?)?(?:reply|response"
    r"|message|notice|notification|assistant))?\s*(?:$|[:;,.!|(–—-])"
    r"|(?:i am |i'm )?(?:currently )?(?:away from (?:the|my) (?:office|desk)|on (?:annual |maternity |paternity |parental |sick )?(?:leave"
    r"|vacation|holiday))\b(?: (?:until|from|till|back))?.{0,40}$|away (?:message|notice)|vacation (?:reply|response|message|notice|auto)"
    r"|ooo\b\s*[:–-]|autoreply|auto:"
    # German, Dutch, Scandinavian
    r"|automatische (?:antwort|rückmeldung|antwoord)|automatische?r? (?:abwesenheit|antwort|eingangs)\w*|abwesenheits?(?:notiz|nachricht|meldung"
    r"|assistent|benachrichtigung|info)?\b\s*(?:$|[:;,.!(–-])|(?:ich bin )?(?:derzeit |zur ?zeit )?(?:nicht im (?:büro|haus)|im urlaub)"
    r"|nicht im büro|automatisch(?:e|er)? (?:antwoord|bericht)|automatisch antwoord|afwezig(?:heid)?\w*|niet (?:aanwezig|op kantoor)|autosvar"
    r"|automatis(?:k|kt) (?:svar|besked)|frånvaro\w*|fraværs?\w*|ikke til stede|jag är (?:inte på kontoret|ledig)|automaattinen vastaus"
    r"|poissa(?:olo)?\w*|sjálfvirkt svar"
    # Romance
    r"|r[ée]ponse automatique|message automatique d'absence|absen(?:ce|t)\b(?: du bureau| temporaire)?\s*(?:$|[:;,.!(–-])|absence du bureau"
    r"|respuesta autom[áa]tica|fuera de (?:la )?oficina|ausente? (?:de la oficina|temporalmente)|mensaje de ausencia|risposta automatica"
    r"|fuori (?:sede|ufficio)|assenza dall'ufficio|messaggio di assenza|resposta autom[áa]tica|fora do escrit[óo]rio|aus[êe]ncia (?:do|tempor)"
    r"|r[ăa]spuns automat|resposta autom[àa]tica"
    # Slavic, Baltic, Greek, Hungarian, Turkish
    r"|automatyczna odpowied[źz]|autoodpowied[źz]|odpowied[źz] automatyczna|nieobecno[śs][ćc]|poza biurem|automatick[áa] odpov[ěe][ďd]"
    r"|automatická odpoveď|mimo kancel[áa][řr]|nep[řr][íi]tomnost|автоматическ(?:ий|ое) (?:ответ|уведомление|сообщение)|автоответ\w*|вне офиса"
    r"|отсутстви[ея] на (?:работе|рабочем)|в отпуске|автоматична відповідь|автоматичен отговор|automatski odgovor|samodejni odgovor"
    r"|automatinis atsakymas|automātiskā atbilde|αυτόματη απάντηση|εκτός γραφείου|automatikus válasz|házon kívül|otomatik yan[ıi]t"
    r"|ofis d[ıi][şs][ıi]nda"
    # Asia, Arabic, Hebrew
    r"|自動(?:応答|返信|回覆|回复)|不在(?:通知|連絡|の?お知らせ)|【?(?:自動返信|自動応答)】?|自动(?:回复|答复|回覆)|外出|休假|不在办公室"
    r"|자동 ?(?:회신|응답|답장)|부재 ?(?:중|알림)|ตอบ(?:กลับ)?อัตโนมัติ|trả lời tự động|balasan otomatis|jawapan automatik|رد تلقائي|الرد التلقائي"
    r"|خارج المكتب|תשובה אוטומטית|מחוץ למשרד|स्वचालित (?:उत्तर|जवाब)|پاسخ خودکار"
    r")"
)
