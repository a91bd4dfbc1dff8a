"""Which pairs of models there are, where their files lie and whether they are whole."""
