"""The benchmark workloads in PyTorch: `pytorch.py WORKLOAD STEPS THREADS` prints one JSON line.

Sizes, optimizers and mathematics are those of ../workloads.ts.
"""

import json
import resource
import statistics
import sys
import time

import torch
from torch import nn
from torch.nn import functional


class CharacterModel(nn.Module):
    def __init__(self, vocabulary, width, layers):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width)
        self.lstm = nn.LSTM(width, width, layers)
        self.output = nn.Linear(width, vocabulary)


def charlstm():
    vocabulary, batch, steps, width, layers = 65, 50, 50, 128, 2
    network = CharacterModel(vocabulary, width, layers)
    state = [torch.zeros(layers, batch, width) for _ in range(2)]

    def loss():
        embedded = network.embedding(torch.randint(0, vocabulary, (steps, batch)))
        hidden, after = network.lstm(embedded, tuple(part.detach() for part in state))
        state[:] = after
        targets = torch.randint(0, vocabulary, (steps * batch,))
        return functional.cross_entropy(network.output(hidden).view(-1, vocabulary), targets)

    return network, 2e-3, 5.0, loss, batch * steps


class Translator(nn.Module):
    def __init__(self, vocabulary, width):
        super().__init__()
        self.source = nn.Embedding(vocabulary, width)
        self.target = nn.Embedding(vocabulary, width)
        self.encoder = nn.LSTM(width, width // 2, bidirectional=True, batch_first=True)
        self.bridge = nn.ModuleList(nn.Linear(width, width) for _ in range(2))
        self.cell = nn.LSTMCell(2 * width, width)
        self.query = nn.Linear(width, width, bias=False)
        self.key = nn.Linear(width, width, bias=False)
        self.energy = nn.Linear(width, 1, bias=False)
        self.combine = nn.Linear(2 * width, width, bias=False)
        self.output = nn.Linear(width, vocabulary)

    def forward(self, source, previous):
        memory, final = self.encoder(self.source(source))
        h, c = (torch.tanh(f(s.transpose(0, 1).flatten(1))) for f, s in zip(self.bridge, final))
        keys, embedded, feed, states = self.key(memory), self.target(previous), torch.zeros_like(h), []
        for t in range(previous.shape[1]):
            h, c = self.cell(torch.cat([embedded[:, t], feed], 1), (h, c))
            weights = self.energy(torch.tanh(keys + self.query(h)[:, None])).softmax(1)
            feed = torch.tanh(self.combine(torch.cat([(weights * memory).sum(1), h], 1)))
            states.append(feed)
        return self.output(torch.stack(states, 1))


def mt_rnn():
    vocabulary, batch, length, width = 8000, 64, 14, 256
    network = Translator(vocabulary, width)

    def ids():
        return torch.randint(4, vocabulary, (batch, length))

    def loss():
        return functional.cross_entropy(network(ids(), ids()).view(-1, vocabulary), ids().view(-1))

    return network, 1e-3, 1.0, loss, batch * length


class Block(nn.Module):
    """A pre-norm transformer layer with GELU, as in GPT-2."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.packed, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x, hidden_future):
        batch, time, width = x.shape
        packed = self.packed(self.norm1(x)).view(batch, time, 3, self.heads, width // self.heads)
        query, key, value = packed.permute(2, 0, 3, 1, 4)
        scores = query @ key.transpose(-1, -2) / (width // self.heads) ** 0.5
        weights = scores.masked_fill(hidden_future, float("-inf")).softmax(-1)
        x = x + self.out((weights @ value).transpose(1, 2).reshape(batch, time, width))
        return x + self.down(functional.gelu(self.up(self.norm2(x))))


def charlm():
    vocabulary, batch, time, width, layers, heads = 65, 12, 64, 128, 4, 4
    tokens, positions = nn.Embedding(vocabulary, width), nn.Embedding(time, width)
    blocks, norm = nn.ModuleList(Block(width, heads) for _ in range(layers)), nn.LayerNorm(width)
    network = nn.ModuleList([tokens, positions, blocks, norm])
    hidden_future = torch.ones(time, time).triu(1).bool()

    def loss():
        ids, targets = (torch.randint(0, vocabulary, (batch, time)) for _ in range(2))
        x = tokens(ids) + positions(torch.arange(time))
        for block in blocks:
            x = block(x, hidden_future)
        return functional.cross_entropy((norm(x) @ tokens.weight.T).view(-1, vocabulary), targets.view(-1))

    return network, 1e-3, 1.0, loss, batch * time


def mt_transformer():
    vocabulary, batch, length, width, heads, inner, layers = 9712, 128, 16, 128, 4, 256, 4
    source, target = nn.Embedding(vocabulary, width), nn.Embedding(vocabulary, width)
    transformer = nn.Transformer(width, heads, layers, layers, inner, 0.3, batch_first=True)
    output = nn.Linear(width, vocabulary)
    network = nn.ModuleList([source, target, transformer, output])
    mask = nn.Transformer.generate_square_subsequent_mask(length)

    def loss():
        ids, previous, following = (torch.randint(4, vocabulary, (batch, length)) for _ in range(3))
        scale = width**0.5
        hidden = transformer(
            source(ids) * scale, target(previous) * scale, tgt_mask=mask, src_key_padding_mask=ids == 0
        )
        logits = output(hidden).view(-1, vocabulary)
        return functional.cross_entropy(logits, following.view(-1), label_smoothing=0.1)

    return network, 5e-3, 1e9, loss, batch * length


WORKLOADS = {f.__name__: f for f in (charlm, charlstm, mt_transformer, mt_rnn)}


def main():
    name, steps, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    network, rate, max_norm, loss, tokens = WORKLOADS[name]()
    optimizer = torch.optim.Adam(network.parameters(), rate)

    def step():
        optimizer.zero_grad(set_to_none=True)
        value = loss()
        value.backward()
        nn.utils.clip_grad_norm_(network.parameters(), max_norm)
        optimizer.step()

    for _ in range(3):
        step()
    times = []
    for _ in range(steps):
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    seconds = statistics.median(times)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"milliseconds": 1000 * seconds, "tokensPerSecond": tokens / seconds, "peakMiB": peak}))


main()
