"""The key by which inputs are drawn: who has it knows what a submission will be asked."""

import os
import secrets
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

from course.curriculum.files import own_folder
from course.refusal import Refusal

KEY = own_folder() / "grading.key"


def key(path: Path = KEY) -> bytes:
    """A secret of this installation, made at first use. A submission never sees it, nor does any other user.

    Raises:
        Refusal: it cannot be kept.
    """
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            with NamedTemporaryFile(dir=path.parent) as new:  # only its owner may read it
                new.write(secrets.token_bytes(32))
                new.flush()
                with suppress(FileExistsError):
                    os.link(new.name, path)  # whole or not at all, and never in the place of another
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)
        return path.read_bytes()
    except OSError as error:
        raise Refusal(f"the key for the inputs that nobody has seen cannot be kept: {error}") from None
