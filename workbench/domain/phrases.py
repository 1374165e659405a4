"""The phrases of desk English, tried in order, longest meaning first.

Each row is the letter of a token's kind, a pattern, and what it means.
"""

from __future__ import annotations

from typing import Any

_N = r"[+-]?\$?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+|(?<=\d))(?:[km](?![a-z]))?"
_U = (
    r"\s?(?:%|percentage points?|per ?cent|percent|pct|pp|p\.p\.|bps?|basis points?|points?|pts?"
    r"|(?:/|per |an? )(?:barrel|bbl|ounce|oz|share|coin))?(?![\w%])"
)
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_WEEKDAY = (
    r"(?:mon(?:day)?|tues?(?:day)?|wed(?:nesday)?|thu(?:rs?(?:day)?)?|fri(?:day)?"
    r"|sat(?:urday)?|sun(?:day)?)"
)
_DAY = (
    rf"(?:{_WEEKDAY}\.?,? +)?(?:\d{{4}}-\d{{2}}-\d{{2}}|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?"
    rf"(?:,? \d{{4}})?(?!\d|\.\d|%)|\d{{1,2}}(?:st|nd|rd|th)? (?:of )?{_MONTH}(?:,? \d{{4}})?"
    r"|(?!24/7)(?<![\d./+-])\d{1,2}/\d{1,2}(?:/\d{4}|/\d{2})?(?![\d/%.]\d|[/%]))"
)
_COUNT = r"(?:\d+(?:\.\d+)?|an?|one|two|three|four|five|six|seven|eight|nine|ten)"
_IN = (
    r"(?:(?:no later than|by|on|in|within|over|during|for|across|through|until|at|throughout|"
    r"into|come)\s+)?"
    r"(?:(?:the\s+)?(?:(?:rest|remainder|course|end|close) of(?: (?:trading|business)(?: on)?)?|"
    r"(?:market |us )?(?:close|closing bell|session) (?:on|of))\s+)?(?:the\s+)?"
)
_NEXT = r"(?:(?:the\s+)?(?:next|coming|following)\s+)?"
_AT = (
    r"(?:'s)?(?:\s+(?:(?:ny|us|regular|cash|trading|market)\s+)?(?:closing bell|close|"
    r"session|eod))?"
)
_CLOCK = (
    r"(?P<clock>\d{1,2}(?::\d{2})?\s?[ap]\.?m\b\.?|\d{1,2}:\d{2}(?::\d{2})?)"
    r"(?:\s*(?P<zone>e[sd]?t|eastern|new york|ny|utc|gmt|z)(?: time)?\b)?"
)
_SPAN = r"(?:h(?:rs?|ours?)?|d(?:ays?)?|w(?:eeks?|ks?)?|(?:trading )?sessions?|trading days?)"
_REF = (
    r"(?:(?:than|from|vs\.?|versus|compared (?:to|with)|of|against|relative to)\s+(?:at\s+|on\s+)?"
    r"|(?<=above )|(?<=below )|(?<=over )|(?<=under ))"
)
_CLOSE = r"(?:close|closing price|closing level|settle(?:ment)?)"
_LAST = r"(?:last|previous|prior|latest|most recent)"
_CLOSES = (
    rf"(?= (?:(?:its |the )?(?:{_LAST}|{_DAY}|{_WEEKDAY}|yesterday|today)(?:'s)? (?:official )?"
    r"clos(?:e|ing)|here|(?:the |its )?current (?:level|price)|where it (?:is|trades))\b)"
)
_AGAINST = (  # another instrument, not an earlier price
    r"(?:relative to|versus|vs\.?|against)(?! (?:its|the|their|last|prior|previous|a|here|where|"
    rf"current|today|yesterday|{_WEEKDAY}|{_MONTH}|\d)\b)"
)
_ZONE = r"(?:\s+(?:range|band|zone|corridor)\b)?"

# Kinds: w window, r reference, p confidence, q count, R range of figures, N figure, W within,
# n negation, x alternative or exception, k ranking, Z range, B beats, L lags, S stays, T touches,
# M moves, D side, F flat, V closes, C comparison, A size, m a move, & and, ',' a pause, ';' a stop,
# o of, c commentary, e event, b basket, v vague, h hedge, t at some point, H "or more" after a
# figure, y by, z a limit (*as much as*), _ said without meaning.
PHRASES: tuple[tuple[str, str, Any], ...] = (
    ("p", r"(?:\bwith (?:an? )?)?\b(?:conf(?:idence)?|conviction|probability|prob|odds|"
          r"likelihood)\b\.?\s*"
          r"(?:of|:|=|is|at)?\s*(?P<p>-?(?:\d+(?:\.\d+)?|\.\d+)\s?%?)", None),
    ("p", r"(?:@|\bw/)\s*(?P<p>(?:\d+(?:\.\d+)?|\.\d+)\s?%)"
          r"(?:\s*(?:confidence|conviction|probability))?(?!\w)", None),
    ("p", r"\bp\s*=\s*(?P<p>-?(?:\d+(?:\.\d+)?|\.\d+)\s?%?)", None),
    ("p", r"(?:\b(?:with|there is|there's|i'm|i am|we're|we are|at)\s+)?(?:an? )?"
          r"(?P<p>-?(?:\d+(?:\.\d+)?|\.\d+)\s?%)\s*(?:confidence|"
          r"conviction|probability|chance|odds|likely|likelihood|confident|sure|certain)"
          r"(?:\s+(?:that|of|in))?\b(?!\s*[:=])", None),
    ("r", rf"{_REF}(?:its|the|their)?\s*{_LAST}\s+"
          rf"(?:official )?(?:session's )?{_CLOSE}\b", "last"),
    ("r", rf"{_REF}(?:here|(?:the |its )?current (?:levels?|price)|"
          r"(?:where )?(?:it|they) (?:is|are|trades?) (?:right )?(?:now|today|currently))\b",
     "last"),
    ("r", rf"{_REF}(?:its\s+|the\s+)?(?P<ref>{_DAY}|{_WEEKDAY}|yesterday|today)(?:'s)?\s+"
          rf"{_CLOSE}\b", "named"),
    ("r", rf"\bthan (?:on )?(?P<ref>{_DAY}|{_WEEKDAY}|yesterday|today)\b(?!'s| open| high| low)",
     "named"),
    ("r", rf"{_REF}(?:its\s+|the\s+)?(?:{_DAY}|{_WEEKDAY}|yesterday|today|tomorrow|this week|"
          r"last week)?(?:'s)?\s*(?:opening price|opening|open|opened|high|low)\b", "other"),
    ("r", rf"{_REF}(?:last week|last month|last year|a week ago|where it (?:opened|started))"
          r"(?:'s)?(?: close)?\b", "other"),
    ("q", rf"\b(?:(?:on|in|for) )?(?:at least )?(?:(?:each|all|every one)|(?P<m>{_COUNT})(?: "
          rf"or more)?) "
          rf"(?:out )?of (?:the |its )?(?:next|coming|following) "
          rf"(?P<n>{_COUNT}) (?:trading days|trading sessions|sessions|days|closes)\b", None),
    ("w", rf"{_IN}\b(?P<instant>\d{{4}}-\d{{2}}-\d{{2}}[t ]\d{{2}}:\d{{2}}(?::\d{{2}})?)"
          r"\s?(?:z|utc)\b", None),
    ("w", rf"{_IN}(?<![\w.])(?P<date>{_DAY}){_AT}(?!\w)", None),
    ("w", rf"{_IN}{_NEXT}(?<![\w.])(?P<count>\d+(?:\.\d+)?(?=[\s-]?[a-z])|{_COUNT}(?=[\s-]))"
            rf"[\s-]?(?P<span>{_SPAN})\b"
          r"(?:\s+(?:window|horizon|from now))?", None),
    ("w", rf"{_IN}(?:next|coming|following)\s+(?P<span>day|week|session|trading day|"
          r"trading session|close)\b", None),
    ("w", rf"{_IN}\btoday{_AT}\b", "today"),
    ("w", rf"{_IN}\btomorrow{_AT}\b", "tomorrow"),
    ("w", r"\b(?:for|on) the (?P<period>week|month|quarter|year)\b(?!'s|[ -]end)", "period"),
    ("w", r"(?:(?<=ends )|(?<=end )|(?<=closes )|(?<=close )|(?<=finishes )|(?<=finish )|(?<=out ))"
          r"the (?P<period>week|month|quarter|year)\b", "period"),
    ("w", rf"{_IN}(?:this week(?:'s (?:close|end))?|week(?:'s (?:end|close)|[ -]end)|"
          rf"(?<=of )week|(?<=of the )week){_AT}\b(?![ -]?end)", "week"),
    ("w", rf"{_IN}(?<=of )(?:next|the coming|the following|coming) week\b", "next week"),
    ("w", rf"{_IN}(?<=end of )(?P<month>{_MONTH})(?![\s\d]*\d)", None),
    ("w", rf"{_IN}(?:this quarter|quarter(?:'s end|[ -]end)|(?<=of )quarter|(?<=of the )"
          rf"quarter)\b", "quarter"),
    ("w", rf"{_IN}(?:this year|year(?:'s end|[ -]end)|(?<=of )year|(?<=of the )year)\b", "year"),
    ("w", r"(?:by |at )?\beow\b", "week"),
    ("w", r"(?:by |at )?\beom\b", "month"),
    ("w", rf"{_IN}(?:this month|month(?:'s end|[ -]end)|(?<=the )month|(?<=of )month)\b", "month"),
    ("w", rf"{_IN}(?:(?:this\s+)?(?:coming\s+)?|(?P<next>next\s+))\b"
          rf"(?P<weekday>{_WEEKDAY}){_AT}\b", None),
    ("w", rf"(?:(?P<by>by|before|until|through)\s+|(?:at|as of)\s+)?\b{_CLOCK}", "close"),
    ("w", r"(?:(?:by|on|at|into|through|until)\s+(?:the\s+)?)?\b(?:eod|cob|end[ -]of[ -](?:the )?"
          r"(?:day|session)|(?:close|end) of (?:trading|business)|this session|"
          r"(?:(?<=the )|(?<=by )|(?<=at ))(?:official |market |cash )?"
          r"(?:close|closing bell)"
          r"(?!\s+(?:above|below|over|under|between|at|within|higher|lower|up|down|in)\b))\b",
     "close"),
    ("D", r"\b(?:flat|unchanged) or (?:lower|down)\b", ("down", "<=")),
    ("D", r"\b(?:flat|unchanged) or (?:higher|up)\b", ("up", ">=")),
    ("F", r"\b(?:flat|unchanged)[ -]to[ -](?P<flat>down|lower|up|higher)(?!\s?[\d+-])", None),
    ("F", rf"\b(?:flat|unchanged) to (?P<side>up|down)?\s?(?P<edge>{_N}{_U})", None),
    ("F", r"\b(?:flat|unchanged|little changed)\b", None),
    ("R", rf"(?:\bin (?:a|the) (?:range|band) (?:of )?)?\bbetween (?:(?P<side>up|down) )?"
          rf"(?P<lo>{_N}{_U}) "
          rf"and (?P<hi>{_N}{_U}){_ZONE}", None),
    ("R", rf"(?P<pm>(?:±|\+/-|\+-|plus or minus)\s?)(?P<size>{_N}{_U})", None),
    ("R", rf"(?:\b(?:from|in (?:a|the) (?:range|band) (?:of|from)) )?(?:\b(?:with)?in (?:a|"
          rf"the) (?=\S+ \S*range|\S+ \S*band))?"
          rf"(?<![\w.])(?P<lo>{_N}{_U})\s?(?:-|\bto\b)\s?(?P<hi>{_N}{_U}){_ZONE}", None),
    ("C", r"(?:>=|≥|\bat or (?:above|higher than)\b|\bno (?:lower|less) than\b)", ">="),
    ("C", r"\bhigher than\b(?=\s*\$?\d)", ">"),
    ("C", r"\blower than\b(?=\s*\$?\d)", "<"),
    ("C", r"(?:<=|≤|\bat or (?:below|lower than)\b|\bno (?:higher|greater) than\b)", "<="),
    ("A", r"\b(?:at least|no less than|a minimum of)\b", ">="),
    ("A", r"\b(?:at most|no more than|up to(?=\s[\d.]+\s?%)|a maximum of)\b", "<="),
    ("A", r"\b(?:(?:by )?more than|in excess of|exceed(?:s|ing)?|greater than)\b", ">"),
    ("A", r"\b(?:less than|fewer than)\b", "<"),
    ("H", r"\bor (?:higher|above|more)\b(?!\s*\$?\d)", ">="),
    ("H", r"(?<=[\dk%])\+(?=\s|$)|(?<=points)\+|(?<=pts)\+|(?<=bps)\+|(?<=pp)\+", ">="),
    ("H", r"\bor better\b", ">="),
    ("H", r"\bor (?:lower|below|less)\b(?!\s*\$?\d)", "<="),
    ("D", r"\bno higher\b|\b(?:lower|down) or (?:flat|unchanged)\b", ("down", "<=")),
    ("D", r"\bno lower\b|\b(?:higher|up) or (?:flat|unchanged)\b", ("up", ">=")),
    ("b", r"\b(?:the )?(?:nasdaq[- ]?100|ndx)\b", "QQQ"),
    ("b", r"\b(?:the )?(?:dow(?: jones)?(?: industrials?(?: average)?)?|djia|dow 30)\b", "SPY"),
    ("b", r"\b(?:the )?russell(?: [123]000)?\b|\brut\b", "IWM"),
    ("D", rf"\b(?:above|over)\b{_CLOSES}", ("up", None)),
    ("D", rf"\b(?:below|under)\b{_CLOSES}", ("down", None)),
    ("I", r"", None),  # stands for the table's instruments
    ("k", r"\b(?:is|ranks?|ends?|finish(?:es)?) (?:first|#1|1st) (?:of|among|out of)\b", "up"),
    ("k", r"\b(?:is|ranks?|ends?|finish(?:es)?) (?:last|dead last) (?:of|among|out of)\b", "down"),
    ("k", r"\b(?:has |have |posts? )the (?:highest|best|largest) returns? (?:of|among|in)\b", "up"),
    ("k", r"\b(?:has |have |posts? )the (?:lowest|worst) returns? (?:of|among|in)\b", "down"),
    ("k", r"\b(?:(?:is |ranks? |ends? |finish(?:es)? )(?:in |at )?)?(?:the )?(?:best|strongest|"
          r"top)(?:[ -]performe?r?"
          r"(?:ing)?)?\b(?: (?P<places>\d+|two|three|four|five))?(?: (?:of|among|out of))?\b",
     "up"),
    ("k", r"\b(?:(?:is |ranks? |ends? |finish(?:es)? )(?:in |at )?)?(?:the )?(?:worst|weakest|"
          r"bottom)"
          r"(?:[ -]performe?r?(?:ing)?)?\b(?: (?P<places>\d+|two|three|four|five))?(?: (?:of|among|"
          r"out of))?\b", "down"),
    ("_", r"\brange-?bound\b(?=,? \(?(?:within|between|in|from|at|[\d$]))", None),
    ("M", r"\b(?:up or down|higher or lower)(?= (?:by |more than |at least |"
          r"over )?(?:more than |at least )?\d)", "any"),
    ("_", r"\b(?:either way|in either direction|up or down|higher or lower|on a relative "
          r"basis)\b", None),
    ("x", r"\b(?:barring|absent|pending|subject to|depending on|contingent(?: on)?)\b", None),
    ("x", r"\b(?:as long as|so long as|unless|except|otherwise|either|or|and/or|"
          r"if|provided|neither|nor|without|until|"
          r"before|first|then|assuming|only)\b", None),
    ("n", r"\b(?:do(?:es)? not|don't|doesn't|won't|will not|would not|wouldn't|can(?:not|'t)|"
          r"fails? to|failing to|never|not|is not|isn't|aren't|refuses to|unable to|"
          r"no longer)\b", None),
    ("e", r"\b(?:fed|fomc|ecb|powell|opec|rate (?:cut|hike)s?|holds? rates|ceasefire|8-?ks?|"
          r"10-?[kq]s?|"
          r"earnings|eps|guidance|tariffs?|election|payrolls|nfp|cpi|pce|lawsuit|merger|ipo|"
          r"sanctions?|war|blockade|default)\b", None),
    ("b", r"\b(?:mega-?\s?caps?(?: tech)?|big tech|tech|semis|semiconductors)\b", "QQQ"),
    ("b", r"\b(?:altcoins?|tokens?|stablecoins?|(?:stablecoin|ai)-adjacent|crypto)\b", "BTC"),
    ("b", r"\bsmall-?\s?caps?\b", "IWM"),
    ("b", r"\bdollar\b(?! index)", "DXY"),
    ("b", r"\b(?:bonds|yields|treasur(?:y|ies))\b", "10Y"),
    ("_", r"\b(?:the )?(?:price|value|level) of\b|\bon the day\b|"
          r"\b(?:inc|corp|platforms)\b\.?", None),
    ("_", r"(?:(?<=crude )|(?<=wti )|(?<=brent ))oil\b", None),
    ("b", r"\b(?:oil|commodities)\b", "WTI"),
    ("b", r"\b(?:equities|stocks|the market|markets?|large-?\s?caps?|indices|indexes|banks|"
          r"defensives|risk assets)\b", "SPY"),
    ("Z", r"\b(?:(?:daily|day|intraday|trading|high-low|session)(?:'s)? range|range|"
          r"trades? in a (?:daily |intraday )?range|ranges(?: over)?|high-to-low range)\b", None),
    ("D", r"(?:'s )?(?<!total )\breturns? (?:(?:is|are|will be) )?(?:positive|above zero)\b",
     ("up", None)),
    ("D", r"(?:'s )?(?<!total )\breturns? (?:(?:is|are|will be) )?(?:negative|below zero)\b",
     ("down", None)),
    ("D", r"\b(?:has|have|sees?|posts?|prints?) an? (?:green|up|positive) (?:day|session)\b",
     ("up", None)),
    ("D", r"\b(?:has|have|sees?|posts?|prints?) an? (?:red|down|negative) (?:day|session)\b",
     ("down", None)),
    ("V", r"\b(?:breaks?|prints?)\b(?= (?:higher|lower|red|green|in the (?:red|green))\b)", None),
    ("T", r"\b(?:(?:retreat|ease|cool|compress|pull back|break down|fall back)(?:e?s)?|pulls back|"
          r"breaks down|falls back) (?:below|under|beneath)\b", "down"),
    ("T", r"\bbreach(?:es)?\b(?=\s*\$?\d)", "any"),
    ("M", r"\bpulls? back\b(?! to\b)", "down"),
    ("C", r"\bsub-(?=\$?\d)", "<"),
    ("S", r"\b(?:(?:is|be|stays?|remains?|keeps?|holds?) )?(?:capped|contained)(?= "
          r"(?:below|under|at or below)\b)", None),
    ("n", r"\bavoids?(?= (?:closing|ending|finishing)\b)", None),
    ("B", rf"\b(?:higher|up|stronger) {_AGAINST}", None),
    ("L", rf"\b(?:lower|down|weaker) {_AGAINST}", None),
    ("T", r"\b(?:drop|fall|slide|sink|dip|decline|tumble|go|trade|slip)(?:e?s)? as low as\b(?=\s*"
          r"\$?\d)", "down"),
    ("T", r"\b(?:climb|rall(?:y|ie)|spike|rise|surge|jump|go|trade|gain)(?:e?s)? as high as\b"
          r"(?=\s*\$?\d)", "up"),
    ("z", r"\bas (?:much|low|high|little|far|many|few) as\b", None),
    ("T", r"\breturns? to\b", "any"),
    ("M", r"(?<=will have )(?:risen|gained|climbed|added|advanced|rallied)\b", "up"),
    ("M", r"(?<=will have )(?:fallen|dropped|lost|declined|slipped|slid)\b", "down"),
    ("M", r"\b(?:total )?returns?\b(?! of (?:volatility|risk))", "up"),
    ("T", r"\b(?:tops?|clears?|surpass(?:es)?|eclipses?|rises? past)\b(?=\s*\$?\d)", "up"),
    ("T", r"\b(?:cross(?:es)?|tests?)\b(?=\s*\$?\d)", "any"),
    ("B", r"\b(?:does|do|fares?|performs?) better than\b", None),
    ("L", r"\b(?:does|do|fares?|performs?) worse than\b", None),
    ("B", r"\b(?:outperform(?:s|ing)?|beats?|leads?|tops|outpaces?)\b", None),
    ("L", r"\b(?:underperform(?:s|ing)?|lags?|trails?)\b(?: behind)?", None),
    ("S", r"\b(?:stays?|remains?|holds?|keeps?|staying|remaining|holding)\b", None),
    ("T", r"\b(?:touch(?:es)?|breaks?(?! out)|hits?|reach(?:es)?|tags?|trades? at|prints?)\b",
     "any"),
    ("T", r"\b(?:reclaims?|(?:climb|rall(?:y|ie)|spike|rise|surge|jump|recover|go|"
          r"push)(?:e?s)? (?:back )?to)"
          r"\b", "up"),
    ("T", r"\b(?:drop|fall|slide|sink|dip|decline|tumble|go|"
          r"pull)(?:e?s)? (?:back )?(?:down )?to\b", "down"),
    ("T", r"\b(?:(?:drop|fall|slide|sink|dip|break|slip|decline|tumble|trade down|plunge|"
          r"collapse|wick|"
          r"crash)(?:e?s)?"
          r"(?: back)? (?:below|under|beneath|through))\b", "down"),
    ("T", r"\b(?:(?:climb|spike|rise|get|go|surge|jump|break|rall(?:y|ie)|move|push|"
          r"pop)(?:e?s)?(?: back)? (?:above|past|over(?=\s*\$?\d)(?!\s*[\d.,]+[\s-]?(?:%|per|pct|"
          r"bp|points|pts|pp|basis|h|d|w|trading|sessions?\b))))\b|"
          r"\b(?:breaks? out above|crosses above|crosses over)\b", "up"),
    ("T", r"\bcrosses below\b", "down"),
    ("V", r"\b(?:posts?|logs?|notch(?:es)?|books?|registers?|records?|sees?|scores?|suffers?|"
          r"takes?|has|"
          r"makes?|shows?|delivers?)\b(?=(?: at least| more than| over)? an? (?:[^\s,;]+ "
          r"){0,4}?(?:gain|loss|advance|decline|drop|rise|fall|rally|"
          r"increase|decrease|move)\b)", None),
    ("V", r"\b(?:edges?|ticks?|drifts?|trends?|turns?|leans?|grinds?|heads?|goes|go|inch"
          r"(?:es)?|moves?|push(?:es)?)\b"
          r"(?= (?:higher|lower|up|down)\b)", None),
    ("M", r"\b(?:rises?|gains?|rall(?:y|ies)|rebounds?|recovers?|soars?|pops?|climbs?|adds?|"
          r"jumps?|surges?|advances?|bounces?|strengthens?|firms?|appreciates?|increases?|"
          r"spikes?)\b",
     "up"),
    ("M", r"\b(?:falls?|loses?|drops?|plunges?|crash(?:es)?|retreats?|slips?|declines?|slides?|"
          r"sheds?|sinks?|tumbles?|dips?|loss|weakens?|softens?|depreciates?|decreases?|slumps?|"
          r"sells? off)\b", "down"),
    ("M", r"\b(?:moves?|changes?)\b", "any"),
    ("D", r"\b(?:higher|up|in the green|in (?:the )?(?:positive|green) territory|in the black|"
          r"to the upside|"
          r"positive|green|stronger|firmer)\b", ("up", None)),
    ("D", r"\b(?:lower|down|in the red|in (?:the )?(?:negative|red) territory|to the downside|"
          r"negative|red|weaker|softer)\b", ("down", None)),
    ("V", r"\b(?:clos(?:es?|ing)|ends?|finish(?:es|ing)?|settl(?:es?|ing)|trades?|ending|trading)\b"
          r"(?: (?:at(?! (?:or|least|most)\b)|the (?:day|session)))?", None),
    ("C", r"(?:\b(?:above|over|north of)\b|>)", ">"),
    ("C", r"(?:\b(?:below|under|beneath|south of)\b|<)", "<"),
    ("W", r"\b(?:with)?in(?: a)?(?: band| range)?(?: of)?(?=\s*(?:±|\+/-|[+-]?\$?[\d.]))", None),
    ("N", rf"(?<![\w.]){_N}{_U}", None),
    ("&", r"\b(?:and|but|while|whereas|plus|as well as)\b|[&/+]", None),
    ("c", r"\b(?:as|amid|amidst|because|since|on|despite|due|given|driven|after|following|thanks|"
          r"with|even|though|although|which|where|helped|supported|led|pressured)\b", None),
    ("t", r"\bat (?:some|any) (?:point|time|moment)(?: (?:in|over|during|within)(?= the| this)"
          r")?\b|\bintraday\b", None),
    ("_", r"\b(?:roughly|broadly|mostly|largely|about) (?=flat\b|unchanged\b)", None),
    ("_", r"\belevated(?= \(?above \$?\d)|(?<=[\dk] )support\b", None),
    ("_", r"\b(?:(?:is|are|looks?|appears?) )?(?:set|poised|on track|slated) to\b", None),
    ("_", r"\b(?:i'm|i am|we're|we are) (?:calling(?: for)?|expecting|forecasting|predicting)\b",
     None),
    ("v", r"~", None),
    ("v", r"\b(?:swings?|sentiment|breadth|elevated|momentum|deteriorat\w*|strength|weakness|"
          r"volatile|"
          r"choppy|stress(?:ed)?|improv\w*|stabili[sz]\w*|compressed|supportive|bullish|"
          r"bearish|risk[- ]o(?:n|ff)|"
          r"premium|premia|significantly|sharply|slightly|modestly|around|about|roughly|near|"
          r"nearly|"
          r"approximately|higher-for-longer|rotation|decoupl\w*)\b", None),
    ("h", r"\b(?:scratch|correction|retract\w*|disregard|cancel\w*|"
          r"doubt\w*|unlikely|hardly|barely|maybe|perhaps|might|could|(?<!by )(?<!in )may|"
          r"possibly|supposedly|"
          r"kidding|joking|"
          r"false|wrong|opposite|surprised?|nobody|no one|nothing)\b", None),
    ("o", r"\b(?:of|from)\b", None),
    ("y", r"\bby\b", None),
    (";", r"(?:,\s*)?\b(?:so|hence|therefore|thus)\b", None),
    ("_", r"\bu\.?s\.?(?= (?:dollar|10|treasur))", None),
    ("_", r"\b(?:look(?:ing|s)? for|in my view|base case|believe|anticipate|see|my|to be)\b", None),
    ("_", r"\b(?:on a relative basis|relative basis|will|would|should|is|are|be|been|the|an?|"
          r"its?|to|at|in|going|expected|expect|likely|probably|we'll see|we|i|our|that|both|each|"
          r"also|price|prices?|index|etf|shares?|stock|level|mark|handle|again|back|call|"
          r"prediction|"
          r"predict|think|it|they|this|there|all|has|have|for|market close|close|by a|"
          r"everything|yield|barrel|usd|dollars|spot|continue|continues)\b|'s\b|[\"“”*:]|"
          r"\bresolve[sd]?\b", None),
    (";", r"[;—|]|[-–](?=\s)|--|[.!?]+(?=\s|$)", None),
    (",", r"[,()]", None),
)  # fmt: skip
