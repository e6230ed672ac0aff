# gatebot as a container action: built from the work tree by `uses: ./`, built once and pushed by a release.
# The tag says what the base is, the digest what is pulled. Tests without a registry pass a stand-in here.
ARG PYTHON_IMAGE=python:3.11.15-slim-bookworm@sha256:d29f48a31a8b408ed19272ca1e7b10ebae13b240a27e862d3d4217c528e2e0c3

FROM ${PYTHON_IMAGE} AS dependencies
COPY requirements.lock /tmp/requirements.lock
# Wheels only: nothing is built, so nothing of a dependency runs here. Their own tests stay out of the image; byte code
# goes in, because nothing can be cached in a container that lives for one run.
RUN python3 -m venv --without-pip /opt/venv \
    && python3 -m pip --python /opt/venv/bin/python install --no-cache-dir --disable-pip-version-check \
        --root-user-action ignore --no-compile --only-binary :all: --require-hashes -r /tmp/requirements.lock \
    && find /opt/venv/lib -type d \( -name tests -o -path '*/joblib/test' \) -prune -exec rm -rf {} + \
    && /opt/venv/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/venv/lib
# -I: neither the working directory (the pull request's tree!) nor PYTHON* nor a user's site-packages is searched for modules.
RUN printf '%s\n' '#!/opt/venv/bin/python -IBu' 'import sys' 'from gatebot.cli.main import entry' 'sys.exit(entry())' \
        > /opt/venv/bin/gatebot \
    && chmod 755 /opt/venv/bin/gatebot

FROM ${PYTHON_IMAGE}
LABEL org.opencontainers.image.title="gatebot" \
      org.opencontainers.image.description="The merge gate for machine-learning repositories" \
      org.opencontainers.image.licenses="Apache-2.0"
# The workspace belongs to the runner's user and git refuses to read it as root unless told.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends git \
    && apt-get clean \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/cache/debconf/*-old /var/log/apt /var/log/dpkg.log \
    && git config --system --add safe.directory /github/workspace
COPY --from=dependencies /opt/venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH \
    LANG=C.UTF-8 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
COPY gatebot /opt/venv/lib/python3.11/site-packages/gatebot
RUN python3 -m compileall -q --invalidation-mode unchecked-hash /opt/venv/lib/python3.11/site-packages/gatebot
# No USER: GitHub runs container actions as root. gatebot drops it for every process of the user's.
ENTRYPOINT ["/opt/venv/bin/gatebot"]
