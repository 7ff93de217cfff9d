"""Texts in groups, for searches that cost more to begin than to go on, over more text than should be held twice.

Takes texts; gives lists of them, in order, of at least one and of about ``GROUP`` characters. A longer text is alone.
"""

from collections.abc import Iterable, Iterator

#: Between texts of a group that are searched together: no text of a protocol holds it, and no pattern matches it.
SEPARATOR = "\x1e"
GROUP = 1 << 20


def text_groups(texts: Iterable[str]) -> Iterator[list[str]]:
    """``texts``, in order."""
    texts = list(texts)
    if sum(map(len, texts)) + len(texts) <= GROUP:
        if texts:
            yield texts
        return
    group: list[str] = []
    size = 0
    for text in texts:
        if group and size + len(text) > GROUP:
            yield group
            group, size = [], 0
        group.append(text)
        size += len(text) + 1
    if group:
        yield group
