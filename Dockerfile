# syntax=docker/dockerfile:1
# Every process of the mesh, one image each:
#
#   docker build --build-arg SERVICE=emergency --tag kreki/emergency .
#
# SERVICE is a workspace without its scope: auth, volunteer, emergency, notification, gateway, dashboard, issuer,
# simulators.
# NODE_IMAGE may be given with a digest, or as a mirror of the same image.
ARG NODE_IMAGE=node:26.10.0-bookworm-slim

# The packages' manifests by themselves: while they stay the same, so do the layers of dependencies.
FROM ${NODE_IMAGE} AS manifests
WORKDIR /kreki
COPY . .
RUN mkdir /manifests && cp --parents package-lock.json $(find . -name package.json) /manifests

FROM ${NODE_IMAGE} AS build
ARG SERVICE
WORKDIR /kreki
COPY --from=manifests /manifests .
# No package needs its install script, and none gets to run one.
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev --ignore-scripts --workspace @kreki/${SERVICE} --no-audit --no-fund
COPY . .
# Prisma's command line is here as the optional peer of its client; what assemble.ts puts together is without it.
RUN node mesh/local/generate-prisma.ts ${SERVICE} && node mesh/local/build-page.ts ${SERVICE} && node mesh/image/assemble.ts ${SERVICE} /image

FROM ${NODE_IMAGE}
ARG SERVICE
LABEL org.opencontainers.image.title="kreki/${SERVICE}"
# Nothing is installed in a container that runs. The folders are where volumes are mounted, which take their owner from here.
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /opt/yarn* \
  && install --directory --owner=node --group=node --mode=700 /authority /identities /state
ENV NODE_ENV=production SERVICE_NAME=${SERVICE} SERVICE_HOST=0.0.0.0 HOST=0.0.0.0
WORKDIR /kreki
# Owned by root: the process may read itself and change nothing of it.
COPY --from=build /image .
USER node
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --start-interval=1s --retries=3 CMD ["node", "mesh/image/health.ts"]
CMD ["node", "--max-semi-space-size=64", "."]
