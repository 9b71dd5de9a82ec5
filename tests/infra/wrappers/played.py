"""An API of AWS on loopback, and a root module's header that speaks to it."""

from contextlib import contextmanager
from pathlib import Path

import boto3
from moto.server import ThreadedMotoServer

REPOSITORY = Path(__file__).resolve().parents[3]
LOCK_FILE = REPOSITORY / "infra" / "terraform" / "roots" / "storage" / ".terraform.lock.hcl"
KEYS = {"AWS_ACCESS_KEY_ID": "tried", "AWS_SECRET_ACCESS_KEY": "tried", "AWS_REGION": "us-east-1"}


@contextmanager
def api():
    """Yield the address of an empty account."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


def client(service, address):
    """A client of one service there."""
    return boto3.client(
        service,
        endpoint_url=address,
        region_name=KEYS["AWS_REGION"],
        aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
    )


def header(service, address):
    """The provider of one service there."""
    return f"""
terraform {{
  required_providers {{
    aws = {{
      source = "hashicorp/aws"
    }}
  }}
}}

provider "aws" {{
  region                      = "us-east-1"
  s3_use_path_style           = true
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
  max_retries                 = 1

  endpoints {{
    {service} = "{address}"
  }}
}}
"""
