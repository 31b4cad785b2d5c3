"""The way through the queue against a list that remembers everything."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from insonify.deploy.review.pages.turns import Turns


def entry(number: int) -> dict[str, Any]:
    return {"video": f"v-{number // 2}", "frame": number % 2}


def numbers(entries: list[dict[str, Any]]) -> list[int]:
    return [2 * int(each["video"][2:]) + each["frame"] for each in entries]


def test_a_label_goes_on_and_back_gives_it_back() -> None:
    turns = Turns()
    turns.offer([entry(0), entry(1)])
    assert turns.say("head") == entry(0)
    assert turns.current == entry(1)
    assert turns.back() == "head"
    assert turns.current == entry(0)
    assert turns.labelled == {}


def test_back_from_a_skipped_one_undoes_nothing() -> None:
    turns = Turns()
    turns.offer([entry(0)])
    turns.skip()
    assert turns.current is None
    assert turns.back() is None
    assert turns.current == entry(0)
    assert turns.back() is None


def test_nothing_is_labelled_where_nothing_is_asked() -> None:
    turns = Turns()
    assert turns.say("head") is None
    turns.skip()
    assert turns.gone == []


@given(st.lists(st.sampled_from(["say", "skip", "back", "offer"]), max_size=40))
def test_no_frame_is_asked_twice_and_what_is_shown_stays(acts: list[str]) -> None:
    turns, offered = Turns(), 0
    for act in acts:
        before = turns.current
        if act == "offer":
            offered += 3
            turns.offer(
                [entry(number) for number in range(max(0, offered - 5), offered)]
            )
            assert before is None or turns.current == before
        else:
            turns.say("a") if act == "say" else getattr(turns, act)()
        seen = numbers(turns.gone) + numbers(turns.coming)
        assert len(seen) == len(set(seen))
        assert set(turns.labelled) <= {(e["video"], e["frame"]) for e in turns.gone}
