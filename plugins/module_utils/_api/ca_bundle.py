# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with the certificate authorities that shall be trusted; imported only if some are named, or fail."""

from __future__ import annotations

import os
import re
import ssl

# OpenSSL looks for nothing else in a directory.
HASHED = re.compile(r"[0-9a-f]{8}\.\d+")


def bundle_problem(path: str) -> str:
    """What is wrong with a file or directory of certificates; empty text if it can be used."""
    if not os.path.exists(path):
        return f"there is no file or directory {path!r} where the module runs"
    try:
        if not os.path.isdir(path):
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
        elif not any(map(HASHED.fullmatch, os.listdir(path))):
            return f"the directory {path!r} holds no certificates that OpenSSL finds, under names that c_rehash makes"
    except ssl.SSLError:
        return f"the file {path!r} holds no certificates in PEM form, or broken ones"
    except OSError as error:
        return f"{path!r} can't be read: {error.strerror}"
    return ""
