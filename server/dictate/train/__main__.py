"""`python -m dictate.train`: the same as `dictate train`."""

from __future__ import annotations

import argparse
import sys

from dictate.train.cli import add_arguments, run

if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        prog="dictate train", description="Train the pair that ships with Dictate."
    )
    add_arguments(parser)
    sys.exit(run(parser.parse_args()))
