"""Groups of texts: everything once, in order, and none larger than it has to be."""

import pytest

from beacon_audit.model.text_groups import GROUP, text_groups


@pytest.mark.parametrize(
    "sizes",
    [[], [0], [1, 2, 3], [GROUP], [GROUP + 5], [GROUP, 1, GROUP], [1, GROUP * 3, 1], [GROUP // 4] * 9, [0] * 10],
)
def test_every_text_is_in_one_group_in_order(sizes: list[int]) -> None:
    texts = ["x" * size for size in sizes]
    groups = list(text_groups(texts))
    assert [text for group in groups for text in group] == texts
    assert all(groups)
    assert all(len(group) == 1 or sum(map(len, group)) <= GROUP for group in groups)


def test_many_empty_texts_are_more_than_one_group() -> None:
    assert len(list(text_groups([""] * (2 * GROUP)))) == 2
