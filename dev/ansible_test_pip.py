# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Let ansible-test make its environments without its own server, which not every network reaches.

It downloads a script that installs pip, unless that script lies in its cache: one that begins with the pip of Python
itself is put there. It also hides the caller's environment from pip, so the settings with which pip finds its package
index are written into the home folder that is given.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

from ansible_test._internal.constants import SUPPORTED_PYTHON_VERSIONS
from ansible_test._internal.host_configs import VirtualPythonConfig
from ansible_test._internal.python_requirements import get_venv_packages

GET_PIP = """
import importlib, runpy, subprocess, sys

subprocess.run([sys.executable, "-m", "ensurepip"], check=True, stdout=subprocess.DEVNULL)
importlib.invalidate_caches()
sys.argv = ["pip", "install", *(word for word in sys.argv[1:] if word not in ("--no-setuptools", "--no-wheel"))]
runpy.run_module("pip", run_name="__main__", alter_sys=True)
"""
SETTINGS = ["index-url", "extra-index-url", "find-links", "no-index", "trusted-host", "cert", "client-cert", "proxy"]


def pip_settings() -> dict[str, str]:
    """What pip is told of its package index, be it by files or by the environment."""
    found = {"proxy": os.environ.get("HTTPS_PROXY") or os.environ.get("https_proxy") or ""}
    listed = subprocess.run([sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True)
    for line in listed.stdout.splitlines():  # section.option='value'
        name, value = line.split("=", 1)
        section, option = name.rsplit(".", 1)
        if section in ("global", ":env:") and option in SETTINGS:
            found[option] = " ".join(ast.literal_eval(value).split())
    return found


def main(home: Path) -> None:
    cache, config = home / ".ansible" / "test" / "cache", home / ".config" / "pip" / "pip.conf"
    for path in (cache, config.parent):
        path.mkdir(parents=True, exist_ok=True)
    for version in SUPPORTED_PYTHON_VERSIONS:
        pip = get_venv_packages(VirtualPythonConfig(version=version, path=""))["pip"]
        (cache / f"get_pip_{pip.replace('.', '_')}.py").write_text(GET_PIP, encoding="utf-8")
    config.touch(mode=0o600)
    lines = [f"{option} = {value}" for option, value in pip_settings().items() if value]
    config.write_text("\n".join(["[global]", *lines, ""]), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
