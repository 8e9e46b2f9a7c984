# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory as Ansible's commands show it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.katapult.cloud.plugins.doc_fragments.connection import ModuleDocFragment
from ansible_collections.katapult.cloud.plugins.inventory import katapult
from ansible_collections.katapult.cloud.tests.simulator import Simulator
from ansible_collections.katapult.cloud.tests.unit.support.commands import Ansible

WEB = "web-01.acme.katapult.cloud"
DB = "db-01.acme.katapult.cloud"
SEED: dict[str, Any] = {
    "virtual_machines": [
        {
            "fqdn": WEB,
            "id": "vm_WebWebWebWebWebW",
            "tags": ["web", "production"],
            "group": "frontends",
            "annotations": {"env": "production", "role": "web"},
            "addresses": ["2001:db8::7", "198.51.100.7"],
            "private_addresses": ["10.0.0.7"],
            "created_at": 1750000000,
            "system_disk_gb": 40,
            "root_password": "a-password-that-nobody-must-see",
        },
        {
            "fqdn": DB,
            "id": "vm_DbDbDbDbDbDbDbDb",
            "state": "stopped",
            "data_center": "nl-ams-01",
            "addresses": [],
            "package": None,
        },
    ],
    "disks": [
        {"name": "data-01", "id": "disk_Data01Data01Data", "wwn": "0d8f1ac2b3e45f60", "virtual_machine": WEB},
        {"name": "unassigned-01"},
    ],
}
CACHED: dict[str, Any] = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile"}
LIST = "/organizations/organization/virtual_machines"
MACHINE = "/virtual_machines/virtual_machine"
DISKS = "/organizations/organization/disks"
NEVER = "a-token-that-nobody-must-see"
SHOWN_EXAMPLES = re.split(r"^---$", katapult.EXAMPLES, flags=re.MULTILINE)


class Inventory:
    """The inventory of one file, against a simulator."""

    def __init__(self, simulator: Simulator, ansible: Ansible) -> None:
        self.simulator = simulator
        self.ansible = ansible
        self.path = ansible.home / "katapult.yml"

    def write(self, text: str = "", **options: Any) -> None:
        """Write the file; `text` is put in as it is."""
        given = yaml.safe_dump({"plugin": "katapult.cloud.katapult", **options}, sort_keys=False)
        self.path.write_text(given + text, encoding="utf-8")

    def shown(self, text: str = "", words: tuple[str, ...] = (), **options: Any) -> dict[str, Any]:
        """What ansible-inventory --list shows, without Ansible's marks."""
        self.write(text, **options)
        shown = self.ansible.home / "list.json"
        self.output = self.ansible.run(
            "ansible-inventory", "-i", str(self.path), "--list", "--output", str(shown), *words
        )
        found: dict[str, Any] = json.loads(shown.read_text(encoding="utf-8"), object_hook=_unmarked)
        return found

    def hosts(self, text: str = "", words: tuple[str, ...] = (), **options: Any) -> dict[str, dict[str, Any]]:
        """The variables of the hosts."""
        found: dict[str, dict[str, Any]] = self.shown(text, words, **options)["_meta"]["hostvars"]
        return found

    def failure(self, text: str = "", **options: Any) -> str:
        """All that is printed when the file cannot be used, as one line."""
        assert self.hosts(text, ("-vvvv",), **options) == {}
        assert "Unable to parse" in self.output
        return " ".join(self.output.split())

    @property
    def warnings(self) -> str:
        return " ".join(self.output.split())

    @property
    def requests(self) -> list[str]:
        return sorted(request.path for request in self.simulator.requests)


def _unmarked(thing: dict[str, Any]) -> Any:
    """Ansible marks what is no template, from 2.19 on all texts."""
    return thing.get("__ansible_unsafe", thing)


@pytest.fixture(name="inventory")
def _inventory(short_path: Path) -> Iterator[Inventory]:
    with Simulator() as simulator:
        simulator.seed(SEED)
        yield Inventory(simulator, Ansible(simulator, short_path))
        assert simulator.violations == []


def test_hosts_have_what_the_lists_show(inventory: Inventory) -> None:
    hosts = inventory.hosts()

    assert list(hosts) == [DB, WEB]
    disks = hosts[WEB].pop("katapult_disks")
    assert hosts[WEB] == {
        "ansible_host": "198.51.100.7",
        "katapult_id": "vm_WebWebWebWebWebW",
        "katapult_name": "web-01",
        "katapult_fqdn": WEB,
        "katapult_public_addresses": ["2001:db8::7", "198.51.100.7"],
        "katapult_data_center": "uk-lon-01",
        "katapult_zone": "lon-zone-1",
        "katapult_package": "ROCK-4",
        "katapult_created_at": 1750000000,
    }
    assert [disk["name"] for disk in disks] == ["System Disk", "data-01"]
    assert disks[1] == {
        "id": "disk_Data01Data01Data",
        "name": "data-01",
        "size_in_gb": 20,
        "wwn": "0d8f1ac2b3e45f60",
        "device": None,
        "boot": None,
        "state": "built",
    }
    assert (hosts[DB]["katapult_disks"], hosts[DB]["katapult_package"], "ansible_host" in hosts[DB]) == (
        [],
        None,
        False,
    )
    assert inventory.requests == [DISKS, LIST]


def test_details_private_addresses_and_details_of_disks_need_a_request_each(inventory: Inventory) -> None:
    hosts = inventory.hosts(details=True, disk_details=True, connect_with="private_ipv4")

    web = hosts[WEB]
    assert (web["katapult_state"], web["katapult_tags"], web["katapult_group"]) == (
        "started",
        ["web", "production"],
        "frontends",
    )
    assert web["katapult_annotations"] == {"env": "production", "role": "web"}
    assert (web["ansible_host"], web["katapult_private_addresses"]) == ("10.0.0.7", ["10.0.0.7"])
    assert [(disk["boot"], disk["device"] is None) for disk in web["katapult_disks"]] == [(True, False), (False, False)]
    assert web["katapult_disks"][1]["device"] == "/dev/disk/by-id/wwn-0x0d8f1ac2b3e45f60"
    each = [MACHINE] * 2 + [f"{MACHINE}/network_interfaces"] * 2 + ["/disks/disk"] * 2
    assert inventory.requests == sorted([DISKS, LIST, *each])
    assert "a-password-that-nobody-must-see" not in json.dumps(hosts)


def test_groups_and_variables_are_constructed(inventory: Inventory) -> None:
    inventory.write(
        details=True,
        strict=True,
        keyed_groups=[{"key": "katapult_data_center", "prefix": "in"}, {"key": "katapult_tags", "prefix": "tag"}],
        groups={"large": "katapult_disks | map(attribute='size_in_gb') | sum >= 60"},
        compose={"ansible_user": "'ubuntu'"},
    )

    graph = inventory.ansible.run("ansible-inventory", "-i", str(inventory.path), "--graph", "--vars")

    groups = re.findall(r"^  \|--@(\w+):\n((?:  \|  .*\n)*)", graph, re.MULTILINE)
    assert {name for name, hosts in groups if f"|--{WEB}\n" in hosts} == {
        "in_uk_lon_01",
        "tag_web",
        "tag_production",
        "large",
    }
    assert {name for name, hosts in groups if f"|--{DB}\n" in hosts} == {"in_nl_ams_01"}
    assert "{ansible_user = ubuntu}" in graph


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({"data_centers": ["nl-ams-01"]}, [DB]),
        ({"annotations": {"env": "production"}}, [WEB]),
        ({"annotations": [{"key": "env", "value": "production"}, {"key": "role", "value": "db"}]}, []),
        ({"details": True, "tags": ["web", "production"]}, [WEB]),
        ({"details": True, "tags": ["web", "test"]}, []),
        ({"details": True, "states": ["stopped", "failed"]}, [DB]),
    ],
    ids=str,
)
def test_filters(inventory: Inventory, options: Mapping[str, Any], found: list[str]) -> None:
    assert list(inventory.hosts(disks=False, **options)) == found


def test_a_data_center_is_given_by_its_id_as_well(inventory: Inventory) -> None:
    place = next(place.id for place in inventory.simulator.state.data_centers if place.permalink == "nl-ams-01")

    assert list(inventory.hosts(data_centers=[place], details=True)) == [DB]
    assert inventory.requests == sorted([DISKS, LIST, MACHINE])


def test_a_cached_list_needs_no_request_until_the_cache_is_flushed(inventory: Inventory) -> None:
    cache = inventory.ansible.home / "cache"
    options: dict[str, Any] = {
        "cache": True,
        "cache_plugin": "ansible.builtin.jsonfile",
        "cache_connection": str(cache),
    }
    first = inventory.hosts(details=True, **options)
    read = len(inventory.simulator.requests)

    assert inventory.hosts(details=True, **options) == first
    assert len(inventory.simulator.requests) == read
    inventory.simulator.seed({"virtual_machines": [{"fqdn": "new-01.acme.katapult.cloud"}]})
    assert len(inventory.hosts(**options)) == 3
    assert len(inventory.hosts(details=True, **options)) == 2
    play = inventory.ansible.save("- hosts: all\n")
    inventory.write(details=True, **options)
    inventory.ansible.run("ansible-playbook", "-i", str(inventory.path), str(play), "--flush-cache", "--list-hosts")
    assert len(inventory.hosts(details=True, **options)) == 3
    assert list(cache.iterdir()) != []
    assert [path for path in cache.iterdir() if inventory.simulator.token in path.read_text(encoding="utf-8")] == []


def test_a_cached_list_is_of_one_service_and_organization(inventory: Inventory) -> None:
    options = {**CACHED, "cache_connection": str(inventory.ansible.home / "cache")}
    inventory.hosts(**options)

    inventory.ansible.environment["KATAPULT_ORGANIZATION"] = "other"
    assert "organization_not_found" in inventory.failure(**options)
    inventory.ansible.environment["KATAPULT_ORGANIZATION"] = "acme"
    with Simulator() as other:
        inventory.ansible.environment["KATAPULT_API_URL"] = other.url
        assert inventory.hosts(**options) == {}


def test_a_wrong_token_fails_with_the_words_of_the_modules_and_is_shown_nowhere(inventory: Inventory) -> None:
    message = (
        "The API token provided was not valid (it may not exist or have expired) (invalid_api_token, HTTP 403). Check "
        "api_token (or KATAPULT_API_TOKEN)."
    )
    inventory.ansible.environment["KATAPULT_API_TOKEN"] = NEVER

    output = inventory.failure()
    assert f"Could not list the virtual machines of the organization 'acme': {message}" in output
    assert NEVER not in output
    module = inventory.ansible.run("ansible", "localhost", "-m", "katapult.cloud.katapult_disk_info", "-vvvv", status=2)
    assert message in module


@pytest.mark.parametrize("option", ["hostname", "disks", "states"])
def test_a_token_in_the_place_of_another_option_is_not_shown(inventory: Inventory, option: str) -> None:
    """Ansible's own checks quote what they refuse."""
    inventory.ansible.environment["KATAPULT_API_TOKEN"] = NEVER

    output = inventory.failure(**{option: NEVER})
    assert option in output
    assert NEVER not in output


def test_a_token_in_the_file_goes_before_the_variable_and_is_not_shown(inventory: Inventory) -> None:
    output = inventory.failure(api_token=NEVER)

    assert "invalid_api_token" in output
    assert NEVER not in output


def test_a_token_from_a_vault(inventory: Inventory) -> None:
    password = inventory.ansible.home / "password"
    password.write_text("secret\n", encoding="utf-8")
    token = inventory.ansible.environment.pop("KATAPULT_API_TOKEN")
    vault = ("--vault-password-file", str(password))
    encrypted = inventory.ansible.run("ansible-vault", "encrypt_string", *vault, "--name", "api_token", token)
    text = re.findall(r"^api_token: !vault .*\n(?: +\S+\n)+", encrypted, re.MULTILINE)[0]

    assert list(inventory.hosts(text, (*vault, "-vvvv"))) == [DB, WEB]
    assert "no vault secrets found" in inventory.failure(text)


def test_a_token_that_is_no_template_is_not_quoted(inventory: Inventory) -> None:
    output = inventory.failure(api_token=f"{NEVER}-{{{{")

    assert "api_token cannot be used: " in output
    assert NEVER not in output


def test_options_may_be_templates(inventory: Inventory) -> None:
    inventory.ansible.environment["TOKEN"] = inventory.ansible.environment.pop("KATAPULT_API_TOKEN")
    del inventory.ansible.environment["KATAPULT_ORGANIZATION"]
    template = "{{ lookup('ansible.builtin.env', 'TOKEN') }}"

    hosts = inventory.hosts(
        words=("-e", "wanted=acme", "-vvvv"), api_token=template, organization={"sub_domain": "{{ wanted }}"}
    )

    assert list(hosts) == [DB, WEB]


def test_an_empty_variable_counts_as_unset(inventory: Inventory) -> None:
    variables = inventory.ansible.environment
    variables.update(KATAPULT_API_KEY=variables["KATAPULT_API_TOKEN"], KATAPULT_API_TOKEN="", KATAPULT_API_TIMEOUT="")

    assert list(inventory.hosts()) == [DB, WEB]


@pytest.mark.parametrize(
    ("variables", "options", "message"),
    [
        ({"KATAPULT_API_TOKEN": ""}, {}, "api_token is not set. Set it, or KATAPULT_API_TOKEN"),
        ({"KATAPULT_ORGANIZATION": ""}, {}, "organization is needed to list virtual machines: set it, or KATAPULT_"),
        ({"KATAPULT_API_TIMEOUT": "5s"}, {}, "KATAPULT_API_TIMEOUT is not a usable number. Give a whole number"),
        ({}, {"api_url": "http://katapult.test"}, "api_url would send the token unencrypted."),
        ({}, {"datacenters": ["uk-lon-01"]}, "parameters for (katapult.cloud.katapult) inventory plugin: datacenters"),
        ({}, {"tags": ["web"]}, "tags needs details: true, because the list of virtual machines does not show it."),
        ({}, {"details": True, "states": ["running"]}, "value of states must be one or more of: stopped, failed, st"),
        ({}, {"annotations": "production"}, "annotations[0] is text that is not a dictionary. Give one: annotations"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_can_not_be_used(
    inventory: Inventory, variables: Mapping[str, str], options: Mapping[str, Any], message: str
) -> None:
    inventory.ansible.environment.update(variables)

    assert message in inventory.failure(**options)
    assert inventory.requests == []


@pytest.mark.parametrize("scopes", [["disks"], []], ids=str)
def test_without_the_scope_for_machines_nothing_is_listed(inventory: Inventory, scopes: list[str]) -> None:
    inventory.simulator.state.add_token("narrow-token", scopes=scopes)

    output = inventory.failure(api_token="narrow-token")

    assert "scope_not_granted, HTTP 403" in output
    assert "virtual_machines:read" in output


def test_without_the_scope_for_disks_there_is_a_warning(inventory: Inventory) -> None:
    inventory.simulator.state.add_token("narrow-token", scopes=["virtual_machines:read"])

    hosts = inventory.hosts(api_token="narrow-token")
    assert [name for name in hosts if "katapult_disks" not in hosts[name]] == [DB, WEB]
    assert "disks:read" in inventory.warnings
    assert "The inventory has no katapult_disks. If you need none, set disks: false." in inventory.warnings

    inventory.hosts(api_token="narrow-token", disks=False)
    assert "disks:read" not in inventory.warnings


def test_machines_of_one_name_are_hosts_of_their_own(inventory: Inventory) -> None:
    ids = inventory.simulator.seed(
        {"virtual_machines": [{"fqdn": f"{n}.acme.katapult.cloud", "name": "twin"} for n in ("a", "b")]}
    )["virtual_machines"]

    assert list(inventory.hosts(hostname="name")) == sorted(["db-01", "web-01", *ids])
    assert "2 virtual machines have the name 'twin', so that their hosts are named by their IDs: " in inventory.warnings
    assert all(one in inventory.warnings for one in ids)


def test_nothing_that_the_service_tells_is_a_template(inventory: Inventory) -> None:
    template = "{{ 7 * 191 }}"
    expression = "lookup('ansible.builtin.pipe', 'echo 13''37')"
    inventory.simulator.seed(
        {
            "virtual_machines": [
                {
                    "fqdn": "odd-01.acme.katapult.cloud",
                    "name": template,
                    "tags": [expression],
                    "annotations": {template: template},
                    "package": template,
                }
            ]
        }
    )
    inventory.write(details=True, hostname="fqdn", compose={"shown": "katapult_name"})
    play = [
        {
            "hosts": "odd-01.acme.katapult.cloud",
            "gather_facts": False,
            "tasks": [
                {
                    "ansible.builtin.debug": {
                        "msg": ["{{ katapult_annotations }}", "{{ shown }}", "{{ katapult_tags[0] }}"]
                    }
                },
                {"ansible.builtin.debug": {"var": "katapult_package"}},
            ],
        }
    ]

    output = inventory.ansible.run(
        "ansible-playbook", "-i", str(inventory.path), str(inventory.ansible.save(yaml.safe_dump(play)))
    )

    assert output.count("7 * 191") >= 4
    assert expression in output
    assert "1337" not in output


def test_a_machine_whose_name_is_no_host_name_is_named_by_its_id(inventory: Inventory) -> None:
    [odd] = inventory.simulator.seed({"virtual_machines": [{"fqdn": "odd.acme.katapult.cloud", "name": "-oPermit=x"}]})[
        "virtual_machines"
    ]

    assert odd in inventory.hosts(hostname="name")
    assert f"have no name that can name a host, so that their hosts are named by their IDs: {odd} ('-oPermit=x')." in (
        inventory.warnings
    )


@pytest.mark.parametrize("number", range(len(SHOWN_EXAMPLES)))
def test_an_example(inventory: Inventory, number: int) -> None:
    inventory.ansible.environment["ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED"] = "true"

    hosts = inventory.hosts(**yaml.safe_load(SHOWN_EXAMPLES[number]))

    assert hosts
    assert "[WARNING]" not in inventory.output


def test_the_documentation_has_every_option_as_it_is_checked() -> None:
    fragment = yaml.safe_load(ModuleDocFragment.PLUGIN)["options"]
    documented = {**yaml.safe_load(katapult.DOCUMENTATION)["options"], **fragment}
    spec = katapult.SPEC["argument_spec"]

    assert set(documented) == {"plugin", *spec}
    for name, option in spec.items():
        assert documented[name]["type"] == option["type"], name
        assert documented[name].get("choices") == option.get("choices"), name
        assert documented[name].get("default") == option.get("default"), name
        assert documented[name].get("elements") == option.get("elements"), name
        assert "required" not in documented[name], name


@pytest.mark.parametrize(
    ("name", "is_taken"),
    [
        ("katapult.yml", True),
        ("katapult.yaml", True),
        ("acme.katapult.yml", True),
        ("hosts.yml", False),
        ("katapult.json", False),
    ],
)
def test_the_name_of_a_file(tmp_path: Path, name: str, is_taken: bool) -> None:
    path = tmp_path / name
    path.write_text("", encoding="utf-8")

    assert katapult.InventoryModule().verify_file(str(path)) is is_taken
    assert katapult.InventoryModule().verify_file(str(tmp_path / "missing" / name)) is False
