"""Which lines of a mail are the customer's new words, which are somebody's old ones, and which a signature.

In order: 1. A line that announces a forwarded message makes all below it content. 2. A separator, a block of headers, or an attribution whose text is not
marked puts everything below it among the quoted. 3. Marked lines are quoted; what stands between them is an answer. Then, as a person who reads the
conversation would want it:

- Answers between quotes keep the quotes they answer (a long one only its last paragraph), because "3.2" says nothing without its question.
- An answer below the one quote, or a greeting above and the answer below, stands alone: the question is in the conversation already.
- Marked lines nobody is named for are kept when they look like a list, like code, or stand in the middle of the customer's text.
- A short reply that points below an unmarked quote ("see my answers inline") makes the finding doubtful: half the answers may stand there.
- Should nothing be left, everything is shown.

Every written line ends up in exactly one part. Where it is not sure, it stays in the reply and the confidence falls.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from contact_hub.channels.email import attributions, signatures
from contact_hub.channels.email.quote_words import POINTERS, fold
from contact_hub.channels.email.quoting import Hint, Line, continues, next_written, plain_of
from contact_hub.channels.email.separators import Separator, block_at, label, says_original, separator

_ATTRIBUTIONS_MAX: Final = 80
_BLOCKS_MAX: Final = 100
"""How often it is tried in earnest; a person's mail stays below a dozen."""
_HEADING_MAX: Final = 50
_BEGINNING_LINES: Final = 8
_CONTEXT_LINES_MAX: Final = 30
_WORDS_FEW: Final = 2
_WORDS_OF_A_POINTER: Final = 40


class Part(StrEnum):
    """Where a line goes."""

    REPLY = "reply"
    QUOTED = "quoted"
    SIGNATURE = "signature"


@dataclass(frozen=True, slots=True, kw_only=True)
class Division:
    """The lines with their parts, how sure that is, and by which rules."""

    lines: tuple[Line, ...]
    parts: tuple[Part, ...]
    borrowed: frozenset[int]
    """Lines that stay in the reply and are not the customer's typing of today: quotes they answer, a footer, what they forward."""
    confidence: float
    reasons: tuple[str, ...]


def divide(lines: Sequence[Line]) -> Division:
    """Each line's part."""
    seen = _Survey.of(lines)
    parts = _parts(seen)
    _take_signatures(seen, parts)
    _heed_pointers(seen, parts)
    if not any(part is Part.REPLY and not line.blank for part, line in zip(parts, seen.lines, strict=True)):
        return Division(
            lines=tuple(seen.lines),
            parts=(Part.REPLY,) * len(parts),
            borrowed=frozenset(),
            confidence=0.3 if any(not x.blank for x in lines) else 1.0,
            reasons=("nothing_left",),
        )
    return Division(
        lines=tuple(seen.lines),
        parts=tuple(parts),
        borrowed=frozenset(seen.borrowed),
        confidence=round(max(seen.confidence, 0.1), 3),
        reasons=tuple(dict.fromkeys(seen.reasons)) or ("nothing_quoted",),
    )


class _Survey:
    """What was found on the way down: where quoting begins for good, which marked lines have a name above them."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self.lines = list(lines)
        self.below = len(self.lines)
        """From this line on everything is quoted."""
        self.content = len(self.lines)
        """From this line on everything is content, because it was forwarded."""
        self.attributed: dict[int, int] = {}
        """Lines of attributions above marked lines: first line, and the first marked one."""
        self.confidence = 1.0
        self.reasons: list[str] = []
        self.borrowed: set[int] = set()
        """Lines that stay and are not new."""
        self._tries = self._blocks = 0
        self._passed = -1

    @classmethod
    def of(cls, lines: Sequence[Line]) -> _Survey:
        """Walks down to the first line that decides about all below it."""
        survey = cls(lines)
        at = first = 0
        while at < len(survey.lines):
            line = survey.lines[at]
            if line.depth:
                first = at + 1
            elif not line.blank and survey._decides(at, first):
                break
            at = max(at, survey._passed) + 1
        return survey

    def doubt(self, reason: str, certainty: float = 1.0) -> None:
        """Notes a rule that was applied, and how sure it was."""
        self.reasons.append(reason)
        self.confidence *= certainty

    def _decides(self, at: int, first: int) -> bool:
        line = self.lines[at]
        if line.hint is Hint.FORWARD:
            return self._forwarded(at)
        if line.hint is Hint.QUOTE_BELOW:
            return self._all_below(at, "quote_marked", 0.98)
        said = separator(line)
        if said is Separator.FORWARD:
            return self._forwarded(at)
        if said is Separator.ORIGINAL:
            return self._all_below(at, "original_message", 0.97)
        return self._headers_at(at, said) or self._attribution_at(at, first) or self._footer_at(at)

    def _headers_at(self, at: int, said: Separator | None) -> bool:
        announced = said in {Separator.RULE, Separator.HEADING}
        following = at
        if announced or (said is None and len(self.lines[at].body) <= _HEADING_MAX and label(self.lines[at].body) is None):
            following = next_written(self.lines, at + 1)
            if following >= len(self.lines) or self.lines[following].depth:
                return False
        if label(self.lines[following].body) is None or self._blocks >= _BLOCKS_MAX:
            return False
        if following > at and not announced and not says_original(self.lines[at]):
            return False
        announced = following > at
        self._blocks += 1
        block = block_at(self.lines, following, announced=announced)
        if block is None:
            return False
        return self._all_below(at, "headers" if block.known else "headers_by_structure", block.certainty)

    def _attribution_at(self, at: int, first: int) -> bool:
        """Whether an attribution ends here that all below belongs to; one above marked lines is noted."""
        line = self.lines[at]
        if self._tries >= _ATTRIBUTIONS_MAX or not (line.hint is Hint.ATTRIBUTION or attributions.may_end(line)):
            return False
        self._tries += 1
        following = next_written(self.lines, at + 1)
        above_marks = following < len(self.lines) and self.lines[following].depth > 0
        found = attributions.find(self.lines, at, first)
        if line.hint is Hint.ATTRIBUTION and found is None and (above_marks or line.body.endswith(":")):
            found = attributions.Attribution(start=at, word=None, weight=attributions.SURE)
        if found is None or (not above_marks and found.weight.alone == 0):
            return False
        start = self._opened(found)
        if above_marks:
            self.attributed[start] = following + (start - found.start)
            self._passed = self.attributed[start] - 1
            self.doubt("attribution", 0.98 if found.weight.above_marks >= 0.9 else 0.9)
            return False
        return self._all_below(start, "attribution", found.weight.alone)

    def _footer_at(self, at: int) -> bool:
        """Whether a telephone's footer ends the new words here: it stands under all that was typed, so text below it is old, and nobody marked it."""
        alone = at and self.lines[at - 1].blank and at + 1 < len(self.lines) and self.lines[at + 1].blank
        if not alone or not signatures.is_footer(self.lines[at].body):
            return False
        following = next_written(self.lines, at + 1)
        if following >= len(self.lines) or self.lines[following].depth:
            return False
        rest = signatures.find(self.lines, at, len(self.lines))
        if rest and rest.start <= at:
            return False
        self.below = following
        self.doubt("below_footer", 0.75)
        return True

    def _opened(self, found: attributions.Attribution) -> int:
        """The line the attribution begins with; where it begins within one, the line is parted there."""
        if found.word is None:
            return found.start
        line = self.lines[found.start]
        opener = found.word.split(" ", 1)[0]
        at = line.raw.find(opener, 1)
        while at > 0 and not plain_of(line.raw[at : at + 100]).startswith(found.word):
            at = line.raw.find(opener, at + 1)
        if at <= 0:
            return found.start
        cut = line.body.find(found.word)
        self.lines[found.start : found.start + 1] = [
            Line(raw=line.raw[:at], body=line.body[:cut].strip()),
            Line(raw=line.raw[at:], body=line.body[cut:]),
        ]
        self.below, self.content = len(self.lines), len(self.lines)
        return found.start + 1

    def _forwarded(self, at: int) -> bool:
        self.content = at
        self.doubt("forwarded", 0.95)
        return True

    def _all_below(self, at: int, reason: str, certainty: float) -> bool:
        while at > 0 and (self.lines[at - 1].blank or self._belongs_below(at - 1)):
            at -= 1
        self.below = at
        self.doubt(reason, certainty)
        return True

    def _belongs_below(self, at: int) -> bool:
        line = self.lines[at]
        return line.depth == 0 and (separator(line) in {Separator.RULE, Separator.ORIGINAL})


@dataclass(slots=True, kw_only=True)
class _Run:
    """Neighbouring lines that are all own or all quoted, blank ones included."""

    start: int
    end: int
    quoted: bool
    attributed: bool = False
    written: bool = True


def _parts(seen: _Survey) -> list[Part]:
    parts = [Part.REPLY] * len(seen.lines)
    parts[seen.below :] = [Part.QUOTED] * (len(parts) - seen.below)
    seen.borrowed.update(range(seen.content, len(parts)))
    runs = _runs(seen, min(seen.below, seen.content))
    quotes = [run for run in runs if run.quoted]
    if not quotes:
        return parts
    kept = _kept(seen, runs)
    for run in quotes:
        keep_from = kept.get(run.start, run.end)
        parts[run.start : keep_from] = [Part.QUOTED] * (keep_from - run.start)
        if run.attributed or len(kept) > 1:
            seen.borrowed.update(range(keep_from, run.end))
    return parts


def _runs(seen: _Survey, end: int) -> list[_Run]:
    lines = seen.lines
    quoted = [line.depth > 0 for line in lines[:end]]
    for at in range(1, end):
        if not quoted[at] and quoted[at - 1] and continues(lines[at - 1], lines[at]):
            quoted[at] = True
            seen.doubt("rewrapped_quote", 0.97)
    named: set[int] = set()
    for start, following in seen.attributed.items():
        named.update(range(start, min(following, end)))
    runs: list[_Run] = []
    for at in range(end):
        is_quote = quoted[at] or at in named
        if lines[at].blank and not is_quote and runs:
            runs[-1].end = at + 1
            continue
        if runs and runs[-1].quoted == is_quote and at not in seen.attributed:
            runs[-1].end = at + 1
            runs[-1].attributed |= at in named or lines[at].vouched
            runs[-1].written |= not lines[at].blank
        else:
            runs.append(
                _Run(
                    start=at, end=at + 1, quoted=is_quote, attributed=at in named or lines[at].vouched, written=not lines[at].blank
                )
            )
    return [run for run in runs if run.written or run.quoted]


def _kept(seen: _Survey, runs: list[_Run]) -> dict[int, int]:
    """Which quotes stay in the reply, and from which of their lines on."""
    own_after = [
        n
        for n, run in enumerate(runs)
        if not run.quoted and n and any(before.quoted for before in runs[:n]) and _answers(seen, runs, n)
    ]
    quotes = [n for n, run in enumerate(runs) if run.quoted]
    if not own_after:
        return _kept_at_the_end(seen, runs)
    last = own_after[-1]
    above = [n for n in quotes if n < last]
    if len(own_after) == 1 and len(above) == 1 and last > quotes[-1]:
        return _kept_single(seen, runs, above[0])
    seen.doubt("answers_between", 0.85)
    return {runs[n].start: _context(seen, runs[n]) for n in above}


def _answers(seen: _Survey, runs: list[_Run], n: int) -> bool:
    """Whether own lines below a quote say something, other than a signature."""
    run = runs[n]
    written = [at for at in range(run.start, run.end) if not seen.lines[at].blank]
    if not written:
        return False
    if n == len(runs) - 1:
        found = signatures.find(seen.lines, run.start, run.end)
        return found is None or any(at < found.start for at in written)
    return True


def _kept_at_the_end(seen: _Survey, runs: list[_Run]) -> dict[int, int]:
    """Marked lines with nothing below them: quoted, unless they are a list."""
    kept: dict[int, int] = {}
    for n, run in enumerate(runs):
        if not run.quoted or run.attributed:
            continue
        cited = any(seen.lines[at].hint is Hint.CITED for at in range(run.start, run.end)) and not _names_somebody(seen, run)
        followed = n + 1 < len(runs) and runs[n + 1].attributed
        if n and (cited or followed or _looks_own(seen, runs[n - 1], run)):
            kept[run.start] = run.start
            seen.doubt("marks_kept", 0.7)
        else:
            seen.doubt("marks_without_attribution", 0.85)
    return kept


def _kept_single(seen: _Survey, runs: list[_Run], n: int) -> dict[int, int]:
    """One quote with own lines below it, and perhaps above."""
    run = runs[n]
    if run.attributed or n == 0:
        seen.doubt("answer_below", 0.9)
        return {}
    seen.doubt("marks_kept", 0.7)
    return {run.start: run.start}


def _names_somebody(seen: _Survey, run: _Run) -> bool:
    """Whether a quote begins with an attribution or a block of headers of its own."""
    bare = [replace(seen.lines[at], depth=0) for at in range(run.start, min(run.end, run.start + _BEGINNING_LINES))]
    return any(
        (label(line.body) and block_at(bare, at, announced=False))
        or (attributions.may_end(line) and attributions.find(bare, at, 0))
        for at, line in enumerate(bare)
        if not line.blank
    )


def _looks_own(seen: _Survey, above: _Run, run: _Run) -> bool:
    """Whether marked lines that nobody is named for look like the customer's own list or code."""
    lines = seen.lines[run.start : run.end]
    written = [line for line in lines if not line.blank]
    if any(line.blank and line.depth for line in lines):
        return False
    introduced = next((line.body for line in reversed(seen.lines[above.start : above.end]) if not line.blank), "")
    code = all(line.depth == 3 for line in written)
    short = all(len(line.body.split()) <= 6 and not line.body.endswith((".", "?", "!")) for line in written)
    return code or (short and len(written) > 1) or (introduced.endswith(":") and all(line.depth == 1 for line in written))


def _context(seen: _Survey, run: _Run) -> int:
    """From where on a quote is kept above its answer: from its start, or from its last paragraph if it is long."""
    if run.end - run.start <= _CONTEXT_LINES_MAX:
        return run.start
    at = run.end
    while at > run.start and seen.lines[at - 1].blank:
        at -= 1
    while at > run.start and not seen.lines[at - 1].blank and run.end - at < _CONTEXT_LINES_MAX:
        at -= 1
    return at


def _take_signatures(seen: _Survey, parts: list[Part]) -> None:
    """Parts off the signature at the end of the reply, and one above the first quote of a reply that goes on below."""
    if seen.content < len(parts):
        return
    ends = [
        at + 1 for at, part in enumerate(parts) if part is Part.REPLY and (at + 1 == len(parts) or parts[at + 1] is not Part.REPLY)
    ]
    for end in ends[-3:]:
        first = end
        while first > 0 and parts[first - 1] is Part.REPLY:
            first -= 1
        found = signatures.find(seen.lines, first, end)
        if found is None:
            continue
        rest = [line for at, line in enumerate(seen.lines) if parts[at] is Part.REPLY and not (found.start <= at < end)]
        if _words(rest) <= _WORDS_FEW:
            seen.borrowed.update(range(found.start, end))
            seen.doubt("signature_kept", 0.85)
            continue
        parts[found.start : end] = [Part.SIGNATURE] * (end - found.start)
        seen.doubt(found.reason, found.certainty)


def _heed_pointers(seen: _Survey, parts: list[Part]) -> None:
    """A short reply that points below ("my answers are in red") above an unmarked quote: answers may stand in it, and nothing tells them from it."""
    reply = [line for part, line in zip(parts, seen.lines, strict=True) if part is Part.REPLY]
    if seen.below == len(parts) or _words(reply) > _WORDS_OF_A_POINTER:
        return
    said = " ".join(word.strip(".,;:!?()") for word in fold(" ".join(line.body for line in reply)).split())
    if any(f" {word} " in f" {said} " if word.isascii() else word in said for word in POINTERS):
        seen.doubt("points_below", 0.5)


def _words(lines: Sequence[Line]) -> int:
    """How many words are written; scripts without spaces count two characters as one."""
    count = 0
    for line in lines:
        count += len(line.body.split())
        if not line.body.isascii():
            count += sum(char >= "\u0e00" and char.isalpha() for char in line.body) // 2
        if count > 50:
            break
    return count
