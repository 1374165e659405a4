"""Which hosts are left alone: after failures, until the next pull, or as long as they asked for.

The state is a plain dict that a pull saves and the next one loads: a host that failed three times
is not asked again in that pull, and gets one trial in the next; a Retry-After holds across pulls.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from workbench.domain.calendars import iso
from workbench.domain.errors import FeedDark
from workbench.world.http.clocks import dated

FAILURES = 3
LONGEST = dt.timedelta(hours=24)


@dataclass(slots=True)
class _Host:
    failures: int = 0
    trial: bool = False
    until: dt.datetime | None = None


class Breakers:
    """The breakers of one pull.

    Args:
        state: What the pull before saved; what is not understood of it is forgotten.
        failures: How many in a row open a breaker.
    """

    def __init__(
        self, state: Mapping[str, object] | None = None, *, failures: int = FAILURES
    ) -> None:
        self._most = failures
        self._hosts: dict[str, _Host] = {}
        for host, told in (state or {}).items():
            if isinstance(told, Mapping):
                self._hosts[host] = _loaded(told, failures)

    def state(self) -> dict[str, dict[str, object]]:
        """What the next pull should know, as JSON can hold it."""
        return {
            name: {"failures": host.failures, "until": iso(host.until) if host.until else ""}
            for name, host in sorted(self._hosts.items())
            if host.failures or host.until
        }

    def check(self, host: str, now: dt.datetime) -> None:
        """Lets a request by.

        Raises:
            FeedDark: ``limited`` before the time for which the host asked, ``open`` when it
                failed too often.
        """
        known = self._hosts.get(host)
        if known is None:
            return
        if known.until and now >= known.until:
            known.until = None
        if known.until:
            # A clock that was set back must not hold a host for longer than anyone asked.
            known.until = min(known.until, now + LONGEST)
            raise FeedDark(
                "limited",
                f"{host} asked to be left alone until {iso(known.until)}, so it was not asked.",
                iso(known.until),
            )
        if known.failures >= self._most and not known.trial:
            raise FeedDark(
                "open",
                f"{host} failed {known.failures} times in a row, so it is not asked again before "
                "the next pull.",
            )

    def on_trial(self, host: str) -> bool:
        """True when the host failed too often before, and one request shows whether it is back."""
        known = self._hosts.get(host)
        return known is not None and known.trial

    def answered(self, host: str) -> None:
        """Notes that a host gave a sound answer."""
        known = self._hosts.get(host)
        if known:
            known.failures, known.trial = 0, False

    def failed(self, host: str) -> None:
        """Notes a failure; one on trial opens the breaker again."""
        known = self._hosts.setdefault(host, _Host())
        known.failures, known.trial = known.failures + 1, False

    def asked_for(self, host: str, told: str, now: dt.datetime) -> dt.datetime | None:
        """Notes a Retry-After.

        Args:
            host: Who said it.
            told: Seconds or an HTTP date; anything else is ignored.
            now: When.

        Returns:
            The moment before which the host is not asked, at most a day ahead; None for none.
        """
        until = wait_until(told, now)
        if until is not None:
            self._hosts.setdefault(host, _Host()).until = until
        return until


def wait_until(told: str, now: dt.datetime) -> dt.datetime | None:
    """When a Retry-After ends, at most a day ahead; None when it says nothing of use."""
    text = told.strip()
    if text.isascii() and text.isdecimal():
        wait = dt.timedelta(seconds=int(text[:7])) if len(text) < 8 else LONGEST
    else:
        then = dated(text) if text else None
        wait = then - now if then else dt.timedelta(0)
    if wait <= dt.timedelta(0):
        return None
    # Written to the second, so rounded up: never a moment too early.
    return (now + min(wait, LONGEST) + dt.timedelta(seconds=1)).replace(microsecond=0)


def _loaded(told: Mapping[object, object], most: int) -> _Host:
    failures, until = told.get("failures"), told.get("until")
    count = failures if isinstance(failures, int) and failures > 0 else 0
    try:
        moment = dt.datetime.fromisoformat(until) if isinstance(until, str) and until else None
    except ValueError:
        moment = None
    aware = moment if moment and moment.tzinfo else None
    return _Host(failures=min(count, most), trial=count >= most, until=aware)
