"""Word vectors of a text by others: `word_vectors.py TEXT OUT THREADS SEED gensim|gensim-file|fasttext|word2vec [PROGRAM]`.

Reads, counts, trains and writes, with the settings of children/vectors.ts; prints one JSON line. Programs are timed with
their start, gensim without.
"""
import json
import pathlib
import resource
import subprocess
import sys
import time

EPOCHS = 3


def gensim(text, out, threads, seed, file):
    from gensim.models import Word2Vec
    from gensim.models.word2vec import FAST_VERSION, LineSentence

    if FAST_VERSION < 0:
        sys.exit("gensim has no compiled code here")
    settings = {"vector_size": 100, "window": 5, "negative": 5, "sample": 1e-4, "min_count": 5, "alpha": 0.025}

    def work():
        # As a list, so that the file is read once.
        source = {"corpus_file": text} if file else {"sentences": list(LineSentence(text))}
        model = Word2Vec(**source, **settings, epochs=EPOCHS, sg=1, workers=threads, seed=seed)
        model.wv.save_word2vec_format(out, binary=True)

    return work, resource.RUSAGE_SELF


def program(command):
    def work():
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    return work, resource.RUSAGE_CHILDREN


def fasttext(text, out, threads, seed):
    flags = "-dim 100 -ws 5 -neg 5 -t 1e-4 -minCount 5 -lr 0.025 -minn 0 -maxn 0 -verbose 0".split()
    more = ["-epoch", str(EPOCHS), "-thread", str(threads), "-seed", str(seed)]
    # It adds .bin itself.
    return program(["fasttext", "skipgram", "-input", text, "-output", out.removesuffix(".bin"), *flags, *more])


def word2vec(path, text, out, threads):
    flags = "-size 100 -window 5 -negative 5 -sample 1e-4 -min-count 5 -alpha 0.025 -cbow 0 -hs 0 -binary 1".split()
    more = ["-iter", str(EPOCHS), "-threads", str(threads)]
    return program([path, "-train", text, "-output", out, *flags, *more])


def used(who):
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime


def main():
    text, out, threads, seed, kind, *more = sys.argv[1:]
    threads, seed = int(threads), int(seed)
    work, who = {
        "gensim": lambda: gensim(text, out, threads, seed, False),
        "gensim-file": lambda: gensim(text, out, threads, seed, True),
        "fasttext": lambda: fasttext(text, out, threads, seed),
        "word2vec": lambda: word2vec(*more, text, out, threads),
    }[kind]()
    words = len(pathlib.Path(text).read_bytes().split())
    start, cpu = time.perf_counter(), used(who)
    work()
    figures = {
        "milliseconds": 1000 * (time.perf_counter() - start),
        "cpuMilliseconds": 1000 * (used(who) - cpu),
        "units": words * EPOCHS,
        "peakMiB": resource.getrusage(who).ru_maxrss / 1024,
    }
    print(json.dumps(figures))


main()
