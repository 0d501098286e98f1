"""What the benchmark of reasons promises holds, so that no change of the judge or of sample calls lowers it unseen."""

from bench.reasons import EXAMPLES, PROMISED_F1, PROMISED_FOUND, PROMISED_NO_FIT, PROMISED_RAND, measure


def test_reasons_are_found_in_phrasings_that_no_example_has_and_what_was_left_out_is_proposed() -> None:
    figures = measure([max(EXAMPLES)])
    assert figures["shared_sentences"] == 0
    for asked in (figures, figures["later"]):
        assert asked["macro_f1"][max(EXAMPLES)]["one_sentence"] >= PROMISED_F1
        assert asked["macro_f1"][max(EXAMPLES)]["two_sentences"] >= PROMISED_F1
        assert asked["all_fit"]["right_where_assigned"] >= 0.95
        assert asked["nothing_fits"]["precision_if_half_were_unknown"] >= PROMISED_NO_FIT
        assert asked["nothing_fits"]["adjusted_rand"] >= PROMISED_RAND
        assert asked["nothing_fits"]["left_out_proposed"] >= PROMISED_FOUND
