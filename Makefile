# make run     builds the program, fills a demonstration and serves it
# make test    all tests, on SQLite and on PostgreSQL, and the pages in a browser
# make check   format, vet, house rules, modules, generated files, lint
# make hunt     the laws on random books that nobody has tried
# make bench, make fuzz, make race, make generate, make build, make clean

ADDR     ?= 127.0.0.1:8080
CENTER   ?= 127.0.0.1:8090
FUZZTIME ?= 10s
# Random books are the same ones in each run, so that a failure is of the change (make hunt takes others).
RAPID_SEED ?= 1

# The program is one static file; what is tested is what is shipped.
export CGO_ENABLED = 0

PRORATA  = bin/prorata
DATABASE = data/prorata.db
JOURNAL  = data/partnercenter.journal
KEY      = data/prorata.key
LINT     = go tool -modfile=tools/go.mod golangci-lint

.PHONY: run build test check format vet house tidy generated generate lint race bench fuzz hunt clean

run: build $(DATABASE)
	@$(PRORATA) invoice list --latest 5 --database sqlite:$(DATABASE)
	@$(PRORATA) invoice pdf --latest 1 --to data --database sqlite:$(DATABASE)
	@echo
	@echo "The console is served at the address below (Ctrl-C ends it); the link makes its first owner. To try on the command line:"
	@echo "  $(PRORATA) simulate scenarios/seats-added-mid-cycle.yaml"
	@echo "  $(PRORATA) explain INV-000600 --database sqlite:$(DATABASE)"
	@echo "  $(PRORATA) reconcile partnercenter --margin --database sqlite:$(DATABASE)"
	@echo "  $(PRORATA) windows --database sqlite:$(DATABASE)"
	@echo "  $(PRORATA) exception --database sqlite:$(DATABASE)"
	@echo "  $(PRORATA) verify --database sqlite:$(DATABASE)"
	@echo "  $(PRORATA) --help"
	@echo
	@$(PRORATA) serve --listen $(ADDR) --database sqlite:$(DATABASE) --key-file $(KEY) --standin $(CENTER) --journal $(JOURNAL)

# Under its own name only when it is whole.
$(DATABASE): | build
	@mkdir -p data
	@rm -f $@.new*
	@$(PRORATA) demo --database sqlite:$@.new --key-file $(KEY) --standin $(CENTER) --journal $(JOURNAL)
	@mv $@.new $@

build:
	@go build -trimpath -o $(PRORATA) ./cmd/prorata

test:
	@scripts/need-postgres
	@scripts/need-browser
	RAPID_SEED=$(RAPID_SEED) go test -timeout 30m ./...

# The race detector needs cgo.
race:
	@scripts/need-postgres
	CGO_ENABLED=1 go test -race -timeout 40m ./...

check: format vet house tidy generated lint

format:
	@unformatted=$$(gofmt -l .); [ -z "$$unformatted" ] || { echo "gofmt would change:" $$unformatted; exit 1; }

vet:
	go vet ./...

house:
	go test .

tidy:
	go mod tidy -diff

generate:
	go generate ./...

generated:
	@scripts/generated

lint:
	$(LINT) run ./...

bench:
	go test -run '^$$' -bench . -benchmem ./...

hunt:
	@scripts/need-postgres
	RAPID_SEED=0 go test -count=1 -timeout 90m $$(grep -rl --include='*_test.go' --exclude-dir=node_modules pgregory.net/rapid . | xargs -n1 dirname | sort -u)

fuzz:
	@scripts/fuzz $(FUZZTIME)

clean:
	rm -rf bin coverage*
	@echo "data/ is left alone."
