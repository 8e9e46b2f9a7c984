# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The check that the Python of the host is new enough, which a module makes before it imports anything else.

ansible-core 2.16 sends modules to Python 3.6 as well. That must be able to read this file and those of the modules,
so they have no annotations that are put off (from __future__), and no newer syntax.
"""

import json
import sys

FLOOR = (3, 9)
# The error of any other failure has these keys and values as well; its class is no file that old Python can read.
ERROR = {
    "code": "python_too_old",
    "status": None,
    "description": None,
    "detail": None,
    "method": None,
    "path": None,
    "request_id": None,
    "attempts": None,
    "ambiguous": False,
}
# As in the table of all errors, for the same reason.
HINT = "Set ansible_python_interpreter to a newer Python of that host, one that has requests too."


def check_python_version() -> None:
    """End the module with a failure if this Python is too old for the rest of the collection."""
    if sys.version_info >= FLOOR:
        return
    needed, found = ".".join(map(str, FLOOR)), ".".join(map(str, sys.version_info[:3]))
    what = f"katapult.cloud needs Python {needed} or newer where the module runs; this is {found} at {sys.executable}."
    result = {"failed": True, "changed": False, "msg": f"{what} {HINT}", "error": ERROR}
    sys.stdout.write(json.dumps(result) + "\n")
    raise SystemExit(1)
