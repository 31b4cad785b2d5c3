import numpy as np
import pytest

from insonify.core.errors import ConfigError
from insonify.deploy.labelling.compared import Resamples, labels_needed
from insonify.deploy.labelling.labelled import read_labelled
from insonify.deploy.labelling.sides import Sides, sides
from insonify.deploy.labelling.simulation import Simulation, Strategy
from insonify.store import Store
from insonify.transfer.examples import Integers
from tests.deploy.labelling.conftest import TASK, ArrayFeatures, clustered, quick


@pytest.fixture(scope="module")
def simulation(labelled_store: Store) -> Simulation:
    options = quick(batch=8)
    groups = sides(labelled_store, options)
    return Simulation(labelled_store, clustered(labelled_store), groups, options)


@pytest.mark.parametrize("strategy", ["active", "cover", "random", "subjects"])
def test_a_course_asks_for_each_frame_once_until_there_are_no_more(
    simulation: Simulation, strategy: Strategy
) -> None:
    course = simulation.run(strategy, budget=30, seed=1)
    assert course.labels_P.tolist() == [8, 16, 24, 30]
    assert len(np.unique(course.asked)) == 30
    again = simulation.run(strategy, budget=30, seed=1)
    assert np.array_equal(again.asked, course.asked)
    other = simulation.run("random", budget=30, seed=2)
    assert not np.array_equal(other.asked, course.asked)
    whole = simulation.run("random", budget=10_000, seed=0)
    assert sorted(whole.asked.tolist()) == np.flatnonzero(simulation.known_N).tolist()


def test_all_labels_are_worth_the_same_in_any_order(simulation: Simulation) -> None:
    sample = np.ones((1, len(np.unique(simulation.held.subjects_B))))
    everything = simulation.everything().macro_f1_PR(sample)
    assert everything.shape == (1, 1)
    whole = simulation.run("random", budget=80, seed=0).macro_f1_PR(sample)
    assert whole[-1, 0] == pytest.approx(everything[0, 0], abs=0.02)
    assert everything[0, 0] > 0.85


def test_frames_without_a_label_are_not_asked_for(labelled_store: Store) -> None:
    features = clustered(labelled_store)
    index = labelled_store.frames()
    everybody = frozenset(index.subjects)
    held = frozenset({"s-00", "s-01"})
    options = quick(task=TASK, batch=8)
    groups = Sides(asked=everybody - held, held=held)
    simulation = Simulation(labelled_store, features, groups, options)
    asked = simulation.run("active", budget=16, seed=0).asked
    subjects = {
        index.subjects[video] for video in simulation.pool.video_N[asked].tolist()
    }
    assert not subjects & held
    truth = read_labelled(labelled_store, TASK, features)
    assert np.isin(simulation.pool.positions_N[asked], truth.positions_N).all()


def test_nobody_to_measure_on_is_refused(labelled_store: Store) -> None:
    groups = Sides(asked=frozenset({"s-00"}), held=frozenset())
    with pytest.raises(ConfigError, match="held out"):
        Simulation(labelled_store, clustered(labelled_store), groups, quick())


def rare_features(store: Store) -> ArrayFeatures:
    """Nine frames in ten look the same: the other tenth holds the two classes."""
    found = clustered(store)
    background_N: Integers = np.array(
        read_labelled(store, TASK, found).labels_N == "background"
    )
    found.features_ND[background_N] *= 0.01
    return found


def test_asking_pays_where_frames_repeat_each_other(labelled_store: Store) -> None:
    options = quick(batch=4)
    simulation = Simulation(
        labelled_store,
        rare_features(labelled_store),
        sides(labelled_store, options),
        options,
    )
    seeds = range(4)
    resamples = Resamples.draw(4, len(seeds), 200)
    target_R = 0.95 * simulation.everything().macro_f1_PR(resamples.counts_RS)[0]
    needed = {}
    for strategy in ("active", "random"):
        courses = [simulation.run(strategy, budget=40, seed=seed) for seed in seeds]
        found_PR = resamples.mean_PR(courses)
        expected = np.mean(
            [one.macro_f1_PR(resamples.counts_RS[:1])[:, 0] for one in courses], 0
        )
        assert np.allclose(found_PR[:, 0], expected)
        needed[strategy] = labels_needed(courses[0].labels_P, found_PR, target_R)
    assert needed["active"][0] < needed["random"][0]
