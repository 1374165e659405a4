"""Stars, forks and open issues of repositories, under the names by which they were asked for.

Series: the repository's name, ``langflow-ai/langflow``. ``GITHUB_TOKEN`` is optional and raises
the limit from 60 to 5,000 calls an hour. A count describes the moment at which it was asked; a
renamed repository is followed within the host, delivered under the asked name, and said.
"""

from __future__ import annotations

import re

from workbench.domain.deliveries import Delivered, Gap, Request
from workbench.domain.errors import FeedDark
from workbench.domain.hygiene import clean
from workbench.world.feeds.endpoints import Endpoint, Row, delivered
from workbench.world.feeds.gathering import each
from workbench.world.http.answers import Client, Key
from workbench.world.http.decoding import apart, as_json

SOURCE = "github"
BASE = "https://api.github.com"
KEY = Key(env="GITHUB_TOKEN", header="Authorization", prefix="Bearer ")
HEADERS = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
COUNTS = {"stars": "stargazers_count", "forks": "forks_count", "open_issues": "open_issues_count"}
_UNITS = {"stars": "stars", "forks": "forks", "open_issues": "issues"}
_NAME = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+")


async def fetch(client: Client, request: Request) -> Delivered:
    """The counts of each repository now.

    Raises:
        FeedDark: No repository could be read.
    """
    if not request.series:
        raise FeedDark("no_series", "No repository is named. Write series: [owner/name] in params.")
    return await each(
        SOURCE,
        {series: _one(client, request, series, name) for series, name in request.series.items()},
    )


async def _one(client: Client, request: Request, series: str, name: str) -> Delivered:
    if not _NAME.fullmatch(name) or ".." in name:
        raise FeedDark("not_found", f"{name!r} is no owner/name of a repository.")
    url = f"{request.base or BASE}/repos/{name}"
    answer = await client.ask(url, form="json", headers=HEADERS, key=KEY)
    return await apart(_read, answer.body, request, series, name)


def repository(body: bytes, request: Request, address: str) -> Delivered:
    """One repository, of ``/repos/owner/name`` or, where a redirect led, ``/repositories/id``.

    Raises:
        FeedDark: It is no repository.
    """
    found = re.search(r"/repos/([^/?#]+/[^/?#]+)", address)
    name = found[1] if found else ""
    own = {one: series for series, one in request.series.items()}
    if request.series and name not in own:
        raise FeedDark(
            "other_repository", f"The answer is of {name or address}, which nobody asked."
        )
    return _read(body, request, own.get(name, name), name)


def _read(body: bytes, request: Request, series: str, name: str) -> Delivered:
    whole = as_json(body)
    if not isinstance(whole, dict):
        raise FeedDark(
            "wrong_type", f"The repository came as {type(whole).__name__}, not as an object."
        )
    full = whole.get("full_name")
    if not isinstance(full, str) or not _NAME.fullmatch(full):
        said = whole.get("message")
        what = (
            f"GitHub says {clean(said, 120).text!r}" if isinstance(said, str) else "no 'full_name'"
        )
        raise FeedDark("no_field", f"The answer for {name} is no repository: {what}.")
    gaps = []
    if name and full.casefold() != name.casefold():
        gaps.append(Gap(series=series, code="renamed", reason=f"{name} was renamed to {full}."))
    rows = []
    for field, key in COUNTS.items():
        count = whole.get(key)
        if isinstance(count, int) and not isinstance(count, bool) and count >= 0:
            rows.append(
                Row(
                    series=series or full,
                    field=field,
                    at=request.now,
                    value=count,
                    unit=_UNITS[field],
                )
            )
        else:
            code = "no_field" if key not in whole else "wrong_type"
            said = "is missing" if key not in whole else f"is {str(count)[:30]!r}, no count"
            gaps.append(Gap(series=series or full, code=code, reason=f"{key} of {full} {said}."))
    if not rows:
        raise FeedDark("no_field", f"{full} came without any of its counts.")
    gaps += [
        Gap(series=series or full, code=flag, reason=f"{full} is {flag}: its counts stand.")
        for flag in ("archived", "disabled")
        if whole.get(flag) is True
    ]
    return delivered(SOURCE, rows, gaps=gaps)


def not_read(body: bytes, _request: Request, address: str) -> Delivered:
    """Any other answer of the API: told apart, and used by no series."""
    whole = as_json(body)
    if isinstance(whole, dict) and "message" in whole:
        said = clean(str(whole["message"]), 120).text
        raise FeedDark("refused", f"GitHub says {said!r}.")
    path = re.sub(r"^https?://[^/]+", "", address)[:80]
    reason = f"The answer of {path} is JSON, and no series of the desk is made of it."
    return delivered(SOURCE, gaps=[Gap(series="", code="not_read", reason=reason)])


ENDPOINTS = (
    Endpoint(
        name="repository", pattern=re.compile(r"^/(?:repos/[^/?#]+/[^/?#]+|repositories/\d+)/?$"),
        hosts=("api.github.com",), form="json", parse=repository,
    ),
    Endpoint(
        name="other", pattern=re.compile(r"^/\S*$"), hosts=("api.github.com",), form="json",
        parse=not_read,
    ),
)  # fmt: skip
