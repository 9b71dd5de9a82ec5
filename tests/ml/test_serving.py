"""A service's answers from a folder of serving files, without any training library."""

import subprocess
import sys
import time

import numpy as np
import pytest

from ml.data.split import TEST, TRAIN, VALIDATION
from ml.errors import ModelDamaged
from ml.system import implementation
from ml.systems.recommender.features import Events
from ml.systems.recommender.serving import Recommender, top

SETTINGS = {"recency_exponents": [0.7], "ease_penalties": [10], "als_factors": []}


@pytest.fixture(scope="module")
def tables(small_events):
    return implementation("recommender").features(small_events)


@pytest.fixture(scope="module")
def folder(tables, tmp_path_factory):
    system = implementation("recommender")
    made = tmp_path_factory.mktemp("serving")
    system.export(system.fit(tables, SETTINGS, 0), tables, "recommender@1", made)
    return made


@pytest.fixture(scope="module")
def recommender(folder):
    return Recommender.load(folder)


def test_a_known_user_gets_films_not_taken_before_best_first(recommender, tables):
    events = Events.of(tables)
    known = events.histories(TRAIN, VALIDATION, TEST)
    for user in ("u0", "u1", "u59"):
        answer = recommender.recommend(user, 10)
        taken = {str(events.items[item]) for item in known.of(known.rows[user])}
        assert answer.kind == "personal"
        assert len(answer.items) == 10
        assert not taken & {item.item_id for item in answer.items}
        scores = [item.score for item in answer.items]
        assert scores == sorted(scores, reverse=True)


def test_taste_is_learnt(recommender):
    """Even users took the first 20 films, odd ones the rest; by chance a third would be of their taste."""
    hits = [
        (int(item.item_id[1:]) >= 20) == bool(user % 2)
        for user in range(60)
        for item in recommender.recommend(f"u{user}", 5).items
    ]
    assert np.mean(hits) > 0.6


def test_an_unknown_user_gets_popular_films_and_is_told(recommender, tables):
    answer = recommender.recommend("a stranger", 5)
    counts = Events.of(tables).histories(TRAIN, VALIDATION, TEST).counts(40)
    assert answer.kind == "popular"
    assert len(answer.items) == 5
    assert answer.items[0].score == pytest.approx(counts.max() / 60)
    assert answer.features == {"history_length": 0.0, "recent_share": 0.0}


def test_no_more_films_come_back_than_are_left(recommender):
    assert len(recommender.recommend("u0", 1000).items) == 40 - 15
    assert len(recommender.recommend("a stranger", 1000).items) == 40
    assert len(recommender.recommend("u0", 1).items) == 1


def test_top_is_the_head_of_a_full_sort():
    random = np.random.default_rng(0)
    for _ in range(50):
        scores = random.integers(0, 8, 60).astype(np.float32)
        for k in (0, 1, 10, 60, 80):
            wanted = np.argsort(-scores, kind="stable")[:k]
            np.testing.assert_array_equal(scores[top(scores, k)], scores[wanted])


def test_the_reference_profile_is_of_the_features_that_answers_carry(recommender, tables):
    observed = implementation("recommender").monitored(tables)
    answers = [recommender.recommend(f"u{n}", 1).features for n in range(60)]
    for name, values in observed.items():
        assert sorted(values) == pytest.approx(sorted(answer[name] for answer in answers))


@pytest.mark.parametrize(
    "name", ["model.onnx", "histories.npz", "popular.npz", "catalogue.json", "manifest.json"]
)
def test_a_damaged_or_missing_file_is_refused_with_its_name(folder, tmp_path, name):
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    content = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(content[: len(content) // 2])
    with pytest.raises(ModelDamaged, match=name):
        Recommender.load(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(ModelDamaged, match=name):
        Recommender.load(tmp_path)


def test_loading_imports_no_training_library(folder):
    code = (
        "import sys; from ml.systems.recommender.serving import Recommender; from pathlib import Path; "
        "Recommender.load(Path(sys.argv[1])).recommend('u0', 3); "
        "print(sorted({name.split('.')[0] for name in sys.modules}))"
    )
    said = subprocess.run(
        [sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    for heavy in ("scipy", "sklearn", "pandas", "implicit", "mlflow", "onnx", "pyarrow", "boto3", "yaml"):
        assert f"'{heavy}'" not in said


def test_answers_are_the_same_from_several_threads(recommender):
    import threading

    alone = {n: recommender.recommend(f"u{n}", 10) for n in range(60)}
    wrong = []

    def ask(start):
        wrong.extend(n for n in range(start, 60) if recommender.recommend(f"u{n}", 10) != alone[n])

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_an_answer_takes_far_less_cpu_than_its_budget(recommender):
    taken = []
    for _ in range(20):
        for n in range(60):
            began = time.process_time()
            recommender.recommend(f"u{n}", 10)
            taken.append(time.process_time() - began)
    assert np.percentile(taken, 99) < 0.005
