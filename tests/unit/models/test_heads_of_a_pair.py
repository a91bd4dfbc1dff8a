"""A pair's entry may name a folder of heads; relative paths start where the file lies."""

from pathlib import Path

from dictate.models.registry import read_models_file


def test_heads_are_named_beside_the_target(tmp_path: Path) -> None:
    path = tmp_path / "models.toml"
    path.write_text(
        '[pair.own]\ntarget = "target"\nheads = "my-heads"\n\n[pair.bare]\ntarget = "target"\n'
    )
    pairs = read_models_file(path, packaged=False)
    assert pairs["own"].heads == tmp_path / "my-heads"
    assert pairs["bare"].heads is None
