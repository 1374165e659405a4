"""The two indices of fear and greed, asked of a local server."""

import json

from tests.bench.coins import GOOD, brought, gaps, read, rows

PATHS = {
    "/fng/": GOOD["coins' mood"].body,
    "/index/fearandgreed/graphdata/2026-04-01": GOOD["shares' mood"].body,
}


def test_both_indices_come_through_the_client():
    """Coins' days as published, shares' finished days and the state of the minute."""
    found, asked = brought("fear_greed", PATHS, options={"cnn": "BASE"})
    assert rows(found) == {
        ("CRYPTO_FNG", "value", "04-03T00:00"): 11.0,
        ("CRYPTO_FNG", "value", "04-02T00:00"): 13.0,
        ("CNN_FNG", "value", "04-02T00:00"): 17.5,
        ("CNN_FNG", "value", "04-03T00:00"): 19.5,
        ("CNN_FNG", "value", "04-03T17:50"): 21.5,
    }
    assert set(found.observations["source"]) == {"fear_greed.alternative", "fear_greed.cnn"}
    assert found.gaps == ()
    assert asked[0] == "/fng/?format=json&limit=3"


def test_one_of_them_dark_leaves_the_other():
    """CNN refuses programs at times: coins' mood still comes, and the gap has its reason."""
    found, _ = brought("fear_greed", {"/fng/": PATHS["/fng/"]}, options={"cnn": "BASE"})
    assert len(found.observations) == 2
    assert ("CNN_FNG", "not_found") in gaps(found)


def test_a_day_that_starts_at_noon_is_said():
    """Only the newest entry may be of no midnight: a history in other times is not taken."""
    body = json.loads(json.dumps(GOOD["shares' mood"].body))
    body["fear_and_greed_historical"]["data"][0]["x"] += 43_200_000
    found = read(GOOD["shares' mood"].url, body)
    assert ("CNN_FNG", "off_grid") in gaps(found)
    assert len(found.observations) == 2
