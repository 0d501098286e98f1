"""Who is signed in, and how do they leave?"""

from dashboard.widgets.component import widget
from dashboard.widgets.words import ROLES
from storage.access import Asker

_account = widget("account")


def show_account(asker: Asker) -> None:
    """Name, role and a button that signs out."""
    _account(key="account", data={"name": asker.name, "role": ROLES[asker.role]})
