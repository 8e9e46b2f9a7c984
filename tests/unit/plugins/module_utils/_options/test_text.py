# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Text that can name something, and what is said of text that can't."""

from __future__ import annotations

import pytest
from ansible_collections.katapult.cloud.plugins.module_utils._options.text import (
    find_name_problem,
    find_value_problem,
    infer_key,
)

SIXTEEN = "5nGk37D3RLE7Kuza"
UNKNOWN_MACHINE = {
    "zero-width space": ("data\u200b01", r"an invisible character (\u200b) after 'data'"),
    "byte order mark": ("\ufeffdata", r"an invisible character (\ufeff) at its beginning"),
    "soft hyphen": ("da\xadta", r"an invisible character (\xad) after 'da'"),
    "bidi override": ("a\u202eb", r"an invisible character (\u202e) after 'a'"),
    "joined emoji": ("\U0001f468\u200d\U0001f4bb", "an invisible character (\\u200d) after '\U0001f468'"),
    "tag": ("a\U000e0041", r"an invisible character (\U000e0041) after 'a'"),
    "variation selector": ("data\ufe0f", r"an invisible character (\ufe0f) after 'data'"),
    "Hangul filler": ("\u3164", r"an invisible character (\u3164) at its beginning"),
    "no-break space": ("data\xa0", r"an invisible character (\xa0) after 'data'"),
    "ideographic space": ("a\u3000b", r"an invisible character (\u3000) after 'a'"),
    "tab": ("data\t01", r"a control character (\t) after 'data'"),
    "escape": ("\x1b[31mred", r"a control character (\x1b) at its beginning"),
    "line break": ("a\nb", r"a line break (\n) after 'a'"),
    "line break at the end": ("data-01\r\n", r"a line break (\r) after 'data-01'"),
    "line separator": ("a\u2028b", r"a line break (\u2028) after 'a'"),
    "late": ("a" * 100 + "\u200b", r"an invisible character (\u200b) after its first 100 characters"),
    "blank before": (" data", "a blank at its beginning"),
    "blank after": ("data ", "a blank at its end"),
}


@pytest.mark.parametrize(("text", "words"), UNKNOWN_MACHINE.values(), ids=UNKNOWN_MACHINE)
def test_what_can_t_be_seen_is_shown(text: str, words: str) -> None:
    assert find_name_problem("name", text) == f"has {words}. Remove it."


@pytest.mark.parametrize("text", ["data-01", "System Disk", "e\u0301", "\u0434\u0438\u0441\u043a", "\U0001f4a9", "a=b"])
def test_what_can_be_seen_is_a_name(text: str) -> None:
    assert find_name_problem("name", text) is None


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("name", f"disk_{SIXTEEN}"),
        ("fqdn", f"vm_{SIXTEEN}"),
        ("permalink", f"dc_{SIXTEEN}"),
        ("permalink", f"loc_{SIXTEEN}"),
        ("permalink", f"diop_{SIXTEEN}"),
        ("sub_domain", f"org_{SIXTEEN}"),
    ],
)
def test_an_id_is_no_name(key: str, text: str) -> None:
    assert find_name_problem(key, text) == f"is '{text}', which has the form of an ID. Give it as the id: id={text}"
    assert infer_key(key, text) == "id"
    assert find_name_problem("id", text) is None


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("name", f"disk_{SIXTEEN[1:]}"),
        ("name", f"disk_{SIXTEEN}a"),
        ("name", f"disk_{SIXTEEN[1:]}-"),
        ("name", f"Disk_{SIXTEEN}"),
        ("name", f"vm_{SIXTEEN}"),
        ("fqdn", f"vm_{SIXTEEN}.acme.test"),
        ("permalink", "uk-lon-01"),
        ("key", f"disk_{SIXTEEN}"),
    ],
)
def test_what_only_looks_like_an_id_is_a_name(key: str, text: str) -> None:
    assert find_name_problem(key, text) is None
    assert infer_key(key, text) == key


@pytest.mark.parametrize("text", ["", " x ", "two\r\nlines\n", "a\tb", "\U0001f468\u200d\U0001f4bb", "a\xa0b"])
def test_a_value_may_have_lines(text: str) -> None:
    assert find_value_problem(text) is None


@pytest.mark.parametrize("text", ["a\x1b[31m", "a\x7f", "a\x85", "a\x08"], ids=ascii)
def test_a_value_has_no_other_control_characters(text: str) -> None:
    assert f"({ascii(text[1])[1:-1]}) after 'a'. Remove it." in str(find_value_problem(text))
