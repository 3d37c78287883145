"""What catalog's worker listens to: the accounts there are. Visibility is followed by the API itself."""

from typing import Final

from catalog.projections.accounts import AccountKey, apply_accounts
from eventing.consumer import Subscription
from eventing.topics import Kind

SUBSCRIBED: Final = (Subscription("accounts.account", Kind.STATE, AccountKey, apply_accounts),)
