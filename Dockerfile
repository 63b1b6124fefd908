# Two stages: the first builds catalogues, front end and environment, the second only runs them.
FROM python:3.11-slim-bookworm AS build
WORKDIR /src
COPY . .
RUN pip install --no-cache-dir uv==0.13.9 \
 && uv venv /app \
 && uv pip install --python /app --no-cache --require-hashes -r requirements.txt \
 && uv pip install --python /app --no-cache --no-deps .

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /var/lib/contact-hub --create-home hub
COPY --from=build /app /app
USER 10001
ENV PATH=/app/bin:$PATH CONTACT_HUB_DATA_DIR=/var/lib/contact-hub CONTACT_HUB_HOST=0.0.0.0
EXPOSE 8300
STOPSIGNAL SIGTERM
HEALTHCHECK CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8300/healthz', timeout=3)"]
CMD ["contact-hub", "serve"]
