# SPDX-License-Identifier: LGPL-2.1-or-later
"""The Pythons of this machine, and numpy for them from the package index."""
import os
import shutil
import subprocess
from pathlib import Path
from typing import Optional

from common import build_folder
from marks import Skip


def _works(path: Optional[str], version: str) -> bool:
    if not path:
        return False
    done = subprocess.run([path, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return done.returncode == 0 and done.stdout.strip() == version


def _from_manager(version: str) -> Optional[str]:
    """Where pyenv keeps a version that is installed but not the one in use."""
    if not shutil.which("pyenv"):
        return None
    names = subprocess.run(["pyenv", "versions", "--bare"], stdout=subprocess.PIPE,
                           text=True).stdout.split()
    for name in names:
        if name.startswith(version + "."):
            prefix = subprocess.run(["pyenv", "prefix", name], stdout=subprocess.PIPE,
                                    text=True).stdout.strip()
            return f"{prefix}/bin/python"
    return None


def find(version: str) -> str:
    """A Python of that version, such as "3.9"."""
    for path in (shutil.which(f"python{version}"), _from_manager(version)):
        if _works(path, version):
            return path
    raise Skip(f"there is no Python {version} here")


def numpy_folder(python: str, version: str, numpy: str) -> Path:
    """A folder to put before others on PYTHONPATH, with a numpy such as "1.24"."""
    folder = build_folder() / "numpy" / f"{version}-{numpy}"
    if (folder / "numpy").exists():
        return folder
    wanted = f"numpy=={numpy}.*"
    command = [python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-input",
               "--disable-pip-version-check", "--only-binary", ":all:", "--target", folder,
               wanted]
    environment = {name: value for name, value in os.environ.items()
                   if name not in ("PYTHONPATH", "LD_PRELOAD")}
    try:
        done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=100)
    except subprocess.TimeoutExpired:
        raise Skip(f"{wanted} cannot be fetched for Python {version}") from None
    if done.returncode != 0:
        raise Skip(f"{wanted} cannot be had for Python {version}")
    return folder
