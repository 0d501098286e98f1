"""The page about the behaviours says what the corpus says."""

from pathlib import Path

from scoring.behaviours.corpus import behaviours
from scoring.behaviours.guide import guide

PAGE = (Path(__file__).parents[3] / "docs" / "behaviours.md").read_text(encoding="utf-8")


def test_the_page_is_in_step_with_the_corpus() -> None:
    assert guide() == PAGE, "write it again: python -m scoring.behaviours.guide > docs/behaviours.md"


def test_every_behaviour_has_its_definition_its_source_an_example_and_a_near_miss() -> None:
    for name, behaviour in behaviours().items():
        section = PAGE.partition(f"### `{name}`: {behaviour.title}\n")[2].partition("\n##")[0]
        assert behaviour.definition in section, name
        assert behaviour.source.rstrip(".") in section, name
        shown, missed = (line.partition(": ")[2] for line in section.splitlines() if line.startswith(("- Sh", "- Do")))
        assert any(example.present and f"“{example.said.text}”" in shown for example in behaviour.examples), name
        assert any(not example.present and f"“{example.said.text}”" in missed for example in behaviour.examples), name
