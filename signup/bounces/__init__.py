"""What comes back: bounces, complaints and automatic replies, whom they are about, and what follows from them."""
