"""Every refusal is told in both languages."""

import re

from contracts.refusal_texts import TEXTS
from contracts.rejections import RejectionCode


def test_every_refusal_has_both_languages() -> None:
    assert set(TEXTS) == {code.value for code in RejectionCode}
    for code, (chinese, english) in TEXTS.items():
        assert re.search(r"[\u4e00-\u9fff]", chinese), code
        assert re.search(r"[A-Za-z]{3}", english), code
        assert not re.search(r"[\u4e00-\u9fff]", english), code
