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

# the pictures in screenshots/, drawn from the embedded cluster by the program itself
screenshots:
    cargo build --release
    mkdir -p screenshots
    target/release/foretop --demo=zone-outage snapshot -o svg --size 180x48 > screenshots/zone-outage.svg
    target/release/foretop --demo snapshot -o svg --size 180x48 > screenshots/calm.svg
    target/release/foretop --demo=hpa-at-max snapshot --view autoscalers --after 3m -o svg --size 148x36 > screenshots/hpa-at-max.svg
    target/release/foretop --demo=black-friday snapshot --view autoscalers --after 4m -o svg --size 148x36 > screenshots/black-friday.svg
    target/release/foretop --demo=zone-outage --theme light snapshot -o svg --size 100x30 > screenshots/narrow-light.svg

# the parts of the engine one by one: decode, apply, views, drawing, findings (benches/README.md)
bench *arguments:
    cargo bench --bench engine -- {{ arguments }}

# the whole program on a large cluster, seen from outside (benches/README.md; `just scale --help`)
scale *arguments:
    cargo bench --bench scale -- {{ arguments }}

# the whole program beside a failing cluster for some minutes; exit 1 when its state or its memory is not right
soak *arguments:
    cargo bench --bench soak -- {{ arguments }}

# the documentation of the sources, in the browser
doc:
    RUSTDOCFLAGS='-D warnings' cargo doc --no-deps --open

# licences, bans and sources of the dependencies (needs cargo-deny)
deny:
    cargo deny check licenses bans sources
