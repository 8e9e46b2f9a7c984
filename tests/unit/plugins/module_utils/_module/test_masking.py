# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a secret looks when somebody repeats it."""

from __future__ import annotations

import html
import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from html.entities import html5
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from ansible.module_utils.common.parameters import remove_values
from ansible_collections.katapult.cloud.plugins.module_utils._module import masking
from ansible_collections.katapult.cloud.plugins.module_utils._module.masking import MIN_PART, Secrets
from hypothesis import given, settings
from hypothesis import strategies as st

SECRET = """a/b+c&d<e>f"g'h\\i%j k~l=m"""
TOKEN = "simple/token+with=pad=="
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
NAMES = {meant: name for name, meant in html5.items() if name.endswith(";")}


def in_json(text: str) -> str:
    return json.dumps(text)[1:-1]


def numbered(form: str) -> Callable[[str], str]:
    return lambda text: "".join(letter if letter.isalnum() else form.format(ord(letter)) for letter in text)


def by_names(text: str) -> str:
    return "".join(f"&{NAMES[letter]}" if letter in NAMES else letter for letter in text)


def each_percent(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


def each_number(text: str) -> str:
    return "".join(rf"\u{unit:04x}" for unit in memoryview(text.encode("utf-16-le")).cast("H"))


ENCODINGS: dict[str, Callable[[str], str]] = {
    "decimal": numbered("&#{:d};"),
    "hexadecimal": numbered("&#x{:x};"),
    "in capitals": numbered("&#X{:X};"),
    "with noughts": numbered("&#{:05d};"),
    "hexadecimal with noughts": numbered("&#x{:04X};"),
    "names of HTML5": by_names,
    "every letter in an address": each_percent,
    "every letter in JSON": each_number,
    "every letter on a page": lambda text: "".join(f"&#{ord(letter)};" for letter in text),
    "on a page twice": lambda text: html.escape(html.escape(text)),
    "names on a page": lambda text: html.escape(by_names(text)),
    "in an address twice": lambda text: quote(quote(text, safe=""), safe=""),
    "in a form twice": lambda text: quote_plus(quote_plus(text)),
    "in an address three times": lambda text: quote(quote(quote(text, safe=""), safe=""), safe=""),
    "in JSON twice": lambda text: in_json(in_json(text)),
    "in JSON three times": lambda text: in_json(in_json(in_json(text))),
    "every letter in JSON twice": lambda text: in_json(each_number(text)),
    "JSON on a page": lambda text: html.escape(in_json(text)),
    "JSON in an address": lambda text: quote(in_json(text), safe=""),
    "an address on a page": lambda text: html.escape(quote(text)),
    "an address in JSON": lambda text: in_json(quote(text)),
    "an address by numbers on a page": lambda text: quote(text, safe="").replace("%", "&#37;"),
    "a page in JSON": lambda text: in_json(html.escape(text)),
    "a page in JSON by Go": lambda text: html.escape(text).replace("&", "\\u0026"),
    "a page in an address": lambda text: quote(html.escape(text), safe=""),
    "numbers of a page in an address": lambda text: quote(numbered("&#x{:x};")(text), safe=""),
}


def masked(secret: str, shown: Any) -> Any:
    """As the modules hide it."""
    secrets = Secrets([secret])
    return remove_values(shown, secrets.plain | secrets.find_in(shown))


@pytest.mark.parametrize("seen", SEEN.values(), ids=SEEN)
def test_a_secret_is_known_by_every_spelling(seen: str) -> None:
    assert masked(SECRET, f"<{seen}>") == "<********>"
    assert masked(f"  {SECRET}\n", f"<{seen}>") == "<********>"


@pytest.mark.parametrize("secret", [SECRET, TOKEN, 'it\'s \u00e4 "\U0001f4a9" of 2%'])
@pytest.mark.parametrize("encoded", ENCODINGS.values(), ids=ENCODINGS)
def test_a_secret_is_known_however_often_it_is_encoded(encoded: Callable[[str], str], secret: str) -> None:
    assert masked(secret, f"<{encoded(secret)}>") == "<********>"


@given(
    secret=st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=MIN_PART, max_size=40),
    encoded=st.sampled_from(sorted(ENCODINGS)),
)
@settings(max_examples=40, deadline=None)
def test_any_token_is_known_in_any_spelling(secret: str, encoded: str) -> None:
    assert masked(secret, f"<{ENCODINGS[encoded](secret)}>").rstrip(".") in ("<********>", "<********.>")


@pytest.mark.parametrize("encode", [b64encode, urlsafe_b64encode])
@pytest.mark.parametrize("before", ["", "Bearer "])
def test_a_secret_is_known_in_base64(encode: Callable[[bytes], bytes], before: str) -> None:
    secret = "~~~???>>>" + TOKEN
    encoded = encode((before + secret).encode()).decode()

    assert masked(secret, f"<{encoded}>").rstrip(">").rstrip("=") == "<********"
    assert masked("abc", encode(b"abc").decode()) == "YWJj"


def test_a_secret_is_found_as_a_key_and_deep_inside() -> None:
    spelling = quote(TOKEN, safe="")
    shown = {"a": [{"b": ({"c": spelling.lower()},)}], spelling: {5: None}, "d": True}

    assert Secrets([TOKEN]).find_in(shown) == {spelling, spelling.lower()}


@pytest.mark.parametrize(("length", "hidden"), [(MIN_PART, True), (MIN_PART - 1, False)])
def test_the_beginning_of_a_secret_at_which_a_text_is_cut_is_hidden(length: int, hidden: bool) -> None:
    assert ("****" in masked(TOKEN, f"said {TOKEN[:length]}\u2026 (x)")) is hidden


@pytest.mark.parametrize(
    ("secret", "seen"),
    [
        (" abc ", {" abc ", "abc", "+abc+"}),
        ("abc", {"abc"}),
        ("ABCdef123-_.~x", {"ABCdef123-_.~x"}),
        ("two  words", {"two  words", "two words", "two++words", "two+words"}),
        ("secret-with-a-dot.", {"secret-with-a-dot.", "secret-with-a-dot"}),
        ("a.......", {"a......."}),
        ("...", {"..."}),
        ("+", {"+"}),
        ("a  b", {"a  b", "a++b"}),
        ("", set()),
        (" \n", set()),
    ],
    ids=["spaces", "plain", "unreserved", "words", "dot", "a", "dots", "plus", "short-words", "empty", "blank"],
)
def test_nothing_is_hidden_that_many_words_have(secret: str, seen: set[str]) -> None:
    """Where something short were hidden, or nothing at all, every word would be full of stars."""
    secrets = Secrets([secret])

    assert secrets.plain == seen
    assert secrets.find_in("Other words: 100 %, 5 & 6, C:\\, \u2026, %25, &amp;.") <= {secret, "%25"}


@pytest.mark.parametrize("secret", ["\ud800", "a\0b", "schl\u00fcssel", "\U0001f4a9 \u2603"])
def test_no_secret_is_too_odd(secret: str) -> None:
    assert secret in Secrets([secret]).plain
    assert Secrets([secret]).find_in(f"<{in_json(secret)}>") == {in_json(secret)}


@pytest.mark.parametrize(
    "text",
    ["\\" * 100_000, "%25" * 50_000, "&amp;" * 50_000, "%5c" * 50_000, "a\\" * 50_000],
    ids=["backslashes", "percents", "ampersands", "encoded backslashes", "letters between"],
)
def test_a_text_of_nothing_but_signs_is_soon_passed(text: str) -> None:
    """If each were tried in every way, this would not end."""
    assert Secrets([r"a\\\\\\\\b%25%25%&&&;x"]).find_in(text) == set()


def test_without_a_sign_no_pattern_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes longer than a request."""
    monkeypatch.setattr(masking, "_build_pattern", pytest.fail)

    assert Secrets([TOKEN]).find_in({"disks": [{"name": TOKEN, "size": 5}]}) == set()
