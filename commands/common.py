"""What do all commands share?

How an answer is printed and a file written, and what the options are called by which several commands are told how to hear
and whom something is for.
"""

import json
from pathlib import Path
from typing import Any

import click

from errors import InputError
from settings import settings

FILES = click.Path(path_type=Path)

ENGINE = click.option("--engine", type=click.Choice(["faster-whisper", "openai-whisper"]), help="The speech recogniser.")
MODEL = click.option("--model", help="base, tiny.en, a path to weights, or a name that the engine can fetch.")

OUT = click.option("-o", "--out", type=FILES, required=True, help="The file to write.")
FOR = click.option("--for", "email", help="Whom it is for, by e-mail: it holds what they may see. Else all.")


def answer(value: dict[str, Any]) -> None:
    """Print one line of JSON and send it off at once, so that a program may read along."""
    click.echo(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def listening(engine: str | None, model: str | None, agent_channel: int | None = None) -> Any:
    """The options of hearing: as named on the command line, else as set."""
    from pipeline.listen import Listening

    chosen = settings()
    return Listening(
        engine=engine or chosen.engine,
        model=model or chosen.model,
        language=chosen.language,
        agent_channel=chosen.agent_channel if agent_channel is None else agent_channel,
        workers=chosen.workers,
        # What somebody names for this one run is taken at its word.
        channels=chosen.channels if agent_channel is None else "trust",
        vocabulary=chosen.names,
    )


def asking(session: Any, email: str | None) -> Any:
    """The person a paper is for, or the operator."""
    from pipeline.reports import asker_by_email
    from storage.access import SYSTEM
    from storage.audit import OPERATOR, done_by

    done_by(session, OPERATOR)
    return asker_by_email(session, email) if email else SYSTEM


def write_out(out: Path, data: bytes) -> None:
    """Write a file, or raise InputError with the reason why it cannot be written."""
    try:
        out.write_bytes(data)
    except OSError as wrong:
        raise InputError(f"{out} cannot be written: {wrong.strerror}.") from wrong
    click.echo(f"{out} written.", err=True)
