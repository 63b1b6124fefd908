"""How far each language is, per face, against what its readers were promised.

Counted from the files alone. `missing` and `broken` are what a reader would notice (English or a relative stands in); `to_review` waits for
somebody who reads it; `unread` stands on the screen but was written by a machine, and no native speaker has signed its file yet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from contact_hub.translators.book import FACES, PENDING, Book, all_tags, face_of, open_book
from contact_hub.translators.po import Block
from contact_hub.translators.problems import check
from i18n.catalogues import SOURCE
from i18n.promises import promised


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceStatus:
    """One file of one language."""

    face: str
    promised: int
    """How many of its texts readers of this tag were promised."""
    shown: int
    """How many are there, whole and not to be reviewed; more than promised where a translator went on."""
    missing: int
    """Promised and not there."""
    to_review: int
    machine_made: int
    """Of those to review, proposed by a machine through `import --machine`."""
    broken: int
    as_english: int
    """The same, letter by letter, as English."""
    unread: int
    """Shown, written by a language model, and not yet signed by a native speaker."""
    review: str
    """What the header says: `pending`, or who read it and when."""

    @property
    def complete(self) -> bool:
        return self.promised > 0 and not self.missing


@dataclass(frozen=True, slots=True, kw_only=True)
class TagStatus:
    tag: str
    faces: tuple[FaceStatus, ...]

    @property
    def complete(self) -> bool:
        """Whether every promise is kept; a tag that nobody promised keeps its promises."""
        return not any(face.missing for face in self.faces)

    def sum(self, field: str) -> int:
        return sum(getattr(face, field) for face in self.faces)

    def as_json(self) -> dict[str, object]:
        return {
            "tag": self.tag,
            "complete": self.complete,
            "faces": [asdict(face) | {"complete": face.complete} for face in self.faces],
        }


def status(root: Path) -> list[TagStatus]:
    """Every tag with a folder, English first."""
    sources = open_book(root, SOURCE).entries()
    return [_tag_status(open_book(root, tag), sources) for tag in all_tags(root)]


def wanting(book: Book, sources: Mapping[str, Block], keys: Sequence[str]) -> Iterator[str]:
    """Those of `keys` that are not there whole and read."""
    own = book.entries()
    return (key for key in keys if not _stands(sources[key], own.get(key), book.tag))


def _tag_status(book: Book, sources: Mapping[str, Block]) -> TagStatus:
    keys = promised(book.tag, sources)
    return TagStatus(tag=book.tag, faces=tuple(_face_status(book, sources, face, keys) for face in FACES))


def _face_status(book: Book, sources: Mapping[str, Block], face: str, promised_keys: Sequence[str]) -> FaceStatus:
    own = {key: block for key, block in book.entries(face).items() if any(block.forms)}
    wanted = [key for key in promised_keys if face_of(key) == face]
    standing = [key for key, block in own.items() if key in sources and _stands(sources[key], block, book.tag)]
    fuzzy = [block for block in own.values() if block.fuzzy]
    review = book.reviewed(face) if book.tag != SOURCE else "source"
    return FaceStatus(
        face=face,
        promised=len(wanted),
        shown=len(standing),
        missing=len(set(wanted) - set(standing)),
        to_review=len(fuzzy),
        machine_made=len([block for block in fuzzy if block.machine_made]),
        broken=len(own) - len(standing) - len([block for block in fuzzy if block.id in sources]),
        as_english=0 if book.tag == SOURCE else len([key for key in standing if own[key].forms == sources[key].forms]),
        unread=len(standing) if review == PENDING else 0,
        review=review,
    )


def _stands(source: Block, own: Block | None, tag: str) -> bool:
    return own is not None and any(own.forms) and not own.fuzzy and not any(check(source, own.forms, tag))
