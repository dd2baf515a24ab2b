"""Statements (camt.053) and notifications (camt.054): read, proven by their own sums.

Called by the step of the county close that takes the bank's files in. A statement that does not
prove is refused as a whole. Whose payment a line is, and what statement is missing before it, the
federation decides, not this file.
"""

from services.federation.bank_files.entries import read_entries
from services.federation.bank_files.faults import FaultCode, Faults, Place
from services.federation.bank_files.messages import (
    Direction,
    Notification,
    Statement,
    StatementLine,
    SubAccountBalance,
)
from services.federation.bank_files.safe_xml import Kind, read_document
from services.federation.bank_files.tree import Node
from services.federation.bank_files.values import CURRENCY


def read_camt053(body: bytes) -> tuple[Statement, ...]:
    """The statements of a file, one for each special account, each proven.

    A statement that names a related account is a sub-account's: its balances go to that
    account's ``sub_accounts``. Raises BankFileRefused with every fault by line and entry.
    """
    _, root = read_document(body, [Kind.CAMT_053])
    return statements_of(Node(root))


def statements_of(root: Node) -> tuple[Statement, ...]:
    """The same from a valid camt.053 already parsed."""
    faults = Faults()
    nodes = root.all("BkToCstmrStmt/Stmt")
    main = [node for node in nodes if not node.account("RltdAcct")]
    balances = [_sub_account(node, faults) for node in nodes if node.account("RltdAcct")]
    known = {node.account("Acct") for node in main}
    for parent, balance in balances:
        if parent not in known:
            faults.add(FaultCode.SUB_ACCOUNT_UNKNOWN, sub_account=balance.sub_account)
    statements = tuple(
        _statement(
            node,
            tuple(balance for parent, balance in balances if parent == node.account("Acct")),
            faults,
        )
        for node in main
    )
    if not statements:
        faults.add(FaultCode.NO_LINES)
    for statement in statements:
        prove_statement(statement, faults)
    faults.refuse_if_any()
    return statements


def read_camt054(body: bytes) -> tuple[Notification, ...]:
    """The notifications of a file; raises BankFileRefused with every fault by line and entry."""
    _, root = read_document(body, [Kind.CAMT_054])
    return notifications_of(Node(root))


def notifications_of(root: Node) -> tuple[Notification, ...]:
    """The same from a valid camt.054 already parsed."""
    faults = Faults()
    notifications = []
    for node in root.all("BkToCstmrDbtCdtNtfctn/Ntfctn"):
        account = _account(node, faults)
        lines = read_entries(node, account, faults)
        _check_summary(node, lines, faults)
        notifications.append(
            Notification(
                notification_id=node.text("Id"),
                account=account,
                created_on=node.date_of_moment("CreDtTm", faults),
                lines=lines,
            )
        )
    faults.refuse_if_any()
    return tuple(notifications)


def prove_statement(statement: Statement, faults: Faults) -> None:
    """Opening + movements = closing, for the account and each stated sub-account (R-028)."""
    moved = sum(line.signed_fen for line in statement.lines)
    if statement.opening_fen + moved != statement.closing_fen:
        faults.add(
            FaultCode.BALANCE_NOT_PROVEN,
            opening=statement.opening_fen,
            moved=moved,
            closing=statement.closing_fen,
        )
    if statement.sub_accounts:
        _prove_sub_accounts(statement, faults)


def _statement(
    node: Node, sub_accounts: tuple[SubAccountBalance, ...], faults: Faults
) -> Statement:
    account = _account(node, faults)
    lines = read_entries(node, account, faults)
    _check_summary(node, lines, faults)
    closing = _balance_node(node, "期末 closing", ("CLBD",), faults)
    date = closing.date("Dt", faults) if closing is not None else None
    sequence = node.text("ElctrncSeqNb")
    return Statement(
        statement_id=node.text("Id"),
        sequence=int(sequence) if sequence else None,
        account=account,
        date=date or node.date_of_moment("CreDtTm", faults),
        opening_fen=_balance(node, "期初 opening", ("OPBD", "PRCD"), faults),
        closing_fen=0 if closing is None else _signed_balance(closing, faults),
        lines=lines,
        sub_accounts=sub_accounts,
    )


def _sub_account(node: Node, faults: Faults) -> tuple[str, SubAccountBalance]:
    balance = SubAccountBalance(
        sub_account=_account(node, faults),
        opening_fen=_balance(node, "期初 opening", ("OPBD", "PRCD"), faults),
        closing_fen=_balance(node, "期末 closing", ("CLBD",), faults),
    )
    return node.account("RltdAcct"), balance


def _account(node: Node, faults: Faults) -> str:
    currency = node.text("Acct/Ccy") or CURRENCY
    if currency != CURRENCY:
        faults.add(FaultCode.CURRENCY, node.place("Acct/Ccy"), found=currency)
    return node.account("Acct")


def _balance(node: Node, which: str, codes: tuple[str, ...], faults: Faults) -> int:
    found = _balance_node(node, which, codes, faults)
    return 0 if found is None else _signed_balance(found, faults)


def _balance_node(node: Node, which: str, codes: tuple[str, ...], faults: Faults) -> Node | None:
    """The one balance of the first code that is there; a second or none is a fault."""
    balances = node.all("Bal")
    for code in codes:
        found = [one for one in balances if one.text("Tp/CdOrPrtry/Cd") == code]
        if found:
            break
    else:
        found = []
    if len(found) != 1:
        faults.add(FaultCode.BALANCE_COUNT, node.place("Bal"), which=which, count=len(found))
    return found[0] if found else None


def _signed_balance(balance: Node, faults: Faults) -> int:
    fen = balance.fen("Amt", faults, positive=False)
    return fen if balance.text("CdtDbtInd") == "CRDT" else -fen


def _check_summary(node: Node, lines: tuple[StatementLine, ...], faults: Faults) -> None:
    """Totals a bank adds to an account, where it does: all, credits, debits."""
    entries = len(node.all("Ntry"))
    for element, wanted in (
        ("TtlNtries", None),
        ("TtlCdtNtries", Direction.IN),
        ("TtlDbtNtries", Direction.OUT),
    ):
        summary = node.first(f"TxsSummry/{element}")
        if summary is None:
            continue
        amounts = [line.amount_fen for line in lines if wanted in (None, line.direction)]
        stated = summary.text("NbOfNtries")
        # A joint booking is one entry with several lines: then only the total count is known.
        counted = entries if wanted is None else len(amounts)
        if stated and (wanted is None or entries == len(lines)) and int(stated) != counted:
            faults.add(
                FaultCode.COUNT_DIFFERS, summary.place(), stated=int(stated), counted=counted
            )
        if summary.text("Sum"):
            total = summary.fen("Sum", faults, positive=False)
            if total != sum(amounts):
                faults.add(
                    FaultCode.SUM_DIFFERS, summary.place(), stated=total, counted=sum(amounts)
                )


def _prove_sub_accounts(statement: Statement, faults: Faults) -> None:
    moved: dict[str, int] = {}
    for balance in statement.sub_accounts:
        if balance.sub_account in moved:
            faults.add(FaultCode.SUB_ACCOUNT_REPEATED, sub_account=balance.sub_account)
        moved[balance.sub_account] = 0
    for entry, line in enumerate(statement.lines, 1):
        if line.sub_account in moved:
            moved[line.sub_account] += line.signed_fen
        else:
            faults.add(FaultCode.SUB_ACCOUNT_UNKNOWN, Place(0, entry), sub_account=line.sub_account)
    for balance in statement.sub_accounts:
        movement = moved[balance.sub_account]
        if balance.opening_fen + movement != balance.closing_fen:
            faults.add(
                FaultCode.SUB_ACCOUNT_NOT_PROVEN,
                sub_account=balance.sub_account,
                opening=balance.opening_fen,
                moved=movement,
                closing=balance.closing_fen,
            )
    for which, stated, counted in (
        ("期初 opening", statement.opening_fen, sum(b.opening_fen for b in statement.sub_accounts)),
        ("期末 closing", statement.closing_fen, sum(b.closing_fen for b in statement.sub_accounts)),
    ):
        if stated != counted:
            faults.add(FaultCode.SUB_ACCOUNTS_SUM, which=which, stated=stated, counted=counted)
