"""A file is known by its own shape, never by its name; whatever it is, the answer is its conversations or a sentence."""

import gzip
import json
import shutil
from pathlib import Path

import pytest

from bench.fuzz_formats import fuzz
from errors import TranscriptError
from tests.build import a_transcript, a_turn
from tests.transcripts.formats.reading import EXAMPLES, read_text
from transcripts.formats import NAMES, files, is_transcript, ours, read_conversations, read_transcripts
from transcripts.formats.write import as_jsonl

READABLE = sorted(path for path in EXAMPLES.iterdir() if path.name != "vcon_recording.json")


@pytest.mark.parametrize("path", READABLE, ids=lambda path: path.name)
def test_the_name_of_a_file_does_not_matter(path: Path, tmp_path: Path) -> None:
    renamed = tmp_path / "recording.wav"
    shutil.copy(path, renamed)
    assert is_transcript(renamed)
    assert [t.content_hash for t in read_transcripts(renamed)] == [t.content_hash for t in read_transcripts(path)]


@pytest.mark.parametrize("path", READABLE, ids=lambda path: path.name)
def test_windows_files_and_packed_files_read_the_same(path: Path, tmp_path: Path) -> None:
    text = path.read_text()
    plain = [t.content_hash for t in read_transcripts(path)]
    for data in (text.replace("\n", "\r\n").encode("utf-8-sig"), text.encode("utf-16"), gzip.compress(text.encode())):
        other = tmp_path / "other"
        other.write_bytes(data)
        assert is_transcript(other)
        assert [t.content_hash for t in read_transcripts(other)] == plain


def test_our_own_lines_are_read_back_equal(tmp_path: Path) -> None:
    transcripts = [a_transcript(a_turn("agent", f"Hello {n}\u2028you", 0, 1), call_id=f"call-{n}") for n in range(3)]
    text = "\n".join(as_jsonl(transcript, "a.wav") for transcript in transcripts)
    assert [c.transcript for c in read_text(text, tmp_path)] == transcripts


def test_every_format_is_described_and_every_described_format_is_read() -> None:
    text = (Path(__file__).parents[3] / "docs" / "formats.md").read_text()
    headings = {line.removeprefix("## ") for line in text.splitlines() if line.startswith("## ")}
    assert set(NAMES) <= headings
    assert headings - set(NAMES) == {"What all of them share", "Written out"}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "the file is empty"),
        ("{", r"call\.txt: this is not JSON, from line 1, column 2 on"),
        ('{"a": 1}', "the shape of no transcript that is known"),
        ("[" * 100_000, "nested too deeply"),
        ('{"turns": [' + "9" * 5000 + "]}", "too many digits"),
        ('{"turns": 5}', "a list of `turns`"),
        ('{"results": {"channels": []}}', "nothing is said in this transcript"),
        ("Dear diary", "no transcript of a kind that is known"),
    ],
)
def test_what_is_no_transcript_gets_one_sentence_with_its_name(text: str, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(TranscriptError, match=sentence) as refused:
        read_text(text, tmp_path)
    assert str(refused.value).startswith(str(tmp_path / "call.txt"))


def test_a_file_that_is_too_large_is_refused_before_it_is_read_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MOST_BYTES", 1024**2)
    packed = tmp_path / "bomb.json"
    packed.write_bytes(gzip.compress(b'{"turns":' + b" " * 64 * 1024**2))
    for path in (packed, EXAMPLES / "messages.csv"):
        if path is packed:
            with pytest.raises(TranscriptError, match="larger than 1 MB"):
                read_conversations(path)
        else:
            assert read_conversations(path)


def test_more_values_than_a_conversation_can_have_are_refused_before_they_are_built(tmp_path: Path) -> None:
    path = tmp_path / "many.json"
    path.write_text("[" + "[]," * (files.MOST_VALUES // 2 + 1) + "[]]")
    with pytest.raises(TranscriptError, match="more than 5 million values"):
        read_conversations(path)


def test_a_missing_file_is_no_transcript_and_cannot_be_read(tmp_path: Path) -> None:
    assert not is_transcript(tmp_path / "none.json")
    with pytest.raises(TranscriptError, match=r"none\.json cannot be read"):
        read_conversations(tmp_path / "none.json")


def test_sound_is_no_transcript() -> None:
    assert not is_transcript(next((Path(__file__).parents[3] / "samples" / "calls").glob("*.ogg")))


@pytest.mark.parametrize(
    "broken",
    [
        {"duration_seconds": float("inf")},
        {"channels": 10**9},
        {"turns": [{"speaker": "agent", "start": 0, "end": 1e30, "text": "x"}]},
    ],
)
def test_our_own_shape_is_checked_like_any_other(broken: dict[str, object], tmp_path: Path) -> None:
    whole = {"turns": [{"speaker": "agent", "start": 0, "end": 1, "text": "x"}], "channels": 1, **broken}
    assert ours.recognises(whole)
    with pytest.raises(TranscriptError, match=r"call\.txt: "):
        read_text(json.dumps(whole), tmp_path)


def test_every_reader_ends_in_a_transcript_or_in_one_sentence() -> None:
    result = fuzz(sorted(EXAMPLES.iterdir()), files=60, seed=7)
    assert result["wrong"] == []
    assert sum(of["read"] for of in result["examples"].values()) > 100
    assert all(of["refused"] for of in result["examples"].values())
