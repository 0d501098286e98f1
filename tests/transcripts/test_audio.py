"""What the reading of sound promises."""

import os
import re
from pathlib import Path

import av
import numpy as np
import pytest

from errors import RecordingError
from tests.transcripts.sound import CALL, RATE, Samples, the_call, tone, write_sound
from transcripts.audio import decode_channels, open_recording, read_blocks


@pytest.mark.parametrize(
    ("name", "codec", "rate"),
    [
        ("call.wav", "pcm_s16le", 8_000),
        ("call.wav", "pcm_mulaw", 8_000),
        ("call.wav", "pcm_alaw", 8_000),
        ("call.wav", "pcm_u8", 8_000),
        ("call.mp3", "libmp3lame", 16_000),
        ("call.flac", "flac", 44_100),
        ("call.ogg", "libopus", 16_000),
        ("call.m4a", "aac", 22_050),
        ("call.wma", "wmav2", 16_000),
        ("call.webm", "libopus", 48_000),
    ],
)
def test_any_common_file_gives_the_sound_that_was_put_in(tmp_path: Path, name: str, codec: str, rate: int) -> None:
    low, high = tone(2.0, 300), tone(2.0, 700)
    channels = decode_channels(write_sound(tmp_path / name, np.concatenate([low, high]), codec, rate))
    assert len(channels) == 2
    for channel, hertz in zip(channels, (300, 700), strict=True):
        assert channel.dtype == np.float32
        assert len(channel) / RATE == pytest.approx(2.0, abs=0.15)
        loudest = np.argmax(np.abs(np.fft.rfft(channel[: 2 * RATE - 3200]))) * RATE / (2 * RATE - 3200)
        assert loudest == pytest.approx(hertz, abs=3)


def test_one_channel_is_a_list_of_one(tmp_path: Path) -> None:
    assert len(decode_channels(write_sound(tmp_path / "mono.wav", tone(1.0)))) == 1


@pytest.mark.parametrize("codec", ["pcm_s16le", "libmp3lame"])
def test_the_same_sound_on_both_channels_is_one_channel(tmp_path: Path, codec: str) -> None:
    mixed = the_call().mean(axis=0)
    quieter_copy = np.stack([mixed, 0.4 * mixed])
    name = "copied.wav" if codec == "pcm_s16le" else "copied.mp3"
    assert len(decode_channels(write_sound(tmp_path / name, quieter_copy, codec))) == 1


@pytest.mark.parametrize("silent", [0, 1])
def test_a_channel_without_any_sound_does_not_count(tmp_path: Path, silent: int) -> None:
    sound = np.stack([the_call().mean(axis=0)] * 2)
    sound[silent] = 0
    (channel,) = decode_channels(write_sound(tmp_path / "half.wav", sound))
    assert np.abs(channel).max() > 0.1


def test_two_sides_stay_two_channels_even_where_one_bleeds_into_the_other(tmp_path: Path) -> None:
    agent, customer = the_call()
    bled = np.stack([agent + 0.1 * customer, customer + 0.1 * agent])
    assert len(decode_channels(write_sound(tmp_path / "bled.wav", bled))) == 2


def test_of_many_channels_the_first_two_with_sound_of_their_own_are_kept(tmp_path: Path) -> None:
    agent, customer = the_call()
    recording = open_recording(write_sound(tmp_path / "four.wav", np.stack([0 * agent, agent, 0.5 * agent, customer])))
    assert (recording.channels, recording.channels_in_file) == ((1, 3), 4)


def test_blocks_add_up_to_the_whole(tmp_path: Path) -> None:
    recording = open_recording(write_sound(tmp_path / "call.wav", the_call()))
    blocks = list(read_blocks(recording, RATE, block_seconds=0.7))
    assert {block.shape[1] for block in blocks[:-1]} == {round(0.7 * RATE)}
    whole = np.stack(decode_channels(recording.path))
    np.testing.assert_array_equal(np.concatenate(blocks, axis=1), whole)


def _text(path: Path) -> None:
    path.write_text("Dear diary, this was never a recording.\n" * 50)


def _empty(path: Path) -> None:
    path.touch()


def _noise(path: Path) -> None:
    path.write_bytes(np.random.default_rng(1).bytes(5_000))


def _header_only(path: Path) -> None:
    write_sound(path, tone(1.0))
    data = path.read_bytes()
    path.write_bytes(data[: data.index(b"data") + 8])


def _unknown_codec(path: Path) -> None:
    write_sound(path, tone(1.0))
    data = bytearray(path.read_bytes())
    data[20:22] = b"\x99\x99"  # the format's number in the header of a wav
    path.write_bytes(data)


def _index_missing(path: Path) -> None:
    whole = path.with_suffix(".m4a")
    write_sound(whole, tone(3.0), "aac")
    path.write_bytes(whole.read_bytes()[:4_000])


def _pictures_only(path: Path) -> None:
    with av.open(str(path), "w", format="avi") as container:
        stream = container.add_stream("mjpeg", rate=5)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuvj420p"
        frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _playlist(path: Path) -> None:
    segment = write_sound(path.with_name("segment.wav"), tone(1.0))
    path.write_text(f"#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{segment}\n#EXT-X-ENDLIST\n")


def _folder(path: Path) -> None:
    path.mkdir()


def _missing(path: Path) -> None:
    pass


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (_text, "call.wav holds text, not sound"),
        (_empty, "call.wav is empty"),
        (_noise, "call.wav is not a recording that can be read"),
        (_header_only, "call.wav is cut off, damaged or of a kind that is not known"),
        (_unknown_codec, "call.wav is cut off, damaged or of a kind that is not known"),
        (_index_missing, "call.wav is not a recording that can be read: it is damaged, cut off"),
        (_pictures_only, "call.wav has no sound in it"),
        (_playlist, "call.wav (holds text|is a playlist)"),
        (_folder, "call.wav is a folder"),
        (_missing, "call.wav is not there"),
    ],
)
def test_each_bad_file_gets_its_own_sentence(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], make: object, sentence: str
) -> None:
    path = tmp_path / "call.wav"
    assert callable(make)
    make(path)
    with pytest.raises(RecordingError) as refused:
        decode_channels(path)
    message = str(refused.value)
    assert re.search(sentence, message)
    assert "\n" not in message
    assert capfd.readouterr() == ("", ""), "libav talks to nobody but us"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_that_may_not_be_read_says_so(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "locked.wav", tone(1.0))
    path.chmod(0)
    with pytest.raises(RecordingError, match=r"locked\.wav may not be read"):
        decode_channels(path)


@pytest.mark.parametrize("name", ["cut.wav", "cut.mp3", "cut.ogg"])
def test_of_a_file_that_was_cut_off_what_is_there_is_kept(tmp_path: Path, name: str) -> None:
    codec = {"cut.wav": "pcm_s16le", "cut.mp3": "libmp3lame", "cut.ogg": "libopus"}[name]
    path = write_sound(tmp_path / name, tone(20.0), codec)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    (channel,) = decode_channels(path)
    assert 5 < len(channel) / RATE < 15


def test_a_damaged_stretch_in_the_middle_costs_only_that_stretch(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "hurt.mp3", tone(20.0), "libmp3lame")
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 400] = bytes(400)
    path.write_bytes(data)
    (channel,) = decode_channels(path)
    assert 18 < len(channel) / RATE < 21


def test_a_name_with_a_colon_is_a_name(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "10.wav", tone(1.0)).rename(tmp_path / "http:10.wav")
    assert len(decode_channels(path)) == 1


def test_the_clip_of_these_tests_has_two_sides() -> None:
    sides: Samples = the_call()
    assert sides.shape[0] == 2, CALL
    assert sides.shape[1] / RATE == pytest.approx(29.4, abs=0.2)
