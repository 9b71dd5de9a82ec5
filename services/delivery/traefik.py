"""Traefik's dynamic configuration of one system: routers, middlewares and services as a document."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final

import yaml

from services.delivery.traffic import Traffic

ROUTE_HEADER: Final = "x-millrace-route"
# Weights are whole numbers.
_PARTS: Final = 1000
# Above every rule's length, which is its rank otherwise.
_FIRST: Final = 10_000


def document(system: str, traffic: Traffic) -> dict[str, Any]:
    """Return the configuration; what ``livez`` answers through it names the configuration itself.

    Feedback goes to the champion alone while requests are mirrored, or it would be written down twice.
    """
    routers = {
        system: _router(f"Path(`/{system}`) || PathPrefix(`/{system}/`)", system, [f"{system}-prefix"])
    }
    if traffic.canary and traffic.mode == "shadow":
        rule, champion = f"Path(`/{system}/feedback`)", f"{system}-champion"
        routers[f"{system}-feedback"] = _router(rule, champion, [f"{system}-prefix"], _FIRST)
    made = {
        "routers": routers,
        "middlewares": {f"{system}-prefix": {"stripPrefix": {"prefixes": [f"/{system}"]}}},
        "services": _services(system, traffic),
    }
    # Asked of the champion while there are two, so that it does not depend on the canary's health.
    return {"http": _named(system, made, f"{system}-champion" if traffic.canary else system)}


def revision(of: dict[str, Any]) -> str:
    """Return the name by which a running configuration tells that it is this one."""
    (headers,) = [
        each["headers"]["customResponseHeaders"]
        for each in of["http"]["middlewares"].values()
        if "headers" in each
    ]
    name: str = headers[ROUTE_HEADER]
    return name


def text(of: dict[str, Any]) -> str:
    """Return the file's content."""
    return "# Written by delivery; `millrace release` changes it.\n" + yaml.safe_dump(of)


def traffic(system: str, content: str) -> Traffic:
    """Return what a file's content says."""
    services = yaml.safe_load(content)["http"]["services"]
    whole = services[system]
    if "loadBalancer" in whole:
        return Traffic(champion=_url(whole))
    both = {each: _url(services[f"{system}-{each}"]) for each in ("champion", "canary")}
    if "mirroring" in whole:
        return Traffic(**both, mode="shadow")
    weights = {each["name"]: each["weight"] for each in whole["weighted"]["services"]}
    return Traffic(**both, share=weights[f"{system}-canary"] / _PARTS, sticky="sticky" in whole["weighted"])


def _named(system: str, made: dict[str, Any], service: str) -> dict[str, Any]:
    """Add the router by which the configuration names itself."""
    name = hashlib.sha256(json.dumps(made, sort_keys=True).encode()).hexdigest()[:12]
    tells = f"{system}-tells"
    asked = _router(f"Path(`/{system}/livez`)", service, [f"{system}-prefix", tells], _FIRST)
    header = {"headers": {"customResponseHeaders": {ROUTE_HEADER: name}}}
    return made | {
        "routers": made["routers"] | {tells: asked},
        "middlewares": made["middlewares"] | {tells: header},
    }


def _services(system: str, traffic: Traffic) -> dict[str, Any]:
    if traffic.canary is None:
        return {system: _balancer(traffic.champion)}
    champion, canary = f"{system}-champion", f"{system}-canary"
    both = {champion: _balancer(traffic.champion), canary: _balancer(traffic.canary)}
    if traffic.mode == "shadow":
        mirrors = [{"name": canary, "percent": 100}]
        return both | {system: {"mirroring": {"service": champion, "mirrors": mirrors}}}
    parts = round(traffic.share * _PARTS)
    weighted: dict[str, Any] = {
        "services": [{"name": champion, "weight": _PARTS - parts}, {"name": canary, "weight": parts}]
    }
    if traffic.sticky:
        weighted["sticky"] = {"cookie": {"name": f"millrace-{system}", "httpOnly": True, "sameSite": "lax"}}
    return both | {system: {"weighted": weighted}}


def _router(rule: str, service: str, middlewares: list[str], priority: int = 0) -> dict[str, Any]:
    router = {"rule": rule, "service": service, "middlewares": middlewares}
    return router | ({"priority": priority} if priority else {})


def _balancer(url: str) -> dict[str, Any]:
    return {"loadBalancer": {"servers": [{"url": url}]}}


def _url(service: dict[str, Any]) -> str:
    url: str = service["loadBalancer"]["servers"][0]["url"]
    return url
