"""What beams cost: time of an utterance against their number."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import msgspec
import torch

from dictate.asr.beam import beam_search
from dictate.asr.checkpoint import Checkpoint
from dictate.asr.device import choose_device
from dictate.asr.features import LogMel
from dictate.asr.logit_filters import LogitFilter
from dictate.asr.model import Whisper
from dictate.asr.precision import choose_precision
from dictate.asr.speculative import decode, fixed_width_of
from dictate.asr.tokens import Tokens
from dictate.bench.machine import Machine, describe_machine
from dictate.bench.peers.setting import Samples
from dictate.bench.plots import draw_lines
from dictate.bench.results import Outcome, Table
from dictate.bench.timing import Spread, interleaved, median_ratio

BEAMS = (1, 2, 3, 4, 5)
GREEDY = "greedy"


class BeamFigures(msgspec.Struct):
    """So many beams.

    Attributes:
        ratio_to_greedy: median of the rounds' ratios of its time to greedy decoding.
        passes: of the decoder, on average.
    """

    beams: int
    spread: Spread
    ratio_to_greedy: float
    passes: float
    tokens: float


class BeamReport(msgspec.Struct):
    """What `dictate bench beam` measured; milliseconds per utterance, encoder included."""

    machine: Machine
    case: str
    device: str
    precision: str
    rounds: int
    utterances: int
    greedy: Spread
    beams: list[BeamFigures]


class BeamBench:
    """One checkpoint, decoded greedily and with beams."""

    def __init__(
        self,
        folder: Path,
        device: str,
        dtype: str,
        *,
        short_window: bool,
        max_new_tokens: int | None,
        beams: Sequence[int] = BEAMS,
    ) -> None:
        """Load the checkpoint; see `Pair.load`."""
        checkpoint = Checkpoint.open(folder)
        self._device = choose_device(device)
        self._precision = choose_precision(
            dtype, self._device, checkpoint.dimensions, checkpoint.stored
        )
        self._short_window = short_window
        self._max_new_tokens = max_new_tokens
        self._tokens = Tokens(checkpoint)
        self._model = Whisper.load(checkpoint, self._device, self._precision)
        self._log_mel = LogMel(checkpoint.framing, self._device)
        self._filter = LogitFilter(
            self._tokens.suppressed(),
            self._tokens.suppressed_at_begin(),
            checkpoint.dimensions.vocabulary_size,
            self._device,
        )
        self._caches = {count: self._model.new_cache(count) for count in {1, *beams}}

    def measure(self, case: str, sounds: Sequence[Samples], rounds: int) -> BeamReport:
        """Decode every sound greedily and with each number of beams, interleaved."""
        ways: dict[str, Callable[[Samples], tuple[int, int]]] = {GREEDY: self._greedy}
        ways |= {str(count): partial(self._beams, count) for count in sorted(self._caches)}
        device = str(self._device)
        times_ms = interleaved(ways, sounds, rounds, device)
        figures = []
        for count in sorted(self._caches):
            written = [self._beams(count, sound) for sound in sounds]
            figures.append(
                BeamFigures(
                    beams=count,
                    spread=Spread.of(times_ms[str(count)]),
                    ratio_to_greedy=median_ratio(times_ms[str(count)], times_ms[GREEDY]),
                    passes=sum(passes for passes, _ in written) / len(written),
                    tokens=sum(tokens for _, tokens in written) / len(written),
                )
            )
        return BeamReport(
            machine=describe_machine(device),
            case=case,
            device=device,
            precision=self._precision,
            rounds=rounds,
            utterances=len(sounds),
            greedy=Spread.of(times_ms[GREEDY]),
            beams=figures,
        )

    def _features(self, samples: Samples) -> torch.Tensor:
        sound = torch.from_numpy(samples).to(self._device)
        return self._log_mel(sound, pad_to_window=not self._short_window)[None]

    @torch.inference_mode()
    def _greedy(self, samples: Samples) -> tuple[int, int]:
        self._model.begin(self._caches[1], self._features(samples))
        written = decode(
            self._model,
            self._caches[1],
            self._tokens.initial(self._tokens.default_language),
            self._tokens.end,
            self._filter,
            fixed_width=fixed_width_of(self._device, self._precision),
            max_new_tokens=self._max_new_tokens,
        )
        return written.target_steps, len(written.tokens)

    @torch.inference_mode()
    def _beams(self, count: int, samples: Samples) -> tuple[int, int]:
        self._model.begin(self._caches[count], self._features(samples))
        written = beam_search(
            self._model,
            self._caches[count],
            self._tokens.initial(self._tokens.default_language),
            self._tokens.end,
            self._filter,
            max_new_tokens=self._max_new_tokens,
        )
        return written.target_steps, len(written.tokens)


def beam_outcome(report: BeamReport, name: str, note: str = "") -> Outcome:
    """Table and plot of a report; `name` is that of its files."""
    table = Table(
        title=f"{report.case}, {report.precision} on {report.device}: {report.utterances} "
        f"utterances, {report.rounds} rounds",
        columns=["beams", "p50 ms", "p95 ms", "x greedy", "passes", "tokens"],
        rows=[
            [
                str(one.beams),
                f"{one.spread.p50_ms:.1f}",
                f"{one.spread.p95_ms:.1f}",
                f"{one.ratio_to_greedy:.2f}",
                f"{one.passes:.1f}",
                f"{one.tokens:.1f}",
            ]
            for one in report.beams
        ],
        note=f"Greedy: {report.greedy.p50_ms:.1f} ms. {note}".strip(),
    )

    def draw(folder: Path) -> list[Path]:
        path = folder / f"{name}.png"
        counts = [float(one.beams) for one in report.beams]
        draw_lines(
            path,
            f"{report.case}, {report.precision}: time of an utterance by number of beams",
            {"p50": (counts, [one.ratio_to_greedy for one in report.beams])},
            ("beams", "time by greedy decoding's"),
            note,
            level=1.0,
        )
        return [path]

    return Outcome(
        name=name,
        title=f"Beams, {report.case}, {report.precision} on {report.device}",
        report=report,
        tables=[table],
        draw=draw,
    )
