"""What comes with the app: trainings with their groups and checkpoints, whose figures come out again; and an adapter."""

from __future__ import annotations

from pathlib import Path

import pytest

from rlm_core.core.paths import ASSETS
from rlm_core.models import checkpoints
from rlm_core.models.checkpoints import card, place
from rlm_core.runs.training_files import TrainingFolder, trainings
from rlm_core.training import bilingual
from rlm_core.training.measure import held_out, measures
from rlm_core.training.pipeline import new_sampler
from rlm_core.training.recipe import DESCRIPTION
from rlm_core.training.rollouts import stream

FIVE_MINUTES = TrainingFolder("five-minutes-0", ASSETS)
ADAPTER = checkpoints.bundled_folder() / "smollm2-words"


def test_every_training_can_be_read() -> None:
    assert set(trainings(ASSETS)) == {"five-minutes-0", "leaky-reward-0"}
    for name in trainings(ASSETS):
        folder = TrainingFolder(name, ASSETS)
        config = {key: value for key, value in folder.settings().items() if key not in ("training", "began")}
        assert DESCRIPTION.configure(config).preset in name
        assert folder.curve() and folder.stages() and folder.kept_steps() and folder.followed_steps()[0] == 0
        assert all(folder.groups(step) for step in folder.kept_steps())
        assert not folder.state.exists()


@pytest.mark.slow
@pytest.mark.parametrize("place_of_stage", [0, -1])
def test_the_measures_of_a_stage_come_out_again(place_of_stage: int) -> None:
    config = DESCRIPTION.configure({k: v for k, v in FIVE_MINUTES.settings().items() if k not in ("training", "began")})
    row = FIVE_MINUTES.stages()[place_of_stage]
    model, tokenizer = bilingual.build_base(config.seed, row.checkpoint)
    sampler = new_sampler(model, tokenizer, config)
    groups = sampler.groups(held_out(config.numbers, config.held_out), config.samples, stream(config.seed, "held out"))
    assert measures(groups, config.k) == row.measures


def test_the_adapter_is_small_and_says_what_it_is() -> None:
    assert sum(file.stat().st_size for file in ADAPTER.glob("adapter*")) <= 10_000_000
    facts = card(ADAPTER)
    assert facts.base == "smollm2" and facts.kinds == ("words", "chain") and facts.base_weights
    assert facts.measures.keys() == facts.base_measures.keys() and len(facts.measures) == 4
    assert all(m["problems"] >= 200 for m in (*facts.measures.values(), *facts.base_measures.values()))
    assert all(facts.measures[f"words:n=200,steps={steps},stories=framed"]["pass@1"][1] > 0.5 for steps in (1, 2))
    assert Path(place("checkpoint:smollm2-words")) == ADAPTER
