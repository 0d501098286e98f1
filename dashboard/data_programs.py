"""What does the page of other programs ask for? Never remembered: what lets somebody in has to be seen as it is."""

from collections.abc import Mapping

from dashboard.data import engine
from storage import hooks, tokens
from storage.access import Asker, Role
from storage.database import reading, transaction
from storage.hooks import Delivery, Hook
from storage.tokens import Scope, Token

DELIVERIES_SHOWN = 50


def listed(asker: Asker) -> tuple[Token, ...]:
    """Every token, the latest first."""
    with reading(engine()) as session:
        return tokens.list_tokens(session, asker)


def make(
    asker: Asker, name: str, scopes: list[Scope], role: Role, days: int, team_ids: list[int], agent_id: int | None
) -> str:
    """A new token's secret. Raises NotAllowed and StorageError."""
    with transaction(engine()) as session:
        return tokens.add_token(session, asker, name, scopes, role, days, team_ids, agent_id)[1]


def revoke(asker: Asker, token_id: int) -> None:
    """Take a token back. Raises NotAllowed and StorageError."""
    with transaction(engine()) as session:
        tokens.revoke_token(session, asker, token_id)


def told(asker: Asker) -> tuple[tuple[tuple[Hook, Mapping[str, int]], ...], tuple[Delivery, ...]]:
    """The addresses that are told with their counts, and the latest deliveries."""
    with reading(engine()) as session:
        return hooks.list_hooks(session, asker), hooks.list_deliveries(session, asker, limit=DELIVERIES_SHOWN)
