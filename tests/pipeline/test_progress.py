"""What may somebody rely on whose work is long, and whose log has no room left?"""

from contextlib import suppress
from pathlib import Path

import pytest

from pipeline.progress import Progress

FULL = Path("/dev/full")


@pytest.mark.skipif(not FULL.exists(), reason="this system has no device that is always full")
def test_the_work_goes_on_where_its_progress_cannot_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = FULL.open("w")
    with monkeypatch.context() as within:
        within.setattr("sys.stderr", stream)
        with Progress(3, "Calls") as progress:
            for _ in range(3):
                progress.step()
            progress.reached(3, 3)
    with pytest.raises(OSError, match="No space"):
        stream.flush()  # it was written to, in vain
    with suppress(OSError):
        stream.close()


def test_progress_is_written_where_it_can_be(capfd: pytest.CaptureFixture[str]) -> None:
    with Progress(2, "Calls") as progress:
        progress.step()
        progress.reached(2, 2)
    assert "Calls: 2 of 2" in capfd.readouterr().err
