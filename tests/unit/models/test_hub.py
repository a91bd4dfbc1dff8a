import subprocess
import sys

import pytest

from dictate.models import hub


@pytest.mark.parametrize("name", ["openai/whisper-tiny", "a/b", "distil-whisper/distil-small.en"])
def test_names_on_the_hub(name: str):
    assert hub.is_name(name)


@pytest.mark.parametrize(
    "name", ["", "a", "a/b/c", "../a", "a/..", "a--b/c", "/a/b", "-a/b", "a/b\n"]
)
def test_what_is_no_name_on_the_hub(name: str):
    assert not hub.is_name(name)


@pytest.mark.parametrize(
    ("path", "is_taken"),
    [
        ("config.json", True),
        ("model.safetensors.index.json", True),
        ("model.safetensors", True),
        ("model-00001-of-00002.safetensors", True),
        ("model.fp32-00001-of-00002.safetensors", False),
        ("onnx/config.json", False),
        ("../config.json", False),
        ("/etc/config.json", False),
        ("pytorch_model.bin", False),
        ("README.md", False),
        (".json", False),
    ],
)
def test_only_json_and_safetensors_of_the_top_folder_are_taken(path: str, is_taken: bool):
    assert hub.is_taken(path) is is_taken


def test_the_store_is_light():
    code = (
        "import sys, dictate.models.store;"
        "print({'torch', 'numpy', 'transformers', 'huggingface_hub'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
