"""Trained heads in a folder: which target they belong to, what they are, and loading them.

`heads.json` names the target by the SHA-256 of its weights and gives the sizes of each kind of
heads that there is; `heads.safetensors` holds their tensors, each name behind its kind's.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal, TypeVar

import msgspec
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from dictate.asr.checkpoint import Checkpoint
from dictate.asr.drafts.heads_ctc import CtcHead, CtcNetwork
from dictate.asr.drafts.heads_medusa import MedusaHeads, MedusaNetwork
from dictate.asr.logit_filters import LogitFilter
from dictate.asr.model import Whisper
from dictate.asr.tokens import Tokens
from dictate.errors import DictateError

HeadsKind = Literal["medusa", "ctc"]
HEADS_KINDS: Final[frozenset[HeadsKind]] = frozenset({"medusa", "ctc"})
_Network = TypeVar("_Network", bound=nn.Module)
_Size = Annotated[int, msgspec.Meta(ge=1, le=2**14)]

FOLDER_NAME: Final = "heads"
"""Of the folder inside a target's own whose heads are loaded with it."""
JSON_NAME: Final = "heads.json"
TENSORS_NAME: Final = "heads.safetensors"
_FORMAT: Final = 1
_CHUNK_BYTES: Final = 2**22


class HeadsError(DictateError):
    """A folder of heads is missing, damaged, or belongs to another target."""


class MedusaSizes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of `MedusaNetwork`."""

    heads: _Size
    rank: _Size


class CtcSizes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of `CtcNetwork`."""

    hidden: _Size
    blocks: _Size
    kernel: _Size
    stride: _Size


class HeadsDescription(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`heads.json`.

    Attributes:
        format: of the files; other numbers are refused.
        target: the target's name, for people.
        target_sha256: of its weights.
        medusa: sizes of the Medusa heads, None: there are none.
        ctc: of the CTC head, likewise.
    """

    format: int
    target: str
    target_sha256: str
    medusa: MedusaSizes | None = None
    ctc: CtcSizes | None = None


@dataclass(frozen=True)
class Heads:
    """The heads of a target, ready."""

    medusa: MedusaHeads | None = None
    ctc: CtcHead | None = None

    @classmethod
    def load(
        cls,
        folder: Path,
        target: Checkpoint,
        model: Whisper,
        logit_filter: LogitFilter,
        tokens: Tokens,
        kinds: frozenset[HeadsKind] = HEADS_KINDS,
    ) -> "Heads":
        """Load the heads in `folder`.

        Args:
            folder: with `heads.json` and `heads.safetensors`.
            target: whose heads they must be.
            model: the target's, before its first step.
            logit_filter: the target's.
            tokens: likewise.
            kinds: which to load, of those that there are.

        Raises:
            HeadsError: the folder's files are missing, damaged or another target's.
            CheckpointError: the target's weights cannot be read.
        """
        description, tensors = read_heads(folder)
        if description.target_sha256 != weights_sha256(target):
            raise HeadsError(
                f"the heads in {folder} were trained on {description.target}, not on "
                f"{target.name}: train them anew with `dictate train heads`"
            )
        medusa: MedusaHeads | None = None
        ctc: CtcHead | None = None
        width = model.dimensions.width
        if description.medusa is not None and "medusa" in kinds:
            medusa_network = medusa_network_of(description.medusa, width)
            _fill(medusa_network, tensors, "medusa", folder)
            medusa = MedusaHeads(_ready(medusa_network, model), model, logit_filter)
        if description.ctc is not None and "ctc" in kinds:
            ctc_network = ctc_network_of(description.ctc, width)
            _fill(ctc_network, tensors, "ctc", folder)
            ctc = CtcHead(_ready(ctc_network, model), tokens.encode)
        return cls(medusa, ctc)


def find_heads(target: Path) -> Path | None:
    """The folder of heads inside a target's own; None: it has none."""
    folder = target / FOLDER_NAME
    return folder if (folder / JSON_NAME).is_file() else None


def read_heads(folder: Path) -> tuple[HeadsDescription, dict[str, torch.Tensor]]:
    """The description and the tensors of a folder of heads, as stored.

    Raises:
        HeadsError: a file is missing or damaged.
    """
    try:
        description = msgspec.json.decode((folder / JSON_NAME).read_bytes(), type=HeadsDescription)
        tensors = load_file(folder / TENSORS_NAME)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, SafetensorError) as error:
        reason = " ".join(str(error).split())
        raise _damaged(folder, reason) from error
    if description.format != _FORMAT:
        raise _damaged(folder, f"format {description.format} instead of {_FORMAT}")
    return description, tensors


def describe(
    target: Checkpoint, medusa: MedusaSizes | None, ctc: CtcSizes | None
) -> HeadsDescription:
    """The description of heads of `target`.

    Raises:
        CheckpointError: the target's weights cannot be read.
    """
    return HeadsDescription(
        format=_FORMAT,
        target=target.name,
        target_sha256=weights_sha256(target),
        medusa=medusa,
        ctc=ctc,
    )


def heads_tensors(kind: HeadsKind, network: nn.Module) -> dict[str, torch.Tensor]:
    """The tensors of one kind as they are stored, in float16."""
    return {
        f"{kind}.{name}": tensor.detach().to("cpu", torch.float16).contiguous()
        for name, tensor in network.state_dict().items()
    }


def medusa_network_of(sizes: MedusaSizes, width: int) -> MedusaNetwork:
    """A network of these sizes for a target of `width`, at its beginning."""
    return MedusaNetwork(width, sizes.heads, sizes.rank)


def ctc_network_of(sizes: CtcSizes, width: int) -> CtcNetwork:
    """A network of these sizes for a target of `width`, at its beginning."""
    return CtcNetwork(
        width,
        hidden=sizes.hidden,
        blocks=sizes.blocks,
        kernel=sizes.kernel,
        stride=sizes.stride,
    )


def weights_sha256(checkpoint: Checkpoint) -> str:
    """SHA-256 over the checkpoint's weight files, in hex.

    Raises:
        CheckpointError: a file cannot be read.
    """
    digest = hashlib.sha256()
    for path in checkpoint.weight_paths():
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
    return digest.hexdigest()


def _fill(
    network: nn.Module, tensors: dict[str, torch.Tensor], kind: HeadsKind, folder: Path
) -> None:
    prefix = f"{kind}."
    own = {
        name.removeprefix(prefix): tensor.float()
        for name, tensor in tensors.items()
        if name.startswith(prefix)
    }
    if not all(bool(torch.isfinite(tensor).all()) for tensor in own.values()):
        raise _damaged(folder, f"the {kind} tensors hold values that are no numbers")
    try:
        network.load_state_dict(own)
    except RuntimeError as error:
        reason = " ".join(str(error).split())
        raise _damaged(folder, reason) from error


def _ready(network: _Network, model: Whisper) -> _Network:
    return network.to(model.device, model.dtype).eval().requires_grad_(requires_grad=False)


def _damaged(folder: Path, reason: str) -> HeadsError:
    return HeadsError(
        f"the heads in {folder} cannot be used ({reason}): train them anew with "
        "`dictate train heads`"
    )
