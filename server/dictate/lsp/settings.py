"""The settings, typed and defaulted; an invalid one is reported in a line and falls back.

The same classes make the JSON schema and the reference in the documentation (`settings_reference`).
"""

import typing
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from dictate.text.modes import WritingMode


class _Group(msgspec.Struct, rename="camel", frozen=True, kw_only=True):
    """Settings that belong together."""


_GroupType = typing.TypeVar("_GroupType", bound=_Group)


class MicrophoneSettings(_Group, frozen=True):
    """The microphone."""

    device: Annotated[
        str | None, Meta(description="Name of the input device; null: the system's default.")
    ] = None
    keep_open_s: Annotated[
        float,
        Meta(
            ge=0,
            le=3600,
            description="Keep the microphone open so many seconds after a dictation: the next one "
            "starts at once and hears what was said just before. 0 closes it.",
        ),
    ] = 0.0


class EngineSettings(_Group, frozen=True):
    """The engine: one process for all editors of the user, with the models in memory."""

    pair: Annotated[
        Annotated[str, Meta(min_length=1)] | None,
        Meta(
            description="The pair of models, by its name in models.toml: bundled, turbo, large-v3, "
            "medium, small-en, base-en, …; null: the one that was chosen last, in any editor or "
            "with `dictate engine use`, and bundled before that."
        ),
    ] = None
    device: Annotated[
        str,
        Meta(
            pattern=r"^(auto|cpu|mps|cuda(:\d+)?)$",
            description='Where the models run: "auto", "cpu", "cuda", "cuda:N" or "mps".',
        ),
    ] = "auto"
    dtype: Annotated[
        Literal["auto", "float32", "bfloat16", "float16", "int8", "int4"],
        Meta(
            description="How precisely the weights are kept: less takes less memory and time. "
            '"auto" takes what suits the device.'
        ),
    ] = "auto"
    speculation: Annotated[
        bool,
        Meta(
            description="Let drafts propose words, which changes the time and never the text. Only "
            "those are used that save time here."
        ),
    ] = True
    beams: Annotated[
        int,
        Meta(
            ge=1,
            le=8,
            description="How many hypotheses are followed at a time; more are slower, and a little "
            "more accurate.",
        ),
    ] = 1
    keep_warm_minutes: Annotated[
        float,
        Meta(
            ge=0,
            le=10_080,
            description="How long the engine keeps the models in memory when nobody dictates.",
        ),
    ] = 30.0
    autostart: Annotated[
        bool,
        Meta(description="Start the engine with the editor: the first dictation need not wait."),
    ] = True


class ModelsSettings(_Group, frozen=True):
    """Getting models."""

    offer: Annotated[
        bool,
        Meta(
            description="Ask whether to download the pair that suits this machine best, or the one "
            'that `engine.pair` names; once, and again in a week after a "Not now".'
        ),
    ] = True


class VadSettings(_Group, frozen=True):
    """What counts as speech."""

    threshold: Annotated[
        float, Meta(ge=0.05, le=0.95, description="Probability from which on a sound is speech.")
    ] = 0.5
    min_silence_ms: Annotated[
        int,
        Meta(
            ge=100,
            le=5000,
            description="A pause this long ends a segment, which is decoded while you speak on.",
        ),
    ] = 700


class PartialsSettings(_Group, frozen=True):
    """Text that is shown while you speak."""

    enabled: Annotated[
        bool,
        Meta(
            description="Show what was understood so far: at the place with our plugins, "
            "as progress elsewhere."
        ),
    ] = True


class HandsFreeSettings(_Group, frozen=True):
    """Listening on and on: one dictation after the other, each ended by a pause."""

    pause_ms: Annotated[
        Annotated[int, Meta(ge=200, le=5000)] | None,
        Meta(
            description="A pause this long ends a dictation; null: learned from your own pauses, "
            "between 240 and 1200 ms."
        ),
    ] = None
    idle_minutes: Annotated[
        float,
        Meta(ge=0, le=1440, description="Stop listening when nobody has spoken for so long."),
    ] = 10.0
    stop_phrases: Annotated[
        tuple[str, ...],
        Meta(description="Said alone, one of these stops the listening and is not written."),
    ] = ("stop listening", "stop dictating")


class PromptSettings(_Group, frozen=True):
    """What the model is told about the document."""

    enabled: Annotated[
        bool,
        Meta(
            description="Tell the model the names in the open document, where it follows prompts."
        ),
    ] = True


class WritingSettings(_Group, frozen=True):
    """How what is said is written."""

    mode: Annotated[
        WritingMode,
        Meta(
            description="code: spoken forms and names; prose: sentences, with names; vibe: the "
            "same with names in backticks; raw: just as it was heard; auto: by the syntax around "
            "the cursor."
        ),
    ] = "auto"
    modes: Annotated[
        dict[str, WritingMode],
        Meta(description='The mode for languages, by their ids: {"markdown": "prose"}.'),
    ] = {}


class NamesSettings(_Group, frozen=True):
    """The names that a programmer may say."""

    bias: Annotated[
        bool,
        Meta(
            description="Let the names around the cursor sway what is recognised; never more than "
            "a little, and never for everyday words."
        ),
    ] = True
    project: Annotated[
        bool,
        Meta(description="Read names of imported files and of files that were edited lately, too."),
    ] = True


class VocabularySettings(_Group, frozen=True):
    """Your own words."""

    learn: Annotated[
        bool,
        Meta(
            description="Keep names that you correct by hand or choose among the alternatives in "
            "your vocabulary: a file on this machine, to be read and edited."
        ),
    ] = True


class ProofingSettings(_Group, frozen=True):
    """Looking over what was written."""

    doubtful_below: Annotated[
        float,
        Meta(
            ge=0,
            le=1,
            description="Mark words for a moment that are less likely than this to be what was "
            "said; 0 marks none.",
        ),
    ] = 0.4


class HistorySettings(_Group, frozen=True):
    """What happens to the audio afterwards."""

    enabled: Annotated[
        bool,
        Meta(description="Keep the audio of inserted dictations; otherwise it is deleted at once."),
    ] = False


class Settings(_Group, frozen=True):
    """All settings of Dictate."""

    microphone: MicrophoneSettings = MicrophoneSettings()
    engine: EngineSettings = EngineSettings()
    models: ModelsSettings = ModelsSettings()
    vad: VadSettings = VadSettings()
    partials: PartialsSettings = PartialsSettings()
    hands_free: HandsFreeSettings = HandsFreeSettings()
    prompt: PromptSettings = PromptSettings()
    writing: WritingSettings = WritingSettings()
    names: NamesSettings = NamesSettings()
    vocabulary: VocabularySettings = VocabularySettings()
    proofing: ProofingSettings = ProofingSettings()
    history: HistorySettings = HistorySettings()
    language: Annotated[
        Annotated[str, Meta(pattern=r"^[a-z]{2,3}$")] | None,
        Meta(description='Language of the speech as a code ("en"); null leaves it to the model.'),
    ] = None
    max_utterance_minutes: Annotated[
        float, Meta(ge=0.1, le=120, description="A dictation ends by itself after so many minutes.")
    ] = 10.0
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"],
        Meta(description="How much goes into the log file; never what was said."),
    ] = "info"


@dataclass(frozen=True)
class Parsed:
    """Settings and what was wrong with the given ones, a line each."""

    settings: Settings
    problems: list[str]


def parse(given: object) -> Parsed:
    """Read settings as an editor sends them.

    Args:
        given: The object below "dictate", or one that has it under that name; None means none are
            given.
    """
    if isinstance(given, dict) and "dictate" in given:
        given = given["dictate"]
    problems: list[str] = []
    if given is None:
        return Parsed(Settings(), problems)
    settings = _group(Settings, given, "dictate", problems)
    return Parsed(settings, problems)


def _group(kind: type[_GroupType], given: object, path: str, problems: list[str]) -> _GroupType:
    if not isinstance(given, dict):
        problems.append(f"{path}: expected an object, using the defaults")
        return kind()
    names = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    hints = typing.get_type_hints(kind, include_extras=True)
    values: dict[str, Any] = {}
    for key, value in given.items():
        field = names.get(key)
        if field is None:
            problems.append(f"{path}.{key}: there is no such setting, ignored")
            continue
        hint = hints[field.name]
        if isinstance(hint, type) and issubclass(hint, _Group):
            values[field.name] = _group(hint, value, f"{path}.{key}", problems)
            continue
        if value is None and not _nullable(hint):
            continue  # editors send null for what the user did not set
        try:
            values[field.name] = msgspec.convert(value, hint)
        except msgspec.ValidationError as error:
            default = msgspec.json.encode(field.default).decode()
            problems.append(f"{path}.{key}: {_lower_first(str(error))}, using {default}")
    return kind(**values)


def _nullable(hint: Any) -> bool:  # noqa: ANN401 - a type annotation
    inner = typing.get_args(hint)[0] if typing.get_origin(hint) is Annotated else hint
    return type(None) in typing.get_args(inner)


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]
