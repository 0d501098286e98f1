"""What may stand in the list of calls, and what is said where it does not fit."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from errors import MetadataError
from pipeline.metadata import Listed, read_metadata


def write(folder: Path, text: str) -> Path:
    path = folder / "calls.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_known_columns_are_understood_and_unknown_ones_kept(tmp_path: Path) -> None:
    listed = read_metadata(
        write(
            tmp_path,
            "file,agent,team,customer,started_at,direction,queue,scorecards,case\n"
            "a/one.wav,Mina Okafor,Billing,C-1,2026-03-31T14:05:00+02:00,Inbound,bills,empathy;collections,77\n",
        )
    )
    facts = listed.of(tmp_path / "a" / "one.wav")
    assert facts == Listed(
        "Mina Okafor", "Billing", "C-1", datetime(2026, 3, 31, 12, 5, tzinfo=UTC), "inbound", "bills",
        ("empathy", "collections"), {"case": "77"},
    )  # fmt: skip


def test_a_file_is_found_by_its_bare_name_and_an_unlisted_one_has_no_facts(tmp_path: Path) -> None:
    listed = read_metadata(write(tmp_path, "file,agent\none.wav,Mina Okafor\n"))
    assert listed.of(Path("elsewhere/one.wav")).agent == "Mina Okafor"
    assert listed.of(Path("elsewhere/two.wav")) == Listed()


def test_every_wrong_cell_is_named_with_its_line(tmp_path: Path) -> None:
    path = write(tmp_path, "file,started_at,direction\none.wav,yesterday,\ntwo.wav,,sideways\n,,\none.wav,,\n")
    with pytest.raises(MetadataError) as wrong:
        read_metadata(path)
    lines = str(wrong.value).splitlines()
    assert [line.split(" line ")[1].split(":")[0] for line in lines] == ["2", "3", "4", "5"]
    assert "started_at" in lines[0]
    assert "direction" in lines[1]
    assert "twice" in lines[3]
    assert not [cell for cell in ("yesterday", "sideways", "one.wav") if cell in str(wrong.value)]  # it is logged


def test_a_list_without_a_file_column_or_that_is_no_text_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(MetadataError, match="has to be `file`") as without:
        read_metadata(write(tmp_path, "one.wav,Vera Lind\ntwo.wav,Otto Brandt\n"))
    assert "Vera" not in str(without.value)
    (tmp_path / "calls.csv").write_bytes(b"\xff\xfe\x00\x80")
    with pytest.raises(MetadataError, match="UTF-8"):
        read_metadata(tmp_path / "calls.csv")


def test_how_often_a_call_was_passed_on_is_a_number_or_yes_or_no(tmp_path: Path) -> None:
    listed = read_metadata(write(tmp_path, "file,transfers,transferred,reason\none.wav,2,,Billing\ntwo.wav,,no,\n"))
    assert listed.of(Path("one.wav")).extra["transfers"] == "2"
    with pytest.raises(MetadataError, match="transfers cannot be read; write how often the call was passed on"):
        read_metadata(write(tmp_path, "file,transfers\none.wav,often\n"))
