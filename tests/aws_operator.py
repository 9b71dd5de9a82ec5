"""A user of a played account whom it allows what was granted, and nothing else."""

from __future__ import annotations

import json
import urllib.request


def ask(owner, what, text=""):
    """Ask moto for something that AWS does not have."""
    plain = {"Content-Type": "text/plain"}
    asked = urllib.request.Request(f"{owner.url}/moto-api/{what}", text.encode(), plain, method="POST")
    urllib.request.urlopen(asked, timeout=60).close()


def check_nothing(owner):
    """Have the account check neither keys nor permissions, as it does at its start."""
    ask(owner, "reset-auth", "inf")


class Operator:
    """The user ``operator``; from the first grant on the account checks everybody's permissions."""

    arn = "arn:aws:iam::123456789012:user/operator"

    def __init__(self, owner):
        self._owner = owner
        iam = owner.client("iam")
        iam.create_user(UserName="operator")
        key = iam.create_access_key(UserName="operator")["AccessKey"]
        self.environment = {
            "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
        }

    def may(self, *actions):
        """Allow these from now on, and nothing else."""
        statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        check_nothing(self._owner)
        iam = self._owner.client("iam")
        iam.put_user_policy(UserName="operator", PolicyName="may", PolicyDocument=policy)
        ask(self._owner, "reset-auth", "0")
