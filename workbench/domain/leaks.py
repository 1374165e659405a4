"""What no published byte may hold: words shaped like a secret, and paths of a machine.

A model writes such words by mistake, or because a text that it read told it to. They are taken out
where its words come in, so that the publisher's last look never has to stop a whole site for them.
"""

from __future__ import annotations

import re
from html import unescape

SECRETS = {
    "an Anthropic key": r"sk-ant-[\w-]{6,}",
    "an API key": r"\bsk-[A-Za-z0-9_-]{20,}|\bxox[abprs]-[\w-]{10,}",
    "an AWS key": r"\b(AKIA|ASIA)[A-Z0-9]{16}\b",
    "a GitHub token": r"\bgh[opsu]_\w{20,}|\bgithub_pat_\w{20,}",
    "a credential": r"(?i)\b(api[_-]?key|access[_-]?token|auth[_-]?token|client[_-]?secret|"
    r"password|passwd)[\"']?\s*[=:]\s*[\"']?[\w+/-]{8,}",
    "a bearer token": r"(?i)\bbearer\s+[\w.~+/-]{8,}",
    "a credential in an address": r"://[^/\s:@\"'<>]+:[^/\s@\"'<>]+@",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY",
    "a path of this machine": r"(?<![\w./~-])/(home|root|Users|tmp|private|mnt)/|file://|"
    r"(?<![A-Za-z])[A-Z]:\\(\\|(?![nrtbf\"/]|u[0-9a-f]{4}))\w",
}
# What each of them cannot be without, case folded: most texts hold none, and are read through once
# for it instead of by a pattern.
MARKS = {
    "an Anthropic key": ("sk-ant-",),
    "an API key": ("sk-", "xox"),
    "an AWS key": ("akia", "asia"),
    "a GitHub token": ("gho_", "ghp_", "ghs_", "ghu_", "github_pat_"),
    "a credential": (
        *(first + between + last for first, last in (("api", "key"), ("access", "token"),
          ("auth", "token"), ("client", "secret")) for between in ("", "_", "-")),
        "password", "passwd",
    ),
    "a bearer token": ("bearer",),
    "a credential in an address": ("@",),
    "a private key": ("-----begin",),
    "a path of this machine": ("/home/", "/root/", "/users/", "/tmp/", "/private/", "/mnt/",  # noqa: S108
                               "file://", ":\\"),
}  # fmt: skip
WITHHELD = "[withheld]"

# A path goes to its end, and the one with a backslash however JSON would escape it.
_TAKEN = re.compile(
    "|".join(
        f"(?:{pattern.replace('(?i)', '(?i:', 1) + ')' if pattern.startswith('(?i)') else pattern})"
        r"[^\s<>\"'“”]*(?<![.,;:!?)])"
        for pattern in (*SECRETS.values(), r"(?<![A-Za-z])[A-Z]:\\")
    )
)


def withheld(text: str) -> str:
    """The text with ``WITHHELD`` in the place of what may not be published.

    Entities count as what they stand for, since a reader of the page undoes them.

    >>> withheld("The key is AKIAIOSFODNN7EXAMPLE, I say.")
    'The key is [withheld], I say.'
    """
    while _TAKEN.search(bare := unescape(text)):
        text = _TAKEN.sub(WITHHELD, bare)
    return text
