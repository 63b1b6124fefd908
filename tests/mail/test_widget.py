"""What a customer's browser is shown of a conversation that went on by mail."""

from __future__ import annotations

from contact_hub.channels.chat.frames import BrandMail, BrandMessage, CustomerMail, CustomerMessage, MailAddress, shown_in_widget


def test_of_a_mail_the_widget_sees_its_words_and_nothing_else() -> None:
    mail = CustomerMail(
        mail="mal-1",
        subject="secret subject",
        text="Guten Tag",
        quoted="secret quote",
        sender=MailAddress(email="ana@kunde.example", name="Ana"),
        cc=(MailAddress(email="lawyer@law.example"),),
        warnings=("sender_unproven",),
    )
    written = BrandMail(outgoing="out-1", subject="secret", text="Guten Tag, Ana", cc=(MailAddress(email="lawyer@law.example"),))

    assert shown_in_widget(mail) == CustomerMessage(text="Guten Tag", client_message_id="mal-1")
    assert shown_in_widget(written) == BrandMessage(text="Guten Tag, Ana")


def test_a_strangers_words_are_not_for_the_customer() -> None:
    mail = CustomerMail(mail="mal-2", subject="s", text="not for Ana", sender=MailAddress(email="eve@x.example"), third_party=True)

    assert shown_in_widget(mail) == CustomerMessage(text="", client_message_id="mal-2")
