"""Does a model fit into the memory? Computed from the headers of its files, before any of its weights are read."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

import msgspec
import torch

from rlm_core.core.errors import ModelError, first_line

NOT_A_TENSOR = "__metadata__"
GGUF_SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
"""Bytes of each kind of value in the header of a GGUF file, but for texts and arrays."""
GGUF_TEXT, GGUF_ARRAY = 8, 9
_OLD_GROUP = ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes")
"""Files of a container's limit in the first version of control groups."""


class TooLarge(ModelError):
    """A model needs more memory than is free."""


class _Tensor(msgspec.Struct):
    """An entry in the header of a safetensors file."""

    shape: list[int]


def free_bytes(place: str = "cpu") -> int | None:
    """Memory that a device has free; None where it is not told. MPS shares the machine's memory."""
    if place == "cuda":
        return int(torch.cuda.mem_get_info()[0])
    try:
        told = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
        machine = int(told["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):  # not Linux
        try:
            machine = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        except (ValueError, OSError):
            return None
    limits = [left for left in (_left_in_group("memory.max", "memory.current"), _left_in_group(*_OLD_GROUP)) if left is not None]
    return min(machine, *limits) if limits else machine


def _left_in_group(limit: str, used: str) -> int | None:
    """What the limit of a container leaves; None without one."""
    folder = Path("/sys/fs/cgroup")
    try:
        return max(0, int((folder / limit).read_text()) - int((folder / used).read_text()))
    except (OSError, ValueError):  # there is none, or it is "max"
        return None


def elements(folder: Path) -> int:
    """Numbers in the safetensors files of a folder, by their headers. ModelError if one cannot be read."""
    return sum(math.prod(tensor.shape) for file in sorted(folder.glob("*.safetensors")) for tensor in _header(file).values())


def _header(file: Path) -> Mapping[str, _Tensor]:
    try:
        with file.open("rb") as opened:
            size = int.from_bytes(opened.read(8), "little")
            if size > file.stat().st_size:
                raise ValueError("it is shorter than its header")
            entries = msgspec.json.decode(opened.read(size), type=dict[str, msgspec.Raw])
        return {name: msgspec.json.decode(raw, type=_Tensor) for name, raw in entries.items() if name != NOT_A_TENSOR}
    except (OSError, ValueError, msgspec.DecodeError) as error:
        raise ModelError(f"{file} is no whole safetensors file ({first_line(error)}); fetch it again.") from None


def gguf_elements(file: Path) -> int:
    """Numbers in a GGUF file, by its header. ModelError if it cannot be read."""
    try:
        with file.open("rb") as opened:
            if opened.read(4) != b"GGUF" or _integer(opened, 4) < 2:
                raise ValueError("it does not begin as one")
            tensors, fields = _integer(opened), _integer(opened)
            for _ in range(fields):
                _text(opened)
                _skip(opened, _integer(opened, 4))
            return sum(_tensor(opened) for _ in range(tensors))
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"{file.name} could not be read as a GGUF model: {first_line(error)}") from None


def _integer(file: BinaryIO, size: int = 8) -> int:
    read = file.read(size)
    if len(read) < size:
        raise ValueError("it ends within its header")
    return int.from_bytes(read, "little")


def _text(file: BinaryIO) -> None:
    file.seek(_integer(file), os.SEEK_CUR)


def _skip(file: BinaryIO, kind: int) -> None:
    """Past a value of that kind."""
    if kind == GGUF_ARRAY:
        kind, count = _integer(file, 4), _integer(file)
        if kind in GGUF_SIZES:
            file.seek(count * GGUF_SIZES[kind], os.SEEK_CUR)
        else:
            for _ in range(count):
                _skip(file, kind)
    elif kind == GGUF_TEXT:
        _text(file)
    else:
        file.seek(GGUF_SIZES[kind], os.SEEK_CUR)


def _tensor(file: BinaryIO) -> int:
    """Numbers of the tensor whose entry begins here."""
    _text(file)
    shape = [_integer(file) for _ in range(_integer(file, 4))]
    file.seek(12, os.SEEK_CUR)  # its format and place
    return math.prod(shape)


def refuse_too_large(shown: str, numbers: int, dtype: torch.dtype, place: str, cache_bytes: int) -> None:
    """TooLarge if a model with its cache does not fit into what is free; it says what would.

    numbers: of its weights.
    cache_bytes: the most that its keys and values may take beside them.
    """
    free = free_bytes(place)
    needed, halved = (numbers * size + cache_bytes for size in (dtype.itemsize, torch.bfloat16.itemsize))
    if free is None or needed <= free:
        return
    ways = [f"set its number format to bfloat16 ({_size(halved)})"] if halved < needed and halved <= free else []
    ways += ["choose a smaller model", "name a server that has it by its address"]
    raise TooLarge(
        f"{shown} needs {_size(needed)} of memory ({_size(numbers * dtype.itemsize)} for its weights in {str(dtype).removeprefix('torch.')}"
        f"{f', up to {_size(cache_bytes)} for its cache' if cache_bytes else ''}), and {_size(free)} are free "
        f"{'on the GPU' if place == 'cuda' else 'on this machine'}; {', '.join(ways[:-1])} or {ways[-1]}."
    )


def refuse_unconvertible(file: Path) -> None:
    """TooLarge if a GGUF file, whose weights are float32 while it is converted, does not fit into what is free."""
    needed, free = gguf_elements(file) * torch.float32.itemsize, free_bytes()
    if free is not None and needed > free:
        raise TooLarge(
            f"Converting {file.name} needs {_size(needed)} of memory, and {_size(free)} are free on this machine; choose a smaller model, "
            "or start a server that reads the file, such as llama.cpp's, and name it by its address."
        )


def _size(count: int) -> str:
    """A number of bytes in a sentence.

    >>> _size(14_200_000_000), _size(538_060_032)
    ('14.2 GB', '0.5 GB')
    """
    return f"{count / 10**9:,.1f} GB"
