"""Mails written by hand for the reply stripper, by client and language: what came in, and what a person would say the customer wrote.

Written before any sample was looked at closely, and kept as they are: they hold the rules to what clients do, not to one collection of mails.
"""

from __future__ import annotations

from typing import Final

ATTRIBUTED: Final[dict[str, str]] = {
    "gmail en": "On Tue, Mar 3, 2026 at 4:19 PM Jane Roe <jane@shop.example> wrote:",
    "gmail en old": "On Tue, Mar 3, 2026 at 4:19 PM, Jane Roe <jane@shop.example> wrote:",
    "gmail en wrapped": "On Tue, Mar 3, 2026 at 4:19 PM Jane Roe with a rather long name <\njane@shop.example> wrote:",
    "gmail en wrapped at the verb": "On Tue, 3 Mar 2026 at 16:19, Jane Roe <jane@shop.example>\nwrote:",
    "apple en": "On 3 Mar 2026, at 16:19, Jane Roe <jane@shop.example> wrote:",
    "thunderbird en": "On 3/3/26 16:19, Jane Roe wrote:",
    "thunderbird en day first": "On 03.03.2026 16:19, Jane Roe wrote:",
    "evolution": "On Tue, 2026-03-03 at 16:19 +0100, Jane Roe wrote:",
    "sparrow": "On Tuesday, March 3, 2026 at 4:55 PM, roe wrote:",
    "yahoo en": "On Tuesday, March 3, 2026 at 04:19:12 PM GMT+1, Jane Roe <jane@shop.example> wrote:",
    "samsung": "-------- Jane Roe <jane@shop.example> wrote --------",
    "zoho": "---- On Tue, 03 Mar 2026 16:19:00 +0100 Jane Roe <jane@shop.example> wrote ----",
    "gmail de": "Am Di., 3. März 2026 um 16:19 Uhr schrieb Jane Roe <\njane@shop.example>:",
    "apple de": "Am 03.03.2026 um 16:19 schrieb Jane Roe <jane@shop.example>:",
    "thunderbird de": "Am 03.03.26 um 16:19 schrieb Jane Roe:",
    "gmail fr": "Le mar. 3 mars 2026 à 16:19, Jane Roe <jane@shop.example> a écrit :",
    "gmail fr wrapped": "Le mar. 3 mars 2026 à 16:19, Jane Roe <jane@shop.example> a\nécrit :",
    "apple fr": "Le 3 mars 2026 à 16:19, Jane Roe <jane@shop.example> a écrit\xa0:",
    "gmail es": "El mar, 3 mar 2026 a las 16:19, Jane Roe (<jane@shop.example>) escribió:",
    "apple es": "El 3 mar 2026, a las 16:19, Jane Roe <jane@shop.example> escribió:",
    "gmail it": "Il giorno mar 3 mar 2026 alle ore 16:19 Jane Roe <jane@shop.example> ha\nscritto:",
    "apple it": "Il giorno 3 mar 2026, alle ore 16:19, Jane Roe <jane@shop.example> ha scritto:",
    "gmail pt": "Em ter., 3 de mar. de 2026 às 16:19, Jane Roe <jane@shop.example>\nescreveu:",
    "gmail nl": "Op di 3 mrt 2026 om 16:19 schreef Jane Roe <jane@shop.example>:",
    "apple nl": "Op 3 mrt. 2026, om 16:19 heeft Jane Roe <jane@shop.example> het volgende geschreven:",
    "gmail sv": "Den tis 3 mars 2026 kl 16:19 skrev Jane Roe <jane@shop.example>:",
    "apple sv": "3 mars 2026 kl. 16:19 skrev Jane Roe <jane@shop.example>:",
    "gmail da": "Den tirs. 3. mar. 2026 kl. 16.19 skrev Jane Roe <jane@shop.example>:",
    "gmail no": "tir. 3. mar. 2026 kl. 16:19 skrev Jane Roe <jane@shop.example>:",
    "gmail fi": "ti 3. maalisk. 2026 klo 16.19 Jane Roe (jane@shop.example) kirjoitti:",
    "gmail pl": "wt., 3 mar 2026 o 16:19 Jane Roe <jane@shop.example> napisał(a):",
    "thunderbird pl": "W dniu 03.03.2026 o 16:19, Jane Roe pisze:",
    "gmail cs": "út 3. 3. 2026 v 16:19 odesílatel Jane Roe <jane@shop.example> napsal:",
    "seznam cs": (
        "---------- Původní e-mail ----------\nOd: Jane Roe <jane@shop.example>\n"
        "Komu: kunde@mail.example\nDatum: 3. 3. 2026 16:19:12\nPředmět: Re: dotaz"
    ),
    "gmail sk": "ut 3. 3. 2026 o 16:19 Jane Roe <jane@shop.example> napísal(a):",
    "gmail hu": "Jane Roe <jane@shop.example> ezt írta (időpont: 2026. márc. 3., K,\n16:19):",
    "gmail ro": "În mar., 3 mar. 2026 la 16:19, Jane Roe <jane@shop.example> a scris:",
    "gmail ru": "вт, 3 мар. 2026 г. в 16:19, Jane Roe <jane@shop.example>:",
    "apple ru": "3 марта 2026 г., в 16:19, Jane Roe <jane@shop.example> написал(а):",
    "mail.ru": ">Вторник, 3 марта 2026, 16:19 +03:00 от Jane Roe <jane@shop.example>:\n>",
    "gmail uk": "вт, 3 бер. 2026 р. о 16:19 Jane Roe <jane@shop.example> пише:",
    "gmail bg": "На вт, 3.03.2026 г. в 16:19 Jane Roe <jane@shop.example> написа:",
    "gmail el": "Στις Τρί 3 Μαρ 2026 στις 4:19 μ.μ., ο χρήστης Jane Roe <jane@shop.example> έγραψε:",
    "gmail tr": "Jane Roe <jane@shop.example>, 3 Mar 2026 Sal, 16:19 tarihinde şunu yazdı:",
    "gmail ar": "في الثلاثاء، 3 مارس 2026 في 4:19 م تمت كتابة ما يلي بواسطة Jane Roe <jane@shop.example>:",
    "apple ar": "في ٣ مارس ٢٠٢٦، الساعة ٤:١٩ م، كتب Jane Roe <jane@shop.example>:",
    "gmail he": "\u202bבתאריך יום ג׳, 3 במרץ 2026 ב-16:19 מאת \u202aJane Roe\u202c\u200f <\u202ajane@shop.example\u202c\u200f>:\u202c",
    "gmail fa": "در تاریخ سه\u200cشنبه ۳ مارس ۲۰۲۶،\u200f ۱۶:۱۹ Jane Roe <jane@shop.example> نوشت:",
    "gmail hi": "मंगल, 3 मार्च 2026 को 4:19 pm बजे को Jane Roe <jane@shop.example> ने लिखा:",
    "gmail th": "ในวันที่ อ. 3 มี.ค. 2026 เวลา 16:19 Jane Roe <jane@shop.example> เขียนว่า:",
    "gmail ja": "2026年3月3日(火) 16:19 Jane Roe <jane@shop.example>:",
    "apple ja": "2026/03/03 16:19、Jane Roe <jane@shop.example>のメール:",
    "gmail ko": "2026년 3월 3일 (화) 오후 4:19, Jane Roe <jane@shop.example>님이 작성:",
    "gmail zh": "Jane Roe <jane@shop.example> 于2026年3月3日周二 16:19写道：",
    "apple zh": "在 2026年3月3日，下午4:19，Jane Roe <jane@shop.example> 写道：",
    "gmail tw": "Jane Roe <jane@shop.example> 於 2026年3月3日 週二 下午4:19寫道：",
    "gmail vi": "Vào 16:19, Th 3, 3 thg 3, 2026 Jane Roe <jane@shop.example>\nđã viết:",
    "gmail id": "Pada Sel, 3 Mar 2026 pukul 16.19 Jane Roe <jane@shop.example> menulis:",
    "gmail hr": "uto, 3. ožu 2026. u 16:19 Jane Roe <jane@shop.example> napisao je:",
    "gmail lt": "2026-03-03, an, 16:19 Jane Roe <jane@shop.example> rašė:",
    "gmail et": "Kuupäev T, 3. märts 2026 kell 16:19 kirjutas Jane Roe <jane@shop.example>:",
    "gmail ca": "Missatge de Jane Roe <jane@shop.example> del dia dt., 3 de març 2026 a les 16:19:",
    "unknown language": "Ku 3 Machi 2026 16:19 Jane Roe <jane@shop.example> wandika:",
    "iso date": "2026-03-03 16:19 GMT+03:00 Jane Roe <\njane@shop.example>:",
}
"""By client: the line or lines it puts above what it quotes."""

BLOCKS: Final[dict[str, str]] = {
    "outlook en": "From: Jane Roe <jane@shop.example>\nSent: Tuesday, March 3, 2026 4:19 PM\nTo: Max Kunde <max@mail.example>\nSubject: Your order",
    "outlook en without address": "From: Jane Roe\nSent: Tuesday, March 3, 2026 4:19 PM\nTo: Max Kunde\nSubject: Your order",
    "outlook underscores": (
        "________________________________\nFrom: Jane Roe <jane@shop.example>\nSent: 03 March 2026 16:19\nTo: Max Kunde\nSubject: Order"
    ),
    "outlook bold": (
        "*From:* Jane Roe [mailto:jane@shop.example]\n*Sent:* Tuesday, March 3, 2026 4:19 PM\n*To:* Max Kunde\n*Subject:* Your order"
    ),
    "bold, wrapped": (
        "  *From:* jane@shop.example [mailto:\n  jane@shop.example]\n  *Sent:* Tuesday, March 3, 2026 4:19 PM\n"
        "  *To:* max@mail.example\n  *Subject:* Hello"
    ),
    "original message": "-----Original Message-----\nFrom: Jane Roe\nTo: Max\nSent: Tue, Mar 3, 2026 4:19 pm\nSubject: Your order",
    "original message alone": "----- Original Message -----",
    "samsung en": "-------- Original message --------\nFrom: Jane Roe <jane@shop.example>\nDate: 03/03/2026 16:19 (GMT+01:00)\nTo: max@mail.example",
    "outlook de": (
        "Von: Jane Roe <jane@shop.example>\nGesendet: Dienstag, 3. März 2026 16:19\n"
        "An: Max Kunde <max@mail.example>\nBetreff: Ihre Bestellung"
    ),
    "original de": "-----Ursprüngliche Nachricht-----\nVon: Jane Roe\nGesendet: Dienstag, 3. März 2026 16:19\nAn: Max\nBetreff: Ihre Bestellung",
    "gmx de": 'Gesendet: Dienstag, 03. März 2026 um 16:19 Uhr\nVon: "Jane Roe" <jane@shop.example>\nAn: max@mail.example\nBetreff: Ihre Bestellung',
    "outlook fr": "De : Jane Roe <jane@shop.example>\nEnvoyé : mardi 3 mars 2026 16:19\nÀ : Max Kunde\nObjet : Votre commande",
    "outlook es": "De: Jane Roe <jane@shop.example>\nEnviado el: martes, 3 de marzo de 2026 16:19\nPara: Max Kunde\nAsunto: Su pedido",
    "outlook it": "Da: Jane Roe <jane@shop.example>\nInviato: martedì 3 marzo 2026 16:19\nA: Max Kunde\nOggetto: Il suo ordine",
    "outlook pt": "De: Jane Roe <jane@shop.example>\nEnviada em: terça-feira, 3 de março de 2026 16:19\nPara: Max Kunde\nAssunto: Pedido",
    "outlook nl": "Van: Jane Roe <jane@shop.example>\nVerzonden: dinsdag 3 maart 2026 16:19\nAan: Max Kunde\nOnderwerp: Uw bestelling",
    "outlook sv": "Från: Jane Roe [mailto:jane@shop.example]\nSkickat: den 3 mars 2026 16:19\nTill: Max Kunde\nÄmne: Din beställning",
    "outlook da": "Fra: Jane Roe <jane@shop.example>\nSendt: 3. marts 2026 16:19\nTil: Max Kunde\nEmne: Din ordre",
    "outlook fi": "Lähettäjä: Jane Roe <jane@shop.example>\nLähetetty: tiistai 3. maaliskuuta 2026 16.19\nVastaanottaja: Max Kunde\nAihe: Tilaus",
    "outlook pl": "Od: Jane Roe <jane@shop.example>\nWysłano: wtorek, 3 marca 2026 16:19\nDo: Max Kunde\nTemat: Zamówienie",
    "outlook cs": "Od: Jane Roe <jane@shop.example>\nOdesláno: úterý 3. března 2026 16:19\nKomu: Max Kunde\nPředmět: Objednávka",
    "outlook hu": "Feladó: Jane Roe <jane@shop.example>\nElküldve: 2026. március 3., kedd 16:19\nCímzett: Max Kunde\nTárgy: Rendelés",
    "outlook ro": "De la: Jane Roe <jane@shop.example>\nTrimis: marți, 3 martie 2026 16:19\nCătre: Max Kunde\nSubiect: Comanda",
    "outlook ru": "От: Jane Roe <jane@shop.example>\nОтправлено: 3 марта 2026 г. 16:19\nКому: Max Kunde\nТема: Заказ",
    "outlook uk": "Від: Jane Roe <jane@shop.example>\nНадіслано: 3 березня 2026 р. 16:19\nКому: Max Kunde\nТема: Замовлення",
    "outlook el": "Από: Jane Roe <jane@shop.example>\nΣτάλθηκε: Τρίτη, 3 Μαρτίου 2026 16:19\nΠρος: Max Kunde\nΘέμα: Παραγγελία",
    "outlook tr": "Kimden: Jane Roe <jane@shop.example>\nGönderildi: 3 Mart 2026 Salı 16:19\nKime: Max Kunde\nKonu: Sipariş",
    "outlook he": "מאת: Jane Roe <jane@shop.example>\nנשלח: יום שלישי 3 מרץ 2026 16:19\nאל: Max Kunde\nנושא: הזמנה",
    "outlook ar": "من: Jane Roe <jane@shop.example>\nتم الإرسال: 03/مارس/2026 04:19 م\nإلى: Max Kunde\nالموضوع: طلب",
    "outlook ja": "差出人: Jane Roe <jane@shop.example>\n送信日時: 2026年3月3日 16:19\n宛先: Max Kunde\n件名: ご注文",
    "outlook ko": "보낸 사람: Jane Roe <jane@shop.example>\n보낸 날짜: 2026년 3월 3일 화요일 오후 4:19\n받는 사람: Max Kunde\n제목: 주문",
    "outlook zh": "发件人: Jane Roe <jane@shop.example>\n发送时间: 2026年3月3日 16:19\n收件人: Max Kunde\n主题: 订单",
    "qq": (
        '------------------ 原始邮件 ------------------\n发件人: "Jane Roe" <jane@shop.example>;\n'
        '发送时间: 2026年3月3日(星期二) 下午4:19\n收件人: "Max";\n主题: 订单'
    ),
    "outlook tw": "寄件者: Jane Roe <jane@shop.example>\n寄件日期: 2026年3月3日 16:19\n收件者: Max Kunde\n主旨: 訂單",
    "outlook vi": "Từ: Jane Roe <jane@shop.example>\nĐã gửi: Thứ Ba, 3 Tháng Ba 2026 16:19\nTới: Max Kunde\nChủ đề: Đơn hàng",
    "unknown language": "Chuiha: Jane Roe <jane@shop.example>\nTlaihna: 3 Machi 2026 16:19\nKitapa: Max Kunde\nKhwada: Oda",
    "blank lines between": "*De :* Jane Roe <jane@shop.example>\n\n*Envoyé :* mardi 3 mars 2026 16:19\n\n*À :* Max Kunde\n\n*Objet :* Votre commande",
    "no space after the colon": "From:Jane Roe <jane@shop.example>\nDate:Tue, 3 Mar 2026 16:19:00 +0100\nTo:max@mail.example\nSubject:Order",
    "date first": "Date: Tue, 03 Mar 2026 16:19:02 -0600\nTo: max@mail.example\nFrom: jane@shop.example\nSubject: Order",
}
"""By client: the block of headers above what it quotes, whose lines it does not mark."""

FOOTERS: Final[tuple[str, ...]] = (
    "Sent from my iPhone",
    "Sent from my Samsung Galaxy smartphone.",
    "Sent from Yahoo Mail on Android",
    "Get Outlook for iOS<https://aka.ms/o0ukef>",
    "Von meinem iPhone gesendet",
    "Gesendet von Mail für Windows",
    "Outlook für Android beziehen",
    "Envoyé de mon iPhone",
    "Envoyé depuis mon mobile Orange",
    "Télécharger Outlook pour iOS<https://aka.ms/o0ukef>",
    "Enviado desde mi iPhone",
    "Enviado do meu iPhone",
    "Inviato da iPhone",
    "Verstuurd vanaf mijn iPhone",
    "Verzonden vanaf Samsung-tablet",
    "Skickat från min iPhone",
    "Sendt fra min iPhone",
    "Lähetetty iPhonesta",
    "Wysłane z iPhone'a",
    "Odesláno z iPhonu",
    "Trimis de pe iPhone-ul meu",
    "Отправлено с iPhone",
    "Надіслано з iPhone",
    "Στάλθηκε από το iPhone μου",
    "iPhone'umdan gönderildi",
    "Az iPhone készülékemről küldve",
    "נשלח מה-iPhone שלי",
    "أرسلت من الـ iPhone",
    "iPhoneから送信",
    "나의 iPhone에서 보냄",
    "发自我的 iPhone",
    "Đã gửi từ iPhone của tôi",
    "Dikirim dari iPhone saya",
    "This email has been checked for viruses by Avast antivirus software.\nwww.avast.com",
)
"""What telephones and scanners for viruses put under a mail."""

UNTOUCHED: Final[dict[str, str]] = {
    "no quote at all": "Hello,\n\nmy parcel has not arrived. Could you look?\n\nThank you",
    "a sentence like an attribution": "Hello,\n\nOn Monday I wrote to you at 10:00:\nthe parcel is broken. Nobody answered.",
    "a sentence with a whole date": "Hello,\n\nOn Monday, March 2, 2026 at 10:00 I wrote to your shop:\nplease send a new one.",
    "the same in German": "Guten Tag,\n\nam 2. März 2026 um 10:00 schrieb ich Ihnen:\nbitte senden Sie Ersatz.",
    "the same in French": "Bonjour,\n\nle 2 mars 2026 à 10:00 je vous ai écrit :\nmerci de remplacer le colis.",
    "an address in the sentence": "On 12 May 2026 at 10:00 I sent a mail to help@shop.example and got this answer:\nyour ticket is closed. Why?",
    "bullets with angle brackets": "I need these things:\n> a new invoice\n> the tracking number\n> an apology\n\nThanks",
    "bullets at the end": "Please send me:\n\n> invoice\n> tracking number",
    "code": "This fails:\n\n>>> import shop\n>>> shop.buy()\nTraceback (most recent call last):\nValueError: no\n\nWhy?",
    "arrows": "Visit us now for assistance...\n>>> >>>  http://www.shop.example <<<\nVisit our site by clicking the link above",
    "an appointment": "Invitation for an interview:\n\nDate: Wednesday 3, October 2026\nTime: 7:00am\nAddress: 130 Fox St\n\nPlease bring your ID.",
    "a contact form": "Name: Max Kunde\nE-Mail: max@mail.example\nDate: 2026-03-03 16:19\nPhone: 030 1234567\n\nMessage: where is my parcel?",
    "a contact form with a date": (
        "New message from your website:\n\nFrom: Max Kunde <max@mail.example>\nSubject: Order\nDate: 3 March 2026 16:19\n\nMessage Body:\nWhere is it?"
    ),
    "a contact form, German": (
        "Neue Anfrage:\n\nName: Max Kunde <max@mail.example>\nDatum: 03.03.2026 16:19\nTelefon: 030 1234567\nNachricht: Wo ist mein Paket?"
    ),
    "a journey": "Please change my ticket:\n\nFrom: Berlin\nTo: Paris\nDate: 12 May 2026\n\nThank you very much",
    "own rules": "First thing: the box was open.\n\n---------- Details ----------\n\nThe left corner is torn.\n\n- nothing is missing\n- it works",
    "forwarded, Gmail": (
        "FYI\n\n---------- Forwarded message ----------\nFrom: bob@mail.example\nDate: Tue, Mar 3, 2026 at 1:35 PM\n"
        "Subject: Two\nTo: rob@mail.example\n\nThe text of it"
    ),
    "forwarded, Apple": (
        "See below.\n\nBegin forwarded message:\n\n> From: Bob <bob@mail.example>\n"
        "> Subject: Bill\n> Date: 3 March 2026 at 16:19:00 CET\n>\n> Text"
    ),
    "forwarded, German": (
        "Bitte ansehen.\n\n-------- Weitergeleitete Nachricht --------\nBetreff: Rechnung\nDatum: Tue, 3 Mar 2026 16:19:00 +0100\n"
        "Von: Bob <bob@mail.example>\nAn: max@mail.example\n\nText"
    ),
    "forwarded, Russian": (
        "Посмотрите.\n\n-------- Пересылаемое сообщение --------\nОт кого: Bob <bob@mail.example>\nКому: max@mail.example\n"
        "Дата: 3 марта 2026 16:19\n\nТекст"
    ),
    "sent from a desk": "Here is another mail\n\nSent from my desk, is much easier then my mobile phone.",
    "sent the mail": "Where is my answer?\n\nSent the mail yesterday.",
    "sent from Hamburg": "Where is my parcel?\n\nSent from Hamburg by mail on Monday.",
    "I sent it from my phone": "Did you get the picture?\n\nI have sent the mail from my iPhone.",
    "ich habe gesendet": "Guten Tag!\n\nDas Paket habe ich mit dem Handy gesendet.",
    "cannot log in from an iPhone": "こんにちは。\n\niPhoneからログインできません。",
    "mail from a phone in Korean": "안녕하세요.\n\niPhone에서 보낸 메일이 도착하지 않아요.",
    "an order form": (
        "You have a new message:\n\nFrom: Max Kunde <max@mail.example>\n"
        "Subject: Order\nPhone: 030 1234567\nMessage:\nWhere is my parcel?"
    ),
    "the technician wrote": "Hello,\n\nOn March 3, 2026 at 10:00 the technician wrote:\nthe box is broken. Please send a new one.",
    "der Techniker schrieb": "Guten Tag,\n\nAm 3. März 2026 um 10:00 schrieb der Techniker:\ndie Box ist kaputt.",
    "a journey with a time": "Please book this:\n\nFrom: Berlin Hbf\nTo: Paris Est\nDate: 12 May 2026 10:15\n\nTwo persons.",
    "private papers": (
        "Hello,\n\nI must complain. Please notify the sender that my confidential papers were disclosed to a neighbour, who is not the intended recipient."
    ),
    "my new number": "Please change my data.\n\nTel: 030 1234567\nE-Mail: max@mail.example\nWeb: www.kunde.example",
    "a number to call": "Please call me back.\n\nThanks\nMax\n030 1234567",
    "checked with a scanner": "The download is broken.\n\nI checked the file with Avast and it found a virus.",
    "two parts": "The first part is about the invoice.\n--\nAnd the second one: where is my parcel?",
    "steps": "I did this:\n\n1. open the app\n2. wait\n----\nIt failed.\n====\nWhat next?",
    "quotes of a person": 'My wife said:\n"The box was open at 10:00."\nSo who opened it?',
    "an own thread": "Re: your question of 3 March 2026, 16:19:\nyes, max@mail.example is my address.",
    "a receipt": "Order: 4711\nDate: 03.03.2026 16:19\nTo: Max Kunde\nTotal: 12.00\n\nWhat is the second position?",
    "dash in a line": "This is a mail with a -- in the middle of a line, which is not a signature -- at all.",
    "a colon at the end": "Hello,\nplease note the following at 10:00:\nthe shop in Berlin, shop@shop.example, is closed.",
    "log lines": "\n".join(f"2026-03-03 16:19:0{n} INFO Von: a An: b: c <d@e.example> schrieb nothing" for n in range(9)),
}
"""Mails with nothing to strip, however much they look like it."""

ORIGINALS: Final[tuple[str, ...]] = (
    "-----Original Message-----",
    "-------- Original message --------",
    "-----Ursprüngliche Nachricht-----",
    "-------- Originalnachricht --------",
    "-----Message d'origine-----",
    "-------- Message original --------",
    "-----Mensaje original-----",
    "-----Messaggio originale-----",
    "-----Mensagem original-----",
    "-----Oorspronkelijk bericht-----",
    "-----Ursprungligt meddelande-----",
    "----Originalmeddelande----",
    "-----Oprindelig meddelelse-----",
    "-----Opprinnelig melding-----",
    "-----Alkuperäinen viesti-----",
    "-----Oryginalna wiadomość-----",
    "-----Wiadomość oryginalna-----",
    "-----Původní zpráva-----",
    "-----Pôvodná správa-----",
    "-----Eredeti üzenet-----",
    "-----Mesaj original-----",
    "-----Исходное сообщение-----",
    "-----Оригінальне повідомлення-----",
    "-----Оригинално съобщение-----",
    "-----Αρχικό μήνυμα-----",
    "-----Özgün İleti-----",
    "-----Orijinal Mesaj-----",
    "-----הודעה מקורית-----",
    "-----الرسالة الأصلية-----",
    "-----پیام اصلی-----",
    "-----Izvorna poruka-----",
    "-----Izvirno sporočilo-----",
    "-----Pradinis laiškas-----",
    "-----Sākotnējais ziņojums-----",
    "-----Algne teade-----",
    "-----元のメッセージ-----",
    "-----원본 메시지-----",
    "-----原始邮件-----",
    "-----原始郵件-----",
    "-----Thư gốc-----",
    "-----Pesan Asli-----",
    "-----Mesej Asal-----",
    "-----ข้อความต้นฉบับ-----",
    "-----Missatge original-----",
    "-----Mensaxe orixinal-----",
    "-----Jatorrizko mezua-----",
    "-----मूल संदेश-----",
    "-----Upprunaleg skilaboð-----",
    "-----Mesazhi origjinal-----",
    "##- Please type your reply above this line -##",
)
"""What stands between dashes above an old message."""

FORWARDS: Final[tuple[str, ...]] = (
    "---------- Forwarded message ---------",
    "-------- Forwarded Message --------",
    "Begin forwarded message:",
    "---------- Weitergeleitete Nachricht ----------",
    "Anfang der weitergeleiteten Nachricht:",
    "---------- Message transféré ----------",
    "Début du message réexpédié :",
    "---------- Mensaje reenviado ----------",
    "Inicio del mensaje reenviado:",
    "---------- Messaggio inoltrato ----------",
    "Inizio messaggio inoltrato:",
    "---------- Mensagem encaminhada ----------",
    "Início da mensagem encaminhada:",
    "---------- Doorgestuurd bericht ----------",
    "Begin doorgestuurd bericht:",
    "---------- Vidarebefordrat meddelande ----------",
    "Vidarebefordrat brev:",
    "---------- Videresendt meddelelse ----------",
    "Start på videresendt besked:",
    "---------- Edelleenlähetetty viesti ----------",
    "Välitetty viesti alkaa:",
    "---------- Przekazana wiadomość ----------",
    "Początek przekazanej wiadomości:",
    "---------- Přeposlaná zpráva ----------",
    "---------- Preposlaná správa ----------",
    "---------- Továbbított üzenet ----------",
    "---------- Mesaj redirecționat ----------",
    "---------- Пересылаемое сообщение ----------",
    "Начало переадресованного сообщения:",
    "---------- Пересланное повідомлення ----------",
    "---------- Προωθημένο μήνυμα ----------",
    "---------- Yönlendirilmiş ileti ----------",
    "---------- הודעה שהועברה ----------",
    "---------- رسالة معاد توجيهها ----------",
    "---------- 転送メッセージ ----------",
    "---------- 전달된 메시지 ----------",
    "---------- 转发的邮件 ----------",
    "---------- 轉寄的郵件 ----------",
    "---------- Thư được chuyển tiếp ----------",
    "---------- Pesan yang diteruskan ----------",
    "---------- Proslijeđena poruka ----------",
)
"""What announces a forwarded message."""
