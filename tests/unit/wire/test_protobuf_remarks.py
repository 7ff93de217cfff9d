"""What is said of a body, bounded."""

from beacon_audit.wire.places import Place, pointer_to
from beacon_audit.wire.protobuf_remarks import MOST_REMARKS, Remarks

UTF8 = "wire.protobuf-utf8"
UNKNOWN = "wire.protobuf-unknown-field"


def test_remark_is_kept_once_at_each_place_in_the_order_of_finding() -> None:
    remarks = Remarks()
    for code, name in ((UTF8, "b"), (UNKNOWN, "a"), (UTF8, "b"), (UTF8, "a")):
        remarks.add(code, (None, name))
    assert [(finding.code, finding.pointer) for finding in remarks.findings()] == [
        (UTF8, "/b"),
        (UNKNOWN, "/a"),
        (UTF8, "/a"),
    ]


def test_every_remark_counts_even_one_that_is_not_kept() -> None:
    remarks = Remarks()
    for _ in range(MOST_REMARKS + 7):
        remarks.add(UTF8, None)
    assert remarks.count == MOST_REMARKS + 7


def test_one_more_than_are_kept_covers_the_whole_body() -> None:
    remarks = Remarks()
    for index in range(MOST_REMARKS):
        remarks.add(UTF8, (None, index))
    assert len(remarks.findings()) == MOST_REMARKS
    remarks.add(UTF8, (None, MOST_REMARKS))
    assert (remarks.findings()[-1].code, remarks.findings()[-1].pointer) == (UTF8, "")
    assert len(remarks.findings()) == MOST_REMARKS + 1


def test_place_is_a_pointer_from_the_root() -> None:
    place: Place = ((None, "a"), 3)
    assert [pointer_to(each) for each in (None, (None, "a"), place, (place, "b~c/d"))] == [
        "",
        "/a",
        "/a/3",
        "/a/3/b~0c~1d",
    ]
