"""Whoever asks for much waits for themselves, and everybody has a turn."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Thread

import anyio
import pytest

from api.places import EACH, MOST, MOST_EACH, Crowded, OneAtATime, Places


def test_one_person_has_two_done_at_once_and_the_next_is_not_kept_waiting() -> None:
    places, over, began = Places(), Event(), list[str]()

    def work(who: str) -> None:
        began.append(who)
        assert over.wait(20)

    async def all_of_it() -> None:
        async with anyio.create_task_group() as tasks:
            for _ in range(MOST_EACH):
                tasks.start_soon(places.run, "much", lambda: work("much"))
            tasks.start_soon(places.run, "little", lambda: work("little"))
            with anyio.fail_after(20):
                while len(began) < EACH + 1:
                    await anyio.sleep(0.001)
            with pytest.raises(Crowded) as refused:
                await places.run("much", lambda: work("much"))
            assert refused.value.mine
            assert sorted(began) == ["little", *["much"] * EACH]
            over.set()
        assert await places.run("much", lambda: 7) == 7

    anyio.run(all_of_it)
    assert (places._asked, places._people) == ({}, {})


def test_when_everybody_asks_the_last_is_sent_away_and_it_is_not_their_doing() -> None:
    places, over = Places(), Event()

    async def all_of_it() -> None:
        async with anyio.create_task_group() as tasks:
            for number in range(MOST):
                tasks.start_soon(places.run, number, over.wait)
            await anyio.wait_all_tasks_blocked()
            with pytest.raises(Crowded) as refused:
                await places.run("the last", over.wait)
            assert not refused.value.mine
            over.set()

    anyio.run(all_of_it)


def test_what_fails_gives_its_place_back() -> None:
    places = Places()

    def fails() -> None:
        raise ZeroDivisionError

    async def all_of_it() -> None:
        for _ in range(2 * MOST_EACH):
            with pytest.raises(ZeroDivisionError):
                await places.run("somebody", fails)

    anyio.run(all_of_it)
    assert places._asked == {}


def test_one_at_a_time_for_each_key_and_none_is_remembered() -> None:
    at, inside, most = OneAtATime(), list[int](), list[int]()

    def work(number: int) -> None:
        with at.holding("same"):
            inside.append(number)
            most.append(len(inside))
            time.sleep(0.001)
            inside.remove(number)

    with at.holding("other"), ThreadPoolExecutor(8) as threads:
        list(threads.map(work, range(30)))
    assert max(most) == 1
    assert (at._locks, at._there) == ({}, {})


def test_who_is_at_something_else_is_not_waited_for() -> None:
    at, done = OneAtATime(), Event()

    def other() -> None:
        with at.holding("other"):
            done.set()

    with at.holding("one"):
        thread = Thread(target=other)
        thread.start()
        assert done.wait(20)
        thread.join()
