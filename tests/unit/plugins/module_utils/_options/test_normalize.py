# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of any shape become the dictionaries that Ansible checks, or an error that names the option."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.katapult.cloud.plugins.module_utils._core.errors import OptionError
from ansible_collections.katapult.cloud.plugins.module_utils._module.connection import connection_spec
from ansible_collections.katapult.cloud.plugins.module_utils._options.disk import disk_spec, parse_disk
from ansible_collections.katapult.cloud.plugins.module_utils._options.fleet import fleet_spec
from ansible_collections.katapult.cloud.plugins.module_utils._options.normalize import (
    find_variables,
    lookup_spec,
    normalize,
    strip_unusable,
)

SPEC = {
    **disk_spec(),
    "api_token": {"type": "str", "aliases": ["api_key"]},
    "organization": lookup_spec("id", "sub_domain"),
    "disk": lookup_spec("id", "name"),
}
FLEET = {**SPEC, **fleet_spec()}
ENV = {"key": "env", "value": "production"}
COUNT = {"key": "count", "value": 3}
A = {"key": "a"}
ID = "5nGk37D3RLE7Kuza"
BROKEN = "caf\udce9"


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"data_center": "uk-lon-01"}, {"data_center": {"permalink": "uk-lon-01"}}),
        ({"data_center": " uk-lon-01\n"}, {"data_center": {"permalink": "uk-lon-01"}}),
        ({"data_center": "id=loc_1"}, {"data_center": {"id": "loc_1"}}),
        ({"data_center": '{"id": "loc_1"}'}, {"data_center": {"id": "loc_1"}}),
        ({"data_center": "{'id': 'loc_1'}"}, {"data_center": {"id": "loc_1"}}),
        ({"data_center": {"id": "loc_1"}}, {"data_center": {"id": "loc_1"}}),
        ({"data_center": {"id": None, "permalink": "p"}}, {"data_center": {"permalink": "p"}}),
        ({"io_profile": "unrestricted"}, {"io_profile": {"permalink": "unrestricted"}}),
        ({"organization": "acme"}, {"organization": {"sub_domain": "acme"}}),
        ({"disk": "data-01"}, {"disk": {"name": "data-01"}}),
        ({"disk": f"disk_{ID}"}, {"disk": {"id": f"disk_{ID}"}}),
        ({"disk": f" disk_{ID}\n"}, {"disk": {"id": f"disk_{ID}"}}),
        ({"disk": f"vm_{ID}"}, {"disk": {"name": f"vm_{ID}"}}),
        ({"disk": "data-01\xa0"}, {"disk": {"name": "data-01\xa0"}}),
        ({"data_center": f"dc_{ID}"}, {"data_center": {"id": f"dc_{ID}"}}),
        ({"data_center": f"loc_{ID}"}, {"data_center": {"id": f"loc_{ID}"}}),
        ({"io_profile": f"diop_{ID}"}, {"io_profile": {"id": f"diop_{ID}"}}),
        ({"organization": f"org_{ID}"}, {"organization": {"id": f"org_{ID}"}}),
        (
            {"virtual_machine_disk": f"virtual_machine=vm_{ID}"},
            {"virtual_machine_disk": {"virtual_machine": {"id": f"vm_{ID}"}}},
        ),
        ({"name": 10, "annotations": [{"key": 1, "value": 2}]}, {"name": 10, "annotations": [{"key": 1, "value": 2}]}),
        ({"virtual_machine_disk": "attach=true boot=no"}, {"virtual_machine_disk": {"attach": "true", "boot": "no"}}),
        (
            {"virtual_machine_disk": '{"virtual_machine": "web-01.test", "attach": true}'},
            {"virtual_machine_disk": {"virtual_machine": {"fqdn": "web-01.test"}, "attach": True}},
        ),
        (
            {"virtual_machine_disk": "virtual_machine=web-01.test attach=true"},
            {"virtual_machine_disk": {"virtual_machine": {"fqdn": "web-01.test"}, "attach": "true"}},
        ),
        (
            {"virtual_machine_disk": {"virtual_machine": "id=vm_1", "boot": None}},
            {"virtual_machine_disk": {"virtual_machine": {"id": "vm_1"}}},
        ),
        ({"annotations": [{"key": "a", "value": None}]}, {"annotations": [{"key": "a"}]}),
        ({"annotations": '[{"key": "a", "value": "1"}]'}, {"annotations": [{"key": "a", "value": "1"}]}),
        ({"annotations": {"key": "a"}}, {"annotations": [{"key": "a"}]}),
        ({"annotations": "key=a value=1"}, {"annotations": [{"key": "a", "value": "1"}]}),
        ({"annotations": []}, {"annotations": []}),
        ({"annotations": {"env": "production", "owner": None}}, {"annotations": [ENV, {"key": "owner"}]}),
        ({"annotations": '{"env": "production", "owner": null}'}, {"annotations": [ENV, {"key": "owner"}]}),
        ({"annotations": "{'env': 'production', 'owner': None}"}, {"annotations": [ENV, {"key": "owner"}]}),
        ({"annotations": "env=production owner="}, {"annotations": [ENV, {"key": "owner", "value": ""}]}),
        ({"annotations": {"value": "a", "count": 3}}, {"annotations": [{"key": "value", "value": "a"}, COUNT]}),
        ({"annotations": {}}, {"annotations": []}),
        ({"name": "a=b", "size_in_gb": "20", "id": None}, {"name": "a=b", "size_in_gb": "20"}),
        ({"unknown": {"a": None}, "_ansible_diff": True}, {"unknown": {"a": None}, "_ansible_diff": True}),
        ({"data_center": None, "annotations": None}, {}),
    ],
)
def test_a_shape_that_can_be_meant(given: dict[str, Any], found: dict[str, Any]) -> None:
    assert normalize(given, SPEC) == found


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a\nb\nc", ["a", "b", "c"]),
        ("a\r\nb\r\n", ["a", "b"]),
        ("a\rb", ["a", "b"]),
        ("\n\n a \n\n\tb\n \n", ["a", "b"]),
        ("a,b\nc , d\n", ["a", "b", "c", "d"]),
        ("a,\nb, \n\nc,\n", ["a", "b", "c"]),
        ("System Disk\ndata-01", ["System Disk", "data-01"]),
        ("a\u2028b", ["a\u2028b"]),
        ("10", ["10"]),
        ("1.10", ["1.10"]),
        ("true", ["true"]),
        ("10\n11", ["10", "11"]),
    ],
    ids=ascii,
)
def test_names_in_a_text(text: str, names: list[str]) -> None:
    assert normalize({"disks": text}, FLEET) == {"disks": [{"name": name} for name in names]}


def test_ids_among_names() -> None:
    found = normalize({"disks": f"disk_{ID}\ndata-01"}, FLEET)
    assert found == {"disks": [{"id": f"disk_{ID}"}, {"name": "data-01"}]}


@pytest.mark.parametrize("text", ["a,,b", "a,", ",", "\n", ",\n"], ids=ascii)
def test_a_name_between_commas_is_not_left_out(text: str) -> None:
    with pytest.raises(OptionError, match="is empty"):
        normalize({"disks": text}, FLEET)


NAMED: dict[str, tuple[str, Callable[[Any], dict[str, Any]]]] = {
    "name": ("name", lambda value: {"name": value}),
    "id": ("id", lambda value: {"id": value}),
    "lookup": ("data_center", lambda value: {"data_center": value}),
    "key of a lookup": ("data_center.permalink", lambda value: {"data_center": {"permalink": value}}),
    "key of a lookup in JSON": ("disk.id", lambda value: {"disk": json.dumps({"id": value})}),
    "lookup within": (
        "virtual_machine_disk.virtual_machine.fqdn",
        lambda value: {"virtual_machine_disk": {"virtual_machine": {"fqdn": value}}},
    ),
    "annotation's key": ("annotations[0].key", lambda value: {"annotations": [{"key": value}]}),
    "annotation's value": ("annotations[1].value", lambda value: {"annotations": [A, {**A, "value": value}]}),
    "entry": ("disks[1]", lambda value: {"disks": ["a", value]}),
    "name of an entry": ("disks[0].name", lambda value: {"disks": [{"name": value}]}),
    "value in an entry": (
        "disks[0].annotations[0].value",
        lambda value: {"disks": [{"annotations": [{**A, "value": value}]}]},
    ),
    "fleet": ("disks", lambda value: {"disks": value}),
}


@pytest.mark.parametrize("value", [True, False, 1.1, 20.0])
@pytest.mark.parametrize(("option", "given"), NAMED.values(), ids=NAMED)
def test_what_yaml_made_no_text_of_is_to_be_put_in_quotes(
    option: str, given: Callable[[Any], dict[str, Any]], value: Any
) -> None:
    with pytest.raises(OptionError, match="put it in quotes") as raised:
        normalize(given(value), FLEET)
    assert raised.value.option == option


@pytest.mark.parametrize("option", ["bus_type", "storage_speed"])
def test_a_choice_is_left_to_ansible(option: str) -> None:
    assert normalize({option: True}, SPEC) == {option: True}


@pytest.mark.parametrize(
    ("given", "variables", "found"),
    [
        ({}, {"KATAPULT_API_TIMEOUT": "5"}, {"api_timeout": "KATAPULT_API_TIMEOUT"}),
        ({}, {"KATAPULT_API_TIMEOUT": " \n"}, {}),
        ({"api_timeout": 5}, {"KATAPULT_API_TIMEOUT": "5"}, {}),
        ({}, {"KATAPULT_API_KEY": "b"}, {"api_token": "KATAPULT_API_KEY"}),
        ({}, {"KATAPULT_API_TOKEN": "a", "KATAPULT_API_KEY": "b"}, {"api_token": "KATAPULT_API_TOKEN"}),
        ({"api_key": "c"}, {"KATAPULT_API_TOKEN": "a"}, {}),
    ],
    ids=str,
)
def test_a_variable_is_looked_at_if_its_option_is_not_given(
    given: dict[str, Any], variables: dict[str, str], found: dict[str, str]
) -> None:
    assert find_variables(given, connection_spec(), variables) == found


@pytest.mark.parametrize(
    ("given", "option"),
    [
        ({"data_center": 5}, "data_center"),
        ({"data_center": 5.5}, "data_center"),
        ({"data_center": True}, "data_center"),
        ({"data_center": ["uk-lon-01"]}, "data_center"),
        ({"data_center": []}, "data_center"),
        ({"data_center": ""}, "data_center"),
        ({"data_center": "  "}, "data_center"),
        ({"data_center": "{broken"}, "data_center"),
        ({"data_center": BROKEN}, "data_center"),
        ({"organization": 7}, "organization"),
        ({"io_profile": ["x"]}, "io_profile"),
        ({"virtual_machine_disk": "x"}, "virtual_machine_disk"),
        ({"virtual_machine_disk": "web-01.test"}, "virtual_machine_disk"),
        ({"virtual_machine_disk": 5}, "virtual_machine_disk"),
        ({"virtual_machine_disk": {"virtual_machine": 5}}, "virtual_machine_disk.virtual_machine"),
        ({"virtual_machine_disk": {"virtual_machine": ["x"]}}, "virtual_machine_disk.virtual_machine"),
        ({"virtual_machine_disk": {"virtual_machine": {"fqdn": BROKEN}}}, "virtual_machine_disk.virtual_machine.fqdn"),
        ({"annotations": "foo"}, "annotations[0]"),
        ({"annotations": 5}, "annotations"),
        ({"annotations": True}, "annotations"),
        ({"annotations": "5"}, "annotations"),
        ({"annotations": "null"}, "annotations"),
        ({"annotations": ["foo"]}, "annotations[0]"),
        ({"annotations": [{"key": "a"}, 5]}, "annotations[1]"),
        ({"annotations": [None]}, "annotations[0]"),
        ({"annotations": [["key", "a"]]}, "annotations[0]"),
        ({"annotations": {"key": {"env": "production"}}}, "annotations.key"),
        ({"annotations": {"env": ["production"]}}, "annotations.env.value"),
        ({"annotations": {"env": True}}, "annotations.env.value"),
        ({"annotations": {"env": {"key": "a"}}}, "annotations.env.value"),
        ({"annotations": {BROKEN: "a"}}, "annotations.caf?.key"),
        ({"annotations": "env=production b"}, "annotations"),
        ({"annotations": ["env=production"]}, "annotations[0]"),
        ({"annotations": [{"key": "a"}, {"value": "1"}]}, "annotations[1]"),
        ({"annotations": [{"key": None}]}, "annotations[0]"),
        ({"annotations": [{"key": BROKEN}]}, "annotations[0].key"),
        ({"name": BROKEN}, "name"),
        ({"name": "data\0-01"}, "name"),
        ({"name": ["data-01"]}, "name"),
        ({"name": {"name": "data-01"}}, "name"),
        ({"name": float("nan")}, "name"),
        ({"api_key": ["secret"]}, "api_key"),
        ({"data_center": {"permalink": ["uk-lon-01"]}}, "data_center.permalink"),
        ({"size_in_gb": True}, "size_in_gb"),
        ({"size_in_gb": [2**63]}, "size_in_gb"),
        ({"virtual_machine_disk": {"boot": float("inf")}}, "virtual_machine_disk.boot"),
    ],
)
def test_a_shape_that_can_t_be_meant_names_the_option(given: dict[str, Any], option: str) -> None:
    with pytest.raises(OptionError) as raised:
        normalize({**given, "api_token": "secret"}, SPEC)

    assert raised.value.option == option
    assert "secret" not in str(raised.value)
    assert str(raised.value).encode("utf-8")
    assert option.partition(".")[0].partition("[")[0] in {*strip_unusable(given, SPEC), *given}


def test_the_right_form_is_shown() -> None:
    with pytest.raises(OptionError) as raised:
        normalize({"data_center": 5}, SPEC)
    assert "data_center: uk-lon-01, or data_center: {id: dc_...}" in str(raised.value)


def test_what_can_t_be_used_is_left_out_for_ansible() -> None:
    unfit = {"data_center": 5, "size_in_gb": float("inf"), "annotations": "foo", "id": ["a"], "unknown": float("nan")}
    assert strip_unusable({**unfit, "name": BROKEN, "bus_type": "scsi"}, SPEC) == {"name": "caf?", "bus_type": "scsi"}


def test_options_are_not_written_to() -> None:
    given = {"data_center": "uk-lon-01", "annotations": [{"key": "a", "value": None}]}
    normalize(given, SPEC)
    assert given == {"data_center": "uk-lon-01", "annotations": [{"key": "a", "value": None}]}


@pytest.mark.parametrize(
    ("params", "option"),
    [
        ({"name": ""}, "name"),
        ({"name": "  "}, "name"),
        ({"id": ""}, "id"),
        ({"size_in_gb": 9}, "size_in_gb"),
        ({"size_in_gb": 0}, "size_in_gb"),
        ({"size_in_gb": -20}, "size_in_gb"),
        ({"data_center": {"id": ""}}, "data_center.id"),
        ({"organization": {"sub_domain": " "}}, "organization.sub_domain"),
        ({"virtual_machine_disk": {"virtual_machine": {"fqdn": ""}}}, "virtual_machine_disk.virtual_machine.fqdn"),
        ({"annotations": [{"key": "a"}, {"key": " "}]}, "annotations[1].key"),
        ({"annotations": [{"key": "a"}, {"key": "b "}]}, "annotations[1].key"),
        ({"annotations": [{"key": "a", "value": "\x1b"}]}, "annotations[0].value"),
        ({"name": "a\nb"}, "name"),
        ({"name": f"disk_{ID}"}, "name"),
        ({"id": "disk_A\u200b"}, "id"),
        ({"data_center": {"permalink": f"loc_{ID}"}}, "data_center.permalink"),
        ({"io_profile": {"permalink": "\ufeff100k"}}, "io_profile.permalink"),
        (
            {"virtual_machine_disk": {"virtual_machine": {"fqdn": f"vm_{ID}"}}},
            "virtual_machine_disk.virtual_machine.fqdn",
        ),
    ],
)
def test_a_value_that_can_t_be_meant_names_the_option(params: dict[str, Any], option: str) -> None:
    with pytest.raises(OptionError) as raised:
        parse_disk(params, {})

    assert raised.value.details.detail == {"option": option}
    assert raised.value.message.startswith(f"{option} ")


def test_an_entry_of_a_fleet_takes_a_mapping_of_annotations_too() -> None:
    given = {
        "disks": [{"name": "data-01", "annotations": {"env": "production"}}],
        "annotations": '{"env": "production"}',
    }

    found = normalize(given, FLEET)
    assert (found["disks"][0]["annotations"], found["annotations"]) == ([ENV], [ENV])
