# run    the platform with demonstration data at http://127.0.0.1:8080; needs only Go
# check  what takes seconds: format, vet, module files, house rules
# test   everything, with real servers and nothing skipped; on Debian and Ubuntu it installs what is missing
# bench  measure: all of server/bench, or one folder of it with "make bench M=name"

SHELL       := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS   += --no-print-directory

# A clone that belongs to another user makes git refuse to tell Go the commit, and Go refuse to build.
export GOFLAGS := $(GOFLAGS) -buildvcs=false

# Debian's packages that the tests need: a database server, a browser and Chinese letters for it, readers of PDF
# and QR code, and a C compiler for the race detector. MinIO is built from its Go module.
PACKAGES := postgresql chromium fonts-noto-cjk poppler-utils qpdf zbar-tools gcc libc6-dev git

# The race detector makes programs five times slower; here people and money meet.
RACE := ./media/... ./modules/... ./server/app/... ./server/db/... ./server/queue/... ./server/web/...

.PHONY: run check test bench prerequisites
.DEFAULT_GOAL := check

run:
	go run ./server

# step NAME COMMAND: one line with the time it took; what it printed is shown when it fails.
define step
	@mkdir -p bin; start=$$SECONDS; printf '%-58s' '$(1)'; \
	if ( $(2) ) >bin/step.log 2>&1; then printf 'ok  %4d s\n' $$((SECONDS - start)); \
	else printf 'FAILED  %4d s\n' $$((SECONDS - start)); cat bin/step.log; exit 1; fi
endef

check:
	$(call step,gofmt,out=$$(gofmt -l .); echo "$$out"; test -z "$$out")
	$(call step,go vet,go vet ./...)
	$(call step,go mod tidy changes nothing,go mod tidy -diff)
	$(call step,house rules,go test -count=1 -run '^TestRule' ./server)
	@if command -v golangci-lint >/dev/null; then golangci-lint run; fi

test:
	$(call step,install what is missing,$(MAKE) prerequisites)
	$(call step,download the modules,go mod download)
	$(call step,build the test tools,go build -o bin/ ./server/testenv ./server/testenv/gotest)
	$(call step,build the MinIO server,bin/testenv -build)
	@$(MAKE) check
	$(call step,build,go build -o bin/care ./server)
	@echo 'tests, on SQLite and PostgreSQL, on a folder and MinIO'
	@start=$$SECONDS; TEST_SERVER="$(CURDIR)/bin/care" bin/testenv -strict -- bin/gotest -shuffle=on -timeout=15m ./...; \
	printf '%-58sok  %4d s\n' 'tests' $$((SECONDS - start))
	@echo 'tests with the race detector'
	@start=$$SECONDS; TEST_SERVER="$(CURDIR)/bin/care" bin/testenv -strict -- bin/gotest -race -shuffle=on -timeout=25m $(RACE); \
	printf '%-58sok  %4d s\n' 'tests with the race detector' $$((SECONDS - start))

bench:
	@mkdir -p bin; go build -o bin/ ./server/testenv
	@bin/testenv -durable -- bash -euc 'for dir in server/bench/$(or $(M),*)/; do \
		test -d "$$dir" || { echo "there is no $$dir"; exit 1; }; echo "== $$dir"; go run "./$$dir"; done'

# Elsewhere than on Debian and Ubuntu the tests say themselves what they miss.
prerequisites:
	@if ! command -v dpkg >/dev/null || ! command -v apt-get >/dev/null; then \
		echo 'no apt-get here: install $(PACKAGES) yourself'; exit 0; fi; \
	missing=(); for p in $(PACKAGES); do \
		dpkg-query -W -f '$${Status}' "$$p" 2>/dev/null | grep -q 'ok installed' || missing+=("$$p"); done; \
	if [ $${#missing[@]} -eq 0 ]; then exit 0; fi; \
	sudo=(); if [ "$$(id -u)" -ne 0 ]; then sudo=(sudo); fi; \
	export DEBIAN_FRONTEND=noninteractive; \
	"$${sudo[@]}" apt-get update -q </dev/null; \
	"$${sudo[@]}" apt-get install -y -q --no-install-recommends "$${missing[@]}" </dev/null
