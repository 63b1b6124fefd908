"""What had to be mended while a mail was read: the codes that stand in `InboundMail.warnings`, and what each of them means.

One table, so that a screen, a report and a test speak of the same things. A code keeps its meaning for ever. Those in `LOST` make a mail `lossy`: something
of it is not where a reader would look for it, or is gone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

MENDED: Final[Mapping[str, str]] = {
    # the bytes
    "mbox_line": "A line of a mailbox file stood before the headers and was left out.",
    "bare_cr": "Lines ended in a carriage return alone.",
    "junk_before_headers": "Lines that are no headers stood before the headers and were left out.",
    # headers
    "headers_missing": "There are no headers; all of it was taken for text.",
    "headers_unended": "The empty line between headers and text is missing.",
    "header_broken": "A header ran on in a line that was not folded.",
    "header_8bit": "Headers hold bytes beyond ASCII that no label explains.",
    "word_broken": "An encoded word in a header is broken; it was read as far as it goes.",
    "sender_missing": "There is no usable From; the sender was taken from another header, or is not known.",
    "date_wrong": "The date cannot be read, or cannot be.",
    "type_wrong": "A Content-Type cannot be read; plain text was assumed.",
    "type_guessed": "A part without a type was taken for what it looks like.",
    # parts
    "boundary_missing": "The boundary between the parts is not named, or never comes; it was guessed, or all was taken as one text.",
    "boundary_open": "The last boundary is missing.",
    "boundary_repeated": "Parts follow after the last boundary; they were taken too.",
    "parts_missing": "A container of parts holds none.",
    # contents
    "transfer_unknown": "A transfer encoding is not known; the content was taken as it stands.",
    "transfer_wrong": "A content is not in the encoding it names; it was taken as it stands.",
    "base64_faulty": "Base64 with foreign characters in it, or with text behind it.",
    "charset_unknown": "A charset is named that does not exist.",
    "charset_wrong": "A text is not in the charset it names; another one fits.",
    "charset_guessed": "A text names no charset; one was guessed.",
    "uuencode_opened": "A file written into the text (uuencode) was taken out.",
    "tnef_opened": "A winmail.dat was opened.",
    "signed_opened": "A signed content was opened; the signature was not checked.",
    "html_untold": "There are many pieces of HTML between texts; the later ones are told in the HTML only.",
    "encrypted": "The content is encrypted; it is kept as it came.",
}
"""Mended, and nothing is missing."""

LOST: Final[Mapping[str, str]] = {
    "too_large": "The mail is larger than what is read; its end is missing.",
    "headers_cut": "There are more headers than are read.",
    "too_deep": "Parts lie in parts too deeply; the inner ones are kept as one attachment.",
    "too_many_parts": "There are more parts than are read.",
    "text_cut": "A text is longer than is shown; all of it is kept as an attachment.",
    "charset_faulty": "Some characters of a text cannot be read and are marked with �.",
    "addresses_cut": "There are more addresses than are read.",
    "tnef_faulty": "A winmail.dat is broken; what could be read was taken out.",
    "signed_faulty": "A signed content could not be opened; it is kept as it came.",
}
"""Not all of it is where one would look for it, or some of it is gone."""


class Mended:
    """The codes of one mail, each once, in the order they were met."""

    __slots__ = ("_codes",)

    def __init__(self) -> None:
        self._codes: dict[str, None] = {}

    def note(self, code: str) -> None:
        """Something was mended."""
        assert code in MENDED or code in LOST, code
        self._codes[code] = None

    @property
    def codes(self) -> tuple[str, ...]:
        """For `InboundMail.warnings`."""
        return tuple(self._codes)

    @property
    def lossy(self) -> bool:
        """For `InboundMail.lossy`."""
        return not self._codes.keys().isdisjoint(LOST)
