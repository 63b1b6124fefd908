"""Texts go out to translators and come back: checked line by line, with everything nobody meant to touch left as it was."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from contact_hub.cli import app as whole
from contact_hub.errors import CODES, HubError
from contact_hub.translators import po
from contact_hub.translators.book import open_book
from contact_hub.translators.commands import app
from contact_hub.translators.exchange import Reading, read_csv, read_po
from contact_hub.translators.problems import RULES, TextsRefused
from contact_hub.translators.usage import compare, uses_in, uses_in_front_end, uses_in_python
from i18n import catalogues
from i18n.catalogues import LOCALES, BrokenCatalogue, Catalogues, MissingText
from i18n.detection.results import UnknownHint
from i18n.promises import promised
from i18n.tags import InvalidTag
from routing import reasons

ROOT = Path(__file__).parent.parent

HEADER = 'msgid ""\nmsgstr ""\n"Language: {tag}\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n"X-Review: pending\\n"\n\n'
ENGLISH = """#. On the button
msgid "widget.open"
msgstr "Open chat"

msgid "widget.title"
msgstr "Chat with {brand}"

#. n: how many
msgid "widget.unread"
msgid_plural "widget.unread"
msgstr[0] "{n} message"
msgstr[1] "{n} messages"

msgid "widget.close"
msgstr "Close"
"""
POLISH = """# A remark of Ewa's, between two entries.

#. English: Open chat
# Ewa: or "Otwórz okno"?
msgid "widget.open"
msgstr "Otwórz czat"

msgid "widget.close"
msgstr ""
"Zamk"
"nij"
"""
PLURAL = 'msgctxt "widget.unread"\nmsgid "{n} message"\nmsgid_plural "{n} messages"\n'


@pytest.fixture
def locales(tmp_path: Path) -> Path:
    root = tmp_path / "locales"
    for tag, body in {"en": ENGLISH, "pl": POLISH}.items():
        folder = root / tag / "LC_MESSAGES"
        folder.mkdir(parents=True)
        (folder / "widget.po").write_text(HEADER.format(tag=tag) + body, encoding="utf-8")
    return root


def run(locales: Path, *arguments: object) -> Result:
    command, *rest = map(str, arguments)
    return CliRunner().invoke(app, [command, *rest, "--locales", str(locales)])


def sent_back(locales: Path, body: str, *options: str, name: str = "pl.po", tag: str = "pl") -> Result:
    file = locales.parent / name
    file.write_text(body, encoding="utf-8", newline="")
    return run(locales, "import", tag, file, *options)


def refusals(result: Result) -> list[tuple[int, str]]:
    assert isinstance(result.exception, TextsRefused), result.output
    return [(one.line, one.code) for one in result.exception.problems]


def polish(locales: Path) -> str:
    return (locales / "pl" / "LC_MESSAGES" / "widget.po").read_text(encoding="utf-8")


# --- the files themselves ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted(LOCALES.glob("*/LC_MESSAGES/*.po")), ids=lambda path: "/".join(path.parts[-3::2]))
def test_reading_and_writing_a_catalogue_changes_nothing(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    blocks = po.read(text)
    assert po.write(blocks) == text
    assert po.write([po.with_forms(block, block.forms, fuzzy=block.fuzzy) if block.id else block for block in blocks]) == text


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('msgid "widget.open"\n', 1),
        ('msgid "a"\nmsgstr "b"\nmsgstr "c"\n', 3),
        ('msgid "a"\nmsgstr "b\n', 2),
        ('msgid "a"\nmsgstr "\\q"\n', 2),
        ('msgid "a"\nmsgid_plural "b"\nmsgstr[1] "c"\n', 1),
        ('msgid "a"\nmsgstr[0] "c"\n', 1),
        ("key,translation\n", 1),
    ],
)
def test_a_file_that_is_not_gettext_says_in_which_line(text: str, line: int) -> None:
    with pytest.raises(po.UnreadableFile) as broken:
        po.read(text)
    assert broken.value.line == line


# --- status ------------------------------------------------------------------------------------------------------------------------------


def test_status_counts_against_what_was_promised(locales: Path) -> None:
    told = run(locales, "status", "--json")
    assert told.exit_code == 1
    found = {one["tag"]: one for one in json.loads(told.stdout)["tags"]}
    assert found["en"]["complete"]
    widget = found["pl"]["faces"][0]
    assert (widget["promised"], widget["shown"], widget["missing"], widget["review"]) == (4, 2, 2, "pending")
    assert "Promised and not there: pl." in run(locales, "status").output


def test_everything_that_was_promised_is_there() -> None:
    assert run(LOCALES, "status").exit_code == 0


def test_a_broken_file_of_ours_is_named(locales: Path) -> None:
    (locales / "pl" / "LC_MESSAGES" / "widget.po").write_text('msgid "widget.open\n', encoding="utf-8")
    broken = run(locales, "status").exception
    assert isinstance(broken, HubError)
    assert broken.code == "texts_unreadable"
    assert "widget.po: line 1" in broken.sentence


# --- out and back ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["po", "csv"])
@pytest.mark.parametrize("tag", ["ar", "pl", "pt-PT", "zh-Hant"])
def test_what_goes_out_comes_back_the_same(tmp_path: Path, tag: str, kind: str) -> None:
    file = tmp_path / f"{tag}.{kind}"
    assert run(LOCALES, "export", tag, file).exit_code == 0
    told = json.loads(run(LOCALES, "import", tag, file, "--dry-run", "--json").stdout)
    assert told["unchanged"] == len(promised(tag, catalogues.keys()))
    assert not told["new"] + told["changed"] + told["problems"]


def test_a_translator_sees_english_the_place_and_the_values(locales: Path, tmp_path: Path) -> None:
    run(locales, "export", "pl", tmp_path / "pl.po")
    text = (tmp_path / "pl.po").read_text(encoding="utf-8")
    assert '#. On the button\nmsgctxt "widget.open"\nmsgid "Open chat"\nmsgstr "Otwórz czat"\n' in text
    assert '#. Values: brand\nmsgctxt "widget.title"\nmsgid "Chat with {brand}"\nmsgstr ""\n' in text
    assert "#. Forms: one, few, many, other\n" in text
    assert text.count("msgstr[") == 4


def test_a_spreadsheet_has_a_line_per_form_and_nothing_to_calculate(locales: Path, tmp_path: Path) -> None:
    run(locales, "export", "pl", tmp_path / "pl.csv", "--todo")
    body = (tmp_path / "pl.csv").read_bytes().decode("utf-8-sig")
    lines = list(csv.DictReader(io.StringIO(body, newline="")))
    assert [(line["key"], line["form"]) for line in lines] == [
        ("widget.title", ""),
        *(("widget.unread", form) for form in ("one", "few", "many", "other")),
    ]
    assert [line["english"] for line in lines[1:]] == ["{n} message", *["{n} messages"] * 3]
    formula = body.replace("widget.title,,Chat with {brand},,", "widget.title,,Chat with {brand},'=1+{brand},")
    assert sent_back(locales, formula, name="pl.csv").exit_code == 0
    assert 'msgstr "=1+{brand}"' in polish(locales)
    run(locales, "export", "pl", tmp_path / "again.csv")
    assert "'=1+{brand}" in (tmp_path / "again.csv").read_text(encoding="utf-8")


def test_a_translation_is_put_where_english_has_it_and_touches_nothing_else(locales: Path) -> None:
    before = polish(locales)
    body = (
        PLURAL + 'msgstr[0] "{n} wiadomość"\nmsgstr[1] "{n} wiadomości"\nmsgstr[2] "{n} wiadomości"\nmsgstr[3] "{n} wiadomości"\n'
    )
    done = sent_back(locales, body + '\nmsgctxt "widget.title"\nmsgid "Chat with {brand}"\nmsgstr "Czat z {brand}"\n')
    assert done.exit_code == 0, done.output
    assert "2 new, 0 changed" in done.output
    after = polish(locales)
    keys = [block.id for block in po.read(after) if block.id]
    assert keys == ["widget.open", "widget.title", "widget.unread", "widget.close"]
    assert [line for line in before.splitlines() if line not in after.splitlines()] == []
    assert "#. n: how many\n#. English: {n} message / {n} messages\n" in after
    assert Catalogues(locales).text("widget.unread", "pl", n=3) == "3 wiadomości"


def test_a_trial_changes_nothing(locales: Path) -> None:
    before = polish(locales)
    told = sent_back(locales, 'msgctxt "widget.open"\nmsgid "Open chat"\nmsgstr "Rozmowa"\n', "--dry-run")
    assert (told.exit_code, polish(locales)) == (0, before)
    assert "1 changed" in told.output


def test_a_new_language_begins_with_a_file_that_passes_our_checks(locales: Path, tmp_path: Path) -> None:
    run(locales, "export", "cy", tmp_path / "cy.csv")
    body = (tmp_path / "cy.csv").read_bytes().decode("utf-8-sig").replace("Open chat,,missing", "Open chat,Agor sgwrs,missing")
    assert sent_back(locales, body, name="cy.csv", tag="cy").exit_code == 0
    text = (locales / "cy" / "LC_MESSAGES" / "widget.po").read_text(encoding="utf-8")
    assert text.startswith("# Welsh texts of Contact Hub: widget.")
    assert "nplurals=6;" in text
    assert Catalogues(locales, strict=True).text("widget.open", "cy") == "Agor sgwrs"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('msgctxt "widget.nothing"\nmsgid "x"\nmsgstr "y"\n', [(2, "key_unknown")]),
        ('msgctxt "widget.open"\nmsgid "Open the chat"\nmsgstr "y"\n', [(2, "english_changed")]),
        (
            'msgctxt "widget.title"\nmsgid "Chat with {brand}"\nmsgstr "Czat z {marka}"\n',
            [(2, "value_missing"), (2, "value_unknown")],
        ),
        ('msgctxt "widget.title"\nmsgid "Chat with {brand}"\nmsgstr "{brand} { brand}"\n', [(2, "braces_broken")]),
        ('msgctxt "widget.open"\nmsgid "Open chat"\nmsgstr "a\u202eb"\n', [(2, "control_character")]),
        ('msgctxt "widget.open"\nmsgid "Open chat"\nmsgstr "a\u2067b"\n', [(2, "control_character")]),
        (f'msgctxt "widget.open"\nmsgid "Open chat"\nmsgstr "{"a" * 2_001}"\n', [(2, "text_too_long")]),
        (PLURAL + 'msgstr[0] "{n} a"\nmsgstr[1] ""\nmsgstr[2] "{n} c"\nmsgstr[3] "{n} d"\n', [(2, "plural_incomplete")]),
        (PLURAL + 'msgstr[0] "{n} a"\nmsgstr[1] "{n} b"\n', [(2, "plural_incomplete")]),
        ('msgctxt "widget.open"\nmsgid "Open chat"\nmsgid_plural "x"\nmsgstr[0] "a"\nmsgstr[1] "b"\n', [(2, "plural_not_wanted")]),
        (2 * 'msgctxt "widget.open"\nmsgid "Open chat"\nmsgstr "a"\n\n', [(6, "key_twice")]),
        ('msgid ""\nmsgstr "Language: de\\n"\n', [(1, "tag_differs")]),
        ('msgid "widget.open"\n\nmsgstr "a\n', [(3, "file_unreadable")]),
    ],
)
def test_what_is_wrong_in_an_editors_file_is_refused_by_code_and_line(
    locales: Path, body: str, expected: list[tuple[int, str]]
) -> None:
    before = polish(locales)
    assert refusals(sent_back(locales, body)) == expected
    assert polish(locales) == before


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("key,text\nwidget.open,a\n", [(1, "column_missing")]),
        ("key,translation\n,a\n", [(2, "key_missing")]),
        ("key,translation\r\n\r\nwidget.nothing,a\r\n", [(3, "key_unknown")]),
        ("key;form;translation\nwidget.unread;two;a\n", [(2, "form_unknown")]),
        ("key;form;translation\nwidget.open;one;a\n", [(2, "plural_not_wanted")]),
        ("key\ttranslation\nwidget.open\ta\nwidget.open\tb\n", [(3, "key_twice")]),
        ("key,form,translation\nwidget.unread,one,{n}\nwidget.unread,one,{n}\n", [(2, "plural_incomplete"), (3, "form_twice")]),
        ("key,english,translation\nwidget.open,Open the chat,a\n", [(2, "english_changed")]),
        ('key,translation\nwidget.open,"a"b\n', [(2, "file_unreadable")]),
    ],
)
def test_what_is_wrong_in_a_spreadsheet_is_refused_by_code_and_line(
    locales: Path, body: str, expected: list[tuple[int, str]]
) -> None:
    assert refusals(sent_back(locales, body, name="pl.csv")) == expected


@given(st.text(max_size=300), st.sampled_from([read_po, read_csv]))
@example('msgid "\\', read_po)
@example("key,translation\n\x00,a\n" + "a" * 200_000, read_csv)
def test_whatever_a_file_holds_is_an_answer_and_no_exception(text: str, reader: Callable[..., Reading]) -> None:
    assert isinstance(reader(text, {}, "pl"), Reading)


def test_every_rule_is_one_that_a_file_can_break() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "contact_hub" / "translators").glob("*.py"))
    assert [code for code in RULES if source.count(f'"{code}"') < 2] == []


def test_english_is_not_imported(locales: Path) -> None:
    assert refusals(sent_back(locales, 'msgid "widget.open"\nmsgstr "Open"\n', tag="en")) == [(0, "source_language")]


@pytest.mark.parametrize("name", ["pl.xlsx", "folder.po", "latin.csv", "large.po"])
def test_a_file_that_cannot_be_read_is_refused(locales: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "folder.po").mkdir()
    (tmp_path / "pl.xlsx").write_bytes(b"PK")
    (tmp_path / "latin.csv").write_bytes("key,translation\nwidget.open,größe\n".encode("latin-1"))
    (tmp_path / "large.po").write_bytes(b"#" * 5_000_001)
    refused = run(locales, "import", "pl", tmp_path / name).exception
    assert isinstance(refused, HubError)
    assert refused.code == "texts_unreadable"


@pytest.mark.parametrize("tag", ["no such tag!", "en-XA", "xq"])
def test_a_language_that_nobody_knows_is_refused(locales: Path, tag: str) -> None:
    refused = run(locales, "export", tag, locales / "x.po").exception
    assert isinstance(refused, HubError)
    assert refused.code == "language_unknown"


def test_the_right_part_can_be_taken_alone(locales: Path) -> None:
    body = 'msgctxt "widget.open"\nmsgid "Open chat"\nmsgstr "Rozmowa"\n\nmsgctxt "widget.x"\nmsgid "x"\nmsgstr "y"\n'
    assert sent_back(locales, body, "--partial").exit_code == 0
    assert Catalogues(locales).text("widget.open", "pl") == "Rozmowa"


# --- what a machine made -----------------------------------------------------------------------------------------------------------------


def test_a_machines_text_waits_for_a_reader_and_stands_over_no_text_of_people(locales: Path) -> None:
    body = 'msgctxt "widget.open"\nmsgid "Open chat"\nmsgstr "Maszyna"\n\nmsgctxt "widget.title"\nmsgid "Chat with {brand}"\nmsgstr "Czat: {brand}"\n'
    assert (
        "1 new, 0 changed (machine-made, for review), 0 unchanged, 0 empty, 1 kept" in sent_back(locales, body, "--machine").output
    )
    shown = Catalogues(locales)
    assert shown.text("widget.open", "pl") == "Otwórz czat"
    assert shown.text("widget.title", "pl", brand="Sonne") == "Chat with Sonne"
    assert shown.missing("pl")["widget.title"] == "to be reviewed"
    widget = json.loads(run(locales, "status", "--json").stdout)["tags"][1]["faces"][0]
    assert (widget["to_review"], widget["machine_made"], widget["missing"]) == (1, 1, 2)


def test_what_was_read_is_shown_and_the_file_says_who_read_it(locales: Path) -> None:
    sent_back(locales, 'msgctxt "widget.title"\nmsgid "Chat with {brand}"\nmsgstr "Czat: {brand}"\n', "--machine")
    assert "2 texts were read" not in run(locales, "review", "pl", "--by", "Ewa", "--key", "widget.title").output
    assert Catalogues(locales).text("widget.title", "pl", brand="Sonne") == "Czat: Sonne"
    assert open_book(locales, "pl").reviewed("widget") == "pending"
    assert run(locales, "review", "pl", "--by", "Ewa\nNowak").exit_code == 0
    assert open_book(locales, "pl").reviewed("widget").endswith("by Ewa Nowak")
    widget = json.loads(run(locales, "status", "--json").stdout)["tags"][1]["faces"][0]
    assert (widget["to_review"], widget["unread"], widget["shown"]) == (0, 0, 3)
    assert "Machine-made" not in polish(locales)


def test_the_reasons_of_a_refusal_are_told_with_line_key_and_code(locales: Path) -> None:
    told = sent_back(locales, 'msgctxt "widget.title"\nmsgid "Chat with {brand}"\nmsgstr "Czat"\n').output
    assert "line 2: widget.title: {brand} is not in the translation. [value_missing]" in told
    assert "widget.x: English has no such text. [key_unknown]" in run(locales, "remove", "widget.x").output


def test_the_command_line_has_these_commands(locales: Path) -> None:
    done = CliRunner().invoke(whole, ["i18n", "pseudo", "widget.open", "--locales", str(locales)])
    assert done.exit_code == 0
    assert done.stdout.startswith("widget.open  ⟦Öpéñ")


def test_a_broken_text_is_not_confirmed(locales: Path) -> None:
    path = locales / "pl" / "LC_MESSAGES" / "widget.po"
    path.write_text(polish(locales) + '\n#, fuzzy\nmsgid "widget.title"\nmsgstr "Czat"\n', encoding="utf-8")
    assert [code for _, code in refusals(run(locales, "review", "pl", "--by", "Ewa"))] == ["value_missing"]


# --- what the code uses ------------------------------------------------------------------------------------------------------------------

# Written and translated, for the mail channel, which does not speak yet.
NOT_YET = ("mail.", "notice.email_received", "notice.closed", "widget.left.thanks")


def test_the_code_uses_no_text_that_english_lacks_and_english_has_none_for_nobody() -> None:
    found = compare(uses_in(ROOT), catalogues.keys())
    assert found.missing == {}
    assert [key for key in found.unused if not key.startswith(NOT_YET)] == []


def test_tables_of_codes_and_their_sentences_agree() -> None:
    values = {code.value for table in (reasons.Reason, reasons.Why, reasons.Over, reasons.Flag) for code in table}
    of_i18n = {MissingText.code, BrokenCatalogue.code, InvalidTag.code, UnknownHint.code}
    assert {key.removeprefix("error.") for key in catalogues.keys("error.")} == {*CODES, *of_i18n, "unknown"}
    assert {key.removeprefix("routing.reason.") for key in catalogues.keys("routing.reason.")} >= values


def test_keys_are_found_in_python_whole_and_put_together() -> None:
    module = (
        'catalogues.text("widget.open", tag)\nself._text(f"quality.screen.step.{step}")\nx = "routing.change." + code\n'
        'log.info("routing.halted")\nform = f"mail.{kind}.{part}"\n"""widget.in.prose is no key"""\n'
    )
    uses = {(use.key, use.spoken) for use in uses_in_python(module, "m.py")}
    assert uses == {
        ("widget.open", True),
        ("quality.screen.step.*", True),
        ("routing.change.*", False),
        ("routing.halted", False),
        ("mail.*.*", False),
    }


def test_keys_are_found_in_the_front_end_whole_and_put_together() -> None:
    script = (
        't("console.list");\nt(`console.away.${reasons[0]}`);\nconst k = "signin." + because;\nimport x from "widget.css/none";\n'
    )
    assert [(use.key, use.where) for use in uses_in_front_end(script, "a.ts")] == [
        ("console.list", "a.ts:1"),
        ("console.away.*", "a.ts:2"),
        ("signin.*", "a.ts:3"),
    ]


def test_a_pattern_uses_what_it_can_become() -> None:
    keys = ["console.away.lunch", "console.away.other.day", "console.list", "console.left", "quality.measure.aht.name"]
    uses = uses_in_front_end(
        't(`console.away.${x}`); t("console.list"); t("console.lost"); t(`signin.${x}`); t(`quality.measure.${x}.name`)', "a.ts"
    )
    found = compare(uses, keys)
    assert found.by_name == {"console.list"}
    assert found.by_pattern == {
        "console.away.*": ("console.away.lunch", "console.away.other.day"),
        "quality.measure.*.name": ("quality.measure.aht.name",),
    }
    assert found.missing == {"console.lost": ("a.ts:1",), "signin.*": ("a.ts:1",)}
    assert found.unused == ("console.left",)


def test_missing_texts_are_added_to_english_empty_with_their_place(locales: Path, tmp_path: Path) -> None:
    folder = tmp_path / "checkout" / "contact_hub" / "web" / "ui" / "src"
    folder.mkdir(parents=True)
    (folder / "a.ts").write_text('t("widget.open"); t("widget.new")', encoding="utf-8")
    done = run(locales, "extract", "--root", tmp_path / "checkout", "--write")
    assert done.exit_code == 1
    assert "missing: widget.new (contact_hub/web/ui/src/a.ts:1)" in done.output
    text = (locales / "en" / "LC_MESSAGES" / "widget.po").read_text(encoding="utf-8")
    assert '#. To be written; used in contact_hub/web/ui/src/a.ts:1\nmsgid "widget.new"\nmsgstr ""\n' in text
    assert not Catalogues(locales).has("widget.new")


def test_without_sources_nothing_is_extracted(locales: Path, tmp_path: Path) -> None:
    refused = run(locales, "extract", "--root", tmp_path).exception
    assert isinstance(refused, HubError)
    assert refused.code == "sources_missing"


def test_a_text_is_removed_from_every_language(locales: Path) -> None:
    assert run(locales, "remove", "widget.close").exit_code == 0
    assert not Catalogues(locales).has("widget.close")
    assert "widget.close" not in polish(locales)
    assert "Ewa" in polish(locales)
    assert [code for _, code in refusals(run(locales, "remove", "widget.close"))] == ["key_unknown"]


def test_the_pseudo_locale_shows_itself(locales: Path) -> None:
    assert json.loads(run(locales, "pseudo", "widget.open", "--json").stdout)["widget.open"].startswith("⟦Öp")
