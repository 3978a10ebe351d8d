"""The recurrent benchmark workloads in PyTorch: `pytorch.py WORKLOAD STEPS THREADS` prints one JSON line.

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


def main():
    name, steps, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    network, rate, max_norm, loss, tokens = {"charlstm": charlstm, "mt_rnn": mt_rnn}[name]()
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
