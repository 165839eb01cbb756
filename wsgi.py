"""What gunicorn and plain `flask …` find."""

from signup.app import create_app

app = create_app()
