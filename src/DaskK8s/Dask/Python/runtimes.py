"""Brings the worker's module (`runtime.py`, `transfers.py` and `partitions.py`) to where it is needed, and calls its operations."""

import asyncio
import pickle
import sys
from collections import defaultdict

from . import sources

SUFFIX = __package__.rpartition("_")[2]
NAME = "daskk8s_runtime_" + SUFFIX
RUNTIME = "\n\n".join((sources["runtime"], sources["transfers"], sources["partitions"]))


def loading(source):
    """Give the code that loads the module; `source` is an expression of its source."""
    return (
        "import sys,types,distributed as D\n"
        f"m=types.ModuleType({NAME!r})\n"
        f"m.SUFFIX={SUFFIX!r}\n"
        f"exec({source},m.__dict__)\n"
        f"sys.modules[{NAME!r}]=m\n"
    )


# A task evaluates TASK with f (the id of a function), b (its pickled arguments) and d (the results of other tasks). The first one
# that a worker meets loads the worker's module.
LOAD = loading(f"D.utils.sync(D.get_worker().loop,D.get_worker().scheduler.daskk8s_runtime_{SUFFIX})")
FIRST = "(lambda g:[exec(%r,g),g['m']][1])({})" % LOAD
TASK = f"(__import__('sys').modules.get({NAME!r})or eval({FIRST!r})).run(f,b,d)"

# Run out of band on a worker that holds results but has not met a task of ours.
INSTALL = f"import sys\nif {NAME!r} not in sys.modules:\n    exec({loading('source')!r})\nsys.modules[{NAME!r}].install_all()\n"

GATHER_BYTES = 64 * 2**20
EXEC = pickle.dumps(exec, protocol=4)


class Runtimes:
    def __init__(self, scheduler):
        self.scheduler = scheduler
        self.ready = {}

    def source(self):
        return RUNTIME

    async def gather(self, keys, **how):
        """Give results as the workers encode them: one pack for each worker, in the order of its keys' indexes."""
        groups, missing, later, total = defaultdict(list), [], [], 0
        for index, key in enumerate(keys):
            task = self.scheduler.tasks.get(key)
            if task is None or not task.who_has:
                missing.append(index)
            elif total > GATHER_BYTES:
                later.append(index)
            else:
                total += max(task.nbytes, 0)
                groups[next(iter(task.who_has)).address].append(index)
        packs = await asyncio.gather(
            *(self.call(address, "results", keys=[keys[i] for i in indexes], **how) for address, indexes in groups.items())
        )
        reply = []
        for (address, indexes), pack in zip(groups.items(), packs):
            if pack is None:
                self.ready.pop(address, None)
                missing.extend(indexes)
            else:
                reply.append([indexes, pack])
        return {"status": "OK", "packs": reply, "missing": missing, "later": later}

    async def run(self, function, definition, arguments, workers=None):
        """Run a function on workers, and give each one's answer with its address; nothing for those that are gone."""
        known = self.scheduler.workers
        chosen = list(known) if workers is None else [self.scheduler.aliases.get(name, name) for name in workers]
        how = {"function": function, "definition": definition, "arguments": arguments}
        answers = await asyncio.gather(*(self.call(address, "run", **how) for address in chosen))
        return [[address, answer] for address, answer in zip(chosen, answers)]

    async def run_here(self, function, definition, arguments):
        if NAME not in sys.modules:
            exec(loading("source"), {"source": RUNTIME})
        return await sys.modules[NAME].answer(self.scheduler, "dask_scheduler", function, definition, arguments, True)

    async def call(self, address, operation, **arguments):
        """Call an operation of a worker; None if it is gone."""
        worker = self.scheduler.rpc(address)
        try:
            # An operation that a worker lacks leaves a traceback in its log: those that were not prepared are not asked for it.
            if not await self.prepare(address, worker):
                return None
            return await getattr(worker, "daskk8s_%s_%s" % (operation, SUFFIX))(serializers=["msgpack", "error"], **arguments)
        except OSError:
            # The worker is gone, or going: the scheduler will tell what becomes of its keys.
            return None

    async def prepare(self, address, worker):
        """Let a worker answer for the results that it holds, once in its life; false if it is gone."""
        state = self.scheduler.workers.get(address)
        if state is None:
            return False
        if self.ready.get(address) == state.server_id:
            return True
        ran = await worker.run(
            function=EXEC,
            args=pickle.dumps((INSTALL, {"source": RUNTIME}), protocol=4),
            serializers=["msgpack", "error"],
        )
        if ran["status"] != "OK":
            raise RuntimeError("worker %s cannot give results: %s" % (address, ran["exception_text"]))
        if len(self.ready) > 2 * len(self.scheduler.workers):
            self.ready = {known: id for known, id in self.ready.items() if known in self.scheduler.workers}
        self.ready[address] = state.server_id
        return True
