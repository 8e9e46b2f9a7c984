# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plain client, which sends what it is told: for tests of the simulator itself."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Union
from urllib.parse import urlencode, urlsplit

if TYPE_CHECKING:
    from typing_extensions import Self

Query = Union[Mapping[str, str], Sequence[tuple[str, str]]]


@dataclass(frozen=True)
class Reply:
    """An answer. ``json`` is None where the body is not JSON."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        """The body as JSON."""
        try:
            return json.loads(self.text)
        except ValueError:
            return None

    @property
    def code(self) -> str:
        """The code of an error answer."""
        return str(self.json["error"]["code"])


class ApiClient:
    """Calls an API below ``url`` over one connection that is kept open."""

    def __init__(self, url: str, token: str | None = None) -> None:
        parts = urlsplit(url)
        self._base = parts.path
        self._token = token
        self._connection = http.client.HTTPConnection(parts.netloc, timeout=10)

    def call(
        self, method: str, path: str, query: Query = (), body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """Send a request; ``body`` is sent as JSON, or as it is where it is bytes. Given headers win."""
        sent = {"Authorization": f"Bearer {self._token}"} if self._token is not None else {}
        if body is not None and not isinstance(body, bytes):
            sent["Content-Type"] = "application/json"
            body = json.dumps(body).encode()
        sent.update(headers or {})
        target = self._base + path + ("?" + urlencode(query) if query else "")
        self._connection.request(method, target, body, sent)
        answer = self._connection.getresponse()
        return Reply(answer.status, dict(answer.getheaders()), answer.read().decode("utf-8", "replace"))

    def get(self, path: str, **query: str) -> Reply:
        """Send a GET request; ``disk_id=x`` in the query becomes ``disk[id]=x`` where it is an id lookup."""
        named = {_query_name(name): value for name, value in query.items()}
        return self.call("GET", path, named)

    def disk(self, disk_id: str) -> Any:
        """Return the disk of this id."""
        return self.get("/disks/disk", disk_id=disk_id).json["disk"]

    def task(self, task_id: str) -> Any:
        """Return the task of this id."""
        return self.get("/tasks/task", task_id=task_id).json["task"]

    def act(self, method: str, path: str, disk_id: str, **body: Any) -> Reply:
        """Send a write about a disk."""
        return self.call(method, path, body={"disk": {"id": disk_id}, **body})

    def create(self, sub_domain: str = "acme", **properties: Any) -> Reply:
        """Create a disk, of 20 GB in uk-lon-01 and named data-01 where nothing else is said."""
        usual = {"name": "data-01", "size_in_gb": 20, "data_center": {"permalink": "uk-lon-01"}}
        body = {"organization": {"sub_domain": sub_domain}, "properties": {**usual, **properties}}
        return self.call("POST", "/organizations/organization/disks", body=body)

    def disks(self, **query: str) -> Reply:
        """List the disks."""
        return self.get("/organizations/organization/disks", organization_sub_domain="acme", **query)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def _query_name(name: str) -> str:
    for key in ("object_id", "sub_domain", "permalink", "fqdn", "id"):
        if name.endswith("_" + key) and name != key:
            return f"{name[: -len(key) - 1]}[{key}]"
    return name
