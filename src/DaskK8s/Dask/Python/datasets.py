"""Publishes futures as Python's client does: under the names of Dask's own extension."""

import copyreg
import pickle

from distributed.client import Future
from distributed.protocol.serialize import Serialized


class Datasets:
    def __init__(self, scheduler):
        self.scheduler = scheduler

    @property
    def datasets(self):
        return self.scheduler.extensions["publish"].datasets

    def publish(self, name, keys, single, override):
        """Publish futures: a later `get_dataset` gives a future, or a list of them."""
        keys = list(keys)
        if name in self.datasets and not override:
            return {"outcome": "taken"}
        unknown = [key for key in keys if key not in self.scheduler.tasks]
        if unknown:
            return {"outcome": "unknown", "keys": unknown}
        client = "published-" + name
        before = self.datasets.get(name)
        self.scheduler.client_desires_keys(keys=keys, client=client)
        if before is not None:
            self.scheduler.client_releases_keys(
                keys=[key for key in before["keys"] if key not in keys], client=client
            )
        futures = [Reference(key, self.scheduler.address) for key in keys]
        data = pickle.dumps(futures[0] if single else futures, protocol=4)
        self.datasets[name] = {"data": Serialized({"serializer": "pickle", "writeable": ()}, [data]), "keys": keys}
        return {"outcome": "OK"}

    def published(self, name):
        found = self.datasets.get(name)
        if found is None:
            return {"outcome": "none"}
        keys = list(found["keys"])
        if not keys or not all(isinstance(key, str) for key in keys):
            return {"outcome": "foreign"}
        return {"outcome": "OK", "keys": keys}

    def unpublish(self, name):
        found = self.datasets.pop(name, None)
        if found is None:
            return {"outcome": "none"}
        self.scheduler.client_releases_keys(keys=list(found["keys"]), client="published-" + name)
        return {"outcome": "OK"}


class Reference:
    """Is pickled as the future of a key: whoever opens the pickle holds the key with a client of its own."""

    def __init__(self, key, address):
        self.key, self.address = key, address

    def __reduce__(self):
        if hasattr(Future, "__setstate__"):
            # Up to 2023.4.
            return copyreg._reconstructor, (Future, object, None), (self.key, self.address)
        return Future, (self.key,)
