"""The trade's words for undelivered mail, and by which sentences of servers they are known.

One alternative a line, in small letters, as regular expressions on an answer that has been put on one line. They are the habits of mail servers and of the
people who write their messages, collected by meaning rather than by server: most begin with who or what (a mailbox, a sender, a host) and end with what is
wrong with it. Gaps are bounded, so that reading an answer takes time in proportion to its length.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final


class BounceReason(StrEnum):
    """The trade's vocabulary (as sisimai, bounceHammer and the large senders use it)."""

    AUTH_FAILURE = "authfailure"
    BAD_REPUTATION = "badreputation"
    BLOCKED = "blocked"
    CONTENT_ERROR = "contenterror"
    DELIVERED = "delivered"
    EXCEED_LIMIT = "exceedlimit"
    EXPIRED = "expired"
    FAILED_STARTTLS = "failedstarttls"
    FEEDBACK = "feedback"
    FILTERED = "filtered"
    HAS_MOVED = "hasmoved"
    HOST_UNKNOWN = "hostunknown"
    MAILBOX_FULL = "mailboxfull"
    MAILER_ERROR = "mailererror"
    MESSAGE_TOO_BIG = "mesgtoobig"
    NETWORK_ERROR = "networkerror"
    NO_RELAYING = "norelaying"
    NOT_ACCEPT = "notaccept"
    NOT_COMPLIANT = "notcompliantrfc"
    ON_HOLD = "onhold"
    POLICY_VIOLATION = "policyviolation"
    REJECTED = "rejected"
    REQUIRE_PTR = "requireptr"
    SECURITY_ERROR = "securityerror"
    SPAM_DETECTED = "spamdetected"
    SPEEDING = "speeding"
    SUPPRESSED = "suppressed"
    SUSPEND = "suspend"
    SYNTAX_ERROR = "syntaxerror"
    SYSTEM_ERROR = "systemerror"
    SYSTEM_FULL = "systemfull"
    TOO_MANY_CONNECTIONS = "toomanyconn"
    UNDEFINED = "undefined"
    USER_UNKNOWN = "userunknown"
    VIRUS_DETECTED = "virusdetected"


HARD: Final = frozenset({BounceReason.USER_UNKNOWN, BounceReason.HOST_UNKNOWN, BounceReason.HAS_MOVED, BounceReason.NOT_ACCEPT})
"""The reasons that speak about the address: writing there again is of no use."""


_R = BounceReason

_COMMON: Final = {
    "who": r"(?:user|recipient|mailbox|account|addressee|address|alias|rcpt|customer|local[- ]?part|userid|subscriber|inbox)",
    "box": r"(?:mail ?box|mail ?folder|inbox|mail ?drop|account|user|recipient|quota|disk|storage|maildir)",
    "caixa": r"(?:bo[iî]te|casella|buz[oó]n|postfach|postvak|caixa|skrzynka)",
    "was": r"(?:is |are |was |were |has been |have been |been |can |could |be |currently |temporarily |administratively )*",
    "gone": r"(?:does ?n[o']t exists?|does not exists|do not exist|not exist|no longer exists?|non[- ]?existe?nt)",
    "refused": r"(?:denied|refused|rejected|blocked|banned)",
    "host": r"(?:client|ip|host|server|network|connection|ip address|\[[\d.:a-f]{3,45}\])(?: (?!recipient|<)\S+){0,4}",
    "not_mail": r"(?! (?:the |your )?(?:recipient|address|message|mail))",
    "up_to_6": r"(?: \S+){0,6}?",
}
"""What many sentences have in common, put in for its name in braces. `not_mail`: that a server refused is one story, that it refused a recipient another."""

_SENTENCES: Final[tuple[tuple[BounceReason, str], ...]] = (
    # --- unmistakable, whatever else is said
    (
        _R.MAILER_ERROR,
        r"""
        command output:
        \b(?:procmail|maildrop):\s
        /bin/sh:\s
        couldn't create "/
        """,
    ),
    (
        _R.NETWORK_ERROR,
        r"""
        host not found, try again
        temporar\w+ (?:\w+ )?(?:name|dns|lookup|resolution)
        (?:name|dns|lookup|resolution) .{0,20}temporar
        """,
    ),
    (_R.HOST_UNKNOWN, r"account or domain may not exist"),
    (
        _R.REJECTED,
        r"""
        sender verif(?:y|ication) fail
        callback (?:setup|verification) fail
        sender (?:address )?rejected
        """,
    ),
    (
        _R.MAILBOX_FULL,
        r"""
        {box}.{0,40}\b(?:full|over ?quota)\b
        {box}.{0,40}\bexceed(?:s|ed) (?:its |the )?(?:local |allowed |quota|size|limit|storage|maximum)
        {caixa}.{0,40}\b(?:pleine|piena|lleno|llena|voll|vol|cheia|pe[lł]na|dolu|satur\w+)\b
        \bover (?:the )?(?:\w+ )?(?:quota|its storage)
        \bover[- ]?quota
        quota (?:exceeded|violation|limit)
        exceed(?:s|ed|ing)? (?:\w+ ){0,3}quota
        exceeded (?:\w+ ){0,3}(?:storage|space)
        disk (?:space|quota) (?:is )?(?:full|exceed)
        (?:not enough|insufficient|out of) (?:\w+ ){0,2}(?:disk|mailbox|storage|space)\b
        \bno (?:disk |mailbox |storage |more )?space\b
        too much mail (?:data|right now)
        mailbox (?:size )?limit
        mailbox has exceeded
        would exceed (?:\w+ ){0,3}(?:limit|size|quota)
        storage (?:space )?(?:exceeded|limit)
        insufficient (?:system )?resources
        too many messages (?:in|on) (?:the )?mailbox
        mailbox .{0,30}too large
        speicherplatz|überfüllt|kontingent
        quota d[ée]pass
        переполнен
        почтовый ящик .{0,40}полон
        превышен.{0,20}(?:квот|размер ящика)
        メールボックス.{0,12}(?:一杯|いっぱい|容量|溢)
        容量.{0,8}(?:超|不足|いっぱい)
        邮箱.{0,6}满|空间不足|已满
        용량.{0,6}초과
        """,
    ),
    (
        _R.MESSAGE_TOO_BIG,
        r"""
        message (?:\w+ ){0,4}(?:too (?:big|large|long)|larger than|is larger)
        (?:message|mail|letter|attachment) size .{0,30}(?:exceed|limit|too|larger)
        (?:message|mail) (?:\w+ )?exceed(?:s|ed) .{0,30}(?:size|limit)
        exceeds? (?:\w+ ){0,4}(?:message|mail|size|maximum message) (?:size|limit)
        max(?:imum)? (?:message|mail) (?:file )?size
        message length exceeds
        size limit|data size exceeded|line limit exceeded
        too large (?:message|mail)
        nachricht .{0,20}zu gro
        """,
    ),
    (
        _R.NO_RELAYING,
        r"""
        relay(?:ing)? (?:access |operation )?(?:is )?(?:{refused}|not (?:permitted|allowed|possible)|prohibited|forbidden|disallowed|restricted|mail)
        relay(?:ing)? .{0,20}(?:denied|prohibited|not allowed)
        (?:not|cannot|can't|won't|don't|will not|refuse to|unable to|no) (?:\w+ ){0,4}relay
        in my list of (?:allowed )?rcpthosts
        that domain isn't in my list
        insecure mail relay|fixed to relay|not (?:an? )?(?:open|gateway)\b
        must (?:\w+ ){0,2}(?:authenticate|check for new mail|pop) (?:\w+ )?(?:first|before) .{0,20}(?:relay|sending)
        this system is not configured
        email address is not verified
        """,
    ),
    (
        _R.REQUIRE_PTR,
        r"""
        reverse (?:dns|hostname|lookup|mapping|resolution|address)
        \br-?dns\b|\bptr\b|fcrdns|forward.confirmed
        unverif[iy]+able sending ip
        unresolvable (?:relay|client) host
        (?:find|resolve) (?:your |the )?(?:reverse|hostname|ip|client|host name|rdns)
        (?:client|host|connecting ip) .{0,40}(?:has no|without|no) .{0,20}(?:hostname|dns|name)
        no (?:hostname|dns name) for
        ip (?:address )?.{0,20}(?:has no|without) .{0,20}(?:name|domain)
        domain name .{0,10}mismatch
        all mail servers must have
        ip name (?:lookup|possibly) (?:failed|forged)
        name possibly forged
        dns (?:ptr|resource) record
        """,
    ),
    (
        _R.NOT_COMPLIANT,
        r"""
        not rfc[ -]?\d* ?compliant
        rfc ?\d+.compliant|not rfc ?\d+|non-?rfc
        (?:violates?|violation of|comply with|compliant with) .{0,20}rfc
        multiple .{0,20}(?:from|subject|to|addresses in from):? header
        multiple .{0,20}addresses in from
        duplicate header|bare (?:lf|cr)|lone cr
        missing .{0,20}(?:from|message-id|date) (?:header|field|line)
        (?:no|missing|invalid) message-?id
        invalid (?:message|from) header
        malformed (?:message|mime|header)
        message does ?n[o']t conform
        line (?:is )?too long
        """,
    ),
    (
        _R.AUTH_FAILURE,
        r"""
        \bdmarc\b|\bdkim\b|\bspf\b|sender policy framework|sender-?id|domainkeys
        unauthenticated (?:email|mail|message)
        sender is unauthenticated
        (?:email|mail|message|sender|domain) .{0,30}(?:fail|not pass).{0,20}authenticat
        authentication (?:checks?|results|requirements?|policy)
        not aligned|\barc\b.{0,20}fail
        not (?:an )?(?:authori[sz]ed|permitted|allowed|designated) (?:to send|sender|host)
        lack(?:s|ed)? .{0,20}authentication
        mail could not be verified
        mail from .{0,60}not allowed to send
        """,
    ),
    (_R.VIRUS_DETECTED, r"\bvirus(?:es)?\b|malware|infected|\bworm\b|trojan|вирус|ウイルス|病毒"),
    (_R.BAD_REPUTATION, r"reputation|sender ?score|bad (?:karma|history)|(?:poor|low|bad) (?:ip|domain|sender)\b"),
    (
        _R.HAS_MOVED,
        r"""
        (?:user|recipient|account|mailbox|address|has|person|addressee) .{0,40}\bmoved\b
        no longer (?:on|at|with|in) (?:this |the |our )?(?:server|domain|company|address|here|us)
        address (?:has|was|is) .{0,12}changed
        changed (?:his|her|their|its) (?:e-?mail )?address
        has been replaced|address is no longer in use
        new (?:e-?mail )?address is
        please (?:use|try|update your) .{0,40}(?:new|instead)
        user not local; please try
        (?:no longer|not) (?:employed|works?|working) (?:at|for|with|here)
        left the (?:company|organi[sz]ation)
        adresse (?:a chang|hat sich ge)
        """,
    ),
    # --- about us: too much, or unwelcome
    (
        _R.TOO_MANY_CONNECTIONS,
        r"""
        too many (?:\w+ ){0,3}(?:connections?|sessions|recipients|rcpts|hosts|concurrent|smtp|errors?|invalid)
        (?:connection|session|concurren\w+|recipient)s? (?:rate |count )?limit
        max(?:imum)?.{0,20}(?:concurrent|connections|parallel|sessions|recipients)
        exceeded .{0,20}(?:connection|recipient)s?
        recipient count
        """,
    ),
    (
        _R.SPEEDING,
        r"""
        \brate\b.{0,40}(?:limit|exceed|prevent|too|high)
        too (?:quickly|fast|frequent|much (?:mail|email))
        throttl|slow down|high volume|unexpected volume
        sending (?:\w+ )?(?:too|rate)
        (?:hourly|daily|per (?:hour|day|minute)|sending) (?:\w+ )?(?:limit|quota)
        limit exceeded on (?:sending|messages)
        max.{0,20}(?:messages|emails) per
        excessive (?:mail|message|volume|rate)
        too many (?:messages|e?-?mails) (?:sent|from|received|in|per)
        (?:unusual|suspicious) rate
        """,
    ),
    # --- unmistakable about the address
    (
        _R.USER_UNKNOWN,
        r"""
        (?:user|recipient|mailbox|account|addressee) (?:\S+@\S+ )?(?:is )?(?:unknown|{gone}|not found)\b
        (?:unknown|no such) (?:user|recipient|mailbox|account)\b
        recipientnotfound|adr\.exrecipnotfound
        recipient address rejected: (?:access denied|user unknown|unknown|undeliverable)
        recipient address rejected\.?$
        requested (?:mail )?action (?:not taken|aborted)[:,] mailbox (?:unavailable|not found)
        5\d\d (?:5\.\d\.\d )?mailbox unavailable
        no mailbox here
        """,
    ),
    (
        _R.BLOCKED,
        r"""
        \b(?:rbl|dnsbl|dnsrbl|spamhaus|spamcop|sorbs|barracudacentral|uceprotect|abuseat|spamrats|invaluement|surbl|uribl)\b
        \b(?:sbl|xbl|pbl|njabl|ordb|mailspike|psbl|backscatterer|s25r)\b
        (?:block|deny|black|reject|access)[- ]?list
        gr[ea]y-?list
        {host} {was}(?:{refused}|listed|blacklisted){not_mail}
        blocked (?:by|using|for|because|due|from|at|- see|see|\()
        banned (?:sending|ip|host)
        (?:access|connection)s? (?:from|by) .{0,60}(?:denied|refused|rejected|not (?:allowed|accepted))
        your (?:ip|network|server|host|isp)\b.{0,60}(?:block|denied|refuse|reject|ban|list)
        use (?:the |your )?(?:smtp|mail|isp'?s?|provider'?s?) (?:server|relay|mail|smtp).{0,30}(?:isp|provider)
        dynamic(?:ally)? (?:ip|assigned|address|pool)
        dial-?up|residential|generic (?:hostname|rdns)|dsl\b.{0,10}(?:ip|range)
        refused (?:to (?:talk|accept|receive)|connection|by|mail)
        (?:connection|service) (?:refused|rejected|dropped|denied|not allowed)
        no access from (?:mail )?server
        contact your (?:internet service provider|isp)
        (?:not|n't) accept(?:ing|ed)? (?:\w+ ){0,3}(?:from|connections?) (?:your|this|that|ip|host|server|client|dynamic|unknown)
        intrusion prevention|spam (?:source|sender|host)|ip.{0,10}abus
        (?:bad|invalid|unauthori[sz]ed|suspicious) (?:sender |source |sending )?ip\b
        helo (?:command )?(?:rejected|host)|(?:invalid|bad) helo
        auf (?:der|einer) (?:schwarzen|black)|gesperrt|liste noire|listas? negras?|bloqu[eé]
        черн(?:ый|ом|ого) спис|黑名单
        """,
    ),
    (
        _R.REJECTED,
        r"""
        sender (?:e-?mail |domain |verif\w+ |host |id |address )?{was}(?:{refused}|invalid|unknown|failed|verification)
        sender (?:e-?mail |domain |address )?{was}(?:not (?:found|valid|allowed|accepted|verified|authenticated|exist)|does not|doesn't)
        (?:domain|address|mailbox) of (?:the )?sender .{0,80}(?:does not|doesn't|not|invalid|unknown|unresolv)
        sender.{0,50}(?:does not|doesn't|not) (?:exist|resolve|found|valid)
        (?:unroutable|invalid|unknown|bad|unverified|fake|forged|illegal|unresolvable) (?:e-?mail )?(?:sender|return|envelope|from|reverse.path)
        (?:verify|verification of|verifying|callout) (?:\w+ ){0,3}sender
        mail from .{0,60}(?:{refused}|invalid|not accepted)
        (?:return|from|envelope sender|mail-?from) (?:address )?(?:is )?(?:{refused}|invalid|not (?:accepted|valid)|unknown|does not)
        (?:mail|message|e-?mail)s? from (?:\S+ )?(?:sender|you|this sender|<?\S+@\S+) .{0,30}(?:{refused}|not a(?:ccept|llowed))
        (?:from|by) (?:this |the )?sender (?:is |are )?(?:not|{refused})
        your (?:e-?mail |sender )?(?:address|domain) .{0,30}(?:{refused}|not (?:allowed|accepted|valid)|invalid|does not|doesn't)
        sending (?:to/from )?(?:an )?(?:address|domain|email) .{0,30}(?:blacklisted|rejected|blocked)
        not accept(?:ed|ing)? (?:\w+ ){0,3}(?:sender|bounces?)
        purported responsible address|null sender|absender
        (?:sender|from) (?:domain )?must (?:exist|resolve)
        """,
    ),
    (_R.POLICY_VIOLATION, r"\bpolic(?:y|ies)\b|prohibited|transport rules?"),
    # --- about the address
    (
        _R.SUSPEND,
        r"""
        (?:{who}|e-?mail|box|domain)(?: \S+){0,8}? {was}(?:disabled|suspended|inactive|inactivated|deactivated|locked|frozen|dormant)
        (?:{who}|e-?mail|box|domain)(?: \S+){0,8}? {was}(?:closed|expired|terminated|discontinued|cancell?ed|blocked|banned|on hold)
        (?:{who}|e-?mail)(?: \S+){0,8}? {was}(?:not active|no longer active|unavailable due to)
        (?:disabled|suspended|inactive|deactivated|locked|frozen|dormant|expired) (?:\w+ )?(?:{who}|e-?mail)
        not active\b|over 90 days|overdue|not (?:been )?(?:paid|activated)
        deaktiviert|désactivé|disabilitat|заблокирован|неактив|отключ[её]н|停用|禁用
        """,
    ),
    (
        _R.NOT_ACCEPT,
        r"""
        (?:does|do) ?n[o']t (?:\w+ ){0,2}(?:accept|receive|handle) (?:any )?(?:e-?mail|mail|smtp)s?\b(?! (?:from|with|larger|to|that|by|which|of|in))
        null ?mx|indicated no smtp|no smtp service|takes no (?:e-?mail|mail)
        no mx (?:records? )?(?:found|for)
        smtp protocol (?:disabled|returned)
        name server: .{0,40}host (?:never )?accept
        domain (?:\S+ )?(?:does not|doesn't) accept
        no (?:valid )?mail (?:hosts?|exchangers?)(?: for|$)
        """,
    ),
    (
        _R.HOST_UNKNOWN,
        r"""
        (?:host|domain|domain name|server)(?: \S+){0,5}? {was}(?:not (?:be )?(?:found|resolved|located)|unknown|{gone}|unresolv\w+|unrouteable|invalid)
        (?:unknown|unroute?able|invalid|illegal|bad|no such|non-?existent|unresolvable) (?:mail |recipient )?(?:host|domain|server)\b
        (?:couldn't|could not|cannot|can't|unable to|not) (?:find|resolve|locate) (?:any |the )?(?:host|domain|route|a mail)(?!.{0,30}(?:reverse|your))
        unroutable (?:e-?mail |mail )?(?:address|domain)
        nxdomain|name or service not known
        no mail servers? (?:found|by name)
        all relevant mx records point to non-existent
        host lookup (?:failed|did not complete)
        no (?:a|mx|dns) records?\b|has no (?:dns|mx|mail)
        domain (?:is )?(?:expired|not registered)
        domain .{0,30}(?:nicht gefunden|existiert nicht)
        domaine .{0,30}(?:inconnu|n'existe)
        dominio .{0,30}(?:no existe|inesistente|desconocid|non trovato)
        домен .{0,30}не (?:существует|найден)
        域名.{0,8}(?:不存在|找不到)
        """,
    ),
    (
        _R.USER_UNKNOWN,
        r"""
        {who}{up_to_6} {was}(?:unknown|{gone}|not (?:be )?(?:found|known|recogni[sz]ed|listed|registered|valid|here|have|an? (?:known|valid|active)))\b
        {who}{up_to_6} {was}(?:invalid|undeliverable|rejected|never logged|no longer (?:valid|available|in use))\b
        (?:unknown|invalid|no such|not a valid|bad|non-?existe?nt|unrouteable|undefined|illegal|incorrect|no valid|ambiguous) (?:\w+ ){0,3}?{who}
        (?:unknown|invalid|no such|not a valid|bad|no valid|undeliverable) (?:\w+ ){0,3}?(?:person|name|destination|final delivery)
        no (?:mailbox|account|user|recipients?|person|such)\b(?: \S+){0,3}? (?:here|(?:by|with|of) that|found|known|under|exists?|for|called|in|named|on|at)
        no such (?:person|address|alias|customer|name|local|member|subscriber|e-?mail)
        unknown (?:or illegal|local|in)
        (?:does not|doesn't|do not|don't) (?:have|know) (?:an?|any|that|this|the)? ?(?:\S+ )?(?:{who}|person|such)
        there is no (?:one|such|{who})
        not (?:our|a) (?:customer|user|valid mailbox|valid user|known user|valid recipient)
        recip\w*not ?found|nosuchuser|unknown to me|is unknown\b
        was(?:n't| not) found|could(?:n't| not) be found
        not (?:found|listed) in (?:\w+ ){0,4}(?:directory|domino|table|list|address book|names?\.nsf)
        not listed in|that (?:e-?mail )?address|addresse? unknown
        destination (?:address|mailbox|user) (?:unknown|invalid|not)
        account .{0,30}not (?:available|exist)
        delivery to (?:this|that) (?:user|address) (?:is )?(?:not|disallowed)
        (?:empf[äa]nger|benutzer|adresse|postfach|konto)\b.{0,40}(?:unbekannt|existiert nicht|nicht (?:gefunden|bekannt|vorhanden)|ung[üu]ltig)
        unbekannter? (?:empf|benutzer|adresse)|kein (?:benutzer|postfach|konto|empf)
        nicht im .{0,20}(?:verzeichnis|adressbuch)
        (?:utilisateur|destinataire|adresse|bo[iî]te|compte)\b.{0,50}(?:inconnu|n'existe|introuvable|invalide|inexistant|pas [ée]t[ée] trouv)
        n'est pas (?:r[ée]pertori|list|inscrit|connu|reconnu)
        (?:usuario|destinatario|direcci[oó]n|buz[oó]n|cuenta|correo)\b.{0,50}(?:desconocid|no existe|no (?:se ha )?encontr|inexistente|inv[aá]lid)
        no (?:est[aá]|figura|aparece) en (?:la lista|el directorio)
        (?:utente|destinatario|indirizzo|casella|account)\b.{0,50}(?:sconosciut|inesistente|non esiste|non trovat|non valid)
        (?:usu[aá]rio|destinat[aá]rio|endere[cç]o|caixa|conta)\b.{0,50}(?:desconhecid|n[aã]o (?:existe|encontrad)|inexistente|inv[aá]lid)
        (?:gebruiker|geadresseerde|ontvanger|adres|postvak)\b.{0,50}(?:onbekend|bestaat niet|niet gevonden|ongeldig)
        (?:użytkownik|adresat|odbiorca|adres|konto)\b.{0,50}(?:nieznan|nie (?:istnieje|znalezion|został))
        (?:mottagare|användare|adress|bruger|modtager|mottaker)\w*\b.{0,50}(?:finns inte|okänd|hittades|find?es ikke|finnes ikke|uk[je]+n[dt])
        (?:kullanıcı|alıcı|adres)\w*\b.{0,40}(?:bulunamad|bilinmeyen|mevcut değil|geçersiz)
        (?:uživatel|adresát|příjemce)\w*\b.{0,40}(?:neexist|neznám|nenalez)
        (?:пользовател|адресат|получател|адрес|ящик|аккаунт|учетн)\w*.{0,60}(?:не (?:существует|найден|зарегистр)|неизвест|отсутствует)
        такого (?:пользователя|адреса|ящика) нет|нет такого
        不明な?(?:ユーザ|宛先)
        (?:宛先|ユーザー?|メールアドレス|受信者|アドレス).{0,24}(?:不明|存在し|ありません|無効|間違)
        (?:宛先|ユーザー?|メールアドレス|受信者|アドレス).{0,90}見つかり
        (?:用户|收件人|邮箱|地址|帳號|账号).{0,12}(?:不存在|未找到|无效|找不到|错误)
        (?:사용자|수신자|메일 ?주소|계정).{0,16}(?:없|존재하지|찾을 수)
        """,
    ),
    # --- about the mail, and what is vague
    (
        _R.EXCEED_LIMIT,
        r"(?:message|mail) (?:\w+ ){0,3}(?:exceeds?|over) (?:\w+ ){0,3}limit|limit (?:is )?exceeded|administrative limit",
    ),
    (
        _R.FAILED_STARTTLS,
        r"starttls (?:is )?(?:required|failed|error)|must issue a starttls|tls (?:is )?(?:required|handshake|negotiation)|requires? tls"
        r"|certificate verif",
    ),
    (
        _R.SPAM_DETECTED,
        r"""
        \bspam\b|\bspammy\b|\bube\b|\buce\b|\bjunk\b|unsolicited|bayes|phish|scam\b|spamassassin|suspicious|looks like
        bulk (?:e-?mail|mail)|scored (?:as|too)|mail rejete
        message (?:was )?(?:identified|classified|considered|detected) as
        спам|スパム|迷惑メール|垃圾邮件
        """,
    ),
    (
        _R.POLICY_VIOLATION,
        r"""
        protocol violation|forbidden|restriction|restricted|header error
        not allowed (?:by|due|here)
        (?:attachment|file|header|domain|content|message) (?:\S+ ){0,3}(?:not allowed|is banned|not permitted)
        blocked by (?:the )?(?:recipient|rule|admin)
        administrative(?:ly)? (?:prohibit|denied)
        (?:rejected|denied|refused) by (?:\w+ ){0,3}(?:rule|administrator|system|recipient)
        """,
    ),
    (
        _R.SECURITY_ERROR,
        r"""
        auth(?:entication)? (?:is )?(?:required|first|failed|failure|turned|credential)
        unauthenticated|not authenticated|unauthori[sz]ed|authori[sz]ation|access denied|permission denied|insecure|security|encryption|executable
        must (?:authenticate|log ?in)
        (?:are|were|is)? ?not (?:allowed|permitted|authori[sz]ed)\b
        """,
    ),
    (
        _R.CONTENT_ERROR,
        r"""
        (?:content|mime|attachment|charset|8bit|conversion|body|subject|header)s? .{0,30}(?:reject|refus|invalid|error|malformed|improper|illegal|block|denied)
        (?:content|mime|attachment|charset|8bit|conversion|body|subject|header)s? .{0,30}not (?:supported|accept|allowed)
        improper use of 8-?bit|message (?:content )?(?:rejected|refused)|non-ascii|smtputf8|internationali[sz]ed
        """,
    ),
    (
        _R.SYSTEM_FULL,
        r"no space left on device|server (?:disk )?(?:is )?full|file system full|system (?:storage|disk)|mail system full|out of (?:memory|disk)",
    ),
    (
        _R.SYNTAX_ERROR,
        r"""
        syntax error|unrecogni[sz]ed command|unimplemented|not implemented|not understood|malformed address
        command (?:not|unknown|unrecogni)
        (?:bad|improper) sequence|sequence of commands|need (?:rcpt|mail)
        invalid (?:command|parameter|argument|domain name|address|character)
        """,
    ),
    (
        _R.EXPIRED,
        r"""
        (?:connection|operation|session|conversation|response|attempt|host|request|server) (?:\w+ )?timed? ?out
        time ?out (?:exceeded|waiting|while|on)
        retry time(?:out)? (?:not reached|exceeded)
        \bexpired|giving up|give up|delayed|too (?:long|old)|\bdays?[, ]|connection refused
        could not be delivered (?:for|within|in)|for a long time|undeliverable for
        not (?:yet )?(?:been )?delivered (?:for|within|in|after)
        has been (?:on|in) (?:the )?queue
        delivery (?:attempts|time exceeded|failed \d+ attempts)
        after (?:multiple|several|many|\d+) (?:retries|attempts|tries|hours|days)
        (?:did not accept|wasn't accept(?:ing)?|was not accepting) our requests
        unable to (?:connect|deliver) .{0,40}(?:hours|days)
        not responding|did(?: not|n't) respond
        """,
    ),
    (
        _R.NETWORK_ERROR,
        r"""
        lost connection|socket error|no route to host|malformed or unexpected|name server|best-preference mx|deferred:\s|connect to
        connection (?:was )?(?:lost|reset|dropped|closed|broken|aborted|failed|terminated|interrupted)
        (?:network|host) (?:is )?(?:unreachable|not reachable)
        (?:routing|mail|infinite) loop|loop(?:s|ing|ed)? (?:back|detected|found|problem)|too many hops|hop count|is looping
        (?:name|dns|domain name|host) (?:server |service |lookup |system |query )?(?:\w+ )?(?:error|fail|problem|timeout|timed|refused)
        (?:couldn't|could not|unable to|cannot|can't|failed to) connect
        establish (?:an )?(?:smtp )?connection
        mx (?:records?|list) .{0,40}(?:loop|itself|best)
        """,
    ),
    (
        _R.MAILER_ERROR,
        r"""
        command (?:died|failed|line|time)|procmail|maildrop|piped? to|\bmailer\b|unknown mailer|x-unix|lmtp|i/o error|dovecot|vpopmail|sieve
        returned (?:non-zero|\d+ from)
        local delivery (?:failed|agent)
        exit(?:ed)? (?:status|with)
        child (?:process|crashed)
        cannot (?:open|create|append)|can't create
        """,
    ),
    (
        _R.SYSTEM_ERROR,
        r"""
        (?:local|internal|system|server|configuration|config|temporary|processing|unexpected) (?:\w+ )?(?:error|failure|problem|failed|fault|unavailable)
        (?:resource|transaction|database|application) (?:\w+ )?(?:error|failure|problem|failed|fault|shortage|unavailable)
        (?:service|server|system) (?:is )?(?:currently |temporarily )?(?:unavailable|not available|down|busy|shutting|misconfig)
        system (?:has|is|cannot)|ldap|does not support|misconfigur|error in processing|error: queue file|deadlock|queue file write|aborted
        can't (?:connect|find|lookup) (?:\w+ )?(?:database|ldap)
        temporarily (?:unavailable|rejected|deferred)
        """,
    ),
    (
        _R.FILTERED,
        r"""
        mailbox (?:is )?(?:unavailable|not available|temporarily|currently|protected)
        (?:recipient|user|mail ?box|customer|account) .{0,40}(?:refus|reject|not accept|only accept|restrict|protect|unavailable|not (?:want|able|receiv))
        message (?:was )?(?:filtered|refused|rejected|bounced|blocked)
        filter|because the recipient|not accepting (?:mail|messages)|bounce rule|not accepted
        """,
    ),
)
"""The ear: the first match wins, so what is about us stands before what is about the address, and what is precise before what is vague."""


def _heard_as(sentences: str) -> re.Pattern[str]:
    return re.compile("|".join(_filled(line.removeprefix("        ")) for line in sentences.split("\n") if line.strip()))


def _filled(line: str) -> str:
    """A sentence with what many have in common put in."""
    for name, common in _COMMON.items():
        line = line.replace("{" + name + "}", common)
    return line


PHRASES: Final = tuple((reason, _heard_as(sentences)) for reason, sentences in _SENTENCES)
"""Reasons with their ear, in the order in which they are tried."""
