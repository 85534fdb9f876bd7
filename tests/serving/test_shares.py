"""Places for transfers: all for a single address, shared fairly between several."""

from __future__ import annotations

from dataclasses import dataclass

from microdock_server.serving.pace import Deadlines, Pace
from microdock_server.serving.shares import FairShares
from microdock_server.serving.waiting import Waiting, oldest_of_largest


@dataclass(eq=False)
class Client:
    waited: float = 0.0
    is_evicted: bool = False
    address: str = ""

    def evict(self) -> None:
        self.is_evicted = True


def test_one_address_may_hold_all_places_and_no_more() -> None:
    shares = FairShares(3)
    assert [shares.enter("a", Client()) for _ in range(4)] == [True, True, True, False]


def test_a_place_that_is_left_is_free() -> None:
    shares, first = FairShares(1), Client()
    assert shares.enter("a", first)
    shares.leave(first)
    assert shares.enter("b", Client())


def test_another_address_gets_its_part_from_the_slowest_of_who_holds_most() -> None:
    shares = FairShares(4)
    theirs = [Client(waited) for waited in (1.0, 9.0, 3.0, 5.0)]
    assert all(shares.enter("a", one) for one in theirs)
    assert [shares.enter("b", Client()) for _ in range(3)] == [True, True, False]
    assert [one.is_evicted for one in theirs] == [False, True, False, True]


def test_nobody_gives_up_a_place_to_who_has_as_many() -> None:
    shares, holders = FairShares(2), [Client(), Client()]
    assert shares.enter("a", holders[0]) and shares.enter("b", holders[1])
    assert not shares.enter("c", Client())
    assert not any(one.is_evicted for one in holders)


def test_leaving_after_being_evicted_frees_no_second_place() -> None:
    shares, theirs = FairShares(2), [Client(1), Client(2)]
    assert all(shares.enter("a", one) for one in theirs)
    assert shares.enter("b", Client())
    shares.leave(theirs[1])
    assert not shares.enter("b", Client())


def test_where_the_newest_always_gets_in_the_slowest_of_the_same_address_goes() -> None:
    shares, theirs = FairShares(2, evicts_own=True), [Client(1), Client(2)]
    assert all(shares.enter("a", one) for one in theirs)
    assert shares.enter("a", Client())
    assert [one.is_evicted for one in theirs] == [False, True]


def test_waiting_connections_are_known_by_address_and_age() -> None:
    waiting: Waiting[Client] = Waiting()
    first, second, other = Client(address="a"), Client(address="a"), Client(address="b")
    for one in (first, other, second):
        waiting.add(one)
    assert (len(waiting), waiting.of("a"), waiting.oldest_of("a")) == (3, 2, first)
    assert oldest_of_largest((waiting,), 1) == [first]
    assert oldest_of_largest((waiting, [Client(address="b") for _ in range(2)]), 1) == [other]
    waiting.discard(first)
    waiting.discard(first)
    assert (waiting.of("a"), waiting.oldest_of("a"), list(waiting)) == (1, second, [other, second])
    assert oldest_of_largest((), 1) == []


def test_a_pace_is_judged_after_the_grace_by_what_moved() -> None:
    pace = Pace(Deadlines(grace=10, rate=1024))
    assert pace.patience() == 10
    pace.wait(9.0)
    assert pace.patience() == 1
    pace.move(20 * 1024)
    assert pace.patience() == 11
    pace.wait(11.0)
    assert pace.patience() == 0


def test_what_was_sent_at_first_does_not_excuse_hours_of_silence() -> None:
    pace = Pace(Deadlines(grace=10, rate=1024))
    pace.move(100 << 20)
    assert pace.patience() == 60
    pace.wait(50)
    pace.move(20 * 1024)
    assert pace.patience() == 30
    pace.wait(30)
    assert pace.patience() == 0


def test_without_a_rate_nobody_is_too_slow() -> None:
    pace = Pace(Deadlines(grace=10, rate=0))
    pace.wait(1e9)
    assert pace.patience() > 0
