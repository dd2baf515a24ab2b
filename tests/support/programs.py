"""Outside programs that tests ask for a second opinion, and why one cannot be asked here.

Read by tests/support/needs.py; a Debian machine has them from the packages named.
"""

import os
import shutil
from collections.abc import Callable

from tests.support import verapdf

_PACKAGES = {
    "openssl": "openssl",
    "pdfsig": "poppler-utils",
    "soffice": "libreoffice-calc-nogui",
}


def needs(program: str) -> Callable[[object], str]:
    """A look for a program: why it cannot be asked, empty when it can."""

    def look(_config: object) -> str:
        found = shutil.which(program)
        return "" if found else f"no {program}; install {_PACKAGES[program]}"

    return look


def needs_verapdf(_config: object) -> str:
    """Why veraPDF cannot be asked."""
    return verapdf.missing(os.environ)
