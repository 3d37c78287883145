"""Audiences on the wire, for catalog."""

from chassis.models import Answer
from pricing.audiences.models import UserAudience
from pricing.events import Entry, Limit


class AudienceOut(Answer):
    """What a user may see: (member of the catalogue or any `also`), every `only`, no `hide`."""

    audience_id: str
    version: int
    catalogue_id: str | None
    customer_group: str | None
    also: list[Entry]
    only: list[Limit]
    hide: list[Entry]

    @classmethod
    def of(cls, found: UserAudience) -> "AudienceOut":
        """The wire form of a user's audience."""
        audience = found.audience
        return cls.model_validate(
            {
                "audience_id": audience.id,
                "version": audience.version,
                "catalogue_id": audience.grounds.catalogue_id,
                "customer_group": audience.grounds.customer_group,
                **(audience.entries or {}),
            }
        )
