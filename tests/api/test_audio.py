"""A recording is heard by whoever may hear it, from any place in it, in a form that browsers play."""

import errno
import os
import secrets
import shutil
import wave
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from starlette.testclient import TestClient

import api.audio
from api.audio import playable
from errors import RecordingError, Unavailable
from pipeline import bounded
from settings import settings
from storage.sealed import seal_again, sealed_with
from storage.store import Folder, KeptFile, recording_file
from tests.dashboard.centre import Centre
from transcripts.playing import convert_to_wav, form_of

SignIn = Callable[[str], TestClient]


def write_mu_law(path: Path, seconds: int = 2) -> None:
    """A two-channel telephone recording in mu-law."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_mulaw", rate=8000, layout="stereo")
        tone = (8000 * np.sin(np.arange(8000 * seconds) * 0.3)).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(np.stack([tone, np.zeros_like(tone)], axis=1).reshape(1, -1), "s16", "stereo")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def test_an_agent_hears_their_own_call(sign_in: SignIn, centre: Centre) -> None:
    answer = sign_in("nadia").get(f"/audio/{centre.calls['Nadia Osei'][0]}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "audio/wav"
    assert answer.headers["cache-control"] == "private, no-store"


def test_another_agents_call_does_not_exist(sign_in: SignIn, centre: Centre) -> None:
    client = sign_in("nadia")
    others = client.get(f"/audio/{centre.calls['Lena Fox'][0]}")
    invented = client.get("/audio/0000000000000000")
    assert others.status_code == invented.status_code == 404
    assert others.text == invented.text


def test_a_coach_hears_their_teams_and_no_other(sign_in: SignIn, centre: Centre) -> None:
    client = sign_in("coach")
    assert client.get(f"/audio/{centre.calls['Tom Reed'][0]}").status_code == 200
    assert client.get(f"/audio/{centre.calls['Sam Ito'][0]}").status_code == 404


def test_nobody_hears_anything_unsigned(client: TestClient, centre: Centre) -> None:
    assert client.get(f"/audio/{centre.calls['Nadia Osei'][0]}").status_code == 401


def test_a_piece_is_given_by_its_bytes(sign_in: SignIn, centre: Centre) -> None:
    client = sign_in("reviewer")
    address = f"/audio/{centre.calls['Nadia Osei'][0]}"
    whole = client.get(address).content
    piece = client.get(address, headers={"Range": "bytes=1000-1999"})
    assert piece.status_code == 206
    assert piece.headers["content-range"] == f"bytes 1000-1999/{len(whole)}"
    assert piece.content == whole[1000:2000]


def test_a_piece_beyond_the_end_is_refused(sign_in: SignIn, centre: Centre) -> None:
    answer = sign_in("reviewer").get(f"/audio/{centre.calls['Nadia Osei'][0]}", headers={"Range": "bytes=99999999-"})
    assert answer.status_code == 416


def test_a_written_call_has_nothing_to_hear(sign_in: SignIn, centre: Centre) -> None:
    assert sign_in("reviewer").get(f"/audio/{centre.calls['Nadia Osei'][5]}").status_code == 404


def test_mu_law_becomes_wav_with_both_channels(tmp_path: Path) -> None:
    write_mu_law(tmp_path / "call.wav")
    converted, media_type = playable(KeptFile(Folder(tmp_path), "call.wav"), tmp_path / "playable")
    assert media_type == "audio/wav"
    with wave.open(str(converted.plain_path())) as wav:
        assert (wav.getnchannels(), wav.getsampwidth(), wav.getframerate(), wav.getnframes()) == (2, 2, 8000, 16000)
        heard = np.frombuffer(wav.readframes(16000), np.int16).reshape(-1, 2)
    assert np.abs(heard[:, 0]).max() > 7000
    assert np.abs(heard[:, 1]).max() < 100


def test_no_decoder_runs_in_the_process_that_serves(
    sign_in: SignIn, centre: Centre, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_mu_law(tmp_path / "call.wav")
    monkeypatch.setattr(av, "open", lambda *anything, **more: pytest.fail("it was decoded here"))
    assert playable(KeptFile(Folder(tmp_path), "call.wav"), tmp_path / "playable")[1] == "audio/wav"
    client, call = sign_in("reviewer"), centre.calls["Nadia Osei"][0]
    assert client.get(f"/audio/{call}").status_code == client.get(f"/waveform/{call}").status_code == 200


def test_a_conversion_that_grows_too_long_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api.audio, "MOST_CONVERTED_BYTES", 30_000)  # it takes 64 kB
    write_mu_law(tmp_path / "call.wav")
    with pytest.raises(RecordingError, match=r"call\.wav cannot be written for playing: File too large"):
        playable(KeptFile(Folder(tmp_path), "call.wav"), tmp_path / "playable")
    assert list((tmp_path / "playable").iterdir()) == []


def test_a_conversion_is_made_once(tmp_path: Path) -> None:
    write_mu_law(tmp_path / "call.wav")
    first, _ = playable(KeptFile(Folder(tmp_path), "call.wav"), tmp_path / "playable")
    inode = (tmp_path / "playable" / first.name).stat().st_ino
    second, _ = playable(KeptFile(Folder(tmp_path), "call.wav"), tmp_path / "playable")
    assert (tmp_path / "playable" / second.name).stat().st_ino == inode


def test_old_conversions_make_room_for_new_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api.audio, "MOST_CONVERTED_BYTES", 70_000)  # one conversion takes 64 kB
    for name in ("first", "second"):
        write_mu_law(tmp_path / f"{name}.wav")
        playable(KeptFile(Folder(tmp_path), f"{name}.wav"), tmp_path / "playable")
    assert [path.name for path in (tmp_path / "playable").iterdir()] == ["second.wav"]


def test_what_is_no_recording_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "call.wav").write_text("not audio at all")
    with pytest.raises(RecordingError, match=r"call\.wav holds text, not sound"):
        playable(KeptFile(Folder(tmp_path), "call.wav"), tmp_path / "playable")


def test_many_at_once_have_the_same_recording_looked_at_and_converted_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_mu_law(tmp_path / "call.wav")
    asked = list[Callable[..., Any]]()

    def counted(task: Callable[..., Any], *paths: Path, **more: int) -> Any:
        asked.append(task)
        return bounded.run(task, *paths, **more)

    monkeypatch.setattr(api.audio, "run", counted)
    with ThreadPoolExecutor(6) as threads:
        kept = KeptFile(Folder(tmp_path), "call.wav")
        heard = list(threads.map(lambda _: playable(kept, tmp_path / "playable"), range(6)))
    assert len({one.name for one, _ in heard}) == 1
    assert asked == [form_of, convert_to_wav]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES])
@pytest.mark.parametrize("kind", ["audio", "waveform"])
def test_a_disk_that_is_full_or_may_only_be_read_is_a_sentence(
    sign_in: SignIn, centre: Centre, monkeypatch: pytest.MonkeyPatch, kind: str, number: int
) -> None:
    def full(*anything: object, **more: object) -> None:
        raise OSError(number, os.strerror(number))

    client = sign_in("reviewer")
    shutil.rmtree(centre.home / "waveforms", ignore_errors=True)
    monkeypatch.setattr(api.audio, "_media_type" if kind == "audio" else "write_kept", full)
    answer = client.get(f"/{kind}/{centre.calls['Nadia Osei'][0]}")
    assert (answer.status_code, answer.text) == (503, "The recording cannot be read; Attune's log says why.")


def test_a_conversion_that_finds_no_room_is_not_the_recordings_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_mu_law(tmp_path / "call.wav")

    def full(*anything: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(wave.Wave_write, "writeframesraw", full)
    with pytest.raises(Unavailable, match="No space left on device"):
        convert_to_wav(tmp_path / "call.wav", tmp_path / "out.wav")


def test_whoever_hears_a_call_sees_its_waveform_and_nobody_else_does(sign_in: SignIn, centre: Centre) -> None:
    client = sign_in("nadia")
    answer = client.get(f"/waveform/{centre.calls['Nadia Osei'][0]}")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "private, no-store"
    assert len(answer.json()["channels"]) == 2
    others = client.get(f"/waveform/{centre.calls['Lena Fox'][0]}")
    assert (others.status_code, others.text) == (404, client.get("/waveform/0000000000000000").text)


def test_a_written_conversation_has_no_waveform(sign_in: SignIn, centre: Centre) -> None:
    assert sign_in("nadia").get(f"/waveform/{centre.calls['Nadia Osei'][5]}").status_code == 404


def test_nobody_sees_a_waveform_unsigned(client: TestClient, centre: Centre) -> None:
    assert client.get(f"/waveform/{centre.calls['Nadia Osei'][0]}").status_code == 401


@pytest.fixture
def encrypted(at_home: Centre, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The centre's recordings are encrypted for the length of a test."""
    recordings = [path for path in (at_home.home / "recordings").rglob("*") if path.is_file()]
    before = {path: path.read_bytes() for path in recordings}
    monkeypatch.setenv("ATTUNE_ENCRYPTION_KEY", "1a" * 32)
    settings.cache_clear()
    for path in recordings:
        seal_again(path)
    yield
    for path, data in before.items():
        path.write_bytes(data)
    for folder in ("waveforms", "playable"):
        shutil.rmtree(at_home.home / folder, ignore_errors=True)


@pytest.fixture
def far_away(at_home: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    """The centre's recordings lie at an address of fsspec for the length of a test."""
    monkeypatch.setenv("ATTUNE_STORE", f"memory://{secrets.token_hex(8)}/store")
    settings.cache_clear()
    for path in (at_home.home / "recordings").rglob("*"):
        if path.is_file():
            recording_file(path.relative_to(at_home.home / "recordings").as_posix()).keep(path)


def test_a_recording_at_an_address_is_heard_from_any_place_and_drawn(
    sign_in: SignIn, centre: Centre, far_away: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, call = sign_in("reviewer"), centre.calls["Nadia Osei"][0]
    whole = client.get(f"/audio/{call}")
    assert whole.headers["content-type"] == "audio/wav"
    piece = client.get(f"/audio/{call}", headers={"Range": "bytes=1000-1999"})
    assert (piece.status_code, piece.content) == (206, whole.content[1000:2000])
    assert client.get(f"/audio/{call}", headers={"Range": "bytes=99999999-"}).status_code == 416
    assert len(client.get(f"/waveform/{call}").json()["channels"]) == 2
    assert not list(centre.home.glob("unsealed-*"))
    monkeypatch.setenv("ATTUNE_STORE", "")
    settings.cache_clear()
    assert client.get(f"/audio/{call}").content == whole.content


def test_a_store_that_is_away_is_said_and_tells_nobody_where_it_is(
    sign_in: SignIn, centre: Centre, far_away: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = sign_in("reviewer")
    monkeypatch.setenv("ATTUNE_STORE", "sftp://127.0.0.1:9/store")
    settings.cache_clear()
    answer = client.get(f"/audio/{centre.calls['Nadia Osei'][0]}")
    assert (answer.status_code, answer.text) == (503, "The recording cannot be read; Attune's log says why.")


@pytest.mark.parametrize("asked", [None, "bytes=1000-1999", "bytes=70000-", "bytes=-500", "bytes=0-0", "bytes=99999999-"])
def test_an_encrypted_recording_is_heard_from_any_place(
    sign_in: SignIn, centre: Centre, encrypted: None, asked: str | None
) -> None:
    client, address = sign_in("reviewer"), f"/audio/{centre.calls['Nadia Osei'][0]}"
    whole = client.get(address).content
    assert whole.startswith(b"RIFF")
    answer = client.get(address, headers={"Range": asked} if asked else {})
    if asked is None:
        assert (answer.status_code, answer.content) == (200, whole)
        return
    start, end = asked.removeprefix("bytes=").split("-")
    if start and int(start) >= len(whole):
        assert answer.status_code == 416
        return
    wanted = whole[-int(end) :] if not start else whole[int(start) : int(end) + 1 if end else None]
    assert (answer.status_code, answer.content) == (206, wanted)
    assert answer.headers["content-range"].endswith(f"/{len(whole)}")
    assert answer.headers["content-type"] == "audio/wav"


def test_what_is_drawn_of_an_encrypted_recording_is_encrypted_too(sign_in: SignIn, centre: Centre, encrypted: None) -> None:
    client, address = sign_in("reviewer"), f"/waveform/{centre.calls['Nadia Osei'][0]}"
    drawn = client.get(address).json()
    assert client.get(address).json() == drawn
    (kept,) = (centre.home / "waveforms").iterdir()
    assert sealed_with(kept) is not None
    assert not list(centre.home.glob("unsealed-*"))


def test_an_encrypted_recording_that_browsers_do_not_play_is_converted_and_encrypted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTUNE_HOME", str(tmp_path))
    monkeypatch.setenv("ATTUNE_ENCRYPTION_KEY", "1a" * 32)
    settings.cache_clear()
    write_mu_law(tmp_path / "call.wav")
    seal_again(tmp_path / "call.wav")
    converted, media_type = playable(KeptFile(Folder(tmp_path), "call.wav"), tmp_path / "playable")
    assert (media_type, converted.plain_path()) == ("audio/wav", None)
    assert converted.read().startswith(b"RIFF")
    settings.cache_clear()


def test_with_another_key_nothing_is_heard_and_nothing_told(
    sign_in: SignIn, centre: Centre, encrypted: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = sign_in("reviewer")
    monkeypatch.setenv("ATTUNE_ENCRYPTION_KEY", "2b" * 32)
    settings.cache_clear()
    answer = client.get(f"/audio/{centre.calls['Nadia Osei'][0]}")
    assert (answer.status_code, answer.text) == (503, "The recording cannot be read; Attune's log says why.")
