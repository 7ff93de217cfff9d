# Stage one builds the wheel, from the lock and nothing else.
FROM python:3.13-slim AS build
WORKDIR /build
COPY requirements-dev.lock ./
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --require-hashes --no-deps -r requirements-dev.lock
COPY pyproject.toml README.md LICENSE ./
COPY addons addons
COPY policies policies
RUN /venv/bin/python -m hatchling build -t wheel -d /dist

# Stage two has the locked dependencies and the wheel. It runs as nobody in particular and on a read-only root:
# everything that is written goes to the volume. Python's search for a temporary directory probes by writing, so it is
# led there too.
FROM python:3.13-slim
ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    BEACON_AUDIT_HOME=/var/lib/beacon-audit \
    TMPDIR=/var/lib/beacon-audit
COPY requirements.lock /tmp/requirements.lock
RUN TMPDIR=/tmp pip install --no-cache-dir --require-hashes --no-deps -r /tmp/requirements.lock \
    && rm /tmp/requirements.lock
COPY --from=build /dist/*.whl /tmp/
RUN TMPDIR=/tmp pip install --no-cache-dir --no-deps --no-index /tmp/*.whl \
    && rm /tmp/*.whl \
    && install -d -o 10001 -g 10001 -m 0700 /var/lib/beacon-audit
USER 10001:10001
VOLUME /var/lib/beacon-audit
EXPOSE 8080
# Healthy means: requests can be recorded. After a failed write only a restart makes that true again.
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
    CMD ["python", "-c", "import urllib.request as u; u.build_opener(u.ProxyHandler({})).open('http://127.0.0.1:8081/readyz', timeout=2)"]
ENTRYPOINT ["beacon-audit"]
CMD ["run", "--home", "/var/lib/beacon-audit", "--listen", "0.0.0.0:8080", "--admin", "127.0.0.1:8081"]
