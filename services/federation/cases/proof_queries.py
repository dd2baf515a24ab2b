"""The set statements behind the proofs of a night, each over what moved since the last.

Called by proofs under the lock of every head. ``move_on`` ends a night's span; until then every
statement sees the same one. Amounts are fen, signed debit positive where nothing else is said.
"""

from datetime import date
from typing import Any

import msgspec
import sqlalchemy as sa


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is not as it must be: what it is about, whose, and the figures (fen)."""

    subject: str
    cooperative: str = ""
    facts: dict[str, Any] = {}


class Proven(msgspec.Struct, frozen=True, kw_only=True):
    """What one proof found; ``name`` is the invariant of targets.md."""

    name: str
    checked: int
    failures: tuple[Failure, ...] = ()


_SPAN = """
span AS (
  SELECT h.book, coalesce(p.seq, 0) AS after, h.seq AS upto
    FROM head h LEFT JOIN proven_book p ON p.book = h.book
   WHERE h.seq > coalesce(p.seq, 0)
)"""
_MOVED = f"""
{_SPAN}, halves AS (
  SELECT m.book, m.debit AS account, m.debit_key AS key, m.funding, m.amount
    FROM span s JOIN movement m ON m.book = s.book AND m.seq > s.after AND m.seq <= s.upto
  UNION ALL
  SELECT m.book, m.credit, m.credit_key, m.funding, -m.amount
    FROM span s JOIN movement m ON m.book = s.book AND m.seq > s.after AND m.seq <= s.upto
), moved AS (
  SELECT book, account, key, funding, sum(amount)::bigint AS net
    FROM halves GROUP BY book, account, key, funding
)"""  # noqa: S608 - put together from this file's own text
_BALANCES = sa.text(f"""
WITH {_MOVED}, wanted AS (
  SELECT book, account, key, funding,
         coalesce(p.amount, 0) + coalesce(m.net, 0) AS amount
    FROM moved m FULL JOIN (SELECT p.* FROM proven_balance p JOIN span USING (book)) p
         USING (book, account, key, funding)
), have AS (
  SELECT b.book, b.account, b.key, b.funding, b.amount * b.side AS amount
    FROM balance b JOIN span USING (book)
)
SELECT book, account, key, funding, coalesce(h.amount, 0), coalesce(w.amount, 0),
       count(*) OVER () AS checked, coalesce(h.amount, 0) <> coalesce(w.amount, 0) AS wrong
  FROM wanted w FULL JOIN have h USING (book, account, key, funding)
 ORDER BY wrong DESC, book, account, key, funding LIMIT 1000
""")  # noqa: S608
_CHAINS = sa.text(f"""
WITH {_SPAN}, linked AS (
  SELECT a.book, a.seq, a.digest, a.body,
         coalesce(lag(a.digest) OVER (PARTITION BY a.book ORDER BY a.seq), p.digest,
                  decode(repeat('00', 32), 'hex')) AS before,
         coalesce(lag(a.seq) OVER (PARTITION BY a.book ORDER BY a.seq), s.after) AS previous
    FROM span s JOIN act a ON a.book = s.book AND a.seq > s.after AND a.seq <= s.upto
    LEFT JOIN proven_book p ON p.book = s.book
), checked AS (
  SELECT l.book, l.seq, l.seq <> l.previous + 1
         OR l.digest <> sha256('\\x6c69616e68652e61637400'::bytea || l.before || l.body)
         OR (l.seq = h.seq AND l.digest <> h.digest) AS wrong
    FROM linked l JOIN head h ON h.book = l.book
), ended AS (
  SELECT h.book, h.seq, true AS wrong
    FROM head h JOIN span s ON s.book = h.book
   WHERE NOT EXISTS (SELECT 1 FROM act a WHERE a.book = h.book AND a.seq = h.seq)
)
SELECT book, seq, wrong, count(*) OVER () AS checked
  FROM (SELECT * FROM checked UNION ALL SELECT * FROM ended) u
 ORDER BY wrong DESC, book, seq LIMIT 1000
""")  # noqa: S608
_MIRRORS = sa.text("""
WITH pairs(node, part) AS (
  VALUES ('10201', '80101'), ('10201', '80102'),
         ('10901', '802'), ('10901', '8021'), ('10901', '805'), ('10901', '8051')
), villages AS (
  SELECT n.book AS book, 'K-' || substr(n.book, 3) AS custody, n.cursor
    FROM head n WHERE n.book LIKE 'N-%' AND n.seq > 0
), node AS (
  SELECT v.book, b.account, sum(b.amount)::bigint AS amount
    FROM villages v JOIN balance b ON b.book = v.book AND b.account IN ('10201', '10901')
   GROUP BY v.book, b.account
), now AS (
  SELECT v.book, p.node AS account, sum(b.amount)::bigint AS amount
    FROM villages v JOIN balance b ON b.book = v.custody JOIN pairs p ON p.part = b.account
   GROUP BY v.book, p.node
), later AS (
  SELECT v.book, p.node AS account,
         sum(CASE WHEN m.credit = p.part THEN m.amount ELSE 0 END
             - CASE WHEN m.debit = p.part THEN m.amount ELSE 0 END)::bigint AS amount
    FROM villages v JOIN movement m ON m.book = v.custody AND m.seq > v.cursor
    JOIN pairs p ON p.part IN (m.debit, m.credit)
   GROUP BY v.book, p.node
)
SELECT v.book, a.account, coalesce(node.amount, 0),
       coalesce(now.amount, 0) - coalesce(later.amount, 0), v.cursor
  FROM villages v CROSS JOIN (VALUES ('10201'), ('10901')) AS a(account)
  LEFT JOIN node ON node.book = v.book AND node.account = a.account
  LEFT JOIN now ON now.book = v.book AND now.account = a.account
  LEFT JOIN later ON later.book = v.book AND later.account = a.account
 ORDER BY v.book, a.account
""")
_PAIRS = sa.text("""
WITH level AS (
  SELECT n.book, substr(n.book, 3) AS party
    FROM head n JOIN head k ON k.book = 'K-' || substr(n.book, 3)
   WHERE n.book LIKE 'N-%' AND n.cursor = k.seq
  UNION ALL SELECT 'F', 'F'
), loans AS (
  SELECT c.id, l.book AS lender, b.book AS borrower
    FROM cases c
    JOIN level l ON l.party = c.body::jsonb -> 'parties' ->> 'lender'
    JOIN level b ON b.party = c.body::jsonb -> 'parties' ->> 'borrower'
   WHERE c.scope = 'K' AND c.process = 'intercoop'
    AND c.state IN ('active', 'suspended', 'written_off', 'waived', 'recovered', 'repaid')
)
SELECT l.id,
       coalesce((SELECT sum(amount) FROM balance WHERE book = l.lender
                  AND account IN ('11301', '902') AND key = l.id), 0)::bigint,
       coalesce((SELECT sum(amount) FROM balance WHERE book = l.borrower
                  AND account = '20102' AND key = l.id), 0)::bigint
  FROM loans l
 ORDER BY l.id
""")
_PAYMENTS = sa.text("""
WITH touched AS (
  SELECT DISTINCT matched FROM bank_line
   WHERE business_date = :on AND state = 'booked' AND matched LIKE 'pay-%'
)
SELECT c.id, c.body::jsonb -> 'parties' ->> 'coop',
       (SELECT sum(l.amount) FROM bank_line l
         WHERE l.matched = c.id AND l.state = 'booked')::bigint,
       CASE WHEN c.state = 'paid' THEN -(c.body::jsonb -> 'terms' ->> 'amount')::bigint ELSE 0 END
  FROM touched t JOIN cases c ON c.scope = 'K' AND c.id = t.matched
 ORDER BY c.id
""")
_OPEN_LINES = sa.text("""
SELECT l.line, c.id, c.body::jsonb -> 'parties' ->> 'coop',
       EXISTS (SELECT 1 FROM case_link f
                WHERE f.scope = 'K' AND f.process = 'finding' AND f.name = 'about'
                  AND f.value = 'bank_' || l.reason || ':' || l.line) AS told,
       (SELECT min(o.id) FROM case_link s JOIN cases o ON o.scope = 'K' AND o.id = s.case_id
         WHERE s.scope = 'K' AND s.process = 'payment' AND s.name = 'for'
           AND s.value = c.body::jsonb -> 'terms' ->> 'for' AND o.id <> c.id
           AND o.body::jsonb -> 'parties' ->> 'coop' = c.body::jsonb -> 'parties' ->> 'coop'
           AND o.state = 'in_file' AND o.body::jsonb ->> 'since' >= l.business_date) AS again
  FROM bank_line l JOIN cases c ON c.scope = 'K' AND c.process = 'payment' AND c.id = l.matched
 WHERE l.state = 'open'
 ORDER BY c.id, l.line
""")
_IN_TRANSIT = sa.text("""
SELECT count(*), coalesce(sum(amount), 0)::bigint FROM balance
 WHERE account = '709' AND book LIKE 'K-%' OR account = '10202' AND book = 'F'
""")
_LOANS = sa.text(f"""
WITH {_MOVED}, touched AS (
  SELECT DISTINCT book, key FROM moved WHERE book LIKE 'N-%' AND account IN ('115', '116')
)
SELECT t.book, t.key,
       (SELECT sum(b.amount) FROM balance b WHERE b.book = t.book AND b.key = t.key
         AND b.account IN ('115', '116'))::bigint,
       CASE WHEN c.body::jsonb -> 'terms' ->> 'amount' ~ '^[0-9]{{1,17}}$'
            THEN (c.body::jsonb -> 'terms' ->> 'amount')::bigint ELSE 0 END
  FROM touched t LEFT JOIN cases c ON c.scope = t.book AND c.id = t.key
 ORDER BY t.book, t.key
""")  # noqa: S608
_ON_LENT = sa.text("""
SELECT book, funding,
       coalesce(sum(amount) FILTER (WHERE account IN ('115', '116')), 0)::bigint,
       coalesce(sum(amount) FILTER
                (WHERE account IN ('20101', '20102', '20103', '231', '30102', '23503')), 0)::bigint,
       coalesce(sum(amount) FILTER (WHERE account = '191'), 0)::bigint
  FROM balance
 WHERE book LIKE 'N-%'
   AND (funding LIKE 'intercoop:%' OR funding LIKE 'wholesale:%' OR funding = 'shuangdao')
 GROUP BY book, funding ORDER BY book, funding
""")
_POWERS = sa.text(f"""
WITH {_SPAN}, touched AS (
  SELECT DISTINCT CASE WHEN a.book LIKE 'N-%' THEN a.book ELSE 'K' END AS scope, a.case_id
    FROM span s JOIN act a ON a.book = s.book AND a.seq > s.after AND a.seq <= s.upto
), hands AS (
  SELECT c.scope, c.id, hand ->> 0 AS person, hand ->> 2 AS power
    FROM touched t JOIN cases c ON c.scope = t.scope AND c.id = t.case_id
    CROSS JOIN LATERAL jsonb_array_elements(coalesce(c.body::jsonb -> 'hands', '[]')) AS hand
), used AS (
  SELECT scope, id, person, count(DISTINCT power) AS powers
    FROM hands WHERE power <> '' AND power <> 'none' GROUP BY scope, id, person
)
SELECT scope, id, person, powers > 1 AS wrong, (SELECT count(*) FROM touched) AS checked
  FROM used ORDER BY wrong DESC, scope, id, person LIMIT 1000
""")  # noqa: S608
_TOUCHED = sa.text(f"""
WITH {_SPAN}
SELECT count(DISTINCT a.case_id)
  FROM span s JOIN act a ON a.book = s.book AND a.seq > s.after AND a.seq <= s.upto
""")  # noqa: S608
_HOLDS = sa.text("""
SELECT b.book, b.key, b.amount, c.id IS NOT NULL AND c.ended = 0
  FROM balance b LEFT JOIN cases c ON c.scope = 'K' AND c.id = b.key
 WHERE b.amount > 0 AND (b.book LIKE 'K-%' OR b.book = 'F')
   AND (b.account IN ('80102', '80108', '8021', '8031', '8051', '10203', '10204')
        OR b.account IN ('9041', '904') AND b.book <> 'K-0')
 ORDER BY b.book, b.key
""")
_KEEP_BALANCES = sa.text(f"""
WITH {_MOVED}
INSERT INTO proven_balance AS p (book, account, key, funding, amount)
SELECT book, account, key, funding, net FROM moved
    ON CONFLICT (book, account, key, funding) DO UPDATE SET amount = p.amount + excluded.amount
""")  # noqa: S608
_KEEP_BOOKS = sa.text("""
INSERT INTO proven_book (book, seq, digest) SELECT book, seq, digest FROM head
    ON CONFLICT (book) DO UPDATE SET seq = excluded.seq, digest = excluded.digest
""")
_BATCHES = sa.text("SELECT count(*) FROM batch WHERE business_date = :on")


def balances(conn: sa.Connection) -> tuple[int, list[tuple[str, str, str, str, int, int]]]:
    """How many rows of the books that moved were compared, and those that differ (I1)."""
    rows = conn.execute(_BALANCES).all()
    wrong = [(r[0], r[1], r[2], r[3], int(r[4]), int(r[5])) for r in rows if r.wrong]
    return (int(rows[0].checked) if rows else 0), wrong


def chains(conn: sa.Connection) -> tuple[int, list[tuple[str, int]]]:
    """How many acts were chained again, and those whose digest is another (I3)."""
    rows = conn.execute(_CHAINS).all()
    return (int(rows[0].checked) if rows else 0), [
        (str(row.book), int(row.seq)) for row in rows if row.wrong
    ]


def batches_of(conn: sa.Connection, on: date) -> int:
    """Batches taken in on a business date."""
    return int(conn.execute(_BATCHES, {"on": on.isoformat()}).scalar_one())


def mirrors(conn: sa.Connection) -> list[tuple[str, str, int, int, int]]:
    """Book, account, its balance, custody's at the cursor, the cursor: two rows a village."""
    return [(r[0], r[1], int(r[2]), int(r[3]), int(r[4])) for r in conn.execute(_MIRRORS)]


def pairs(conn: sa.Connection) -> list[tuple[str, int, int]]:
    """Inter-cooperative loans both of whose villages are level: due-from, with 902, and due-to."""
    return [(str(r[0]), int(r[1]), int(r[2])) for r in conn.execute(_PAIRS)]


def payments(conn: sa.Connection, on: date) -> list[tuple[str, str, int, int]]:
    """Payments with a line of this date: case, cooperative, sum of lines, what it must be."""
    rows = conn.execute(_PAYMENTS, {"on": on.isoformat()})
    return [(str(r[0]), str(r[1]), int(r[2]), int(r[3])) for r in rows]


def open_lines(conn: sa.Connection) -> list[tuple[str, str, str, bool, str]]:
    """Open lines about payments: line, payment, cooperative, whether a finding told it, and again.

    The last is another payment for the same thing that went to the bank although the line was
    open, "" for none.
    """
    rows = conn.execute(_OPEN_LINES)
    return [(str(r[0]), str(r[1]), str(r[2]), bool(r[3]), str(r[4] or "")) for r in rows]


def in_transit(conn: sa.Connection) -> tuple[int, int]:
    """Books with settlement in transit (709; 10202 in F), and its sum over all of them."""
    row = conn.execute(_IN_TRANSIT).one()
    return int(row[0]), int(row[1])


def loans(conn: sa.Connection) -> list[tuple[str, str, int, int]]:
    """Loans that moved: book, loan, outstanding, approved."""
    return [(str(r[0]), str(r[1]), int(r[2]), int(r[3])) for r in conn.execute(_LOANS)]


def on_lent(conn: sa.Connection) -> list[tuple[str, str, int, int, int]]:
    """Money of others by book and funding: lent on, drawn or (双到) paid in, what 191 owes it."""
    rows = conn.execute(_ON_LENT)
    return [(str(r[0]), str(r[1]), int(r[2]), int(r[3]), int(r[4])) for r in rows]


def powers(conn: sa.Connection) -> tuple[int, list[tuple[str, str, str]]]:
    """How many cases moved, and every person who used two powers on one of them (I14)."""
    rows = conn.execute(_POWERS).all()
    checked = int(rows[0].checked) if rows else int(conn.execute(_TOUCHED).scalar_one())
    return checked, [(str(r.scope), str(r.id), str(r.person)) for r in rows if r.wrong]


def holds(conn: sa.Connection) -> list[tuple[str, str, int, bool]]:
    """Held balances: book, case, amount, whether the case still lives."""
    return [(str(r[0]), str(r[1]), int(r[2]), bool(r[3])) for r in conn.execute(_HOLDS)]


def move_on(conn: sa.Connection) -> None:
    """End the span: what was proven is the ground the next night stands on."""
    conn.execute(_KEEP_BALANCES)
    conn.execute(_KEEP_BOOKS)
