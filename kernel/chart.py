"""The chart of accounts: normal side, key kind, floor, ceiling and mirror of each account.

Parses the bytes of ``chart.toml`` it is handed. Called by recipes (load-time proofs), journal
(limits on balance rows), pages and reports (labels). Posts nothing.
"""

import tomllib

import msgspec

from kernel.errors import ensure

DEBIT, CREDIT = 1, -1
OWN = "own"


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """One account. ``floor`` and ``ceiling`` (fen, normal side) stand on every balance row."""

    code: str
    side: int
    key: str
    floor: int | None
    ceiling: int | None
    mirror: str
    own: bool
    zh: str
    en: str

    @property
    def memo(self) -> bool:
        """Memo accounts (9xx) stand outside the statements and pair only with each other."""
        return self.code.startswith("9")


Chart = dict[str, dict[str, Account]]
"""Kind of book (N, K, F) → code → account."""


def load(body: bytes) -> Chart:
    """Read ``chart.toml``. A cell of the wrong kind is a bug of the release, not a refusal."""
    return {
        kind: {code: _account(code, cells) for code, cells in rows.items()}
        for kind, rows in tomllib.loads(body.decode()).items()
    }


def _account(code: str, cells: list[object]) -> Account:
    side, key, floor, ceiling, mirror, own, zh, en = cells
    ensure(side in ("d", "c"), "chart_side_is_d_or_c", code=code, side=side)
    return msgspec.convert(
        {
            "code": code,
            "side": DEBIT if side == "d" else CREDIT,
            "key": key,
            "floor": None if floor == "" else floor,
            "ceiling": None if ceiling == "" else ceiling,
            "mirror": mirror,
            "own": own,
            "zh": zh,
            "en": en,
        },
        Account,
    )
