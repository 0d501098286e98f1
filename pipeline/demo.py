"""How does somebody who has just arrived see Attune at work, on real speech, in a few minutes?

The recorded sample calls are heard by the real recogniser and judged, the written ones and messages are judged, and invented
people can sign in, who have worked with it for some weeks (`pipeline.demo_story`). One team is a partner's. A second start
finds it all there. Everyone in it is invented.
"""

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import click
from sqlalchemy import Engine

from errors import SettingsError, StorageError
from pipeline.demo_people import PEOPLE, DemoPerson
from pipeline.demo_story import Truth, tell
from pipeline.ingest import Chooser, Job, Outcome, State, conversation_hash, jobs_of, take_in
from pipeline.listen import Listening
from pipeline.metadata import Listed, Metadata, read_metadata
from pipeline.passwords import new_password
from pipeline.people import add_person
from samples.written.answers import customer_cases
from samples.written.generate import GeneratedCall, generate_calls, generate_partner_calls
from samples.written.truth import planted_partner, planted_truth
from scorecards.scope import Channel
from settings import settings
from storage import repository
from storage.access import SYSTEM
from storage.database import open_database, reading, transaction
from storage.organisations import OrganisationKind, add_organisation, assign_team, list_organisations
from storage.people import add_team
from transcripts.identify import file_hash

SAMPLES = Path(__file__).parent.parent / "samples"
RECORDINGS, MESSAGES = SAMPLES / "calls", SAMPLES / "messages"
MARKER = "demonstration.json"


def prepare() -> None:
    """Make the demonstration, or find that it is there, and print who can sign in where.

    Passwords are new at every start and kept only as hashes. Raises SettingsError where the home folder holds real
    calls, which the demonstration must not mix with.
    """
    chosen = settings()
    engine = open_database(chosen.url)
    marker = chosen.home / MARKER
    if not marker.exists():
        with reading(engine) as session:
            if repository.call_ids(session):
                raise SettingsError(
                    f"{chosen.home.absolute()} holds calls of your own; the demonstration would mix with them. "
                    "Choose another folder for it: ATTUNE_HOME=./demonstration make demo"
                )
    add_partner(engine)
    sign_ins = [(person, new_password()) for person in PEOPLE]
    for person, password in sign_ins:
        add_person(
            chosen.url,
            name=person.name,
            email=person.email,
            role=person.role,
            password=password,
            teams=person.teams,
            agent=person.agent,
            organisation=person.organisation,
        )
    _mark(marker)
    listening = Listening.from_settings(chosen)
    choose = Chooser(engine, ())
    today = datetime.now(UTC).date()
    _take_in(engine, recorded_jobs(choose, today), listening, "recorded calls: Whisper writes down what was said")
    calls = [*generate_calls(until=today), *generate_partner_calls(until=today)]
    _take_in(engine, _jobs_of(calls, choose), listening, "written calls")
    _take_in(engine, message_jobs(choose, today), listening, "chats, e-mails and posts")
    if tell(engine, today, written_truth(calls), customer_cases(calls)):
        click.echo("Some weeks of reviews, disputes, calibration, coaching and customers’ answers are in it.", err=True)
    click.echo("\nAll calls and people in this demonstration are invented.")
    click.echo(f"The dashboard is at http://{_reachable(chosen.host)}:{chosen.port} - sign in as one of:\n")
    for person, password in sign_ins:
        click.echo(f"  {_in_words(person):<15} {person.email:<26} {password}")
    click.echo("\nThe passwords are new at every start. Stop with Ctrl+C.")


def add_partner(engine: Engine) -> None:
    """Enter the company of the samples, and that its team has been its own ever since; nothing where that was done."""
    partner = planted_partner()
    with transaction(engine) as session:
        if partner.name in {one.name for one in list_organisations(session, SYSTEM)}:
            return
        company = add_organisation(session, SYSTEM, partner.name, OrganisationKind(partner.kind))
        for team in partner.truth.teams.values():
            assign_team(session, SYSTEM, add_team(session, team.name), company, None, datetime.now(UTC).date())


def recorded_jobs(choose: Chooser, until: date) -> list[Job]:
    """The recorded sample calls, moved in time by whole weeks so that the last of them lies in the week before `until`."""
    metadata = read_metadata(RECORDINGS / "metadata.csv")
    later = _weeks_later(metadata, until)
    jobs = []
    for file in sorted(RECORDINGS.glob("*.ogg")):
        listed = metadata.of(file)
        if listed.started_at is not None:
            listed = replace(listed, started_at=listed.started_at + later)
        cards, came = choose.of(listed, Channel.RECORDING), _evening(listed.started_at)
        jobs.append(Job(file, file_hash(file), listed, cards, taken_in=came))
    return jobs


def written_jobs(choose: Chooser, until: date) -> list[Job]:
    """The written sample calls of the thirteen weeks before `until`, those of our own teams."""
    return _jobs_of(generate_calls(until=until), choose)


def _jobs_of(calls: Sequence[GeneratedCall], choose: Chooser) -> list[Job]:
    jobs = []
    for call in calls:
        listed = Listed(
            agent=call.agent,
            team=call.team,
            customer=call.customer,
            started_at=call.started_at,
            direction=call.direction,
            queue=call.queue,
            scorecards=call.scorecards,
            extra={"reason": call.reason, "transfers": str(call.transfers), "customer_id": call.customer_number},
        )
        name = Path(f"{call.transcript.call_id}.jsonl")
        content_hash, cards = conversation_hash(call.transcript), choose.of(listed, Channel.WRITTEN)
        jobs.append(Job(name, content_hash, listed, cards, call.transcript, taken_in=_evening(call.started_at)))
    return jobs


def message_jobs(choose: Chooser, until: date) -> list[Job]:
    """The sample chats, e-mails and posts, moved in time so that the last of them was begun on the day before `until`: what
    nobody has answered is then still news. Who answered them stands in a list beside."""
    named = read_metadata(MESSAGES / "metadata.csv").facts
    made = {one.file.stem: one for one in _messages(choose, named)}
    last = max(one.began for one in made.values() if one.began is not None)
    later = timedelta(days=(until - last.date()).days - 1)
    return [
        replace(
            job, listed=replace(named[name], started_at=job.began and job.began + later), taken_in=_evening(last + later)
        )
        for name, job in made.items()
    ]


def _messages(choose: Chooser, named: Mapping[str, Listed]) -> Iterator[Job]:
    """A job for each of these conversations, which come in the order of the list, under its name."""
    with tempfile.TemporaryDirectory() as folder:
        jobs = jobs_of(MESSAGES / "messages.csv", Listed(), choose, Path(folder))
        for name, job in zip(named, jobs, strict=True):
            yield replace(job, file=Path(f"{name}.csv"))


def written_truth(calls: Sequence[GeneratedCall]) -> Truth:
    """What was planted in written sample calls, as answers to the questions that ask about it, by call."""
    asks = planted_truth().shown_by
    return {
        call.transcript.call_id: {
            place: planted
            for behaviour, places in asks.items()
            for place in places
            if (planted := call.planted.get(behaviour)) is not None and place[0] in call.scorecards
        }
        for call in calls
    }


def _evening(began: datetime | None) -> datetime | None:
    """A call is taken in on the evening of its day."""
    return began and datetime.combine(began.date(), time(22), UTC)


def _take_in(engine: Engine, jobs: Sequence[Job], listening: Listening, what: str) -> None:
    with reading(engine) as session:
        new = [job for job in jobs if not repository.knows_call(session, job.content_hash)]
    if not new:
        return
    click.echo(f"Taking in {len(new)} {what}.", err=True)
    failed: list[Outcome] = [o for o in take_in(engine, new, listening) if o.state is State.FAILED]
    if failed:
        raise StorageError("\n".join(outcome.reason for outcome in failed))


def _weeks_later(metadata: Metadata, until: date) -> timedelta:
    """By how many whole weeks the last of these calls has to move to lie in the week before `until`."""
    last = max(listed.started_at for listed in metadata.facts.values() if listed.started_at is not None)
    return timedelta(weeks=((until - last.date()).days - 1) // 7)


def _mark(marker: Path) -> None:
    people = [{"name": person.name, "email": person.email, "role": _in_words(person)} for person in PEOPLE]
    marker.write_text(json.dumps({"people": people}, indent=1) + "\n", encoding="utf-8")


def _reachable(host: str) -> str:
    return "localhost" if host in ("127.0.0.1", "0.0.0.0", "::", "::1") else host


def _in_words(person: DemoPerson) -> str:
    return "partner’s coach" if person.organisation else person.role.value.replace("_", " ")
