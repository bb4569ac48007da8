# The program for compose.yaml: the database and Redis stand beside it.
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "-X main.version=$VERSION" -o /qingfeng ./cmd/qingfeng \
 && mkdir -p /data

FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates tzdata fonts-droid-fallback \
 && rm -rf /var/lib/apt/lists/*
COPY --from=build /qingfeng /usr/local/bin/qingfeng
COPY --from=build --chown=65534:65534 /data /var/lib/qingfeng
USER 65534:65534
ENV QINGFENG_DATA_DIR=/var/lib/qingfeng
VOLUME /var/lib/qingfeng
EXPOSE 8080 8081 8082
ENTRYPOINT ["qingfeng"]
CMD ["serve"]
