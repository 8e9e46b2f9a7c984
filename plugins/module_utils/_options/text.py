# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What text can name something: none with invisible characters, and no ID if a name is wanted. Pure.

A service that drops what can't be seen, or shows it as nothing, would get one more disk of such a name at every run.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from .._core.errors import OptionError

WHITESPACE = " \t\r\n"

_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"})
# Fillers, joiners and variation selectors: letters and marks by their category, but nothing of them is seen.
_UNSEEN = re.compile(
    r"[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_LINE_BREAKS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
# How the IDs begin of what can be named by each key.
_PREFIXES = {"name": "disk", "fqdn": "vm", "permalink": "dc|loc|diop", "sub_domain": "org"}
# What is longer would hide the rest of the message.
MAX_SHOWN = 60


def raise_if(option: str, problem: str | None) -> None:
    """Raise OptionError for what is wrong with an option; None is nothing."""
    if problem is not None:
        raise OptionError(option, problem)


def printable(text: str) -> str:
    """`text` with a question mark for all that is no valid Unicode, or that no log takes."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "?")


def find_encoding_problem(text: str) -> str | None:
    """What is wrong with text that is no valid Unicode or has a NUL, as wrongly encoded files give it."""
    if printable(text) == text:
        return None
    return "has bytes that are not UTF-8 text, or a NUL. Check the encoding of its source."


def find_name_problem(key: str, text: str) -> str | None:
    """What is wrong with text that names something by `key`, as in `fqdn`; None if nothing is."""
    if not text.strip():
        return "is empty. Give a value, or leave the option out."
    problem = find_encoding_problem(text) or _first(text, _is_invisible)
    if problem is None and text != text.strip(" "):
        problem = f"has a blank at its {'beginning' if text.startswith(' ') else 'end'}. Remove it."
    if problem is None and infer_key(key, text) != key:
        problem = f"is '{text}', which has the form of an ID. Give it as the id: id={text}"
    return problem


def find_value_problem(text: str) -> str | None:
    """What is wrong with text that names nothing and may have lines; None if nothing is."""
    return _first(text, lambda character: unicodedata.category(character) == "Cc" and character not in WHITESPACE)


def infer_key(key: str, text: str) -> str:
    """The key that text without one is meant for: `id` if it has the form of an ID, or else `key`."""
    prefixes = _PREFIXES.get(key)
    is_id = prefixes is not None and re.fullmatch(f"(?:{prefixes})_[A-Za-z0-9]{{16}}", text)
    return "id" if is_id else key


def _is_invisible(character: str) -> bool:
    is_invisible = unicodedata.category(character) in _INVISIBLE and character != " "
    return is_invisible or _UNSEEN.match(character) is not None


def _first(text: str, is_unfit: Callable[[str], bool]) -> str | None:
    """The problem with the first character that is unfit."""
    place = next((place for place, character in enumerate(text) if is_unfit(character)), None)
    if place is None:
        return None
    character, where = text[place], f"after '{text[:place]}'" if place else "at its beginning"
    if place > MAX_SHOWN:
        where = f"after its first {place} characters"
    kind = "a control character" if unicodedata.category(character) == "Cc" else "an invisible character"
    if character in _LINE_BREAKS:
        kind = "a line break"
    return f"has {kind} ({ascii(character)[1:-1]}) {where}. Remove it."
