"""What is shown to whoever asks for proof: of a person what they agreed to, with the words they read."""
