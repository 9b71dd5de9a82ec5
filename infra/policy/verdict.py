"""What follows from an inspection and the waivers, and how it is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from infra.policy.inspection import Inspection, Result
from infra.policy.waivers import Waiver


@dataclass(frozen=True)
class Verdict:
    """A plan's findings, parted by whether a waiver covers them."""

    inspection: Inspection
    resources: int
    refused: tuple[Result, ...]
    waived: tuple[Result, ...]
    unused: tuple[Waiver, ...]

    @classmethod
    def of(cls, inspection: Inspection, resources: int, waivers: tuple[Waiver, ...]) -> Verdict:
        """Apply the waivers.

        A waiver is unused if addresses of this plan fit it and none of them needs it, or may need
        it once values are known; one that fits no address is about another root module.
        """
        refused: list[Result] = []
        waived: list[Result] = []
        used: set[Waiver] = set()
        for finding in inspection.refusals:
            covering = [one for one in waivers if one.covers(finding.check, finding.address)]
            used.update(covering)
            (waived if covering else refused).append(finding)
        for waiting in inspection.undecided:
            used.update(one for one in waivers if one.covers(waiting.check, waiting.address))
        present = [one for one in waivers if any(one.fits(address) for address in inspection.addresses)]
        unused = tuple(one for one in present if one not in used)
        return cls(inspection, resources, tuple(refused), tuple(waived), unused)

    def summary(self) -> str:
        """One line."""
        checked = f"{_counted(len(self.inspection.checks), 'rule')} on {_counted(self.resources, 'resource')}"
        parts = [checked, f"{len(self.waived)} waived"]
        waiting = {(one.check, one.address) for one in self.inspection.undecided}
        if waiting:
            parts.append(f"{len(waiting)} to be decided once values are known")
        return f"policy: {', '.join(parts)}"

    def warnings(self) -> Iterator[str]:
        """A line for each waiver that nothing needs any more."""
        for one in self.unused:
            yield f"policy: warning: the waiver of {one} excuses nothing any more; remove it"

    def refusal(self, waivers: Path) -> Iterator[str]:
        """What is refused, why, and what to do about it."""
        checked = self.summary().removeprefix("policy: ")
        yield f"policy: refused with {_counted(len(self.refused), 'finding')} ({checked})"
        for finding in sorted(self.refused, key=lambda one: (one.address, one.check)):
            yield f"  {finding.check} {finding.address}"
            yield f"    demands: {finding.demands}"
            if finding.mend:
                yield f"    to mend: {finding.mend}"
        yield (
            "  Change what is refused, or waive it for a time: an entry with check, resource, reason "
            f"and expires in {waivers}"
        )


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
