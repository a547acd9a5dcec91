"""The scheduler's side of DaskK8s.

Runs on the scheduler's event loop (nothing here may block), on distributed 2022.12 and later.
"""

import asyncio
from collections import defaultdict
from time import monotonic

from distributed.core import Status

from .code import WorkerCode
from .data import Data
from .datasets import Datasets
from .runtimes import SUFFIX, Runtimes
from .session import Session
from .submission import submitter


def install(name, dask_scheduler):
    """Add the operations of DaskK8s to a scheduler."""
    service, runtimes, code = Service(dask_scheduler), Runtimes(dask_scheduler), WorkerCode(dask_scheduler)
    datasets, data = Datasets(dask_scheduler), Data(dask_scheduler, runtimes)
    operations = {
        "function": service.function,
        "runtime": runtimes.source,
        "gather": runtimes.gather,
        "run": runtimes.run,
        "run_here": runtimes.run_here,
        "publish": datasets.publish,
        "published": datasets.published,
        "unpublish": datasets.unpublish,
        "upload": code.upload,
        "remove_upload": code.remove,
        "packages": code.packages,
        "piece": data.piece,
        "place": data.place,
        "put": data.put,
        "keep": data.keep,
    }
    dask_scheduler.handlers.update({f"daskk8s_{verb}_{SUFFIX}": operation for verb, operation in operations.items()})
    dask_scheduler.handlers[name] = service.attach


class Service:
    def __init__(self, scheduler):
        self.scheduler = scheduler
        self.sessions = {}
        self.functions = {}
        self.submit = submitter(scheduler)
        self.ticker = None

    def function(self, id):
        return self.functions.get(id)

    async def attach(self, comm, session, keep, resume, topic):
        """Connect a client to its session; the connection is the session's from then on."""
        found = self.sessions.get(session)
        if found is None:
            if resume:
                return {"attached": False}
            found = self.sessions[session] = Session(self, session, topic)
            await found.start()
        if self.ticker is None:
            self.ticker = asyncio.ensure_future(self.tick())
        found.keep = keep
        await found.serve(comm)
        return Status.dont_reply

    async def tick(self):
        """Tell sessions of their tasks that no worker can run, and drop sessions that nobody came back to."""
        interval = 0.2
        while self.sessions:
            await asyncio.sleep(interval)
            start = monotonic()
            stuck = self.stuck()
            for session in list(self.sessions.values()):
                session.tell_stuck(stuck.get(session.id, ()))
                if session.comm is None and start - session.detached > session.keep:
                    session.outlet.abort()
            # Many tasks without a worker must not become the scheduler's main work.
            interval = max(0.2, 20 * (monotonic() - start))
        self.ticker = None

    def stuck(self):
        """Give the keys that cannot run, and those that wait for them, by the session that wants them."""
        found = defaultdict(set)
        tasks = list(self.scheduler.unrunnable)
        if not self.scheduler.workers:
            tasks.extend(getattr(self.scheduler, "queued", ()))
        seen = set(tasks)
        while tasks:
            task = tasks.pop()
            for client in task.who_wants or ():
                if client.client_key in self.sessions:
                    found[client.client_key].add(task.key)
            for dependent in task.dependents:
                if dependent not in seen and dependent.state == "waiting":
                    seen.add(dependent)
                    tasks.append(dependent)
        return found
