"""The register of the keys banks' machines sign their requests with.

A key acts in one role of its bank, for the officer of the bank in that role who answers for it.
Called by the bank API's door, `lianhe federation bank-key` and tests. Callers own the transaction.
"""

import msgspec
import sqlalchemy as sa

from contracts.ledger import Actor
from contracts.rejections import RejectionCode
from kernel.errors import Rejected
from services.federation.cases import registers
from services.federation.tables import bank_key, user_roles, users

ROLES = ("maker@bank", "checker@bank")
_SIGNING = 32


class BankKey(msgspec.Struct, frozen=True, kw_only=True):
    """A machine's key: as whom it acts and from when until when. Dates are ISO, "" for no end."""

    key: str
    bank: str
    role: str
    person: str
    signing: bytes
    valid_from: str
    valid_to: str = ""
    revoked_on: str = ""

    def valid_on(self, day: str) -> bool:
        """Whether a request it signed is taken on this day (ISO)."""
        ends = not self.valid_to or day <= self.valid_to
        return not self.revoked_on and self.valid_from <= day and ends

    def actor(self) -> Actor:
        """As whom its acts are performed."""
        return Actor(role=self.role, operator=self.person, persons=(self.person,))


def enter(conn: sa.Connection, entry: BankKey) -> None:
    """Register a key. Raises FACTS_INVALID naming everything wrong with it."""
    wrong = []
    partner = registers.find_partner(conn, entry.bank)
    if partner is None or entry.bank == registers.FINANCE:
        wrong.append("bank")
    if entry.role not in ROLES:
        wrong.append("role")
    if not _answers_for(conn, entry):
        wrong.append("person")
    if len(entry.signing) != _SIGNING:
        wrong.append("signing")
    if not entry.key or find(conn, entry.key) is not None:
        wrong.append("key")
    if wrong:
        raise Rejected(
            RejectionCode.FACTS_INVALID, where=", ".join(wrong), problem=entry.key[:80] or "-"
        )
    conn.execute(bank_key.insert().values(msgspec.structs.asdict(entry)))


def _answers_for(conn: sa.Connection, entry: BankKey) -> bool:
    """Whether the person is an active user of that bank in the key's own role."""
    held = sa.select(users.c.id).join(user_roles, user_roles.c.user_id == users.c.id)
    mine = held.where(
        users.c.person == entry.person, users.c.active,
        user_roles.c.role == entry.role, user_roles.c.scope == entry.bank,
    )  # fmt: skip
    return conn.execute(mine.limit(1)).first() is not None


def find(conn: sa.Connection, key: str) -> BankKey | None:
    """A registered key, valid or not."""
    row = conn.execute(sa.select(bank_key).where(bank_key.c.key == key)).mappings().first()
    return None if row is None else BankKey(**row)


def revoke(conn: sa.Connection, key: str, on: str) -> None:
    """Take nothing from a key any more, whatever is under way."""
    conn.execute(bank_key.update().where(bank_key.c.key == key).values(revoked_on=on))
