"""The files of a policy are read once, and what was read is known by name and digest."""

import hashlib
import os
from pathlib import Path

import pytest

from beacon_audit.errors import PolicyError
from beacon_audit.policy import FileRead, PolicyFiles, load_policy


def test_every_file_that_a_policy_consists_of_is_named_with_the_digest_of_what_was_read(tmp_path: Path) -> None:
    texts = {
        "policy.yaml": "version: 1\nlangsmith_config: values.yaml\nupstream: {ca_file: gone.crt}\n",
        "values.yaml": "config: {}\n",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    files = PolicyFiles()
    with pytest.raises(PolicyError, match=r"upstream\.ca_file"):
        load_policy("policy.yaml", cwd=tmp_path, files=files)
    digests = {name: f"sha256:{hashlib.sha256(text.encode()).hexdigest()}" for name, text in texts.items()}
    assert files.read == [*(FileRead(name, digest) for name, digest in digests.items()), FileRead("gone.crt", None)]


def test_file_that_is_larger_than_any_policy_is_read_in_part_and_has_no_digest(tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(bytes(1_048_577))
    files = PolicyFiles()
    assert len(files.bytes_of(path)) == 1_048_577
    assert files.read == [FileRead("large", None)]


def test_pipe_that_nobody_writes_to_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    files = PolicyFiles(regular_only=True)
    with pytest.raises(OSError, match="not a regular file"):
        files.bytes_of(tmp_path / "pipe")
    assert files.read == [FileRead("pipe", None)]
