"""The PyTorch side of compare-recurrent.ts: trains the model in FOLDER from the weights, on the tokens and with the settings there.

    python3 scripts/compare-recurrent.py FOLDER [--threads 1]
"""

import argparse
import json
import math
import sys
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

sys.path.append(str(Path(__file__).parent / "fixtures"))
import weights  # noqa: E402

RUN_UP, STRETCH, STREAMS = 256, 2048, 64  # how validation reads: see src/models/language-model-evaluation.ts


class Model(nn.Module):
    def __init__(self, vocabulary, width, layers, dropout):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width)
        self.recurrent = nn.LSTM(width, width, layers, dropout=dropout, batch_first=True)
        self.output = nn.Linear(width, vocabulary)
        self.dropout = nn.Dropout(dropout)

    def forward(self, ids, state):
        hidden, state = self.recurrent(self.dropout(self.embedding(ids)), state)
        return self.dropout(hidden), state

    def load(self, path):
        tensors, _ = weights.read(path)
        names = {"outputWeight": "output.weight", "outputBias": "output.bias"}
        self.load_state_dict({names.get(name, name): tensor for name, tensor in tensors.items()})


def windows(count):
    """Where validation windows begin, where they begin to count, and where they end."""
    end = min(count, STRETCH + RUN_UP)
    yield 0, 0, end
    while end < count:
        known, end = end, min(count, end + STRETCH)
        yield end - STRETCH - RUN_UP, known, end


@torch.no_grad()
def validate(model, ids):
    """Mean nats per token."""
    model.eval()
    total, every = 0.0, list(windows(len(ids) - 1))
    for at in range(0, len(every), STREAMS):
        rows = every[at : at + STREAMS]
        inputs = torch.stack([ids[begin:end] for begin, _, end in rows])
        targets = torch.stack([ids[begin + 1 : end + 1] for begin, _, end in rows])
        for row, (begin, known, _) in enumerate(rows):
            targets[row, : known - begin] = -100
        state = None
        for x, y in zip(inputs.split(64, 1), targets.split(64, 1)):
            hidden, state = model(x, state)
            counted = y != -100
            if counted.any():
                total += F.cross_entropy(model.output(hidden[counted]), y[counted], reduction="sum").item()
    model.train()
    return total / (len(ids) - 1)


def clip(model, settings):
    if "clipNorm" in settings:
        nn.utils.clip_grad_norm_(model.parameters(), settings["clipNorm"])
    if "clipValue" in settings:
        nn.utils.clip_grad_value_(model.parameters(), settings["clipValue"])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    torch.manual_seed(1)
    settings = json.loads((given.folder / "settings.json").read_text())
    train, valid = (
        torch.frombuffer(bytearray((given.folder / f"{name}.ids").read_bytes()), dtype=torch.int32).long()
        for name in ("train", "valid")
    )
    dropout = settings.get("dropout", 0)
    model = Model(settings["vocabulary"], settings["hiddenSize"], settings["numLayers"], dropout)
    model.load(given.folder / "initial.safetensors")
    rule = settings["optimizer"]
    if rule["type"] == "rmsprop":
        optimizer = torch.optim.RMSprop(model.parameters(), lr=rule["lr"], alpha=rule["alpha"])
    else:
        optimizer = torch.optim.SGD(model.parameters(), lr=rule["lr"])

    streams, horizon = settings["batchSize"], settings["bptt"]
    length = (len(train) - 1) // streams
    inputs = train[: length * streams].view(streams, length)
    targets = train[1 : length * streams + 1].view(streams, length)
    limit = settings.get("steps") or settings["epochs"] * math.ceil(length / horizon)
    best, step, began, seconds = math.inf, 0, time.perf_counter(), 0.0
    while step < limit:
        state = None
        for at in range(0, length, horizon):
            hidden, state = model(inputs[:, at : at + horizon], state)
            state = tuple(x.detach() for x in state)
            logits = model.output(hidden).flatten(0, 1)
            loss = F.cross_entropy(logits, targets[:, at : at + horizon].flatten())
            optimizer.zero_grad()
            loss.backward()
            clip(model, settings)
            optimizer.step()
            step += 1
            if step % 50 == 0:
                spent = seconds + time.perf_counter() - began
                print(f"step {step}: loss {loss.item():.4f}, {step * streams * horizon / spent:.0f} tokens/s", flush=True)
            if step == limit:
                break
        seconds += time.perf_counter() - began
        found = validate(model, valid)
        print(f"step {step}: validation loss {found:.4f}, perplexity {math.exp(found):.3f}", flush=True)
        if settings["schedule"]["type"] == "plateau" and found >= best:
            for group in optimizer.param_groups:
                group["lr"] *= settings["schedule"]["factor"]
        best = min(best, found)
        began = time.perf_counter()


main()
