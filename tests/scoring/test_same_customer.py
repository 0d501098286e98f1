"""Is a contact given to whom it belongs, and to nobody where that is not known?"""

from scoring.same_customer import Identity, IdentityKind, Owner, match

NUMBER, OTHER = Identity(IdentityKind.NUMBER, "a"), Identity(IdentityKind.NUMBER, "b")
PHONE, MAIL = Identity(IdentityKind.PHONE, "p"), Identity(IdentityKind.EMAIL, "m")
ANNA, BERT = Owner("anna", numbered=True), Owner("bert", numbered=True)
CALLER = Owner("caller", numbered=False)


def test_a_number_decides_before_a_telephone_does() -> None:
    found = match([NUMBER, PHONE], {NUMBER: [ANNA], PHONE: [CALLER]})
    assert found is not None
    assert (found.customer, found.by) == ("anna", NUMBER)


def test_a_telephone_decides_where_no_number_is_given_and_what_is_new_is_learned() -> None:
    found = match([PHONE, MAIL], {PHONE: [ANNA]})
    assert found is not None
    assert (found.customer, found.by, found.learned) == ("anna", PHONE, (MAIL,))


def test_a_first_number_is_given_to_whom_the_telephone_already_knows() -> None:
    found = match([NUMBER, PHONE], {PHONE: [CALLER]})
    assert found is not None
    assert (found.customer, found.learned) == ("caller", (NUMBER,))


def test_two_numbers_on_one_telephone_are_two_customers_who_share_it() -> None:
    found = match([OTHER, PHONE], {PHONE: [ANNA]})
    assert found is not None
    assert (found.customer, found.learned) == (None, (OTHER, PHONE))
    assert match([PHONE], {PHONE: [ANNA, BERT]}) is None


def test_what_a_person_gave_to_somebody_is_shared_with_nobody() -> None:
    found = match([NUMBER, PHONE], {NUMBER: [ANNA], PHONE: [Owner("bert", numbered=False, by_hand=True)]})
    assert found is not None
    assert (found.customer, found.learned) == ("anna", ())


def test_nothing_given_is_nobodys() -> None:
    assert match([], {}) is None
