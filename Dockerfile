# syntax=docker/dockerfile:1
# The default image is everything of ours: order-manager, order-resolver, simulator, kafka init, and the command line.
# `--target frontend` is nginx with the page and the configuration that balances the order_managers.

FROM node:20.20.2-bookworm-slim AS page
WORKDIR /page/frontend
COPY frontend/package.json frontend/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY frontend ./
RUN npm run build

FROM nginx:1.28.0-alpine AS frontend
COPY deploy/nginx/nginx.conf.template /etc/nginx/templates/nginx.conf.template
COPY --from=page /page/src/hedgerow/page /srv/hedgerow
ENV NGINX_ENVSUBST_OUTPUT_DIR=/tmp \
    NGINX_ENVSUBST_FILTER=^DESK_ \
    DESK_LISTEN=8080 \
    DESK_STATIC=/srv/hedgerow \
    DESK_TEMP=/tmp
USER 101:101
CMD ["nginx", "-c", "/tmp/nginx.conf"]

FROM python:3.11.13-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /build
RUN python -m venv --without-pip /opt/hedgerow
# Every package by version and hash, ready-made: nothing of others is compiled or run here.
COPY deploy/requirements.txt deploy/requirements-build.txt ./
RUN pip --python /opt/hedgerow/bin/python install --require-hashes --no-deps --only-binary :all: -r requirements.txt
RUN pip install --require-hashes --no-deps --only-binary :all: -r requirements-build.txt
COPY pyproject.toml README.md ./
COPY src ./src
COPY --from=page /page/src/hedgerow/page ./src/hedgerow/page
RUN pip wheel --no-deps --no-build-isolation --wheel-dir /wheels . \
 && pip --python /opt/hedgerow/bin/python install --no-deps --no-index /wheels/*.whl

FROM python:3.11.13-slim-bookworm AS runtime
# What could install or build something has no business where orders are sent.
RUN python -m pip uninstall --yes --quiet pip setuptools wheel \
 && groupadd --gid 10001 hedgerow \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/hedgerow --shell /usr/sbin/nologin hedgerow \
 && install --directory --owner 10001 --group 10001 --mode 0700 /var/lib/hedgerow
COPY --from=build /opt/hedgerow /opt/hedgerow
# Written by nobody at run time: the file system may be read-only. HEDGEROW_OPS_HOST is the container's own network:
# no port of it is published.
ENV PATH=/opt/hedgerow/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HEDGEROW_DATA=/var/lib/hedgerow \
    HEDGEROW_OPS_HOST=0.0.0.0 \
    HEDGEROW_OPS_PORT=8042
WORKDIR /var/lib/hedgerow
USER 10001:10001
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["python", "-m", "hedgerow.ops.probe"]
ENTRYPOINT ["hedgerow"]
CMD ["--help"]
