"""An administrator lets a program in, sees its token once, and shuts it out again; nobody else gets there."""

import pytest

from storage.access import SYSTEM
from storage.database import open_database, reading
from storage.tokens import Scope, list_tokens, token_of
from tests.dashboard.centre import Centre
from tests.dashboard.conftest import Look, words_of
from tests.dashboard.test_who_spoke import press


def test_a_token_is_made_shown_once_and_taken_back(look: Look, fresh_centre: Centre) -> None:
    engine = open_database(fresh_centre.url)
    app = look("administrator", "programs", fresh_centre)
    assert "No program is let in yet" in words_of(app)
    press(app, "Make a token")
    assert "needs a name" in words_of(app)
    app.text_input[0].set_value("CRM <img src=x>")
    next(box for box in app.multiselect if box.label == "What it is for").set_value([Scope.READ_RESULTS])
    press(app, "Make a token")
    (secret,) = [code.value for code in app.code]
    with reading(engine) as session:
        made = token_of(session, secret)
        assert made is not None
        assert (made.name, made.author) == ("CRM <img src=x>", "Ada Winter")
        assert made.scopes == {Scope.READ_RESULTS}
    press(app, "I have copied it")
    assert not app.code
    assert secret not in words_of(look("administrator", "programs", fresh_centre))
    press(app, "Revoke it")
    assert "is shut out" in words_of(app)
    with reading(engine) as session:
        assert token_of(session, secret) is None
        assert [one.state(one.at) for one in list_tokens(session, SYSTEM)] == ["revoked"]
    engine.dispose()


@pytest.mark.parametrize("who", ["quality", "reviewer", "coach", "nadia"])
def test_the_page_is_for_administrators(look: Look, fresh_centre: Centre, who: str) -> None:
    with pytest.raises(ValueError, match="registered"):
        look(who, "programs", fresh_centre)
