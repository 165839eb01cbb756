"""Forms and what they say: versions, questions, texts, looks, presets, and where to place them."""
