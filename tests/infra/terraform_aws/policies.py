"""What the roles of an account may do, as the account holds it."""

from __future__ import annotations

from typing import Any

Statement = dict[str, Any]


def granted(iam: Any, prefix: str) -> list[tuple[str, Statement]]:
    """Return role and statement for everything that a role of this prefix is allowed by our own policies."""
    found = []
    for role in iam.list_roles()["Roles"]:
        name = role["RoleName"]
        if name.startswith(prefix):
            found += [(name, _listed(s)) for s in _statements(iam, name) if s["Effect"] == "Allow"]
    return found


def _statements(iam: Any, role: str) -> list[Statement]:
    inline = iam.list_role_policies(RoleName=role)["PolicyNames"]
    documents = [iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in inline]
    for policy in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
        if ":aws:policy/" not in policy["PolicyArn"]:
            version = iam.get_policy(PolicyArn=policy["PolicyArn"])["Policy"]["DefaultVersionId"]
            held = iam.get_policy_version(PolicyArn=policy["PolicyArn"], VersionId=version)
            documents.append(held["PolicyVersion"]["Document"])
    return [statement for document in documents for statement in document["Statement"]]


def _listed(statement: Statement) -> Statement:
    as_list = {name: value if isinstance(value, list) else [value] for name, value in statement.items()}
    return statement | {name: as_list[name] for name in ("Action", "Resource")}
