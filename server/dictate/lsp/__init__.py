"""The language server: commands, settings and edits over LSP, for any editor."""
