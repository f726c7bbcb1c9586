"""The command line: `python -m rlm_core run …`, `replay`, `list`, `train`, `worker`."""

from rlm_core.cli import main

if __name__ == "__main__":
    main()
