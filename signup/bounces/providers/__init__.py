"""What mail providers tell by webhooks: each checks who speaks, and reads what came back."""
