"""Runs one of our readers as a program that ends with the process that asked for it:
`child.py PARENT PROGRAM ARGUMENT…`.

Elsewhere than on Linux a reader whose parent was killed ends by its own limit of processor time.
"""

import ctypes
import os
import runpy
import signal
import sys

PR_SET_PDEATHSIG = 1  # prctl(2)


def main(parent: int, program: str, *arguments: str) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it was gone before we could say so
            return
    sys.argv = [program, *arguments]
    runpy.run_path(program, run_name="__main__")


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])
