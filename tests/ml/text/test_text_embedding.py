"""What is logged of texts tells a new kind of them from the usual ones, in any language, with NumPy alone."""

import json
import subprocess
import sys
import zlib

import numpy as np
import pytest
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

from ml.drift.live import Window
from ml.drift.profile import profile
from ml.drift.watch import compared
from ml.errors import WrongInput
from ml.operation import Drift, Monitor
from ml.text.embedding import TextEmbedding
from tests.window_records import record_of

WATCHED = ("familiarity", "likeness")
DECLARED = Drift(monitors=[Monitor(feature=name, title=name) for name in WATCHED])
ROWS, NEW = 600, 0.1
ENGLISH = (
    ("where is my parcel {}", "the order {} has not come", "send {} back please", "what does {} cost"),
    ("my password for {} is wrong", "open an account named {}", "delete the account {} at once"),
    ("lamp", "blue chair", "garden table", "kettle", "desk", "carpet", "oven", "mirror"),
)
CHINESE = (
    ("我的包裹{}在哪里", "订单{}还没有到", "我要退回{}", "{}多少钱"),
    ("我的账户{}密码错了", "请注册账户{}", "马上注销账户{}"),
    ("台灯", "蓝色椅子", "花园桌子", "水壶", "书桌", "地毯", "烤箱", "镜子"),
)


def drawn(kinds, objects, count, seed):
    random = np.random.default_rng(seed)
    return [random.choice(kinds).format(random.choice(objects)) for _ in range(count)]


def logged(embedding, texts):
    columns = {name: values.tolist() for name, values in embedding(texts).items()}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def drifted(embedding, reference, texts):
    known = profile(DECLARED.monitors, embedding(reference))
    window = Window([json.dumps(row) for row in logged(embedding, texts)], ["{}"] * len(texts))
    return record_of(compared(window, DECLARED, known, None), len(texts)).drifted


@pytest.mark.parametrize(("usual", "new", "objects"), [ENGLISH, CHINESE], ids=["English", "Chinese"])
def test_a_new_kind_in_a_tenth_of_a_window_drifts_and_the_usual_ones_do_not(usual, new, objects):
    embedding = TextEmbedding.fit(drawn(usual, objects, ROWS, 0))
    reference = drawn(usual, objects, ROWS, 1)
    assert drifted(embedding, reference, drawn(usual, objects, ROWS, 2)) == ()
    few = int(NEW * ROWS)
    mixed = drawn(usual, objects, ROWS - few, 3) + drawn(new, objects, few, 4)
    assert set(WATCHED) & set(drifted(embedding, reference, mixed))


def test_what_is_known_is_most_familiar_and_an_empty_text_is_nowhere():
    usual, new, objects = ENGLISH
    texts = drawn(usual, objects, ROWS, 0)
    embedding = TextEmbedding.fit(texts)
    found = embedding([texts[0], new[0].format("kettle"), "", "   "])
    assert all(0 <= value <= 1 + 1e-6 for value in found["familiarity"])
    assert found["likeness"][0] == pytest.approx(1, abs=1e-5)
    assert found["likeness"][0] > found["likeness"][1]
    assert found["familiarity"][0] > found["familiarity"][1]
    assert not any(values[2:].any() for values in found.values())
    assert set(found) == {*WATCHED, *(f"embedding_{axis}" for axis in range(8))}


def places(text):
    words = [f" {word} " for word in text.lower().split()]
    triples = [word[first : first + 3] for word in words for first in range(len(word) - 2)]
    return [str(zlib.crc32(piece.encode()) % 8192) for piece in words + triples]


def test_it_is_scikit_learns_latent_semantic_analysis():
    texts = drawn(*ENGLISH[::2], ROWS, 0)
    shares = TfidfVectorizer(analyzer=places, sublinear_tf=True).fit_transform(texts)
    wanted = TruncatedSVD(8, algorithm="arpack", random_state=0).fit_transform(shares)
    found = TextEmbedding.fit(texts)(texts)
    numbers = np.column_stack([found[f"embedding_{axis}"] for axis in range(8)])
    assert np.abs(numbers) == pytest.approx(np.abs(wanted), abs=1e-3)
    assert found["familiarity"] == pytest.approx(np.linalg.norm(wanted, axis=1), abs=1e-3)


def test_a_service_needs_numpy_alone_and_says_what_training_said(tmp_path):
    usual, _, objects = ENGLISH
    embedding = TextEmbedding.fit(drawn(usual, objects, ROWS, 0))
    file = tmp_path / "texts.npz"
    file.write_bytes(embedding.to_bytes())
    asked = "the order kettle has not come"
    code = (
        "import json, sys, pathlib; from ml.text.embedding import TextEmbedding; "
        f"found = TextEmbedding.from_bytes(pathlib.Path({str(file)!r}).read_bytes())([{asked!r}]); "
        "assert not {'sklearn', 'scipy', 'pandas'} & set(sys.modules); "
        "print(json.dumps({name: float(value[0]) for name, value in found.items()}))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert json.loads(said) == pytest.approx({name: value[0] for name, value in embedding([asked]).items()})


def test_too_few_texts_are_refused():
    with pytest.raises(WrongInput, match="64 texts are too few to embed; give more than 64"):
        TextEmbedding.fit(["a text"] * 64)
