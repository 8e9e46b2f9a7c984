# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a secret looks when somebody repeats it."""

from __future__ import annotations

import html
import json
from urllib.parse import quote, quote_plus

import pytest
from ansible_collections.katapult.cloud.plugins.module_utils._spellings import spellings

SECRET = """a/b+c&d<e>f"g'h\\i%j k~l=m"""
SEEN: dict[str, str] = {
    "as it is": SECRET,
    "in a path": quote(SECRET),
    "in a part of a path": quote(SECRET, safe=""),
    "in a form": quote_plus(SECRET),
    "in lower case": "a%2fb%2bc%26d%3ce%3ef%22g%27h%5ci%25j%20k~l%3dm",
    "in a form in lower case": "a%2fb%2bc%26d%3ce%3ef%22g%27h%5ci%25j+k~l%3dm",
    "by encodeURIComponent": "a%2Fb%2Bc%26d%3Ce%3Ef%22g'h%5Ci%25j%20k~l%3Dm",
    "by encodeURI": "a/b+c&d%3Ce%3Ef%22g'h%5Ci%25j%20k~l=m",
    "on a page by Python": html.escape(SECRET),
    "in the text of a page": html.escape(SECRET, quote=False),
    "on a page by Ruby": "a/b+c&amp;d&lt;e&gt;f&quot;g&#39;h\\i%j k~l=m",
    "on a page by Jinja": "a/b+c&amp;d&lt;e&gt;f&#34;g&#39;h\\i%j k~l=m",
    "on a page by PHP": "a/b+c&amp;d&lt;e&gt;f&quot;g&#039;h\\i%j k~l=m",
    "on a page by Go": "a/b&#43;c&amp;d&lt;e&gt;f&#34;g&#39;h\\i%j k~l=m",
    "in XML": "a/b+c&amp;d&lt;e&gt;f&quot;g&apos;h\\i%j k~l=m",
    "in JSON": json.dumps(SECRET)[1:-1],
    "in JSON with slashes": json.dumps(SECRET)[1:-1].replace("/", "\\/"),
    "in JSON by Go": r"""a/b+c\u0026d\u003ce\u003ef\"g'h\\i%j k~l=m""",
    "in JSON by Jinja": r"""a/b+c\u0026d\u003ce\u003ef\"g\u0027h\\i%j k~l=m""",
    "in JSON by PHP": r"""a\/b+c\u0026d\u003Ce\u003Ef\u0022g\u0027h\\i%j k~l=m""",
    "in JSON by .NET": r"""a/b\u002Bc\u0026d\u003Ce\u003Ef\u0022g\u0027h\\i%j k~l=m""",
    "in a list of Python": str([SECRET])[2:-2],
}


@pytest.mark.parametrize("seen", SEEN.values(), ids=SEEN)
def test_a_secret_is_known_by_every_spelling(seen: str) -> None:
    assert seen in spellings(SECRET)
    assert seen in spellings(f"  {SECRET}\n")


@pytest.mark.parametrize(
    ("secret", "seen"),
    [
        (" abc ", {" abc ", "abc", "%20abc%20", "+abc+"}),
        ("abc", {"abc"}),
        ("ABCdef123-_.~x", {"ABCdef123-_.~x"}),
        ("two  words", {"two  words", "two words", "two%20%20words", "two++words", "two%20words", "two+words"}),
        ("secret-with-a-dot.", {"secret-with-a-dot.", "secret-with-a-dot"}),
        ("a.......", {"a......."}),
        ("...", {"..."}),
        ("+", {"+", "%2B", "%2b", "&#43;", "&#x2B;", "\\u002B", "\\u002b"}),
        ("a  b", {"a  b", "a%20%20b", "a++b", "a%20b"}),
        ("", set()),
        (" \n", set()),
    ],
    ids=["spaces", "plain", "unreserved", "words", "dot", "a", "dots", "plus", "short-words", "empty", "blank"],
)
def test_nothing_is_hidden_that_many_words_have(secret: str, seen: set[str]) -> None:
    """Where something short were hidden, or nothing at all, every word would be full of stars."""
    assert spellings(secret) == seen


@pytest.mark.parametrize("secret", ["\ud800", "a\0b", "schlüssel", "\U0001f4a9 \u2603"])
def test_no_secret_is_too_odd(secret: str) -> None:
    assert secret in spellings(secret)
