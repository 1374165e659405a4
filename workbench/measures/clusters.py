"""The same story told many times, as one: headlines grouped by their words, figures and time.

Two headlines tell one story when their words overlap, nothing in them speaks against it (see
``headlines.agree``), and no more than two days lie between them. A story is what such pairs hold
together, so the order in which headlines come changes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.domain.calendars import Moments
from workbench.measures.headlines import Headline, agree, headline

WITHIN = np.timedelta64(48, "h")
ALIKE = 0.55  # words shared of all words of both
INSIDE = 0.85  # words of the shorter that the longer has too
LEAST = 4  # words in common, unless nothing else is in either
_BLOCK = 1_024  # rows compared at once: 5,000 headlines take some 20 MB


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Headlines that tell the same.

    Attributes:
        id: Twelve characters made of the representative's words and time.
        members: Their positions in what was given, ascending.
        representative: Position of the first of them; of several, the first in text order.
        sources: How many different sources tell it, at least 1.
        first: When it was first told.
        last: When it was last told.
    """

    id: str
    members: tuple[int, ...]
    representative: int
    sources: int
    first: np.datetime64
    last: np.datetime64


def stories(titles: Sequence[str], at: Moments, sources: Sequence[str]) -> tuple[Story, ...]:
    """Headlines grouped into stories, by first telling.

    Args:
        titles: Plain text; one without a word stands alone.
        at: When each was told, UTC; the same length.
        sources: Whose each is; the same length.

    Raises:
        ValueError: The three are not of one length.

    >>> told = np.array(["2026-03-08T10:00", "2026-03-08T11:00"], "datetime64[us]")
    >>> len(stories(["Fed holds rates", "Fed holds rates"], told, ["a", "b"]))
    1
    """
    if not len(titles) == len(at) == len(sources):
        raise ValueError(
            f"{len(titles)} titles stand beside {len(at)} times and {len(sources)} sources."
        )
    said = [headline(title) for title in titles]
    # By time, then text, so that equal input in another order gives equal stories.
    order = sorted(range(len(titles)), key=lambda one: (at[one], titles[one], sources[one]))
    groups: dict[int, list[int]] = {}
    for one, group in zip(order, _groups([said[one] for one in order], at[order]), strict=True):
        groups.setdefault(int(group), []).append(one)
    found = [
        Story(
            id=_id(said[some[0]], at[some[0]]),
            members=tuple(sorted(some)), representative=some[0],
            sources=len({sources[one].casefold() for one in some}),
            first=at[some[0]], last=at[some[-1]],
        )
        for some in groups.values()
    ]  # fmt: skip
    return tuple(found)


def _id(one: Headline, at: np.datetime64) -> str:
    text = f"{at} {' '.join(sorted(one.words))}"
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _groups(said: list[Headline], at: Moments) -> npt.NDArray[np.int64]:
    """A label for each headline, in order of time: equal where pairs hold them together."""
    from scipy.sparse import coo_array, csr_array
    from scipy.sparse.csgraph import connected_components

    count, words = len(said), [one.words for one in said]
    if not count:
        return np.empty(0, np.int64)
    names = {word: at for at, word in enumerate(sorted(frozenset().union(*words)))}
    rows = np.repeat(np.arange(count), [len(one) for one in words])
    columns = np.array([names[word] for one in words for word in sorted(one)], dtype=np.int64)
    shape = (count, max(1, len(names)))
    table = csr_array((np.ones(len(columns), np.int32), (rows, columns)), shape=shape)
    size = np.array([len(one) for one in words])
    lefts, rights = [], []
    for first in range(0, count, _BLOCK):
        last = min(first + _BLOCK, count)
        # Later headlines are too late for this block's last: time is in order.
        reach = int(np.searchsorted(at, at[last - 1] + WITHIN, "right"))
        shared = coo_array(table[first:last] @ table[first:reach].T)
        left, right = shared.coords[0] + first, shared.coords[1] + first
        least = np.minimum(size[left], size[right])
        union = size[left] + size[right] - shared.data
        alike = (shared.data >= ALIKE * union) | (shared.data >= INSIDE * least)
        enough = (shared.data >= LEAST) | (shared.data == union)
        near = (at[right] - at[left] <= WITHIN) & (left < right)
        keep = alike & enough & near
        lefts.append(left[keep])
        rights.append(right[keep])
    left, right = np.concatenate(lefts), np.concatenate(rights)
    pairs = zip(left, right, strict=True)
    one = np.array([agree(said[a], said[b]) for a, b in pairs], dtype=bool)
    left, right = left[one], right[one]
    graph = coo_array((np.ones(len(left), np.int8), (left, right)), shape=(count, count))
    labels: npt.NDArray[np.int64] = connected_components(graph, directed=False)[1]
    return labels
