"""What the naming of a call promises."""

from pathlib import Path

import pytest

from errors import InputError
from transcripts.identify import call_id, call_id_of, file_hash


def test_a_call_is_its_bytes_whatever_the_file_is_called(tmp_path: Path) -> None:
    one, other, changed = tmp_path / "one.wav", tmp_path / "other.wav", tmp_path / "changed.wav"
    one.write_bytes(b"abc")
    other.write_bytes(b"abc")
    changed.write_bytes(b"abd")
    assert file_hash(one) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert call_id(one) == call_id(other) == call_id_of(file_hash(one)) == "ba7816bf8f01cfea"
    assert call_id(changed) != call_id(one)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.wav cannot be read: No such file"):
        file_hash(tmp_path / "gone.wav")
