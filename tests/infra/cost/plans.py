"""Plans as ``terraform show -json`` writes them, made of the few resources that a test speaks of."""

import json

GROUP = {
    "capacity_type": "ON_DEMAND",
    "instance_types": ["m6i.large", "m5.large"],
    "scaling_config": [{"min_size": 1, "max_size": 3, "desired_size": 2}],
    "launch_template": [{"version": "1"}],
}
TEMPLATE = {
    "block_device_mappings": [{"ebs": [{"volume_type": "gp3", "volume_size": 50}]}],
    "monitoring": [{"enabled": True}],
}
DATABASE = {
    "engine": "postgres",
    "instance_class": "db.t4g.medium",
    "multi_az": False,
    "storage_type": "gp3",
    "allocated_storage": 20,
    "max_allocated_storage": 100,
}


def resource(kind, name="this", module="", index=None, **values):
    key = "" if index is None else f"[{json.dumps(index)}]"
    at = f"{module}." if module else ""
    found = {"address": f"{at}{kind}.{name}{key}", "mode": "managed", "type": kind, "name": name}
    return found | ({} if index is None else {"index": index}) | {"values": values}


def plan(*planned, running=(), region="us-east-1", configuration=None):
    return {
        "format_version": "1.2",
        "terraform_version": "1.13.0",
        "variables": {"region": {"value": region}} if region else {},
        "planned_values": {"root_module": _modules(planned)},
        "prior_state": {"format_version": "1.0", "values": {"root_module": _modules(running)}},
        "configuration": {"root_module": configuration or {}},
    }


def node_group(group=None, template=None, *, index="general", module="module.cluster[0]"):
    """A group and its template, which the group names by an id that is not known yet."""
    return (
        resource("aws_eks_node_group", module=module, index=index, **(GROUP | (group or {}))),
        resource("aws_launch_template", module=module, index=index, **(TEMPLATE | (template or {}))),
    )


NODE_GROUPS = {
    "module_calls": {
        "cluster": {
            "module": {
                "resources": [
                    {
                        "address": "aws_eks_node_group.this",
                        "expressions": {
                            "launch_template": [
                                {"id": {"references": ["aws_launch_template.this", "each.key"]}}
                            ]
                        },
                    }
                ]
            }
        }
    }
}


def _modules(resources):
    """Put resources into the tree of modules that their addresses tell."""
    root = {"resources": [], "child_modules": []}
    for each in resources:
        module, _, _ = each["address"].partition(f".{each['type']}.")
        if not each["address"].startswith("module."):
            root["resources"].append(each)
            continue
        child = next((one for one in root["child_modules"] if one["address"] == module), None)
        if child is None:
            child = {"address": module, "resources": []}
            root["child_modules"].append(child)
        child["resources"].append(each)
    return root
