"""What both socket protocols share: the shape of a frame and the answers every client must understand.

A frame is one JSON object in one text message, its `type` names it. Unknown fields are refused, unknown types answered with
`unknown_frame`: a client learns of its mistake instead of being half understood. Times are RFC 3339 in UTC.
"""

from __future__ import annotations

from typing import Annotated, Final, TypeVar

import msgspec

T = TypeVar("T")

PROTOCOL: Final = 1
FRAME_BYTES_MAX: Final = 64 * 1024
TEXT_CHARS_MAX: Final = 8_000

Id = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._:-]+$(?!\n)")]
ClientMessageId = Annotated[
    str,
    msgspec.Meta(
        min_length=8,
        max_length=64,
        pattern=r"^[A-Za-z0-9._:-]+$(?!\n)",
        description="Minted by the client, unique per conversation and sender; resend the same id until it is acknowledged.",
    ),
]
Tag = Annotated[str, msgspec.Meta(max_length=35, description="BCP 47 language tag")]
Text = Annotated[str, msgspec.Meta(max_length=TEXT_CHARS_MAX)]
ShortText = Annotated[str, msgspec.Meta(max_length=200)]


class Frame(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", forbid_unknown_fields=True, omit_defaults=True):
    """Base of all frames."""


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Base of the values inside frames."""


class Refusal(Frame, frozen=True, kw_only=True, tag="refusal"):
    """A frame was not carried out. `about` echoes the `client_message_id`, offer or conversation it was about, `code` never changes its meaning.

    `retry_after_seconds` is set where trying the same again later makes sense; without it, the client should not.
    """

    code: str
    sentence: str
    about: str | None = None
    values: dict[str, str] = {}
    retry_after_seconds: float | None = None


class Reconnect(Frame, frozen=True, kw_only=True, tag="reconnect"):
    """The server is going away; close and come back after so many seconds (add jitter of your own)."""

    after_seconds: float


class FrameRefused(ValueError):
    """A frame that cannot be understood; `code` is one of malformed_frame, unknown_frame, invalid_field."""

    def __init__(self, code: str, detail: str) -> None:
        self.code = code
        super().__init__(detail)


def read_frame(decoder: msgspec.json.Decoder[T], raw: bytes) -> T:
    """Bytes to a frame.

    Raises:
        FrameRefused: with the stable code for why not, and a detail that names the field but never quotes a value.
    """
    try:
        return decoder.decode(raw)
    except msgspec.ValidationError as invalid:
        detail = str(invalid)
        if detail.startswith("Expected `object`") and "`$" not in detail:
            code = "malformed_frame"
        elif "`$.type`" in detail or "missing required field `type`" in detail:
            code = "unknown_frame"
        else:
            code = "invalid_field"
        raise FrameRefused(code, detail) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise FrameRefused("malformed_frame", "not one JSON object in UTF-8") from None
