"""A GGUF file's converted copy is found again for the same file, and for no other."""

from __future__ import annotations

import os
import shutil
import threading

import gguf as package
import pytest
from gguf import GGUFReader, GGUFWriter
from transformers import LlamaConfig, LlamaForCausalLM, modeling_gguf_pytorch_utils

from rlm_core.engine.loading import gguf
from rlm_core.engine.loading.gguf import BLOCK, HEADER, identity

TINY = LlamaConfig(hidden_size=8, intermediate_size=8, num_hidden_layers=1, num_attention_heads=1, vocab_size=2)


def twin(source, folder, change=None):
    """A file of the same name, size and times in another folder, other at some byte."""
    folder.mkdir()
    shutil.copy2(source, folder / source.name)
    copy, stat = folder / source.name, source.stat()
    if change is not None:
        with copy.open("r+b") as file:
            file.seek(change)
            file.write(b"!")
    os.utime(copy, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    return copy


@pytest.fixture
def file(tmp_path):
    (tmp_path / "model.gguf").write_bytes(bytes(HEADER + 40 * BLOCK))
    return tmp_path / "model.gguf"


def test_a_file_is_itself_however_it_is_named(file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link").symlink_to(tmp_path)
    assert identity(file) == identity(file.relative_to(tmp_path)) == identity(tmp_path / "link" / "model.gguf")


def test_files_of_one_name_size_and_time_in_two_folders_are_two(file, tmp_path):
    assert identity(file) != identity(twin(file, tmp_path / "b"))


@pytest.mark.parametrize("change", [0, 5000, HEADER - 1, HEADER, HEADER + 7 * BLOCK, HEADER + 40 * BLOCK - 1])
def test_a_file_put_in_anothers_place_with_its_times_is_another(file, tmp_path, change):
    before = identity(file)
    other = twin(file, tmp_path / "b", change)
    other.replace(file)
    assert identity(file) != before


def test_a_file_written_anew_within_the_second_is_another(file):
    before, stat = identity(file), file.stat()
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1000))
    assert identity(file) != before


def test_a_large_file_is_told_apart_without_being_read_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(gguf, "MAX_BLOCKS", 16)
    large = tmp_path / "large.gguf"
    with large.open("wb") as hole:
        hole.truncate(1 << 30)
    before = identity(large)
    stride = ((1 << 30) - HEADER) // 16
    with large.open("r+b") as file:
        file.seek(HEADER + 9 * stride)
        file.write(b"!")
    os.utime(large, ns=(0, 0))
    after = identity(large)
    with large.open("r+b") as file:
        file.seek(HEADER + 9 * stride)
        file.write(b"\0")
    os.utime(large, ns=(0, 0))
    assert len({before, after, identity(large)}) == 3


def test_the_header_of_a_file_is_parsed_once_and_each_has_a_copy_of_its_own(tmp_path, monkeypatch):
    writer = GGUFWriter(tmp_path / "model.gguf", "llama")
    writer.add_name("tiny")
    writer.add_block_count(3)
    writer.add_token_list(["a", "b"])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    parsed, library = list[str](), modeling_gguf_pytorch_utils
    monkeypatch.setattr("gguf.GGUFReader", lambda path: parsed.append(path) or GGUFReader(path))
    before = library.load_gguf_checkpoint, package.GGUFReader
    with gguf._parsed_once():
        first, second = (library.load_gguf_checkpoint(str(tmp_path / "model.gguf"))["config"] for _ in range(2))
        library.load_gguf_checkpoint(str(tmp_path / "model.gguf"), return_tensors=True, model_to_load=LlamaForCausalLM(TINY))
    assert first == second
    assert first is not second
    assert first["num_hidden_layers"] == 3
    assert parsed == [str(tmp_path / "model.gguf")]
    assert (library.load_gguf_checkpoint, package.GGUFReader) == before


def test_the_tensors_that_the_library_goes_through_are_counted_and_its_bar_is_put_back():
    said, drawn = list[str](), modeling_gguf_pytorch_utils.tqdm
    with gguf._counting_tensors("model.gguf", said.append):
        assert list(modeling_gguf_pytorch_utils.tqdm(["a", "b"], desc="of the library")) == ["a", "b"]
    assert said == [
        "Reading model.gguf, once on this machine, 0 s",
        *(f"Converting model.gguf, once on this machine: {how}, 0 s" for how in ("0 % (0 of 2 tensors)", "100 % (2 of 2 tensors)")),
    ]
    assert modeling_gguf_pytorch_utils.tqdm is drawn


def test_nothing_is_told_any_more_of_a_conversion_that_failed():
    said, read = list[str](), []
    with pytest.raises(ValueError, match="broken"), gguf._counting_tensors("model.gguf", said.append):
        read.append(modeling_gguf_pytorch_utils.tqdm(["a", "b"]))
        next(read[0])
        raise ValueError("broken")
    assert said[1:] == ["Converting model.gguf, once on this machine: 0 % (0 of 2 tensors), 0 s"]
    assert not [t for t in threading.enumerate() if t.name == "stage"]
