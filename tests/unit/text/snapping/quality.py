"""Measures snapping on real sources and real prose: python -m tests.unit.text.snapping.quality."""

import random
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

from dictate.text.identifiers import identifiers
from dictate.text.names.name import Name
from dictate.text.snapping.cues import kind_of
from dictate.text.snapping.snapper import NameSnapper
from dictate.text.snapping.spoken_key import spoken_key, spoken_variants

DATA = Path(__file__).parents[3] / "data"
LANGUAGES = {
    "c": "c",
    "cpp": "cpp",
    "go": "go",
    "java": "java",
    "js": "javascript",
    "lua": "lua",
    "py": "python",
    "rb": "ruby",
    "rs": "rust",
    "sh": "shellscript",
    "swift": "swift",
    "ts": "typescript",
}
CARRIERS = ("{}", "return {} now", "print {} again", "call {} with zero", "if {} then stop")
CUES = {"type": "class {}", "constant": "constant {}", "": "variable {}"}
SIGNS = ("dunder", "underscore")
USES_PER_FILE = 40


@dataclass
class Recall:
    """Names that were said: how many, and which were not written exactly."""

    languages: set = field(default_factory=set)
    names: int = 0
    phrases: int = 0
    wrong_names: set = field(default_factory=set)
    wrong_phrases: int = 0
    twins: set = field(default_factory=set)  # (name, the one written for it, said alike)
    offered: set = field(default_factory=set)  # those twins whose loser is an alternative
    lost: list = field(default_factory=list)  # (phrase, name, written), no twin

    def exact(self):
        return 1.0 - len(self.wrong_names) / self.names

    def __str__(self):
        return (
            f"{len(self.languages)} languages, {self.names} names, "
            f"{100 * self.exact():.2f} % exact in all of {self.phrases} phrases "
            f"({100 * (1 - self.wrong_phrases / self.phrases):.2f} % of phrases), "
            f"{len(self.twins)} lost to a twin, {len(self.lost)} phrases to anything else"
        )


def sources(split):
    for path in sorted((DATA / "sources" / split).glob("*.txt")):
        yield path.stem, LANGUAGES[path.stem.rpartition(".")[2]], path.read_text(encoding="utf-8")


def ranked(names):
    return [Name(name, score=-float(rank)) for rank, name in enumerate(names)]


def written(snapper, words, *, prose):
    """What is written of some words, each name as one word; and the snaps."""
    texts, snaps, at = [], [], 0
    while at < len(words):
        snap = snapper.longest(words, at, prose=prose)
        texts.append(snap.name if snap else words[at])
        snaps.append((snap, " ".join(words[at : at + (snap.words if snap else 1)])))
        at += snap.words if snap else 1
    return texts, snaps


def say(recall, snapper, place, name, carriers):
    """Say a name in every way in every carrier and note what becomes of it."""
    for spoken in spoken_variants(name):
        for carrier in carriers:
            before, after = (part.split() for part in carrier.split("{}"))
            texts, snaps = written(snapper, [*before, *spoken.split(), *after], prose=False)
            before, after = (
                [word for word in part if word not in SIGNS] for part in (before, after)
            )
            recall.phrases += 1
            if texts == [*before, name, *after]:
                continue
            recall.wrong_names.add((*place, name))
            recall.wrong_phrases += 1
            other = texts[len(before)] if len(texts) == len(before) + 1 + len(after) else ""
            if other and (
                spoken_key(other) == spoken_key(name) or spoken in spoken_variants(other)
            ):
                recall.twins.add((name, other))
                snap = snaps[len(before)][0]
                if snap and name in snap.alternatives:
                    recall.offered.add((name, other))
            else:
                recall.lost.append((carrier.format(spoken), name, " ".join(texts)))


def recall_of_all(split, *, has_cues=False):
    """Every name of every file, the cursor at the file's end; with its kind said or without."""
    recall = Recall()
    for file, language_id, text in sources(split):
        names = identifiers(text, language_id, len(text))
        snapper = NameSnapper(ranked(names))
        recall.languages.add(language_id)
        for name in names:
            recall.names += 1
            carriers = (cue(name),) if has_cues else CARRIERS
            say(recall, snapper, (file,), name, carriers)
    return recall


def cue(name):
    """What tells a name from its twins: a word for its kind, its underscores."""
    carrier = CUES[kind_of(Name(name))]
    if name.startswith("__"):
        return carrier.replace("{}", "dunder {}")
    if name.startswith("_"):
        return carrier.replace("{}", "underscore {}")
    return carrier + (" underscore" if name.endswith("_") else "")


def recall_at_uses(split, seed):
    """Names where they stand in the file, as often as they do: the cursor on the line's start."""
    recall = Recall()
    for file, language_id, text in sources(split):
        known = set(identifiers(text, language_id, len(text)))
        uses = [use for use in re.finditer(r"\w+", text) if use.group() in known]
        recall.languages.add(language_id)
        for use in random.Random(seed).sample(uses, min(USES_PER_FILE, len(uses))):
            recall.names += 1
            cursor = text.rfind("\n", 0, use.start()) + 1
            snapper = NameSnapper(ranked(identifiers(text, language_id, cursor)))
            say(recall, snapper, (file, use.start()), use.group(), CARRIERS)
    return recall


def insertions(split, *, prose, lists=None):
    """Names written into ordinary prose, under lists of 500 names in turn: words, Counter."""
    words, found = 0, Counter()
    for path in sorted((DATA / "sources" / "names").glob("*.txt"))[:lists]:
        snapper = NameSnapper(ranked(path.read_text(encoding="utf-8").split()))
        for text in sorted((DATA / "prose" / split).glob("*.txt")):
            for paragraph in text.read_text(encoding="utf-8").split("\n\n"):
                heard = [word for word in map(bare, paragraph.split()) if word]
                words += len(heard)
                _, snaps = written(snapper, heard, prose=prose)
                found.update(
                    (said, snap.name, snap.how)
                    for snap, said in snaps
                    if snap and snap.name != said
                )
    return words, found


def bare(word):
    return re.sub(r"^\W+|\W+$", "", word)


def milliseconds(count, seed):
    """For so many names: the first build, one where most names are known, an utterance as code."""
    drawn = random.Random(seed)
    listed = [
        name
        for path in sorted((DATA / "sources" / "names").glob("*.txt"))
        for name in path.read_text(encoding="utf-8").split()
    ]
    names = [Name("_".join(drawn.sample(listed, 2)), drawn.random()) for _ in range(count)]
    said = """
    open the file and call get user by id with the request context then return the parsed json body
    from h t t p server or raise value error
    """
    words = said.split()
    times = [perf_counter()]
    for _ in range(2):
        snapper = NameSnapper(names)
        snapper.prepare()
        times.append(perf_counter())
    written(snapper, words, prose=False)  # what is read the first time is kept
    start = perf_counter()
    for at in range(len(words)):
        snapper.longest(words, at, prose=False)
    build, again = times[1] - times[0], times[2] - times[1]
    return 1000 * build, 1000 * again, 1000 * (perf_counter() - start), len(words)


def main():
    NameSnapper([Name("first")]).prepare()  # tables and word lists, once in a process
    for count in (500, 5_000, 50_000):
        build, again, utterance, words = milliseconds(count, seed=1)
        print(
            f"{count} names: built in {build:.1f} ms, again in {again:.1f} ms; "
            f"{words} words in {utterance:.2f} ms"
        )
    for split in ("tune", "held_out"):
        print(split)
        print("  whole files:", recall_of_all(split))
        print("  kind said:  ", recall_of_all(split, has_cues=True))
        print("  at uses:    ", recall_at_uses(split, seed=1))
        for prose in (True, False):
            start = perf_counter()
            words, found = insertions(split, prose=prose)
            count = sum(found.values())
            us_per_word = 1e6 * (perf_counter() - start) / words
            print(
                f"  prose={prose}: {count} insertions in {words} words, "
                f"{1000 * count / words:.3f} per 1,000; {us_per_word:.0f} us per word"
            )
            print("   ", found.most_common(8))


if __name__ == "__main__":
    main()
