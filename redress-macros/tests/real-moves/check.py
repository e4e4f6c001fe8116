#!/usr/bin/env python3
"""Asks the compiler whether the arguments that `#[retry]` takes for moved are moved.

The unit test `real_functions` lists every argument of a real function that the check finds. This
script builds copies of those crates, three times:

- with the check itself at the start of each body, which lets types that are `Copy` pass;
- with each body in a loop, so that the compiler reports what a second attempt would find moved;
- with each body that it reported nothing of in a closure in a loop, which `return` does not leave.

A false alarm is what the check reports and the compiler does not.

    redress-macros/tests/real-moves/check.py [FOLDER]
"""

import collections
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
HELPERS = """
#[doc(hidden)] #[allow(warnings)]
pub mod __redress_check {
    pub trait Kept {}
    impl<T: Copy> Kept for T {}
    pub struct Used<'a, T>(pub &'a T);
    impl<'a, T: ?Sized> Used<'a, &mut T> { pub fn redress_moved(self) -> &'a () { &() } }
    pub trait Moves<'a, T> { fn redress_moved(self) -> &'a T; }
    impl<'a, T> Moves<'a, T> for Used<'a, T> { fn redress_moved(self) -> &'a T { self.0 } }
    pub fn kept<T: Kept>(_: &T) {}
    pub fn again() -> bool { true }
}
"""


def listed(folder):
    """Returns what the unit test finds: by crate and file the bodies, and the arguments of each."""
    out = folder / "moves.tsv"
    command = ["cargo", "test", "-q", "-p", "redress-macros", "--lib", "real_functions"]
    subprocess.run(
        command, cwd=ROOT, check=True, env={**os.environ, "REDRESS_REAL_MOVES": str(out)}
    )
    found = collections.defaultdict(lambda: collections.defaultdict(dict))
    for line in out.read_text().splitlines():
        path, start, end, at, name, kind, output = line.split("\t")
        crate, _, file = path.partition("/registry/src/")[2].partition("/")[2].partition("/")
        body = found[crate][file].setdefault((int(start), int(end)), {})
        body["async"] = kind == "async"
        body["output"] = output.removeprefix("->").strip() or "()"
        body.setdefault("names", {})[name] = int(at)
    return found


def registry():
    return next((pathlib.Path(os.environ.get("CARGO_HOME", pathlib.Path.home() / ".cargo"))
                 / "registry" / "src").iterdir())


def rewritten(text, body, how):
    """Returns the text of a body."""
    names, output = body["names"], body["output"]
    if how == "check":
        checks = "".join(
            f"{{ use crate::__redress_check::Moves as _; "
            f"crate::__redress_check::kept(crate::__redress_check::Used(&{name}).redress_moved()) }};"
            for name in names
        )
        return "{" + checks + text[1:]
    of = "" if "impl " in output else f": {output}"
    if how == "closure":
        to = "" if "impl " in output else f"-> {output} "
        text = f"async {text}.await" if body["async"] else f"(|| {to}{text})()"
    # In one line, so that the lines stay those of the source.
    return (f"{{ loop {{ let __r{of} = {text}; "
            f"if crate::__redress_check::again() {{ continue; }} return __r; }} }}")


def build(folder, found, how, wanted):
    """Builds the crates, and returns what the compiler reports: (crate, file, start, name)."""
    crates, places = folder / how, {}
    shutil.rmtree(crates, ignore_errors=True)
    for crate, files in found.items():
        target = crates / crate
        shutil.copytree(registry() / crate, target)
        for file, bodies in files.items():
            path = target / file
            source, out, last, spans = path.read_bytes(), b"", 0, []
            for (start, end), body in sorted(bodies.items()):
                names = {n: a for n, a in body["names"].items() if (crate, file, start, n) in wanted}
                if start < last or not names:
                    continue
                out += source[last:start]
                begin = len(out)
                text = source[start:end].decode()
                out += rewritten(text, {**body, "names": names}, how).encode()
                spans.append((begin, len(out), start, names))
                last = end
            path.write_bytes(out + source[last:])
            places[os.path.realpath(path)] = (crate, file, spans)
        root = target / "src" / "lib.rs"
        root.write_text(root.read_text() + HELPERS)
    manifest = '[package]\nname = "moves"\nversion = "0.0.0"\nedition = "2024"\n[dependencies]\n'
    for crate in found:
        name, _, version = crate.rpartition("-")
        manifest += f'"{name}" = "={version}"\n'
    package = folder / "package"
    (package / "src").mkdir(parents=True, exist_ok=True)
    (package / "src" / "lib.rs").write_text("")
    shutil.copy(ROOT / "Cargo.lock", package / "Cargo.lock")
    reported = set()
    # One crate at a time: each must be built from its own copy against unchanged others.
    for crate in found:
        name, _, version = crate.rpartition("-")
        only = f'[patch.crates-io]\n"{name}" = {{ path = "{crates / crate}" }}\n'
        (package / "Cargo.toml").write_text(manifest + only + "[workspace]\n")
        command = ["cargo", "check", "--message-format=json", "-p", f"{name}@{version}"]
        env = {**os.environ, "CARGO_TARGET_DIR": str(folder / "target"), "RUSTFLAGS": "--cap-lints=allow"}
        done = subprocess.run(command, cwd=package, env=env, capture_output=True, text=True)
        codes = collections.Counter()
        for line in done.stdout.splitlines():
            message = json.loads(line).get("message") or {}
            if not isinstance(message, dict) or message.get("level") != "error":
                continue
            code = (message.get("code") or {}).get("code")
            codes[code] += 1
            kept = code == "E0277" and "Kept" in message["rendered"]
            if not (kept if how == "check" else code in ("E0382", "E0507")):
                continue
            for span in message["spans"]:
                file = os.path.realpath(os.path.join(package, span["file_name"]))
                if file not in places:
                    continue
                where, path, spans = places[file]
                for begin, end, start, names in spans:
                    if begin <= span["byte_start"] < end:
                        for name in names:
                            if how == "check":
                                shown = "".join(
                                    part["text"][part["highlight_start"] - 1:part["highlight_end"] - 1]
                                    for part in span["text"]
                                )
                                hit = f"Used(&{name})" in shown
                            else:
                                # Or a part of it.
                                text = message["message"]
                                hit = f"`{name}`" in text or f"`{name}." in text
                            if hit and (how != "check" or span["is_primary"]):
                                reported.add((where, path, start, name))
        print(f"  {how}: {crate}: {dict(codes)}", file=sys.stderr)
        if done.returncode and not codes:
            print(done.stderr[-800:], file=sys.stderr)
    return reported


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp())
    folder.mkdir(parents=True, exist_ok=True)
    found = listed(folder)
    every = {
        (crate, file, start, name)
        for crate, files in found.items()
        for file, bodies in files.items()
        for (start, _), body in bodies.items()
        for name in body["names"]
    }
    alarms = build(folder, found, "check", every)
    moved = build(folder, found, "loop", alarms)
    moved |= build(folder, found, "closure", alarms - moved)
    print(f"{len(every)} arguments in {len(found)} crates, {len(alarms)} not `Copy`, "
          f"{len(alarms & moved)} of these moved as the compiler says")
    for crate, file, start, name in sorted(alarms - moved):
        line = next(b["names"][name] for (s, _), b in found[crate][file].items() if s == start)
        print(f"not confirmed: {registry() / crate / file}:{line}: `{name}`")
    sys.exit(bool(alarms - moved))


main()
