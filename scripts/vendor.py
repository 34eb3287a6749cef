"""Re-create static/vendor from the npm registry: `python scripts/vendor.py` (needs npm).

scripts/vendor.json names each package, its version and the files we serve, with the SHA-256 each must have.
"""

import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LIST = ROOT / "scripts" / "vendor.json"


def main():
    for entry in json.loads(LIST.read_text()):
        folder = ROOT / "static" / "vendor" / f"{entry['folder']}-{entry['version']}"
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as work:
            fetch(entry, Path(work), folder)
        print("vendored", folder.relative_to(ROOT))


def fetch(entry, work, folder):
    """Pack one version and copy its listed files, refusing any whose fingerprint differs."""
    wanted = f"{entry['package']}@{entry['version']}"
    subprocess.run(["npm", "pack", wanted, "--silent"], cwd=work, check=True, stdout=subprocess.DEVNULL)
    with tarfile.open(next(work.glob("*.tgz"))) as archive:
        for file in entry["files"]:
            content = archive.extractfile(f"package/{file['path']}").read()
            found = hashlib.sha256(content).hexdigest()
            if found != file["sha256"]:
                sys.exit(f"{wanted}: {file['path']} has the fingerprint {found}, not {file['sha256']}")
            (folder / Path(file["path"]).name).write_bytes(content)


if __name__ == "__main__":
    main()
