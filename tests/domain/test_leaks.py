"""Words shaped like a secret are taken out of a stranger's text before it comes in."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.desk import guard
from workbench.domain.leaks import MARKS, SECRETS, WITHHELD, withheld


@pytest.mark.parametrize(
    "text",
    [
        "sk-ant-api03-abcdefgh", "sk-abcdefghijklmnopqrstuvwx", "AKIAABCDEFGHIJKLMNOP",
        "ghp_abcdefghijklmnopqrstuvwxyz", "password=hunter2hunter2", "API_KEY: 'abcdefgh12345'",
        "Bearer abcdefgh.ijkl", "postgresql://me:secret@host/db", "-----BEGIN RSA PRIVATE KEY-----",
        "/home/me/.ssh/id_rsa", "C:\\work\\x.py", "C:\\new", "file:///etc/x",
        "&#115;k-ant-abcdefgh", "sk-ant-abcdefgh &amp;#115;k-ant-abcdefgh",
    ],
)  # fmt: skip
def test_nothing_is_left_for_the_last_look(text: str):
    """Neither a page nor a notebook's JSON of what is left stops the publisher."""
    left = withheld(f"It says {text}, and more.")
    assert WITHHELD in left
    assert left.endswith(", and more.")
    assert guard.leaks(left) == guard.leaks(json.dumps(left)) == []


@pytest.mark.parametrize("text", ["", "The S&P 500 fell 1.2% to 2,800.", "R&amp;D at A/home/b"])
def test_honest_words_stay(text: str):
    """What is no secret is not touched, entities included."""
    assert withheld(text) == text


@pytest.mark.parametrize("what", SECRETS)
@given(data=st.data())
def test_every_secret_bears_a_mark(what: str, data: st.DataObject):
    """Whatever a pattern finds holds one of its marks, so that looking for these first skips none:
    for letters beyond ASCII too that a pattern takes for a plain one.
    """
    found = data.draw(st.from_regex(SECRETS[what]))
    match = re.search(SECRETS[what], found)
    assert match is not None
    assert any(mark in match[0].casefold() for mark in MARKS[what])
    assert any(mark in found.casefold() for mark in MARKS[what])


def test_a_mark_in_other_letters():
    """A pattern that ignores case takes the long s for an s: so do the marks."""
    assert withheld("my pa\u017f\u017fword = horse-staple") == f"my {WITHHELD}"
    assert any(mark in "pa\u017f\u017fword".casefold() for mark in MARKS["a credential"])
