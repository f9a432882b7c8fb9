# Every target installs what it needs. CI runs `make test`.

SHELL := bash
.DEFAULT_GOAL := help
CARGO := scripts/cargo
TARGET := $(abspath $(or $(CARGO_TARGET_DIR),target))
BENCH := $(CARGO) build --release --workspace --bin virt-bench
export VIRT_NODE := $(TARGET)/release/virt-node
export VIRT_PROGRAMS := $(TARGET)/programs

.PHONY: $(shell sed -n 's/^\([a-z-]*\):.*/\1/p' $(MAKEFILE_LIST))

help: ## Lists the targets
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 20

setup: ## Installs the build dependencies
	@scripts/setup.sh

setup-js:
	@scripts/setup.sh js

build: setup ## Builds the node and the fixture programs, in release mode
	$(CARGO) build --release --workspace

demo: setup-js build ## Builds, starts a dev node, runs programs in its blocks, and keeps it running
	@node clients/src/demo.mjs

dev: build ## Builds and starts a dev node
	$(VIRT_NODE) --dev

network: setup-js build ## Builds and starts validators on loopback: make network N=4; DIR=folder keeps the chain
	@node zombienet/src/local-network.mjs $(or $(N),4)

zombienet: setup-js build ## Tests networks of four validators with Zombienet: make zombienet ONLY=agree
	@scripts/next-runtime.sh
	@zombienet/topologies/run.sh $(ONLY)

test: test-rust test-js ## Runs all tests, including the demo
	@EXIT=1 $(MAKE) --no-print-directory demo

test-rust: setup
	$(CARGO) test --release --workspace

test-js: setup-js build
	@cd clients && npm test --silent
	@cd zombienet && npm test --silent

subxt: setup-js build ## Tests the subxt client, which has 400 crates
	cd clients/subxt && CARGO_TARGET_DIR=$(TARGET)/subxt $(abspath $(CARGO)) build --locked
	@node clients/src/with-node.mjs $(TARGET)/subxt/debug/virt-subxt $(VIRT_PROGRAMS)/counter.polkavm

page: ## Serves the web page: make page PORT=8000
	@scripts/setup.sh page
	@node clients/page/serve.mjs $(PORT)

test-page: build ## Tests the web page in headless Chromium
	@scripts/setup.sh browser
	@cd clients/page && npm test --silent

fuzz: setup ## Runs each fuzz target: make fuzz TIME=60 (seconds)
	@scripts/fuzz.sh $(or $(TIME),60)

fuzz-rpc: setup-js build ## Sends generated RPC requests to a dev node: make fuzz-rpc TIME=60 SEED=1
	@node clients/src/with-node.mjs node zombienet/src/rpc-fuzz.mjs $(or $(TIME),60) $(SEED)

spec: setup ## Runs PolkaVM's instruction tests: make spec DIR=polkavm/tools/spectool/spec/src
	$(CARGO) build --release --workspace --bin virt-spec
	@$(TARGET)/release/virt-spec $(DIR)

soak: setup ## Compares backends on generated programs and call sequences: make soak HOURS=8 SEED=1000000
	$(CARGO) build --release --workspace --bin virt-soak
	@$(TARGET)/release/virt-soak --hours $(or $(HOURS),1) --seed $(or $(SEED),0) --threads $(or $(THREADS),1)

bench: setup ## Benchmarks against sp-virtualization, and writes docs/benchmarks.md
	@mkdir -p $(TARGET)/bench
	$(BENCH)
	@cp $(TARGET)/release/virt-bench $(TARGET)/bench/interpreting-peer
	$(BENCH) --features virt-bench/peer-recompiles
	@cp $(TARGET)/release/virt-bench $(TARGET)/bench/recompiling-peer
	@$(TARGET)/bench/interpreting-peer --recompiling-peer $(TARGET)/bench/recompiling-peer \
		--write docs/benchmarks.md

bench-blocks: setup ## Benchmarks whole blocks of the dev runtime, and writes docs/benchmarks.md
	$(CARGO) build --release --workspace --bin virt-blocks
	@$(TARGET)/release/virt-blocks --write docs/benchmarks.md

bench-revive: setup ## Benchmarks against pallet-revive, and writes docs/benchmarks.md; a separate build
	cd tools/bench-revive && WASM_BUILD_WORKSPACE_HINT=$$PWD $(abspath $(CARGO)) run --release --locked \
		--target-dir $(TARGET)/bench-revive -- --write $(abspath docs/benchmarks.md)

manual: setup ## Generates docs/guest-manual.md from the syscall table
	WRITE_MANUAL=1 $(CARGO) test --release --workspace --test manual

weigh: setup ## Compares charges with measured times, and writes them to docs
	$(CARGO) build --release --workspace --bin virt-weigh
	@$(TARGET)/release/virt-weigh --write docs/weights.md
	@$(TARGET)/release/virt-weigh --embedded --write docs/embedded.md

opcodes: setup ## Benchmarks the interpreter's opcodes, and writes their prices
	$(CARGO) build --release --workspace --bin virt-opcodes
	@$(TARGET)/release/virt-opcodes primitives/src/vm/opcodes.rs
	@$(CARGO) fmt --all

weights: setup ## Benchmarks calls and syscalls, and writes pallet/src/weights.rs
	$(CARGO) build --release --workspace --bin virt-weights --features virt-weigh/runtime-benchmarks \
		--target-dir $(TARGET)/weights
	@$(TARGET)/weights/release/virt-weights --write pallet/src/weights.rs
	@$(CARGO) fmt --all

fmt: setup ## Formats the sources
	$(CARGO) fmt --all
	cd fixtures/programs && $(abspath $(CARGO)) fmt
	cd runtime/parachain && $(abspath $(CARGO)) fmt
	cd tools/bench-revive && $(abspath $(CARGO)) fmt --all

lint: setup-js setup ## Checks formatting and import circles, and runs clippy with warnings denied
	@node scripts/circles.mjs
	$(CARGO) fmt --all --check
	cd fixtures/programs && $(abspath $(CARGO)) fmt --check
	cd runtime/parachain && $(abspath $(CARGO)) fmt --check
	cd tools/bench-revive && $(abspath $(CARGO)) fmt --all --check
	SKIP_WASM_BUILD=1 $(CARGO) clippy --release --workspace --all-targets -- -D warnings
	SKIP_WASM_BUILD=1 $(CARGO) clippy --release --workspace --features virt-weigh/runtime-benchmarks -- -D warnings

mutants: setup ## Changes code, and checks that tests fail: make mutants PART=pallet|manager|vm SHARD=0/20
	@scripts/mutants.sh $(or $(PART),pallet) $(or $(SHARD),0/20)

panics: setup ## Checks that docs/panics.md has a reason for each place that could panic
	@scripts/panics.sh

program: setup ## Builds a program: make program DIR=path/to/its/crate
	@scripts/program.sh "$(DIR)"

docs: setup ## Builds the documentation of the packaged crates, with warnings denied
	RUSTDOCFLAGS="-D warnings -A rustdoc::private-intra-doc-links" SKIP_WASM_BUILD=1 $(CARGO) doc --release --no-deps --all-features --keep-going \
		-p virt-primitives -p virt-guest -p virt-manager -p pallet-virt -p virt-testing -p virt-builder

parachain: setup ## Builds the parachain runtime, and tests its blocks and proofs
	cd runtime/parachain && WASM_BUILD_WORKSPACE_HINT=$$PWD $(abspath $(CARGO)) test --release --locked \
		--target-dir $(TARGET)/parachain -- --nocapture

aarch64: build ## Compares programs on aarch64, in QEMU, with this machine
	@scripts/setup.sh aarch64
	@scripts/aarch64.sh

macos: setup ## Type-checks the manager for macOS
	@scripts/macos.sh

try-runtime: setup-js build ## Tests a runtime upgrade on a copy of a chain, in Chopsticks
	@scripts/next-runtime.sh try-runtime
	@node zombienet/src/try-runtime.mjs $(TARGET)/next-runtime/try-runtime.wasm

omni-node: setup-js build parachain ## Runs programs on polkadot-omni-node, after compiling it for an hour
	@node zombienet/src/omni-node.mjs "$$(scripts/tools.sh polkadot-omni-node)" \
		$(TARGET)/parachain/release/wbuild/virt-parachain-runtime/virt_parachain_runtime.compact.compressed.wasm

omni-bencher: setup build ## Runs the pallet's benchmarks in the embedded form with frame-omni-bencher, after compiling it for an hour
	@scripts/next-runtime.sh benchmarks
	"$$(scripts/tools.sh frame-omni-bencher)" v1 benchmark pallet --runtime $(TARGET)/next-runtime/benchmarks.wasm \
		--genesis-builder runtime --genesis-builder-preset development --pallet pallet_virt --extrinsic '*' \
		--steps 5 --repeat 3

package: build ## Packages the crates, and builds a program and a chain from the packages
	@scripts/package.sh

release: setup ## Builds the release artifacts with checksums in target/dist
	@scripts/release.sh

reproduce: setup ## Builds the runtime's wasm again in another folder, and compares
	@scripts/reproduce.sh
