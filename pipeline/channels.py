"""Which scorecards are for what is written on which channel, in the place of those for calls?"""

from errors import SettingsError
from scorecards.scope import Channel
from settings import settings

_CHANNELS = {channel.value: channel for channel in (Channel.CHAT, Channel.EMAIL, Channel.SOCIAL)}


def scorecards_by_channel() -> list[tuple[Channel, tuple[str, ...]]]:
    """Each channel that has scorecards of its own, with their names or files, as `ATTUNE_CHANNEL_SCORECARDS` says.

    Raises SettingsError naming what cannot be read.
    """
    found: list[tuple[Channel, tuple[str, ...]]] = []
    for one in filter(None, (part.strip() for part in settings().channel_scorecards.split(";"))):
        channels, colon, names = one.partition(":")
        if not colon or not names.split() or not set(channels.split()) <= set(_CHANNELS) or not channels.split():
            raise SettingsError(
                f"ATTUNE_CHANNEL_SCORECARDS: {one!r} is not CHANNEL: SCORECARD; such as chat email: written_service, with "
                f"{', '.join(_CHANNELS)} as channels."
            )
        found += [(_CHANNELS[channel], tuple(names.split())) for channel in channels.split()]
    return found
