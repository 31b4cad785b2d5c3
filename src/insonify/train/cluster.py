"""On how many devices a run learns, and how they share the work.

All processes hold the same weights and learn from the mean of their gradients (DDP), or
hold a part of the weights' gradients and of the optimiser each (FSDP2, Zhao et al.,
VLDB 2023).
"""

import os
from dataclasses import dataclass
from inspect import signature
from typing import Any, Final, Literal

import torch
import torch.distributed as dist
from lightning.fabric import Fabric
from lightning.fabric.strategies.ddp import DDPStrategy
from lightning.fabric.strategies.model_parallel import ModelParallelStrategy
from lightning.fabric.strategies.strategy import Strategy
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.fabric.utilities.rank_zero import rank_zero_only
from torch import nn
from torch.distributed.fsdp import fully_shard
from torch.nn.parallel import DistributedDataParallel

from insonify.core.errors import ConfigError
from insonify.model.synchronised import synchronised
from insonify.train.precision import Precision, precision_of

_STARTED_BY: Final = ("TORCHELASTIC_RUN_ID", "SLURM_NTASKS", "MASTER_ADDR")
"""What torchrun, SLURM, or who starts processes by hand leaves behind."""


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """Devices of a run; changes the speed, and what is learnt by rounding only."""

    devices: int = 1
    """Devices of each machine: GPUs, or processes where there are none."""
    nodes: int = 1
    """Machines; start the command on each of them by torchrun or SLURM."""
    strategy: Literal["ddp", "fsdp"] = "ddp"
    """All weights on every device, or gradients and optimiser in parts (for encoders
    that are large beside a device's memory)."""

    def __post_init__(self) -> None:
        if self.devices < 1 or self.nodes < 1:
            raise ConfigError(
                f"devices and nodes must be at least 1, found {self.devices} and "
                f"{self.nodes}"
            )

    @property
    def world(self) -> int:
        """Processes in all."""
        return self.devices * self.nodes

    def check(self, batch: int, channels: int) -> None:
        """Refuse what cannot be shared, or was not started so.

        Args:
            batch: Clips of a step.
            channels: Frames that enter the encoder together.

        Raises:
            ConfigError: the batch is no multiple of the processes, stacks of frames are
                to be learnt in parts, nobody started the other machines' processes, or
                torchrun started another number of them.
        """
        if self.world > 1 and self.strategy == "fsdp" and channels > 1:
            raise ConfigError(
                "strategy fsdp cannot make an encoder of single frames out of one of "
                "stacks; give strategy ddp, or frames one by one"
            )
        if batch % self.world:
            raise ConfigError(
                f"batch is {batch}, no multiple of {self.devices} devices x "
                f"{self.nodes} nodes; give one that is"
            )
        self._check_started()

    def _check_started(self) -> None:
        if self.nodes > 1 and not any(name in os.environ for name in _STARTED_BY):
            raise ConfigError(
                f"nodes is {self.nodes}, but neither torchrun nor SLURM started this "
                "process; see docs/cluster.md for the command of each machine"
            )
        if "TORCHELASTIC_RUN_ID" not in os.environ:
            return
        if (started := int(os.environ["WORLD_SIZE"])) != self.world:
            raise ConfigError(
                f"torchrun started {started} processes for {self.devices} devices x "
                f"{self.nodes} nodes; give --devices its --nproc-per-node and --nodes "
                "its --nnodes"
            )

    def fabric(self, precision: Precision) -> Fabric:
        """The devices, launched: on return all processes run, and know each other.

        Raises:
            ConfigError: there are fewer here, or SLURM started another number of tasks.
        """
        strategy: str | Strategy = "auto"
        if self.world > 1:
            strategy = _ddp() if self.strategy == "ddp" else _fsdp(self.world)
        try:
            fabric = Fabric(
                devices=self.devices,
                num_nodes=self.nodes,
                strategy=strategy,
                precision=precision_of(precision),
            )
        except (MisconfigurationException, ValueError) as error:
            raise ConfigError(
                f"{self.devices} devices x {self.nodes} nodes cannot be had: {error}"
            ) from None
        _meet_again(fabric.device)
        fabric.launch()
        return fabric


def _meet_again(device: torch.device) -> None:
    """Join the others, if torchrun has started all anew.

    In PyTorch 2.14 the agent's store outlives a restart, and with it the addresses of
    processes that are gone: whoever reads them waits in vain (five of six restarts of
    two gloo processes). Ours bear the number of the restart.
    """
    known = os.environ
    by_agent = known.get("TORCHELASTIC_USE_AGENT_STORE") == "True"
    if not by_agent or known["TORCHELASTIC_RESTART_COUNT"] == "0":
        return
    store = dist.TCPStore(known["MASTER_ADDR"], int(known["MASTER_PORT"]))  # type: ignore[attr-defined]
    dist.init_process_group(
        dist.get_default_backend_for_device(device),
        store=dist.PrefixStore(known["TORCHELASTIC_RESTART_COUNT"], store),  # type: ignore[attr-defined]
        rank=int(known["RANK"]),
        world_size=int(known["WORLD_SIZE"]),
    )


def _ddp() -> Strategy:
    # Buffers are the same everywhere already: statistics are synchronised.
    known = signature(DistributedDataParallel.__init__).parameters
    new = "forward_sync_buffers" in known  # Since PyTorch 2.14; the older name warns.
    name = "forward_sync_buffers" if new else "broadcast_buffers"
    never: dict[str, Any] = {name: False}
    return DDPStrategy(gradient_as_bucket_view=True, **never)


def _fsdp(world: int) -> Strategy:
    def shard(model: nn.Module, mesh: Any) -> nn.Module:
        # It cannot take weights in the channels-last layout apart.
        model.to(memory_format=torch.contiguous_format)
        fully_shard(model, mesh=mesh["data_parallel"])
        return model

    return ModelParallelStrategy(
        shard, data_parallel_size=world, tensor_parallel_size=1
    )


def is_first() -> bool:
    """Whether this process is the one that speaks, before any are launched too."""
    return int(getattr(rank_zero_only, "rank", 0) or 0) == 0


def shared(fabric: Fabric, model: nn.Module) -> nn.Module:
    """The model, ready to be set up for as many processes as there are."""
    return synchronised(model, fabric.device) if fabric.world_size > 1 else model
