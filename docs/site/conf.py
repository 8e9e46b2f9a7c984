# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How Sphinx builds the documentation site of the collection."""

from __future__ import annotations

import zlib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sphinx.application import Sphinx

project = "katapult.cloud"
title = "Ansible collection for the Katapult cloud"
project_copyright = "Katapult Cloud collection contributors"

extensions = ["sphinx.ext.intersphinx", "sphinx_antsibull_ext"]
nitpicky = True
pygments_style = "ansible"
highlight_language = "YAML+Jinja"

html_theme = "sphinx_ansible_theme"
html_title = html_short_title = title
html_theme_options = {
    "show_extranav": False,
    "titles_only": True,
    "topbar_links": {
        "Repository": "https://github.com/katapult-cloud/ansible-collection-katapult",
        "Katapult API": "https://developers.katapult.io/api/docs/latest/",
        "Ansible documentation": "https://docs.ansible.com/",
    },
}
html_static_path = ["_static"]
html_css_files = ["katapult.css"]
html_show_sphinx = False
html_copy_source = False
html_use_index = False

# Links into Ansible's own documentation go by a list of those that occur, so that a build needs no network.
ansible_docs = "https://docs.ansible.com/projects/ansible/latest/"
ansible_labels = {
    "action_plugins": "plugins/action.html#action-plugins",
    "ansible_configuration_settings": "reference_appendices/config.html#ansible-configuration-settings",
    "common_return_values": "reference_appendices/common_return_values.html#common-return-values",
}
ansible_cache_plugin = ("", "_CONNECTION", "_PREFIX", "_TIMEOUT")
occurring = [
    *(f"{label} std:label -1 {page} -\n" for label, page in ansible_labels.items()),
    *(
        f"ANSIBLE_CACHE_PLUGIN{end} std:envvar 1 reference_appendices/config.html#envvar-$ -\n"
        for end in ansible_cache_plugin
    ),
]
inventories = TemporaryDirectory(prefix="katapult-docs-")
inventory = Path(inventories.name) / "ansible.inv"
inventory.write_bytes(
    b"# Sphinx inventory version 2\n# Project: Ansible\n# Version:\n# The remainder is compressed using zlib.\n"
    + zlib.compress("".join(occurring).encode())
)
intersphinx_mapping = {"ansible": (ansible_docs, str(inventory))}


def setup(app: Sphinx) -> None:
    app.connect("html-page-context", _lead_home)


def _lead_home(app: Sphinx, _page: str, _template: str, context: dict[str, Any], _doctree: object) -> None:
    """Have the title lead to the first page from wherever a page is: the theme knows only one address for all."""
    context["theme_documentation_home_url"] = context["pathto"](app.config.root_doc)
