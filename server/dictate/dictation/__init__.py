"""One dictation: sound, its spool, its segments and its text."""
