"""`python -m dictate.lsp`: the language server over standard input and output."""

import sys

from dictate.lsp.server import main

sys.exit(main())
