"""Why a mind could not be heard: a short code for counting and one sentence for a person.

A fault of a model, of its service or of the money never stops a cycle: asking catches it and
hands back an absence. Codes: ``deadline no_connection cut too_large overloaded rejected not_json
not_a_message no_usage wrong_model refusal truncated stopped empty invalid budget no_key no_price
too_long``.
"""

from __future__ import annotations


class Unheard(Exception):
    """No usable reply, and why.

    Args:
        code: One of the codes of this module.
        reason: What, which, got, what to do; one sentence without line breaks.
    """

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
