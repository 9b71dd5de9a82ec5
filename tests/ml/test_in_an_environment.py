"""The pipeline in an environment as `pulumi up` makes it, with each principal's own key."""

import json
import sys

import pytest

from ml.data.datasets import Datasets
from ml.errors import StoreRefused
from ml.model_registry import ModelRegistry
from ml.objects import Objects
from ml.systems.recommender.serving import Recommender

pytestmark = pytest.mark.slow


def test_the_shipped_pipeline_runs_with_the_jobs_own_key(local_environment, tmp_path):
    command = [sys.executable, "-m", "ml", "run", "--environment", str(local_environment.document)]
    done = local_environment.run([*command, "--system", "recommender", "--json"], cwd=tmp_path)
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["decision"] == "promote"
    environment = local_environment.load()
    version = ModelRegistry(environment).version("recommender", result["model_version"])
    recommender = Recommender.load(ModelRegistry(environment).download(version, tmp_path / "model"))
    assert recommender.recommend("196", 10).kind == "personal"
    assert str(Datasets(environment).records("recommender")[-1].version) == version.dataset
    assert (environment.logs / "pipeline-recommender.log").is_file()


@pytest.mark.parametrize("purpose", ["models", "releases", "predictions"])
def test_jobs_may_not_write_into_the_buckets_of_others(local_environment, purpose):
    environment = local_environment.load()
    bucket = getattr(environment.object_store.buckets, purpose)
    with pytest.raises(StoreRefused, match="AccessDenied"):
        Objects(environment, bucket).put("x", b"")
