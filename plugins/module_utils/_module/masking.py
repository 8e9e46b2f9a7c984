# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a secret looks when somebody repeats it: in an address, on a page, within JSON, in words of an error."""

from __future__ import annotations

import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from ansible.module_utils.common.parameters import remove_values, sanitize_keys

# A part of a token that is shorter than the token itself is hidden too from this length on: fewer letters are in many
# a word. Eight is what is taken for the least length of a password.
MIN_PART = 8
ELLIPSIS = "\u2026"
# Without one of these a text has no letter in another spelling, and is not cut.
_SIGNS = ("%", "&", "\\", ELLIPSIS)

# The signs that begin another spelling may themselves be encoded again, as often as is likely (JSON three times makes
# seven backslashes of one): an answer that is nothing but signs must not be tried in every way that it could be read.
_PERCENT = r"(?:%|&(?:amp;){0,3}(?:percnt|#0{0,6}37|#[xX]0{0,6}25);|\\{1,7}u0025)(?:25){0,3}"
_AND = r"(?:&|%(?:25){0,3}26|\\{1,7}u0026)(?:amp;|#0{0,6}38;|#[xX]0{0,6}26;){0,3}"
_NUMBER = r"(?:#|%(?:25){0,3}23)"
_END = r"(?:;|%(?:25){0,3}3[bB])"
_BACKSLASH = rf"(?:\\|{_PERCENT}5[cC]|{_AND}(?:bsol|{_NUMBER}(?:0{{0,6}}92|[xX]0{{0,6}}5[cC])){_END})"
_MOST_BACKSLASHES = 7
_ESCAPES = f"{_BACKSLASH}{{1,{_MOST_BACKSLASHES}}}"
_IN_LETTERS = {"\n": "n", "\r": "r", "\t": "t"}

# Control characters could move the cursor, or begin a line that looks like one of Ansible's.
FOR_A_TERMINAL = {**dict.fromkeys((*range(32), *range(127, 160)), "?"), **dict.fromkeys(map(ord, "\t\n\r"), " ")}


class Secrets:
    """Secrets that are to be hidden. `plain`: their forms that need no search, as Ansible hides them."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        forms: set[str] = set()
        for secret in secrets:
            # As given, stripped, and as a title or a sentence shows it: with single spaces, without a full stop.
            plain = secret.strip()
            shown = {secret, plain, " ".join(plain.split()), plain.rstrip(".")}
            forms.update(form for form in shown if plain and len(form) >= min(len(plain), MIN_PART))
        self._forms = sorted(forms, key=len, reverse=True)
        self.plain = {spelling for form in self._forms for spelling in (form, form.replace(" ", "+"))}

    def find_in(self, shown: Any) -> set[str]:
        """What is a secret in another spelling, in the texts and keys of a value that Ansible can show.

        Ansible takes some 0.4 s for each spelling that it looks for in 10,000 disks, and this a tenth of that for all.
        """
        if not self._forms:
            return set()
        # All texts in one, in which almost always nothing is found.
        whole = repr(shown)
        found = {spelling for form in self._forms for spelling in _in_base64(form) if spelling in whole}
        if any(sign in whole for sign in _SIGNS):
            text = "\n".join(_collect_texts(shown))
            found.update(match.group() for match in self._pattern.finditer(text))
            # The beginnings at which a text is cut.
            cuts = (form[:end] + ELLIPSIS for form in self._forms for end in range(MIN_PART, len(form)))
            if ELLIPSIS in text:
                found.update(cut for cut in cuts if cut in text)
        return found

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile("|".join(map(_build_pattern, self._forms)))


class Mask:
    """Hides secrets in what is shown. `hidden`: what Ansible masks by itself, which grows by the spellings found."""

    def __init__(self, secrets: Secrets, hidden: set[str]) -> None:
        self._secrets = secrets
        self._hidden = hidden
        hidden.update(secrets.plain)

    def printable(self, text: str) -> str:
        """The text masked, and fit for a terminal, to which Ansible prints messages as they are."""
        return str(self.hide(text)).translate(FOR_A_TERMINAL)

    def hide(self, shown: Any) -> Any:
        """The value without what must not be shown."""
        self._hidden.update(self._secrets.find_in(shown))
        return remove_values(shown, self._hidden)

    def hide_in_keys(self, result: Mapping[str, Any]) -> dict[str, Any]:
        """The result without it in the keys of dictionaries; Ansible masks values, once it knows all spellings."""
        self._hidden.update(self._secrets.find_in(result))
        return {key: sanitize_keys(value, self._hidden) for key, value in result.items()}

    def hide_in_result(self, result: Mapping[str, Any]) -> dict[str, Any]:
        """The result as AnsibleModule ends with it: without it in keys and values, but what is true or null is."""
        shown = self.hide_in_keys(result)
        plain = {key: value for key, value in shown.items() if value is None or isinstance(value, bool)}
        return {**remove_values(shown, self._hidden), **plain}


def _in_base64(text: str) -> Iterator[str]:
    """The text alone and as a header has it, without padding."""
    for whole in (text, f"Bearer {text}"):
        for encoded in (b64encode, urlsafe_b64encode):
            spelling = encoded(whole.encode("utf-8", "replace")).decode("ascii").rstrip("=")
            if len(spelling) >= MIN_PART:
                yield spelling


def _collect_texts(shown: Any) -> set[str]:
    texts: set[str] = set()
    left = [shown]
    while left:
        value = left.pop()
        if isinstance(value, str):
            texts.add(value)
        elif isinstance(value, Mapping):
            left += [*value, *value.values()]
        elif isinstance(value, (list, tuple, set)):
            left += value
    return texts


def _build_pattern(form: str) -> str:
    """Backslashes in a row are one thing, as no order among them can be told once they are doubled."""
    # Looked at first, so that most places of a text are passed quickly.
    begins = f"(?=[%&+{re.escape(form[0])}\\\\])"
    return begins + "".join(map(_any_spelling, re.findall(r"\\+|[^\\]", form)))


def _any_spelling(letters: str) -> str:
    from html.entities import html5  # some 2,000 names, which almost no run needs

    if letters[0] == "\\":
        most = (_MOST_BACKSLASHES + 1) * len(letters)
        return rf"(?:\\{{1,{_MOST_BACKSLASHES}}}(?:u00|x)5[cC]|{_BACKSLASH}){{{len(letters)},{most}}}"
    # A space in an address is often a plus, which may be encoded again.
    bare = f"[ +]|{_PERCENT}2[bB]" if letters == " " else re.escape(letters)
    in_address = "".join(_PERCENT + _hexadecimal(byte, 2) for byte in letters.encode("utf-8", "surrogatepass"))
    numbers = f"{_NUMBER}(?:0{{0,6}}{ord(letters)}|[xX]0{{0,6}}{_hexadecimal(ord(letters), 1)})"
    entities = [re.escape(name[:-1]) for name, meant in html5.items() if meant == letters and name.endswith(";")]
    on_page = f"{_AND}(?:{'|'.join([numbers, *entities])}){_END}"
    escaped = "|".join(_list_escapes(letters))
    # What is longer first, lest the end of another spelling is left.
    return f"(?:{_ESCAPES}(?:{escaped})|(?:{_ESCAPES})?(?:{in_address}|{on_page}|{bare}))"


def _list_escapes(letter: str) -> Iterator[str]:
    """What follows a backslash in JSON or Python instead of the letter."""
    pairs = letter.encode("utf-16-be", "surrogatepass")
    units = [256 * high + low for high, low in zip(pairs[::2], pairs[1::2])]
    yield _ESCAPES.join(f"u{_hexadecimal(unit, 4)}" for unit in units)
    if ord(letter) < 256:
        yield f"x{_hexadecimal(ord(letter), 2)}"
    if letter in _IN_LETTERS:
        yield _IN_LETTERS[letter]


def _hexadecimal(number: int, digits: int) -> str:
    return re.sub("[a-f]", lambda found: f"[{found.group()}{found.group().upper()}]", f"{number:0{digits}x}")
