# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a test says about itself to the runner."""


class Skip(Exception):
    """A test cannot run here; the text says why."""


def cases(*names: str):
    """Runs the function once for each name, as a test of its own."""
    return _mark("cases", list(names))


def timeout(seconds: int):
    """Seconds after which the test counts as hung."""
    return _mark("timeout", seconds)


def sanitized(function):
    """Runs the function against the build with sanitizers too."""
    return _mark("sanitized", True)(function)


def _mark(name, value):
    def mark(function):
        setattr(function, name, value)
        return function

    return mark
