"""What can be wrong with a translation, each under a code that never changes its meaning.

One text at a time: the English one, what was given for it, and the language. The import refuses by these rules, `review` asks them again, and
`status` counts by them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from contact_hub.errors import HubError
from contact_hub.translators.po import Block
from i18n.catalogues import categories, placeholders

LENGTH_MAX: Final = 2_000

RULES: Final[Mapping[str, str]] = {
    "file_unreadable": "{reason}",
    "column_missing": "The first line has no column {column}.",
    "tag_differs": "The file is in {given}, not in {tag}.",
    "source_language": "English is the source; its texts are changed in its own files.",
    "key_missing": "The line says no key.",
    "key_unknown": "English has no such text.",
    "key_twice": "This text stands in the file twice; first in line {first}.",
    "english_changed": "The English text is another by now: {english}",
    "form_unknown": "{form} is no plural form of this language; it has {forms}.",
    "form_twice": "The form {form} stands in the file twice.",
    "plural_incomplete": "The forms {missing} are missing; this language needs {forms}.",
    "plural_not_wanted": "English has one form here, whatever the number.",
    "value_missing": "{{{value}}} is not in the translation.",
    "value_unknown": "{{{value}}} is no value of this text; it has {values}.",
    "braces_broken": "A brace belongs to no value; values are written {{name}}, unchanged.",
    "control_character": "There is a character that cannot be seen (U+{point:04X}).",
    "text_too_long": "The text is longer than {limit} characters.",
}
"""Every code with its sentence; `{names}` are filled in."""

# C0 and C1 but the line feed; embeddings and overrides, which leak into what stands beside; the mark of byte order.
_CONTROL: Final = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\ufeff]")
# Isolates are welcome in pairs; one without its end swallows what stands beside.
_ISOLATE: Final = re.compile("[\u2066-\u2068]")
_END_OF_ISOLATE: Final = "\u2069"
_LEFT_OVER: Final = re.compile(r"[{}]")
_NAMED: Final = re.compile(r"\{[a-z][a-z0-9_]*\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong, and where in the file it stands."""

    code: str
    sentence: str
    key: str = ""
    line: int = 0

    def __str__(self) -> str:
        place = f"line {self.line}: " if self.line else ""
        return f"{place}{self.key + ': ' if self.key else ''}{self.sentence} [{self.code}]"


class TextsRefused(HubError):
    """Nothing of the file was taken; `problems` says why, line by line."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("texts_refused", problems=len(problems))


def problem(code: str, key: str = "", line: int = 0, **values: object) -> Problem:
    return Problem(code=code, sentence=RULES[code].format(**values), key=key, line=line)


def forms_of(source: Block, tag: str) -> tuple[str, ...]:
    """The plural categories this text needs in a language; one nameless form where it has no number."""
    return categories(tag) if source.plural is not None else ("",)


def check(source: Block, forms: Sequence[str], tag: str, *, line: int = 0) -> Iterator[Problem]:
    """Everything wrong with `forms` as a translation of `source`, in the order of `forms_of`."""
    key, wanted = source.id or "", forms_of(source, tag)
    if len(forms) != len(wanted) or not all(forms):
        lacking = [name for place, name in enumerate(wanted) if place >= len(forms) or not forms[place]]
        yield problem("plural_incomplete", key, line, missing=", ".join(lacking), forms=", ".join(wanted))
    known = values_of(source)
    for form in filter(None, forms):
        yield from _check_form(form, known, key, line, plural=source.plural is not None)


def values_of(source: Block) -> frozenset[str]:
    """The names of the values an English text has."""
    return frozenset().union(*map(placeholders, source.forms))


def _check_form(form: str, known: frozenset[str], key: str, line: int, *, plural: bool) -> Iterator[Problem]:
    given = placeholders(form)
    # "one message" may leave the number out
    for value in sorted(known - given - ({"n"} if plural else set())):
        yield problem("value_missing", key, line, value=value)
    for value in sorted(given - known):
        yield problem("value_unknown", key, line, value=value, values=", ".join(sorted(known)) or "none")
    if _LEFT_OVER.search(_NAMED.sub("", form)):
        yield problem("braces_broken", key, line)
    if hidden := _hidden(form):
        yield problem("control_character", key, line, point=ord(hidden))
    if len(form) > LENGTH_MAX:
        yield problem("text_too_long", key, line, limit=LENGTH_MAX)


def _hidden(form: str) -> str | None:
    """The first character nobody sees and that does harm."""
    if control := _CONTROL.search(form):
        return control[0]
    opened = _ISOLATE.findall(form)
    return None if len(opened) == form.count(_END_OF_ISOLATE) else (opened or [_END_OF_ISOLATE])[0]
