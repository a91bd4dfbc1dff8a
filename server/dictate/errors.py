"""The one exception that reaches a user: a single line that says what happened and what to do."""


class DictateError(Exception):
    """A fault with a cause the user can act on.

    The message is one line, ends with what to do about it, and holds no dictated text. Subclasses
    name the part that failed, so that callers can tell a broken microphone from a broken model.
    """
