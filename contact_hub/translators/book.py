"""One language's files as they stand, to be read and changed text by text.

A key's first word says its file, the English file says its place there. What is saved differs from what was read only where a text was put;
every file is replaced in one step, so that nobody ever reads half of one.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from contact_hub.errors import HubError
from contact_hub.translators import po
from contact_hub.translators.po import Block
from i18n import tags
from i18n.catalogues import DOMAINS, SOURCE, plural_header

FACES: Final = tuple(dict.fromkeys(DOMAINS.values()))
PENDING: Final = "pending"
_REVIEW: Final = "X-Review"


@dataclass(slots=True, kw_only=True)
class Book:
    """All texts of one tag."""

    root: Path
    tag: str
    files: dict[str, list[Block]] = field(default_factory=dict)
    _changed: set[str] = field(default_factory=set)

    def entries(self, face: str | None = None) -> dict[str, Block]:
        """Text by key, in the order of the files."""
        blocks = self.files.get(face, []) if face else (block for each in self.files.values() for block in each)
        return {block.id: block for block in blocks if block.id}

    def reviewed(self, face: str) -> str:
        """What the header says of its reading by a native speaker; `pending` where it says nothing."""
        return po.headers(self.files.get(face, [])).get(_REVIEW, PENDING)

    @property
    def plural_header(self) -> str:
        """As our own files say it; from CLDR for a new language."""
        own = (po.headers(blocks).get("Plural-Forms") for blocks in self.files.values())
        return next(filter(None, own), None) or plural_header(self.tag)

    def put(
        self,
        source: Block,
        forms: Sequence[str],
        before: Collection[str],
        *,
        fuzzy: bool = False,
        machine_made: bool = False,
    ) -> None:
        """Write a text: over the old one, or where English has it. `before` are the keys that stand above it in English."""
        key = source.id or ""
        face = face_of(key)
        blocks = self._opened(face, with_plurals=source.plural is not None)
        self._changed.add(face)
        for place, block in enumerate(blocks):
            if block.id == key:
                blocks[place] = po.with_forms(block, forms, fuzzy=fuzzy, machine_made=machine_made)
                return
        above = [place for place, block in enumerate(blocks) if block.id == "" or (block.id and block.id in before)]
        notes = (*source.notes, *([] if self.tag == SOURCE else english_lines(source)))
        added = po.entry(
            key, forms, plural=key if source.plural is not None else None, notes=notes, fuzzy=fuzzy, machine_made=machine_made
        )
        blocks.insert(max(above, default=0) + 1, added)

    def confirm(self, keys: Collection[str]) -> None:
        """These texts have been read and may be shown."""
        for face, blocks in self.files.items():
            for place, block in enumerate(blocks):
                if block.id and block.id in keys and (block.fuzzy or block.machine_made):
                    blocks[place] = po.with_forms(block, block.forms, fuzzy=False)
                    self._changed.add(face)

    def drop(self, keys: Collection[str]) -> None:
        """Take these texts out."""
        for face, blocks in self.files.items():
            if left := [block for block in blocks if block.id not in keys]:
                self._changed |= {face} if len(left) < len(blocks) else set()
                self.files[face] = left

    def sign(self, face: str, said: str) -> None:
        """Say in the header who read the file and when."""
        self.files[face] = po.with_header(self.files[face], _REVIEW, " ".join(said.split()))
        self._changed.add(face)

    def save(self) -> list[Path]:
        """Write what changed; says which files."""
        written = [self.root / self.tag / "LC_MESSAGES" / f"{face}.po" for face in FACES if face in self._changed]
        for path in written:
            path.parent.mkdir(parents=True, exist_ok=True)
            beside = path.with_suffix(".po.new")
            beside.write_text(po.write(self.files[path.stem]), encoding="utf-8", newline="\n")
            os.replace(beside, path)
        self._changed.clear()
        return written

    def _opened(self, face: str, *, with_plurals: bool) -> list[Block]:
        """The file to write into; one without a plural header gets it with its first plural, or nobody could read that."""
        blocks = self.files.setdefault(face, self._new_file(face))
        if with_plurals and "Plural-Forms" not in po.headers(blocks):
            self.files[face] = blocks = po.with_header(blocks, "Plural-Forms", self.plural_header)
        return blocks

    def _new_file(self, face: str) -> list[Block]:
        name = tags.display_name(self.tag, in_tag="en")
        title = [
            f"{name} texts of Contact Hub: {face}.",
            'Keys say the occasion; "English:" above each entry is the source text. See docs/languages.md.',
        ]
        fields = {
            "Project-Id-Version": "contact-hub",
            "Language": self.tag,
            "MIME-Version": "1.0",
            "Content-Type": "text/plain; charset=utf-8",
            "Content-Transfer-Encoding": "8bit",
            "Plural-Forms": self.plural_header,
            _REVIEW: PENDING,
        }
        return po.new_file(title, fields)


def open_book(root: Path, tag: str) -> Book:
    """The files of a tag; none of them need exist. Raises HubError `texts_unreadable` for a file of ours that is broken."""
    book = Book(root=root, tag=tags.canonical(tag))
    for face in FACES:
        path = root / book.tag / "LC_MESSAGES" / f"{face}.po"
        if path.is_file():
            try:
                book.files[face] = po.read(path.read_text(encoding="utf-8"))
            except (po.UnreadableFile, UnicodeDecodeError) as broken:
                raise HubError("texts_unreadable", f"{path}: {broken}") from None
    return book


def all_tags(root: Path) -> Iterator[str]:
    """The tags with a folder, English first."""
    found = {tags.canonical(folder.name) for folder in root.iterdir() if (folder / "LC_MESSAGES").is_dir()}
    yield from sorted(found, key=lambda tag: (tag != SOURCE, tag))


def face_of(key: str) -> str:
    """In which file a key stands."""
    return DOMAINS[key.split(".", 1)[0]]


def english_lines(source: Block) -> tuple[str, ...]:
    """The English text as a comment above its translation."""
    return ("English: " + " / ".join(" ".join(form.split()) for form in source.forms),)
