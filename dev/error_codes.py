# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the page of all error codes out of the table that the modules word their failures by.

nox -s error-codes writes it into the checkout; a unit test fails while the page there is another one.
"""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
TABLE = Path("plugins") / "module_utils" / "_core" / "errors.py"
PAGE = Path("docs") / "docsite" / "rst" / "error_codes.rst"

HEAD = """..
  Copyright: (c) 2026, Katapult Cloud collection contributors
  GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
  SPDX-License-Identifier: GPL-3.0-or-later

  Written by nox -s error-codes out of plugins/module_utils/_core/errors.py: change the table there.

.. _ansible_collections.katapult.cloud.docsite.error_codes:

Error codes
===========

Every failure that a module of the collection finds has ``error.code``, which is one of these. Its message begins with
what failed and why, and ends with what to do, which is the text shown here. How to decide by a code in a playbook, and
which failures have none: :ref:`ansible_collections.katapult.cloud.docsite.guide_failures`.

Where ``error.ambiguous`` is true, what was asked for may be done all the same, whatever the code is. The message of a
disk that was to be created then ends with this instead:

  {may_appear}

That of a fleet ends with:

  {unclear_in_fleet}

A code that the service has added since is passed on as it is, with the service's own words.

.. contents::
   :local:

"""
STATUSES = {
    400: "the request is not understood",
    403: "not allowed",
    404: "not there",
    406: "not possible now",
    422: "refused",
    429: "too many requests",
    500: "the service failed",
    503: "the service is unavailable",
}
OWN = "Found by the collection"
UNTOUCHED = "Found before anything is changed."
IN_THE_MESSAGE = "The message names the option, and says what is wrong with it."


def load_table(path: Path) -> ModuleType:
    """The module with the table, which needs nothing but the standard library."""
    spec = importlib.util.spec_from_file_location("error_table", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def page(table: Any) -> str:
    """The page, with a section for each HTTP status of the service, and one for the collection's own codes."""
    causes: dict[str, Any] = table.ERROR_CODES
    head = HEAD.format(may_appear=table.MAY_APPEAR, unclear_in_fleet=table.UNCLEAR_IN_FLEET)
    sections = [
        _section(f"HTTP {status}: {title}", {code: cause for code, cause in causes.items() if cause.status == status})
        for status, title in STATUSES.items()
    ]
    own = {code: cause for code, cause in causes.items() if cause.status is None}
    return head + "\n".join([*sections, _section(OWN, own)])


def _section(title: str, causes: dict[str, Any]) -> str:
    rows = "".join(_row(code, cause) for code, cause in causes.items())
    return f"{title}\n{'-' * len(title)}\n\n.. list-table::\n   :header-rows: 1\n   :widths: 24 34 42\n\n{HEADER}{rows}"


HEADER = "   * - Code\n     - Meaning\n     - What to do\n"


def _row(code: str, cause: Any) -> str:
    meaning = cause.meaning[0].upper() + cause.meaning[1:] + "."
    remedy = " ".join([*([UNTOUCHED] if cause.precedes_writes else []), cause.hint or IN_THE_MESSAGE])
    # A word that ends with an underscore, as in vm_..., would be a link.
    remedy = re.sub(r"_(?!\w)", r"\_", remedy)
    return f"   * - .. _error-{code.replace('_', '-')}:\n\n       ``{code}``\n     - {meaning}\n     - {remedy}\n"


def write() -> None:
    (ROOT / PAGE).write_text(page(load_table(ROOT / TABLE)), encoding="utf-8")
    print(f"wrote {PAGE}")


if __name__ == "__main__":
    write()
