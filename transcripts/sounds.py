"""Where on a channel does the line ring, or music play?

Neither is anybody's speech, and a recogniser that is given them invents words. Both are found by signal processing alone,
in the band that a telephone carries (8 kHz), block after block, so that a long call needs no more memory than a short one.

What tells music from speech is that its partials stand still: a note keeps its pitch for a quarter of a second and more,
while the harmonics of a voice glide all the time. So a frame's *tonality* is the share of its energy in spectral peaks that
stay in place over five frames; averaged over three seconds it was 0.42 and more in recorded and synthesised music through a
telephone, 0.25 and less in the shipped sample calls, and 0.46 at most in acted telephone calls. The idea is Seyerlehner's
("Automatic music detection in television productions", DAFx 2007), who counts such lines in a spectrogram.

Ringing and engaged tones are sums of one or two known frequencies that hold nearly all of the energy (ITU-T E.180 and its
supplement 2, the tones of each country).
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from transcripts.model import Sound, SoundKind, Span, merge_spans

Samples = NDArray[np.float32]
Flags = NDArray[np.bool_]

SAMPLE_RATE = 16_000  # of the sound that comes in
BAND_RATE = 8_000  # of the sound that is looked at
FRAME = 1_024  # 128 ms: fine enough to tell 425 from 440 Hz
HOP = 512  # 64 ms
HOP_SECONDS = HOP / BAND_RATE
FRAME_SECONDS = FRAME / BAND_RATE
HERTZ = BAND_RATE / FRAME  # between two bins
# The bins that are looked at: 100 to 2,500 Hz, where nearly all notes have their strongest partials.
BINS = slice(13, 320)

# A frame softer than this (of full scale) is silence.
QUIET_DB = -55.0
# A peak stands this far above the mean of so many bins on either side …
PEAK_DB = 6.0
AROUND = 12
# … and is steady where it keeps its place, to a bin, for so many frames (0.4 s from the first one's start).
STEADY_FRAMES = 5

# Music: tonality averaged over three seconds, of the frames that are not silence, if there are enough of them.
MUSIC_TONALITY = 0.45
MUSIC_FRAMES = 47
HEARD_FRAMES = 12
# Speech over music, and the silence between two pieces.
MUSIC_BRIDGE_SECONDS = 3.0
SHORTEST_MUSIC_SECONDS = 4.0
# Mains hum and a whistling line stay as they are, and music changes its notes: a bin that is held for so much of a stretch
# does not change, and where so much of all that is held lies in such bins, the stretch is no music.
UNCHANGING_HELD = 0.9
MOST_UNCHANGING = 0.5

# The tones of the line in Hz: ringing and engaged in North America, dialling there, ringing in Britain, most of Europe.
LINE_TONES = ((440.0, 480.0), (480.0, 620.0), (350.0, 440.0), (400.0, 450.0), (425.0,))
TONE_HERTZ = 12.0  # how far from its frequency a tone's energy lies in a frame
TONE_SHARE = 0.85  # of the frame's energy, over all tones of one kind …
LEAST_OF_A_TONE = 0.1  # … and over each
SHORTEST_BURST_FRAMES = 2
# Between two rings; the longest of the usual ones is four seconds.
RINGING_BRIDGE_SECONDS = 4.8
SHORTEST_RINGING_SECONDS = 0.7
# Sound between two rings for longer than this is somebody.
BETWEEN_RINGS_SECONDS = 0.5

_WINDOW = np.hanning(FRAME + 1)[:-1].astype(np.float32)
# With it a sine at full scale has a power of one half, as its mean square is.
_FULL_SCALE = np.float32(2 / _WINDOW.sum() ** 2)
_LEAST = np.float32(1e-12)


class SoundFinder:
    """Looks at one channel, given block by block, for ringing and music."""

    def __init__(self) -> None:
        self._odd = np.zeros(0, np.float32)  # a sample without its neighbour
        self._sound = np.zeros(0, np.float32)  # at 8 kHz, from the first frame that may still be needed
        self._first = 0  # that frame
        self._done = 0  # frames looked at
        self._tonality: list[Samples] = []
        self._level: list[Samples] = []
        self._held: list[NDArray[np.uint8]] = []  # which bins are steady, eight in a byte
        self._tone: list[Flags] = []

    def add(self, block: Samples) -> None:
        """Hear the next block, samples at 16 kHz."""
        sound = np.concatenate([self._odd, block])
        whole = len(sound) // 2 * 2
        self._odd = sound[whole:].copy()
        self._sound = np.concatenate([self._sound, sound[:whole].reshape(-1, 2).mean(axis=1)])
        self._look(ahead=STEADY_FRAMES - 1)

    def tonality(self, span: Span) -> float:
        """The mean tonality, 0 to 1, of what is loud enough in a stretch; 0 where nothing is. Of the end of what has been
        heard the last 0.4 s are not known yet."""
        first, last = (max(0, round((at - FRAME_SECONDS / 2) / HOP_SECONDS)) for at in (span.start, span.end))
        start = self._done
        tonal: list[Samples] = []
        for known, level in zip(reversed(self._tonality), reversed(self._level), strict=True):
            start -= len(known)
            here = slice(max(0, first - start), max(0, last - start))
            tonal.append(known[here][level[here] > QUIET_DB])
            if start <= first:
                break
        heard = np.concatenate(tonal) if tonal else np.zeros(0, np.float32)
        return float(heard.mean()) if len(heard) else 0.0

    def finish(self) -> tuple[Sound, ...]:
        """The ringing and the music of the channel, once all of it has been heard."""
        self._look(ahead=0)
        if not self._level:
            return ()
        level, tonality = np.concatenate(self._level), np.concatenate(self._tonality)
        held, tone = np.concatenate(self._held), np.concatenate(self._tone)
        loud = level > QUIET_DB
        ringing = _ringing(tone & loud, loud)
        for span in ringing:
            loud[_frames(span)] = False
        music = _music(tonality, loud, held)
        return tuple(
            Sound(kind, round(span.start, 2), round(span.end, 2))
            for kind, spans in ((SoundKind.RINGING, ringing), (SoundKind.MUSIC, music))
            for span in spans
        )

    def _look(self, ahead: int) -> None:
        """Look at every whole frame that has `ahead` frames after it."""
        count = (len(self._sound) - FRAME) // HOP + 1 if len(self._sound) >= FRAME else 0
        new = slice(self._done - self._first, count - ahead)
        if new.stop <= new.start:
            return
        frames = np.lib.stride_tricks.sliding_window_view(self._sound, FRAME)[::HOP][:count]
        spectrum = np.fft.rfft(frames * _WINDOW, axis=1)[:, BINS]
        power = (spectrum.real**2 + spectrum.imag**2) * _FULL_SCALE
        total = power.sum(axis=1) + _LEAST
        steady = _steady(10 * np.log10(power + _LEAST))
        self._tonality.append(((power * steady).sum(axis=1) / total)[new])
        self._level.append(10 * np.log10(total)[new])
        self._held.append(np.packbits(steady[new], axis=1))
        self._tone.append(_line_tones(power / total[:, None])[new])
        self._done = self._first + new.stop
        needed = max(self._first, self._done - (STEADY_FRAMES - 1))
        self._sound = self._sound[(needed - self._first) * HOP :].copy()
        self._first = needed


def _steady(decibels: Samples) -> Flags:
    """Which bins of which frames belong to a peak that stays in place; shape (frames, bins), as given."""
    sums = np.cumsum(np.pad(decibels, ((0, 0), (AROUND + 1, AROUND)), mode="edge"), axis=1)
    mean = (sums[:, 2 * AROUND + 1 :] - sums[:, : -2 * AROUND - 1]) / (2 * AROUND + 1)
    peak = np.zeros(decibels.shape, bool)
    inner = decibels[:, 1:-1]
    peak[:, 1:-1] = (inner >= decibels[:, :-2]) & (inner >= decibels[:, 2:]) & (inner > mean[:, 1:-1] + PEAK_DB)
    near = peak.copy()
    near[:, 1:] |= peak[:, :-1]
    near[:, :-1] |= peak[:, 1:]
    steady = np.zeros_like(near)
    runs = len(near) - STEADY_FRAMES + 1
    if runs > 0:
        staying = np.logical_and.reduce([near[start : start + runs] for start in range(STEADY_FRAMES)])
        for start in range(STEADY_FRAMES):
            steady[start : start + runs] |= staying
    return steady


def _line_tones(share: Samples) -> Flags:
    """Which frames hold a tone of the line and little else, given the share of each bin in its frame's energy."""
    bins = np.arange(BINS.start, BINS.stop) * HERTZ
    found = np.zeros(len(share), bool)
    for tones in LINE_TONES:
        shares = np.stack([share[:, np.abs(bins - hertz) <= TONE_HERTZ].sum(axis=1) for hertz in tones])
        found |= (shares.sum(axis=0) >= TONE_SHARE) & (shares.min(axis=0) >= LEAST_OF_A_TONE)
    return found


def _ringing(tone: Flags, loud: Flags) -> list[Span]:
    """From the first ring to the last of a row."""
    rows: list[list[tuple[int, int]]] = []
    for start, end in _runs(tone):
        if end - start < SHORTEST_BURST_FRAMES:
            continue
        if rows and _goes_on(loud[rows[-1][-1][1] : start]):
            rows[-1].append((start, end))
        else:
            rows.append([(start, end)])
    least = SHORTEST_RINGING_SECONDS / HOP_SECONDS
    return [_span(row[0][0], row[-1][1]) for row in rows if sum(end - start for start, end in row) >= least]


def _goes_on(between: Flags) -> bool:
    """Whether what lies between two rings is the quiet of a cadence."""
    return len(between) * HOP_SECONDS <= RINGING_BRIDGE_SECONDS and between.sum() * HOP_SECONDS <= BETWEEN_RINGS_SECONDS


def _music(tonality: Samples, loud: Flags, held: NDArray[np.uint8]) -> list[Span]:
    """Where sound is tonal for seconds on end and changes its notes."""
    heard, tonal = _around(loud), _around(tonality * loud)
    sounding = (heard >= HEARD_FRAMES) & (tonal >= MUSIC_TONALITY * heard)
    # The mean looks a second and a half ahead and back; music begins and ends with a frame that is tonal itself.
    clear = loud & (tonality >= MUSIC_TONALITY)
    spans = [
        _span(start + int(inside[0]), start + int(inside[-1]) + 1)
        for start, end in _runs(sounding)
        if len(inside := np.flatnonzero(clear[start:end])) and _changes(held[start:end][inside])
    ]
    merged = merge_spans(spans, MUSIC_BRIDGE_SECONDS)
    return [span for span in merged if span.duration >= SHORTEST_MUSIC_SECONDS]


def _around(values: Samples | Flags) -> NDArray[np.float64]:
    """The sum over the three seconds around each frame."""
    sums = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
    frames = np.arange(len(values))
    first, last = np.maximum(frames - MUSIC_FRAMES // 2, 0), np.minimum(frames + MUSIC_FRAMES // 2 + 1, len(values))
    return np.asarray(sums[last] - sums[first])


def _changes(held: NDArray[np.uint8]) -> bool:
    """Whether the notes of some frames change, given which bins are steady in each, eight in a byte."""
    share = np.unpackbits(held, axis=1).mean(axis=0)
    return bool(share[share >= UNCHANGING_HELD].sum() <= MOST_UNCHANGING * share.sum())


def _runs(flags: Flags) -> Iterator[tuple[int, int]]:
    """First frame of each run of true ones, and the frame after its last."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]])))
    return zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)


def _span(start: int, end: int) -> Span:
    """The time of some frames, from the middle of the first one's hop to that of the last one's."""
    shift = (FRAME_SECONDS - HOP_SECONDS) / 2
    return Span(start * HOP_SECONDS + shift, end * HOP_SECONDS + shift)


def _frames(span: Span) -> slice:
    """The frames of a stretch that `_span` gave."""
    shift = (FRAME_SECONDS - HOP_SECONDS) / 2
    return slice(round((span.start - shift) / HOP_SECONDS), round((span.end - shift) / HOP_SECONDS))


def merge_sounds(channels: Sequence[Sequence[Sound]]) -> tuple[Sound, ...]:
    """The sounds of all channels as those of the call: what is heard on both at once is one."""
    found = [sound for channel in channels for sound in channel]
    return tuple(
        Sound(kind, span.start, span.end)
        for kind in SoundKind
        for span in merge_spans(sound.span for sound in found if sound.kind is kind)
    )
