"""What does a vCon hold: who took part, what was said, and which recordings travel inside it?

Read by draft-ietf-vcon-vcon-core ("The JSON format for vCon - Conversation Data Container"), with the names that earlier
drafts used: `mimetype` for `mediatype`, `must_support` for `critical`, `alg` with `signature` for `content_hash`. What is
said comes from `analysis` of the type transcript, in any shape that another reader here knows, the World Transcription
Format (draft-howe-vcon-wtf-extension), plain lists and plain text; and from text dialogs. Nothing is ever fetched from an
address: recordings are taken from inside the file, or from beside it where it names them.
"""

import json
import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from errors import TranscriptError
from transcripts.formats import amazon, assemblyai, azure, deepgram, genesys, ours, srt, webvtt, whisperx
from transcripts.formats.fields import MOST_SECONDS, Field, clean
from transcripts.formats.files import parse_first, parse_json, read_head, read_text
from transcripts.formats.lines import Heard, JsonFormat, Line, RawWord, TextFormat, place_words, side_of
from transcripts.formats.mail_text import mail_text, without_markup
from transcripts.formats.vcon_parts import (
    channels_of,
    check,
    check_file,
    entries_of,
    file_beside,
    is_encrypted,
    is_signed,
    kind_of,
    payload,
    side_of_parties,
    side_of_party,
)
from transcripts.model import Medium, Speaker, Transcript, Word

NAME = "vCon"
VENDOR = "Attune"
TRANSCRIPT_SCHEMA = "attune-transcript-1"
SCORECARD_SCHEMA = "attune-evaluation-1"
SYNTAX = "0.4.0"
"""The value that the draft asks for in `vcon`, for readers that still look at it."""

TRANSCRIPT_TYPES = ("transcript", "transcription", "wtf_transcription")
JSON_SHAPES: tuple[JsonFormat, ...] = (amazon, genesys, deepgram, assemblyai, azure, whisperx)
TEXT_SHAPES: tuple[TextFormat, ...] = (webvtt, srt)

_LABELLED = re.compile(r"^\s*(?:\[[\d:.,]{4,12}\]\s*)?([^\W_][^:\n]{0,39}):\s+(\S.*)$")


@dataclass(frozen=True)
class InlineRecording:
    """A recording that a vCon carries, or names and has beside it: its bytes or its file, and who is on it.

    parties: who was mixed into each channel, by the party's number in the vCon and its side where the vCon names one; one
    entry for a one-channel recording. dialog: its index. duration_seconds: as stated, None where it is not. agent, customer:
    their names, empty where the vCon does not give one each. reason, transfers: what the conversation was about and how
    often it was passed on, where the vCon says so.
    """

    data: bytes
    media_type: str
    file_name: str
    parties: tuple[tuple[int, ...], ...]
    sides: tuple[Speaker | None, ...]
    started_at: datetime | None
    duration_seconds: float | None
    dialog: int
    file: Path | None = None
    agent: str = ""
    customer: str = ""
    reason: str = ""
    transfers: int | None = None

    @property
    def agent_channel(self) -> int | None:
        """The channel of the agent if the sound has two; None where the vCon does not say.

        A one-channel recording of two people may list them in the same way: the sound itself tells which it is.
        """
        if len(self.sides) != 2:
            return None
        named = {side: channel for channel, side in enumerate(self.sides)}
        if Speaker.AGENT in named:
            return named[Speaker.AGENT]
        return 1 - named[Speaker.CUSTOMER] if Speaker.CUSTOMER in named else None


def recognises(data: Any) -> bool:
    """Whether parsed JSON has this shape: unsigned (its lists), signed or encrypted."""
    if not isinstance(data, dict):
        return False
    if "vcon" in data or ("uuid" in data and ("parties" in data or "dialog" in data)):
        return True
    return is_signed(data) or is_encrypted(data)


# Reading


def read(whole: Field) -> list[Heard]:
    """What was said on the phone as one conversation, and what was written as another, where there are both.

    Raises TranscriptError naming the field that does not fit, or saying that there is a recording but no transcript.
    """
    check(whole)
    agent, customer = _names(whole)
    reason, transfers = _reason(whole), _transfers(whole)
    own = _our_transcripts(whole)
    if own:
        at = _first_start(whole)
        heard = [Heard((), t.engine, t.channels, started_at=at, agent=agent, customer=customer, complete=t) for t in own]
    else:
        heard = [*_spoken(whole), *_written(whole)]
    if heard:
        return [replace(one, reason=reason, transfers=transfers) for one in heard]
    for dialog in whole.each("dialog"):
        if kind_of(dialog) == "recording" and dialog.get("url"):
            raise dialog["url"].wrong("refers to a recording elsewhere, which is never fetched, and there is no transcript")
        if kind_of(dialog) == "recording" and dialog.get("body"):
            raise dialog.wrong("is a recording that has no transcript yet; it has to be heard first")
        if kind_of(dialog) == "recording" and dialog.get("filename"):
            raise dialog["filename"].wrong("names a recording without a transcript that does not lie beside this file")
    raise whole.wrong("has neither a transcript in `analysis` nor a text in `dialog`")


def _content(part: Field) -> Field:
    """What an analysis holds: its object, or its text read as JSON where it is such."""
    body = part["body"]
    if not isinstance(body.value, str):
        return body
    text = payload(part).decode("utf-8", "replace")
    if text.lstrip()[:1] in ("{", "[") or part.text_of("encoding").lower() == "json":
        return body.replaced(parse_json(text, f"{body.file}: {body.path}"))
    return body.replaced(text)


def _transcripts_of(whole: Field) -> list[Field]:
    """The analyses (and, from an earlier draft of the extension, attachments) that are inline transcripts."""
    parts = [*whole.each("analysis"), *whole.each("attachments")]
    return [p for p in parts if p.text_of("type", "purpose").lower() in TRANSCRIPT_TYPES and p.get("body")]


def _our_transcripts(whole: Field) -> list[Transcript]:
    """The transcripts that Attune itself put there, exactly as they were; of each conversation the latest."""
    own: dict[str, Transcript] = {}
    for part in _transcripts_of(whole):
        if (part.text_of("vendor"), part.text_of("schema")) == (VENDOR, TRANSCRIPT_SCHEMA):
            content = _content(part)
            if not isinstance(content.value, dict):
                raise content.needs("an object")
            try:
                transcript = Transcript.from_dict(content.value)
                ours.check(transcript, f"{content.file}: {content.path}")
                own[transcript.call_id] = transcript
            except (TranscriptError, OverflowError) as wrong:
                why = " ".join(str(wrong)[: ours.LONGEST_REASON].split())
                raise content.wrong(f"is not a transcript of ours ({why})") from wrong
    return list(own.values())


def _spoken(whole: Field) -> list[Heard]:
    """The conversation that the transcripts of all recordings are, one after the other on one clock; none without them."""
    dialogs = list(whole.each("dialog"))
    chosen: dict[int | None, Heard] = {}
    for part in _transcripts_of(whole):
        stated = part.get("dialog")
        about = next((index.count() for index in entries_of(stated) if index.value is not None), None) if stated else None
        heard = _heard_in(part)
        said = any(line.text for line in heard.lines)
        if said and (about not in chosen or (_timed(heard) and not _timed(chosen[about]))):
            chosen[about] = heard  # the first of each recording, but one with times before one without
    if not chosen:
        return []
    origin = min(
        (start.moment() for about in chosen if about is not None and (start := dialogs[about].get("start"))), default=None
    )
    lines: list[Line] = []
    ends = 0.0
    for about, heard in chosen.items():
        dialog = _recording(dialogs, about)
        start = dialog.get("start") if dialog else None
        offset = max(0.0, (start.moment() - origin).total_seconds()) if start and origin else 0.0
        if start and offset > MOST_SECONDS:
            raise start.wrong("lies more than a week after the first recording")
        own = _by_party(heard, whole, dialog)
        if len(chosen) > 1 and not _timed(heard):
            own[0] = replace(own[0], start=0.0)  # where it stands among the others is known at least
        lines += [_later(line, offset) for line in own]
        lasts = dialog.seconds_of("duration") if dialog else None
        ends = max(ends, offset + max(heard.duration_seconds, lasts or 0.0))
    agent, customer = _names(whole)
    return [
        Heard(
            tuple(lines),
            engine=", ".join(dict.fromkeys(heard.engine for heard in chosen.values())),
            channels=max(heard.channels for heard in chosen.values()),
            duration_seconds=ends,
            language=next((heard.language for heard in chosen.values() if heard.language), ""),
            started_at=origin or _first_start(whole),
            agent=agent,
            customer=customer,
        )
    ]


def _recording(dialogs: Sequence[Field], about: int | None) -> Field | None:
    """The dialog that a transcript is about; the first recording where it does not say."""
    if about is not None:
        return dialogs[about]
    return next((dialog for dialog in dialogs if kind_of(dialog) == "recording"), None)


def _timed(heard: Heard) -> bool:
    return any(line.start is not None for line in heard.lines)


def _heard_in(part: Field) -> Heard:
    """What one transcript says, in whichever shape it has."""
    content = _content(part)
    engine = part.text_of("vendor")[:60] or NAME
    if isinstance(content.value, str):
        for text_shape in TEXT_SHAPES:
            if text_shape.recognises(content.value):
                return text_shape.read(content.value, f"{content.file}: {content.path}")[0]
        return Heard(tuple(_labelled(content.value)), engine, channels=1)
    if isinstance(content.value, list):
        return Heard(tuple(_listed(content)), engine, channels=1)
    if not isinstance(content.value, dict):
        raise content.needs("a transcript")
    if isinstance(content.value.get("transcript"), dict):
        return _world_format(content, engine)
    for shape in JSON_SHAPES:
        if shape.recognises(content.value):
            return shape.read(content)[0]
    listed = content.first("transcript", "text", "turns", "messages", "dialog")
    if listed is None:
        raise content.wrong("is a transcript in a shape that is not known here")
    if isinstance(listed.value, str):
        return Heard(tuple(_labelled(listed.text())), engine, channels=1)
    return Heard(tuple(_listed(listed)), engine, channels=1)


def _labelled(text: str) -> list[Line]:
    """Plain text: `Name: text` a line, where lines are so; else all of it as one line of nobody's."""
    found = [_LABELLED.match(line) for line in text.split("\n")]
    if not any(match and side_of(match[1]) for match in found):
        return [Line(clean(text))]
    lines: list[Line] = []
    voice = ""
    for raw, match in zip(text.split("\n"), found, strict=True):
        voice = match[1].strip() if match else voice
        lines.append(Line(clean(match[2] if match else raw), side=side_of(voice), voice=voice))
    return lines


def _listed(entries: Field) -> list[Line]:
    """A plain list of what was said, under the names that programs commonly use; times are seconds."""
    lines: list[Line] = []
    for entry in entries.entries():
        text = entry.first("text", "message", "transcript", "content") or entry["text"]
        voice = entry.label_of("speaker", "role", "party", "name")
        start, end = entry.seconds_of("start", "start_time"), entry.seconds_of("end", "end_time")
        lines.append(Line(text.text(), start, end, side=side_of(voice), voice=voice))
    return lines


def _world_format(content: Field, engine: str) -> Heard:
    """The World Transcription Format: `transcript`, `segments[]` in seconds, and `words[]` that the segments count off."""
    transcript, metadata = content["transcript"], content.get("metadata")
    words = list(content.each("words"))
    lines: list[Line] = []
    for segment in content.each("segments"):
        start, end, voice = segment.seconds_of("start"), segment.seconds_of("end"), segment.label_of("speaker")
        own = [words[n] for index in segment.each("words") if (n := index.count()) < len(words)]
        placed = place_words([_world_word(word) for word in own], start, end)
        lines.append(Line(segment["text"].text(), start, end, placed, side_of(voice), voice=voice))
    return Heard(
        tuple(lines or _labelled(transcript.text_of("text"))),
        engine=(metadata.text_of("provider")[:60] if metadata else "") or engine,
        channels=1,
        duration_seconds=transcript.seconds_of("duration") or 0.0,
        language=transcript.text_of("language"),
    )


def _world_word(word: Field) -> RawWord:
    return RawWord(word["text"].text(), word.seconds_of("start"), word.seconds_of("end"), word.confidence_of("confidence"))


def _later(line: Line, seconds: float) -> Line:
    """A line on a clock that began earlier."""
    if not seconds:
        return line
    return replace(
        line,
        start=None if line.start is None else line.start + seconds,
        end=None if line.end is None else line.end + seconds,
        words=tuple(Word(w.text, w.start + seconds, w.end + seconds, w.confidence) for w in line.words),
    )


def _by_party(heard: Heard, whole: Field, dialog: Field | None) -> list[Line]:
    """Lines with the side of the party who speaks: as they say themselves, by the channel, or by the party's name.

    The parties of a one-channel recording may be listed just as those of two channels are, so that the transcript has to
    tell how many there were. A recording of one party alone is all that party's.
    """
    parties = list(whole.each("parties"))
    mixed = channels_of(dialog)
    everybody = {index for channel in mixed for index in channel}
    if len(everybody) == 1:
        alone = everybody.pop()
        side = side_of_party(parties[alone])
        return [replace(line, side=line.side or side, voice=f"party {alone}") for line in heard.lines]
    apart = len(mixed) > 1 and heard.channels > 1
    by_channel = {n: side_of_parties(parties, indices) for n, indices in enumerate(mixed)} if apart else {}
    by_name = {name.casefold(): side_of_party(party) for party in parties if (name := party.text_of("name"))}
    sided: list[Line] = []
    for line in heard.lines:
        on_channel = None if line.channel is None else by_channel.get(line.channel)
        sided.append(replace(line, side=line.side or on_channel or by_name.get(line.voice.casefold())))
    return sided


def _names(whole: Field) -> tuple[str, str]:
    """The names of the agent and of the customer; empty where there is none or more than one."""
    names: dict[Speaker | None, list[str]] = {}
    for party in whole.each("parties"):
        if (name := party.text_of("name")) and side_of(name) is None:
            names.setdefault(side_of_party(party), []).append(name)
    agents, customers = names.get(Speaker.AGENT, []), names.get(Speaker.CUSTOMER, [])
    return agents[0] if len(agents) == 1 else "", customers[0] if len(customers) == 1 else ""


def _reason(whole: Field) -> str:
    """What the conversation was about: the `subject` of the whole, empty where there is none."""
    return whole.text_of("subject")


def _transfers(whole: Field) -> int | None:
    """How often it was passed on: its dialogs of the type `transfer`. Where there is none nobody says that it was not."""
    return sum(kind_of(dialog) == "transfer" for dialog in whole.each("dialog")) or None


def _first_start(whole: Field) -> datetime | None:
    return min((start.moment() for dialog in whole.each("dialog") if (start := dialog.get("start"))), default=None)


def _written(whole: Field) -> list[Heard]:
    """The conversation that the text dialogs are, in the order of their starts; none without them."""
    texts = [dialog for dialog in whole.each("dialog") if kind_of(dialog) == "text" and dialog.get("body")]
    parties = list(whole.each("parties"))
    started = [start.moment() if (start := dialog.get("start")) else None for dialog in texts]
    sent = list(zip(started, texts, strict=True))
    if all(started):
        sent.sort(key=lambda pair: pair[0] or datetime.max)
    told = [replace(_text_line(dialog, parties), sent=at if all(started) else None) for at, dialog in sent]
    lines = [line for line in told if line.text]
    if not lines:
        return []
    agent, customer = _names(whole)
    return [
        Heard(
            tuple(lines),
            engine=NAME,
            channels=0,
            started_at=min((at for at in started if at), default=None),
            agent=agent,
            customer=customer,
            medium=Medium.EMAIL if all(_is_mail(dialog) for dialog in texts) else Medium.CHAT,
            seen=max((at.moment() for name in ("created_at", "updated_at") if (at := whole.get(name))), default=None),
            name=(NAME, own) if isinstance(own := whole.value.get("uuid"), str) and own else (),
        )
    ]


def _is_mail(dialog: Field) -> bool:
    return dialog.text_of("mediatype", "mimetype").lower().startswith(("multipart/", "message/"))


def _text_line(dialog: Field, parties: Sequence[Field]) -> Line:
    """One message; its sender is the originator, else the first of its parties."""
    by_channel, originator = channels_of(dialog), dialog.get("originator")
    sender = originator.count() if originator else by_channel[0][0] if by_channel and by_channel[0] else None
    party = parties[sender] if sender is not None else None
    text = payload(dialog).decode("utf-8", "replace")
    media_type = dialog.text_of("mediatype", "mimetype")
    if _is_mail(dialog):
        text = mail_text(text, media_type)
    elif media_type.lower().startswith("text/html"):
        text = without_markup(text)
    return Line(clean(text), side=side_of_party(party) if party else None, voice="" if sender is None else f"party {sender}")


def is_vcon(path: str | Path) -> bool:
    """Whether a file is a vCon. Raises TranscriptError where it cannot be read."""
    if not _begins_as_json(path):
        return False
    text = read_text(path)
    data, alone = parse_first(text, str(path))
    return alone and recognises(data)


def _begins_as_json(path: str | Path) -> bool:
    """Whether the file may be a vCon at all; e-mails and sounds are no text that could be read."""
    return (read_head(path) or "").startswith("{")


def inline_recordings(path: str | Path) -> tuple[InlineRecording, ...]:
    """The recordings of a vCon that have no transcript, to be heard: those inside, and those that it names and that lie in
    the same folder. None where the file is no vCon.

    Raises TranscriptError where the vCon, or the encoding or hash of a recording, does not fit.
    """
    if not _begins_as_json(path):
        return ()
    text = read_text(path)
    data, alone = parse_first(text, str(path))
    if not alone or not recognises(data):
        return ()
    whole = Field(data, str(path))
    check(whole)
    stated = [part.get("dialog") for part in _transcripts_of(whole)]
    if None in stated:
        return ()  # a transcript that names no dialog is one of the whole conversation
    heard = {about.count() for each in stated if each for about in entries_of(each) if about.value is not None}
    parties = list(whole.each("parties"))
    found = []
    for index, dialog in enumerate(whole.each("dialog")):
        if index in heard or kind_of(dialog) != "recording":
            continue
        beside = None if dialog.get("body") else file_beside(dialog, Path(path).parent)
        if beside:
            check_file(dialog, beside)
        if beside or dialog.get("body"):
            agent, customer = _names(whole)
            one = replace(_inline(dialog, index, parties, beside), agent=agent, customer=customer)
            found.append(replace(one, reason=_reason(whole), transfers=_transfers(whole)))
    return tuple(found)


def _inline(dialog: Field, index: int, parties: Sequence[Field], beside: Path | None) -> InlineRecording:
    mixed, start = channels_of(dialog), dialog.get("start")
    return InlineRecording(
        data=b"" if beside else payload(dialog),
        media_type=dialog.text_of("mediatype", "mimetype"),
        file_name=re.split(r"[/\\]", dialog.text_of("filename"))[-1][:200],
        parties=tuple(mixed),
        sides=tuple(side_of_parties(parties, indices) for indices in mixed),
        started_at=start.moment() if start else None,
        duration_seconds=dialog.seconds_of("duration"),
        dialog=index,
        file=beside,
    )


# Writing


def write(
    original: Mapping[str, Any] | None,
    transcript: Transcript,
    evaluations: Iterable[Mapping[str, Any]],
    *,
    at: datetime | None = None,
) -> str:
    """A vCon with our transcript and scorecards appended as `analysis`; every index and unknown field stays as it was.

    original: the vCon that the conversation came in, None for a new one. evaluations: plain values, as `to_dict` of an
    evaluation gives them. at: when it was written, now by default. What is there already is not appended again. Raises
    TranscriptError where the original is signed, encrypted or not sound, ValueError where a value is no JSON.
    """
    moment = (at or datetime.now(UTC)).astimezone(UTC).isoformat()
    if original is None:
        made = _new(transcript, moment)
    else:
        check(Field(original, "the vCon"))
        made = dict(original)
        made["updated_at"] = moment
    dialogs = made.get("dialog") or []
    recorded = [n for n, dialog in enumerate(dialogs) if dialog.get("type") in ("recording", "text", "audio", "video")]
    analysis = list(made.get("analysis") or [])
    bodies = [("transcript", TRANSCRIPT_SCHEMA, transcript.to_dict())]
    bodies += [("scorecard", SCORECARD_SCHEMA, dict(evaluation)) for evaluation in evaluations]
    for what, schema, body in bodies:
        entry: dict[str, Any] = {"type": what, "vendor": VENDOR, "schema": schema, "mediatype": "application/json"}
        if recorded:
            entry["dialog"] = recorded
        entry |= {"encoding": "json", "body": json.dumps(body, ensure_ascii=False, allow_nan=False)}
        if entry not in analysis:
            analysis.append(entry)
    made["analysis"] = analysis
    try:
        return json.dumps(made, allow_nan=False, indent=2)
    except RecursionError as wrong:
        raise TranscriptError("the vCon: objects or lists in it are nested too deeply.") from wrong


def _new(transcript: Transcript, moment: str) -> dict[str, Any]:
    """A vCon of a conversation that came in none: the parties by their roles, and no dialog, for that stays with us."""
    return {
        "vcon": SYNTAX,
        "uuid": str(uuid.uuid5(uuid.NAMESPACE_OID, f"{transcript.call_id} {transcript.content_hash}")),
        "created_at": moment,
        "parties": [{"role": str(speaker)} for speaker in (Speaker.AGENT, Speaker.CUSTOMER)],
        "dialog": [],
        "analysis": [],
        "attachments": [],
    }
