"""The price policy on the wire."""

from chassis.models import Answer, StrictModel
from pricing.prices.models import Overlap, Policy, Precedence


class PricePolicyOut(Answer):
    """How prices are picked: between agreements, and between rows of one that are valid at once."""

    precedence: Precedence
    overlap: Overlap

    @classmethod
    def of(cls, policy: Policy) -> "PricePolicyOut":
        """The wire form of a policy."""
        return cls(precedence=policy.precedence, overlap=policy.overlap)


class PricePolicyIn(StrictModel):
    """The policy wanted."""

    precedence: Precedence
    overlap: Overlap

    def wanted(self) -> Policy:
        """The policy asked for."""
        return Policy(self.precedence, self.overlap)
