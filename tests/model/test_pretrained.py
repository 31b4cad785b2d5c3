"""Foreign weights: adopted exactly, or refused; never executed."""

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
import timm
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file
from torch import Generator, Tensor, nn

from insonify.core.errors import CheckpointError, ConfigError
from insonify.model.checkpoint import CARD, load_checkpoint
from insonify.model.efficientnet_names import as_in_timm
from insonify.model.encoder import Encoder
from insonify.model.grey_stem import Normalisation, fold
from insonify.model.pretrained import AdoptOptions, adopt, load_sononet
from insonify.model.weight_files import read_weight_file
from tests.model.test_sononet import by_hand, made_up_arrays

IMAGENET: Final = Normalisation((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
SIZE: Final = (160, 160)


def frames(*shape: int) -> Tensor:
    return torch.rand(shape, generator=Generator().manual_seed(0))


def trained(architecture: str, seed: int = 0, **options: Any) -> nn.Module:
    """A network with a classifier and with statistics that are not as at first."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net: nn.Module = timm.create_model(architecture, num_classes=7, **options)
        for name, tensor in net.state_dict().items():
            if name.endswith(("running_mean", "bias")):
                tensor.copy_(torch.randn(tensor.shape) / 10)
    return net.eval()


def written(net: nn.Module, path: Path) -> Path:
    save_file({k: v.contiguous() for k, v in net.state_dict().items()}, path)
    return path


def answer(net: Any, grey_BHW: Tensor, normalisation: Normalisation) -> Tensor:
    """Features by the network itself, of the frame as red, green and blue."""
    colours = [
        (grey_BHW - mean) / std for mean, std in zip(*normalisation, strict=True)
    ]
    maps = net.forward_features(torch.stack(colours, 1))
    features_BD: Tensor = net.forward_head(maps, pre_logits=True)
    return features_BD.detach()


def differs(found: Tensor, wanted: Tensor) -> float:
    return float((found - wanted).detach().norm() / wanted.norm())


@pytest.mark.parametrize(
    "architecture",
    ["test_resnet", "test_convnext", "test_vit", "mobilenetv3_small_050.lamb_in1k"],
)
def test_an_adopted_encoder_answers_as_the_original(
    architecture: str, tmp_path: Path
) -> None:
    """With one mean and one deviation, exactly, edges included."""
    net = trained(architecture)
    file = written(net, tmp_path / "w.safetensors")
    told = AdoptOptions(size=SIZE, mean=(0.4,), std=(0.3,))
    adopt(architecture, file, tmp_path / "out", told)
    encoder, grey = load_checkpoint(tmp_path / "out").encoder, frames(2, *SIZE)
    wanted = answer(net, grey, Normalisation((0.4,) * 3, (0.3,) * 3))
    assert differs(encoder(grey), wanted) < 1e-5
    assert differs(encoder(grey + 0.1), wanted) > 1e-4


@pytest.mark.parametrize("architecture", ["test_convnext", "test_vit"])
def test_different_means_are_folded_exactly_where_no_filter_leaves_the_frame(
    architecture: str, tmp_path: Path
) -> None:
    net = trained(architecture)
    file = written(net, tmp_path / "w.safetensors")
    told = AdoptOptions(mean=IMAGENET.mean, std=IMAGENET.std)
    card = adopt(architecture, file, tmp_path / "out", told)
    assert card.size == SIZE
    assert card.provenance["deviation"] < 1e-5
    grey = frames(2, *SIZE)
    wanted = answer(net, grey, IMAGENET)
    assert differs(load_checkpoint(tmp_path / "out").encoder(grey), wanted) < 1e-5


def test_at_the_edges_different_means_cost_a_measured_little(tmp_path: Path) -> None:
    net = trained("test_byobnet")
    file = written(net, tmp_path / "w.safetensors")
    adopt("test_byobnet", file, tmp_path / "out", AdoptOptions())
    checkpoint, grey = load_checkpoint(tmp_path / "out"), frames(2, *SIZE)
    assert tuple(checkpoint.provenance["mean"]) == IMAGENET.mean
    assert 1e-5 < checkpoint.provenance["deviation"] < 0.05
    assert differs(checkpoint.encoder(grey), answer(net, grey, IMAGENET)) < 0.05


@settings(deadline=None, derandomize=True, max_examples=25)
@given(st.integers(0, 1000), st.lists(st.floats(0.1, 0.9), min_size=3, max_size=3))
def test_a_folded_convolution_is_the_original_but_for_the_edges(
    seed: int, means: list[float]
) -> None:
    draw = Generator().manual_seed(seed)
    weight = torch.randn((5, 3, 3, 3), generator=draw)
    grey = torch.rand((2, 1, 9, 11), generator=draw)
    normalisation = Normalisation(tuple(means), (0.2, 0.25, 0.3))
    each = [torch.tensor(values)[:, None, None] for values in normalisation]
    wanted = nn.functional.conv2d((grey - each[0]) / each[1], weight, padding=1)
    stem = fold(weight, normalisation)
    inputs = (grey - stem.mean) / stem.std
    found = nn.functional.conv2d(inputs, stem.weight_O1RS, padding=1)
    found = found + stem.bias_O[:, None, None].float()
    inside = (..., slice(1, -1), slice(1, -1))
    assert torch.allclose(found[inside], wanted[inside], atol=1e-4)
    if max(means) == min(means):
        assert stem.bias_O.abs().max() < 1e-6
        assert torch.allclose(found, wanted, atol=1e-4)


@pytest.mark.parametrize(
    ("architecture", "says"),
    [
        ("test_nfnet", "cannot be folded for such frames"),
        ("test_efficientnet_ln", "no bias"),
    ],
)
def test_what_cannot_be_folded_is_refused(
    architecture: str, says: str, tmp_path: Path
) -> None:
    file = written(trained(architecture), tmp_path / "w.safetensors")
    told = AdoptOptions(mean=IMAGENET.mean, std=IMAGENET.std)
    with pytest.raises(CheckpointError, match=says):
        adopt(architecture, file, tmp_path / "out", told)
    assert not (tmp_path / "out").exists()


def test_grey_weights_and_architectures_of_ours_are_taken_as_they_are(
    tmp_path: Path,
) -> None:
    known = Encoder("resnet10_half", mean=0.4, std=0.3, seed=8).eval()
    file = written(known.backbone, tmp_path / "w.safetensors")
    with pytest.raises(ConfigError, match="pass --mean and --std"):
        adopt("resnet10_half", file, tmp_path / "out", AdoptOptions())
    told = AdoptOptions(size=(32, 40), mean=(0.4,), std=(0.3,))
    adopt("resnet10_half", file, tmp_path / "out", told)
    grey = frames(2, 32, 40)
    found = load_checkpoint(tmp_path / "out").encoder(grey)
    assert torch.allclose(found, known(grey), atol=1e-4)
    grey_net = trained("test_byobnet", in_chans=1)
    written(grey_net, file)
    with pytest.raises(ConfigError, match=r"1 channel\(s\)"):
        adopt("test_byobnet", file, tmp_path / "other", AdoptOptions())


def test_the_card_says_where_the_weights_are_from(tmp_path: Path) -> None:
    file = written(trained("test_resnet"), tmp_path / "w.safetensors")
    options = AdoptOptions(size=(64, 80), name="imagenet")
    adopt("test_resnet", file, tmp_path / "out", options)
    found = json.loads((tmp_path / "out" / CARD).read_text())
    assert found["size"] == [64, 80]
    known = found["provenance"]
    assert known["recipe"] == "imagenet"
    assert known["subjects"] == []
    assert known["weights"]["bytes"] == file.stat().st_size
    assert len(known["weights"]["sha256"]) == 64
    assert str(tmp_path) not in json.dumps(found)
    with pytest.raises(ConfigError, match="exists"):
        adopt("test_resnet", file, tmp_path / "out", options)


def test_what_does_not_fit_is_named(tmp_path: Path) -> None:
    state = trained("test_resnet").state_dict()
    file = tmp_path / "w.safetensors"
    first = next(iter(state))
    for wrong, says in (
        ({k: v for k, v in state.items() if k != first}, rf"1 missing \({first}\)"),
        ({**state, "what": torch.zeros(1)}, r"1 unknown \(what\)"),
        ({**state, "bn1.weight": torch.zeros(3)}, r"bn1.weight is \(3,\), wanted"),
    ):
        save_file(wrong, file)
        with pytest.raises(CheckpointError, match=f"w.safetensors: does not.*{says}"):
            adopt("test_resnet", file, tmp_path / "out", AdoptOptions())
    save_file(trained("test_vit").state_dict(), file)
    with pytest.raises(ConfigError, match="no frames of 32 x 40"):
        adopt("test_vit", file, tmp_path / "out", AdoptOptions(size=(32, 40)))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"mean": (0.5,)}, "go together"),
        ({"mean": (0.5, 0.4), "std": (0.2,)}, "1 or 3 values, found 2"),
        ({"mean": (0.5,), "std": (0.0,)}, "above 0"),
        ({"size": (0, 40)}, "at least 1"),
    ],
)
def test_options_that_make_no_sense_are_refused(
    options: dict[str, Any], says: str
) -> None:
    with pytest.raises(ConfigError, match=says):
        AdoptOptions(**options)


class Malicious:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return Path.touch, (self.path,)


def save_arrays(arrays: dict[str, Tensor], path: Path) -> None:
    plain: dict[str, Any] = {name: each.numpy() for name, each in arrays.items()}
    np.savez(path, **plain)


def as_numpy(thing: Any, path: Path) -> None:
    objects = np.array([thing], object)
    with path.open("wb") as file:
        np.savez(file, arr_0=objects)


def as_pickle(thing: Any, path: Path) -> None:
    path.write_bytes(pickle.dumps(thing))


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("w.pth", torch.save),
        ("w.pt", as_pickle),
        ("w.bin", torch.save),
        ("w.npz", as_numpy),
        ("w.npz", as_pickle),
        ("w.safetensors", as_pickle),
        ("w.pkl", as_pickle),
    ],
)
def test_nothing_that_a_file_holds_is_executed(
    name: str, write: Callable[[Any, Path], None], tmp_path: Path
) -> None:
    trace, file = tmp_path / "trace", tmp_path / name
    write({"weight": torch.zeros(1), "more": Malicious(trace)}, file)
    with pytest.raises(CheckpointError, match=name):
        read_weight_file(file)
    assert not trace.exists()
    as_pickle(Malicious(trace), file)
    pickle.loads(file.read_bytes())
    assert trace.exists(), "the file is not malicious; the test shows nothing"


@pytest.mark.parametrize("name", ["w.pth", "w.npz", "w.safetensors"])
def test_damaged_and_missing_files_are_refused(name: str, tmp_path: Path) -> None:
    file = tmp_path / name
    with pytest.raises(CheckpointError, match="cannot be read"):
        read_weight_file(file)
    arrays = {"a": torch.zeros(300), "b": torch.ones(5)}
    if name == "w.npz":
        save_arrays(arrays, file)
    else:
        (torch.save if name == "w.pth" else save_file)(arrays, file)
    assert read_weight_file(file).keys() == arrays.keys()
    whole = file.read_bytes()
    for damaged in (b"", whole[:40], whole[:-300], b"\x80\x02}" + whole):
        file.write_bytes(damaged)
        with pytest.raises(CheckpointError, match=name):
            read_weight_file(file)


def test_files_of_training_scripts_are_unwrapped(tmp_path: Path) -> None:
    weights = {"a.weight": torch.ones(3, dtype=torch.float16), "n": torch.tensor(2)}
    parallel = {f"module.{name}": each for name, each in weights.items()}
    for thing in (weights, parallel, {"state_dict": parallel, "epoch": 3}):
        torch.save(thing, tmp_path / "w.pth")
        found = read_weight_file(tmp_path / "w.pth")
        assert list(found) == ["a.weight", "n"]
        assert found["a.weight"].dtype == torch.float32
        assert found["n"] == 2
    others: tuple[Any, ...] = ({"epoch": 3}, [torch.ones(1)], {})
    for other in others:
        torch.save(other, tmp_path / "w.pth")
        with pytest.raises(CheckpointError, match="no table of named tensors"):
            read_weight_file(tmp_path / "w.pth")


def test_names_of_the_widespread_port_become_timms() -> None:
    """Both list the same tensors in the same order."""
    names = list(timm.create_model("efficientnet_lite0").state_dict())
    plain = ["_depthwise_conv", "_bn1", "_project_conv", "_bn2"]
    wide = ["_expand_conv", "_bn0", *plain]
    parts = ["_conv_stem", "_bn0"]
    for number in range(16):
        inside = wide if number else plain
        parts += [f"_blocks.{number}.{part}" for part in inside]
    parts += ["_conv_head", "_bn1"]
    norm = ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"]
    port = [
        f"{part}.{kind}"
        for part in parts
        for kind in (norm if "_bn" in part else ["weight"])
    ]
    port += ["_fc.weight", "_fc.bias"]
    tensors = {name: torch.tensor(place) for place, name in enumerate(port)}
    assert list(as_in_timm(tensors, names)) == names
    assert as_in_timm({"conv_stem.weight": torch.ones(1)}, names).keys() == {
        "conv_stem.weight"
    }
    beyond = {"_conv_stem.weight": torch.ones(1), "_blocks.16._bn2.bias": torch.ones(1)}
    assert "_blocks.16._bn2.bias" in as_in_timm(beyond, names)


def test_sononet_is_adopted_with_its_classifier(tmp_path: Path) -> None:
    arrays, grey = made_up_arrays(), frames(2, 32, 48)
    file, out = tmp_path / "SonoNet16.npz", tmp_path / "out"
    save_arrays(arrays, file)
    with pytest.raises(ConfigError, match="normalises each frame"):
        adopt("sononet16", file, out, AdoptOptions(mean=(0.5,), std=(0.5,)))
    card = adopt("sononet16", file, out, AdoptOptions())
    assert card.size == (224, 288)
    with torch.no_grad():
        found = load_sononet(out)(grey).double()
    for scores, frame in zip(found, grey, strict=True):
        wanted = by_hand(frame, arrays)
        assert torch.allclose(scores, wanted, atol=1e-3 * wanted.std().item())
    file = written(trained("test_resnet"), tmp_path / "w.safetensors")
    adopt("test_resnet", file, tmp_path / "other", AdoptOptions(size=(32, 40)))
    with pytest.raises(CheckpointError, match="SonoNet's classifier"):
        load_sononet(tmp_path / "other")
