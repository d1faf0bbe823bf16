"""The sentence encoder on a tiny model of the test's own, whole and damaged, with no network."""

from __future__ import annotations

import json
import shutil
import socket
import string
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from dialog_s2s.errors import DataError, UsageError
from dialog_s2s.memory.embeddings import SentenceEncoder

TEXTS = [
    *("when do you open?", "x", "do you sell green tea, or black, or any at all?", "ok"),
    *("", "when do you open?", "녹차", "a b c d e f g h i j k l m n o p q r s t u v w x y z" * 3),
]
WEIGHTS = "model.safetensors"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of two layers and width 16 that knows letters; not to be changed."""
    library = pytest.importorskip("sentence_transformers")
    from sentence_transformers.base.modules import Transformer
    from sentence_transformers.sentence_transformer.modules import Pooling
    from transformers import BertConfig, BertModel, BertTokenizerFast
    from transformers.utils import logging

    raw = tmp_path_factory.mktemp("raw")
    signs = string.ascii_lowercase + string.digits + string.punctuation + "네아니요"
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    pieces = [*special, *signs, *(f"##{sign}" for sign in signs)]
    (raw / "vocab.txt").write_text("\n".join(pieces) + "\n", encoding="utf-8")
    config = BertConfig(
        vocab_size=len(pieces),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=64,
        initializer_range=0.5,
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        BertModel(config).save_pretrained(raw)
    BertTokenizerFast(str(raw / "vocab.txt"), model_max_length=64).save_pretrained(raw)
    place = tmp_path_factory.mktemp("models") / "tiny"
    logging.disable_progress_bar()
    library.SentenceTransformer(modules=[Transformer(str(raw)), Pooling(16, "mean")]).save(
        str(place)
    )
    logging.enable_progress_bar()
    return place


@pytest.fixture(scope="module")
def encoder(folder: Path) -> SentenceEncoder:
    return SentenceEncoder.load(str(folder))


@pytest.fixture
def copy(folder: Path, tmp_path: Path) -> Path:
    """A copy of the model, to be damaged."""
    return Path(shutil.copytree(folder, tmp_path / "copy"))


@pytest.fixture
def hub(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The hub's cache, empty, with no network."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    return tmp_path / "hub"


@pytest.fixture
def _no_network(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    asked: list[object] = []

    def refuse(*address: object, **_: object) -> None:
        asked.append(address)
        raise OSError("the test has no network")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    yield
    assert not asked


def refused(folder: Path, reason: str) -> None:
    """Loading must fail for this reason, in one line that says what to do."""
    with pytest.raises(DataError, match=reason) as caught:
        SentenceEncoder.load(str(folder))
    assert str(caught.value).startswith(f"{folder}: ")
    assert "again" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_vectors_are_rows_of_unit_length(encoder: SentenceEncoder, folder: Path) -> None:
    vectors = encoder.encode(TEXTS)
    assert (encoder.name, encoder.width) == (str(folder), 16)
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(TEXTS), 16)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert np.array_equal(vectors[0], vectors[5])
    different = vectors[[0, 1, 2, 3, 4, 6]]
    assert (different @ different.T - np.eye(6)).max() < 0.999


def test_no_texts_are_no_rows(encoder: SentenceEncoder) -> None:
    vectors = encoder.encode([])
    assert (vectors.shape, vectors.dtype) == ((0, 16), np.float32)


def test_a_vector_does_not_depend_on_its_company(encoder: SentenceEncoder) -> None:
    whole = encoder.encode(TEXTS)
    order = np.random.default_rng(0).permutation(len(TEXTS))
    shuffled = encoder.encode([TEXTS[place] for place in order], batch=3)
    assert np.abs(shuffled - whole[order]).max() < 1e-5
    for batch in (1, 2, 32):
        assert np.abs(encoder.encode(TEXTS, batch=batch) - whole).max() < 1e-5
    alone = np.concatenate([encoder.encode([text]) for text in TEXTS])
    assert np.abs(alone - whole).max() < 1e-5


def test_the_vector_is_the_mean_over_the_text(encoder: SentenceEncoder, folder: Path) -> None:
    from transformers import BertModel, BertTokenizerFast
    from transformers.utils import logging

    logging.disable_progress_bar()
    model = BertModel.from_pretrained(folder).eval()
    logging.enable_progress_bar()
    pieces = BertTokenizerFast.from_pretrained(folder)(TEXTS[0], return_tensors="pt")
    with torch.no_grad():
        mean = model(**pieces).last_hidden_state[0].mean(0).numpy()
    assert np.allclose(encoder.encode([TEXTS[0]])[0], mean / np.linalg.norm(mean), atol=1e-5)


def test_threads_may_share_it(encoder: SentenceEncoder) -> None:
    whole = encoder.encode(TEXTS)
    with ThreadPoolExecutor(4) as pool:
        for vectors in pool.map(lambda _: encoder.encode(TEXTS, batch=2), range(12)):
            assert np.abs(vectors - whole).max() < 1e-5


@pytest.mark.usefixtures("_no_network")
def test_a_folder_needs_no_network_and_nothing_is_shown(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder.parent)
    assert SentenceEncoder.load("tiny").encode(["hi"]).shape == (1, 16)
    assert capfd.readouterr() == ("", "")


def test_a_text_that_the_model_sees_nothing_in_is_zeros() -> None:
    class Blind:
        def encode(self, texts: list[str], **_: object) -> np.ndarray:
            return np.zeros((len(texts), 4))

    vectors = SentenceEncoder("blind", Blind(), 4).encode(["a", "b"])
    assert vectors.tolist() == [[0] * 4] * 2


@pytest.mark.parametrize(
    "name",
    ["config.json", WEIGHTS, "1_Pooling/config.json", "tokenizer_config.json", "modules.json"],
)
@pytest.mark.parametrize("share", [0.0, 0.5])
def test_a_file_cut_short(copy: Path, name: str, share: float) -> None:
    data = (copy / name).read_bytes()
    (copy / name).write_bytes(data[: int(len(data) * share)])
    refused(copy, r"cannot be loaded \(.*\); copy or download the whole folder again")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("config.json", "cannot be loaded"),
        (WEIGHTS, "cannot be loaded .*model.safetensors"),
        ("1_Pooling/config.json", "cannot be loaded"),
        ("tokenizer.json", "tells no texts apart"),
    ],
)
def test_a_file_that_is_missing(copy: Path, name: str, reason: str) -> None:
    (copy / name).unlink()
    refused(copy, reason)


def test_weights_that_are_missing_are_not_made_up(
    copy: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    whole = load_file(copy / WEIGHTS)
    name = "encoder.layer.1.output.dense.weight"
    save_file({key: value for key, value in whole.items() if key != name}, copy / WEIGHTS)
    refused(copy, f"weights are missing .{name} ")
    assert capfd.readouterr() == ("", "")


def test_the_pooler_is_not_missed(copy: Path, encoder: SentenceEncoder) -> None:
    whole = load_file(copy / WEIGHTS)
    kept = {key: value for key, value in whole.items() if "pooler" not in key}
    assert len(kept) == len(whole) - 2
    save_file(kept, copy / WEIGHTS)
    vectors = SentenceEncoder.load(str(copy)).encode(TEXTS)
    assert np.array_equal(vectors, encoder.encode(TEXTS))


def test_weights_that_are_not_numbers(copy: Path) -> None:
    whole = load_file(copy / WEIGHTS)
    whole["embeddings.LayerNorm.weight"].fill_(float("nan"))
    save_file(whole, copy / WEIGHTS)
    refused(copy, "tells no texts apart")


def test_a_pickle_is_not_read(copy: Path) -> None:
    torch.save(load_file(copy / WEIGHTS), copy / "pytorch_model.bin")
    (copy / WEIGHTS).unlink()
    refused(copy, "cannot be loaded .*model.safetensors")


def test_code_that_comes_with_a_model_is_not_run(copy: Path, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    code = f"open({str(ran)!r}, 'w').close()\nfrom sentence_transformers.models import Pooling\n"
    (copy / "mine.py").write_text(code)
    modules = json.loads((copy / "modules.json").read_bytes())
    modules[1]["type"] = "mine.Pooling"
    (copy / "modules.json").write_text(json.dumps(modules))
    refused(copy, "cannot be loaded")
    assert not ran.exists()


@pytest.mark.usefixtures("folder")
def test_a_folder_of_something_else(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"is no sentence encoder \(it has no modules.json\)"):
        SentenceEncoder.load(str(tmp_path))


@pytest.mark.usefixtures("hub")
def test_neither_a_folder_nor_a_name(tmp_path: Path) -> None:
    for place in (str(tmp_path / "none"), "two words"):
        with pytest.raises(UsageError, match="there is no such folder; give one, or") as caught:
            SentenceEncoder.load(place)
        assert str(caught.value).startswith(f"{place!r}: ")


@pytest.mark.usefixtures("hub")
@pytest.mark.parametrize("name", ["someone/some-model", "some-model"])
def test_a_hub_that_cannot_be_reached(name: str) -> None:
    with pytest.raises(
        UsageError, match=r"cannot be used .*download the model elsewhere"
    ) as caught:
        SentenceEncoder.load(name)
    assert str(caught.value).startswith(f"{name!r}: ")


@pytest.mark.usefixtures("hub")
def test_a_name_that_the_hub_does_not_know(monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub
    from huggingface_hub.errors import RepositoryNotFoundError

    def unknown(name: str, **_: object) -> None:
        raise RepositoryNotFoundError.__new__(RepositoryNotFoundError)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", unknown)
    with pytest.raises(UsageError, match="such a model on the Hugging Face hub; check the spell"):
        SentenceEncoder.load("someone/no-model")


@pytest.mark.usefixtures("_no_network")
@pytest.mark.parametrize(
    ("name", "full"),
    [("someone/tiny", "someone/tiny"), ("tiny-model", "sentence-transformers/tiny-model")],
)
def test_a_model_of_the_hub_is_found_in_its_cache(
    hub: Path, folder: Path, encoder: SentenceEncoder, name: str, full: str
) -> None:
    cached = hub / f"models--{full.replace('/', '--')}"
    commit = "0" * 40
    shutil.copytree(folder, cached / "snapshots" / commit)
    (cached / "refs").mkdir()
    (cached / "refs" / "main").write_text(commit)
    found = SentenceEncoder.load(name)
    assert found.name == name
    assert np.array_equal(found.encode(TEXTS), encoder.encode(TEXTS))


@pytest.mark.parametrize("module", ["sentence_transformers", "huggingface_hub"])
def test_the_extra_is_named_where_it_is_missing(
    monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    if module != "sentence_transformers":
        pytest.importorskip("sentence_transformers")
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(UsageError, match=r"pip install 'dialog-s2s\[embeddings\]'") as caught:
        SentenceEncoder.load("someone/some-model")
    assert caught.value.exit_code == 2
