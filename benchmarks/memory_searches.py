"""Many searches in one process, as the review app makes them; for memory_growth.py.

python benchmarks/memory_searches.py STORE SEARCHES BEGUN
"""

import sys
from pathlib import Path

import numpy as np

from insonify.deploy.embedding.features import Features
from insonify.deploy.search.search import Search
from insonify.store import Store


def main() -> None:
    path, searches, begun = Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    store = Store.open(path)
    features, index = Features.open(store), store.frames()
    search = Search.open(store, features)
    begun.touch()
    for position in np.linspace(0, len(features) - 1, searches).astype(int):
        own = frozenset({index.video_ids[index.video_N[position]]})
        search.near(features.read(np.array([position]))[0], without_videos=own)


if __name__ == "__main__":
    main()
