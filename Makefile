# make            build/whymem
# make demo       install what is needed, build, explain a leaky service
# make check      install what is needed, then run all tests
# make check-asan a short pass with sanitizers, on one Python
# make check-agent  traced programs with an agent that checks itself
# make check-all  every case on every CPython, more of them brought from Debian's archive
# make lint       clang-tidy and clang-format
# make install    to PREFIX (default /usr/local)

BUILD ?= build
PREFIX ?= /usr/local
PYTHON ?= /usr/bin/python3

all: $(BUILD)/build.ninja
	ninja -C $(BUILD)

$(BUILD)/build.ninja:
	meson setup $(BUILD) --prefix $(PREFIX)

deps:
	tools/install-deps.sh build

test-deps:
	tools/install-deps.sh build test

demo: deps all
	demo/run.sh $(BUILD)/whymem

check: test-deps all
	meson setup --reconfigure $(BUILD) >/dev/null
	ninja -C $(BUILD)
	tools/check.sh $(BUILD) $(PYTHON)

build-asan/build.ninja:
	meson setup build-asan -Db_sanitize=address,undefined -Dbuildtype=debugoptimized \
		-Db_lundef=false -Db_ndebug=false

check-asan: test-deps build-asan/build.ninja
	ninja -C build-asan
	tools/check-asan.sh build-asan $(PYTHON)

build-agent/build.ninja:
	meson setup build-agent -Dbuildtype=debugoptimized -Db_ndebug=false

check-agent: test-deps build-agent/build.ninja
	tools/check-agent.sh build-agent $(PYTHON)

check-all:
	WHYMEM_FETCH_PYTHONS=yes WHYMEM_EVERY=yes $(MAKE) check

lint:
	tools/lint.sh

install: all
	meson install -C $(BUILD)

clean:
	rm -rf $(BUILD) build-asan build-agent build-lint

.PHONY: all deps test-deps demo check check-agent check-all check-asan lint install clean
