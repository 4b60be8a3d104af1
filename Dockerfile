# The API and its schedules in one container (docs/deploy.md, "On a machine of your own").
FROM node:24.21.0-bookworm-slim

ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000
WORKDIR /app

# The packages are a layer of their own, which a change of the code leaves alone. No package runs a script.
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund

COPY vercel.json ./
COPY api ./api
COPY lib ./lib
COPY serve ./serve

# The commit that health shows as the version.
ARG COMMIT=
ENV VERCEL_GIT_COMMIT_SHA=${COMMIT}

# Nothing is written below /app, and nothing there belongs to this user.
USER node
EXPOSE 3000

# Health answers 503 only while the service cannot serve.
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s \
  CMD ["node", "serve/ask-health.ts"]

# Without npm between, so that the signal of a stop reaches the service.
CMD ["node", "serve/main.ts"]
