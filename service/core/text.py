"""How text is cleaned, folded for comparison, and said in two languages."""

import re
import unicodedata
from functools import lru_cache
from typing import Any, NamedTuple

_SPACE_OR_BREAK = re.compile(r"\s+")
_LINE_BREAK = re.compile("\r\n|[\r\n\v\f\x85\u2028\u2029]")
# Unicode's categories Cc and Cs, without tabs and line breaks.
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")
_BLANK_LETTERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # Hangul fillers and the empty Braille cell show nothing


# English whatever the locale of the process is, unlike `calendar.month_name`.
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


class Text(NamedTuple):
    """One sentence in Korean and in English; `{name}` places are filled by `with_facts`."""

    ko: str
    en: str

    def with_facts(self, **facts: Any) -> "Text":
        """Return both sentences with their places filled."""
        return Text(self.ko.format(**facts), self.en.format(**facts))

    def in_language(self, language: str) -> str:
        """Return the English sentence for `en`, the Korean one for anything else."""
        return self.en if language == "en" else self.ko


def has_control_character(raw: str) -> bool:
    """Tell whether `raw` holds a control character that is neither white space nor a line break.

    Half a surrogate pair counts as one: it is no character, and UTF-8 can't write it.
    """
    return _CONTROL.search(raw) is not None


def has_visible_character(text: str) -> bool:
    """Tell whether a reader would see anything: marks, format characters and spaces alone are nothing."""
    return any(unicodedata.category(char)[0] in "LNPS" and char not in _BLANK_LETTERS for char in text)


def tidy_line(raw: str) -> str:
    """Return `raw` in NFC and trimmed, each run of white space or line breaks as one space."""
    return _SPACE_OR_BREAK.sub(" ", unicodedata.normalize("NFC", raw)).strip()


def tidy_paragraphs(raw: str) -> str:
    """Return `raw` in NFC and trimmed; white space stays, every line break is a line feed."""
    return _LINE_BREAK.sub("\n", unicodedata.normalize("NFC", raw)).strip()


@lru_cache(maxsize=256)  # a name is folded five times while it is registered
def fold(text: str) -> str:
    """Return `text` as searches compare it: NFKC, without case, single spaces."""
    return tidy_line(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()))


def likeness_key(name: str) -> str:
    """Return `name` as likely duplicates compare it: folded, and without any space."""
    return fold(name).replace(" ", "")


def digits_of(name: str) -> str:
    """Return the digits of `name` in order; plants that differ in a number ("1공장", "2공장") are no duplicates."""
    return "".join(char for char in fold(name) if char.isdigit())
