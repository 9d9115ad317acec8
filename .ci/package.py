#!/usr/bin/env python3
"""Build one release archive: the program, its licenses and documents, manual pages and shell completions.

    python3 .ci/package.py [--target TRIPLE] [--out packages] [--profile dist]

writes `chatferry-VERSION-TRIPLE.tar.gz` (`.zip` for Windows) and its `.sha256`. The program is run to write the manual pages, so a target must
be one that this machine can run. Entries are sorted, owned by root and dated by the last commit (or SOURCE_DATE_EPOCH), so that the same
binary always gives the same archive.
"""

import argparse
import gzip
import hashlib
import io
import os
import re
import subprocess
import tarfile
import tempfile
import time
import tomllib
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TEXTS = ("README.md", "CHANGELOG.md", "SECURITY.md", "LICENSE-MIT", "LICENSE-APACHE")
SHELLS = {"bash": "chatferry.bash", "zsh": "_chatferry", "fish": "chatferry.fish", "powershell": "chatferry.ps1"}


def output(*command: str | Path) -> str:
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


def host() -> str:
    found = re.search(r"^host: (.+)$", output("rustc", "-vV"), re.MULTILINE)
    assert found, "rustc names its host"
    return found[1]


def build(target: str | None, profile: str) -> Path:
    command = ["cargo", "build", "--locked", "--bin", "chatferry", "--profile", profile, *(["--target", target] if target else [])]
    environment = dict(os.environ)
    if target == "x86_64-unknown-linux-musl":
        environment.setdefault("CC_x86_64_unknown_linux_musl", "musl-gcc")
    elif target == "aarch64-unknown-linux-musl":
        environment.setdefault("CC_aarch64_unknown_linux_musl", "musl-gcc")
    subprocess.run(command, cwd=ROOT, check=True, env=environment)
    folder = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    name = "chatferry.exe" if "windows" in (target or host()) else "chatferry"
    return ROOT / folder / (target or "") / {"dev": "debug"}.get(profile, profile) / name


def contents(program: Path, scratch: Path) -> dict[str, tuple[bytes, int]]:
    """Every file of the archive: its bytes and its mode."""
    files = {program.name: (program.read_bytes(), 0o755)}
    files |= {name: ((ROOT / name).read_bytes(), 0o644) for name in TEXTS}
    files |= {f"completions/{name}": (output(program, "completions", shell).encode(), 0o644) for shell, name in SHELLS.items()}
    output(program, "man", "--out", scratch)
    files |= {f"man/{page.name}": (page.read_bytes(), 0o644) for page in scratch.iterdir()}
    return files


def tar(top: str, files: dict[str, tuple[bytes, int]], when: int) -> bytes:
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", filename="", mtime=when) as stream, tarfile.open(fileobj=stream, mode="w") as archive:
        for name, (data, mode) in sorted(files.items()):
            entry = tarfile.TarInfo(f"{top}/{name}")
            entry.size, entry.mode, entry.mtime = len(data), mode, when
            entry.uname = entry.gname = "root"
            archive.addfile(entry, io.BytesIO(data))
    return packed.getvalue()


def zipped(top: str, files: dict[str, tuple[bytes, int]], when: int) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, (data, mode) in sorted(files.items()):
            entry = zipfile.ZipInfo(f"{top}/{name}", time.gmtime(when)[:6])
            entry.external_attr = mode << 16
            archive.writestr(entry, data, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", help="the triple to build for [default: this machine's]")
    parser.add_argument("--out", type=Path, default=ROOT / "packages")
    parser.add_argument("--profile", default="dist")
    given = parser.parse_args()

    version = tomllib.loads((ROOT / "Cargo.toml").read_text())["package"]["version"]
    program = build(given.target, given.profile)
    said = output(program, "--version").split()
    if said[:2] != ["chatferry", version]:
        raise SystemExit(f"{program} says {' '.join(said)!r}, and Cargo.toml has version {version}")
    when = int(os.environ.get("SOURCE_DATE_EPOCH") or output("git", "log", "-1", "--format=%ct"))
    target = given.target or host()
    top = f"chatferry-{version}-{target}"
    with tempfile.TemporaryDirectory() as scratch:
        files = contents(program, Path(scratch))
    name, data = (f"{top}.zip", zipped(top, files, when)) if "windows" in target else (f"{top}.tar.gz", tar(top, files, when))
    given.out.mkdir(parents=True, exist_ok=True)
    (given.out / name).write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    (given.out / f"{name}.sha256").write_text(f"{digest}  {name}\n")
    print(f"{given.out / name}: {len(files)} files, {len(data)} bytes, sha256 {digest}")


if __name__ == "__main__":
    main()
