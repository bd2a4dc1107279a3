# One image for engine, gateway, relay and runner: `docker run kvproof gateway --help`.
#   docker build -t localhost/kvproof:dev .
# The file system may be read-only (`--read-only --tmpfs /tmp`): nothing is written outside /tmp and the folders that are given.
ARG NODE=node:22.22.0-bookworm-slim@sha256:dd9d21971ec4395903fa6143c2b9267d048ae01ca6d3ea96f16cb30df6187d94

FROM ${NODE} AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN npm run build && node scripts/image.mjs /image

FROM ${NODE}
LABEL org.opencontainers.image.title="kvproof" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV NODE_ENV=production
COPY --from=build /image /app
WORKDIR /app
# nobody; a number, so that Kubernetes can see that it is not root.
USER 65534:65534
ENTRYPOINT ["node", "/app/dist/kvproof.js"]
