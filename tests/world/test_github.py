"""Stars: counts under the asked name, a rename followed and said, nothing made of anything else."""

import json

import pytest

from tests.bench.pulled import NOW, pulled, request
from tests.bench.served import Reply, by_path
from workbench.domain.contracts import contract
from workbench.domain.errors import FeedDark
from workbench.world.feeds import github

NAME = "geekan/MetaGPT"


def body(**changes: object) -> bytes:
    whole = {
        "full_name": NAME, "stargazers_count": 66_376, "forks_count": 8_300,
        "open_issues_count": 40, "pushed_at": "2026-03-01T00:00:00Z", "archived": False,
    }  # fmt: skip
    return json.dumps(whole | changes).encode()


def test_counts_are_delivered_under_the_asked_name():
    """Stars, forks and issues of now, in the contract's units."""
    found, server = pulled(
        github.fetch, request({"MetaGPT": NAME, "a/b": "a/b"}),
        by_path({f"/repos/{NAME}": Reply(body=body())}),
    )  # fmt: skip
    rows = found.observations
    assert list(rows["value"]) == [66_376, 8_300, 40]
    assert set(rows["series"]) == {"MetaGPT"}
    assert set(rows["at"]) == {NOW}
    for field, unit in zip(rows["field"], rows["unit"], strict=True):
        told = contract("x/y", field)
        assert told is not None
        assert told.unit == unit
    assert [(one.series, one.code) for one in found.gaps] == [("a/b", "not_found")]
    assert "authorization" not in server.sent[0]


def test_a_rename_is_followed_and_said():
    """A redirect within the host gives the counts under the asked name, with the new one (S40)."""
    moved = Reply(body=b"{}", status=301, headers={"Location": "/repositories/12"})
    found, _ = pulled(
        github.fetch, request({NAME: NAME}),
        by_path({
            f"/repos/{NAME}": moved,
            "/repositories/12": Reply(body=body(full_name="FoundationAgents/MetaGPT")),
        }),
    )  # fmt: skip
    assert set(found.observations["series"]) == {NAME}
    assert [one.code for one in found.gaps] == ["renamed"]
    assert "FoundationAgents/MetaGPT" in found.gaps[0].reason


def test_a_redirect_to_another_host_is_not_followed():
    """A rename leads nowhere but within the host (S40)."""
    away = Reply(body=b"{}", status=301, headers={"Location": "https://example.org/repos/a/b"})
    with pytest.raises(FeedDark) as dark:
        pulled(github.fetch, request({NAME: NAME}), lambda *_: away)
    assert dark.value.code == "redirect"


FAULTS = {
    "missing": ({"stargazers_count": None}, "wrong_type"),
    "text": ({"stargazers_count": "66,376"}, "wrong_type"),
    "negative": ({"stargazers_count": -1}, "wrong_type"),
    "fraction": ({"stargazers_count": 66.4}, "wrong_type"),
    "truth": ({"stargazers_count": True}, "wrong_type"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_count_that_is_none_is_a_gap(name: str):
    """What is no whole number from 0 is left out; the other counts stand."""
    changes, code = FAULTS[name]
    found = github.repository(body(**changes), request({}), f"https://api.github.com/repos/{NAME}")
    assert list(found.observations["field"]) == ["forks", "open_issues"]
    assert [one.code for one in found.gaps] == [code]


@pytest.mark.parametrize(
    "answer",
    [
        b'{"message": "Not Found"}', b"[]", b"null", b"{}",
        b'{"full_name": "a b"}', b'{"full_name": 3}',
        b'{"full_name": "a/b"}', b'{"full_name": "a/b", "stargazers_count": null}', b"<html>",
    ],
)  # fmt: skip
def test_what_is_no_repository_is_dark(answer: bytes):
    """An error object, another type, or a repository without counts is no answer."""
    with pytest.raises(FeedDark):
        github.repository(answer, request({}), f"https://api.github.com/repos/{NAME}")


@pytest.mark.parametrize("status", [401, 403, 404, 422, 451, 500])
def test_a_refusal_is_dark(status: int):
    """Bad credentials, limits and errors are reasons, not counts."""
    refusal = Reply(body=b'{"message": "API rate limit exceeded"}', status=status)
    with pytest.raises(FeedDark):
        pulled(github.fetch, request({NAME: NAME}), lambda *_: refusal)


@pytest.mark.parametrize("name", ["../../etc", "a", "a/b/c", "a/b?x=1", ""])
def test_a_name_that_is_none_is_not_asked(name: str):
    """A name that would make another address is refused before anything is asked."""
    with pytest.raises(FeedDark) as dark:
        pulled(github.fetch, request({"x": name}), lambda *_: Reply(body=body()))
    assert dark.value.code == "not_found"
