"""`contact-hub i18n status | extract | export | import | review | remove | pseudo`: for those who write our texts and those who check them."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table

import i18n
from contact_hub.errors import HubError
from contact_hub.translators import exchange, taking
from contact_hub.translators import status as statuses
from contact_hub.translators.book import FACES, Book, all_tags, open_book
from contact_hub.translators.po import Block
from contact_hub.translators.problems import Problem, TextsRefused, check, problem
from contact_hub.translators.usage import compare, uses_in
from i18n import tags
from i18n.catalogues import DOMAINS, LOCALES, PSEUDO, SOURCE, Catalogues
from i18n.promises import meets_a_customer, promised

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Texts in all languages: what is missing, what goes out and comes back."
)

_out: Final = Console(highlight=False)
_SOURCES: Final = Path(i18n.__file__).parent.parent

_WIDTH_MIN: Final = 110
_SUMS: Final = {
    "missing": "missing",
    "to_review": "review",
    "machine_made": "machine",
    "broken": "broken",
    "as_english": "English",
    "unread": "unread",
}

Locales = Annotated[Path, typer.Option(help="The folder of the catalogues.", show_default=False, exists=True, file_okay=False)]
Tag = Annotated[str, typer.Argument(help="A language: it, pt-BR, zh-Hant.")]
AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would happen and change nothing.")]


@app.command()
def status(locales: Locales = LOCALES, as_json: AsJson = False) -> None:
    """A line per language: texts of each face, what is missing, to be reviewed, unread; exit 1 where a promise is not kept."""
    found = statuses.status(locales)
    if as_json:
        _print_json({"complete": all(one.complete for one in found), "tags": [one.as_json() for one in found]})
    else:
        # cut figures are worse than long lines
        Console(highlight=False, width=max(_out.width, _WIDTH_MIN)).print(_status_table(found))
        short = [one.tag for one in found if not one.complete]
        _out.print(f"Promised and not there: {', '.join(short)}." if short else "Everything that was promised is there.")
    if not all(one.complete for one in found):
        raise typer.Exit(1)


@app.command()
def extract(
    locales: Locales = LOCALES,
    root: Annotated[Path, typer.Option(help="The folder of the sources.", show_default=False)] = _SOURCES,
    write: Annotated[
        bool, typer.Option("--write", help="Add what is missing to the English files, empty, with its place.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Which texts the sources use, against English: missing ones (exit 1), and those that nobody uses."""
    english = open_book(locales, SOURCE)
    found = compare(uses_in(root), english.entries())
    if as_json:
        _print_json(found.as_json())
    else:
        reached = sum(map(len, found.by_pattern.values()))
        _out.print(f"{len(found.by_name)} texts are used by name, {reached} through {len(found.by_pattern)} patterns.")
        for key, places in found.missing.items():
            _out.print(f"missing: {key} ({', '.join(places)})", markup=False, soft_wrap=True)
        for key in found.unused:
            _out.print(f"unused: {key}", markup=False)
    if write:
        _add_empty(english, {key: places for key, places in found.missing.items() if "*" not in key})
        _tell_written(english.save())
    if found.missing:
        raise typer.Exit(1)


@app.command(name="export")
def export_texts(
    tag: Tag,
    file: Annotated[Path, typer.Argument(help="it.po for an editor, it.csv for a spreadsheet.")],
    locales: Locales = LOCALES,
    todo: Annotated[bool, typer.Option("--todo", help="Only what is missing or to be reviewed.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="Also what this language was not promised.")] = False,
) -> None:
    """Write a language's texts with English beside them, for a translator."""
    sources, book = _opened(locales, tag)
    keys = _scope(book.tag, sources, everything=everything)
    if todo:
        keys = tuple(statuses.wanting(book, sources, keys))
    wanted = [sources[key] for key in keys]
    body = exchange.to_csv(book, wanted) if file.suffix.casefold() == ".csv" else exchange.to_po(book, wanted).encode()
    try:
        file.write_bytes(body)
    except OSError as broken:
        raise HubError("texts_unreadable", f"{file} cannot be written: {broken.strerror}.") from None
    _out.print(f"{len(wanted)} texts for {_name(book.tag)} are in {file}.", soft_wrap=True)


@app.command(name="import")
def import_texts(
    tag: Tag,
    file: Annotated[Path, typer.Argument(help="What a translator sent back: .po or .csv.")],
    locales: Locales = LOCALES,
    machine: Annotated[
        bool, typer.Option("--machine", help="Made by a machine: listed for review, not shown, never over what people read.")
    ] = False,
    partial: Annotated[bool, typer.Option("--partial", help="Take what is right although something is wrong.")] = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Take a translation in. Every text is checked; nothing is written while anything is wrong."""
    sources, book = _opened(locales, tag)
    taken = taking.weigh(taking.read_file(file, sources, book.tag), book, sources, machine=machine)
    if as_json:
        _print_json(taken.as_json())
    else:
        _tell_taken(taken, book.tag, machine=machine)
    if taken.problems and not partial:
        raise TextsRefused(taken.problems)
    written = [] if dry_run else taking.write(taken, book, sources, machine=machine)
    if not as_json:
        _tell_written(written, dry_run=dry_run)


@app.command()
def review(
    tag: Tag,
    by: Annotated[str, typer.Option(help="Who read it: a name that stands in the files.")],
    locales: Locales = LOCALES,
    face: Annotated[list[str] | None, typer.Option(help=f"One of {', '.join(FACES)}; all of them by default.")] = None,
    keys: Annotated[list[str] | None, typer.Option("--key", help="Only texts that begin so; the file is not signed then.")] = None,
    dry_run: DryRun = False,
) -> None:
    """A native speaker has read these texts: nothing of them is to be reviewed any more, and the files say so."""
    sources, book = _opened(locales, tag)
    faces = _faces(face, book)
    read = {key: block for one in faces for key, block in book.entries(one).items() if any(block.forms)}
    chosen = {key: block for key, block in read.items() if not keys or key.startswith(tuple(keys))}
    if wrong := [found for key, block in chosen.items() for found in _wrong(sources.get(key), block, book.tag)]:
        raise _refusal(wrong)
    waiting = [key for key, block in chosen.items() if block.fuzzy]
    book.confirm(tuple(chosen))
    if not keys:
        for one in faces:
            book.sign(one, f"{datetime.now(UTC):%Y-%m-%d} by {by}")
    _out.print(f"{len(chosen)} texts were read, {len(waiting)} of them had been waiting for it.")
    _tell_written([] if dry_run else book.save(), dry_run=dry_run)


@app.command()
def remove(
    keys: Annotated[list[str], typer.Argument(help="Whole keys, as `extract` names them.")],
    locales: Locales = LOCALES,
    dry_run: DryRun = False,
) -> None:
    """Take texts that nobody uses out of every language."""
    books = [open_book(locales, tag) for tag in all_tags(locales)]
    if unknown := [key for key in keys if key not in books[0].entries()]:
        raise _refusal([problem("key_unknown", key) for key in unknown])
    for book in books:
        book.drop(keys)
    _tell_written([] if dry_run else [path for book in books for path in book.save()], dry_run=dry_run)


@app.command()
def pseudo(
    beginning: Annotated[str, typer.Argument(help="Keys that begin so.")] = "widget.",
    locales: Locales = LOCALES,
    as_json: AsJson = False,
) -> None:
    """The pseudo-locale en-XA: English with accents, two fifths longer, in brackets. What is clipped or unbracketed on a screen is ours to mend."""
    texts = Catalogues(locales).browser_catalogue(PSEUDO, prefixes=[beginning])["texts"]
    if as_json:
        _print_json(texts)
        return
    for key, text in texts.items():
        _out.print(f"{key}  {text if isinstance(text, str) else text['other']}", markup=False, soft_wrap=True)
    _out.print(
        'To see it: localStorage["hub.language"] = "en-XA" in the console, then load again; ?tag=en-XA wherever a tag is taken.',
        markup=False,
        soft_wrap=True,
    )


def _opened(locales: Path, tag: str) -> tuple[dict[str, Block], Book]:
    """English and the files of `tag`, which is a language we can say something about."""
    try:
        own = tags.canonical(tag)
    except tags.InvalidTag:
        raise HubError("language_unknown", tag=tag[:35]) from None
    if own in {PSEUDO, "und"} or tags.display_name(own, in_tag="en") == own:
        raise HubError("language_unknown", tag=own)
    return open_book(locales, SOURCE).entries(), open_book(locales, own)


def _scope(tag: str, sources: dict[str, Block], *, everything: bool) -> tuple[str, ...]:
    """What a translator of this tag is asked for: what was promised; for a new language what customers meet."""
    if everything:
        return tuple(sources)
    return promised(tag, sources) or tuple(filter(meets_a_customer, sources))


def _faces(asked: list[str] | None, book: Book) -> list[str]:
    if unknown := set(asked or ()) - set(FACES):
        raise typer.BadParameter(f"{', '.join(sorted(unknown))}: there are {', '.join(FACES)}")
    return [face for face in asked or FACES if face in book.files]


def _wrong(source: Block | None, own: Block, tag: str) -> list[Problem]:
    if source is None:
        return [problem("key_unknown", own.id or "", own.line)]
    return [*check(source, own.forms, tag, line=own.line)]


def _add_empty(english: Book, missing: dict[str, tuple[str, ...]]) -> None:
    for key, places in missing.items():
        if key.split(".", 1)[0] in DOMAINS:
            source = Block(lines=(f"#. To be written; used in {', '.join(places)}",), id=key)
            english.put(source, ("",), english.entries())


def _status_table(found: list[statuses.TagStatus]) -> Table:
    """What is whole is one number, what is short is two; a column that says nothing is left out."""
    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    told = [(name, heading) for name, heading in _SUMS.items() if any(one.sum(name) for one in found)]
    table.add_column("tag")
    for heading in (*FACES, *(heading for _, heading in told)):
        table.add_column(heading, justify="right", no_wrap=True)
    for one in found:
        cells = [f"{face.shown}/{face.promised}" if face.missing else f"{face.shown or '–'}" for face in one.faces]
        sums = [str(one.sum(name) or "–") for name, _ in told]
        table.add_row(one.tag, *cells, *sums, style=None if one.complete else "bold red")
    return table


def _refusal(problems: list[Problem]) -> TextsRefused:
    """The error to raise, after its reasons have been told."""
    _tell_problems(problems)
    return TextsRefused(problems)


def _tell_problems(problems: Sequence[Problem]) -> None:
    for one in problems:
        _out.print(str(one), markup=False, soft_wrap=True)


def _tell_taken(taken: taking.Taken, tag: str, *, machine: bool) -> None:
    _tell_problems(taken.problems)
    made = " (machine-made, for review)" if machine else ""
    kept = f", {taken.kept} kept as people read them" if taken.kept else ""
    _out.print(
        f"{_name(tag)}: {len(taken.new)} new, {len(taken.changed)} changed{made}, {taken.unchanged} unchanged, {taken.empty} empty{kept}, "
        f"{len(taken.problems)} problems.",
        soft_wrap=True,
    )


def _tell_written(written: list[Path], *, dry_run: bool = False) -> None:
    told = ", ".join(f"{path.parts[-3]}/{path.name}" for path in written)
    _out.print(
        "Nothing was written." if not written else f"Written: {told}. A running server reads it when it starts again.",
        soft_wrap=True,
    )
    if dry_run:
        _out.print("This was a trial.")


def _name(tag: str) -> str:
    return f"{tags.display_name(tag, in_tag='en')} ({tag})"


def _print_json(value: object) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
