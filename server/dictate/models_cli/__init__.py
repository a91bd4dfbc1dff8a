"""`dictate models`: the commands, and what a terminal shows of a download."""
