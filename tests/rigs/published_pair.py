"""The bundled pair as a published one: on a hub on loopback, and in a user's own `models.toml`."""

from __future__ import annotations

from pathlib import Path

from dictate.models.registry import Registry
from tests.rigs.hub import Asked, FakeHub, Trouble

NAME = "published"
TARGET, DRAFT = "org/published-target", "org/published-draft"


def publish(hub: FakeHub) -> int:
    """Put both models on the hub; returns what they weigh, in bytes."""
    source = Registry.load().pair("bundled")
    assert source.draft is not None
    for repo, folder in ((TARGET, source.target), (DRAFT, source.draft)):
        hub.repositories[repo] = {path.name: path.read_bytes() for path in folder.iterdir()}
    taken = [
        data
        for files in (hub.repositories[TARGET], hub.repositories[DRAFT])
        for path, data in files.items()
        if path.endswith((".json", ".safetensors"))
    ]
    return sum(map(len, taken))


def know(config: Path, hub: FakeHub) -> None:
    """Have a user's configuration name the pair, and rank it above all others.

    Args:
        config: the configuration folder of Dictate.
        hub: where the pair lies.
    """
    source = Registry.load().pair("bundled")
    config.mkdir(parents=True, exist_ok=True)
    (config / "models.toml").write_text(
        f"""
        [pair.{NAME}]
        description = "as good as the bundled one"
        target_repo = "{TARGET}"
        draft_repo = "{DRAFT}"
        languages = ["en"]
        short_window = {str(source.short_window).lower()}
        follows_prompts = {str(source.follows_prompts).lower()}
        memory_mb = {{ float32 = 93, float16 = 82, int8 = 83 }}

        [checkpoint."{TARGET}"]
        revision = "{hub.commit(TARGET)}"
        download_mb = 14
        encoder_m = 1
        rank = 1000

        [checkpoint."{DRAFT}"]
        revision = "{hub.commit(DRAFT)}"
        download_mb = 3
        """
    )


def hold(hub: FakeHub) -> None:
    """Have the hub stop in the middle of the target's weights until `go_on`."""
    middle = len(hub.repositories[TARGET]["model.safetensors"]) // 2

    def trouble(asked: Asked) -> Trouble | None:
        is_held = asked.verb == "storage" and asked.repo == TARGET
        return Trouble(hold_after=middle) if is_held else None

    hub.released.clear()
    hub.trouble = trouble


def go_on(hub: FakeHub) -> None:
    """Let the hub answer whole again, what it holds back, too."""
    hub.trouble = lambda _: None
    hub.released.set()


def environment(hub: FakeHub, home: Path) -> dict[str, str]:
    """What the hub's client has to find in its environment."""
    return {
        "HF_ENDPOINT": hub.endpoint,
        "HF_HOME": str(home / "hf"),
        "HF_HUB_OFFLINE": "0",
        "HF_HUB_DISABLE_TELEMETRY": "1",
    }
