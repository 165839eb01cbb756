# One image for web, worker and migrate: the command decides.
FROM python:3.13-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /source
RUN python -m venv /venv
COPY requirements.lock ./
RUN /venv/bin/pip install --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY signup signup
COPY migrations migrations
COPY templates templates
COPY docs docs
COPY translations translations
RUN /venv/bin/pip install --no-deps --no-build-isolation .

FROM python:3.13-slim-bookworm
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    SIGNUP_HOST=0.0.0.0 SIGNUP_PORT=8000 SIGNUP_VAR=/var/lib/signup
# A fixed number, so that a volume or a secret's file can be given to it.
RUN useradd --uid 10001 --no-create-home --home-dir /var/lib/signup --shell /usr/sbin/nologin signup \
    && install --directory --owner signup --group signup /var/lib/signup
# The root is read-only where it runs: without this, every start would compile the standard library anew.
RUN python -m compileall -q /usr/local/lib/python3.13
WORKDIR /app
COPY --from=build /venv /venv
USER 10001
VOLUME /var/lib/signup
EXPOSE 8000
# Alive, not ready: a database that is away must not make the orchestrator kill a web process that answers 503.
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f\"http://127.0.0.1:{os.environ['SIGNUP_PORT']}/healthz\", timeout=4)"]
CMD ["signup", "web"]
