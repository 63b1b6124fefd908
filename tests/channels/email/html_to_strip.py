"""HTML as mail programs write it, by program: the markup around `{new}` and `{old}`; a name beginning with `=` expects all of it to be kept."""

from __future__ import annotations

from typing import Final

HTML: Final[dict[str, str]] = {
    "gmail": (
        '<div dir="ltr"><div>{new}</div></div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">On Tue, Mar 3, 2026 at 4:19 PM Jane '
        'Roe &lt;<a href="mailto:jane@shop.example">jane@shop.example</a>&gt; wrote:<br></div><blockquote class="gmail_quote" '
        'style="margin:0 0 0 .8ex;border-left:1px #ccc solid;padding-left:1ex">{old}</blockquote></div>'
    ),
    "gmail in a language nobody knows": (
        '<div dir="ltr">{new}</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">Jane Roe ka wandika:<br></div>'
        '<blockquote class="gmail_quote">{old}</blockquote></div>'
    ),
    "gmail android": (
        '<p dir="ltr">{new}</p>\n<div class="gmail_quote">On 3 Mar 2026 4:19 pm, &quot;Jane Roe&quot; &lt;<a>jane@shop.example</a>&gt; wrote:'
        '<br type="attribution"><blockquote class="gmail_quote">{old}</blockquote></div>'
    ),
    "outlook web": (
        '<div class="elementToProof">{new}</div><div id="appendonsend"></div><hr style="display:inline-block;width:98%" tabindex="-1">'
        '<div id="divRplyFwdMsg" dir="ltr"><font face="Calibri"><b>From:</b> Jane Roe &lt;jane@shop.example&gt;<br><b>Sent:</b> Tuesday, March 3, '
        "2026 4:19 PM<br><b>To:</b> Max<br><b>Subject:</b> Order</font><div>&nbsp;</div></div><div>{old}</div>"
    ),
    "outlook web in a language nobody knows": (
        '<div>{new}</div><hr tabindex="-1"><div id="x_divRplyFwdMsg"><b>Chuiha</b> Jane Roe<br><b>Tlaihna</b> yesterday</div><div>{old}</div>'
    ),
    "outlook": (
        '<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><style><!-- p.MsoNormal {{margin:0}} --></style></head><body lang="EN-US">'
        '<div class="WordSection1"><p class="MsoNormal">{new}<o:p></o:p></p><p class="MsoNormal"><o:p>&nbsp;</o:p></p><div><div '
        'style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0in 0in 0in"><p class="MsoNormal"><b>Von:</b> Jane Roe &lt;jane@shop.example'
        "&gt; <br><b>Gesendet:</b> Dienstag, 3. M&auml;rz 2026 16:19<br><b>An:</b> Max<br><b>Betreff:</b> AW: Bestellung<o:p></o:p></p></div></div>"
        '<p class="MsoNormal">{old}<o:p></o:p></p></div></body></html>'
    ),
    "outlook telephone": (
        '<div dir="ltr">{new}</div><div id="ms-outlook-mobile-signature"><div><br></div>Get <a href="https://aka.ms/o0ukef">Outlook for iOS</a></div>'
        '<div id="mail-editor-reference-message-container"><hr><div><b>De:</b> Jane Roe</div><div>{old}</div></div>'
    ),
    "hotmail": (
        '<div>{new}<br></div><div><hr id="stopSpelling">From: jane@shop.example<br>To: max@mail.example<br>Subject: Order<br>Date: Tue, 3 Mar 2026 '
        "16:19:00 +0100<br><br>{old}</div>"
    ),
    "apple": (
        '<html><body style="overflow-wrap: break-word;">{new}<div><br><blockquote type="cite"><div>On 3 Mar 2026, at 16:19, Jane Roe &lt;'
        'jane@shop.example&gt; wrote:</div><br class="Apple-interchange-newline"><div>{old}</div></blockquote></div><br></body></html>'
    ),
    "iphone": (
        '<html><body dir="auto">{new}<br><br><div id="AppleMailSignature" dir="ltr">Von meinem iPhone gesendet</div><div dir="ltr"><br><blockquote '
        'type="cite">Am 03.03.2026 um 16:19 schrieb Jane Roe &lt;jane@shop.example&gt;:<br><br></blockquote></div><blockquote type="cite"><div>{old}</div>'
        "</blockquote></body></html>"
    ),
    "thunderbird": (
        '<html><body><p>{new}</p><div class="moz-cite-prefix">Le 03/03/2026 à 16:19, Jane Roe a écrit&nbsp;:<br></div><blockquote type="cite" '
        'cite="mid:1@shop.example">{old}</blockquote><div class="moz-signature">-- <br>Max Kunde</div></body></html>'
    ),
    "yahoo": (
        '<div class="ydp1yahoo-style-wrap"><div dir="ltr">{new}</div></div><div id="yahoo_quoted_8123" class="yahoo_quoted"><div style="font-size:13px;">'
        "<div>On Tuesday, March 3, 2026 at 04:19:12 PM GMT+1, Jane Roe &lt;jane@shop.example&gt; wrote: </div><div><br></div><div>{old}</div></div></div>"
    ),
    "proton": (
        '<div style="font-family: Arial;">{new}</div><div class="protonmail_signature_block"><div class="protonmail_signature_block-proton">Sent with '
        '<a>Proton Mail</a> secure email.</div></div><div class="protonmail_quote">On Tuesday, March 3rd, 2026 at 16:19, Jane Roe '
        '&lt;jane@shop.example&gt; wrote:<br><blockquote class="protonmail_quote" type="cite">{old}</blockquote></div>'
    ),
    "gmx": (
        '<div>{new}</div><div><div name="quote" style="margin:10px 5px 5px 10px; border-left:2px solid #C3D9E5;"><div><b>Gesendet:</b> Dienstag, 03. '
        'März 2026 um 16:19 Uhr<br><b>Von:</b> jane@shop.example</div><div name="quoted-content">{old}</div></div></div>'
    ),
    "zoho": (
        '<div>{new}</div><div class="zmail_extra"><div id="Zm-_Id_-Sgn1">---- On Tue, 03 Mar 2026 16:19:00 +0100 <b>Jane Roe &lt;jane@shop.example&gt;'
        "</b> wrote ----</div><blockquote>{old}</blockquote></div>"
    ),
    "mail.ru": (
        '<div>{new}</div><blockquote style="border-left:1px solid #0857A6; margin:10px; padding:0 0 0 10px;">Вторник, 3 марта 2026, 16:19 +03:00 от Jane '
        'Roe &lt;<a>jane@shop.example</a>&gt;:<br>&nbsp;<div id=""><div class="js-helper js-readmsg-msg">{old}</div></div></blockquote>'
    ),
    "qq": (
        '<div>{new}</div><div><includetail><div>&nbsp;</div><div style="font:Verdana;"><div style="font-size:12px;background:#efefef;">------------------'
        '&nbsp;原始邮件&nbsp;------------------</div><div><b>发件人:</b>&nbsp;"Jane Roe"&lt;jane@shop.example&gt;;</div><div><b>发送时间:</b>&nbsp;'
        "2026年3月3日 16:19</div><div><b>主题:</b>&nbsp;订单</div></div><div>{old}</div></includetail></div>"
    ),
    "netease": (
        '<div style="line-height:1.7">{new}<br><br>At 2026-03-03 16:19:00, "Jane Roe" &lt;jane@shop.example&gt; wrote:<br><blockquote '
        'id="isReplyContent" style="PADDING-LEFT: 1ex; BORDER-LEFT: #ccc 1px solid">{old}</blockquote></div>'
    ),
    "zimbra": (
        '<div>{new}</div><hr id="zwchr" data-marker="__DIVIDER__"><div data-marker="__HEADERS__"><b>From: </b>"Jane Roe"<br></div>'
        '<div data-marker="__QUOTED_TEXT__">{old}</div>'
    ),
    "spark": (
        '<div name="messageBodySection"><div dir="auto">{new}</div></div><div name="messageSignatureSection"><br>Max Kunde</div>'
        '<div name="messageReplySection">On 3 Mar 2026 at 16:19 +0100, Jane Roe &lt;jane@shop.example&gt;, wrote:<br><blockquote type="cite">{old}'
        "</blockquote></div>"
    ),
    "plain paragraphs": (
        "<p>{new}</p><p>W dniu 3 marca 2026 16:19 użytkownik Jane Roe &lt;jane@shop.example&gt; napisał:</p><p>{old}</p>"
    ),
    "broken": (
        '<div>{new}</span></p><div class="gmail_quote"><div class="gmail_attr">On Tue, Mar 3, 2026 at 4:19 PM Jane Roe &lt;jane@shop.example&gt; '
        'wrote:</div><blockquote class=gmail_quote style="border-left:1px">{old}'
    ),
    "bare blockquote": "{new}<blockquote><div>On 11-Apr-2026, at 6:54 PM, Bob &lt;bob@mail.example&gt; wrote:</div><div>{old}</div></blockquote>",
    "outlook mac": '{new}<span id="OLK_SRC_BODY_SECTION"><div>Jane Roe</div><div>{old}</div></span>',
    "=drawn in gmail": '<div>{new}</div><blockquote class="gmail_quote" style="margin:0"><div class="gmail_default">{old}</div></blockquote>',
    "=drawn": "<p>{new}</p><blockquote>{old}</blockquote><div>On 11-Apr-2026, at 6:54 PM, Bob &lt;bob@mail.example&gt; wrote:</div><blockquote>x</blockquote>",
    "=indented": '<div>{new}</div><blockquote style="margin: 0 0 0 40px; border: none; padding: 0px;"><div>{old}</div></blockquote><div>Bye</div>',
    "=gmail forward": (
        '<div dir="ltr">{new}<br><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">---------- Forwarded message ---------<br>From: <strong>'
        "Bob</strong> &lt;bob@mail.example&gt;<br>Date: Tue, 3 Mar 2026<br>Subject: Bill<br>To: Max<br></div><br>{old}</div></div>"
    ),
    "=yahoo forward": (
        '<div>{new}</div><div id="yahoo_quoted_1" class="yahoo_quoted"><div>----- Forwarded message -----</div><div>From: Bob &lt;bob@mail.example&gt;</div>'
        "<div>{old}</div></div>"
    ),
    "=thunderbird forward": (
        '<p>{new}</p><div class="moz-forward-container">-------- Forwarded Message --------<table class="moz-email-headers-table"><tr><th>Subject: </th>'
        "<td>Bill</td></tr></table>{old}</div>"
    ),
    "=nothing quoted": "<html><body><p>{new}</p><ul><li>one</li><li>two</li></ul><p>{old}</p></body></html>",
}
