import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insonify.core.errors import ConfigError, LeakError
from insonify.store.splits import Split, check_leak, k_fold


@settings(deadline=None, derandomize=True, max_examples=60)
@given(
    labels=st.lists(st.sampled_from("abc"), min_size=3, max_size=30),
    others=st.integers(0, 5),
    folds=st.integers(2, 6),
    seed=st.integers(0, 3),
)
def test_every_subject_is_tested_once_and_never_also_trained_on(
    labels: list[str], others: int, folds: int, seed: int
) -> None:
    label_of = {f"s-{number}": label for number, label in enumerate(labels)}
    folds = min(folds, len(labels))
    extra = [f"o-{number}" for number in range(others)]
    split = Split(name="k", parts=k_fold(label_of, extra, folds, seed))
    tested: list[str] = []
    sizes = []
    for fold in range(split.folds):
        roles = split.roles(fold)
        everyone = [subject for role in roles for subject in role]
        assert sorted(everyone) == sorted([*label_of, *extra])
        assert set(extra) <= roles.train
        assert bool(roles.validation) == (folds >= 3)
        tested += roles.test
        sizes.append(len(roles.test))
        for label in "abc":
            of_label = [s for s in label_of if label_of[s] == label]
            share = sum(s in roles.test for s in of_label)
            assert abs(share - len(of_label) / folds) < 2
    assert sorted(tested) == sorted(label_of)
    assert max(sizes) - min(sizes) <= 1


def test_a_given_split_has_one_fold() -> None:
    parts = {"a": "train", "b": "validation", "c": "test"}
    split = Split(name="external", parts=parts)
    assert split.folds == 1
    assert [set(role) for role in split.roles(0)] == [{"a"}, {"b"}, {"c"}]
    with pytest.raises(ConfigError, match="fold 1 does not exist"):
        split.roles(1)


def test_more_folds_than_subjects_are_refused() -> None:
    with pytest.raises(ConfigError, match="4 folds over 2"):
        k_fold({"a": "x", "b": "y"}, [], 4, 0)


def test_a_leak_fails() -> None:
    check_leak({"a", "b"}, {"c"})
    with pytest.raises(LeakError, match=r"1 subject.*first: b"):
        check_leak({"a", "b"}, {"b", "c"})
