"""The command `dictate`.

Every subcommand imports what it needs when it runs, so that `dictate lsp` starts at once.
"""

import argparse
import logging
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NoReturn

import dictate
from dictate.errors import DictateError

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
    command("devices", _devices, "List the microphones.")
    command("doctor", _doctor, "Say what works here, what does not, and what to do.")
    engine = command("engine", _engine_status, "Start, stop or look at the engine.")
    actions = engine.add_subparsers(title="actions", metavar="ACTION", required=True)
    for name, run, about in (
        ("start", _engine_start, "Start the engine unless it runs; wait until it is warm."),
        ("stop", _engine_stop, "Stop the engine; it starts again when it is needed."),
        ("status", _engine_status, "Say which pair runs on what."),
    ):
        action = actions.add_parser(name, help=about, description=about)
        action.set_defaults(run=run)
        if name == "start":
            _add_engine_options(action)
        else:
            action.add_argument("--json", action="store_true", help="as a JSON object")
    command("demo", _demo, "Dictate bundled recordings into a document and show what happened.")
    bench = command("bench", _bench, "Measure on this machine.")
    from dictate.bench import arguments as bench_arguments

    bench_arguments.add_arguments(bench)
    train = command("train", _train, "Make or evaluate the bundled pair.")
    from dictate.train import cli as train_cli

    train_cli.add_arguments(train)
    return parser


def _add_engine_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--pair", default="bundled", help="name in models.toml (bundled)")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:N or mps (auto)")


def _engine_options(options: argparse.Namespace) -> "EngineOptions":
    from dictate.engine.protocol import EngineOptions

    return EngineOptions(pair=options.pair, device=options.device)


def _lsp(_: argparse.Namespace) -> int:
    from dictate.lsp import server

    return server.main()


def _transcribe(options: argparse.Namespace) -> int:
    from dictate.transcribe import transcribe_files

    return transcribe_files(
        options.files,
        _engine_options(options),
        prompt=options.prompt,
        language=options.language,
        as_json=options.json,
    )


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


def _doctor(_: argparse.Namespace) -> int:
    from dictate.doctor import examine

    return examine()


def _engine_start(options: argparse.Namespace) -> int:
    from dictate.engine import control

    print(_describe(control.start(_engine_options(options))))
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
    else:
        print("no engine runs" if status is None else _describe(status))
    return _FAILED if status is None or status.state == "failed" else 0


def _describe(status: "EngineStatus") -> str:
    """One line, and one more per notice."""
    models = status.target + (f" with draft {status.draft}" if status.draft else ", no draft")
    lines = [f"engine {status.state}: pair {status.pair} ({models})"]
    if status.device:
        lines[0] += f" on {status.device}, {status.dtype}, {status.memory_mb:.0f} MB"
    lines[0] += f", {status.sessions} sessions, pid {status.pid}, up {status.uptime_s:.0f} s"
    if status.reason:
        lines.append(f"  {status.reason}")
    lines += [f"  {notice}" for notice in status.notices]
    return "\n".join(lines)


def _demo(_: argparse.Namespace) -> int:
    from dictate.bench.demo import demonstrate

    return demonstrate()


def _bench(options: argparse.Namespace) -> int:
    from dictate.bench import arguments as bench_arguments

    return bench_arguments.run(options)


def _train(options: argparse.Namespace) -> int:
    from dictate.train import cli as train_cli

    return train_cli.run(options)


if __name__ == "__main__":
    sys.exit(main())
