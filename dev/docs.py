# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation site: the guides in docs/docsite/ and a page for each module, as HTML."""

from __future__ import annotations

import shutil
import zlib

from dev.links import broken_links
from dev.workspace import BUILD, COLLECTION, ROOT, Failed, environment, nothing, program, run

SITE = BUILD / "docs"
PAGES = SITE / "rst"
HTML = SITE / "html"
CONFIGURATION = COLLECTION / "dev" / "docsite"

#: The labels of Ansible's documentation that the pages of modules refer to, each with where it leads.
LABELS = {
    "action_plugins": "plugins/action.html#action-plugins",
    "ansible_configuration_settings": "reference_appendices/config.html#ansible-configuration-settings",
    "common_return_values": "reference_appendices/common_return_values.html#common-return-values",
}


def docs() -> str:
    """Build the site into .build/docs/html/; what was built. A reference or a link that leads nowhere fails it."""
    shutil.rmtree(SITE, ignore_errors=True)
    # antsibull-docs writes only where nobody else can.
    PAGES.mkdir(parents=True, mode=0o755)
    (SITE / "ansible.inv").write_bytes(inventory(LABELS))
    env = environment(ANSIBLE_COLLECTIONS_PATH=str(BUILD))
    pages = ["--use-current", "--squash-hierarchy", "--fail-on-error", "--dest-dir", str(PAGES)]
    antsibull = [program("antsibull-docs"), "--config-file", str(CONFIGURATION / "antsibull-docs.cfg")]
    run(*antsibull, "collection", *pages, "katapult.cloud", log="docs-pages", env=env, show=nothing)
    # A list of the variables of other kinds of plugins, which here would say that there are none.
    (PAGES / "environment_variables.rst").unlink()
    site = ["-b", "html", "-c", str(CONFIGURATION), "-d", str(SITE / "doctrees"), "-W", "--keep-going", "--quiet"]
    run(program("sphinx-build"), *site, PAGES, HTML, log="docs-site", env=env)
    broken = broken_links(HTML)
    if broken:
        raise Failed("\n        ".join(broken))
    return f"{len(list(HTML.rglob('*.html')))} pages; open {(HTML / 'index.html').relative_to(ROOT)}"


def inventory(labels: dict[str, str]) -> bytes:
    """A list of labels and where they lead, as Sphinx's intersphinx reads it (its version 2)."""
    head = "# Sphinx inventory version 2\n# Project: Ansible\n# Version:\n# The remainder is compressed using zlib.\n"
    rows = "".join(f"{label} std:label -1 {target} -\n" for label, target in labels.items())
    return head.encode() + zlib.compress(rows.encode())
