"""The report in the repository is the one of the judge that lies beside it."""

from scoring.behaviours.judge import FOLDER, read_about
from scoring.behaviours.report import PLOT, REPORT, as_markdown, as_plot


def test_the_report_says_what_is_written_about_the_judge() -> None:
    about = read_about(FOLDER)
    assert (FOLDER / REPORT).read_text(encoding="utf-8") == as_markdown(about)
    assert (FOLDER / PLOT).read_text(encoding="utf-8") == as_plot(about["figures"]["reliability"])


def test_probabilities_are_right_within_five_hundredths() -> None:
    figures = read_about(FOLDER)["figures"]
    assert figures["reliability"]["expected_calibration_error"] <= 0.05
    assert figures["reliability_of_feelings"]["expected_calibration_error"] <= 0.05
