# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A module in a process of its own: its options as AnsibleModule checks them, and the one place where it ends."""

from __future__ import annotations

import atexit
import gc
import os
import shlex
import sys
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from .._api.transport import REQUESTS_IMPORT_ERROR
from .arguments import Arguments, parse_arguments
from .masking import Mask
from .run import ModuleRun, Result


class KatapultModule(AnsibleModule):
    """An AnsibleModule that keeps the token out of every output, and that ends in one place."""

    ansible_version: str
    _name: str

    def __init__(self, spec: Mapping[str, Any]) -> None:
        """`spec`: what AnsibleModule is told of the options."""
        self._spec = spec
        self._arguments: Arguments
        self._mask: Mask
        AnsibleModule.__init__(self, supports_check_mode=True, **spec)
        if self._arguments.error is not None:
            self._new_run().fail(self._arguments.error)

    def _load_params(self) -> None:
        """Before Ansible checks the options: hide the token for good, and bring the options into shape."""
        AnsibleModule._load_params(self)
        self._arguments = parse_arguments(self.params, self._spec, os.environ)
        self._mask = Mask(self._arguments.secrets, self.no_log_values)
        self.params = self._arguments.params
        for name in self._spec:
            setattr(self, name, self._arguments.spec.get(name))

    def run(self, act: Callable[[ModuleRun], Result]) -> None:
        """Do `act`, and end with what it returns or raises."""
        if REQUESTS_IMPORT_ERROR is not None:
            how = f"To install it there: {shlex.quote(sys.executable)} -m pip install requests"
            self.fail_json(msg=f"{missing_required_lib('requests')} {how}", exception=REQUESTS_IMPORT_ERROR)
        # The end of the process frees everything; the search for cycles before it would take longer than the requests.
        atexit.register(gc.freeze)
        self._new_run().perform(act)

    def _new_run(self) -> ModuleRun:
        return ModuleRun(
            self,
            self._name.rpartition(".")[2],
            self.params,
            self.check_mode,
            self._diff,
            os.environ,
            self.ansible_version,
            self._mask,
            self._arguments.variables,
        )

    def finish(self, result: Mapping[str, Any]) -> NoReturn:
        """End with this result, masked."""
        if result.get("failed"):
            self.fail_json(**result)
        self.exit_json(**result)

    def exit_json(self, **result: Any) -> NoReturn:
        """End with a success, masked."""
        AnsibleModule.exit_json(self, **self._masked(result))

    def fail_json(self, msg: str, **result: Any) -> NoReturn:
        """End with a failure, masked; Ansible's own checks of the options end here too."""
        AnsibleModule.fail_json(self, msg, **self._masked(result))

    def _masked(self, result: Mapping[str, Any]) -> dict[str, Any]:
        """The result with what Ansible adds of the options: it masks values, but not the keys of dictionaries."""
        return self._mask.hide_in_keys({"invocation": {"module_args": self.params}, **result})

    def show_progress(self, text: str, *, always: bool) -> None:
        """Nobody sees what a module tells before its end."""
