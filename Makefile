# Everything a person types. The work is in .ci/setup (what this machine lacks),
# .ci/run (what must hold before a change is merged) and the go tool.

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
BINARY  := .build/qingfeng
SEEDS   ?= 1-50
PUSHES  ?= 1-200
LINTER  := v2.15.0

# Packages that hold tests with a build tag of their own.
tagged = $(shell grep -rl --include='*_test.go' '^//go:build $(1)$$' . | xargs -r -n1 dirname | sort -u)

.PHONY: help demo test bench faults lint fmt build ci

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

demo: ## the whole system on this machine, with a phone-like web chat
	@.ci/setup demo
	@$(MAKE) -s build
	@exec $(BINARY) demo $(ARGS)

test: ## vet and all tests, on a real PostgreSQL
	@.ci/setup test
	go vet ./...
	go test -count=1 -timeout 30m ./...

bench: ## speed and size, as ratios measured in one run
	@.ci/setup faults
	@test -n "$(call tagged,bench)" || { echo 'no test carries the build tag bench' >&2; exit 1; }
	go test -count=1 -tags bench -run '^TestBench' -v -timeout 60m -p 1 $(call tagged,bench)

faults: ## kills, restarts and lost Redis at seeded points: make faults SEEDS=11-20 PUSHES=41-60
	@.ci/setup faults
	@test -n "$(call tagged,faults)" || { echo 'no test carries the build tag faults' >&2; exit 1; }
	QINGFENG_FAULT_SEEDS=$(SEEDS) QINGFENG_FAULT_PUSHES=$(PUSHES) go test -count=1 -tags faults -run '^TestFaults' -v -timeout 90m -p 1 -parallel 6 $(call tagged,faults)

# The pinned linter is built once into .build; as a tool line in go.mod it would
# bring two hundred requirements along.
.build/bin/golangci-lint-$(LINTER):
	GOBIN=$(CURDIR)/.build/bin GOFLAGS= go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINTER)
	mv .build/bin/golangci-lint $@

lint: .build/bin/golangci-lint-$(LINTER) ## the rules of .golangci.yaml
	$< run ./...

fmt: .build/bin/golangci-lint-$(LINTER) ## format all Go files
	$< fmt ./...

build: ## .build/qingfeng
	go build -trimpath -ldflags "-X main.version=$(VERSION)" -o $(BINARY) ./cmd/qingfeng

ci: ## what .ci/run checks
	@.ci/run
