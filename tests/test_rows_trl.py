"""Rows load through datasets, and TRL's trainers take steps on them.

TRL has needs of its own, so it lives in an environment of its own. Its Python is named by
``WAREWHEEL_TRL_PYTHON``; docs/dataset.md says how to make one.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from elsewhere import Elsewhere

from warewheel.agents.language.loading import BRAIN, whereabouts
from warewheel.scripts.main import main

TRL = Elsewhere("WAREWHEEL_TRL_PYTHON")
pytestmark = TRL.marks

# Runs there.
TRAIN = """
import json, sys
import torch
from datasets import load_dataset
from transformers import AutoTokenizer, Qwen3Config, Qwen3ForCausalLM
from trl import DPOConfig, DPOTrainer, SFTConfig, SFTTrainer

kind, file, brain, out = sys.argv[1:]
torch.manual_seed(0)
tokenizer = AutoTokenizer.from_pretrained(brain)
config = Qwen3Config(
    vocab_size=len(tokenizer), hidden_size=32, intermediate_size=64, num_hidden_layers=2,
    num_attention_heads=2, num_key_value_heads=2, head_dim=16, tie_word_embeddings=True,
)
# The reference model of DPO is loaded from where the model came from.
Qwen3ForCausalLM(config).save_pretrained(out)
model = Qwen3ForCausalLM.from_pretrained(out)
before = model.model.embed_tokens.weight.detach().clone()
make, options = (SFTTrainer, SFTConfig) if kind == "sft" else (DPOTrainer, DPOConfig)
rows = load_dataset("json", data_files=file, split="train")
trainer = make(
    model=model, processing_class=tokenizer, train_dataset=rows,
    args=options(
        output_dir=out, max_steps=2, per_device_train_batch_size=1, report_to="none",
        use_cpu=True, bf16=False, gradient_checkpointing=False, logging_steps=1,
    ),
)
trainer.train()
losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
moved = float((model.model.embed_tokens.weight - before).abs().max())
print(json.dumps({"rows": len(rows), "losses": losses, "moved": moved}))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a dataset of the same episodes, directed well and at random."""
    made = tmp_path_factory.mktemp("trl")
    for planner in ("scripted", "random-legal"):
        words = ["collect", "--episodes", "2", "--planner", planner, "--task", "unpack"]
        done = CliRunner().invoke(main, [*words, "--out", str(made / planner)])
        assert done.exit_code == 0, done.output
    parts = [str(made / "scripted"), str(made / "random-legal")]
    done = CliRunner().invoke(main, ["merge", *parts, "--out", str(made / "both")])
    assert done.exit_code == 0, done.output
    return made / "both"


@pytest.mark.parametrize("kind", ["sft", "dpo"])
def test_trl_takes_two_steps(kind: str, folder: Path, tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    words = ["rows", str(folder), "--out", str(rows)] + (["--pairs"] if kind == "dpo" else [])
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.output
    found = TRL.run(TRAIN, kind, rows, whereabouts(BRAIN), tmp_path / "out")
    assert found["rows"] >= 1 and len(found["losses"]) == 2 and found["moved"] > 0
