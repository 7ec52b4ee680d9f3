# Noria in a container: docker build -t noria . && docker run -p 5000:5000 -v noria:/data noria
# The same scripts and the same locked packages as ./run.
FROM python:3.11-slim-bookworm
WORKDIR /opt/noria
COPY requirements requirements
COPY scripts/environment.sh scripts/environment.sh
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY src src
RUN sh -euc '. scripts/environment.sh; environment run' && rm -rf /root/.cache
RUN useradd --uid 10001 --no-create-home noria && install -d -o noria -m 700 /data
USER noria
ENV PATH=/opt/noria/.venv/bin:$PATH NORIA_HOST=0.0.0.0 NORIA_DATA=/data NORIA_LOG=json
VOLUME /data
EXPOSE 5000
STOPSIGNAL SIGTERM
HEALTHCHECK --start-period=60s --interval=10s --timeout=5s CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:5000/ready')"]
ENTRYPOINT ["noria"]
CMD ["serve"]
