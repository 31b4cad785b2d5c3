"""One encoder and a head a task, trained together.

Legend: B batch, V views, K views of a stack, S stacks, N stacks of a batch, H rows,
W columns, C channels, h rows and w columns of a map, D features, E outputs of a
projection.
"""

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor, nn

from insonify.model.branches import STAGES, Branch, crown, pooled, trunk
from insonify.model.encoder import Encoder
from insonify.model.stages import stage_maps
from insonify.model.teacher import Teacher


class JointModel(nn.Module):
    """Encodes the views of all tasks in one pass and hands each head its own.

    An encoder of K channels takes K neighbouring views at a time as one stack.

    Args:
        encoder: The encoder that is kept after training.
        heads: Each task's head.
        shared: Number of the encoder's first stages that all tasks share; all of them
            without ``private``.
        private: Tasks that have the other stages for themselves, as copies that begin
            with the encoder's weights.
        teachers: Momentum of the tasks that have a teacher. Their heads have a module
            ``projection``, which is copied with the encoder, and are given features
            and the teacher's projections (B, S, E).
        mapped: Tasks whose heads are given a list of the maps (B, S, C, h, w) of all
            stages in place of features.

    Raises:
        ConfigError: there are private tasks, and the encoder is no ResNet.
    """

    def __init__(
        self,
        encoder: Encoder,
        heads: Mapping[str, nn.Module],
        *,
        shared: int = len(STAGES),
        private: Iterable[str] = (),
        teachers: Mapping[str, float] | None = None,
        mapped: Iterable[str] = (),
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.heads = nn.ModuleDict(heads)
        self.shared = shared
        self.mapped = frozenset(mapped)
        self.branches = nn.ModuleDict(
            {task: Branch(encoder, shared) for task in private}
        )
        self.teachers = nn.ModuleDict(
            {
                task: Teacher(encoder, self._projection(task), momentum)
                for task, momentum in (teachers or {}).items()
            }
        )

    def forward(self, views: dict[str, Tensor]) -> dict[str, Tensor]:
        """Views (B, V, H, W) of each task to each task's output.

        While training, the teachers follow first: what they have not seen of the
        encoder is the last step.
        """
        if self.training:
            self._follow()
        stacks = {task: self._stacks(each_BVHW) for task, each_BVHW in views.items()}
        pooled_only = {t: each for t, each in stacks.items() if t not in self.mapped}
        features, dim = self._features(pooled_only), self.encoder.dim
        outputs = {
            task: self._output(
                task, part_ND.reshape(len(views[task]), -1, dim), stacks[task]
            )
            for task, part_ND in features.items()
        }
        for task, views_BVHW in views.items():  # In order: each moves running means.
            if task in self.mapped:
                outputs[task] = self._read(task, stacks[task], len(views_BVHW))
        return outputs

    def _read(self, task: str, stacks_NHW: Tensor, batch: int) -> Tensor:
        """What a task's head says to the maps of all stages."""
        maps = [
            each_NChw.view(batch, -1, *each_NChw.shape[1:])
            for each_NChw in stage_maps(self.encoder, stacks_NHW)
        ]
        output: Tensor = self.heads[task](maps)
        return output

    def _follow(self) -> None:
        for task, teacher in self.teachers.items():
            assert isinstance(teacher, Teacher)
            teacher.follow(self.encoder, self._projection(task))

    def _projection(self, task: str) -> nn.Module:
        return self.heads[task].get_submodule("projection")

    def _output(self, task: str, features_BSD: Tensor, stacks_NHW: Tensor) -> Tensor:
        """What a task's head says, beside its teacher's projections if it has one."""
        given = [features_BSD]
        if task in self.teachers:
            taught_NE = self.teachers[task](stacks_NHW)
            given.append(taught_NE.view(*features_BSD.shape[:2], -1))
        output: Tensor = self.heads[task](*given)
        return output

    def _stacks(self, views_BVHW: Tensor) -> Tensor:
        """Views (N, H, W), or stacks of them (N, K, H, W)."""
        channels, (height, width) = self.encoder.channels, views_BVHW.shape[2:]
        if channels == 1:
            return views_BVHW.flatten(0, 1)
        return views_BVHW.reshape(-1, channels, height, width)

    def _features(self, stacks: dict[str, Tensor]) -> dict[str, Tensor]:
        """Features (N, D) of each task's stacks."""
        if not stacks:
            return {}
        counts = [len(each) for each in stacks.values()]
        every = torch.cat(list(stacks.values()))
        if not self.branches:
            parts = torch.split(self.encoder(every), counts)
            return dict(zip(stacks, parts, strict=True))
        maps = torch.split(trunk(self.encoder, every, self.shared), counts)
        return {
            task: pooled(self.encoder, self._last_map(task, map_NChw))
            for task, map_NChw in zip(stacks, maps, strict=True)
        }

    def _last_map(self, task: str, map_NChw: Tensor) -> Tensor:
        if task in self.branches:
            own: Tensor = self.branches[task](map_NChw)
            return own
        return crown(self.encoder, map_NChw, self.shared)
