"""The training workloads in PyTorch: `pytorch.py WORKLOAD STEPS THREADS` prints one JSON line.

Sizes are in ../sizes.json, optimizers and mathematics are those of ../workloads.ts; modules have the names of
../networks.ts, so that weights can be exchanged.
"""

import json
import pathlib
import resource
import statistics
import sys
import time

import torch
from torch import nn
from torch.nn import functional

FIRST_WORD = 4


class Workload:
    """A network in training. `draw` makes a batch, `loss` reads it; `max_norm` None leaves gradients as they are."""

    def __init__(self, network, optimizer, max_norm, loss, ids):
        self.network, self.optimizer, self.max_norm, self.loss = network, optimizer, max_norm, loss
        self.arrays, self.shape, self.first, self.end = ids

    @property
    def tokens(self):
        return self.shape[0] * self.shape[1]

    def draw(self):
        return [torch.randint(self.first, self.end, self.shape) for _ in range(self.arrays)]

    def step(self, ids):
        self.optimizer.zero_grad(set_to_none=True)
        value = self.loss(*ids)
        value.backward()
        if self.max_norm is not None:
            nn.utils.clip_grad_norm_(self.network.parameters(), self.max_norm)
        self.optimizer.step()
        return value


def mean_loss(logits, targets, smoothing=0.0):
    return functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), label_smoothing=smoothing)


class LstmLanguageModel(nn.Module):
    """Time comes first inside, as PyTorch's LSTM likes it best."""

    def __init__(self, vocabulary, width, layers, dropout):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width)
        self.lstm = nn.LSTM(width, width, layers, dropout=dropout)
        self.output = nn.Linear(width, vocabulary)
        self.dropout = nn.Dropout(dropout) if dropout > 0 else nn.Identity()

    def forward(self, ids, state):
        hidden, state = self.lstm(self.dropout(self.embedding(ids.T)), state)
        return self.output(self.dropout(hidden)), state


def lstm(vocabulary, batch, time, width, layers, dropout, max_norm, optimize):
    network = LstmLanguageModel(vocabulary, width, layers, dropout)
    state = [torch.zeros(layers, batch, width) for _ in range(2)]

    def loss(ids, targets):
        logits, after = network(ids, tuple(state))
        state[:] = [part.detach() for part in after]
        return mean_loss(logits, targets.T)

    return Workload(network, optimize(network.parameters()), max_norm, loss, (2, (batch, time), 0, vocabulary))


def charlstm(**sizes):
    return lstm(**sizes, max_norm=5.0, optimize=lambda parameters: torch.optim.Adam(parameters, 2e-3))


def lstmlm(**sizes):
    return lstm(**sizes, max_norm=0.25, optimize=lambda parameters: torch.optim.SGD(parameters, 20.0))


class Block(nn.Module):
    """A pre-norm transformer layer with GELU; `self_attn` only holds the weights."""

    def __init__(self, width, heads):
        super().__init__()
        self.self_attn = nn.MultiheadAttention(width, heads)
        self.linear1, self.linear2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)

    def attend(self, x, future):
        batch, time, width = x.shape
        maps, heads = self.self_attn, self.self_attn.num_heads
        packed = functional.linear(x, maps.in_proj_weight, maps.in_proj_bias)
        query, key, value = packed.view(batch, time, 3, heads, width // heads).permute(2, 0, 3, 1, 4)
        scores = (query @ key.transpose(-1, -2)) * (width // heads) ** -0.5
        weights = scores.masked_fill(future, float("-inf")).softmax(-1)
        return maps.out_proj((weights @ value).transpose(1, 2).reshape(batch, time, width))

    def forward(self, x, future):
        x = x + self.attend(self.norm1(x), future)
        return x + self.linear2(functional.gelu(self.linear1(self.norm2(x))))


class TransformerLanguageModel(nn.Module):
    def __init__(self, vocabulary, time, width, layers, heads):
        super().__init__()
        self.embedding, self.positions = nn.Embedding(vocabulary, width), nn.Embedding(time, width)
        self.encoder = nn.Module()
        self.encoder.layers = nn.ModuleList(Block(width, heads) for _ in range(layers))
        self.encoder.norm = nn.LayerNorm(width)
        self.future = torch.ones(time, time).triu(1).bool()

    def forward(self, ids):
        x = self.embedding(ids) + self.positions.weight
        for block in self.encoder.layers:
            x = block(x, self.future)
        return self.encoder.norm(x) @ self.embedding.weight.T


def charlm(vocabulary, batch, time, width, layers, heads):
    network = TransformerLanguageModel(vocabulary, time, width, layers, heads)
    optimizer = torch.optim.AdamW(network.parameters(), 1e-3)
    loss = lambda ids, targets: mean_loss(network(ids), targets)
    return Workload(network, optimizer, 1.0, loss, (2, (batch, time), 0, vocabulary))


class TransformerTranslator(nn.Module):
    def __init__(self, vocabulary, time, width, layers, heads, inner, dropout):
        super().__init__()
        self.source, self.target = nn.Embedding(vocabulary, width), nn.Embedding(vocabulary, width)
        self.transformer = nn.Transformer(width, heads, layers, layers, inner, dropout, batch_first=True)
        self.output = nn.Linear(width, vocabulary)
        self.future = nn.Transformer.generate_square_subsequent_mask(time)

    def forward(self, source, previous):
        scale = self.source.embedding_dim**0.5
        hidden = self.transformer(
            self.source(source) * scale,
            self.target(previous) * scale,
            tgt_mask=self.future,
            src_key_padding_mask=source == 0,
            tgt_key_padding_mask=previous == 0,
        )
        return self.output(hidden)


def mt_transformer(vocabulary, batch, time, **sizes):
    network = TransformerTranslator(vocabulary, time, **sizes)
    optimizer = torch.optim.Adam(network.parameters(), 5e-3, betas=(0.9, 0.98))
    loss = lambda source, previous, following: mean_loss(network(source, previous), following, 0.1)
    return Workload(network, optimizer, None, loss, (3, (batch, time), FIRST_WORD, vocabulary))


class RecurrentTranslator(nn.Module):
    def __init__(self, vocabulary, width):
        super().__init__()
        self.source, self.target = nn.Embedding(vocabulary, width), nn.Embedding(vocabulary, width)
        self.encoder = nn.LSTM(width, width // 2, bidirectional=True, batch_first=True)
        self.decoder = nn.LSTMCell(2 * width, width)
        self.query, self.key, self.energy = nn.Linear(width, width), nn.Linear(width, width), nn.Linear(width, 1)
        self.combine, self.output = nn.Linear(2 * width, width), nn.Linear(width, vocabulary)

    def forward(self, source, previous):
        memory, _ = self.encoder(self.source(source))
        keys, embedded, fed = self.key(memory), self.target(previous), []
        h = c = feed = torch.zeros_like(embedded[:, 0])
        for word in embedded.unbind(1):
            h, c = self.decoder(torch.cat([word, feed], 1), (h, c))
            weights = self.energy(torch.tanh(keys + self.query(h)[:, None])).softmax(1)  # [B, S, 1]
            feed = torch.tanh(self.combine(torch.cat([(weights * memory).sum(1), h], 1)))
            fed.append(feed)
        return self.output(torch.stack(fed, 1))


def mt_rnn(vocabulary, batch, time, width):
    network = RecurrentTranslator(vocabulary, width)
    optimizer = torch.optim.Adam(network.parameters(), 1e-3)
    loss = lambda source, previous, following: mean_loss(network(source, previous), following)
    return Workload(network, optimizer, 1.0, loss, (3, (batch, time), FIRST_WORD, vocabulary))


WORKLOADS = {make.__name__: make for make in (charlm, charlstm, lstmlm, mt_transformer, mt_rnn)}
# Steps, and seconds, before the clock runs.
WARM_UP = 10, 2


def main():
    name, steps, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    sizes = json.loads(pathlib.Path(__file__).parent.parent.joinpath("sizes.json").read_text("utf-8"))
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    workload = WORKLOADS[name](**sizes[name])
    begin, run, times = time.perf_counter(), 0, []
    while len(times) < steps:
        is_warm = run >= WARM_UP[0] and time.perf_counter() - begin >= WARM_UP[1]
        run += 1
        ids = workload.draw()
        start, used = time.perf_counter(), time.process_time()
        workload.step(ids).item()
        if is_warm:
            times.append((1000 * (time.perf_counter() - start), 1000 * (time.process_time() - used)))
    figures = {
        "milliseconds": statistics.median(wall for wall, _ in times),
        "cpuMilliseconds": statistics.median(cpu for _, cpu in times),
        "units": workload.tokens,
        "peakMiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
