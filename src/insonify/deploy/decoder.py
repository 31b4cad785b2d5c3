"""A saliency decoder on a frozen encoder's feature maps, as it is kept."""

from torch import Tensor, nn

from insonify.model.encoder import Encoder
from insonify.model.heads import ChannelScale, FeatureMaps, SaliencyHead


def rebuild_decoder(state: dict[str, Tensor]) -> nn.Sequential:
    """The decoder that has this state.

    Raises:
        KeyError: an entry is missing.
        RuntimeError: the entries do not fit each other.
    """
    mean_D = state["0.mean_D"]
    head = SaliencyHead(len(mean_D), bias_hw=state.get("1.bias_hw"))
    decoder = nn.Sequential(ChannelScale(mean_D, state["0.scale_D"]), head)
    decoder.load_state_dict(state)
    return decoder.eval()


def map_network(encoder: Encoder, output_stride: int) -> FeatureMaps:
    """What turns frames into the feature maps that decoders are given.

    Raises:
        ConfigError: the architecture has no maps of that output stride.
    """
    return FeatureMaps(encoder.dilated(output_stride))
