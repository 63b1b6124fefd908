"""The words mail programs put around what they quote, in the languages we know of.

Evidence, never the rule: what stands here makes a finding surer, and structure (a date, an address, a colon) finds what does not stand here. All words are
folded, as whatever is compared with them must be. Nothing is matched as a substring unless its table says so.
"""

from __future__ import annotations

import unicodedata
from typing import Final


def fold(text: str) -> str:
    """For comparing: small letters without vowel signs."""
    return without_signs(text.casefold())


def without_signs(text: str) -> str:
    """Without the vowel signs of Thai, Hindi and others, which are no letters to Unicode and would tear words apart."""
    if text.isascii() or max(text) < "\u0300":
        return text
    return "".join(char for char in text if char != "\u200c" and not unicodedata.category(char).startswith("M"))


def _set(words: str) -> frozenset[str]:
    return frozenset(fold(words).split())


def _parts(words: str) -> tuple[str, ...]:
    return tuple(" ".join(part.split()) for part in fold(words).replace("\n", "|").split("|") if part.strip())


WROTE: Final = _set(
    """
    wrote writes sinulat schrieb schreibt geschrieben écrit ecrit écrivait escribió escribio escrito escribiu scritto scrive escreveu schreef
    schreven geschreven skrev skriver skreiv kirjoitti kirjoittaa napisał napisała napisal napisala pisze napsal napsala napísal napísala píše
    píse napisao pise piše írta irta ír scris scrie έγραψε έγραψαν γράφει написал написала пишет писал писала написав пише написа напиша пиша
    напісаў піша yazdı yazdi yazmış yazıyor yazan כתב כתבה כתבו كتب كتابة كتابه نوشت نوشته लिखा लिखते লিখেছেন எழுதியது เขียน เขียนว่า ได้เขียน
    viết menulis tulis rašė parašė rakstīja kirjutas escrigué escrit idatzi skrifaði skrifa shkroi napisaŭ kirjoittanut 写道 寫道 写到 写 寫
    作成 작성 작성함 썼습니다 보낸 書きました のメール のメッセージ yazib yozdi жазды scríobh ysgrifennodd skreva schrief kirjutatud
    """
)
"""Said of a person before what they said."""

WROTE_PARTS: Final = _parts(
    """
    쓴 글 | 写道 | 寫道 | のメール | のメッセージ | のメ | 작성 | 썼습니다 | เขียน | บอกว่า | 書き | 님이
    """
)
"""The same in scripts that do not put spaces between words: looked for inside a run of letters."""

OPENERS: Final = _set(
    """
    on le am el il em op den på pe în in dne dňa dnia w la στις την на в у dana vào vao 在 于 於 בתאריך ב في در pada kuupäev kuu az a ku ngày
    ta tal tysdag u missatge al ar ne ve pr noong
    """
)

GLUE: Final = _set(
    """
    dniu t at on om um à a alle às as kl kl. klo klokken ob o v в у u ore ora heures h uhr pm am p m gmt utc cet cest est edt pst pdt mst mdt
    cst cdt bst ist jst msk eet eest wet west z ha has heeft volgende het geschreven följande følgende folgendes las los la le el il lo den
    der die das de do da di del dia d använder użytkownik uzivatel uživatel používateľ odesílatel odosielateľ uporabnik korisnik ο η χρήστης
    пользователь користувач потребител kullanıcı user utilisateur usuario utente utilizador gebruiker przez von vom from by via per от від од
    מאת ב ב- ה في م ص تمت ما يلي بواسطة الساعة بتاريخ در تاریخ ساعت को बजे ने pukul jam lúc giorno ezt időpont idopont tarihinde şunu sunu
    saat klukkan kell plkst val г р г. р. года року година je jest za als i and und et y e и й та в: s ve saatinde th thg tháng ngày ngay
    วันที่ ในวันที่ เวลา น date tanggal wib an vi va hora horas hrs hr mail email e-mail message wrote- the of nachmittags vormittags pisze: se
    si že su mi tarih г.в r rok roku
    """
)
"""What stands between the date and the name: articles, "at", zones, "user"."""

PERSONS: Final = _set(
    """
    i we you my your our me us ich wir sie ihnen mir mich dir dich euch ihr ihre ihrem ihren unser unsere mein meine dein je j nous vous moi
    vos votre mes mon ma notre yo nosotros usted ustedes mi mis su sus le te io noi voi mio mia vostro vostra loro ho abbiamo eu nós você
    vocês meu minha seu sua ik wij jullie uw mijn jag vi ni min mitt din ditt er jeg deg mig meg dere minä sinä ja wy pan pani mój moja jsem
    já vám vás som én ön önök dumneavoastră я мы вы вам вас мне мой ваш ми ви мені мій εγώ εμείς σας μου μας ben biz siz size sana אני אנחנו
    לכם לך أنا نحن لكم لك من‌به من ما شما tôi chúng saya kami anda 私 我 我们 您 你 저 제가 ผม ฉัน เรา
    """
)
"""I, you and ours: a mail program never speaks of itself."""

WEEKDAYS: Final = _set(
    """
    monday tuesday wednesday thursday friday saturday sunday mon tue tues wed weds thu thur thurs fri sat sun montag dienstag mittwoch
    donnerstag freitag samstag sonnabend sonntag mo di mi do fr sa so lundi mardi mercredi jeudi vendredi samedi dimanche lun mar mer jeu ven
    sam dim lunes martes miércoles miercoles jueves viernes sábado sabado domingo mié jue vie sáb dom lunedì lunedi martedì martedi mercoledì
    mercoledi giovedì giovedi venerdì venerdi sabato domenica gio segunda terça terca quarta quinta sexta feira seg ter qua qui sex maandag
    dinsdag woensdag donderdag vrijdag zaterdag zondag ma wo za zo måndag tisdag onsdag torsdag fredag lördag söndag mån tis ons tors fre lör
    sön mandag tirsdag lørdag søndag man tirs tir tor lør søn maanantai tiistai keskiviikko torstai perjantai lauantai sunnuntai maanantaina
    tiistaina keskiviikkona torstaina perjantaina lauantaina sunnuntaina ti ke pe la su poniedziałek wtorek środa czwartek piątek sobota
    niedziela pon wt śr czw pt sob niedz nd pondělí úterý středa čtvrtek pátek neděle po út st čt pá ne pondelok utorok streda štvrtok piatok
    nedeľa ut št pi hétfő kedd szerda csütörtök péntek szombat vasárnap sze cs p szo v h k luni marți marti miercuri joi vineri sâmbătă
    sambata duminică duminica mie sâm понедельник вторник среда среду четверг пятница пятницу суббота субботу воскресенье пн вт ср чт пт сб вс
    нд понеділок вівторок середа середу четвер пятниця субота суботу неділя неділю понеделник сряда четвъртък петък събота неделя δευτέρα
    τρίτη τετάρτη πέμπτη παρασκευή σάββατο κυριακή δευ τρί τρι τετ πέμ παρ σάβ κυρ pazartesi salı sali çarşamba carsamba perşembe persembe
    cuma cumartesi pazar pzt sal çar per cum cmt paz יום ראשון שני שלישי רביעי חמישי שישי שבת الاثنين الإثنين الثلاثاء الأربعاء الاربعاء
    الخميس الجمعة السبت الأحد الاحد سه‌شنبه سه شنبه دوشنبه چهارشنبه پنجشنبه جمعه یکشنبه सोम मंगल बुध गुरु शुक्र शनि रवि senin selasa rabu kamis
    jumat sabtu minggu sel sen rab kam jum sab min ponedjeljak utorak srijeda četvrtak petak nedjelja uto sri čet pet ned ponedeljek torek
    sreda pirmadienis antradienis trečiadienis ketvirtadienis penktadienis šeštadienis sekmadienis pr an tr kt pn sk pirmdiena otrdiena
    trešdiena ceturtdiena piektdiena sestdiena svētdiena esmaspäev teisipäev kolmapäev neljapäev reede laupäev pühapäev dilluns dimarts
    dimecres dijous divendres dissabte diumenge dl dt dc dj dv ds dg 周一 周二 周三 周四 周五 周六 周日 週一 週二 週三 週四 週五 週六 週日
    星期一 星期二 星期三 星期四 星期五 星期六 星期日 月 火 水 木 金 土 日 월 화 수 목 금 토 일 월요일 화요일 수요일 목요일 금요일 토요일
    일요일 จ อ พ พฤ ศ ส อา
    """
)

MONTHS: Final = _set(
    """
    january february march april may june july august september october november december jan feb mar apr jun jul aug sep sept oct nov dec
    januar februar märz maerz mai juni juli oktober dezember jän jänner mär mrz okt dez janvier février fevrier mars avril juin juillet août
    aout septembre octobre novembre décembre decembre janv févr fevr avr juil déc enero febrero marzo abril mayo junio julio agosto septiembre
    setiembre octubre noviembre diciembre ene abr ago set dic gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre gen mag
    giu lug ott janeiro fevereiro março marco maio junho julho setembro outubro novembro dezembro fev out januari februari maart mei augustus
    mrt augusti maj marts desember des tammikuu tammikuuta helmikuu helmikuuta maaliskuu maaliskuuta huhtikuu huhtikuuta toukokuu toukokuuta
    kesäkuu kesäkuuta heinäkuu heinäkuuta elokuu elokuuta syyskuu syyskuuta lokakuu lokakuuta marraskuu marraskuuta joulukuu joulukuuta tammik
    helmik maalisk huhtik toukok kesäk heinäk elok syysk lokak marrask jouluk stycznia lutego marca kwietnia maja czerwca lipca sierpnia
    września października listopada grudnia sty lut kwi cze lip sie wrz paź lis gru ledna února března dubna května června července srpna září
    října listopadu prosince leden únor březen duben květen červen červenec srpen říjen prosinec januára februára apríla mája júna júla
    augusta septembra októbra novembra decembra január február március április május június július augusztus szeptember október febr márc ápr
    máj jún júl szept ianuarie februarie martie aprilie iunie iulie septembrie octombrie noiembrie decembrie ian iun iul noi января февраля
    марта апреля мая июня июля августа сентября октября ноября декабря янв февр фев мар апр май июн июл авг сент сен окт ноя нояб дек січня
    лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня січ лют бер берез квіт кві трав чер черв лип серп вер
    верес жовт лист груд януари февруари март април юни юли август септември октомври ноември декември ιανουαρίου φεβρουαρίου μαρτίου απριλίου
    μαΐου ιουνίου ιουλίου αυγούστου σεπτεμβρίου οκτωβρίου νοεμβρίου δεκεμβρίου ιαν φεβ μαρ απρ μαΐ ιουν ιουλ αυγ σεπ οκτ νοε δεκ ocak şubat
    mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık oca şub nis haz tem ağu eyl eki kas ara ינואר פברואר מרץ אפריל מאי יוני
    יולי אוגוסט ספטמבר אוקטובר נובמבר דצמבר בינואר בפברואר במרץ באפריל במאי ביוני ביולי באוגוסט בספטמבר באוקטובר בנובמבר בדצמבר ינו פבר אפר
    אוג ספט אוק נוב דצמ يناير فبراير مارس أبريل ابريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر ژانویه فوریه آوریل مه ژوئن ژوئیه اوت
    سپتامبر اکتبر نوامبر دسامبر जनवरी फरवरी मार्च अप्रैल मई जून जुलाई अगस्त सितंबर अक्टूबर नवंबर दिसंबर maret agustus agu agt siječnja veljače
    ožujka travnja svibnja lipnja srpnja kolovoza rujna studenoga prosinca sij velj ožu tra svi kol ruj stu pro januarja februarja aprila
    junija julija avgusta oktobra avg sausio vasario kovo balandžio gegužės birželio liepos rugpjūčio rugsėjo spalio lapkričio gruodžio
    janvāris februāris aprīlis maijs jūnijs jūlijs augusts septembris oktobris novembris decembris jaanuar veebruar märts aprill juuni juuli
    detsember gener febrer març maig juny juliol agost setembre desembre ม.ค ก.พ มี.ค เม.ย พ.ค มิ.ย ก.ค ส.ค ก.ย ต.ค พ.ย ธ.ค tháng thg 月 월
    """
)

FROM: Final = "from"
DATE: Final = "date"
TO: Final = "to"
CC: Final = "cc"
SUBJECT: Final = "subject"
OTHER: Final = "other"

_LABELS: Final[dict[str, str]] = {
    FROM: """
        from | von | absender | de | expéditeur | expediteur | da | mittente | van | afzender | från | avsändare | fra | avsender | afsender
        lähettäjä | od | nadawca | odesílatel | odosielateľ | feladó | felado | küldő | de la | expeditor | от | от кого | отправитель | від
        від кого | відправник | από | αποστολέας | kimden | gönderen | מאת | من | المرسل | از | فرستنده | 差出人 | 送信者 | from address
        보낸 사람 | 보낸사람 | 발신 | 发件人 | 寄件者 | 寄件人 | 发信人 | 發件人 | từ | người gửi | dari | pengirim | šalje | pošiljatelj | nuo
        siuntėjas | no | sūtītājs | saatja | kellelt | remitente | remetente | frá | sendandi | nga | จาก | ผู้ส่ง | प्रेषक | од | ад
        """,
    DATE: """
        date | sent | sent on | datum | gesendet | gesendet am | verzonden | envoyé | envoyé le | envoye | date d'envoi | fecha | enviado
        enviado el | enviada | enviada em | enviado em | data | inviato | inviato il | data invio | verzonden op | skickat | skickades | sendt
        dato | lähetetty | päivämäärä | päiväys | pvm | aika | wysłano | wyslano | data wysłania | odesláno | odeslané | odoslané | dátum
        elküldve | küldve | küldés | trimis | trimis la | отправлено | дата | отправлена | послано | дата отправки | надіслано | відправлено
        στάλθηκε | ημερομηνία | απεσταλμένα | gönderildi | gönderme tarihi | tarih | gönderilen | gönderilme | נשלח | תאריך | تم الإرسال | التاريخ
        تاريخ الإرسال | أرسلت | مرسل | تاریخ | ارسال شده | 送信日時 | 日時 | 日付 | 送信日 | 보낸 날짜 | 날짜 | 보낸날짜 | 发送时间 | 发送日期
        日期 | 时间 | 寄件日期 | 寄件時間 | 寄送日期 | 傳送時間 | 發送時間 | 傳送日期 | đã gửi | ngày | gửi | ngày gửi | gửi lúc | dikirim
        tanggal | terkirim | poslano | išsiųsta | nosūtīts | datums | saadetud | kuupäev | enviat | sent at | изпратено | date sent | dagsetning
        sent date | วันที่ | ส่งเมื่อ | दिनांक | भेजा गया | послато | poslato | bidalia | date/time | received
        """,
    TO: """
        to | an | à | a | para | aan | til | till | vastaanottaja | kenelle | do | komu | címzett | cimzett | către | catre | pentru | кому
        получатель | до | προς | kime | alıcı | אל | ל | إلى | الى | به | گیرنده | 宛先 | 받는 사람 | 받는사람 | 收件人 | 收件者 | tới | đến
        người nhận | kepada | ke | prima | za | kam | kellele | per | destinatario | destinatari | destinataire | destinatário | empfänger
        ontvanger | mottagare | modtager | mottaker | odbiorca | adresat | příjemce | príjemca | alıcılar | المستلم | nga | ถึง | प्रति | adresa
        naar | dla | à l'attention de | αποδέκτης | ка | saaja | saajat | prejemnik | til:
        """,
    CC: """
        cc | bcc | kopie | kopio | kopia | kopi | copie | copia | cópia | c.c | dw | udw | kopija | másolatot kap | másolat | в копии | копия
        копія | κοιν | κοινοποίηση | bilgi | עותק | העתק | نسخة | نسخة كربونية | رونوشت | 參照 | 参照 | 참조 | 抄送 | 副本 | đồng gửi | tembusan
        cci | cco | ccn | bilgi (cc) | в копію | rm | kópia | kopie (cc) | สำเนา | cc to
        """,
    SUBJECT: """
        subject | betreff | objet | asunto | oggetto | assunto | onderwerp | ämne | emne | aihe | temat | předmět | predmet | tárgy | targy
        subiect | тема | относно | предмет | наслов | θέμα | konu | נושא | הנדון | الموضوع | موضوع | 件名 | 題名 | 제목 | 主题 | 主旨 | 主題
        标题 | chủ đề | tiêu đề | subjek | perihal | naslov | zadeva | tema | temats | teema | assumpte | efni | tárgya | sujet | เรื่อง | विषय
        gaia | subiectul | objet du message | hal | тэма
        """,
    OTHER: """
        reply-to | antwort an | répondre à | responder a | rispondi a | attachments | anlagen | anlage | attachment | pièces jointes
        pièce jointe | adjuntos | datos adjuntos | allegati | allegato | anexos | bijlagen | bijlage | bilagor | vedhæftede filer | vedlegg
        liitteet | załączniki | přílohy | prílohy | mellékletek | вложения | вкладення | ekler | importance | wichtigkeit | priorität | prioriteit
        importancia | importanza | prioridade | priority | organization | organisation | mailed-by | signed-by | newsgroups | message-id
        references | sender | resent-from | vigtighed | viktighet | prioritet | 添付ファイル | 附件 | 첨부 | 重要度 | 重要性 | important
        to address | answer to | ответить | categories | kategorien | auftrag
        """,
}


LABELS: Final[dict[str, str]] = {label: kind for kind, words in reversed(_LABELS.items()) for label in _parts(words)}
"""What stands before the colon in a block of headers, and which header it is. Where one word names two of them (`no`, `a`), the earlier table wins."""

FORM: Final = _set(
    """
    name vorname nachname nom prénom nombre apellido nome cognome naam achternaam namn navn nimi imię nazwisko jméno příjmení meno név nume
    имя фамилия ім'я име όνομα ad soyad שם الاسم نام 名前 お名前 氏名 姓名 이름 tên nama ime vardas vārds phone telephone telefon téléphone
    teléfono telefono telefone telefoon puhelin телефон τηλέφωνο טלפון الهاتف 電話 電話番号 电话 전화 company firma société empresa azienda
    bedrijf företag yritys компания address adresse dirección indirizzo endereço adres adress osoite адрес διεύθυνση כתובת العنوان 住所 地址
    주소 message nachricht mitteilung mensaje messaggio mensagem bericht meddelande besked melding viesti wiadomość zpráva správa üzenet mesaj
    сообщение повідомлення съобщение μήνυμα ileti הודעה الرسالة メッセージ お問い合わせ内容 内容 留言 메시지 문의내용 pesan poruka comment
    comments kommentar commentaire comentario commento comentário opmerking question frage demande consulta domanda vraag fråga pytanie dotaz
    вопрос body text inhalt order bestellnummer bestellung commande pedido ordine e-mail email mail courriel correo city stadt ville ciudad
    country land pays país paese zip plz ip browser url website
    """
)
"""What a contact form asks: its lines look like headers and are the customer's words."""

ORIGINAL: Final = _parts(
    """
    оригінал | izvirn | orixinal | jatorriz | asal | origjinal | algsõnum | upprunaleg | 邮件原件 | бастапқы | мурожаат | תוכן מקורי
    above this line | oberhalb dieser | über dieser zeile | au-dessus de cette ligne | encima de esta línea | sopra questa riga
    acima desta linha | boven deze regel | ovanför denna | over denne linje | tämän rivin yläpuol | powyżej tej linii | nad touto | nad tento
    выше этой | вище цієї | bu satırın üst | この行より上 | この線より上 | 이 줄 위 | 此行上方 | 此行以上 | 此線上方 | original | ursprüng
    ursprung | urspruen | origine | oprindelig | opprinnelig | opphavleg | alkuperäi | oorspronkelijk | pierwotn | oryginaln | původní
    puvodni | pôvodn | eredeti | исходн | первоначал | оригинал | вихідн | початков | orijinal | özgün | αρχικ | πρωτότυπ | מקור | الأصل
    اصلی | 原始 | 元のメッセージ | 元のメール | オリジナル | 원본 | gốc | asli | izvorn | prvotn | originaal | origināl | pradin | upprunale
    arunta | ต้นฉบับ | मूल | algne | sākotnēj | replied message | reply message | 回复的原邮件 | 回复的邮件 | 原邮件 | 원래 | previous message
    quoted text | zitierte | réponse au message | antwort an | mensaje anterior
    """
)
"""Beginnings of words that say "original", looked for inside a line between dashes."""

MESSAGE: Final = _parts(
    """
    wiadomoś | письм | mesej | mensaxe | mezu | mesazh | teade | порака | хабар | brev | missatge | messag | mail | nachricht | mensaj
    mensag | messaggio | bericht | besked | meddel | melding | viesti | wiadomość | wiadomosc | zpráv | správ | üzenet | mesaj | сообщен
    письмо | повідомлен | лист | съобщен | порука | ileti | μήνυμα | הודעה | رسالة | پیام | 邮件 | 郵件 | 消息 | 訊息 | メッセージ | メール
    메시지 | 메일 | tin nhắn | thư | pesan | poruk | sporočil | laišk | žinut | vēstul | ziņoj | kiri | sõnum | skeyti | skilaboð | ข้อความ
    संदेश | pošta | levél | courriel | correo | correio | posta
    """
)
"""Beginnings of words that say "message"."""

FORWARDED: Final = _parts(
    """
    переадресов | переслан | معاد توجيه | إعادة التوجيه | forward | weitergeleitet | weiterleitung | transféré | transfere | transfert
    réexpédi | reexpedi | reenviad | rebotad | inoltra | encaminhad | reencaminhad | doorgestuurd | vidarebefordra | vidaresän | vidare-
    videresend | vidaresend | välitetty | välitett | edelleenläh | przekazan | przesłan | přeposlan | přeposíl | předan | preposlan
    preposiel | továbbított | redirecţ | redirecț | redirectionat | trimis mai departe | transmis | пересылаем | пересланн | переадрес
    перенаправ | пересилан | препратен | прослеђен | προωθημέν | προωθήθηκ | προώθησ | iletilen | iletilmiş | yönlendirilen | yönlendirilmiş
    הועבר | מועבר | موجهة | محولة | إعادة توجيه | هدایت شده | فوروارد | 转发 | 轉寄 | 轉發 | 転送 | 전달 | chuyển tiếp | diteruskan
    proslijeđen | prosleđen | posredovan | persiųst | pārsūt | edastat | edasi saadetud | reenviat | áframsen | ส่งต่อ | अग्रेषित
    """
)
"""Beginnings of words that say "forwarded": what follows is what the customer wants to be read."""

SENT: Final = _set(
    """
    sent gesendet geschickt verschickt versendet envoyé envoyée envoye envoyer expédié enviado enviada enviat inviato inviata verzonden
    verstuurd gestuurd skickat skickades skickad sendt sänt lähetetty wysłano wysłane wysłana wyslano odesláno odeslano poslané poslano
    odoslané elküldve küldve trimis trimisă отправлено отправлена надіслано відправлено адпраўлена изпратено послато poslato στάλθηκε εστάλη
    απεστάλη gönderildi gönderilmiştir נשלח נשלחה أرسلت أُرسلت مرسل مرسلة ارسال dikirim terkirim išsiųsta nosūtīts saadetud bidalia sendur
    sendes skickas verzend göndərildi poslane hantar dihantar
    """
)
"""Said of a mail by the telephone it was written on."""

SENT_FROM: Final = _set(
    """
    partir from via with using by on through von vom mit aus per über de depuis du d avec à desde con por mediante do da dal tramite pelo pela
    com vanaf met van uit från med fra z ze za prostřednictvím pomocou pomocí pomocą przez od pe prin с со из от через з із від από μέσω με מ
    מה מאת באמצעות من بواسطة عبر از توسط dari melalui từ bằng iš no ar iz sa s saját az minu my mein meinem mon mi mio meu mijn min mitt moj
    mój moje из-под на la l
    """
)
"""What stands between the sending and the thing sent from, or before the thing where the sending comes last."""

SENT_BEGINS: Final = _parts(
    """
    发自 | 發自 | 寄自 | 傳送自 | 传送自 | 来自 | 來自 | đã gửi từ | được gửi từ | gửi từ | تم الإرسال | تم الارسال | أرسلت من | أُرسلت من
    ارسال شده از | فرستاده شده از | ส่งจาก | نُشر من | مُرسل من | נשלח מ
    """
)
SENT_ENDS: Final = _parts(
    """
    から送信 | より送信 | から送信されました | からの送信 | 发送 | 发送的 | 發送 | 傳送 | 传送 | 寄出 | 보냄 | 보냈습니다 | 보낸 메일 | 발송
    발송됨 | से भेजा गया | ارسال شد | ارسال شده | gönderildi
    """
)
"""The same in scripts without spaces or of several words: how such a line begins, or ends."""

ARTICLES: Final = _set(
    """
    the a an this that der die das dem dieser ein eine einer le la un une cet cette el los una uno lo il este esta o um uma het een denne
    dette ta ten
    """
)
"""Said before a thing or an office, not before a name."""

SPEAKING: Final = _set(
    "i i'm i'll we you he she it ich wir du habe hat je nous vous j'ai yo io ho eu ik wij jag jeg vi minä ja já én я мы вы ми ben biz"
)
"""Whoever says this writes a sentence, not a footer."""

DEVICES: Final = _parts(
    """
    iphon | ipad | ipod | ios | android | samsung | galaxy | blackberry | huawei | xiaomi | redmi | oppo | oneplus | nokia | lumia | sony
    xperia | htc | pixel | motorola | windows | outlook | gmail | yahoo | aol | hotmail | icloud | protonmail | proton | tutanota | tuta
    typeapp | bluemail | mailbird | mailspring | sparrow | spark | airmail | edison | k-9 | k9 | fairemail | thunderbird | mail.ru | яндекс
    yandex | gmx | web.de | t-online | telekom | orange | sfr | libero | seznam | email.cz | post.cz | zoho | fastmail | superhuman | polymail
    acompli | smartphone | smarttelefon | mobile | mobil | handy | telefon | phone | tablet | téléphone | teléfono | telefono | telemóvel
    celular | móvil | cellulare | puhelim | telefoon | matkapuhel | телефон | смартфон | планшет | мобильн | мобільн | κινητό | τηλέφωνο
    הנייד | טלפון | הטלפון | هاتف | هاتفي | جوالي | 手机 | 手機 | 携帯 | スマートフォン | 스마트폰 | 휴대 | điện thoại | ponsel | mail | email
    e-mail | macbook | mac | apple | vivo | realme | zte | qq | 网易 | 網易 | foxmail | naver | daum | kakao | почт | wiko | fairphone
    ゲーラクシー | 我的 | 나의 | vodafone | verizon | att | t-mobile | wireless | webmail | roundcube | mailbox
    """
)
"""What a mail is sent from."""

VIRUS_SCANNERS: Final = _parts(
    """
    avast | avg.com | avg | eset | nod32 | kaspersky | norton | mcafee | sophos | bitdefender | avira | f-secure | dr.web | mailscanner
    spamfighter | g data | trend micro | clamav
    """
)
VIRUS: Final = _parts(
    """
    viren | virus | virii | malware | вирус | вірус | wirus | vírus | ウイルス | 病毒 | 바이러스 | فيروس | וירוס | ιοί | ιούς | virüs | viirus
    bedrohung | checked | scanned | geprüft | spam
    """
)

CLOSINGS: Final = _parts(
    """
    regards | best wishes | sincerely | yours | cheers | thanks | thank you | many thanks | best | grüße | grüßen | gruß | gruss | grüsse
    grüssen | cordialement | salutations | bien à vous | amicalement | merci | saludos | atentamente | un saludo | cordiali saluti | saluti
    distinti saluti | grazie | atenciosamente | cumprimentos | abraços | obrigado | obrigada | groet | groeten | groetjes | hälsning
    hälsningar | mvh | hilsen | hilsener | vennlig | venlig | terveisin | ystävällisin | pozdrawiam | poważaniem | pozdravem | pozdravom
    üdvözlettel | tisztelettel | stimă | salutări | уважением | приветом | повагою | поздрави | εκτίμηση | χαιρετισμούς | saygılarımla
    saygılar | בברכה | تحياتي | مع التحية | よろしくお願い | 敬具 | 감사합니다 | 此致 | 敬礼 | 谢谢 | 謝謝 | 祝好 | trân trọng | salam
    hormat | pozdrav | štovanjem | spoštovanjem | pagarbiai | cieņu | lugupidamisega | salutacions | mfg | lg | vg | kr | brgds
    """
)
"""Words of a line that ends a letter; such a line is short."""

PRIVACY: Final = _parts(
    """
    confidential | privileged | intended recipient | intended solely | intended only | disclaimer | notify the sender | disclos | unauthorized
    unauthorised | vertraulich | bestimmungsgemäß | unbefugt | irrtümlich | empfänger | vernichten | confidentiel | destinataire | par erreur
    détruire | confidencial | destinatario | por error | prohibid | confidenzial | riservat | per errore | cancellarlo | destinatário
    por engano | vertrouwelijk | geadresseerde | bestemd | konfidentiell | sekretess | avsedd | fortrolig | modtager | luottamuksell
    vastaanottaj | poufn | adresat | důvěrn | příjemc | dôvern | bizalmas | címzett | confidenţial | confidențial | конфиденциал
    конфіденційн | адресат | получател | εμπιστευτικ | παραλήπτη | gizli | alıcı | חסוי | סודי | سري | 機密 | 機密情報 | 受信者 | 机密 | 保密
    收件人 | 기밀 | 수신인 | bảo mật | rahasia | povjerljiv | zaupn | environment before printing | ausdrucken | avant d'imprimer
    antes de imprimir | prima di stampare
    """
)
"""Beginnings of words found in legal notices; two different ones are wanted."""

CONTACT: Final = _parts(
    """
    tel | tel. | telefon | phone | ph | mobile | mobil | mob | cell | fax | office | direct | m | t | f | e | w | handy | tél | port
    teléfono | telefono | cel | móvil | gsm | telefoon | puh | puhelin | тел | моб | факс | τηλ | κιν | טל | נייד | هاتف | جوال | 電話 | 携帯
    전화 | 电话 | 手机 | 電郵 | e-mail | email | mail | web | www | skype | website | internet | linkedin | twitter | facebook | whatsapp
    instagram | vat | ust-id | ust-idnr | hrb | iban | p.iva | nip | siret | kvk | ičo | инн
    """
)
"""Words before a number or an address in a visiting card."""

POINTERS: Final = _parts(
    """
    see below | answers below | replies below | comments below | below in | answered below | inline | in line | in red | in blue | in bold
    siehe unten | s. unten | weiter unten | unten in | in rot | rot markiert | direkt im text | ci-dessous | plus bas | en rouge | en bleu
    dans le texte | más abajo | en rojo | en azul | ver abajo | qui sotto | più sotto | in rosso | vedi sotto | abaixo em | ver abaixo
    em vermelho | hieronder | zie onder | in het rood | se nedan | i rött | nedanför | se nedenfor | se under | med rødt | i rødt | katso alta
    punaisella | poniżej | na czerwono | níže | červeně | nižšie | lásd lent | alább | pirossal | mai jos | cu roșu | ниже | красным | нижче
    червоним | по-долу | παρακάτω | με κόκκινο | aşağıda | kırmızı | להלן | למטה | באדום | أدناه | بالأحمر | 下記 | 以下に | 赤字 | 下面
    以下 | 红色 | 紅色 | 아래 | 빨간 | bên dưới | màu đỏ | di bawah | warna merah
    """
)
"""Words that point to answers further down."""
