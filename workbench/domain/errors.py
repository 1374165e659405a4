"""Every error that the desk raises on purpose.

WorkbenchError            one line: what, which, as of when, what to do
├── UserMistake           exit 2: the call is wrong; nothing was written
│   ├── ParamsError       a params file, a knob or a notebook's parameters
│   ├── ImportRefused     an import whose file is malformed
│   ├── ClaimRefused      a sentence or claim that no rule could settle
│   └── Busy              another cycle holds these outputs
├── BeyondArchive         exit 2: asked for a moment that the archive cannot know
├── ReplayMiss            exit 2: a replay asked a model what was never recorded
├── FeedDark              exit 1: a feed gave nothing that can be used; a pull goes on without it
├── LedgerConflict        exit 1: an entry differs from what is already on record
└── CycleFailed           exit 1: a notebook failed; the cycle resumes there
"""


class WorkbenchError(Exception):
    """Base of all errors of the desk; its message is one line for a person."""

    exit_code = 1


class UserMistake(WorkbenchError):
    """The request cannot be carried out as made; changing it is the remedy."""

    exit_code = 2


class ParamsError(UserMistake):
    """A params file, a parameter or a notebook's declaration is not valid."""


class ImportRefused(UserMistake):
    """A file offered to the archive is malformed; nothing was imported."""


class ClaimRefused(UserMistake):
    """No rule could settle this claim.

    Args:
        code: Short stable word for the reason, such as ``no_session``.
        reason: One sentence for a person.
        nearest: The nearest sentence that could be settled, or an empty string.
    """

    def __init__(self, code: str, reason: str, nearest: str = "") -> None:
        super().__init__(f"{reason} Nearest: {nearest}" if nearest else reason)
        self.code = code
        self.reason = reason
        self.nearest = nearest


class Busy(UserMistake):
    """Another cycle is running on the same outputs; wait for it."""


class BeyondArchive(WorkbenchError):
    """The archive was asked about a moment that it cannot know."""

    exit_code = 2


class ReplayMiss(WorkbenchError):
    """A replay asked what was never answered, or its record is damaged; record it live first."""

    exit_code = 2


class FeedDark(WorkbenchError):
    """A feed gave nothing that can be used; everything else goes on.

    Args:
        code: Short stable word for the reason, such as ``timeout`` or ``not_json``.
        reason: One sentence for a person, without secrets.
        retry_at: When the source allows another call, ISO in UTC; empty when it did not say.
    """

    def __init__(self, code: str, reason: str, retry_at: str = "") -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.retry_at = retry_at


class LedgerConflict(WorkbenchError):
    """An entry with this key is on record already, with other content."""


class CycleFailed(WorkbenchError):
    """A step did not finish; the next cycle resumes at it."""
