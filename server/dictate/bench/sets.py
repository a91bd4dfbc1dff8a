"""The measurements of a report, in order: one set for a CPU, one for a CUDA machine."""

from functools import partial

from dictate.bench import plan
from dictate.bench.plan import Scope
from dictate.bench.report import Step


def steps(scope: Scope) -> list[Step]:
    """What a report on the scope's device holds."""
    if scope.device.startswith("cuda"):
        return cuda_steps(scope)
    return cpu_steps(scope)


def cpu_steps(scope: Scope) -> list[Step]:
    """The bundled pair, and what a CPU runs of the published architectures."""
    return [
        ("peers on base.en's architecture", partial(plan.peers, scope, "base.en", "tiny.en")),
        ("peers on the bundled target", partial(plan.bundled_peers, scope)),
        ("draft sources of the bundled pair", partial(plan.bundled_sources, scope)),
        ("key release to edit", partial(plan.end_to_end, scope)),
        ("text while you speak", partial(plan.streaming, scope)),
        ("stages of the bundled pair", partial(plan.bundled_stages, scope)),
        ("stages of base.en's architecture", partial(plan.stages, scope, "base.en", None)),
        ("memory of the bundled pair", partial(plan.bundled_memory, scope)),
        ("memory of base.en + tiny.en", partial(plan.memory, scope, "base.en", "tiny.en")),
        ("exactness on tiny.en's architecture", partial(plan.exactness, scope, "tiny.en")),
        ("beams of the bundled target", partial(plan.bundled_beams, scope)),
        ("beams of base.en's architecture", partial(plan.beams, scope, "base.en")),
        # Last, because they take longest.
        *(
            (f"replayed drafts, {target} + {draft}", partial(plan.curve, scope, target, draft))
            for target, draft in (("base.en", "tiny.en"), ("small.en", "tiny.en"))
        ),
    ]


def cuda_steps(scope: Scope) -> list[Step]:
    """The large architectures; they run on a CPU, too, but nobody would wait for them."""
    turbo = "large-v3-turbo"
    return [
        *(
            (f"utterance of {turbo}, {dtype}", partial(plan.utterance, scope, turbo, dtype))
            for dtype in ("float16", "bfloat16", "int8")
        ),
        (f"replayed drafts, {turbo} + tiny", partial(plan.curve, scope, turbo, "tiny")),
        ("replayed drafts, large-v2 + tiny", partial(plan.curve, scope, "large-v2", "tiny")),
        (f"exactness on {turbo}'s architecture", partial(plan.exactness, scope, turbo)),
        (f"memory of {turbo} + tiny", partial(plan.memory, scope, turbo, "tiny")),
        (f"stages of {turbo}", partial(plan.stages, scope, turbo, None)),
        (f"beams of {turbo}'s architecture", partial(plan.beams, scope, turbo)),
        ("draft sources of the bundled pair", partial(plan.bundled_sources, scope)),
        ("stages of the bundled pair", partial(plan.bundled_stages, scope)),
        ("text while you speak", partial(plan.streaming, scope)),
        # Last: a peer whose CUDA libraries do not suit may take the process with it.
        (f"peers on {turbo}'s architecture", partial(plan.peers, scope, turbo, None)),
    ]
