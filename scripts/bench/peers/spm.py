"""BPE with SentencePiece, its Python module or else its commands: `spm.py train|encode TEXT SIZE MODEL` prints one JSON
line. Commands are timed with their start."""

import json
import os
import pathlib
import resource
import subprocess
import sys
import time

try:
    import sentencepiece
except ImportError:
    sentencepiece = None


def train(text, size, model):
    options = {"input": text, "model_prefix": model, "model_type": "bpe", "vocab_size": size, "minloglevel": 2}
    if sentencepiece:
        sentencepiece.SentencePieceTrainer.train(**options)
    else:
        flags = [f"--{name}={value}" for name, value in options.items()]
        subprocess.run(["spm_train", *flags], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def encode(text, _size, model):
    ids = f"{model}.ids"
    if sentencepiece:
        processor = sentencepiece.SentencePieceProcessor(model_file=f"{model}.model")
        lines = pathlib.Path(text).read_text("utf-8").split("\n")
        encoded = (" ".join(map(str, line)) for line in processor.encode(lines))
        pathlib.Path(ids).write_text("\n".join(encoded), "utf-8")
    else:
        flags = [f"--model={model}.model", "--output_format=id", f"--input={text}", f"--output={ids}"]
        subprocess.run(["spm_encode", *flags], check=True, stderr=subprocess.DEVNULL)


def used():
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in both)


def main():
    task, text, size, model = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
    if task == "encode" and not os.path.exists(f"{model}.model"):
        train(text, size, model)
    start, cpu = time.perf_counter(), used()
    {"train": train, "encode": encode}[task](text, size, model)
    wall, cpu = time.perf_counter() - start, used() - cpu
    who = resource.RUSAGE_SELF if sentencepiece else resource.RUSAGE_CHILDREN
    figures = {
        "milliseconds": 1000 * wall,
        "cpuMilliseconds": 1000 * cpu,
        "units": os.path.getsize(text) / 1e6,
        "peakMiB": resource.getrusage(who).ru_maxrss / 1024,
    }
    print(json.dumps(figures))


main()
