"""Put uv into .tools, with nothing but Python's standard library: `python3 scripts/get_uv.py`.

Debian's python3 comes without ensurepip, so a virtual environment may not be possible; then the wheel is
taken from the package index itself and its binary unpacked.
"""

import configparser
import hashlib
import os
import platform
import re
import ssl
import subprocess
import sys
import urllib.request
import zipfile
from io import BytesIO
from pathlib import Path
from urllib.parse import urldefrag, urljoin

VERSION = "0.13.9"
TOOLS = Path(__file__).resolve().parents[1] / ".tools"


def main() -> None:
    TOOLS.mkdir(exist_ok=True)
    if not with_pip():
        from_index()


def with_pip() -> bool:
    """pip knows how the machine reaches its index: mirrors, proxies, certificates."""
    home, uv = TOOLS / "venv", TOOLS / "uv"
    made = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", home], capture_output=True, check=False
    )
    if made.returncode:
        return False
    command = [str(home / "bin" / "pip"), "install", "--quiet", f"uv=={VERSION}"]
    if subprocess.run(command, check=False).returncode:
        sys.exit(f"pip could not install uv {VERSION}; what it said stands above.")
    uv.unlink(missing_ok=True)
    # Relative: the directory may be moved, or mounted elsewhere.
    uv.symlink_to(Path("venv/bin/uv"))
    return True


def from_index() -> None:
    index = setting("index-url", "https://pypi.org/simple").rstrip("/") + "/uv/"
    print(f"This python3 can't make virtual environments; taking uv {VERSION} from {index}")
    links = re.findall(r'href="([^"]+)"', fetch(index).decode())
    wheels = [urldefrag(urljoin(index, link)) for link in links]
    found = next((wheel for wheel in wheels if fits(wheel.url.rsplit("/", 1)[-1])), None)
    if found is None:
        sys.exit(f"{index} has no uv {VERSION} for {sys.platform} on {platform.machine()}.")
    content = fetch(found.url)
    if f"sha256={hashlib.sha256(content).hexdigest()}" != found.fragment:
        sys.exit(f"{found.url} is not what the index says it is. Try again.")
    with zipfile.ZipFile(BytesIO(content)) as archive:
        binary = archive.read(f"uv-{VERSION}.data/scripts/uv")
    draft = TOOLS / "uv.new"
    draft.write_bytes(binary)
    draft.chmod(0o755)
    draft.replace(TOOLS / "uv")


def fetch(url: str) -> bytes:
    certificates = setting("cert", "") or None
    # An index may answer in JSON, too; every one of them speaks HTML.
    request = urllib.request.Request(url, headers={"Accept": "text/html"})
    with urllib.request.urlopen(
        request, timeout=60, context=ssl.create_default_context(cafile=certificates)
    ) as answer:
        return bytes(answer.read())


def setting(name: str, default: str) -> str:
    """As pip reads it: the environment, else its files, the user's last."""
    if value := os.environ.get("PIP_" + name.upper().replace("-", "_")):
        return value
    home = Path(os.environ.get("HOME", "/nonexistent"))
    files = configparser.RawConfigParser()
    files.read(["/etc/pip.conf", home / ".pip" / "pip.conf", home / ".config" / "pip" / "pip.conf"])
    for section in ("install", "global"):
        if files.has_option(section, name):
            return files.get(section, name)
    return default


def fits(name: str) -> bool:
    # The one for musl is linked statically and would run anywhere; the other is the faster one.
    linux = "manylinux" if platform.libc_ver()[0] == "glibc" else "musllinux"
    system = "macosx" if sys.platform == "darwin" else linux
    machine = re.escape(platform.machine())
    return bool(re.fullmatch(rf"uv-{re.escape(VERSION)}-.*{system}.*_{machine}\.whl", name))


if __name__ == "__main__":
    main()
