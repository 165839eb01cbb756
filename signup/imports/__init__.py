"""Files of people known elsewhere: read, mapped, tried out, merged, and taken back."""
