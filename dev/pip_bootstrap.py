# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ansible-test needs to put pip into the virtual environments of its sanity tests.

It downloads a get_pip script from a server of its own, unless the script lies in its cache. Not everybody
reaches that server, while everybody who came here reaches a package index: wheels of the pip that it asks for and
of what it installs beside it, and a few lines that install pip from those, are put into the cache. ansible-test also
hides the environment from pip, so that a package index is found only if it is named in a file of the home folder.
"""

from __future__ import annotations

import ast
import configparser
import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from .workspace import Failed, environment, nothing, program, run

ASK_FOR_PACKAGES = """
import json
from ansible_test._internal.constants import SUPPORTED_PYTHON_VERSIONS
from ansible_test._internal.host_configs import VirtualPythonConfig
from ansible_test._internal.python_requirements import get_venv_packages

pythons = [VirtualPythonConfig(version=version, path="") for version in SUPPORTED_PYTHON_VERSIONS]
print(json.dumps([get_venv_packages(python) for python in pythons]))
"""
GET_PIP = """# Installs pip from the wheel beside this file, with the options that get-pip.py takes.
import glob
import os
import runpy
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
WHEEL = glob.glob(os.path.join(HERE, "pip-{version}-*.whl"))[0]
OPTIONS = [word for word in sys.argv[1:] if word not in ("--no-setuptools", "--no-wheel")]

sys.path.insert(0, WHEEL)
sys.argv = ["pip", "install", "--no-index", "--find-links", HERE, *OPTIONS]
runpy.run_module("pip", run_name="__main__", alter_sys=True)
"""
FROM_PIP_CONFIGURATION = (
    "index-url",
    "extra-index-url",
    "find-links",
    "no-index",
    "trusted-host",
    "cert",
    "client-cert",
    "proxy",
)


def prepare(python: Path, home: Path) -> None:
    """Put what the ansible-test beside this Python needs into the home."""
    folder = home / ".ansible" / "test" / "cache"
    folder.mkdir(parents=True, exist_ok=True)
    for packages in _packages(python):
        script = folder / f"get_pip_{packages['pip'].replace('.', '_')}.py"
        if not script.exists():
            _download(packages, folder)
            script.write_text(GET_PIP.format(version=packages["pip"]), encoding="utf-8")
    _write_pip_configuration(home / ".config" / "pip" / "pip.conf")


def _packages(python: Path) -> list[dict[str, str]]:
    """The packages that this ansible-test installs beside pip, and pip itself, one set for each version of Python."""
    asked = subprocess.run(
        [python, "-c", ASK_FOR_PACKAGES], env=environment(), capture_output=True, text=True, check=False
    )
    if asked.returncode:
        raise Failed(f"ansible-test does not tell which pip it wants: {asked.stderr.strip()}")
    packages: list[dict[str, str]] = json.loads(asked.stdout)
    return packages


def _download(packages: Mapping[str, str], folder: Path) -> None:
    options = ["--disable-pip-version-check", "--no-deps", "--only-binary", ":all:", "--dest", str(folder)]
    wanted = [f"{name}=={version}" for name, version in packages.items()]
    run(program("python"), "-m", "pip", "download", *options, *wanted, log="pip-wheel", show=nothing)


def _write_pip_configuration(target: Path) -> None:
    listed = subprocess.run(
        [program("python"), "-m", "pip", "config", "list"], capture_output=True, text=True, check=True
    ).stdout
    section = dict(pair for line in listed.splitlines() if (pair := _setting(line)))
    proxy = os.environ.get("HTTPS_PROXY") or os.environ.get("https_proxy")
    if proxy:
        section.setdefault("proxy", proxy)
    configuration = configparser.RawConfigParser()
    configuration["global"] = section
    target.parent.mkdir(parents=True, exist_ok=True)
    target.touch(mode=0o600)
    with target.open("w", encoding="utf-8") as file:
        configuration.write(file)


def _setting(line: str) -> tuple[str, str] | None:
    """One line of 'pip config list': section.name='value', the section being :env: for a variable."""
    name, separator, value = line.partition("=")
    section, _dot, option = name.rpartition(".")
    if not separator or section not in ("global", ":env:") or option not in FROM_PIP_CONFIGURATION:
        return None
    return option, str(ast.literal_eval(value)).replace("\n", " ")
