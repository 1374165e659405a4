"""The figures that notebooks draw, one function each: facts in, a finished plotly figure out.

The title is the finding, one colour makes the point, and the numbers drawn come along as a table.
"""

from workbench.desk.charts.account import account
from workbench.desk.charts.breadth import breadth
from workbench.desk.charts.calibrated import calibration
from workbench.desk.charts.course import skill_course
from workbench.desk.charts.fans import fan
from workbench.desk.charts.fear import fear, term_curve, term_slope
from workbench.desk.charts.market import correlations, regime_ribbon, turbulence, volatility
from workbench.desk.charts.record import risk_coverage, skill_bars
from workbench.desk.charts.session import session
from workbench.desk.charts.telling import telling
from workbench.desk.charts.theses import lead_lag, together

__all__ = [
    "account",
    "breadth",
    "calibration",
    "correlations",
    "fan",
    "fear",
    "lead_lag",
    "regime_ribbon",
    "risk_coverage",
    "session",
    "skill_bars",
    "skill_course",
    "telling",
    "term_curve",
    "term_slope",
    "together",
    "turbulence",
    "volatility",
]
