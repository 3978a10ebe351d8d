"""Beam search with PyTorch's nn.Transformer: `pytorch_translate.py LENGTHS BATCH THREADS` prints one JSON line.

Sizes are those of `mt train --model transformer` with 10,126 tokens; weights are random. LENGTHS is a file with the
number of tokens of a sentence a line: a search takes as many steps as its longest sentence has tokens. As the module has
no cache for keys and values, each step computes the whole prefix.
"""

import json
import resource
import sys
import time

import torch
from torch import nn

VOCABULARY, WIDTH, HEADS, INNER, LAYERS, BEAM = 10126, 128, 4, 256, 4, 5


class Translator(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, WIDTH)
        self.transformer = nn.Transformer(
            WIDTH, HEADS, LAYERS, LAYERS, INNER, 0.0, batch_first=True, norm_first=True
        )

    def search(self, source, lengths, steps):
        """The best of BEAM hypotheses of `steps` tokens for each row of `source`."""
        batch, time_ = source.shape
        padding = torch.arange(time_)[None] >= lengths[:, None]
        memory = self.transformer.encoder(self.embedding(source) * WIDTH**0.5, src_key_padding_mask=padding)
        memory, padding = (x.repeat_interleave(BEAM, 0) for x in (memory, padding))
        prefix = torch.ones(batch * BEAM, 1, dtype=torch.long)
        scores = torch.full((batch, BEAM), float("-inf"))
        scores[:, 0] = 0
        for step in range(1, steps + 1):
            mask = nn.Transformer.generate_square_subsequent_mask(step)
            embedded = self.embedding(prefix) * WIDTH**0.5
            hidden = self.transformer.decoder(embedded, memory, mask, memory_key_padding_mask=padding)
            logits = hidden[:, -1] @ self.embedding.weight.T
            total = scores[:, :, None] + logits.log_softmax(-1).view(batch, BEAM, -1)
            scores, chosen = total.view(batch, -1).topk(BEAM)
            rows = (torch.arange(batch)[:, None] * BEAM + chosen // VOCABULARY).view(-1)
            prefix = torch.cat([prefix[rows], (chosen % VOCABULARY).view(-1, 1)], 1)
        return prefix.view(batch, BEAM, -1)[:, 0]


def main():
    path, size, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    network = Translator().eval()
    with open(path, encoding="ascii") as file:
        lengths = sorted(int(line) for line in file)

    def translate(part):
        source = torch.randint(4, VOCABULARY, (len(part), max(part)))
        network.search(source, torch.tensor(part), max(part))

    with torch.inference_mode():
        translate(lengths[:size])
        start, cpu = time.perf_counter(), time.process_time()
        for first in range(0, len(lengths), size):
            translate(lengths[first : first + size])
        wall, cpu = time.perf_counter() - start, time.process_time() - cpu
    figures = {
        "milliseconds": 1000 * wall,
        "cpuMilliseconds": 1000 * cpu,
        "units": len(lengths),
        "peakMiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps(figures))


main()
