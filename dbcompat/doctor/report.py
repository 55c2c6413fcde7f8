"""What the doctor says: findings, each a sentence of what was proved and one of what to do."""

from dataclasses import dataclass
from typing import Literal

type Verdict = Literal["ok", "warning", "wrong", "unknown"]


@dataclass(frozen=True, slots=True)
class Finding:
    """`proved` says how, too. `setting` is the name of the one that mends it, if one does."""

    probe: str
    title: str
    verdict: Verdict
    proved: str
    advice: str = ""
    setting: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    findings: tuple[Finding, ...]

    @property
    def well(self) -> bool:
        """Nothing is wrong. A warning, or what could not be checked, is no reason not to start."""
        return not any(finding.verdict == "wrong" for finding in self.findings)
