"""Bodies, a piece at a time: however they come, they are the same bytes."""

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.domain.errors import FeedDark
from workbench.world.http import bodies
from workbench.world.http.limits import Limits

LIMITS = Limits(body=400_000, inflated=700_000)


async def _pieces(content: bytes, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


def _read(content: bytes, size: int, encoding: str = "", form: str = "json") -> bodies.Body:
    headers = {"content-encoding": encoding, "content-length": str(len(content))}
    return asyncio.run(
        bodies.read(_pieces(content, size), headers, form, LIMITS, "host")  # type: ignore[arg-type]
    )


@settings(max_examples=60)
@given(
    st.integers(1, 300_000), st.integers(1, 70_000), st.integers(0, 2**32), st.booleans(),
    st.sampled_from(["", "gzip", "deflate"]),
)  # fmt: skip
def test_pieces_make_the_whole(length: int, size: int, seed: int, flat: bool, encoding: str):
    """Neither the size of the pieces nor how well a body packs changes a byte of it."""
    block = b"0123456789" if flat else str(seed * 7_919).encode()
    content = (block * (length // len(block) + 1))[:length]
    pack = {"": bytes, "gzip": gzip.compress, "deflate": zlib.compress}[encoding]
    packed = pack(content)
    size = max(size, len(packed) // 500 + 1)
    assert _read(packed, size, encoding) == bodies.Body(content=content)


@pytest.mark.parametrize("length", [65_535, 65_536, 65_537, 131_072, 196_608, 65_536 * 5])
@pytest.mark.parametrize("size", [1_000_000, 7])
def test_a_body_may_fill_its_pieces(length: int, size: int):
    """Output that just fills the last piece is neither lost nor taken for cut off."""
    content = b"0" * length
    assert _read(gzip.compress(content), size, "gzip").content == content


@pytest.mark.parametrize("form", ["json", "csv", "xml", "html", "text"])
def test_caps_hold_to_the_byte(form: str):
    """As received and unpacked, the cap itself is allowed, and a byte more is not."""
    prose = form in {"html", "text"}
    for encoding, cap in (("", LIMITS.body), ("gzip", LIMITS.body if prose else LIMITS.inflated)):
        for length in (cap, cap + 1):
            # Digits pack to a half, so that this is no bomb.
            digits = "".join(str(number * 2_654_435_761) for number in range(length // 8 + 1))
            content = digits.encode()[:length]
            packed = gzip.compress(content) if encoding else content
            if len(packed) > LIMITS.body and encoding:
                pytest.fail("the packed body is beyond the other cap")
            if length == cap:
                found = _read(packed, 10_000, encoding, form)
                assert (found.content, found.cut) == (content, False)
            elif prose:
                found = _read(packed, 10_000, encoding, form)
                assert (found.content, found.cut) == (content[:cap], True)
            else:
                with pytest.raises(FeedDark) as dark:
                    _read(packed, 10_000, encoding, form)
                assert dark.value.code == "too_large"


def test_a_bomb_is_no_prose():
    """What packs to a thousandth is refused in every form."""
    for form in ("json", "html"):
        with pytest.raises(FeedDark) as dark:
            _read(gzip.compress(b"0" * 50_000_000), 65_536, "gzip", form)
        assert dark.value.code == "too_large"
