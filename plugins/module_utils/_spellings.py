# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a secret looks when somebody repeats it: in an address, on a page, within JSON, in words of an error. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from urllib.parse import quote

# A part of a token that is shorter than the token itself is hidden too from this length on: fewer letters are in many
# a word. Eight is what is taken for the least length of a password.
SHORTEST_PART = 8
# What is left as it is in an address: in a part of a path, in a path, by encodeURIComponent, by Java, by encodeURI.
_LEFT_IN_ADDRESSES = ("", "/", "!'()*", "*", "!#$&'()*+,/:;=?@")
_ON_EVERY_PAGE = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
# What else is replaced on a page: nothing, by Python, by Ruby, by Jinja, by PHP, in XML, by Go, by .NET, by Mustache.
_ON_PAGES: tuple[dict[str, str], ...] = (
    {},
    {'"': "&quot;"},
    {'"': "&quot;", "'": "&#x27;"},
    {'"': "&quot;", "'": "&#39;"},
    {'"': "&#34;", "'": "&#39;"},
    {'"': "&quot;", "'": "&#039;"},
    {'"': "&quot;", "'": "&apos;"},
    {'"': "&#34;", "'": "&#39;", "+": "&#43;"},
    {'"': "&quot;", "'": "&#x27;", "+": "&#x2B;"},
    {'"': "&quot;", "'": "&#39;", "/": "&#x2F;", "`": "&#x60;", "=": "&#x3D;"},
)
# What JSON that may stand on a page has as numbers: none, by Go and Rails, by Jinja and PHP, for scripts, by .NET.
_NUMBERED_IN_JSON = ("", "<>&", "<>&'", "<>&'\"", "<>/", "<>&'\"+`")


def spellings(secret: str) -> set[str]:
    """C(secret) as given and stripped, and everything that is made of either by those who repeat it."""
    plain = secret.strip()
    # A title is shown with single spaces, and the words of the service without the full stop at their end.
    forms = {secret, plain, " ".join(plain.split()), plain.rstrip(".")} if plain else set()
    shortest = min(len(plain), SHORTEST_PART)
    return {spelling for form in forms for spelling in _encoded(form) if len(spelling) >= shortest}


def _encoded(text: str) -> Iterator[str]:
    yield text
    yield repr(text)[1:-1]
    yield from _in_addresses(text)
    yield from _within_json(text)
    for others in _ON_PAGES:
        yield text.translate({ord(letter): name for letter, name in {**_ON_EVERY_PAGE, **others}.items()})


def _in_addresses(text: str) -> Iterator[str]:
    for left in _LEFT_IN_ADDRESSES:
        upper = quote(text, safe=left, errors="replace")
        for encoded in (upper, re.sub("%..", lambda found: found.group().lower(), upper)):
            yield encoded
            yield encoded.replace("%20", "+")


def _within_json(text: str) -> Iterator[str]:
    for numbered in _NUMBERED_IN_JSON:
        for number in ("\\u{:04x}", "\\u{:04X}"):
            encoded = json.dumps(text)[1:-1]
            for letter in numbered:
                encoded = encoded.replace(json.dumps(letter)[1:-1], number.format(ord(letter)))
            yield encoded
            yield encoded.replace("/", "\\/")
