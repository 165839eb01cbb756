"""What another WSGI server, and plain `flask …`, find; `signup web` does without."""

from signup.app import create_app

app = create_app()
