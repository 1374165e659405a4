"""Money: reserved before a call, settled to what it cost, capped a cycle and a UTC day.

One file a day holds every reservation, so a crash, a second process or a resumed cycle forgets
nothing: what was never settled counts in full. A file that cannot be read stops all spending.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import json
import os
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from workbench.world.claude.faults import Unheard
from workbench.world.files import write_atomic

_PATIENCE = 2.0  # seconds for another process to finish a write of some milliseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """The most that may be spent, USD."""

    cycle: Decimal
    day: Decimal

    def __post_init__(self) -> None:
        """Refuses caps that would cap nothing."""
        for one in (self.cycle, self.day):
            if not one.is_finite() or one < 0:
                raise ValueError(f"A cap is a finite amount in USD of at least 0 (got {one}).")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """Money set aside for one call: its id, the UTC day of its file, and USD."""

    id: str
    day: dt.date
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """USD spent or still reserved, by this cycle and on this UTC day."""

    cycle: Decimal
    day: Decimal


def _utc() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class Budget:
    """The account of one cycle.

    Args:
        folder: Where the days' files are.
        caps: The most that may be spent.
        cycle: Name of the cycle; a resumed cycle carries the same one on.
        now: The clock, aware.
    """

    def __init__(
        self, folder: Path, caps: Caps, cycle: str, now: Callable[[], dt.datetime] = _utc
    ) -> None:
        self.folder = folder
        self.caps = caps
        self.cycle = cycle
        self._now = now

    def reserve(self, amount: Decimal, *, mind: str, model: str) -> Reservation:
        """Sets money aside, durably, before a call is made.

        Args:
            amount: USD, the most that the call may cost.
            mind: Who asks.
            model: Which model.

        Raises:
            Unheard: ``budget``: a cap would be passed, or the account cannot be read or written.
        """
        if not amount.is_finite() or amount < 0:
            raise ValueError(f"A reservation is a finite amount of at least 0 USD (got {amount}).")
        with self._held():
            today = self._today()
            spent = self._spent(today)
            for name, cap, gone in (
                (f"cycle {self.cycle}", self.caps.cycle, spent.cycle),
                (f"the day {today}", self.caps.day, spent.day),
            ):
                if gone + amount > cap:
                    raise Unheard(
                        "budget",
                        f"{mind} may cost up to {_usd(amount)} on {model}, and of the "
                        f"{_usd(cap)} for {name} {_usd(max(cap - gone, Decimal(0)))} is left. "
                        "Raise the cap or shorten what is asked.",
                    )
            made = Reservation(id=uuid.uuid4().hex, day=today, amount=amount)
            entry = {
                "id": made.id, "cycle": self.cycle, "mind": mind, "model": model,
                "reserved": str(amount), "cost": None,
            }  # fmt: skip
            self._write(today, [*self._entries(today), entry])
        return made

    def settle(self, reservation: Reservation, amount: Decimal) -> None:
        """Puts what a call cost, USD, in the place of its reservation; the file keeps both.

        Raises:
            Unheard: ``budget``: the account cannot be read or written; the reservation stands.
        """
        with self._held():
            entries = self._entries(reservation.day)
            for entry in entries:
                if entry["id"] == reservation.id:
                    entry["cost"] = str(amount)
            self._write(reservation.day, entries)

    def spent(self) -> Spent:
        """What is gone, unsettled reservations in full.

        Raises:
            Unheard: ``budget``: the account cannot be read.
        """
        return self._spent(self._today())

    def _today(self) -> dt.date:
        return self._now().astimezone(dt.UTC).date()

    def _spent(self, today: dt.date) -> Spent:
        # A cycle that began before midnight goes on being the same cycle.
        before = self._entries(today - dt.timedelta(days=1))
        entries = self._entries(today)
        mine = [one for one in (*before, *entries) if one["cycle"] == self.cycle]
        return Spent(cycle=_sum(mine), day=_sum(entries))

    def _path(self, day: dt.date) -> Path:
        return self.folder / f"{day.isoformat()}.json"

    def _entries(self, day: dt.date) -> list[dict[str, Any]]:
        path = self._path(day)
        try:
            found = json.loads(path.read_text("utf-8"))
            entries: list[dict[str, Any]] = found["entries"]
            _sum(entries)
            for one in entries:
                _ = one["id"], one["cycle"]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, KeyError, TypeError, InvalidOperation) as error:
            raise Unheard(
                "budget",
                f"What was spent on {day} cannot be read from {path.name} "
                f"({type(error).__name__}), so nothing more is spent. Repair the file or move it.",
            ) from error
        return entries

    def _write(self, day: dt.date, entries: list[dict[str, Any]]) -> None:
        text = json.dumps({"day": day.isoformat(), "currency": "USD", "entries": entries}, indent=1)
        try:
            write_atomic(self._path(day), text.encode())
        except OSError as error:
            raise Unheard(
                "budget",
                f"What is spent on {day} cannot be written to {self._path(day).name} "
                f"({error.strerror}), so nothing more is spent.",
            ) from error

    @contextlib.contextmanager
    def _held(self) -> Iterator[None]:
        """The account's lock, across threads and processes."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            handle = os.open(self.folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise Unheard(
                "budget", f"The account cannot be opened ({error.strerror}), so nothing is spent."
            ) from error
        try:
            last = time.monotonic() + _PATIENCE
            while True:
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > last:
                        raise Unheard(
                            "budget",
                            f"Another process holds the account for more than {_PATIENCE:g} s.",
                        ) from None
                    time.sleep(0.01)
            yield
        finally:
            os.close(handle)


def _sum(entries: list[dict[str, Any]]) -> Decimal:
    total = Decimal(0)
    for one in entries:
        amount = Decimal(one["reserved"] if one["cost"] is None else one["cost"])
        if not amount.is_finite() or amount < 0:
            raise ValueError(f"an amount of {amount}")
        total += amount
    return total


def _usd(amount: Decimal) -> str:
    return f"{amount:.4f} USD"
