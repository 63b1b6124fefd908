"""How well somebody commands a language: the CEFR, with "native" above it. Levels compare as numbers do."""

from enum import IntEnum


class Level(IntEnum):
    """A level of a language; `Level.B2 >= Level.B1` reads as it should."""

    A1 = 1
    A2 = 2
    B1 = 3
    B2 = 4
    C1 = 5
    C2 = 6
    NATIVE = 7

    @classmethod
    def parse(cls, text: str) -> "Level":
        """From `B2` or `native`, in any case. Raises ValueError that names what is allowed."""
        try:
            return cls[text.strip().upper()]
        except (KeyError, AttributeError):
            raise ValueError(f"{text!r} is not a language level; use one of {', '.join(level.label for level in cls)}") from None

    @property
    def label(self) -> str:
        """As people write it: `B2`, `native`."""
        return "native" if self is Level.NATIVE else self.name
