"""A real bucket: drift made by hand, found by refresh, mended by up; data destroyed with consent only."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import boto3
import pytest
from moto.server import ThreadedMotoServer

# What a rehearsal of `dev` proves on whole root modules is here on one bucket.
pytestmark = pytest.mark.long

REPOSITORY = Path(__file__).resolve().parents[3]
LOCK_FILE = REPOSITORY / "infra" / "terraform" / "roots" / "storage" / ".terraform.lock.hcl"
ROOT = """
terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

variable "endpoint" {
  type = string
}

variable "force_destroy" {
  type    = bool
  default = false
}

provider "aws" {
  region                      = "us-east-1"
  s3_use_path_style           = true
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
  max_retries                 = 1

  endpoints {
    s3 = var.endpoint
  }
}

resource "aws_s3_bucket" "data" {
  bucket        = "data"
  force_destroy = var.force_destroy

  tags = {
    team = "ml"
  }
}
"""
PROGRAM = """
store = os.environ["STORE"]
TerraformRoot(
    "buckets",
    root=os.environ["ROOT"],
    variables={"endpoint": store},
    endpoint=store,
    environment={"AWS_ACCESS_KEY_ID": "tried", "AWS_SECRET_ACCESS_KEY": pulumi.Output.secret("tried-key")},
    destroy_variables={"force_destroy": True},
)
"""


@pytest.fixture(scope="module")
def life(programs):
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    store = "http://{}:{}".format(*server.get_host_and_port())
    client = boto3.client(
        "s3",
        endpoint_url=store,
        region_name="us-east-1",
        aws_access_key_id="tried",
        aws_secret_access_key="tried",
    )
    program = programs("buckets").write(PROGRAM)
    root = program.root("buckets", main=ROOT)
    shutil.copy(LOCK_FILE, root)
    program.environment |= {"STORE": store, "ROOT": str(root)}
    life = SimpleNamespace()
    program.up().well()
    by_hand = [{"Key": "team", "Value": "someone else"}]
    client.put_bucket_tagging(Bucket="data", Tagging={"TagSet": by_hand})
    life.refreshed = program.refresh().well()
    life.drift = program.resources()["buckets"]["outputs"]["drift"]
    life.mended = program.up().well()
    life.tags = client.get_bucket_tagging(Bucket="data")["TagSet"]
    client.put_object(Bucket="data", Key="row", Body=b"a row that somebody needs")
    life.refused = program.destroy().badly()
    life.kept = client.get_object(Bucket="data", Key="row")["Body"].read()
    life.destroyed = program.destroy(MILLRACE_DESTROY="tried").well()
    life.buckets = client.list_buckets()["Buckets"]
    yield life
    server.stop()


def test_drift_made_by_hand_is_found_by_refresh_and_mended_by_up(life):
    assert life.refreshed.says("drift: aws_s3_bucket.data was changed outside (update)")
    assert life.drift == {"aws_s3_bucket.data": "update"}
    assert life.mended.says("~ update aws_s3_bucket.data")
    assert life.tags == [{"Key": "team", "Value": "ml"}]


def test_a_bucket_with_data_is_destroyed_with_consent_only(life):
    assert life.refused.says("BucketNotEmpty", "MILLRACE_DESTROY=tried")
    assert life.kept == b"a row that somebody needs"
    # Others of this process may have buckets in the same account.
    assert "data" not in [bucket["Name"] for bucket in life.buckets]
