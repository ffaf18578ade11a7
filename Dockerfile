# The registry as an image: `docker run IMAGE` serves, `docker run IMAGE worker` (migrate, keys, backup …) does the rest.
FROM python:3.11-slim-bookworm AS build
WORKDIR /build
COPY requirements.lock requirements-build.lock ./
RUN python -m venv /opt/ax-registry \
 && /opt/ax-registry/bin/pip install --no-cache-dir --require-hashes -r requirements.lock \
 && pip install --no-cache-dir --require-hashes -r requirements-build.lock
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY service service
COPY migrations migrations
COPY openapi openapi
RUN pip wheel --no-deps --no-build-isolation --wheel-dir dist . \
 && /opt/ax-registry/bin/pip install --no-cache-dir --no-deps --no-index dist/*.whl \
 && /opt/ax-registry/bin/pip uninstall --yes pip setuptools

FROM python:3.11-slim-bookworm
# A name, since PostgreSQL's initdb wants one; a fixed number, since whoever mounts a folder must know it.
RUN useradd --uid 10001 --user-group --create-home --home-dir /var/lib/ax-registry --shell /usr/sbin/nologin axreg
COPY --from=build /opt/ax-registry /opt/ax-registry
ENV PATH=/opt/ax-registry/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    AX_HOST=0.0.0.0 \
    AX_DATA_DIR=/var/lib/ax-registry/data
USER 10001:10001
WORKDIR /var/lib/ax-registry
EXPOSE 8000
# Not urllib: it would go by way of a proxy that the environment names.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 CMD ["python", "-c", "\
import http.client, os, sys; \
c = http.client.HTTPConnection('127.0.0.1', int(os.environ.get('AX_PORT') or 8000), timeout=2); \
c.request('GET', '/livez'); \
sys.exit(c.getresponse().status != 200)"]
ENTRYPOINT ["ax-registry"]
CMD ["serve"]
