"""What makes the bundled pair: synthetic speech, a small recipe, an export and its evaluation.

`dictate.cli` alone imports this package, and only through `dictate.train.cli`, which imports torch
and transformers when a subcommand runs.
"""
