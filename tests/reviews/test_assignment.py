"""Is work shared out evenly, to nobody who must not have it, and to nobody more than they can do?"""

from collections import Counter
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from reviews.assignment import Person, Work, spread
from reviews.sampling import working_days

DAYS = working_days(date(2026, 11, 23), 3)


@st.composite
def weeks(draw: st.DrawFn) -> tuple[list[Work], list[Person]]:
    """Work of a week and who does it, with calls that some of them must not have."""
    people = [Person(n, draw(st.integers(0, 6)), draw(st.integers(0, 3))) for n in range(draw(st.integers(1, 5)))]
    bars = st.frozensets(st.integers(0, len(people) - 1), max_size=len(people))
    work = [Work(f"call {n}", DAYS[: draw(st.integers(1, 3))], draw(bars)) for n in range(draw(st.integers(0, 25)))]
    return work, people


@settings(max_examples=60, deadline=None)
@given(weeks())
def test_nobody_gets_what_is_barred_to_them_or_more_than_their_quota_and_nothing_is_given_twice(
    week: tuple[list[Work], list[Person]],
) -> None:
    work, people = week
    given_ = spread(work, people)
    of_call = {item.call_id: item for item in work}
    assert len({each.call_id for each in given_}) == len(given_)
    for each in given_:
        assert each.reviewer_id not in of_call[each.call_id].barred
        assert each.due in of_call[each.call_id].days
    on_day = Counter((each.reviewer_id, each.due) for each in given_)
    assert all(on_day[person.id, day] <= person.per_day for person in people for day in DAYS)


@given(st.integers(1, 6), st.integers(0, 40))
def test_without_bars_loads_and_days_lie_within_one(reviewers: int, calls: int) -> None:
    given_ = spread([Work(f"call {n}", DAYS) for n in range(calls)], [Person(n, 50) for n in range(reviewers)])
    loads = Counter(each.reviewer_id for each in given_)
    assert max(loads[n] for n in range(reviewers)) - min(loads[n] for n in range(reviewers)) <= 1
    for n in range(reviewers):
        days = Counter(each.due for each in given_ if each.reviewer_id == n)
        assert max(days[day] for day in DAYS) - min(days[day] for day in DAYS) <= 1


def test_calls_are_handed_on_along_a_chain_where_that_is_the_only_even_way() -> None:
    # Some only the first may have, so that the second has to take what they share, and the third what the second could.
    work = [Work(f"first or second {n}", DAYS, frozenset({2})) for n in range(4)]
    work += [Work(f"second or third {n}", DAYS, frozenset({0})) for n in range(4)]
    work += [Work(f"first alone {n}", DAYS, frozenset({1, 2})) for n in range(4)]
    loads = Counter(each.reviewer_id for each in spread(work, [Person(n, 50) for n in range(3)]))
    assert sorted(loads.values()) == [4, 4, 4]


def test_who_was_given_less_before_gets_more_now() -> None:
    given_ = spread([Work(f"call {n}", DAYS) for n in range(4)], [Person(0, 50, load=3), Person(1, 50, load=0)])
    new = Counter(each.reviewer_id for each in given_)
    assert abs((3 + new[0]) - new[1]) <= 1


def test_the_urgent_comes_first_where_there_is_too_little_room() -> None:
    given_ = spread([Work("urgent", DAYS[:1]), Work("not so", DAYS[:1])], [Person(0, 1)])
    assert [each.call_id for each in given_] == ["urgent"]
