"""Ids sort by time and times are UTC."""

import re
import time

from beacon_audit.proxy.identity import new_id, now


def test_ids_are_lower_case_ulids_that_sort_by_time() -> None:
    first = new_id()
    time.sleep(0.002)
    second = new_id()
    assert re.fullmatch(r"[0-9a-hjkmnp-tv-z]{26}", first)
    assert first < second


def test_a_time_is_utc_with_milliseconds() -> None:
    assert re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z", now())
