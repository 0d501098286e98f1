"""vCons: what may be processed, what is said, what travels inside, and what we append."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from errors import TranscriptError
from pipeline.unpack import contents
from tests.build import a_chat, a_spoken_turn, a_transcript, a_turn
from tests.transcripts.formats.reading import EXAMPLES, THE_CALL, changed, data_of, example, read_text, spoken
from transcripts.audio import decode_channels
from transcripts.formats import read_conversations, read_transcripts, vcon
from transcripts.model import Sides, Speaker

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def test_the_parties_roles_say_who_is_on_which_channel(tmp_path: Path) -> None:
    (conversation,) = read_conversations(EXAMPLES / "vcon_deepgram.json")
    assert (conversation.agent, conversation.customer) == ("Dana Whitfield", "Tomas Erikson")
    assert conversation.started_at == datetime(2026, 1, 6, 10, 15, tzinfo=UTC)
    swapped = changed("vcon_deepgram.json", tmp_path, lambda d: d["dialog"][0].update(parties=[0, 1]))
    assert [turn.speaker for turn in read_transcripts(swapped)[0].turns][:2] == [Speaker.CUSTOMER, Speaker.AGENT]


def test_a_vcon_says_what_the_call_was_about_and_how_often_it_was_passed_on(tmp_path: Path) -> None:
    (silent,) = read_conversations(EXAMPLES / "vcon_deepgram.json")
    assert (silent.reason, silent.transfers) == ("a bill", None)  # no transfer is told of, which is not the same as none

    def told(data: Any) -> None:
        data["subject"] = "Billed twice"
        data["dialog"] += [{"type": "transfer", "start": "2026-01-06T10:17:00Z", "transferor": 1, "transferee": 0}] * 2

    (conversation,) = read_conversations(changed("vcon_deepgram.json", tmp_path, told))
    assert (conversation.reason, conversation.transfers) == ("Billed twice", 2)


def test_two_parties_mixed_on_one_channel_are_not_taken_for_two_channels(tmp_path: Path) -> None:
    mixed = data_of("deepgram_words.json")
    (transcript,) = read_transcripts(changed("vcon_deepgram.json", tmp_path, lambda d: d["analysis"][1].update(body=mixed)))
    assert (transcript.channels, transcript.sides, len(transcript.turns)) == (1, Sides.VOICES, 5)


def test_each_party_may_have_a_recording_of_its_own(tmp_path: Path) -> None:
    def split(data: Any) -> None:
        start = {"type": "recording", "start": "2026-01-06T10:15:00Z"}
        data["dialog"] = [{**start, "parties": [0]}, {**start, "parties": 1}]
        said = [("My bill is wrong.", 2.0), ("Good morning.", 0.5)]
        data["analysis"] = [
            {
                "type": "transcript",
                "dialog": n,
                "vendor": "x",
                "body": {"segments": [{"start": at, "end": at + 1, "text": text}]},
            }
            for n, (text, at) in enumerate(said)
        ]

    (transcript,) = read_transcripts(changed("vcon_recording.json", tmp_path, split))
    assert spoken(transcript) == [("agent", 0.5, 1.5, "Good morning."), ("customer", 2.0, 3.0, "My bill is wrong.")]


def test_the_names_of_earlier_drafts_are_read_and_recordings_stand_on_one_clock() -> None:
    transcript = example("vcon_old_names.json")
    assert [(str(turn.speaker), turn.start, turn.text) for turn in transcript.turns[1:]] == [
        ("agent", 60.0, "Thank you for waiting."),
        ("customer", 61.6, "Finally."),
    ]
    assert transcript.duration_seconds == 69.0


def test_text_dialogs_are_a_written_conversation_in_the_order_of_their_starts() -> None:
    transcript = example("vcon_written.json")
    assert [(str(turn.speaker), turn.text) for turn in transcript.turns] == [
        ("customer", "My parcel has not come."),
        ("agent", "Good morning, let me see where it is."),
        ("customer", "Thank you & bye"),
    ]
    assert (transcript.channels, transcript.sides) == (0, Sides.GIVEN)


def test_a_call_and_a_chat_in_one_vcon_are_two_conversations(tmp_path: Path) -> None:
    chat = data_of("vcon_written.json")["dialog"]
    path = changed("vcon_deepgram.json", tmp_path, lambda d: d["dialog"].extend(chat))
    call, written = read_transcripts(path)
    assert (call.channels, written.channels) == (2, 0)
    assert call.call_id != written.call_id


def test_an_e_mail_of_several_parts_gives_its_plain_text(tmp_path: Path) -> None:
    mail = (
        "--cut\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nWo ist mein Geld für März?\r\n"
        "--cut\r\nContent-Type: text/html\r\n\r\n<p>Where is my <b>refund</b>?</p>\r\n--cut--\r\n"
    )
    message = {"type": "text", "start": "2026-02-03T09:15:41Z", "parties": [0, 1], "encoding": "none", "body": mail}
    message["mediatype"] = "multipart/alternative; boundary=cut"
    (transcript,) = read_transcripts(changed("vcon_written.json", tmp_path, lambda d: d.update(dialog=[message])))
    assert transcript.turns[0].text == "Wo ist mein Geld für März?"


# What may be processed


@pytest.mark.parametrize("name", ["critical", "must_support"])
def test_a_vcon_that_needs_an_extension_we_do_not_know_is_refused(name: str, tmp_path: Path) -> None:
    path = changed("vcon_deepgram.json", tmp_path, lambda d: d.update({name: ["whispering"]}))
    with pytest.raises(TranscriptError, match=rf'{name}\[0\] is "whispering", where an extension that is understood'):
        read_transcripts(path)


def _dialog(**fields: Any) -> Any:
    return lambda data: data["dialog"][0].update(fields)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (_dialog(duration=-30), r"dialog\[0\]\.duration is -30, where a number of seconds"),
        (_dialog(mediatype="not one!"), r'dialog\[0\]\.mediatype is "not one!", where a media type'),
        (_dialog(parties=[0, 99]), r"dialog\[0\]\.parties\[1\] is 99, but there are only 2 party entries"),
        (_dialog(originator=7), r"dialog\[0\]\.originator is 7, but there are only 2 party entries"),
        (_dialog(url="not-a-url"), r'dialog\[0\]\.url is "not-a-url", where an address'),
        (_dialog(start="soon"), r'dialog\[0\]\.start is "soon", where a date and time'),
        (lambda data: data["analysis"][1].update(dialog=4), r"analysis\[1\]\.dialog is 4, but there is only 1 dialog"),
        (lambda data: data.update(parties="two"), r'parties is "two", where a list is needed'),
    ],
)
def test_a_part_that_does_not_fit_is_named(change: Any, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(TranscriptError, match=sentence):
        read_transcripts(changed("vcon_deepgram.json", tmp_path, change))


def test_signed_and_encrypted_forms_are_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(TranscriptError, match="signed vCon"):
        read_text('{"payload": "e30", "signatures": []}', tmp_path)
    with pytest.raises(TranscriptError, match="encrypted vCon"):
        read_text('{"ciphertext": "x", "recipients": []}', tmp_path)


def test_a_recording_elsewhere_is_never_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(*_: object) -> None:
        raise AssertionError("an address was asked for")

    monkeypatch.setattr("socket.socket.connect", connect)
    path = changed("vcon_deepgram.json", tmp_path, lambda d: d.update(analysis=[]))
    with pytest.raises(TranscriptError, match=r"dialog\[0\]\.url refers to a recording elsewhere, which is never fetched"):
        read_transcripts(path)


# Recordings inside


def test_a_recording_inside_is_handed_out_with_who_is_on_which_channel(tmp_path: Path) -> None:
    (recording,) = vcon.inline_recordings(EXAMPLES / "vcon_recording.json")
    assert (recording.sides, recording.agent_channel) == ((Speaker.AGENT, Speaker.CUSTOMER), 0)
    assert (recording.file_name, recording.dialog, recording.duration_seconds) == ("call.wav", 0, 17.25)
    sound = tmp_path / recording.file_name
    sound.write_bytes(recording.data)
    assert len(decode_channels(sound)) == 2


def test_reading_a_vcon_whose_recording_was_not_heard_yet_says_so() -> None:
    with pytest.raises(TranscriptError, match=r"dialog\[0\] is a recording that has no transcript yet"):
        example("vcon_recording.json")


def test_a_recording_that_has_its_transcript_is_not_heard_again() -> None:
    assert vcon.inline_recordings(EXAMPLES / "vcon_wtf.json") == ()
    assert vcon.inline_recordings(EXAMPLES / "deepgram_channels.json") == ()
    assert vcon.inline_recordings(EXAMPLES / "call.vtt") == ()


@pytest.mark.parametrize(("name", "field"), [("vcon_recording.json", "content_hash"), ("vcon_old_names.json", "signature")])
def test_a_recording_that_is_not_what_its_hash_says_is_refused(name: str, field: str, tmp_path: Path) -> None:
    path = changed(name, tmp_path, lambda d: d["dialog"][0].update(body="AAAA" + d["dialog"][0]["body"][4:]))
    with pytest.raises(TranscriptError, match=rf"dialog\[0\]\.{field} is not the sha512 of what is inside"):
        vcon.inline_recordings(path)


def test_a_body_that_is_not_base64url_is_named(tmp_path: Path) -> None:
    path = changed("vcon_recording.json", tmp_path, lambda d: d["dialog"][0].update(body="%%%", content_hash=None))
    with pytest.raises(TranscriptError, match=r"dialog\[0\]\.body is not base64url"):
        vcon.inline_recordings(path)


# Recordings beside


def beside(folder: Path, **dialog: object) -> Path:
    """A vCon whose recording lies beside it as `call.wav`, its dialog changed like this."""
    (inside,) = vcon.inline_recordings(EXAMPLES / "vcon_recording.json")
    (folder / "call.wav").write_bytes(inside.data)

    def name_the_file(data: Any) -> None:
        sound = data["dialog"][0]
        del sound["body"], sound["encoding"]
        sound.update(dialog)

    return changed("vcon_recording.json", folder, name_the_file)


def test_a_recording_that_a_vcon_names_and_that_lies_beside_it_is_used(tmp_path: Path) -> None:
    (recording,) = vcon.inline_recordings(beside(tmp_path, url="https://recordings.example.com/1"))
    assert recording.file == tmp_path / "call.wav"
    assert (recording.sides, recording.agent_channel) == ((Speaker.AGENT, Speaker.CUSTOMER), 0)
    (sound,) = contents(tmp_path / "changed.json", tmp_path).sounds
    assert sound.path == recording.file


def test_a_file_beside_that_is_not_what_its_hash_says_is_refused(tmp_path: Path) -> None:
    path = beside(tmp_path)
    (tmp_path / "call.wav").write_bytes(b"another call")
    with pytest.raises(
        TranscriptError, match=r"dialog\[0\]\.content_hash is not the sha512 of the file call\.wav beside it"
    ):
        vcon.inline_recordings(path)


@pytest.mark.parametrize(
    "name",
    ["../call.wav", "sub/call.wav", "..", ".", "a\\call.wav", "/etc/passwd", "link.wav", "x" * 5000, "sub"],
)
def test_no_file_name_leads_out_of_the_folder_of_the_vcon(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "inbox"
    (folder / "sub").mkdir(parents=True)
    path = beside(folder, filename=name)
    for elsewhere in (tmp_path / "call.wav", folder / "sub" / "call.wav"):
        elsewhere.write_bytes((folder / "call.wav").read_bytes())
    (folder / "link.wav").symlink_to(tmp_path / "call.wav")
    assert vcon.inline_recordings(path) == ()
    with pytest.raises(TranscriptError, match=r"dialog\[0\]\.filename names a recording without a transcript"):
        read_transcripts(path)


# Writing


def test_a_vcon_that_we_write_is_read_back_equal(tmp_path: Path) -> None:
    said = a_spoken_turn("customer", [("Grüße,", 1.25, 1.5), ("hello", 1.6, 2.0)])
    for transcript in (
        a_transcript(a_turn("agent", "Hello.", 0, 1), said),
        a_chat("agent: Hi", "customer: Hi 😠\u2028there"),
    ):
        (conversation,) = read_text(vcon.write(None, transcript, [], at=AT), tmp_path)
        assert conversation.transcript == transcript


def test_appending_keeps_every_index_and_every_unknown_field(tmp_path: Path) -> None:
    original = data_of("vcon_deepgram.json")
    transcript = example("vcon_deepgram.json")
    evaluation = {"scorecard": "empathy", "version": "1.0", "total": 82.5}
    written = json.loads(vcon.write(original, transcript, [evaluation], at=AT))
    assert written["analysis"][: len(original["analysis"])] == original["analysis"]
    assert [part["type"] for part in written["analysis"][len(original["analysis"]) :]] == ["transcript", "scorecard"]
    assert {key: value for key, value in written.items() if key not in ("analysis", "updated_at")} == {
        key: value for key, value in original.items() if key != "analysis"
    }
    scorecard = written["analysis"][-1]
    assert (scorecard["vendor"], scorecard["dialog"], json.loads(scorecard["body"])) == ("Attune", [0], evaluation)
    (again,) = read_text(json.dumps(written), tmp_path)
    assert again.transcript == transcript
    assert original == data_of("vcon_deepgram.json")


def test_what_was_appended_once_is_not_appended_again() -> None:
    original, transcript = data_of("vcon_deepgram.json"), example("vcon_deepgram.json")
    once = json.loads(vcon.write(original, transcript, [{"total": 1.0}], at=AT))
    assert json.loads(vcon.write(once, transcript, [{"total": 1.0}], at=AT)) == once


def test_a_signed_vcon_is_not_written_into() -> None:
    with pytest.raises(TranscriptError, match="signed vCon"):
        vcon.write({"payload": "e30", "signatures": []}, a_chat("agent: Hi"), [])


def test_plain_text_with_names_is_a_transcript_too(tmp_path: Path) -> None:
    analysis = {
        "type": "transcript",
        "dialog": 0,
        "vendor": "by hand",
        "encoding": "none",
        "body": "Agent: Hi.\nCustomer: Hi.",
    }
    (transcript,) = read_transcripts(changed("vcon_recording.json", tmp_path, lambda d: d.update(analysis=[analysis])))
    assert [str(turn.speaker) for turn in transcript.turns] == ["agent", "customer"]
    assert not transcript.timed


def test_the_call_reads_the_same_from_a_vcon_as_from_the_vendors_file() -> None:
    assert spoken(example("vcon_deepgram.json")) == spoken(example("deepgram_channels.json")) == THE_CALL
