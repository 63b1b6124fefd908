"""To which conversation a mail belongs: by proof of this brand, or not at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_hub.channels.email.mail import Address, InboundMail
from contact_hub.channels.email.threads import (
    IDS_MAX,
    LOCAL_PART_MAX,
    Refusal,
    Seen,
    ThreadBy,
    conversation_in,
    find_thread,
    ids_of,
    looks_like_ours,
    our_message_id,
    plus_address,
    references_with_token,
    thread_id,
    token,
)

KEY, OLD_KEY, FOREIGN_KEY = b"k" * 32, b"o" * 32, b"f" * 32
CONVERSATION = "cnv_01jd5xaaaaaaaaaaaaaaaaaaaa"
OTHER = "cnv_01jd5xbbbbbbbbbbbbbbbbbbbb"
ENTROPY = b"0123456789"


def sealed(conversation: str = CONVERSATION, brand: str = "acme", key: bytes = KEY) -> str:
    return our_message_id(conversation, brand, key, domain="acme.example", entropy=ENTROPY)


def mail(**changes: object) -> InboundMail:
    return InboundMail(**{"sender": Address("anna@kunde.example"), "subject": "Re: parcel", **changes})  # type: ignore[arg-type]


def test_an_answer_to_our_address_joins_its_conversation() -> None:
    to = Address(plus_address("help@acme.example", CONVERSATION, "acme", KEY))
    found = find_thread(mail(recipients=(to,)), "acme", [KEY], Seen())
    assert (found.conversation, found.by) == (CONVERSATION, ThreadBy.PLUS_TOKEN)


def test_a_bcc_answer_is_found_by_what_the_server_noted() -> None:
    noted = plus_address("help@acme.example", CONVERSATION, "acme", KEY)
    found = find_thread(mail(headers=(("delivered-to", noted),)), "acme", [KEY], Seen())
    assert found.conversation == CONVERSATION


def test_an_address_that_was_put_into_small_letters_or_capitals_still_holds() -> None:
    to = Address(plus_address("help@acme.example", CONVERSATION, "acme", KEY).upper())
    assert find_thread(mail(recipients=(to,)), "acme", [KEY], Seen()).conversation == CONVERSATION


def test_our_message_id_in_in_reply_to_ties() -> None:
    found = find_thread(mail(in_reply_to=("strange@x.example", sealed())), "acme", [KEY], Seen())
    assert (found.conversation, found.by) == (CONVERSATION, ThreadBy.IN_REPLY_TO)


def test_a_rewritten_message_id_is_survived_by_the_token_in_our_references() -> None:
    references = references_with_token(["first@kunde.example"], CONVERSATION, "acme", KEY, domain="acme.example")
    answer = mail(in_reply_to=("rewritten@provider.example",), references=(*references, "rewritten@provider.example"))
    found = find_thread(answer, "acme", [KEY], Seen())
    assert (found.conversation, found.by) == (CONVERSATION, ThreadBy.REFERENCES)


def test_the_newest_reference_wins() -> None:
    found = find_thread(mail(references=(sealed(OTHER), sealed())), "acme", [KEY], Seen())
    assert found.conversation == CONVERSATION


def test_the_address_outweighs_what_a_mail_program_wrote_into_references() -> None:
    to = Address(plus_address("help@acme.example", CONVERSATION, "acme", KEY))
    assert find_thread(mail(recipients=(to,), in_reply_to=(sealed(OTHER),)), "acme", [KEY], Seen()).conversation == CONVERSATION


def test_mails_from_before_there_were_tokens_are_known_by_their_id() -> None:
    store = Seen(conversations={"old@acme.example": ("acme", CONVERSATION)})
    assert find_thread(mail(in_reply_to=("old@acme.example",)), "acme", [KEY], store).conversation == CONVERSATION


def test_an_id_of_another_brand_ties_nothing_and_is_recorded() -> None:
    store = Seen(conversations={"old@bolt.example": ("bolt", OTHER)})
    found = find_thread(mail(in_reply_to=("old@bolt.example",)), "acme", [KEY], store)
    assert found.conversation is None
    assert [(one.because, one.where) for one in found.refused] == [(Refusal.OTHER_BRAND, ThreadBy.IN_REPLY_TO)]


def test_a_token_of_another_brand_ties_nothing_and_is_recorded() -> None:
    to = Address(plus_address("help@acme.example", OTHER, "bolt", KEY))
    found = find_thread(mail(recipients=(to,), in_reply_to=(sealed(OTHER, "bolt"),)), "acme", [KEY], Seen())
    assert found.conversation is None
    assert {(one.because, one.where) for one in found.refused} == {
        (Refusal.TOKEN_REFUSED, ThreadBy.PLUS_TOKEN),
        (Refusal.TOKEN_REFUSED, ThreadBy.IN_REPLY_TO),
    }


def test_a_token_made_with_a_strangers_key_ties_nothing() -> None:
    found = find_thread(mail(references=(sealed(key=FOREIGN_KEY),)), "acme", [KEY, OLD_KEY], Seen())
    assert found.conversation is None
    assert [one.because for one in found.refused] == [Refusal.TOKEN_REFUSED]


def test_a_tokens_key_may_have_been_changed_since() -> None:
    assert find_thread(mail(in_reply_to=(sealed(key=OLD_KEY),)), "acme", [KEY, OLD_KEY], Seen()).conversation == CONVERSATION


def test_a_mail_that_is_not_from_whom_it_says_never_joins_even_with_a_right_token() -> None:
    found = find_thread(mail(in_reply_to=(sealed(),)), "acme", [KEY], Seen(), dmarc_failed=True)
    assert found.conversation is None
    assert found.suspected == CONVERSATION
    assert [one.because for one in found.refused] == [Refusal.DMARC_FAILED]


@pytest.mark.parametrize("subject", ["[Ticket#1] parcel", f"Re: {CONVERSATION}", f"[{token(CONVERSATION, 'acme', KEY)}]"])
def test_a_subject_threads_nothing(subject: str) -> None:
    found = find_thread(mail(subject=subject), "acme", [KEY], Seen(conversations={"1": ("acme", CONVERSATION)}))
    assert found.conversation is None


def test_two_mails_of_one_person_that_answer_the_same_unseen_mail_belong_together() -> None:
    store = Seen(ancestors={("unseen@kunde.example", "acme", "anna@kunde.example"): CONVERSATION})
    found = find_thread(mail(references=("unseen@kunde.example",)), "acme", [KEY], store)
    assert (found.conversation, found.by) == (CONVERSATION, ThreadBy.COMMON_ANCESTOR)
    stranger = find_thread(mail(sender=Address("eve@x.example"), references=("unseen@kunde.example",)), "acme", [KEY], store)
    assert stranger.conversation is None


def test_all_ids_can_be_looked_up_in_one_query() -> None:
    asked: set[str] = set()

    class Asked(Seen):
        def conversation_of(self, message_id: str) -> tuple[str, str] | None:
            asked.add(message_id)
            return None

    long = mail(in_reply_to=("a@x.example",), references=tuple(f"{number}@x.example" for number in range(500)))
    find_thread(long, "acme", [KEY], Asked())
    assert asked == set(ids_of(long))
    assert len(asked) == IDS_MAX + 1


def test_our_ids_name_neither_host_nor_product_nor_the_conversation() -> None:
    made = sealed()
    local, _, host = made.partition("@")
    assert host == "acme.example"
    assert CONVERSATION.removeprefix("cnv_") not in local
    assert "hub" not in made
    assert looks_like_ours(made)
    assert looks_like_ours(thread_id(CONVERSATION, "acme", KEY, domain="acme.example"))


def test_two_mails_of_a_conversation_have_two_ids() -> None:
    assert sealed() != our_message_id(CONVERSATION, "acme", KEY, domain="acme.example", entropy=b"9876543210")


def test_an_address_too_long_for_mail_servers_goes_without_its_token() -> None:
    long = "a" * 30 + "@acme.example"
    assert plus_address(long, CONVERSATION, "acme", KEY) == long
    assert len(plus_address("customer-care@acme.example", CONVERSATION, "acme", KEY).partition("@")[0]) <= LOCAL_PART_MAX


def test_long_references_keep_the_first_the_last_and_our_own() -> None:
    made = references_with_token(
        [f"{number}@kunde.example" for number in range(100)], CONVERSATION, "acme", KEY, domain="acme.example"
    )
    assert len(made) == 20
    assert (made[0], made[-2]) == ("0@kunde.example", "99@kunde.example")
    assert conversation_in(made[-1].partition("@")[0], "acme", [KEY]) == CONVERSATION


MINTED = st.text(alphabet="0123456789abcdefghjkmnpqrstvwxyz", min_size=26, max_size=26).map(lambda digits: f"cnv_{digits}")
CONVERSATIONS = MINTED | st.text(min_size=1, max_size=40)
BRANDS = st.text(max_size=20)
KEYS = st.binary(min_size=32, max_size=32)


@given(conversation=CONVERSATIONS, brand=BRANDS, key=KEYS)
def test_a_token_is_read_by_who_made_it(conversation: str, brand: str, key: bytes) -> None:
    assert conversation_in(token(conversation, brand, key), brand, [key]) == conversation


@given(conversation=CONVERSATIONS, brand=BRANDS, other=BRANDS, key=KEYS, foreign=KEYS)
def test_a_token_is_read_by_nobody_else(conversation: str, brand: str, other: str, key: bytes, foreign: bytes) -> None:
    made = token(conversation, brand, key)
    assert other == brand or conversation_in(made, other, [key]) is None
    assert foreign == key or conversation_in(made, brand, [foreign]) is None


@given(conversation=CONVERSATIONS, place=st.integers(min_value=0), letter=st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_a_changed_token_is_refused(conversation: str, place: int, letter: str) -> None:
    made = token(conversation, "acme", KEY)
    at = place % len(made)
    forged = made[:at] + letter + made[at + 1 :]
    assert forged == made or conversation_in(forged, "acme", [KEY]) is None


@given(text=st.text(alphabet="abcdefghijklmnopqrstuvwxyz234567", max_size=80) | st.text(max_size=80))
def test_what_nobody_sealed_is_no_token(text: str) -> None:
    assert conversation_in(text, "acme", [KEY, OLD_KEY]) is None


@given(ids=st.lists(st.text(max_size=60), max_size=10), subject=st.text(max_size=60))
def test_a_mail_without_proof_starts_a_conversation(ids: list[str], subject: str) -> None:
    found = find_thread(mail(in_reply_to=tuple(ids), references=tuple(ids), subject=subject), "acme", [KEY], Seen())
    assert found.conversation is None
