"""The bundled model: its notation, tokenizer and architecture.

`nano` is a Llama of about 1M parameters over a vocabulary of digits, operators and the markers of a
reasoning trace. A prompt is a problem's `compact` text, a trace its steps:

    C25 2 4>46:25*2=50<step>50-4=46<answer>46<eos>
    A17,+25,*3:17+25=42<step>42*3=126<answer>126<eos>

A trained policy may also know steps in Japanese signs, which `<ja>` at the end of a prompt asks for:

    C25 2 4>46:<ja>二五掛二=五〇<step>五〇引四=四六<answer>46<eos>

A prompt that ends in a marker permits it (see `rlm_core.core.special_tokens` and `rlm_core.training.traces`):

    C25 2 4>46:<backtrack>25+2=27<backtrack>
    C25 2 4>46:<revise>25*2=40<revise>25*2=50<step>50-4=46<answer>46<eos>
    C25 2 4>46:<tool><tool>25*2<result>50<step><tool>50-4<result>46<answer>46<eos>
    C25 2 4>46:<think>25+2=27<step>27+4=31<backtrack><backtrack>25*2=50<step>50-4=46</think>25*2=50<step>…
"""

from __future__ import annotations

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from rlm_core.core.paths import ASSETS
from rlm_core.core.special_tokens import ANSWER, BACKTRACK, END_THINK, ERROR, JAPANESE, RESULT, REVISE, STEP, THINK, TOOL, WAIT

FOLDER = ASSETS / "nano"

SPECIAL = (
    "<pad>",
    "<bos>",
    "<eos>",
    "<unk>",
    STEP,
    THINK,
    END_THINK,
    BACKTRACK,
    WAIT,
    TOOL,
    RESULT,
    ANSWER,
    REVISE,
    ERROR,
)
"""In the order of their token ids, which the bundled weights were trained with."""
MAX_LENGTH = 512
"""Limit of prompt and trace together, in tokens."""

CHARACTERS = "0123456789+-*/=()>,: CA"

JAPANESE_CHARACTERS = "〇一二三四五六七八九足引掛割"
"""Digits 0 to 9 and + - * /, which the bundled model does not know; training adds them behind all other tokens, and `<ja>` after them."""


def build_tokenizer(japanese: bool = False) -> PreTrainedTokenizerFast:
    """One token per character or marker; reads and writes without loss for text of these characters.

    japanese: with JAPANESE_CHARACTERS and the marker that asks for them.
    """
    characters = CHARACTERS + JAPANESE_CHARACTERS * japanese
    vocabulary = {t: i for i, t in enumerate((*SPECIAL, *characters, *[JAPANESE] * japanese))}
    core = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    core.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    core.decoder = decoders.Fuse()
    core.add_special_tokens([AddedToken(t, normalized=False, special=True) for t in (*SPECIAL, *[JAPANESE] * japanese)])
    return PreTrainedTokenizerFast(
        tokenizer_object=core,
        pad_token="<pad>",
        bos_token="<bos>",
        eos_token="<eos>",
        unk_token="<unk>",
        model_max_length=MAX_LENGTH,
        clean_up_tokenization_spaces=False,
    )


def build_model() -> LlamaForCausalLM:
    """An untrained nano (about 1M parameters)."""
    config = LlamaConfig(
        vocab_size=len(SPECIAL) + len(CHARACTERS),
        hidden_size=128,
        intermediate_size=384,
        num_hidden_layers=5,
        num_attention_heads=4,
        num_key_value_heads=4,
        max_position_embeddings=MAX_LENGTH,
        tie_word_embeddings=True,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=0,
    )
    config.notation = "nano"  # how a loader knows which format it reads
    return LlamaForCausalLM(config)
