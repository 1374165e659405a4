"""What is wrong with the data, found by looking: every flag says what was seen and since when.

A bad *row* is left out, with a flag that says which. A bad *field* or series is hidden from minds
and claims now: ``dark`` hides a series and ``withheld`` a field, each with what would lift it;
``note`` is only told. A verdict rests on what was known by the snapshot's moment and nothing else.
"""

from workbench.measures.quality.coverage import coverage
from workbench.measures.quality.examination import Examined, examined
from workbench.measures.quality.feeds import clock_off, quiet
from workbench.measures.quality.finer import finer_faults
from workbench.measures.quality.hours import change, comparable, hours
from workbench.measures.quality.members import members_apart
from workbench.measures.quality.standing import flags
from workbench.measures.quality.told import reason, withheld

__all__ = [
    "Examined", "change", "clock_off", "comparable", "coverage", "examined", "finer_faults",
    "flags", "hours", "members_apart", "quiet", "reason", "withheld",
]  # fmt: skip
