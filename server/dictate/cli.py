"""The command `dictate`.

Every subcommand imports what it needs when it runs, so that `dictate lsp` starts at once.
"""

import argparse
import logging
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import dictate
from dictate.errors import DictateError
from dictate.text.modes import WRITING_MODES

if TYPE_CHECKING:
    from dictate.engine.protocol import EngineOptions, EngineStatus

_FAILED = 1
_USAGE = 2
_INTERRUPTED = 130


class _Parser(argparse.ArgumentParser):
    """Answers a wrong call with one line and where to read on."""

    def error(self, message: str) -> NoReturn:
        self.exit(_USAGE, f"{self.prog}: {message}: see {self.prog} --help\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status.

    Args:
        arguments: without the program's name; None takes the process's own.
    """
    options = _parser().parse_args(arguments)
    # What a command has to say it prints; records are for the processes that keep a log.
    logging.getLogger("dictate").addHandler(logging.NullHandler())
    run: Callable[[argparse.Namespace], int] = options.run
    try:
        return run(options)
    except DictateError as error:
        print(f"dictate: {error}", file=sys.stderr)
        return _FAILED
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return _FAILED


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="dictate", description=dictate.__doc__)
    parser.add_argument("--version", action="version", version=f"dictate {dictate.__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def command(name: str, run: Callable[[argparse.Namespace], int], about: str) -> _Parser:
        added: _Parser = commands.add_parser(name, help=about, description=about)
        added.set_defaults(run=run)
        return added

    command("lsp", _lsp, "Serve an editor over standard input and output.")
    transcribe = command("transcribe", _transcribe, "Write what is spoken in audio files.")
    transcribe.add_argument("files", nargs="+", metavar="FILE", help="WAV, FLAC, OGG, MP3, …")
    transcribe.add_argument("--json", action="store_true", help="one JSON object per file")
    transcribe.add_argument("--prompt", default="", help="names to expect, the likeliest last")
    transcribe.add_argument("--language", help="of the speech, such as en")
    _add_engine_options(transcribe)
    explain = command(
        "explain", _explain, "Say what would be inserted at a place for some words, and why."
    )
    explain.add_argument("place", metavar="FILE:LINE:COLUMN", help="both from 1")
    explain.add_argument("words", nargs="+", metavar="WORD", help="as they would be heard")
    explain.add_argument("--mode", choices=WRITING_MODES, help="as if it had been chosen")
    explain.add_argument("--json", action="store_true", help="as a JSON object")
    command("devices", _devices, "List the microphones.")
    doctor = command("doctor", _doctor, "Say what works here, what does not, and what to do.")
    _add_engine_options(doctor)
    engine = command("engine", _engine_status, "Start, stop or look at the engine.")
    actions = engine.add_subparsers(title="actions", metavar="ACTION", required=True)
    for name, run, about in (
        ("start", _engine_start, "Start the engine unless it runs; wait until it is warm."),
        ("use", _engine_use, "Change the engine's pair; editors without a setting get it, too."),
        ("stop", _engine_stop, "Stop the engine; it starts again when it is needed."),
        ("status", _engine_status, "Say which pair runs on what."),
    ):
        action = actions.add_parser(name, help=about, description=about)
        action.set_defaults(run=run)
        if name == "start":
            _add_engine_options(action)
        elif name == "use":
            action.add_argument("pair", metavar="PAIR", help="name in models.toml")
        else:
            action.add_argument("--json", action="store_true", help="as a JSON object")
    models = command("models", _models, "Get, check and remove pairs of models.")
    from dictate.models_cli import arguments as models_arguments

    models_arguments.add_arguments(models)
    command("demo", _demo, "Dictate bundled recordings into a document and show what happened.")
    bench = command("bench", _bench, "Measure on this machine.")
    from dictate.bench import arguments as bench_arguments

    bench_arguments.add_arguments(bench)
    train = command(
        "train", _train, "Make the bundled pair, drafts, heads and smaller folders, and judge them."
    )
    from dictate.train import cli as train_cli

    train_cli.add_arguments(train)
    adapt = command("adapt", _adapt, "Fit a pair to the words of your code and to your voice.")
    from dictate.train import adapt_command

    adapt_command.add_arguments(adapt)
    return parser


def _add_engine_options(parser: argparse.ArgumentParser) -> None:
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument("--pair", default="bundled", help="name in models.toml (bundled)")
    chosen.add_argument("--target", default="", help="folder, or name on the hub such as org/name")
    parser.add_argument("--draft", default="", help="the same for a draft beside --target (none)")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:N or mps (auto)")
    parser.add_argument(
        "--dtype",
        default="auto",
        help="of the weights: auto, float32, bfloat16, float16, int8 or int4 (auto)",
    )
    parser.add_argument(
        "--no-speculation", dest="speculation", action="store_false", help="no drafts at all"
    )
    parser.add_argument(
        "--beams", type=int, choices=range(1, 9), default=1, metavar="N", help="1 to 8 (1: greedy)"
    )


def _engine_options(options: argparse.Namespace) -> "EngineOptions":
    from dictate.engine.protocol import EngineOptions

    if options.draft and not options.target:
        raise DictateError("--draft goes with --target: name both, or a --pair")
    return EngineOptions(
        pair=options.pair,
        target=_place(options.target),
        draft=_place(options.draft),
        device=options.device,
        dtype=options.dtype,
        speculation=options.speculation,
        beams=options.beams,
    )


def _place(text: str) -> str:
    """A folder as an absolute path, which means the same to another process; a name as it is."""
    folder = Path(text).expanduser()
    return str(folder.resolve()) if text and folder.is_dir() else text


def _with_models(options: "EngineOptions") -> "EngineOptions":
    """The same options, once the models that are on the hub are on this machine, too."""
    from dictate.engine.fit import chosen
    from dictate.models.registry import Registry

    entry = chosen(options, Registry.load())
    if entry.target_repo or entry.draft_repo:
        from dictate.models_cli.actions import fetch

        fetch(entry)
    return options


def _lsp(_: argparse.Namespace) -> int:
    from dictate.lsp import server

    return server.main()


def _transcribe(options: argparse.Namespace) -> int:
    from dictate.transcribe import transcribe_files

    return transcribe_files(
        options.files,
        _with_models(_engine_options(options)),
        prompt=options.prompt,
        language=options.language,
        as_json=options.json,
    )


def _explain(options: argparse.Namespace) -> int:
    from dictate.explain import explain

    words = " ".join(options.words)
    return explain(options.place, words, mode=options.mode, as_json=options.json)


def _devices(_: argparse.Namespace) -> int:
    from dictate.audio.devices import input_devices

    devices = input_devices()
    if not devices:
        print("no microphone: connect one, then run dictate doctor", file=sys.stderr)
        return _FAILED
    for device in devices:
        mark = "*" if device.is_default else " "
        print(f"{mark} {device.name} ({device.native_rate_hz} Hz, {device.channels} channels)")
    return 0


def _doctor(options: argparse.Namespace) -> int:
    from dictate.doctor import examine

    return examine(_engine_options(options))


def _engine_start(options: argparse.Namespace) -> int:
    from dictate.engine import control

    print(_describe(control.start(_with_models(_engine_options(options)))))
    return 0


def _engine_use(options: argparse.Namespace) -> int:
    from dictate.engine import choice, control
    from dictate.engine.protocol import EngineOptions

    status = control.use(_with_models(EngineOptions(pair=options.pair)).pair)
    choice.remember(options.pair)
    print(_describe(status))
    return 0


def _engine_stop(options: argparse.Namespace) -> int:
    from dictate.engine import control

    stopped = control.stop()
    if options.json:
        print(f'{{"stopped": {str(stopped).lower()}}}')
    else:
        print("engine stopped" if stopped else "no engine runs")
    return 0


def _engine_status(options: argparse.Namespace) -> int:
    import msgspec

    from dictate.engine import control

    status = control.status()
    if options.json:
        print(msgspec.json.encode(status).decode())
    elif status is None:
        print("no engine runs")
    else:
        attention = f"\n  attention: {status.attention}" if status.attention else ""
        print(_describe(status) + attention + _drafts(status))
    return _FAILED if status is None or status.state == "failed" else 0


def _describe(status: "EngineStatus") -> str:
    """One line, and one more per notice."""
    models = status.target + (f" with draft {status.draft}" if status.draft else ", no draft")
    lines = [f"engine {status.state}: pair {status.pair} ({models})"]
    if status.device:
        lines[0] += f" on {status.device}, {status.dtype}, {_memory(status)}"
    lines[0] += f", {status.sessions} sessions, pid {status.pid}, up {status.uptime_s:.0f} s"
    if status.reason:
        lines.append(f"  {status.reason}")
    if status.changing_to:
        lines.append(f"  changing to the pair {status.changing_to}")
    if status.change_fault:
        lines.append(f"  not changed: {status.change_fault}")
    lines += [f"  {notice}" for notice in status.notices]
    return "\n".join(lines)


def _drafts(status: "EngineStatus") -> str:
    """A line per source of drafts: whether it pays, and what it has done."""
    return "".join(
        f"\n  {source.name} {source.reason}; so far {source.accepted_tokens} of "
        f"{source.proposed_tokens} tokens accepted, spent {source.spent_ms:.1f} ms, "
        f"saved {source.saved_ms:.1f} ms"
        for source in status.draft_sources
    )


def _memory(status: "EngineStatus") -> str:
    """Memory now and at its peak, in units of 2^20 bytes."""
    text = f"{status.memory_mb:.0f} MB (peak {status.peak_memory_mb:.0f})"
    if status.device_peak_memory_mb:
        held, peak = status.device_memory_mb, status.device_peak_memory_mb
        text += f", {held:.0f} MB of the device's (peak {peak:.0f})"
    return text


def _models(options: argparse.Namespace) -> int:
    from dictate.models_cli import arguments as models_arguments

    return models_arguments.run(options)


def _demo(_: argparse.Namespace) -> int:
    from dictate.bench.demo import demonstrate

    return demonstrate()


def _bench(options: argparse.Namespace) -> int:
    from dictate.bench import arguments as bench_arguments

    return bench_arguments.run(options)


def _train(options: argparse.Namespace) -> int:
    from dictate.train import cli as train_cli

    return train_cli.run(options)


def _adapt(options: argparse.Namespace) -> int:
    from dictate.train import adapt_command

    return adapt_command.run(options)


if __name__ == "__main__":
    sys.exit(main())
