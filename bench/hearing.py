"""How well are calls heard: as they are, over an old telephone line, and with other people talking in the room?

    python -m bench.hearing [FILE...] [--all]    without files: four of the recorded sample calls; --all takes all of them

Each call is heard as it is, as 8 kHz mu-law, and with babble 10 dB below its speech, each time with its two channels and
mixed to one. The babble is twelve voices of other sample calls at once without their pauses, placed by a fixed seed. Counted
are, after openai-whisper's own normaliser of English, the word error rate against what was to be said, and the share of the
words heard right that went to the right side. Then both engines hear the calls as they are, and the word error rate of one
against the other is taken. The last line printed is one JSON object; `holds` says whether the engines differ in at most 3 %
of words.
"""

import argparse
import difflib
import json
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import av
import jiwer
import numpy as np
from numpy.typing import NDArray

from bench.speech import TELEPHONE_RATE, TWO_CHANNELS
from transcripts.audio import decode_channels
from transcripts.hear import transcribe_recording
from transcripts.whisper.engine import SAMPLE_RATE, Samples

FEW = 4
MOST_DIFFERENT = 0.03

SEED = 7
BABBLE_VOICES = 12
BABBLE_DECIBELS = 10.0
# Below this share of a channel's loudest 50 ms it is taken to be silent, so that pauses do not make speech seem soft.
SILENT = 0.05
STEP = SAMPLE_RATE // 20

Channels = list[Samples]


@dataclass(frozen=True)
class Said:
    """The words of a call after normalising, each with its side."""

    words: tuple[str, ...]
    sides: tuple[str, ...]

    @property
    def text(self) -> str:
        """All of it."""
        return " ".join(self.words)


def main() -> int:
    """Measure and print. 0 where the promise holds, 1 where it doesn't."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, help="two-channel calls with a NAME.reference.jsonl beside them")
    parser.add_argument("--all", action="store_true", help="every recorded sample call that has two channels")
    asked = parser.parse_args()
    files = asked.files or (TWO_CHANNELS if asked.all else TWO_CHANNELS[:: len(TWO_CHANNELS) // FEW][:FEW])
    figures = measure(files)
    print(json.dumps(figures))
    return 0 if figures["holds"] else 1


def measure(files: Sequence[Path]) -> dict[str, Any]:
    """The rates of every condition over all files, and how far the engines agree, with `holds`."""
    normalise = normaliser()
    references = [reference_of(file, normalise) for file in files]
    conditions: dict[str, dict[str, float]] = {}
    for name, change in CONDITIONS.items():
        for mixed in (False, True):
            heard = [hear_changed(file, change, mixed, normalise) for file in files]
            conditions[f"{name}, {'one channel' if mixed else 'two channels'}"] = rates(references, heard)
            print(name, "mixed" if mixed else "", rates(references, heard), file=sys.stderr)
    ours, other = ([said_in(file, engine, normalise) for file in files] for engine in ("faster-whisper", "openai-whisper"))
    different = word_error_rate(other, ours)
    return {
        "calls": len(files),
        "words": sum(len(said.words) for said in references),
        "conditions": conditions,
        "openai_whisper_word_error_rate": word_error_rate(references, other),
        "engines_differ": different,
        "holds": different <= MOST_DIFFERENT,
    }


def normaliser() -> Callable[[str], str]:
    """openai-whisper's normaliser: spelling, contractions and numbers in one form."""
    from whisper.normalizers import EnglishTextNormalizer

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # it leaves its list of spellings open for Python to close
        plain: Callable[[str], str] = EnglishTextNormalizer()
    return plain


def reference_of(file: Path, normalise: Callable[[str], str]) -> Said:
    """What was to be said in a sample call."""
    written = json.loads(file.with_name(f"{file.stem}.reference.jsonl").read_text(encoding="utf-8"))
    return _said([(turn["speaker"], turn["text"]) for turn in written["turns"]], normalise)


def said_in(file: Path, engine: str, normalise: Callable[[str], str]) -> Said:
    """What an engine hears in a recording."""
    began = time.perf_counter()
    transcript = transcribe_recording(file, engine=engine)
    print(f"{engine} {file.name}: {time.perf_counter() - began:.1f} s", file=sys.stderr)
    return _said([(str(turn.speaker), turn.text) for turn in transcript.turns], normalise)


def _said(turns: Sequence[tuple[str, str]], normalise: Callable[[str], str]) -> Said:
    pairs = [(word, side) for side, text in turns for word in normalise(text).split()]
    return Said(tuple(word for word, _ in pairs), tuple(side for _, side in pairs))


def rates(references: Sequence[Said], heard: Sequence[Said]) -> dict[str, float]:
    """Word error rate over all calls, what it is made of (words heard as others, missing, and added, each over the words of
    the reference), and the share of the words heard right that are on the right side."""
    right = matched = 0
    for said, got in zip(references, heard, strict=True):
        for block in difflib.SequenceMatcher(None, said.words, got.words, autojunk=False).get_matching_blocks():
            sides = zip(said.sides[block.a : block.a + block.size], got.sides[block.b : block.b + block.size], strict=True)
            matched += block.size
            right += sum(a == b for a, b in sides)
    made_of = jiwer.process_words([said.text for said in references], [said.text for said in heard])
    words = max(1, sum(len(said.words) for said in references))
    return {
        "word_error_rate": word_error_rate(references, heard),
        "heard_as_others": round(made_of.substitutions / words, 4),
        "missing": round(made_of.deletions / words, 4),
        "added": round(made_of.insertions / words, 4),
        "words_on_the_right_side": round(right / max(1, matched), 4),
    }


def word_error_rate(references: Sequence[Said], heard: Sequence[Said]) -> float:
    """Words that differ over the words of the reference, over all calls."""
    return round(float(jiwer.wer([said.text for said in references], [said.text for said in heard])), 4)


# What is done to a call


def hear_changed(
    file: Path, change: Callable[[Channels, Path], tuple[Channels, int, str]], mixed: bool, normalise: Callable[[str], str]
) -> Said:
    """What the usual engine hears of a call after a change, its channels mixed to one if so wanted."""
    channels, rate, codec = change(decode_channels(file), file)
    if mixed:
        channels = [np.mean(channels, axis=0, dtype=np.float32)]
    with tempfile.TemporaryDirectory() as folder:
        changed = Path(folder) / file.with_suffix(".wav").name
        write_wav(changed, channels, rate, codec)
        return said_in(changed, "faster-whisper", normalise)


def as_it_is(channels: Channels, file: Path) -> tuple[Channels, int, str]:
    """The call's own sound."""
    return channels, SAMPLE_RATE, "pcm_s16le"


def as_mu_law(channels: Channels, file: Path) -> tuple[Channels, int, str]:
    """The call as telephone exchanges carry it (ITU-T G.711)."""
    return decode_channels(file, TELEPHONE_RATE), TELEPHONE_RATE, "pcm_mulaw"


def with_babble(channels: Channels, file: Path) -> tuple[Channels, int, str]:
    """The call with other voices behind each of its own, 10 dB below it."""
    chance = np.random.default_rng([SEED, TWO_CHANNELS.index(file) if file in TWO_CHANNELS else len(TWO_CHANNELS)])
    others = [other for other in TWO_CHANNELS if other != file]
    noisy: Channels = []
    for channel in channels:
        behind = np.zeros(len(channel))
        for number in chance.choice(len(others), BABBLE_VOICES, replace=False):
            voice = without_pauses(_sample(others[number])[int(chance.integers(2))])
            voice = voice / speech_level(voice)
            behind += np.resize(np.roll(voice, int(chance.integers(len(voice)))), len(channel))
        loudness = speech_level(channel) / 10 ** (BABBLE_DECIBELS / 20) / float(np.sqrt(np.mean(behind**2)))
        noisy.append(np.clip(channel + loudness * behind, -1, 1).astype(np.float32))
    return noisy, SAMPLE_RATE, "pcm_s16le"


@lru_cache(maxsize=len(TWO_CHANNELS))
def _sample(file: Path) -> Channels:
    return decode_channels(file)


CONDITIONS = {"as they are": as_it_is, "8 kHz mu-law": as_mu_law, "babble at 10 dB": with_babble}


def without_pauses(channel: Samples) -> Samples:
    """A channel without its silent 50 ms; all of it where it has no others."""
    steps = channel[: len(channel) // STEP * STEP].reshape(-1, STEP)
    levels: NDArray[np.float32] = np.sqrt((steps**2).mean(axis=1))
    spoken = steps[levels > SILENT * levels.max(initial=0.0)]
    return spoken.reshape(-1) if len(spoken) else channel


def speech_level(channel: Samples) -> float:
    """The root mean square of a channel without its pauses; 1 where all of it is silent."""
    return float(np.sqrt(np.mean(without_pauses(channel) ** 2))) or 1.0


def write_wav(path: Path, channels: Channels, rate: int, codec: str) -> None:
    """Samples from -1 to 1 as a WAV file of one channel or two."""
    with av.open(str(path), "w") as container:
        layout = "stereo" if len(channels) == 2 else "mono"
        stream = cast(av.AudioStream, container.add_stream(codec, rate=rate, layout=layout))
        sound = np.stack(channels).T.reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(
            np.clip(sound * 32767, -32768, 32767).astype(np.int16), format="s16", layout=layout
        )
        frame.sample_rate = rate
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


if __name__ == "__main__":
    sys.exit(main())
