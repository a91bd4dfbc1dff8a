"""From words to text that fits: names for the model, spacing and case for the place."""
