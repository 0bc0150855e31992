"""Starts Rasa's own command line so that neither its token nor anybody's words are seen outside.

Run by Rasa's Python (3.10) in the project's folder: ``python -m components.launch run -m MODEL ...``.
The token comes in ``RASA_TOKEN`` and never stands in the process list. From the first request on,
a log line says where it was written and nothing else: Rasa quotes texts, also in errors, at many places.
Rasa ends when whoever started it is gone.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
import traceback
import warnings
from typing import Any

#: Rasa opens more doors than we use, one of them without asking for the token.
_ANSWERED = ("/", "/status", "/version", "/model/parse")
_started = threading.Event()
_make_record = logging.getLogRecordFactory()


def main() -> None:
    """Run ``rasa`` with the words of our own command line."""
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    logging.setLogRecordFactory(_record)
    warnings.showwarning = _show_warning
    sys.excepthook = _show_error
    token = os.environ.pop("RASA_TOKEN", "")
    sys.argv = ["rasa", *sys.argv[1:], *(["--auth-token", token] if token else [])]
    _guard_requests()
    from rasa.__main__ import main as rasa

    rasa()


def _guard_requests() -> None:
    import rasa.server
    from sanic import response

    create_app = rasa.server.create_app

    async def guard(request: Any) -> Any:
        _started.set()
        return None if request.path in _ANSWERED else response.empty(404)

    def create_quiet_app(*args: Any, **kwargs: Any) -> Any:
        app = create_app(*args, **kwargs)
        app.register_middleware(guard, "request")
        return app

    rasa.server.create_app = create_quiet_app


def _record(
    name: str, level: int, path: str, line: int, message: Any, args: Any, error: Any, *rest: Any, **more: Any
) -> Any:
    if _started.is_set():
        what = error[0].__name__ if isinstance(error, tuple) and error[0] else ""
        message, args, error = f"{name}:{line} {what}".rstrip(), (), None
    return _make_record(name, level, path, line, message, args, error, *rest, **more)


def _show_warning(message: Any, category: Any, filename: str, line: int, *_: Any) -> None:
    if issubclass(category, DeprecationWarning):  # Rasa's dependencies', by the dozen
        return
    words = "" if _started.is_set() else f": {message}"
    sys.stderr.write(f"{filename}:{line}: {category.__name__}{words}\n")


def _show_error(kind: Any, error: Any, trace: Any) -> None:
    if _started.is_set():
        last = traceback.extract_tb(trace)[-1:]
        sys.stderr.write(f"{kind.__name__} at {last}\n")
    else:
        sys.__excepthook__(kind, error, trace)


def _end_with_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


if __name__ == "__main__":
    main()
