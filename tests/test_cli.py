"""What other programs may rely on at the command line: JSON Lines out, messages apart, an exit status that tells."""

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Command
from tests.transcripts.sound import RATE, the_call, write_sound

ROOT = Path(__file__).parent.parent
SPEECH = ROOT / "tests" / "transcripts" / "audio"


def run(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "ATTUNE_HOME": str(home)}
    return subprocess.run(
        [sys.executable, "cli.py", *words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


def lines(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_transcribe_prints_a_line_a_recording_in_their_order_and_goes_on_after_a_bad_one(tmp_path: Path) -> None:
    bad = tmp_path / "bad.wav"
    bad.write_text("no sound")
    good = write_sound(tmp_path / "good.wav", the_call()[:1, : 5 * RATE], rate=8_000)
    done = run(tmp_path, "transcribe", str(good), str(bad), str(SPEECH / "german.ogg"))
    assert done.returncode == 1
    first, second = lines(done.stdout)
    assert [first["file"], second["file"]] == [str(good), str(SPEECH / "german.ogg")]
    assert set(first) >= {"file", "duration_seconds", "language", "turns"}
    turn = first["turns"][0]  # type: ignore[index]
    assert set(turn) >= {"speaker", "start", "end", "text", "words"}
    assert set(turn["words"][0]) >= {"text", "start", "end", "confidence"}
    assert "bad.wav" in done.stderr
    assert "Traceback" not in done.stderr


def test_transcribe_writes_subtitles_and_plain_text(tmp_path: Path, command: Command) -> None:
    beginning = write_sound(tmp_path / "beginning.wav", the_call()[:, : round(9.1 * RATE)], rate=8_000)
    assert command(tmp_path, "transcribe", beginning, "--format", "vtt").stdout.startswith("WEBVTT")
    assert "agent" in command(tmp_path, "transcribe", beginning, "--format", "text").stdout.lower()


def test_ingest_ends_with_a_table_and_a_status_that_tells_of_failures(tmp_path: Path, command: Command) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    write_sound(inbox / "good.wav", the_call()[:, : 5 * RATE], rate=8_000)
    (inbox / "empty.wav").write_bytes(b"")
    done = run(tmp_path, "ingest", str(inbox))
    assert done.returncode == 1
    assert "1 scored, 0 skipped, 1 failed." in done.stderr
    (inbox / "empty.wav").unlink()
    again = command(tmp_path, "ingest", str(inbox))
    assert again.exit_code == 0
    assert "0 scored, 1 skipped, 0 failed." in again.stderr


def test_score_prints_an_evaluation_for_each_scorecard_and_stores_nothing(tmp_path: Path, command: Command) -> None:
    transcript = tmp_path / "chat.json"
    turns = [{"speaker": "agent", "text": "Good morning, you are speaking with Mina. How can I help?", "start": 0, "end": 4}]
    transcript.write_text(json.dumps({"file": "chat", "duration_seconds": 4, "language": "en", "turns": turns}))
    done = command(
        tmp_path, "score", str(transcript), "--scorecard", "compliance", "--scorecard", "empathy", "--format", "jsonl"
    )
    assert done.exit_code == 0, done.stderr
    assert [line["scorecard"] for line in lines(done.stdout)] == ["compliance", "empathy"]
    for line in lines(done.stdout):
        for result in line["results"]:  # type: ignore[attr-defined]
            assert result["evidence"] or result["searched"]
            assert result["question"].endswith("?")
    assert not (tmp_path / "attune.db").exists()


def test_redact_reads_what_transcribe_writes_and_says_where_something_was_taken_out(
    tmp_path: Path, command: Command
) -> None:
    said = {"speaker": "customer", "start": 0, "end": 4, "text": "my password is bluebird"}
    line = {"file": "a.wav", "duration_seconds": 9, "language": "en", "turns": [said]}
    done = command(tmp_path, "redact", given=json.dumps(line))
    assert (done.exit_code, done.stderr) == (0, "")
    (redacted,) = lines(done.stdout)
    assert redacted["turns"][0]["text"] == "my password is [password]"  # type: ignore[index]
    removed = redacted["removed"][0]  # type: ignore[index]
    assert (removed["kind"], removed["turn"], removed["first_word"], removed["after_word"]) == ("password", 0, 3, 4)
    assert "bluebird" not in done.stdout
    bad = command(tmp_path, "redact", str(tmp_path / "missing.json"))
    assert bad.exit_code == 1
    assert "missing.json" in bad.stderr


def test_scorecard_check_names_every_problem_with_its_line(tmp_path: Path, command: Command) -> None:
    wrong = tmp_path / "retail.yaml"
    wrong.write_text(
        "id: retail\nversion: 1\ntitle: Retail\npass_mark: 80\nsections:\n"
        "  - id: opening\n    title: Opening\n    criteria:\n"
        "      - id: greeting\n        question: Did the agent greet?\n        wieght: 2\n        kind: sayz.v1\n"
    )
    done = command(tmp_path, "scorecard", "check", str(wrong))
    assert done.exit_code == 1
    assert "retail.yaml line 11" in done.stdout
    assert "did you mean 'weight'" in done.stdout
    assert "retail.yaml line 12" in done.stdout
    assert "did you mean 'says.v1'" in done.stdout


def test_every_shipped_scorecard_checks_clean(tmp_path: Path, command: Command) -> None:
    shipped = sorted(str(path) for path in (ROOT / "scorecards" / "library").glob("*.yaml"))
    assert len(shipped) >= 5
    assert command(tmp_path, "scorecard", "check", *shipped).exit_code == 0


def test_sentiment_answers_a_line_for_a_line(tmp_path: Path, command: Command) -> None:
    said = ("This is wonderful, thank you!", "This is awful.")
    done = command(
        tmp_path, "sentiment", given="".join(json.dumps({"speaker": "customer", "text": text}) + "\n" for text in said)
    )
    assert [line["label"] for line in lines(done.stdout)] == ["positive", "negative"]
    assert all(-1 <= float(str(line["valence"])) <= 1 for line in lines(done.stdout))


def test_detect_answers_a_line_for_a_line_by_what_is_said(tmp_path: Path, command: Command) -> None:
    before = [{"speaker": "customer", "text": "Nobody called me back."}]
    turns = [
        {"speaker": "agent", "text": "Which of the two colours would you like?", "before": before},
        {"speaker": "customer", "text": "Which of the two colours would you like?"},
        {"speaker": "agent", "text": "Your parcel weighs two kilograms.", "before": []},
        {"speaker": "agent", "text": "", "before": before},
    ]
    done = command(tmp_path, "detect", "question", given="".join(json.dumps(turn) + "\n" for turn in turns))
    assert done.exit_code == 0, done.stderr
    answers = lines(done.stdout)
    assert [answer["present"] for answer in answers] == [True, True, False, False]
    assert all((float(str(answer["probability"])) >= 0.5) is answer["present"] for answer in answers)


def test_a_behaviour_that_does_not_exist_is_answered_with_the_one_that_was_meant(tmp_path: Path, command: Command) -> None:
    done = command(tmp_path, "detect", "apologee")
    assert done.exit_code == 1
    assert done.stderr == "There is no behaviour 'apologee'; did you mean 'apology'?\n"


A_COACH = ("person", "add", "--name", "A", "--email", "a@b.example", "--role", "coach")


@pytest.mark.parametrize(
    ("words", "given", "expected"),
    [
        (("sentiment",), "not json\n", "line 1"),
        (("sentiment",), '{"speaker": "agent"}\n', "`text`"),
        (("score", "chat.json", "--scorecard", "empaty"), "", "empathy"),
        ((*A_COACH, "--password", "four words of mine"), "", "team"),
        (("ingest", "x.wav", "--metadata", "nowhere.csv"), "", "nowhere.csv"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said_in_a_sentence(
    tmp_path: Path, command: Command, words: tuple[str, ...], given: str, expected: str
) -> None:
    done = command(tmp_path, *words, given=given)
    assert done.exit_code == 1
    assert expected in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_setting_is_named(tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTUNE_PORT", "many")
    done = command(tmp_path, "ingest", "x.wav")
    assert done.exit_code == 1
    assert "ATTUNE_PORT" in done.stderr
    assert "Traceback" not in done.stderr


def test_verify_agrees_with_what_was_just_stored_and_names_what_was_changed(tmp_path: Path, command: Command) -> None:
    chat = tmp_path / "chat.vtt"
    chat.write_text("WEBVTT\n\n00:00.000 --> 00:04.000\n<v Agent>Good morning, you are speaking with Mina.\n")
    assert command(tmp_path, "ingest", str(chat), "--scorecard", "compliance").exit_code == 0
    agreed = command(tmp_path, "verify", "--all")
    assert agreed.exit_code == 0, agreed.stderr
    assert [line["scorecard"] for line in lines(agreed.stdout)] == [None, "compliance"]
    assert "0 differ" in agreed.stderr
    with sqlite3.connect(tmp_path / "attune.db") as database:
        database.execute("UPDATE turns SET text = 'Good evening.'")
    call = str(lines(agreed.stdout)[0]["call"])
    changed = command(tmp_path, "verify", call, "--deep")
    assert changed.exit_code == 1
    assert not any(line["agrees"] for line in lines(changed.stdout))
    assert "its hash is" in changed.stderr
    unknown = command(tmp_path, "verify", "nothing")
    assert unknown.exit_code == 1
    assert "There is no call 'nothing'" in unknown.stderr


def test_export_writes_every_stored_call_in_the_form_that_is_asked_for(tmp_path: Path, command: Command) -> None:
    chat = tmp_path / "chat.vtt"
    chat.write_text("WEBVTT\n\n00:00.000 --> 00:04.000\n<v Agent>Good morning, you are speaking with Mina.\n")
    assert command(tmp_path, "ingest", str(chat), "--scorecard", "compliance").exit_code == 0
    printed = command(tmp_path, "export", "--all", "--format", "text")
    assert printed.exit_code == 0, printed.stderr
    assert "you are speaking with Mina" in printed.stdout
    out = tmp_path / "out"
    assert command(tmp_path, "export", "--all", "--format", "vcon", "--out", str(out)).exit_code == 0
    (file,) = out.iterdir()
    written = json.loads(file.read_text())
    assert file.name.endswith(".vcon.json")
    assert {one["type"] for one in written["analysis"]} == {"transcript", "scorecard"}
    unknown = command(tmp_path, "export", "nothing", "--format", "vtt")
    assert unknown.exit_code == 1
    assert "There is no call 'nothing'" in unknown.stderr
    assert command(tmp_path, "export", "--format", "vtt").exit_code == 2


def test_a_reset_prints_a_one_time_password_and_nothing_for_nobody(tmp_path: Path, command: Command) -> None:
    added = ("person", "add", "--name", "Ada", "--email", "ada@example.org", "--role", "administrator")
    assert command(tmp_path, *added, "--password", "long enough for anybody").exit_code == 0
    given = command(tmp_path, "person", "reset", "Ada@example.org")
    assert given.exit_code == 0
    assert len(given.stdout.strip()) == 16
    assert "It is for once" in given.stderr
    nobody = command(tmp_path, "person", "reset", "nobody@example.org")
    assert (nobody.exit_code, nobody.stdout) == (1, "")
    assert "Nobody signs in as nobody@example.org" in nobody.stderr


def test_audit_check_says_where_the_record_was_tampered_with(tmp_path: Path, command: Command) -> None:
    added = ("person", "add", "--name", "Ada", "--email", "ada@example.org", "--role", "administrator")
    assert command(tmp_path, *added, "--password", "long enough for anybody").exit_code == 0
    head = command(tmp_path, "audit", "head").stdout.strip()
    whole = command(tmp_path, "audit", "check", "--head", head)
    assert (whole.exit_code, lines(whole.stdout)[0]["whole"], lines(whole.stdout)[0]["head"]) == (0, True, head)
    first, *_ = lines(command(tmp_path, "audit", "export").stdout)
    assert (first["number"], first["role"], first["previous"]) == (1, "operator", "0" * 64)
    assert command(tmp_path, "audit", "export", "--format", "csv").stdout.startswith("number,at,who_id,who,role,what")

    with sqlite3.connect(tmp_path / "attune.db") as database:
        database.execute("DROP TRIGGER audit_entries_unchanged")
        database.execute("UPDATE audit_entries SET who = 'Somebody Else' WHERE number = 1")
    database.close()
    changed = command(tmp_path, "audit", "check")
    assert changed.exit_code == 1
    assert "Entry 1 was changed after it was written" in changed.stderr
    assert "--head" not in changed.stderr
    wrong = command(tmp_path, "audit", "check", "--head", "12")
    assert (wrong.exit_code, "is no head of the record" in wrong.stderr) == (1, True)


def test_audit_fairness_prints_each_flip_and_ends_with_the_figures(tmp_path: Path, command: Command) -> None:
    chat = tmp_path / "chat.vtt"
    chat.write_text("WEBVTT\n\n00:00.000 --> 00:04.000\n<v Agent>Good morning, you are speaking with Sarah.\n")
    card = tmp_path / "card.yaml"
    card.write_text(
        "id: card\nversion: 1\ntitle: Card\npass_mark: 80\nsections:\n  - id: all\n    title: All\n    criteria:\n"
        "      - id: asked\n        question: Was it Sarah?\n        weight: 1\n        kind: says.v1\n"
        "        with: {phrases: [speaking with Sarah]}\n"
    )
    done = command(tmp_path, "audit", "fairness", "--files", str(chat), str(chat), "--scorecard", str(card))
    assert done.exit_code == 1
    *flips, figures = lines(done.stdout)
    assert {(flip["exchange"], flip["criterion"], flip["after"]) for flip in flips} == {("names", "asked", "not_met")}
    assert figures["holds"] is False
    assert "it does not hold" in done.stderr


def test_what_learn_writes_is_what_detect_reads(tmp_path: Path, command: Command) -> None:
    labels, learned = tmp_path / "labels.jsonl", tmp_path / "learned"
    things = ("lamp", "sofa", "desk", "chair")
    said = [
        {"speaker": "agent", "text": text, "before": [], "present": present, "group": call}
        for call in range(6)
        for thing in things
        for text, present in ((f"Right then, on to the {thing}.", True), (f"Where is the {thing}, number {call}?", False))
    ]
    labels.write_text("\n".join(map(json.dumps, said)))
    done = command(tmp_path, "learn", "question", "--labels", str(labels), "--out", str(learned))
    assert done.exit_code == 0, done.stderr
    (line,) = lines(done.stdout)
    assert line["figures"]["labels"] == 48  # type: ignore[index]
    assert "better beyond doubt" in done.stderr
    given = "".join(json.dumps({"speaker": "agent", "text": turn["text"]}) + "\n" for turn in said[:2])
    asked = command(tmp_path, "detect", "question", "--learned", str(learned), given=given)
    assert [answer["present"] for answer in lines(asked.stdout)] == [True, False]
    labels.write_text("\n".join(map(json.dumps, said[:6])))
    few = command(tmp_path, "learn", "question", "--labels", str(labels), "--out", str(learned))
    assert few.exit_code == 1
    assert "at least 20 labels are needed" in few.stderr


def test_a_token_is_printed_once_and_can_be_taken_back(tmp_path: Path, command: Command) -> None:
    made = command(tmp_path, "token", "add", "--name", "CRM", "--scope", "results:read", "--days", "30")
    assert made.exit_code == 0, made.stderr
    (token,) = lines(made.stdout)
    assert str(token["token"]).startswith("attune_")
    listed = command(tmp_path, "token", "list")
    assert str(token["token"]) not in listed.stdout
    assert [(one["name"], one["state"], one["scopes"]) for one in lines(listed.stdout)] == [
        ("CRM", "in force", ["results:read"])
    ]
    assert command(tmp_path, "token", "revoke", str(token["id"])).exit_code == 0
    assert lines(command(tmp_path, "token", "list").stdout)[0]["state"] == "revoked"
    again = command(tmp_path, "token", "revoke", str(token["id"]))
    assert (again.exit_code, "could still be revoked" in again.stderr) == (1, True)


def test_webhooks_and_their_deliveries_are_listed(tmp_path: Path, command: Command) -> None:
    for words in (("webhook", "list"), ("webhook", "deliveries"), ("webhook", "deliveries", "--state", "failed")):
        done = command(tmp_path, *words)
        assert (done.exit_code, done.stdout) == (0, ""), done.stderr
