"""A text's numbers are its own, whatever it is worked out together with."""

from hypothesis import given
from hypothesis import strategies as st

from scoring.signals.bert import _padded, load_tokenizer
from scoring.signals.embeddings import LONGEST_TOKENS, _embed


def of_length(tokens: int) -> str:
    """A text of so many tokens, the two at its ends included."""
    return " ".join(["parcel", "came", "late"][n % 3] for n in range(tokens - 2))


def test_texts_of_all_lengths_get_the_same_numbers_alone_and_together() -> None:
    texts = [of_length(tokens) for tokens in (3, 8, 9, 15, 16, 17, 31, 32, 33, 40, 95, 96, 97, 130)]
    lengths = [len(one.ids) for one in load_tokenizer(LONGEST_TOKENS).encode_batch(texts)]
    assert lengths == [3, 8, 9, 15, 16, 17, 31, 32, 33, 40, 95, 96, 97, 130]
    together, backwards = _embed(texts), _embed(texts[::-1])[::-1]
    for text, one, other in zip(texts, together, backwards, strict=True):
        assert one.tobytes() == other.tobytes() == _embed([text])[0].tobytes()


@given(st.integers(1, 256))
def test_a_text_is_padded_little_and_never_cut(tokens: int) -> None:
    assert tokens <= _padded(tokens) < tokens + 16
