"""Names that a programmer may say: the document's, its project's, other servers', the user's."""
