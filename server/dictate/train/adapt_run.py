"""The course of `dictate adapt`: collect speech, adapt target and draft, judge, write the pair."""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from textwrap import fill
from typing import Final

import msgspec
import torch

from dictate.asr import Pair
from dictate.asr.checkpoint import Checkpoint
from dictate.asr.device import choose_device
from dictate.asr.shared_encoder import shares_encoder
from dictate.asr.tokens import Tokens
from dictate.train import adapt_toml, distil, lora
from dictate.train.adapt import DOMAIN_SHARDS, GENERAL_SHARDS, Plan, adapt, part_of
from dictate.train.adapt_code import Phrase, read_code
from dictate.train.adapt_report import Changes, compare
from dictate.train.adapt_speech import Line, speak_shards
from dictate.train.dictations import history_folder, usable, write_shard
from dictate.train.distil_card import finish
from dictate.train.distil_command import batch_seconds, check_training_options, ranks_on
from dictate.train.distil_lessons import Size
from dictate.train.distil_source import Source, find_pair, require_here
from dictate.train.distil_speech import Spoken, as_spoken, speak, test_speech
from dictate.train.distil_teacher import Manner
from dictate.train.grammar import sentences
from dictate.train.pronunciation import transcript
from dictate.train.ranks import TrainingError
from dictate.train.speech import require_synthesisers
from dictate.train.training_loop import CHECKPOINT, Budget, write_whole

_PHRASES: Final = "phrases.json"
_WIDTH: Final = 100
_HELD_OUT_BUCKETS: Final = 15
_GENERAL_SHARE: Final = 0.6
_LONGEST_S: Final = 8.5
_TARGET_SHARE: Final = 0.65
_JUDGED_FOR_STYLE: Final = 8


@dataclass(frozen=True, slots=True)
class Domain:
    """What is learned and what is judged."""

    learned: list[Phrase]
    held_out: list[Phrase]


def run_adaptation(args: argparse.Namespace) -> None:
    """Run the command.

    Raises:
        DictateError: one line for the user.
    """
    name = args.name or args.out.resolve().name
    adapt_toml.check_name(name, install=args.install)
    check_training_options(args)
    if min(args.clips, args.rank, args.utterances) < 1:
        raise TrainingError("--clips, --rank and --utterances must be 1 or more: correct them")
    if not (args.code or args.recordings or args.history):
        raise TrainingError("nothing to learn: name --code, --recordings or --history")
    require_synthesisers()
    source, draft = _pair(args)
    if not args.resume and (args.out / "target" / distil.TRAINING / CHECKPOINT).exists():
        raise TrainingError(
            f"{args.out} holds a run already: go on with --resume, or choose another --out"
        )
    corpus = args.out / distil.TRAINING / "corpus"
    if not args.resume:
        shutil.rmtree(corpus, ignore_errors=True)
    domain = _domain(args, corpus / _PHRASES)
    try:
        judged = _collect(args, source, domain, corpus)
        target = _adapt_target(args, source, corpus)
        adapted = replace(source, folder=target)
        new_draft = None if draft is None else _adapt_draft(args, source, adapted, draft, corpus)
    finally:
        # Copies of recordings; what was synthesised is kept for --resume.
        for kind in (DOMAIN_SHARDS, GENERAL_SHARDS):
            for path in corpus.glob(f"{kind}9*"):
                path.unlink()
    changes = compare((source, draft), (adapted, new_draft), judged, str(_device(args)))
    _finish(args, name, adapted, new_draft, changes)


def _pair(args: argparse.Namespace) -> tuple[Source, Path | None]:
    """The pair's target and draft, on this machine and whole."""
    if args.draft and not args.target:
        raise TrainingError("--draft goes with --target: name both, or a --pair")
    entry = find_pair(args.target or args.pair)
    draft = find_pair(args.draft).target if args.draft else entry.draft
    if args.target and not args.draft:
        draft = None
    for folder in (entry.target, draft):
        if folder is not None:
            require_here(folder, args.target or args.pair)
    Checkpoint.open(entry.target)
    if draft is not None:
        Checkpoint.open(draft, "draft")
    short, prompts = args.short_window, args.prompts
    source = Source(
        entry.target,
        entry.short_window if short is None else short,
        entry.follows_prompts if prompts is None else prompts,
    )
    return source, draft


def _domain(args: argparse.Namespace, kept: Path) -> Domain:
    """Phrases of the code; a run that goes on says what it said, however the code has changed."""
    if args.resume and kept.exists():
        return msgspec.json.decode(kept.read_bytes(), type=Domain)
    learned: dict[Phrase, None] = {}
    held_out: dict[Phrase, None] = {}
    wanted = 2 * (args.clips + args.utterances) // max(1, len(args.code))
    for folder in args.code:
        vocabulary = read_code(folder)
        print(
            f"{folder.name}: {vocabulary.files} files, {len(vocabulary.names)} names, "
            f"{len(vocabulary.sentences)} sentences of comments",
            flush=True,
        )
        for phrase in vocabulary.phrases(wanted, args.seed):
            digest = hashlib.sha256(phrase.spoken.encode()).digest()
            is_held_out = int.from_bytes(digest[:4], "big") % 100 < _HELD_OUT_BUCKETS
            (held_out if is_held_out else learned).setdefault(phrase)
    domain = Domain(list(learned)[: args.clips], list(held_out)[: args.utterances])
    kept.parent.mkdir(parents=True, exist_ok=True)
    write_whole(kept, lambda partial: partial.write_bytes(msgspec.json.encode(domain)))
    return domain


def _collect(
    args: argparse.Namespace, source: Source, domain: Domain, corpus: Path
) -> dict[str, Sequence[Spoken]]:
    """Make the corpus; returns held-out speech by kind."""
    longest_s = min(_LONGEST_S, source.window_s)
    judged: dict[str, Sequence[Spoken]] = {}
    general = [
        Line(marked, transcript(marked))
        for marked in islice(sentences(args.seed, "train"), int(_GENERAL_SHARE * args.clips))
    ]
    print(f"speaking {len(domain.learned)} phrases and {len(general)} general ones", flush=True)
    if domain.learned:
        held_out = speak((phrase.spoken, phrase.spoken) for phrase in domain.held_out)
        judged["of the code, held out"] = held_out
        as_words = _writes_words(source, held_out, str(_device(args)))
        lines = [
            Line(phrase.spoken, phrase.spoken if as_words else phrase.written)
            for phrase in domain.learned
        ]
        speak_shards(lines, corpus, DOMAIN_SHARDS, args.seed, longest_s)
    speak_shards(general, corpus, GENERAL_SHARDS, args.seed, longest_s)
    judged["general, held out"] = test_speech(args.utterances)
    places = [*args.recordings, *([history_folder()] if args.history else [])]
    for index, place in enumerate(places):
        held_out = _recordings(place, corpus, f"9{index:03d}", source.window_s, args.utterances)
        if held_out:
            judged[f"{place.name}, held out"] = held_out
    if not part_of(corpus, "domain").clips:
        raise TrainingError(
            "nothing has a text to learn: name --code, or recordings with their texts beside them"
        )
    return judged


def _recordings(
    place: Path, corpus: Path, number: str, window_s: float, judged: int
) -> list[Spoken]:
    """Recordings with a text are learned, but for some held out; the others are rehearsed."""
    left_out: Counter[str] = Counter()
    found = list(usable(place, window_s, left_out))
    with_text = [one for one in found if one.text is not None]
    without = [one for one in found if one.text is None]
    held_out = with_text[: min(judged, len(with_text) * _HELD_OUT_BUCKETS // 100)]
    learned = with_text[len(held_out) :]
    if learned:
        write_shard(learned, corpus, f"{DOMAIN_SHARDS}{number}", has_text=True)
    if without:
        write_shard(without, corpus, f"{GENERAL_SHARDS}{number}", has_text=False)
    reasons = "".join(f", {count} {reason}" for reason, count in left_out.items())
    print(
        f"{place.name}: {len(learned)} recordings are learned, {len(held_out)} held out, "
        f"{len(without)} without a text rehearsed; left out: {sum(left_out.values())}{reasons}",
        flush=True,
    )
    return [as_spoken(one) for one in held_out]


def _writes_words(source: Source, spoken: Sequence[Spoken], device: str) -> bool:
    """Whether the target writes lower-case words without punctuation, as the bundled one does."""
    pair = Pair.load(source.folder, device=device, short_window=source.short_window)
    texts = [pair.transcribe(one.sound).text for one in spoken[:_JUDGED_FOR_STYLE]]
    written = "".join(texts)
    return written == written.lower() and not set(written) & set(".,?!;:")


def _adapt_target(args: argparse.Namespace, source: Source, corpus: Path) -> Path:
    out: Path = args.out / "target"
    adapt(_plan(args, source, source.folder, corpus, out, _TARGET_SHARE))
    return out


def _plan(
    args: argparse.Namespace, source: Source, model: Path, corpus: Path, out: Path, share: float
) -> Plan:
    device = _device(args)
    return Plan(
        source=model,
        corpus=corpus,
        out=out,
        budget=_budget(args, share),
        manner=Manner(source.short_window, source.follows_prompts),
        domain_prompts=source.short_window and source.follows_prompts,
        size=lora.Rank(args.rank, 2.0 * args.rank),
        parts=args.parts,
        device=str(device),
        ranks=ranks_on(device.type, args.ranks),
        seed=args.seed,
        rate=args.rate,
        batch=Size(batch_seconds(args.batch, source), args.batch),
        resume=args.resume,
    )


def _adapt_draft(
    args: argparse.Namespace, source: Source, adapted: Source, draft: Path, corpus: Path
) -> Path:
    """A draft behind the target's encoder is distilled on; one of its own is adapted likewise."""
    out: Path = args.out / "draft"
    share = 1.0 - _TARGET_SHARE
    own = Checkpoint.open(draft, "draft")
    if not shares_encoder(Checkpoint.open(source.folder), own):
        # It is never prompted.
        adapt(_plan(args, replace(source, follows_prompts=False), draft, corpus, out, share))
        return out
    device = _device(args)
    plan = distil.Plan(
        target=adapted.folder,
        corpus=corpus,
        out=out,
        budget=_budget(args, share),
        start_from=draft,
        labels="target",
        short_window=source.short_window,
        follows_prompts=source.follows_prompts,
        device=str(device),
        ranks=ranks_on(device.type, args.ranks),
        seed=args.seed,
        rate=0.5 * args.rate,
        size=Size(batch_seconds(args.batch, source), args.batch),
        resume=args.resume,
        speech="recordings and synthetic speech",
    )
    distil.distil(plan)
    finish(plan)
    return out


def _budget(args: argparse.Namespace, share: float) -> Budget:
    """A model's share of the time."""
    return Budget(
        None if args.minutes is None else args.minutes * share,
        None if args.steps is None else max(1, round(args.steps * share)),
    )


def _device(args: argparse.Namespace) -> torch.device:
    return choose_device(args.device)


def _finish(
    args: argparse.Namespace, name: str, adapted: Source, draft: Path | None, changes: Changes
) -> None:
    """Write the record and the snippet, and say how the pair is used."""
    changes.save(args.out / "adapted.json")
    languages = json.dumps(_languages(adapted))
    table = adapt_toml.entry(name, adapted, adapted.folder, draft, languages)
    write_whole(
        args.out / "models.toml", lambda partial: partial.write_text(table, encoding="utf-8")
    )
    write_whole(
        args.out / "README.md",
        lambda partial: partial.write_text(_card(name, adapted, draft, changes), encoding="utf-8"),
    )
    print(changes)
    if args.install:
        print(f"added to {adapt_toml.install(table, name)}: dictate engine start --pair {name}")
    else:
        print(
            f"written: {args.out}; append {args.out / 'models.toml'} to your models.toml (or add "
            f"--install), then: dictate engine start --pair {name}"
        )


def _languages(source: Source) -> list[str]:
    """The language that a target writes by itself, if its folder says so."""
    code = Tokens(Checkpoint.open(source.folder)).default_language
    return [code] if code else []


def _card(name: str, adapted: Source, draft: Path | None, changes: Changes) -> str:
    kind = "a target and its draft" if draft is not None else "a target"
    size = Checkpoint.open(adapted.folder).dimensions
    what = (
        f"An ordinary Whisper ({size.encoder_layers} + {size.decoder_layers} layers of width "
        f'{size.width}) with low-rank adapters merged into its weights (Hu et al., "LoRA", 2021). '
        "It learned the names and sentences of a domain, in synthetic voices and recordings, and "
        "rehearsed general speech. The licence is that of the pair it was made from. Recordings it "
        "learned from can show in what it writes: share it as you would share them."
    )
    judged = (
        "Held-out sentences were not learned; a third of them is spoken by voices that training "
        "never hears. WER counts words without capitals and punctuation."
    )
    return (
        f"# {name}: {kind}, adapted by `dictate adapt`\n\n{fill(what, _WIDTH)}\n\n{changes}\n\n"
        f"{fill(judged, _WIDTH)}\n"
    )
