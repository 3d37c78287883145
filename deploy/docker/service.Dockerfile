# One image for every service: docker build --build-arg SERVICE=catalog -f deploy/docker/service.Dockerfile .
FROM python:3.11-slim AS build
ARG SERVICE
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
COPY requirements/runtime.lock requirements/build.lock requirements/
RUN python -m venv /opt/kontor && \
    /opt/kontor/bin/pip install --require-hashes -r requirements/runtime.lock && \
    python -m venv /opt/build && \
    /opt/build/bin/pip install --require-hashes -r requirements/build.lock
COPY libs/chassis libs/chassis
COPY libs/eventing libs/eventing
COPY libs/feeds libs/feeds
COPY services/${SERVICE} service
RUN /opt/build/bin/python -m build --wheel --no-isolation --outdir /wheels libs/chassis && \
    /opt/build/bin/python -m build --wheel --no-isolation --outdir /wheels libs/eventing && \
    /opt/build/bin/python -m build --wheel --no-isolation --outdir /wheels libs/feeds && \
    /opt/build/bin/python -m build --wheel --no-isolation --outdir /wheels service && \
    /opt/kontor/bin/pip install --no-deps /wheels/*.whl

FROM python:3.11-slim
ARG SERVICE
RUN useradd --system --uid 10001 --no-create-home kontor
COPY --from=build /opt/kontor /opt/kontor
COPY contracts /app/contracts
WORKDIR /app
USER 10001
ENV PATH=/opt/kontor/bin:$PATH KONTOR_HOST=0.0.0.0 KONTOR_CONTRACTS_DIR=/app/contracts SERVICE=${SERVICE} \
    PYTHONUNBUFFERED=1
ENTRYPOINT ["sh", "-c", "exec \"$SERVICE\" \"$@\"", "--"]
CMD ["api"]
