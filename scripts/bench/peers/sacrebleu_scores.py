"""Corpus scores with sacreBLEU: `sacrebleu_scores.py bleu|chrf HYPOTHESES REFERENCES` prints one JSON line."""

import json
import pathlib
import resource
import sys
import time
import types

# A checkout lacks the module that its build writes.
version = types.ModuleType("sacrebleu.version")
version.__version__ = "checkout"
sys.modules["sacrebleu.version"] = version

import sacrebleu


def main():
    name, files = sys.argv[1], sys.argv[2:]
    hypotheses, references = (pathlib.Path(file).read_text("utf-8").splitlines() for file in files)
    metric = {"bleu": sacrebleu.corpus_bleu, "chrf": sacrebleu.corpus_chrf}[name]
    start, cpu = time.perf_counter(), time.process_time()
    metric(hypotheses, [references])
    wall, cpu = time.perf_counter() - start, time.process_time() - cpu
    figures = {
        "milliseconds": 1000 * wall,
        "cpuMilliseconds": 1000 * cpu,
        "units": len(hypotheses),
        "peakMiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps(figures))


main()
