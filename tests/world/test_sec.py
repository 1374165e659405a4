"""SEC filings: whose clock, which item, which trade; and a pull from end to end."""

import datetime as dt
import json

import pytest

from tests.bench.pulled import pulled, request
from tests.bench.served import Reply, by_path
from workbench.domain.errors import FeedDark
from workbench.world.feeds import form4, sec, sec_filings, sec_items, sec_lists
from workbench.world.feeds.sec_clock import accepted
from workbench.world.feeds.sec_filings import split

UTC = dt.UTC
FORM4 = b"""<?xml version="1.0"?>
<ownershipDocument>
  <documentType>4</documentType>
  <issuer><issuerCik>0001318605</issuerCik><issuerName>Tesla, Inc.</issuerName>
    <issuerTradingSymbol>TSLA</issuerTradingSymbol></issuer>
  <reportingOwner>
    <reportingOwnerId><rptOwnerName>Doe Jane</rptOwnerName></reportingOwnerId>
    <reportingOwnerRelationship><isDirector>1</isDirector><isOfficer>true</isOfficer>
      <isTenPercentOwner>0</isTenPercentOwner><officerTitle>Chief Financial Officer</officerTitle>
    </reportingOwnerRelationship>
  </reportingOwner>
  <nonDerivativeTable>
    <nonDerivativeTransaction>
      <securityTitle><value>Common Stock</value></securityTitle>
      <transactionDate><value>2026-01-08</value></transactionDate>
      <transactionCoding><transactionCode>S</transactionCode></transactionCoding>
      <transactionAmounts><transactionShares><value>2000</value></transactionShares>
        <transactionPricePerShare><value>430.5</value></transactionPricePerShare>
        <transactionAcquiredDisposedCode><value>D</value></transactionAcquiredDisposedCode>
      </transactionAmounts>
    </nonDerivativeTransaction>
    <nonDerivativeTransaction>
      <securityTitle><value>Common Stock</value></securityTitle>
      <transactionDate><value>2026-01-08</value></transactionDate>
      <transactionCoding><transactionCode>M</transactionCode></transactionCoding>
      <transactionAmounts><transactionShares><value>500</value></transactionShares>
        <transactionPricePerShare><footnoteId id="F1"/></transactionPricePerShare>
        <transactionAcquiredDisposedCode><value>A</value></transactionAcquiredDisposedCode>
      </transactionAmounts>
    </nonDerivativeTransaction>
  </nonDerivativeTable>
</ownershipDocument>"""
EIGHT_K = """<?xml version='1.0' encoding='ASCII'?><html><head><title>x</title></head><body>
<ix:header><ix:nonNumeric name="dei:EntityRegistrantName">Tesla, Inc.</ix:nonNumeric></ix:header>
<div>Date of Report: January 28, 2026</div>
<div>Item&#160;2.02 Results of Operations and Financial Condition.</div>
<p>On January 28, 2026, Tesla released its results, see Item 9.01 below.</p>
<p>Item 2.02 of this report shall not be deemed filed.</p>
<table><tr><td>Item 9.01</td><td>Financial Statements and Exhibits.</td></tr></table>
<p>(d) Exhibits: 99.1</p><p>SIGNATURE</p><p>Signed by somebody</p></body></html>"""
INDEX = """<html><body><div id="formName"><strong>Form 8-K</strong> - Current report:</div>
<div id="secNum">SEC Accession No. 0001628280-26-000016</div>
<div class="infoHead">Filing Date</div><div class="info">2026-01-02</div>
<div class="infoHead">Accepted</div><div class="info">2026-01-02 09:20:13</div></body></html>"""


def listing(**changes: object) -> dict[str, object]:
    recent: dict[str, object] = {
        "accessionNumber": ["0001628280-26-003837", "0001972928-26-000001", "0001628280-26-000016"],
        "filingDate": ["2026-01-28", "2026-01-12", "2026-01-02"],
        "reportDate": ["2026-01-28", "2026-01-08", ""],
        "acceptanceDateTime": [
            "2026-01-28T21:11:04.000Z", "2026-01-13T00:04:08.000Z", "2026-01-02T14:20:13.000Z",
        ],
        "form": ["8-K", "4", "8-K"],
        "items": ["2.02,9.01", "", "2.02,9.01"],
        "primaryDocument": ["tsla-20260128.htm", "xslF345X05/form4.xml", "tsla-20260102.htm"],
    }  # fmt: skip
    recent |= changes
    return {
        "cik": "1318605", "name": "Tesla, Inc.", "tickers": ["TSLA"],
        "filings": {"recent": recent, "files": []},
    }  # fmt: skip


def body(**changes: object) -> bytes:
    return json.dumps(listing(**changes)).encode()


TICKERS = b'{"0":{"cik_str":1318605,"ticker":"TSLA","title":"Tesla, Inc."}}'
HTML = {"Content-Type": "text/html"}
FOLDER = "/Archives/edgar/data/1318605"
ROUTES = {
    "/files/company_tickers.json": Reply(body=TICKERS),
    "/submissions/CIK0001318605.json": Reply(body=body()),
    f"{FOLDER}/000162828026003837/tsla": Reply(body=EIGHT_K.encode(), headers=HTML),
    f"{FOLDER}/000162828026000016/tsla": Reply(body=EIGHT_K.encode(), headers=HTML),
    f"{FOLDER}/000162828026000016/0001628280-26-000016-index.htm": Reply(
        body=INDEX.encode(), headers=HTML
    ),
    f"{FOLDER}/000197292826000001/form4.xml": Reply(
        body=FORM4, headers={"Content-Type": "text/xml"}
    ),
}


@pytest.fixture(autouse=True)
def contact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_CONTACT", "Jane Doe jane@example.org")


@pytest.mark.parametrize(
    ("text", "form", "filed", "clock", "utc"),
    [
        # After midnight in UTC is the evening in New York; by its own clock EDGAR is closed.
        ("2026-01-13T00:04:08.000Z", "4", "2026-01-12", "UTC", "2026-01-13T00:04:08"),
        # 21:11 in New York would be dated the next day.
        ("2026-01-28T21:11:04.000Z", "8-K", "2026-01-28", "UTC", "2026-01-28T21:11:04"),
        # 07:30 read as UTC is before EDGAR opens.
        ("2025-04-30T07:30:32.000Z", "8-K", "2025-04-30", "New York", "2025-04-30T11:30:32"),
        # NVDA's results came at 16:31 in New York: nothing but its index page tells.
        ("2026-02-25T16:31:25.000Z", "8-K", "2026-02-25", "unclear", "2026-02-25T21:31:25"),
    ],
)
def test_a_filing_is_never_known_too_early(text: str, form: str, filed: str, clock: str, utc: str):
    """A false Z is found where EDGAR's hours tell, and costs lateness, never foresight."""
    found = accepted(text, form, dt.date.fromisoformat(filed))
    assert found is not None
    assert (found[0].isoformat()[:19], found[1]) == (utc, clock)


@pytest.mark.parametrize(
    "text", ["", "2026-01-28", "2026-01-28T21:11:04", "soon", "9999-12-31T23:59:59Z"]
)
def test_what_is_no_time_is_none(text: str):
    """A time without zone, or out of range, dates nothing."""
    assert accepted(text) is None


def test_items_do_not_hold_each_other():
    """Each item's text runs to the next heading or the signatures; a mention is no heading."""
    found = split(EIGHT_K.encode(), ("2.02", "9.01"))
    assert found.texts == {
        "2.02": "Results of Operations and Financial Condition.\n"
        "On January 28, 2026, Tesla released its results, see Item 9.01 below.\n"
        "Item 2.02 of this report shall not be deemed filed.",
        "9.01": "Financial Statements and Exhibits.\n(d) Exhibits: 99.1",
    }
    assert found.cut == ()
    assert found.named["EntityRegistrantName"] == "Tesla, Inc."


@pytest.mark.parametrize(
    ("head", "numbers"),
    [
        ("<p>ITEM 5.02 Departure of Directors</p>", ["5.02"]),
        ("<p>Items 2.02 and 9.01. Results; Exhibits</p>", ["2.02", "9.01"]),
        ("<div>Item</div><div>8.01</div><div>Other Events</div>", ["8.01"]),
        ("<p>Item 7.01: Regulation FD Disclosure</p>", ["7.01"]),
        ("<p>Item\n 1.01.\n Entry into an agreement</p>", ["1.01"]),
    ],
)
def test_headings_are_found_as_they_are_written(head: str, numbers: list[str]):
    """Capitals, several numbers, split cells and line breaks are all headings."""
    assert list(split(f"<html><body>{head}<p>Text.</p></body></html>".encode()).texts) == numbers


@pytest.mark.parametrize(
    "mention",
    ["Item 9.01 of this report", "Item 9.01, as filed", "Item 9.01 is furnished", "see Item 9.01"],
)
def test_a_mention_is_no_heading(mention: str):
    """A paragraph that opens with the number of another item stays in its own."""
    page = f"<p>Item 8.01</p><p>In March it closed.</p><p>{mention} here.</p><p>Signatures</p>"
    assert split(page.encode()).texts == {"8.01": f"In March it closed.\n{mention} here."}


FULL = f"""<SEC-DOCUMENT>0001628280-26-003837.txt : 20260128
<SEC-HEADER>0001628280-26-003837.hdr.sgml : 20260128
<ACCEPTANCE-DATETIME>20260128161104
ACCESSION NUMBER:\t\t0001628280-26-003837
CONFORMED SUBMISSION TYPE:\t8-K
CONFORMED PERIOD OF REPORT:\t20260128
ITEM INFORMATION:\t\tResults of Operations and Financial Condition
\t\tCOMPANY CONFORMED NAME:\t\t\tTesla, Inc.
\t\tCENTRAL INDEX KEY:\t\t\t0001318605
</SEC-HEADER>
<DOCUMENT>
<TYPE>8-K
<TEXT>
{EIGHT_K}
</TEXT>
</DOCUMENT>
<DOCUMENT><TYPE>EX-99.1<TEXT><p>Item 8.01 of an exhibit</p></TEXT></DOCUMENT>
"""


def test_a_full_submission():
    """Its header has New York's clock; of its documents the first is the filing."""
    address = "https://www.sec.gov/Archives/edgar/data/1318605/0001628280-26-003837.txt"
    asked = request({"sec:TSLA": "1318605"})
    (row,) = sec_items.whole(FULL.encode(), asked, address).items.to_dict("records")
    assert row["title"] == "8-K: Tesla, Inc. reports results (items 2.02, 9.01)"
    assert row["known_at"] == dt.datetime(2026, 1, 28, 21, 11, 4, tzinfo=UTC)
    assert list(json.loads(row["detail"])["texts"]) == ["2.02", "9.01"]
    four = FULL.replace("TYPE:\t8-K", "TYPE:\t4").replace(EIGHT_K, f"<XML>{FORM4.decode()}</XML>")
    (row,) = sec_items.whole(four.encode(), asked, address).items.to_dict("records")
    assert "sells 2,000 shares" in row["title"]
    with pytest.raises(FeedDark):
        sec_items.whole(b"<html>Blocked</html>", asked, address)


def test_an_answer_of_another_company_is_dark():
    """A list of a company that nobody asked for is not taken for the asked one's."""
    with pytest.raises(FeedDark) as dark:
        sec_items.listed(body(), request({"sec:NVDA": "NVDA"}), "https://e.org/x")
    assert dark.value.code == "other_company"


def test_filings_of_the_future_are_none_yet():
    """What is accepted after the moment of the pull is not delivered (S15)."""
    now = dt.datetime(2026, 1, 13, tzinfo=UTC)
    found = sec_items.listed(body(), request({"sec:TSLA": "TSLA"}, now), "https://e.org/x")
    assert list(found.items["key"]) == ["0001628280-26-000016"]


def test_a_heading_that_the_list_does_not_name_is_text():
    """Only items of the filing open a section, so a quotation in another cannot."""
    page = "<p>Item 8.01 Other Events</p><p>a</p><p>Item 2.02 Results of others</p><p>b</p>"
    assert split(page.encode(), ("8.01",)).texts == {
        "8.01": "Other Events\na\nItem 2.02 Results of others\nb"
    }


def test_a_huge_filing_is_cut():
    """Of 30 MB one is read and 4,000 characters an item are kept, and it says so (S42)."""
    found = split(b"<p>Item 8.01 Other Events</p><p>" + b"word " * 6_000_000)
    assert len(found.texts["8.01"]) == 4_000 + len(sec_filings.CUT)
    assert found.texts["8.01"].endswith("[cut]")
    assert found.cut == ("8.01",)


def test_deep_nesting_ends():
    """A document of 50,000 open tags is read or refused, never a crash."""
    assert split(b"<p>Item 8.01 Other Events</p>" + b"<div>" * 50_000 + b"x").texts


def test_a_form_of_an_insider():
    """Owner, role, code, shares, price, way and value are as the form states; blanks stay blank."""
    form = form4.ownership(FORM4)
    assert (form.ticker, form.owner) == ("TSLA", "Doe Jane")
    assert form.role == "director, Chief Financial Officer"
    sale, exercise = form.trades
    assert (sale.code, sale.acquired, sale.shares, sale.price, sale.value) == (
        "S",
        False,
        2000,
        430.5,
        861_000,
    )
    assert exercise.price != exercise.price  # nothing stated is no 0
    assert form4.summary(form)["transactions"][1]["value"] is None  # type: ignore[index]
    assert form4.headline(form) == (
        "Tesla, Inc.: Doe Jane (director, Chief Financial Officer) sells 2,000 shares for "
        "861,000 USD, and 1 more transaction"
    )


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b"ownershipDocument>", b"html>", "wrong_type"),
        (b"<issuerCik>0001318605</issuerCik>", b"", "no_field"),
        (b"</ownershipDocument>", b"", "not_xml"),
        (b"<ownershipDocument>", b'<!DOCTYPE a [<!ENTITY b "c">]><ownershipDocument>', "not_xml"),
    ],
)
def test_a_form_that_is_none(old: bytes, new: bytes, code: str):
    """What is no ownership document is refused with its reason."""
    with pytest.raises(FeedDark) as dark:
        form4.ownership(FORM4.replace(old, new))
    assert dark.value.code == code


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b">2000<", b">2,000<"),
        (b">430.5<", b">EUR 430.5<"),
        (b">S<", b">?<"),
        (b">D<", b">X<"),
        (b">2000<", b">-2000<"),
    ],
)
def test_a_line_that_cannot_be_read_is_no_trade(old: bytes, new: bytes):
    """A figure in another form or a code nobody knows takes its line away, counted."""
    form = form4.ownership(FORM4.replace(old, new))
    assert (len(form.trades), form.lost) == (1, 1)


LIST_FAULTS = {
    "no accessions": ({"accessionNumber": None}, "no_field"),
    "renamed times": ({"acceptanceDateTime": None, "acceptedAt": []}, "no_field"),
    "unequal": ({"form": ["8-K"]}, "unequal_columns"),
    "all rows wrong": ({"acceptanceDateTime": [1, None, "soon"]}, "wrong_type"),
    "text for a list": ({"form": "8-K"}, "no_field"),
}


@pytest.mark.parametrize("fault", LIST_FAULTS)
def test_a_list_that_does_not_fit_is_dark(fault: str):
    """Without its columns, or with columns that do not belong together, nothing is believed."""
    changes, code = LIST_FAULTS[fault]
    with pytest.raises(FeedDark) as dark:
        sec_lists.submissions(body(**changes))
    assert dark.value.code == code


def test_parts_of_a_list_that_fail_are_gaps():
    """A bad line and a missing minor column cost themselves and nothing else."""
    found = sec_lists.submissions(
        body(
            items=None,
            acceptanceDateTime=["2026-01-28T21:11:04.000Z", 7, "2026-01-02T14:20:13.000Z"],
        )
    )
    assert len(found.filings) == 2
    assert [one.code for one in found.gaps] == ["no_field", "bad_row"]


def test_an_empty_list_is_no_data():
    """An empty list says nothing about whether there are filings (S41)."""
    empty: list[str] = []
    names = (
        "accessionNumber",
        "filingDate",
        "reportDate",
        "acceptanceDateTime",
        "form",
        "items",
        "primaryDocument",
    )
    found = sec_lists.submissions(body(**dict.fromkeys(names, empty)))
    assert [one.code for one in found.gaps] == ["no_data"]


@pytest.mark.parametrize("text", ["1318605", "0001318605", "CIK0001318605", " 1318605 "])
def test_numbers_have_ten_digits(text: str):
    """However a company's number is written, EDGAR is asked with ten digits (S43)."""
    assert sec_lists.cik10(text) == "0001318605"


def test_a_pull_end_to_end():
    """Lists, documents, forms and unclear clocks become items; User-Agent says who asks."""
    found, server = pulled(sec.fetch, request({"sec:TSLA": "sec:TSLA"}), by_path(ROUTES))
    assert found.gaps == ()
    titles = dict(zip(found.items["key"], found.items["title"], strict=True))
    assert titles == {
        "0001628280-26-003837": "8-K: Tesla, Inc. reports results (items 2.02, 9.01)",
        "0001972928-26-000001": "4: Tesla, Inc.: Doe Jane (director, Chief Financial Officer) "
        "sells 2,000 shares for 861,000 USD, and 1 more transaction",
        "0001628280-26-000016": "8-K: Tesla, Inc. reports results (items 2.02, 9.01)",
    }
    known = dict(zip(found.items["key"], found.items["known_at"], strict=True))
    # 09:20:13 in New York, as the index page says: the list's Z was true.
    assert known["0001628280-26-000016"] == dt.datetime(2026, 1, 2, 14, 20, 13, tzinfo=UTC)
    detail = json.loads(found.items["detail"].iloc[0])
    assert detail["texts"]["9.01"].startswith("Financial Statements")
    assert set(found.items["basis"]) == {"stated"}
    assert all(sent["user-agent"] == "workbench Jane Doe jane@example.org" for sent in server.sent)
    # An unclear clock alone costs a request more.
    assert sum("index" in path for _, path in server.asked) == 1


def test_what_fails_is_a_gap_and_the_rest_is_delivered():
    """A document that is missing, a ticker that nobody has: each is said (S24)."""
    routes = {path: reply for path, reply in ROUTES.items() if "tsla" not in path}
    asked = request({"sec:TSLA": "TSLA", "sec:FB": "FB"})
    found, _ = pulled(sec.fetch, asked, by_path(routes))
    assert len(found.items) == 3
    codes = [(one.series, one.code) for one in found.gaps]
    assert codes == [("sec:TSLA", "not_found"), ("sec:TSLA", "not_found"), ("sec:FB", "not_found")]
    assert "renamed or delisted" in found.gaps[2].reason


def test_a_company_that_trades_under_another_name_is_said():
    """A number that is pinned goes on under its id, and the new ticker is named (S25)."""
    found, _ = pulled(sec.fetch, request({"sec:TSLQ": "1318605"}, texts="no"), by_path(ROUTES))
    assert [one.code for one in found.gaps] == ["renamed"]
    assert len(found.items) == 3


def test_without_a_contact_nothing_is_asked(monkeypatch: pytest.MonkeyPatch):
    """The SEC wants to know who asks, so nobody asks it unnamed."""
    monkeypatch.delenv("WORKBENCH_CONTACT")
    with pytest.raises(FeedDark) as dark:
        pulled(sec.fetch, request({"sec:TSLA": "TSLA"}), by_path(ROUTES))
    assert dark.value.code == "no_key"


@pytest.mark.parametrize(
    ("status", "code"), [(403, "denied"), (404, "not_found"), (503, "unavailable")]
)
def test_a_refusal_is_dark(status: int, code: str):
    """403, 404 and 503, with the bodies that the SEC sends, are reasons and no data."""
    page = b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>'
    refusal = Reply(body=page, status=status, headers={"Content-Type": "application/xml"})
    with pytest.raises(FeedDark) as dark:
        pulled(sec.fetch, request({"sec:TSLA": "1318605"}), lambda *_: refusal)
    assert dark.value.code == code
