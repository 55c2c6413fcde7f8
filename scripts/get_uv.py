"""Put uv into .tools, with nothing but Python's standard library: `python3 scripts/get_uv.py`.

Debian's python3 comes without ensurepip, so a virtual environment may not be possible; then the wheel is
taken from the package index itself and its binary unpacked.
"""

import hashlib
import json
import os
import platform
import re
import subprocess
import sys
import urllib.request
import zipfile
from pathlib import Path

VERSION = "0.13.9"
TOOLS = Path(__file__).resolve().parents[1] / ".tools"
INDEX = os.environ.get("PIP_INDEX_URL", "https://pypi.org/simple").rstrip("/")


def main() -> None:
    if not with_pip():
        from_index()


def with_pip() -> bool:
    """pip knows how the machine reaches its index: mirrors, proxies, certificates."""
    home = TOOLS / "venv"
    made = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", home], stderr=subprocess.DEVNULL, check=False
    )
    if made.returncode:
        return False
    subprocess.run([home / "bin" / "pip", "install", "--quiet", f"uv=={VERSION}"], check=True)
    (TOOLS / "uv").unlink(missing_ok=True)
    (TOOLS / "uv").symlink_to(home / "bin" / "uv")
    return True


def from_index() -> None:
    request = urllib.request.Request(
        f"{INDEX}/uv/", headers={"Accept": "application/vnd.pypi.simple.v1+json"}
    )
    with urllib.request.urlopen(request) as answer:
        files = json.load(answer)["files"]
    wheel = next(file for file in files if fits(file["filename"]))
    with urllib.request.urlopen(wheel["url"]) as answer:
        content = answer.read()
    if hashlib.sha256(content).hexdigest() != wheel["hashes"]["sha256"]:
        sys.exit(f"{wheel['filename']} is not what the index says it is. Try again.")
    TOOLS.mkdir(exist_ok=True)
    packed = TOOLS / "uv.whl"
    packed.write_bytes(content)
    with zipfile.ZipFile(packed) as archive:
        (TOOLS / "uv").write_bytes(archive.read(f"uv-{VERSION}.data/scripts/uv"))
    (TOOLS / "uv").chmod(0o755)
    packed.unlink()


def fits(name: str) -> bool:
    system = "macosx" if sys.platform == "darwin" else "manylinux|musllinux"
    machine = platform.machine().replace("arm64", "aarch64|arm64")
    return bool(re.fullmatch(rf"uv-{re.escape(VERSION)}-.*({system}).*({machine})\.whl", name))


if __name__ == "__main__":
    main()
