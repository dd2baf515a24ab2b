"""The bank's spool as the world outside uses it: orders dropped in, taken away when done.

Implements ``doors.BankDoor`` against the bank simulator's process.
"""

import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from infra.bank_simulator.orders import CloseDay, Order, encode_order
from infra.bank_simulator.spool import ORDERS, REFUSED
from services.federation.bank_files.exchange import TAKEN, put

_LOOK_SECONDS = 0.004
_PATIENCE_SECONDS = 60.0


class OrderNotTaken(Exception):
    """The bank refused an order, or is gone."""


class SpoolBank:
    """The bank that works in ``folder``. ``alive`` raises when its process has died."""

    def __init__(self, folder: Path, alive: Callable[[], None]) -> None:
        self.folder = folder
        self.alive = alive
        self._number = 0

    def order(self, orders: Sequence[Order]) -> None:
        """Drop orders and wait until the bank has done the last; raises OrderNotTaken."""
        names = [self._drop(order) for order in orders]
        for name in names:
            self._await(name)

    def close_day(self, on: date) -> None:
        """Work the files that lie there, write the statement of ``on``."""
        self.order([CloseDay(id=f"close-{on.isoformat()}", on=on)])

    def _drop(self, order: Order) -> str:
        self._number += 1
        name = f"{self._number:08d}.json"
        put(self.folder / ORDERS, name, encode_order(order))
        return name

    def _await(self, name: str) -> None:
        orders = self.folder / ORDERS
        until = time.monotonic() + _PATIENCE_SECONDS
        while not (orders / TAKEN / name).exists():
            why = orders / REFUSED / f"{name}.txt"
            if why.exists():
                raise OrderNotTaken(why.read_text(encoding="utf-8"))
            self.alive()
            if time.monotonic() > until:
                raise OrderNotTaken(name)
            time.sleep(_LOOK_SECONDS)
