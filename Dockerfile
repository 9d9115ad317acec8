# syntax=docker/dockerfile:1
# One static binary in an image that has certificates, a temporary folder and a user without rights, and no shell. Hooks of
# `audit` need one: build them on another base, or run the binary outside of a container.
#
#   docker build -t chatferry .
#   docker run --rm -v chatferry:/data -e TWILIO_ACCOUNT_SID -e TWILIO_AUTH_TOKEN chatferry audit --service IS… --dir /data/audits

FROM rust:1.95-alpine3.22 AS build
# A C compiler and its headers: SQLite, zstd, the allocator and the TLS library are built along. Their versions are those of the
# base image's release.
# hadolint ignore=DL3018
RUN apk add --no-cache build-base cmake perl linux-headers
WORKDIR /src
COPY Cargo.toml Cargo.lock ./
COPY .cargo .cargo
COPY benches benches
COPY mappings mappings
COPY src src
# Alpine's own target is musl, and what it links is static.
RUN cargo build --profile dist --locked --bin chatferry \
    && mkdir /data

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /src/target/dist/chatferry /usr/local/bin/chatferry
COPY --from=build --chown=65532:65532 /data /data
USER 65532:65532
WORKDIR /data
VOLUME /data
ENTRYPOINT ["/usr/local/bin/chatferry"]
CMD ["--help"]
