import subprocess
import sys


def test_the_client_loads_nothing_heavy():
    code = (
        "import sys, dictate.engine.client, dictate.engine.control;"
        "heavy = {'torch', 'transformers', 'numpy', 'websockets', 'uvicorn', 'starlette', 'soxr'};"
        "print(heavy & set(sys.modules))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "set()"
