"""Writes docs/bank-api.json: the OpenAPI document of the bank API, for banks without a county.

Run by hand after a change of the API: ``python -m infra.bank_api_doc docs/bank-api.json``. A test
compares the file with what the county serves.
"""

import json
import sys
from pathlib import Path

from services.federation.portal.api import AT
from services.federation.portal.api_doc import document


def render() -> str:
    """The document as JSON, in the order of its table."""
    return json.dumps(document(AT), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(render(), encoding="utf-8")
