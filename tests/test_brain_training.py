"""Training a brain: it repeats itself, it goes on where it stopped, and it learns."""

from __future__ import annotations

import json
import math
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from warewheel.agents.language.chat import Chat as Speech
from warewheel.agents.language.local import LocalModel
from warewheel.agents.language.model import Demand
from warewheel.flywheel.training.brain import CARD, Wish, train
from warewheel.flywheel.training.lessons import lessons
from warewheel.flywheel.training.loop import Diverged, Stopped, Tick
from warewheel.flywheel.training.tokenizer import train_tokenizer
from warewheel.scripts.main import main

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
pytest.importorskip("tokenizers")

Make = Callable[[int, int], list[Any]]


def wish(out: Path, **changes: Any) -> Wish:
    return replace(Wish(out, "tiny", steps=6, threads=1), **changes)


def weights(folder: Path) -> bytes:
    return (folder / "model.safetensors").read_bytes()


def stop_at(step: int) -> Callable[[Tick], None]:
    def watch(tick: Tick) -> None:
        if tick.step == step:
            os.kill(os.getpid(), signal.SIGINT)

    return watch


@pytest.fixture(scope="session")
def undisturbed(deliveries: Make, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("undisturbed") / "brain"
    train(deliveries(60, 0), wish(out))
    return out


def test_same_rows_and_seed_give_the_same_bytes(
    deliveries: Make, undisturbed: Path, tmp_path: Path
) -> None:
    train(deliveries(60, 0), wish(tmp_path / "again"))
    assert weights(tmp_path / "again") == weights(undisturbed)
    assert (tmp_path / "again/tokenizer.json").read_bytes() == (
        undisturbed / "tokenizer.json"
    ).read_bytes()
    train(deliveries(60, 0), wish(tmp_path / "other", seed=1))
    assert weights(tmp_path / "other") != weights(undisturbed)


def test_a_stopped_training_goes_on_as_if_nothing_had_been(
    deliveries: Make, undisturbed: Path, tmp_path: Path
) -> None:
    out, chats = tmp_path / "brain", deliveries(60, 0)
    with pytest.raises(Stopped, match="after 4 steps"):
        train(chats, wish(out), watch=stop_at(4))
    assert not (out / CARD).exists()
    with pytest.raises(ValueError, match="not empty"):
        train(chats, wish(out))
    with pytest.raises(ValueError, match="seed 0, not 1"):
        train(chats, wish(out, seed=1, resume=True))
    with pytest.raises(ValueError, match="batch None, not 512"):
        train(chats, wish(out, batch=512, resume=True))
    with pytest.raises(ValueError, match="made with data"):
        train(deliveries(60, 1), wish(out, resume=True))
    card = train(chats, wish(out, resume=True))
    assert weights(out) == weights(undisturbed)
    assert card["steps"] == 6
    assert not (out / "checkpoint").exists()
    with pytest.raises(ValueError, match="holds a trained model"):
        train(chats, wish(out, resume=True))


def test_a_kill_before_the_first_checkpoint_or_after_the_last_loses_nothing(
    deliveries: Make, undisturbed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    early, late, chats = tmp_path / "early", tmp_path / "late", deliveries(60, 0)
    (early / "checkpoint").mkdir(parents=True)
    (early / "checkpoint/state.safetensors.part").write_bytes(b"cut off")
    train(chats, wish(early, resume=True))
    assert weights(early) == weights(undisturbed)

    def killed(path: Path, content: bytes) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("warewheel.flywheel.training.brain.write", killed)
    with pytest.raises(KeyboardInterrupt):
        train(chats, wish(late))
    monkeypatch.undo()
    assert train(chats, wish(late, resume=True))["steps"] == 6
    assert weights(late) == weights(undisturbed)
    (tmp_path / "other").mkdir()
    (tmp_path / "other/notes.txt").write_text("mine")
    with pytest.raises(ValueError, match="no checkpoint to go on from"):
        train(chats, wish(tmp_path / "other", resume=True))


def test_a_loss_that_is_no_number_ends_the_training_and_spares_the_checkpoint(
    deliveries: Make, undisturbed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from warewheel.flywheel.training.loss import batch_loss

    out, chats = tmp_path / "brain", deliveries(60, 0)
    calls = 0

    def breaks(*args: Any) -> Any:
        nonlocal calls
        calls += 1
        return batch_loss(*args) * (float("nan") if calls == 4 else 1.0)

    monkeypatch.setattr("warewheel.flywheel.training.loop.batch_loss", breaks)
    with pytest.raises(Diverged, match="step 4"):
        train(chats, wish(out, pause=0.0))
    monkeypatch.undo()
    train(chats, wish(out, resume=True))
    assert weights(out) == weights(undisturbed)


def test_only_the_assistant_is_learnt_from(deliveries: Make) -> None:
    chats = deliveries(10, 0)
    tokenizer = train_tokenizer(chats, 384)
    made, lost = lessons(chats, Speech(tokenizer), 1024)
    assert (len(made), lost) == (10, 0)
    for chat, lesson in zip(chats, made, strict=True):
        said = [m["content"] for m in chat if m["role"] == "assistant"]
        for number, text in enumerate(said):
            tokens = lesson.tokens[lesson.turns == number]
            assert tokenizer.decode(tokens) == f"{text}<|im_end|>"
        assert set(np.unique(lesson.turns)) == {-1, *range(len(said))}
    short, lost = lessons(chats, Speech(tokenizer), 80)
    assert lost > 0 and all(len(lesson.tokens) <= 80 for lesson in short)


@pytest.mark.parametrize("rewrites", [False, True])
def test_what_has_no_weight_was_said_but_is_not_learnt(rewrites: bool, deliveries: Make) -> None:
    (chat,) = deliveries(1, 0)
    tokenizer = train_tokenizer([chat], 384)
    if rewrites:
        opening = "<|assistant|>"
        thoughts = "{% if not enable_thinking %}shut\n{% endif %}"
        tokenizer.chat_template = tokenizer.chat_template.replace(opening, opening + thoughts)
    slip = next(m for m in chat if m["role"] == "assistant")
    slip["weight"] = 0
    made, _ = lessons([chat], Speech(tokenizer), 1024)
    learnt = "".join(tokenizer.decode(one.tokens[one.turns >= 0]) for one in made)
    others = [m["content"] for m in chat if m["role"] == "assistant" and m is not slip]
    assert learnt == "".join(f"{text}<|im_end|>" for text in others)
    assert all(slip["content"] in tokenizer.decode(one.tokens) for one in made)


def test_a_template_that_rewrites_history_gives_each_message_a_lesson(deliveries: Make) -> None:
    """As Qwen3's does, which shuts the thoughts of the last message and drops earlier ones."""
    chats = deliveries(1, 0)
    tokenizer = train_tokenizer(chats, 384)
    opening = "<|assistant|>"
    thoughts = "{% if not enable_thinking %}shut\n{% endif %}"
    tokenizer.chat_template = tokenizer.chat_template.replace(opening, opening + thoughts)
    speech = Speech(tokenizer)
    made, _ = lessons(chats, speech, 1024)
    turns = [k for k, m in enumerate(chats[0]) if m["role"] == "assistant"]
    assert len(made) == len(turns)
    for k, lesson in zip(turns, made, strict=True):
        asked = tokenizer.decode(lesson.tokens[lesson.turns < 0])
        assert asked.endswith("<|assistant|>shut\n") and asked.count("shut") == 1
        assert (
            tokenizer.decode(lesson.tokens[lesson.turns >= 0])
            == f"{chats[0][k]['content']}<|im_end|>"
        )


def test_the_tokenizer_writes_anything_and_loads_as_any_other(undisturbed: Path) -> None:
    tokenizer = transformers.AutoTokenizer.from_pretrained(undisturbed)
    for text in ("Ærø-7 \t冷\n\n  x", '{"skill": "stop"}', "don't , do"):
        assert tokenizer.decode(tokenizer.encode(text)) == text
    names = [tokenizer.encode(text) for text in ("item-3", ' "item-3"', "x item-3,")]
    assert all(" ".join(map(str, names[0])) in " ".join(map(str, name)) for name in names)


def test_the_card_says_what_was_done(undisturbed: Path) -> None:
    card = json.loads((undisturbed / CARD).read_text())
    assert card["rows"] + card["held_out_rows"] == 60
    assert card["steps"] == 6 and card["preset"] == "tiny" and card["seed"] == 0
    assert 0 <= card["held_out_right"] <= card["held_out_steps"]
    assert card["held_out_accuracy"] <= 1 and card["held_out_loss"] > 0
    assert {"warewheel", "torch", "transformers"} == set(card["versions"])
    assert card["products"] in ("float32", "bfloat16")


@pytest.mark.parametrize("whole", [False, True])
def test_a_checkpoint_is_fine_tuned_and_loads_alone(
    whole: bool, deliveries: Make, little_brain: Path, tmp_path: Path
) -> None:
    pytest.importorskip("peft")
    base = transformers.AutoModelForCausalLM.from_pretrained(little_brain, dtype="bfloat16")
    base.save_pretrained(tmp_path / "base")
    transformers.AutoTokenizer.from_pretrained(little_brain).save_pretrained(tmp_path / "base")
    chats = deliveries(40, 5)
    for name in ("one", "two"):
        asked = wish(tmp_path / name, base=str(tmp_path / "base"), whole=whole, steps=8)
        card = train(chats, asked)
        assert card["preset"] is None and card["whole"] is whole
        assert card["base"].startswith("base@") and len(card["base"]) == len("base@") + 16
        assert card["before"] == []
    again = train(chats, wish(tmp_path / "again", base=str(tmp_path / "two"), whole=whole, steps=1))
    assert again["before"] == [{key: card[key] for key in card if key != "before"}]
    assert weights(tmp_path / "one") == weights(tmp_path / "two")
    assert weights(tmp_path / "one") != weights(tmp_path / "base")
    config = json.loads((tmp_path / "one/config.json").read_text())
    assert config["dtype"] == "bfloat16"
    before, after = (
        sum(LocalModel(str(tmp_path / name)).score(c[:1], [c[1]["content"]])[0] for c in chats[:5])
        for name in ("base", "one")
    )
    assert after > before
    with pytest.raises(ValueError, match="nowhere"):
        train(chats, wish(tmp_path / "three", base="./nowhere"))


def test_command(deliveries: Make, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps({"messages": c, "n": 1}) + "\n" for c in deliveries(30, 0)))
    out = tmp_path / "brain"
    asked = ["train", "brain", "--rows", str(path), "--out", str(out), "--steps", "2"]
    asked += ["--preset", "tiny", "--threads", "1"]
    result = CliRunner().invoke(main, asked)
    assert result.exit_code == 0, result.output
    assert "2 steps" in result.output and "held-out" in result.output
    result = CliRunner().invoke(main, asked)
    assert result.exit_code == 2 and "holds a trained model" in result.output
    asked[5] = str(tmp_path / "other")
    result = CliRunner().invoke(main, [*asked[:-4], "--preset", "tinny"])
    assert result.exit_code == 2 and "did you mean 'tiny'" in result.output


@pytest.mark.slow
def test_a_tiny_brain_learns_to_copy(deliveries: Make, tmp_path: Path) -> None:
    card = train(deliveries(2000, 0), wish(tmp_path / "brain", steps=400))
    assert card["held_out_accuracy"] >= 0.95
    model = LocalModel(str(tmp_path / "brain"))
    right = asked = 0
    for chat in deliveries(20, 99):
        for k in range(1, len(chat), 2):
            asked += 1
            right += model.complete(Demand(tuple(chat[:k]))).text == chat[k]["content"]
    assert right / asked >= 0.95


def test_a_system_message_that_is_always_the_same_is_not_read(deliveries: Make) -> None:
    chats = deliveries(20, 0)
    same = [[{"role": "system", "content": "Be good."}, *chat] for chat in chats]
    one = train_tokenizer(same, 384)
    assert Speech(one).prompt(same[0][:2]) == Speech(one).prompt(chats[0][:1])
    other = [[{"role": "system", "content": f"Be {k}."}, *chat] for k, chat in enumerate(chats)]
    two = train_tokenizer(other, 384)
    assert "Be 7." in two.decode(Speech(two).prompt(other[7][:2]))


def test_few_conversations_are_not_learnt_from_all_too_often(
    deliveries: Make, tmp_path: Path
) -> None:
    card = train(deliveries(12, 0), wish(tmp_path / "brain", steps=400, passes=2))
    assert 1 < card["steps"] < 40


def test_what_fills_up_is_not_learnt(deliveries: Make) -> None:
    from warewheel.flywheel.training.lessons import collate
    from warewheel.flywheel.training.loss import batch_loss
    from warewheel.flywheel.training.presets import PRESETS
    from warewheel.flywheel.training.start import new_model

    chats = deliveries(6, 0)
    tokenizer = train_tokenizer(chats, 384)
    made, _ = lessons(chats, Speech(tokenizer), 1024)
    model = new_model(PRESETS["tiny"], tokenizer, 0)
    tokens, turns = collate(made, tokenizer.pad_token_id)
    longer = np.pad(tokens, ((0, 0), (0, 9)), constant_values=tokenizer.pad_token_id)
    padded = np.pad(turns, ((0, 0), (0, 9)), constant_values=-1)
    loss = float(batch_loss(model, tokens, turns))
    assert float(batch_loss(model, longer, padded)) == pytest.approx(loss, rel=1e-5)


@pytest.mark.parametrize("seed", range(3))
def test_a_new_model_finds_what_came_after_a_word_before(seed: int) -> None:
    from transformers import Qwen3ForCausalLM

    from warewheel.flywheel.training.presets import PRESETS
    from warewheel.flywheel.training.recall import prepare

    words, pairs = 500, 12
    config = PRESETS["small"].config(words, 0, 0)
    config._attn_implementation = "eager"
    torch.manual_seed(seed)
    model = Qwen3ForCausalLM(config)
    told = torch.randperm(words)[: 2 * pairs]
    asked = torch.randint(pairs, (8,))
    tokens = torch.cat([told, told[2 * asked]])[None]

    def finds() -> float:
        """Return how much of its attention a word pays to what came after it before."""
        seen = model(input_ids=tokens, output_attentions=True).attentions[1][0, 0].detach()
        return float(seen[2 * pairs + torch.arange(8), 2 * asked + 1].mean())

    assert finds() < 0.2
    prepare(model, seed)
    assert finds() > 0.5
    before = [weight.clone() for weight in model.parameters()]
    torch.manual_seed(seed)
    again = Qwen3ForCausalLM(config)
    prepare(again, seed)
    assert all(map(torch.equal, before, again.parameters()))


@pytest.mark.parametrize("shape", [(8, 8), (24, 8), (8, 24)])
def test_muon_turns_every_direction_by_about_the_same_amount(shape: tuple[int, int]) -> None:
    from warewheel.flywheel.training.muon import Muon, orthogonal

    torch.manual_seed(0)
    found = torch.linalg.svdvals(orthogonal(torch.randn(3, *shape)))
    assert found.min() > 0.5 and found.max() < 1.3
    weight = torch.nn.Parameter(torch.zeros(shape))
    muon = Muon([weight])
    muon.param_groups[0]["lr"] = 1.0
    weight.grad = torch.randn(shape) * 1e-3
    muon.step()
    assert float(weight.square().mean().sqrt()) == pytest.approx(0.2, rel=0.25)
    assert float((weight * weight.grad).sum()) < 0


@pytest.mark.parametrize(
    ("found", "units"), [({}, False), ({"amx_bf16": True}, True), ({"avx512_bf16": True}, True)]
)
def test_products_are_short_only_where_there_are_units_for_them(
    found: dict[str, bool], units: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    from warewheel.flywheel.training.precision import mixed, reduced

    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: found)
    one = torch.eye(8)
    with mixed("cpu"):
        assert (one @ one).dtype == (torch.bfloat16 if units else torch.float32)
        assert torch.nn.functional.cross_entropy(one, one).dtype == torch.float32
    assert (one @ one).dtype == torch.float32
    assert reduced("cpu") == units and not reduced("cuda")


@pytest.mark.parametrize("length", [1, 100, 128, 300])
def test_attention_in_blocks_is_attention(length: int, monkeypatch: pytest.MonkeyPatch) -> None:
    from warewheel.flywheel.training import attention

    # Few enough for heads to come one or two at a time.
    monkeypatch.setattr(attention, "_SCORES", 50_000)
    torch.manual_seed(0)
    three = [torch.randn(3, length, 16, dtype=torch.float64) for _ in range(3)]
    by_found = torch.randn(3, length, 16, dtype=torch.float64)
    usual = [one.clone().requires_grad_() for one in three]
    found = torch.nn.functional.scaled_dot_product_attention(*usual, is_causal=True, scale=1.0)
    found.backward(by_found)
    assert torch.allclose(attention.attend(*three), found)
    for one, other in zip(usual, attention.gradients(by_found, *three), strict=True):
        # Sums over queries are of single precision.
        assert torch.allclose(one.grad, other, atol=1e-5)


def small_model(heads: int) -> Any:
    """Return a model of two layers that has learnt nothing."""
    from transformers import Qwen3Config, Qwen3ForCausalLM

    torch.manual_seed(0)
    config = Qwen3Config(
        vocab_size=64, hidden_size=32, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=heads, num_key_value_heads=2, head_dim=16,
    )  # fmt: skip
    return Qwen3ForCausalLM(config)


def test_a_model_attends_in_blocks_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    from warewheel.flywheel.training.attention import in_blocks

    model = small_model(heads=4)
    words = torch.randint(64, (2, 200))

    def gradient() -> Any:
        model.zero_grad()
        model(input_ids=words, labels=words).loss.backward()
        grad = model.model.layers[0].self_attn.q_proj.weight.grad
        assert grad is not None
        return grad.clone()

    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {})
    plain = gradient()
    with in_blocks(model, "cpu"):
        assert torch.equal(gradient(), plain)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"amx_bf16": True})
    with in_blocks(model, "cpu"):
        blocks = gradient()
    assert not torch.equal(blocks, plain)
    assert float((blocks - plain).norm() / plain.norm()) < 0.03
    assert torch.equal(gradient(), plain)
    usual = model.config._attn_implementation
    model.config.layer_types[0] = "sliding_attention"
    with in_blocks(model, "cpu"):
        assert model.config._attn_implementation == usual


def test_layers_are_compiled_only_where_that_pays(monkeypatch: pytest.MonkeyPatch) -> None:
    from warewheel.flywheel.training import fused

    monkeypatch.setattr(fused, "_can_compile", lambda: True)
    assert fused.worth("cpu", 1e7) and fused.worth("cpu", math.inf)
    assert not fused.worth("cpu", 1e5) and not fused.worth("cuda", 1e7)
    monkeypatch.undo()
    monkeypatch.setenv("CXX", "no-such-compiler")
    assert not fused.worth("cpu", 1e7)


@pytest.mark.slow
def test_compiled_layers_say_the_same() -> None:
    from warewheel.flywheel.training.fused import fused, worth

    if not worth("cpu", math.inf):
        pytest.skip("there is no compiler")
    model = small_model(heads=2)
    words = torch.randint(64, (2, 3, 40))

    def gradient(some: Any) -> Any:
        model.zero_grad()
        model(input_ids=some, labels=some).loss.backward()
        grad = model.model.layers[0].mlp.up_proj.weight.grad
        assert grad is not None
        return grad.clone()

    plain = [gradient(some) for some in (words[0], words[1, :, :30])]
    with fused(model, True):
        compiled = [gradient(some) for some in (words[0], words[1, :, :30])]
    assert not any(map(torch.equal, plain, compiled))
    for one, other in zip(plain, compiled, strict=True):
        assert torch.allclose(one, other, atol=1e-5)
    assert torch.equal(gradient(words[0]), plain[0])


def test_lessons_are_made_where_there_are_none_to_read(tmp_path: Path) -> None:
    out = tmp_path / "brain"
    asked = ["train", "brain", "--out", str(out), "--preset", "tiny", "--lessons", "40"]
    asked += ["--steps", "2", "--threads", "1", "--json"]
    result = CliRunner().invoke(main, asked)
    assert result.exit_code == 0, result.output
    card = json.loads((out / CARD).read_text())
    assert card["rows"] > 100
    result = CliRunner().invoke(main, [*asked, "--rows", str(out / CARD)])
    assert result.exit_code == 2 and "where no --rows are given" in result.output
