# One image for every service: docker build --build-arg SERVICE=catalog -f deploy/docker/service.Dockerfile .
FROM python:3.11-slim AS dependencies
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
COPY requirements/runtime.lock requirements/
RUN python -m venv /opt/kontor && \
    /opt/kontor/bin/pip install --require-hashes -r requirements/runtime.lock

FROM dependencies AS build
COPY requirements/build.lock requirements/
RUN python -m venv /opt/build && \
    /opt/build/bin/pip install --require-hashes -r requirements/build.lock
COPY libs/chassis libs/chassis
COPY libs/eventing libs/eventing
COPY libs/feeds libs/feeds
RUN /opt/build/bin/python -m build --wheel --no-isolation --outdir /wheels libs/chassis && \
    /opt/build/bin/python -m build --wheel --no-isolation --outdir /wheels libs/eventing && \
    /opt/build/bin/python -m build --wheel --no-isolation --outdir /wheels libs/feeds
# Everything above is the same for all services and is built once.
ARG SERVICE
COPY services/${SERVICE} service
RUN /opt/build/bin/python -m build --wheel --no-isolation --outdir /wheels service

FROM python:3.11-slim
RUN useradd --system --uid 10001 --no-create-home kontor
COPY --from=dependencies /opt/kontor /opt/kontor
COPY contracts /app/contracts
COPY --from=build /wheels /wheels
RUN /opt/kontor/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps /wheels/*.whl
ARG SERVICE
WORKDIR /app
USER 10001
ENV PATH=/opt/kontor/bin:$PATH KONTOR_HOST=0.0.0.0 KONTOR_CONTRACTS_DIR=/app/contracts SERVICE=${SERVICE} \
    PYTHONUNBUFFERED=1
ENTRYPOINT ["sh", "-c", "exec \"$SERVICE\" \"$@\"", "--"]
CMD ["api"]
