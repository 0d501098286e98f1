"""How often is too often."""

from api.throttle import Throttle


def test_a_window_that_has_passed_is_forgotten() -> None:
    now = [0.0]
    throttle = Throttle(2, 60, clock=lambda: now[0])
    throttle.attempt("key")
    now[0] = 10
    throttle.attempt("key")
    assert throttle.wait_seconds("key") == 50
    now[0] = 61
    assert throttle.wait_seconds("key") == 0


def test_a_flood_of_keys_is_bounded() -> None:
    throttle = Throttle(1, 60, clock=lambda: 0.0, most_keys=3)
    for key in range(5):
        throttle.attempt(key)
    assert [throttle.wait_seconds(key) for key in range(5)] == [0, 0, 60, 60, 60]


def test_one_attempt_can_be_taken_back() -> None:
    throttle = Throttle(2, 60, clock=lambda: 0.0)
    throttle.attempt("key")
    throttle.attempt("key")
    throttle.forgive("key")
    assert throttle.wait_seconds("key") == 0
    throttle.attempt("key")
    assert throttle.wait_seconds("key") == 60
