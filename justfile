# One recipe per chore; `just` lists them.

# list the recipes
default:
    @just --list

# all that must hold before a change goes in, as the continuous integration runs it
ci:
    .ci/run

# form, lints and tests: what to run while working
check: form lint test

# check the form of the sources
form:
    cargo fmt --check

# bring the sources into form
format:
    cargo fmt

# lints, warnings are errors
lint:
    cargo clippy --all-targets -- -D warnings

# all tests that need no cluster; arguments go to cargo test
test *arguments:
    env -u KUBEBUILDER_ASSETS cargo test {{ arguments }}

# tests on a real etcd, API server and controller manager (the first time builds them, which takes minutes; needs Go)
real *arguments:
    KUBEBUILDER_ASSETS="$(tests/controlplane/build)" cargo test --test 'real_*' -- {{ arguments }}

# the live screen on the embedded cluster; arguments go to foretop
demo *arguments:
    cargo run --release -- --demo {{ arguments }}

# the documentation of the sources, in the browser
doc:
    RUSTDOCFLAGS='-D warnings' cargo doc --no-deps --open

# licences, bans and sources of the dependencies (needs cargo-deny)
deny:
    cargo deny check licenses bans sources
