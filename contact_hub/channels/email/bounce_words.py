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

_WHO: Final = r"(?:user|recipient|mailbox|account|addressee|address|alias|rcpt|customer|local[- ]?part|userid|subscriber|inbox|e-?mail address)"
_GONE: Final = r"(?:does ?n[o']t exist|does not exists|doesn't exist|do not exist|not exist|no longer exists?|non[- ]?existe?nt)"

_SENTENCES: Final[tuple[tuple[BounceReason, str], ...]] = (
    (
        _R.MAILER_ERROR,
        r"""
        command output:
        \bprocmail:\s
        \bmaildrop:\s
        /bin/sh:\s
        couldn't create "/
        x-unix; (?!.{0,200}quota)
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
    (
        _R.HOST_UNKNOWN,
        r"""
        account or domain may not exist
        """,
    ),
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
        (?:mail ?box|mail ?folder|inbox|mail ?drop|account|user|recipient|quota|disk).{0,40}\b(?:full)\b
        (?:mail ?box|mail ?folder|inbox|mail ?drop|account|user|recipient|quota|disk).{0,40}\b(?:over ?quota)\b
        (?:mail ?box|mail ?folder|inbox|mail ?drop).{0,40}\b(?:exceeds? (?:its |the )?(?:allowed |quota|size|limit|storage|maximum))\b
        (?:account|user|recipient|quota|disk).{0,40}\b(?:exceeds? (?:its |the )?(?:allowed |quota|size|limit|storage|maximum))\b
        (?:mail ?box|mail ?folder|inbox|mail ?drop|account|user|recipient|quota|disk).{0,40}\b(?:pleine|piena|lleno)\b
        (?:mail ?box|mail ?folder|inbox|mail ?drop|account|user|recipient|quota|disk).{0,40}\b(?:llena|voll|cheia|vol|pe[lł]na|dolu)\b
        (?:storage|maildir|boîte|bo[iî]te|casella|buz[oó]n|postfach|caixa|skrzynka).{0,40}\b(?:full)\b
        (?:storage|maildir|boîte|bo[iî]te|casella|buz[oó]n|postfach|caixa|skrzynka).{0,40}\b(?:over ?quota)\b
        (?:storage|maildir|boîte|bo[iî]te).{0,40}\b(?:exceeds? (?:its |the )?(?:allowed |quota|size|limit|storage|maximum))\b
        (?:casella|buz[oó]n|postfach|caixa|skrzynka).{0,40}\b(?:exceeds? (?:its |the )?(?:allowed |quota|size|limit|storage|maximum))\b
        (?:storage|maildir|boîte|bo[iî]te|casella|buz[oó]n|postfach|caixa|skrzynka).{0,40}\b(?:pleine|piena|lleno)\b
        (?:storage|maildir|boîte|bo[iî]te|casella|buz[oó]n|postfach|caixa|skrzynka).{0,40}\b(?:llena|voll|cheia|vol|pe[lł]na|dolu)\b
        \bover (?:the )?(?:\w+ )?(?:quota|its storage)
        \bover[- ]?quota
        quota (?:exceeded|violation|limit)
        exceed(?:s|ed|ing)? (?:\w+ ){0,3}quota
        disk (?:space|quota) (?:is )?(?:full|exceed)
        (?:not enough|insufficient|out of) (?:\w+ ){0,2}(?:disk|mailbox|storage|space)\b
        \bno (?:disk |mailbox |storage |more )?space\b
        too much mail data
        mailbox (?:size )?limit
        mailbox has exceeded
        no space left for (?:user|mailbox)
        would exceed (?:\w+ ){0,3}(?:limit|size|quota)
        storage (?:space )?(?:exceeded|limit)
        insufficient (?:system )?(?:storage|resources)
        has too many messages
        too many messages (?:in|on) (?:the )?mailbox
        exceeded (?:\w+ ){0,3}(?:storage|space|max(?:imum)? (?:\w+ )?(?:mailbox|storage|allowed space))
        mailbox .{0,30}too large
        mail ?box capacity
        speicherplatz
        postfach .{0,30}voll
        überfüllt
        kontingent
        bo[iî]te .{0,40}(?:pleine|satur)
        quota d[ée]pass
        buz[oó]n .{0,20}lleno
        casella .{0,20}piena
        переполнен
        почтовый ящик .{0,40}полон
        превышен.{0,20}(?:квот|размер ящика)
        メールボックス.{0,12}(?:一杯|いっぱい|容量|溢)
        容量.{0,8}(?:超|不足)
        邮箱.{0,6}满
        空间不足
        已满
        용량.{0,6}초과
        """,
    ),
    (
        _R.MESSAGE_TOO_BIG,
        r"""
        message (?:\w+ ){0,4}(?:too (?:big|large|long)|larger than|is larger)
        (?:message|mail|letter|attachment) size .{0,30}(?:exceed|limit|too|larger)
        exceeds? (?:\w+ ){0,4}(?:message|mail|size|maximum message) (?:size|limit)
        size limit
        too large (?:message|mail)
        max(?:imum)? (?:message|mail) (?:file )?size
        (?:message|mail) (?:\w+ )?exceed(?:s|ed) .{0,30}(?:size|limit)
        message length exceeds
        data size exceeded
        nachricht .{0,20}zu gro
        size of message exceeds
        """,
    ),
    (
        _R.NO_RELAYING,
        r"""
        relay(?:ing)? (?:access )?(?:is )?(?:denied|not (?:permitted|allowed|possible)|prohibited|forbidden)
        relay(?:ing)? (?:access )?(?:is )?(?:disallowed|blocked|refused|restricted|mail)
        unable to relay
        (?:not|cannot|can't|won't|don't|will not|refuse to|no) (?:\w+ ){0,4}relay
        relay(?:ing)? .{0,20}(?:denied|prohibited|not allowed)
        relay (?:operation )?rejected
        not a relay
        not in my list of allowed rcpthosts
        isn't in my list of (?:allowed )?rcpthosts
        that domain isn't in my list
        is not local
        insecure mail relay
        not (?:an? )?(?:open|gateway)
        must (?:\w+ ){0,2}(?:authenticate|check for new mail|pop) (?:\w+ )?(?:first|before) .{0,20}(?:relay|sending)
        not configured to relay
        fixed to relay
        this system is not configured
        """,
    ),
    (
        _R.REQUIRE_PTR,
        r"""
        reverse (?:dns|hostname|lookup|mapping|resolution|address)
        \br-?dns\b
        \bptr\b
        fcrdns
        forward.confirmed
        unverifiable sending ip
        unresolvable (?:relay|client) host
        (?:cannot|can't|could not|unable to) (?:find|resolve) (?:your|the)? ?(?:reverse|hostname|ip|client|host name|rdns|address)
        (?:failed to|does not|doesn't|not) (?:find|resolve) (?:your|the)? ?(?:reverse|hostname|ip|client|host name|rdns|address)
        (?:client|host|connecting ip) .{0,40}(?:has no|without|no) .{0,20}(?:hostname|dns|name)
        no (?:hostname|dns name) for
        domain name .{0,10}mismatch
        all mail servers must have
        ip name (?:lookup|possibly) (?:failed|forged)
        name possibly forged
        dns (?:ptr|resource) record
        invalid (?:dns|rdns)
        ip (?:address )?.{0,20}(?:has no|without) .{0,20}(?:name|domain)
        """,
    ),
    (
        _R.NOT_COMPLIANT,
        r"""
        not rfc[ -]?\d* ?compliant
        rfc ?\d+.compliant
        not rfc ?\d+
        non-?rfc
        (?:violates?|violation of|comply with|compliant with) .{0,20}rfc
        bare (?:lf|cr)
        multiple (?:from|subject|to) header
        duplicate header
        missing .{0,20}(?:from|message-id|date) (?:header|field|line)
        invalid (?:message|from) header
        (?:no|missing|invalid) message-?id
        message does ?n[o']t conform
        line (?:is )?too long
        lone cr
        malformed (?:message|mime|header)
        does not (?:meet|comply)
        """,
    ),
    (
        _R.AUTH_FAILURE,
        r"""
        \bdmarc\b
        \bdkim\b
        \bspf\b
        sender policy framework
        sender-?id
        domainkeys
        unauthenticated (?:email|mail|message)
        sender is unauthenticated
        (?:email|mail|message|sender|domain) .{0,30}(?:fail|not pass).{0,20}authenticat
        authentication (?:checks?|results|requirements?|policy)
        not aligned
        \barc\b.{0,20}fail
        not (?:an )?(?:authori[sz]ed|permitted|allowed|designated) (?:to send|sender|host)
        lack(?:s|ed)? .{0,20}authentication
        mail could not be verified
        mail from .{0,60}not allowed to send
        """,
    ),
    (
        _R.VIRUS_DETECTED,
        r"""
        \bvirus(?:es)?\b
        malware
        infected
        \bworm\b
        trojan
        вирус
        ウイルス
        病毒
        """,
    ),
    (
        _R.BAD_REPUTATION,
        r"""
        reputation
        senderscore
        sender score
        bad (?:karma|history)
        (?:poor|low|bad) (?:ip|domain|sender)
        """,
    ),
    (
        _R.HAS_MOVED,
        r"""
        (?:user|recipient|account|mailbox|address|has|person|addressee) .{0,40}\bmoved\b
        no longer (?:on|at|with|in) (?:this |the |our )?(?:server|domain|company|address|here|us)
        address (?:has|was|is) .{0,12}changed
        has been replaced
        new (?:e-?mail )?address is
        please (?:use|try|update your) .{0,40}(?:new|instead)
        user not local; please try
        changed (?:his|her|their|its) (?:e-?mail )?address
        address is no longer in use
        (?:no longer|not) (?:employed|works?|working) (?:at|for|with|here)
        left the (?:company|organi[sz]ation)
        adresse (?:a chang|hat sich ge)
        """,
    ),
    (
        _R.SPEEDING,
        r"""
        \brate\b.{0,40}(?:limit|exceed|prevent|too|high)
        too (?:quickly|fast|frequent|much (?:mail|email))
        throttl
        receiving (?:mail|email) (?:at a rate|too)
        sending (?:\w+ )?(?:too|rate)
        (?:hourly|daily|per (?:hour|day|minute)|sending) (?:\w+ )?(?:limit|quota)
        limit exceeded on (?:sending|messages)
        try (?:again|your request) .{0,20}slower
        slow down
        max.{0,20}(?:messages|emails) per
        excessive (?:mail|message|volume|rate)
        high volume
        unexpected volume
        too many (?:messages|e?-?mails) (?:sent|from|received|in|per)
        (?:unusual|suspicious) rate
        frequency
        """,
    ),
    (
        _R.TOO_MANY_CONNECTIONS,
        r"""
        too many (?:\w+ ){0,3}(?:connections?|sessions|recipients|rcpts|hosts|concurrent|smtp|errors?|invalid)
        (?:connection|session|concurren\w+|recipient)s? (?:rate |count )?limit
        maximum (?:number of )?(?:connections|sessions|recipients)
        max(?:imum)?.{0,20}(?:concurrent|connections|parallel)
        connections? (?:exceed|refused: too)
        exceeded .{0,20}(?:connection|recipient)s?
        recipient count
        """,
    ),
    (
        _R.USER_UNKNOWN,
        r"""
        (?:user|recipient|mailbox|account|addressee) (?:\S+@\S+ )?(?:is )?(?:unknown|{gone}|not found)\b
        (?:unknown|no such) (?:user|recipient|mailbox|account)\b
        recipientnotfound
        adr\.exrecipnotfound
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
        \b(?:rbl|dnsbl|dnsrbl|spamhaus|spamcop|sorbs|barracudacentral|uceprotect|abuseat|spamrats|invaluement)\b
        \b(?:surbl|uribl|sbl|xbl|pbl|njabl|ordb|mailspike|psbl|backscatterer|s25r)\b
        (?:block|deny|black|reject|access)[- ]?list
        blocklisted
        greylist
        gr[ea]y-?list
        (?:client|ip|host|server)(?: (?!recipient|<)\S+){0,4} (?:is |was |has been |were |been |currently |temporarily )*(?:blocked|banned|listed)
        (?:client|ip|host|server)(?: (?!recipient|<)\S+){0,4} (?:is |was |has been )*(?:denied|refused|rejected|blacklisted)
        (?:client|ip|host|server)(?: (?!recipient|<)\S+){0,4} (?:were |been |currently |temporarily )*(?:denied|refused|rejected|blacklisted)
        (?:network|connection|ip address|\[[\d.:a-f]{3,45}\])(?: (?!recipient|<)\S+){0,4} (?:is |was |has been )*(?:blocked|banned|listed)
        (?:network|connection)(?: (?!recipient|<)\S+){0,4} (?:were |been |currently |temporarily )*(?:blocked|banned|listed)
        (?:ip address|\[[\d.:a-f]{3,45}\])(?: (?!recipient|<)\S+){0,4} (?:were |been |currently |temporarily )*(?:blocked|banned|listed)
        (?:network|connection)(?: (?!recipient|<)\S+){0,4} (?:is |was |has been )*(?:denied|refused|rejected|blacklisted)
        (?:ip address|\[[\d.:a-f]{3,45}\])(?: (?!recipient|<)\S+){0,4} (?:is |was |has been )*(?:denied|refused|rejected|blacklisted)
        (?:network|connection)(?: (?!recipient|<)\S+){0,4} (?:were |been |currently |temporarily )*(?:denied|refused|rejected|blacklisted)
        (?:ip address|\[[\d.:a-f]{3,45}\])(?: (?!recipient|<)\S+){0,4} (?:were |been )*(?:denied|refused|rejected|blacklisted)
        (?:ip address|\[[\d.:a-f]{3,45}\])(?: (?!recipient|<)\S+){0,4} (?:currently |temporarily )*(?:denied|refused|rejected|blacklisted)
        blocked (?:by|using|for|because|due|from|at|- see|see|\()
        banned (?:sending|ip|host)
        (?:access|connection)s? (?:from|by) .{0,60}(?:denied|refused|rejected|not (?:allowed|accepted))
        your (?:ip|network|server|host|isp)\b.{0,60}(?:block|denied|refuse|reject|ban|list)
        use (?:the |your )?(?:smtp|mail|isp'?s?|provider'?s?) (?:server|relay|mail|smtp).{0,30}(?:isp|provider)
        smtp server of your (?:isp|provider)
        dynamic(?:ally)? (?:ip|assigned|address|pool)
        dial-?up
        residential
        generic (?:hostname|rdns)
        dsl\b.{0,10}(?:ip|range)
        refused (?:to talk|connection|by|mail)
        refused to (?:accept|receive)
        (?:connection|service) (?:refused|rejected|dropped|denied|not allowed)
        no access from (?:mail )?server
        (?:please )?contact your (?:internet service provider|isp)
        (?:not|n't) accept(?:ing|ed)? (?:\w+ ){0,3}(?:from|connections?) (?:your|this|that|ip|host|server|client|dynamic|unknown)
        host .{0,40}(?:refused|rejected|not allowed)
        intrusion prevention
        (?:bad|invalid|unauthori[sz]ed|suspicious) (?:sender |source |sending )?ip\b
        ip.{0,10}abus
        spam (?:source|sender|host)
        helo (?:command )?(?:rejected|host)
        invalid helo
        bad helo
        domain of sender's ip
        blackliste
        auf (?:der|einer) (?:schwarzen|black)
        liste noire
        listas? negras?
        черн(?:ый|ом|ого) спис
        黑名单
        gesperrt
        bloqu[eé]
        """,
    ),
    (
        _R.REJECTED,
        r"""
        sender (?:address |e-?mail |domain )?(?:is |was |has been )?(?:rejected|refused|denied|invalid|unknown|failed)
        sender (?:verif\w+ |verification |host |id )?(?:is |was |has been )?(?:rejected|refused|denied|invalid|unknown|failed)
        sender (?:address |e-?mail |domain )?(?:is |was |has been )?(?:not (?:found|valid|allowed|accepted|verified|exist))
        sender (?:verif\w+ |verification |host |id )?(?:is |was |has been )?(?:not (?:found|valid|allowed|accepted|verified|exist))
        sender (?:address |e-?mail |domain |verif\w+ |verification |host |id )?(?:is |was |has been )?(?:does not|not authenticated)
        sender (?:address |e-?mail |domain |verif\w+ |verification |host |id )?(?:is |was |has been )?(?:doesn't|verification|blocked|banned)
        (?:domain|address|mailbox) of (?:the )?sender .{0,80}(?:does not|doesn't|not|invalid|unknown|unresolv)
        sender.{0,50}(?:does not|doesn't|not) (?:exist|resolve|found|valid)
        (?:unroutable|invalid|unknown|bad|unverified) (?:e-?mail )?(?:sender|return|envelope|from|reverse.path)
        (?:fake|forged|illegal|unresolvable|non-existent) (?:e-?mail )?(?:sender|return|envelope|from|reverse.path)
        (?:verify|verification of|verifying|could not verify|callout) (?:\w+ ){0,3}sender
        mail from .{0,60}(?:denied|refused|rejected|invalid|blocked|not accepted)
        (?:return|from|envelope sender|mail-?from) (?:address )?(?:is )?(?:invalid|rejected|refused|not accepted|not valid|unknown|does not)
        purported responsible address
        sending (?:to/from )?(?:an )?(?:address|domain|email) .{0,30}(?:blacklisted|rejected|blocked)
        your (?:e-?mail |sender )?(?:address|domain) .{0,30}(?:rejected|blocked|not (?:allowed|accepted|valid)|invalid|does not|doesn't)
        (?:mail|message|e-?mail)s? from (?:\S+ )?(?:sender|you|this sender|<?\S+@\S+) .{0,30}(?:rejected|refused|denied)
        (?:mail|message|e-?mail)s? from (?:\S+ )?(?:sender|you|this sender|<?\S+@\S+) .{0,30}(?:not accept|blocked|not allowed)
        (?:from|by) (?:this |the )?sender (?:is |are )?(?:not|rejected|refused|denied|blocked)
        no such domain .{0,20}sender
        null sender
        not accept(?:ed|ing)? (?:\w+ ){0,3}(?:sender|bounces?)
        (?:sender|from) (?:domain )?must (?:exist|resolve)
        absender
        """,
    ),
    (
        _R.SUSPEND,
        r"""
        (?:account|mailbox|user|recipient|address)(?: \S+){0,8}? (?:is |has been |was |are )*(?:disabled|suspended|inactive|deactivated)
        (?:account|mailbox|user|recipient|address)(?: \S+){0,8}? (?:been |currently )*(?:disabled|suspended|inactive|deactivated)
        (?:account|mailbox|user|recipient|address)(?: \S+){0,8}? (?:temporarily |administratively )*(?:disabled|suspended|inactive|deactivated)
        (?:account|mailbox|user|recipient|address)(?: \S+){0,8}? (?:is |has been |was |are )*(?:locked|frozen|closed|expired|terminated)
        (?:account|mailbox|user|recipient|address)(?: \S+){0,8}? (?:been |currently )*(?:locked|frozen|closed|expired|terminated)
        (?:account|mailbox|user|recipient|address)(?: \S+){0,8}? (?:temporarily |administratively )*(?:locked|frozen|closed|expired|terminated)
        (?:e-?mail|customer|box|domain|inbox|subscriber)(?: \S+){0,8}? (?:is |has been |was |are )*(?:disabled|suspended|inactive|deactivated)
        (?:e-?mail|customer|box|domain|inbox|subscriber)(?: \S+){0,8}? (?:been |currently )*(?:disabled|suspended|inactive|deactivated)
        (?:e-?mail|customer|box)(?: \S+){0,8}? (?:temporarily |administratively )*(?:disabled|suspended|inactive|deactivated)
        (?:domain|inbox|subscriber)(?: \S+){0,8}? (?:temporarily |administratively )*(?:disabled|suspended|inactive|deactivated)
        (?:e-?mail|customer|box|domain|inbox|subscriber)(?: \S+){0,8}? (?:is |has been |was |are )*(?:locked|frozen|closed|expired|terminated)
        (?:e-?mail|customer|box|domain|inbox|subscriber)(?: \S+){0,8}? (?:been |currently )*(?:locked|frozen|closed|expired|terminated)
        (?:e-?mail|customer|box)(?: \S+){0,8}? (?:temporarily |administratively )*(?:locked|frozen|closed|expired|terminated)
        (?:domain|inbox|subscriber)(?: \S+){0,8}? (?:temporarily |administratively )*(?:locked|frozen|closed|expired|terminated)
        (?:account|mailbox|user|recipient|address)(?: \S+){0,8}? (?:is |has been |was |are )*(?:discontinued|inactivated)
        (?:account|mailbox|user|recipient|address)(?: \S+){0,8}? (?:is |has been |was |are )*(?:not active|no longer active|dormant)
        (?:account|mailbox|user|recipient|address)(?: \S+){0,8}? (?:been |currently |temporarily |administratively )*(?:discontinued|inactivated)
        (?:account|mailbox|user|recipient|address)(?: \S+){0,8}? (?:been |currently )*(?:not active|no longer active|dormant)
        (?:account|mailbox|user|recipient|address)(?: \S+){0,8}? (?:temporarily |administratively )*(?:not active|no longer active|dormant)
        (?:e-?mail|customer|box|domain|inbox|subscriber)(?: \S+){0,8}? (?:is |has been |was |are )*(?:discontinued|inactivated)
        (?:e-?mail|customer|box|domain|inbox|subscriber)(?: \S+){0,8}? (?:is |has been |was |are )*(?:not active|no longer active|dormant)
        (?:e-?mail|customer|box|domain|inbox|subscriber)(?: \S+){0,8}? (?:been |currently )*(?:discontinued|inactivated)
        (?:e-?mail|customer|box|domain|inbox|subscriber)(?: \S+){0,8}? (?:temporarily |administratively )*(?:discontinued|inactivated)
        (?:e-?mail|customer|box|domain|inbox|subscriber)(?: \S+){0,8}? (?:been |currently )*(?:not active|no longer active|dormant)
        (?:e-?mail|customer|box|domain|inbox|subscriber)(?: \S+){0,8}? (?:temporarily |administratively )*(?:not active|no longer active|dormant)
        (?:account|mailbox|user|recipient|address)(?: \S+){0,8}? (?:is |has been |was |are )*(?:cancell?ed|blocked)
        (?:account|mailbox|user|recipient|address)(?: \S+){0,8}? (?:is |has been |was |are )*(?:unavailable due to|on hold|banned)
        (?:account|mailbox|user|recipient|address)(?: \S+){0,8}? (?:been |currently |temporarily |administratively )*(?:cancell?ed|blocked)
        (?:account|mailbox|user|recipient|address)(?: \S+){0,8}? (?:been |currently )*(?:unavailable due to|on hold|banned)
        (?:account|mailbox|user|recipient|address)(?: \S+){0,8}? (?:temporarily |administratively )*(?:unavailable due to|on hold|banned)
        (?:e-?mail|customer|box|domain|inbox|subscriber)(?: \S+){0,8}? (?:is |has been |was |are )*(?:cancell?ed|blocked)
        (?:e-?mail|customer|box|domain|inbox|subscriber)(?: \S+){0,8}? (?:is |has been |was |are )*(?:unavailable due to|on hold|banned)
        (?:e-?mail|customer|box|domain|inbox|subscriber)(?: \S+){0,8}? (?:been |currently |temporarily |administratively )*(?:cancell?ed|blocked)
        (?:e-?mail|customer|box|domain|inbox|subscriber)(?: \S+){0,8}? (?:been |currently )*(?:unavailable due to|on hold|banned)
        (?:e-?mail|customer|box|domain|inbox|subscriber)(?: \S+){0,8}? (?:temporarily |administratively )*(?:unavailable due to|on hold|banned)
        (?:disabled|suspended|inactive|deactivated|locked|frozen|dormant|expired) (?:\w+ )?(?:account|mailbox|user|recipient|address|e-?mail)
        not active\b
        mailbox (?:currently )?suspended
        over 90 days
        overdue
        not (?:been )?(?:paid|activated)
        account (?:that you tried to reach )?is (?:over|disabled)
        deaktiviert
        désactivé
        disabilitat
        заблокирован
        неактив
        отключ[её]н
        停用
        禁用
        """,
    ),
    (
        _R.POLICY_VIOLATION,
        r"""
        \bpolic(?:y|ies)\b
        prohibited
        transport rules?
        """,
    ),
    (
        _R.NOT_ACCEPT,
        r"""
        (?:does not|doesn't) (?:\w+ ){0,2}(?:accept|receive) (?:\w+ ){0,3}(?:e-?mail|mail|messages|smtp)s?\b(?! (?:from|without|with|larger|to))
        (?:does not|doesn't) (?:\w+ ){0,2}(?:handle|process) (?:\w+ ){0,3}(?:e-?mail|mail|messages|smtp)s?\b(?! (?:from|without|with|larger|to))
        (?:do not|don't|not) (?:\w+ ){0,2}(?:accept|receive) (?:\w+ ){0,3}(?:e-?mail|mail|messages|smtp)s?\b(?! (?:from|without|with|larger|to))
        (?:do not|don't|not) (?:\w+ ){0,2}(?:handle|process) (?:\w+ ){0,3}(?:e-?mail|mail|messages|smtp)s?\b(?! (?:from|without|with|larger|to))
        (?:does not|doesn't) (?:\w+ ){0,2}(?:accept|receive) (?:\w+ ){0,3}(?:e-?mail|mail|messages|smtp)s?\b(?! (?:that|by|which|of|via|in))
        (?:does not|doesn't) (?:\w+ ){0,2}(?:handle|process) (?:\w+ ){0,3}(?:e-?mail|mail|messages|smtp)s?\b(?! (?:that|by|which|of|via|in))
        (?:do not|don't|not) (?:\w+ ){0,2}(?:accept|receive) (?:\w+ ){0,3}(?:e-?mail|mail|messages|smtp)s?\b(?! (?:that|by|which|of|via|in))
        (?:do not|don't|not) (?:\w+ ){0,2}(?:handle|process) (?:\w+ ){0,3}(?:e-?mail|mail|messages|smtp)s?\b(?! (?:that|by|which|of|via|in))
        null ?mx
        nullmx
        no mx records? (?:found|for)
        smtp protocol (?:disabled|returned)
        indicated no smtp
        no smtp service
        host .{0,30}does not receive
        name server: .{0,40}host (?:never )?accept
        domain (?:\S+ )?(?:does not|doesn't) accept
        takes no (?:e-?mail|mail)
        no valid mail exchanger
        no mail (?:hosts?|exchangers?) for
        """,
    ),
    (
        _R.HOST_UNKNOWN,
        r"""
        (?:host|domain|domain name|server)(?: or domain name)?(?: \S+){0,3}? (?:is |was |can ?not be |could not be )?(?:not found|unknown)
        (?:host|domain|domain name|server)(?: or domain name)?(?: \S+){0,3}? (?:is |was |can ?not be |could not be )?(?:does ?n[o']t exist)
        (?:host|domain|domain name|server)(?: or domain name)?(?: \S+){0,3}? (?:is |was |can ?not be |could not be )?(?:not exist|non-?existent)
        (?:host|domain|domain name|server)(?: or domain name)?(?: \S+){0,3}? (?:is |was |can ?not be |could not be )?(?:unrouteable|unresolvable)
        (?:host|domain|domain name|server)(?: or domain name)?(?: \S+){0,3}? (?:is |was |can ?not be |could not be )?(?:unresolved)
        (?:host|domain|domain name|server)(?: or domain name)?(?: \S+){0,3}? (?:is |was )?(?:not (?:be )?(?:resolved|located))
        (?:host|domain|domain name|server)(?: or domain name)?(?: \S+){0,3}? (?:can ?not be |could not be )?(?:not (?:be )?(?:resolved|located))
        (?:host|domain|domain name|server)(?: or domain name)?(?: \S+){0,3}? (?:is |was |can ?not be |could not be )?(?:invalid)
        (?:unknown|unrout(?:e)?able|invalid|illegal) (?:host|domain|mail domain|server|recipient domain|recipient host)\b
        (?:bad|no such|non-?existent|unresolvable) (?:host|domain|mail domain|server|recipient domain|recipient host)\b
        (?:couldn't|could not|cannot) (?:find|resolve|locate) (?:any )?(?:host|domain|the domain|route|a mail)(?!.{0,30}(?:reverse|your))
        (?:can't|unable to|not) (?:find|resolve|locate) (?:any )?(?:host|domain|the domain|route|a mail)(?!.{0,30}(?:reverse|your))
        no such (?:host|domain)
        nxdomain
        domain (?:\S+ )?does ?n[o']t exist
        unroutable (?:e-?mail |mail )?(?:address|domain)
        name or service not known
        no mail server(?:s)? (?:found|by name)
        account or domain may not exist
        all relevant mx records point to non-existent
        host lookup (?:failed|did not complete)
        address family .{0,20}not found
        no (?:a|mx|dns) records?\b
        dns (?:error|lookup|query).{0,40}(?:not (?:found|exist)|nxdomain|domain name)
        domain (?:is )?(?:expired|not registered)
        unknown mail ?(?:host|domain)
        has no (?:dns|mx|mail)
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
        {who}(?: \S+){0,6}? (?:is |was |are |could |can |be )*(?:unknown|{gone})\b
        {who}(?: \S+){0,6}? (?:is |was |are |could |can |be )*(?:not (?:be )?(?:found|known|recogni[sz]ed|listed|registered))\b
        {who}(?: \S+){0,6}? (?:is |was |are |could |can |be )*(?:not (?:be )?(?:valid|here|exist|have|a valid|an? (?:known|valid|active)))\b
        {who}(?: \S+){0,6}? (?:is |was |are |could |can |be )*(?:invalid)\b
        {who}(?: \S+){0,6}? (?:is |was |are |could |can |be )*(?:undeliverable|no longer (?:valid|available|in use|exist|active))\b
        {who}(?: \S+){0,6}? (?:is |was |are |could |can |be )*(?:rejected|never logged|not known)\b
        (?:unknown|invalid|no such|not a valid|bad|non-?existe?nt|unrouteable) (?:\w+ ){0,3}?(?:{who}|users?|person|local part)
        (?:unknown|invalid|no such) (?:\w+ ){0,3}?(?:name|destination|recipients|final delivery|mailbox(?:es)?)
        (?:not a valid|bad|non-?existe?nt|unrouteable) (?:\w+ ){0,3}?(?:name|destination|recipients|final delivery|mailbox(?:es)?)
        (?:undefined|illegal|not a known|incorrect|no valid|undeliverable|unrecognized|ambiguous) (?:\w+ ){0,3}?(?:{who}|users?|person|local part)
        (?:undefined|illegal|not a known|incorrect) (?:\w+ ){0,3}?(?:name|destination|recipients|final delivery|mailbox(?:es)?)
        (?:no valid|undeliverable|unrecognized|ambiguous) (?:\w+ ){0,3}?(?:name|destination|recipients|final delivery|mailbox(?:es)?)
        no (?:mailbox|account|user|recipients?|person|mail ?box|such)\b(?: \S+){0,3}? (?:here|by that name|with that name)
        no (?:mailbox|account|user|recipients?|person|mail ?box|such)\b(?: \S+){0,3}? (?:found|by that|of that name|known)
        no (?:mailbox|account|user|recipients?|person|mail ?box|such)\b(?: \S+){0,3}? (?:under|exists?|for|called|in|named|on|at)
        (?:sorry, )?no mailbox here
        no such (?:user|person|mailbox|recipient|account|address|alias|customer|name|local|member|subscriber|e-?mail)
        user unknown
        unknown user
        unknown (?:or illegal|local|recipient|address|account|in)
        (?:does not|doesn't|do not|don't) (?:have|know) (?:an?|any|that|this|the)? ?(?:\S+ )?(?:user|account|mailbox|yahoo|person|recipient|such)
        there is no (?:one|user|such|mailbox|account|recipient)
        not (?:our|a) (?:customer|user|valid mailbox|valid user|known user|valid recipient)
        recip\w*not ?found
        recipientnotfound
        adr\.exrecipnotfound
        \bunknown (?:recipient|rcpt)
        recipient (?:\S+ )?(?:not|unknown)
        address (?:does not|doesn't|not) (?:exist|found|listed)
        wasn't found at
        was not found
        couldn't be found
        no user
        is unknown\b
        unknown to me
        not (?:found|listed) in (?:\w+ ){0,4}(?:directory|domino|table|list|address book|names?\.nsf)
        addresse? unknown
        nosuchuser
        not listed in
        destination (?:address|mailbox|user) (?:unknown|invalid|not)
        invalid recipients?
        that (?:e-?mail )?address
        account .{0,30}not (?:available|exist)
        delivery to (?:this|that) (?:user|address) (?:is )?(?:not|disallowed)
        (?:empf[äa]nger|benutzer|adresse|postfach|konto|mailadresse)\b.{0,40}(?:unbekannt|existiert nicht|nicht gefunden)
        (?:empf[äa]nger|benutzer|adresse|postfach|konto|mailadresse)\b.{0,40}(?:nicht bekannt|ung[üu]ltig|nicht vorhanden|gibt es nicht)
        unbekannter? (?:empf|benutzer|adresse)
        kein (?:benutzer|postfach|konto|empf)
        (?:utilisateur|destinataire|adresse|bo[iî]te|compte)\b.{0,50}(?:inconnu|n'existe|introuvable|invalide|inexistant|n'a pas [ée]t[ée] trouv)
        (?:usuario|destinatario|direcci[oó]n|buz[oó]n|cuenta|correo)\b.{0,50}(?:desconocid|no existe|no encontrad)
        (?:usuario|destinatario|direcci[oó]n|buz[oó]n|cuenta|correo)\b.{0,50}(?:no se (?:ha )?encontr|inexistente|inv[aá]lid)
        (?:utente|destinatario|indirizzo|casella|account)\b.{0,50}(?:sconosciut|inesistente|non esiste|non trovat|non valid)
        (?:usu[aá]rio|destinat[aá]rio|endere[cç]o|caixa|conta)\b.{0,50}(?:desconhecid|n[aã]o existe|n[aã]o encontrad|inexistente|inv[aá]lid)
        (?:gebruiker|geadresseerde|ontvanger|adres|postvak)\b.{0,50}(?:onbekend|bestaat niet|niet gevonden|ongeldig)
        (?:użytkownik|adresat|odbiorca|adres|konto)\b.{0,50}(?:nieznan|nie istnieje|nie znalezion|nie został)
        (?:mottagare|användare|adress|bruger|modtager|mottaker)\w*\b.{0,50}(?:finns inte|okänd|hittades|findes ikke|ukendt|finnes ikke|ukjent)
        (?:kullanıcı|alıcı|adres)\w*\b.{0,40}(?:bulunamad|bilinmeyen|mevcut değil|geçersiz)
        (?:uživatel|adresát|příjemce)\w*\b.{0,40}(?:neexist|neznám|nenalez)
        (?:пользовател|адресат|получател|адрес|ящик|аккаунт|учетн)\w*.{0,60}(?:не (?:существует|найден|зарегистрирован|обнаружен))
        (?:пользовател|адресат|получател|адрес|ящик|аккаунт|учетн)\w*.{0,60}(?:неизвест|отсутствует)
        такого (?:пользователя|адреса|ящика) нет
        нет такого
        不明な?(?:ユーザ|宛先)
        (?:宛先|ユーザー?|メールアドレス|受信者|アドレス).{0,24}(?:不明|存在し|見つかり|ありません|無効|間違)
        (?:用户|收件人|邮箱|地址|帳號|账号).{0,12}(?:不存在|未找到|无效|找不到|错误)
        (?:사용자|수신자|메일 ?주소|계정).{0,16}(?:없|존재하지|찾을 수)
        """,
    ),
    (
        _R.EXCEED_LIMIT,
        r"""
        (?:message|mail) (?:\w+ ){0,3}(?:exceeds?|over) (?:\w+ ){0,3}limit
        limit (?:is )?exceeded
        administrative limit
        """,
    ),
    (
        _R.FAILED_STARTTLS,
        r"""
        starttls (?:is )?(?:required|failed|error)
        must issue a starttls
        tls (?:is )?(?:required|handshake|negotiation)
        requires? tls
        certificate verif
        """,
    ),
    (
        _R.SPAM_DETECTED,
        r"""
        \bspam\b
        \bspammy\b
        \bube\b
        \buce\b
        \bjunk\b
        unsolicited
        bulk (?:e-?mail|mail)
        bayes
        phish
        scored (?:as|too)
        scam\b
        looks like
        mail rejete
        spamassassin
        suspicious
        message (?:was )?(?:identified|classified|considered|detected) as
        спам
        スパム
        迷惑メール
        垃圾邮件
        """,
    ),
    (
        _R.POLICY_VIOLATION,
        r"""
        policy
        policies
        protocol violation
        prohibited
        forbidden
        not allowed (?:by|due|here)
        restricted
        (?:attachment|file|header|domain|content|message) (?:\S+ ){0,3}(?:not allowed|is banned|not permitted)
        transport rules
        header error
        you have been blocked by
        blocked by (?:the )?(?:recipient|rule|admin)
        restriction
        administrative(?:ly)? (?:prohibit|denied)
        (?:rejected|denied|refused) by (?:\w+ ){0,3}(?:rule|administrator|system|recipient)
        """,
    ),
    (
        _R.SECURITY_ERROR,
        r"""
        authentication (?:is )?(?:required|failed|failure|turned|credential)
        unauthenticated
        not authenticated
        auth(?:entication)? (?:required|first|failure)
        must (?:authenticate|log ?in)
        unauthori[sz]ed
        authori[sz]ation
        access denied
        permission denied
        insecure
        security
        encryption
        executable
        you (?:are|were) not (?:allowed|permitted|authori[sz]ed)
        not (?:permitted|authori[sz]ed|allowed)\b
        """,
    ),
    (
        _R.CONTENT_ERROR,
        r"""
        (?:content|mime|attachment|charset)s? .{0,30}(?:reject|refus|invalid|error|not (?:supported|accept|allowed))
        (?:8bit|conversion|body|subject|header)s? .{0,30}(?:reject|refus|invalid|error|not (?:supported|accept|allowed))
        (?:content|mime|attachment|charset|8bit|conversion|body|subject|header)s? .{0,30}(?:malformed|incorrect|improper|illegal|block|denied)
        improper use of 8-?bit
        message (?:content )?(?:rejected|refused)
        non-ascii
        smtputf8
        internationali[sz]ed
        """,
    ),
    (
        _R.SYSTEM_FULL,
        r"""
        no space left on device
        server (?:disk )?(?:is )?full
        file system full
        system (?:storage|disk)
        mail system full
        out of (?:memory|disk)
        """,
    ),
    (
        _R.SYNTAX_ERROR,
        r"""
        syntax error
        unrecogni[sz]ed command
        command (?:not|unknown|unrecogni)
        bad sequence
        improper sequence
        sequence of commands
        invalid (?:command|parameter|argument|domain name|address|character)
        unimplemented
        not implemented
        parameter
        need (?:rcpt|mail)
        not understood
        5\.5\.[124]\b
        """,
    ),
    (
        _R.EXPIRED,
        r"""
        (?:connection|operation|session|conversation|response|attempt|host|request|server) (?:\w+ )?timed? ?out
        time ?out (?:exceeded|waiting|while|on)
        retry time(?:out)? (?:not reached|exceeded)
        (?:delivery|message|retry|queue) (?:time |lifetime )?(?:has |was |is )?expired
        expired
        could not be delivered (?:for|within|in)
        for a long time
        giving up
        give up
        undeliverable for
        not (?:yet )?(?:been )?delivered (?:for|within|in|after)
        too long
        has been (?:on|in) (?:the )?queue
        too old
        days?[, ]
        delivery (?:attempts|has been delayed|delayed|time exceeded)
        after (?:multiple|several|many|\d+) (?:retries|attempts|tries|hours|days)
        delayed
        did not accept our requests to connect
        was ?n[o']t accept(?:ed)? our requests
        unable to (?:connect|deliver) .{0,40}(?:hours|days)
        connection refused
        not responding
        didn't respond
        did not respond
        """,
    ),
    (
        _R.NETWORK_ERROR,
        r"""
        lost connection
        connection (?:was )?(?:lost|reset|dropped|closed|broken|aborted|failed|terminated|interrupted)
        (?:network|host) (?:is )?unreachable
        no route to host
        routing loop
        mail loop
        loop(?:s|ing|ed)? (?:back|detected|found|problem)
        too many hops
        hop count
        (?:name|dns|domain name|host) (?:server|service|lookup|system|name lookup) (?:\w+ )?(?:error|fail|problem|timeout|timed|temporar|refused)
        name server
        couldn't connect
        could not connect
        unable to connect
        cannot connect
        can't connect
        failed to connect
        establish (?:an )?(?:smtp )?connection
        malformed or unexpected
        socket error
        unable to (?:establish|open) .{0,20}connection
        mx (?:record|list|records?) .{0,40}(?:loop|itself|best)
        best-preference mx
        connect to
        infinite loop
        deferred:\s
        """,
    ),
    (
        _R.MAILER_ERROR,
        r"""
        command (?:died|failed|line|output|time)
        procmail
        maildrop
        pipe(?:d)? to
        local mailer
        \bmailer\b
        returned (?:non-zero|\d+ from)
        local delivery (?:failed|agent)
        unknown mailer
        exit(?:ed)? (?:status|with)
        x-unix
        lmtp
        child (?:process|crashed)
        i/o error
        cannot (?:open|create|append)
        can't create
        dovecot
        vpopmail
        sieve
        """,
    ),
    (
        _R.SYSTEM_ERROR,
        r"""
        (?:local|internal|system|server|configuration|config|temporary) (?:\w+ )?(?:error|failure|problem|failed|fault|shortage|unavailable)
        (?:mail server|processing|unexpected) (?:\w+ )?(?:error|failure|problem|failed|fault|shortage|unavailable)
        (?:resource|transaction|database|application) (?:\w+ )?(?:error|failure|problem|failed|fault|shortage|unavailable)
        (?:service|server|system) (?:is )?(?:currently |temporarily )?(?:unavailable|not available|down|busy|shutting|misconfig)
        system (?:has|is|cannot)
        can't (?:connect|find|lookup) (?:\w+ )?(?:database|ldap)
        ldap
        out of (?:resources|memory)
        does not support
        misconfigur
        temporarily (?:unavailable|rejected|deferred)
        error in processing
        error: queue file
        deadlock
        queue file write
        aborted
        """,
    ),
    (
        _R.FILTERED,
        r"""
        mailbox (?:is )?(?:unavailable|not available|temporarily|currently|protected|disabled)
        (?:recipient|user|mail ?box|customer|account) .{0,40}(?:refus|reject|not accept|only accept|blocked)
        (?:recipient|user|mail ?box|customer|account) .{0,40}(?:restrict|protect|unavailable|does not accept|not (?:want|able|receiv))
        message (?:was )?(?:filtered|refused|rejected|bounced|blocked)
        due to .{0,20}(?:filter|restriction)
        filter
        because the recipient
        not accepting (?:mail|messages)
        bounce rule
        not accepted
        """,
    ),
)
"""The ear: the first match wins, so what is about us stands before what is about the address, and what is precise before what is vague."""


def _heard_as(sentences: str) -> re.Pattern[str]:
    lines = (line.removeprefix("        ") for line in sentences.split("\n"))
    return re.compile("|".join(line.replace("{who}", _WHO).replace("{gone}", _GONE) for line in lines if line.strip()))


PHRASES: Final = tuple((reason, _heard_as(sentences)) for reason, sentences in _SENTENCES)
"""Reasons with their ear, in the order in which they are tried."""
