"""Tells how many workers a scheduler has and what has changed of them, at a cost that does not grow with their number.

A plugin counts the workers of each host as they come and go; an answer holds the hosts that changed since the one before.
Runs on the scheduler's event loop with distributed 2022.12 to 2026.7.
"""

import json

from distributed.comm import get_address_host
from distributed.diagnostics.plugin import SchedulerPlugin

MOST_GONE = 1024  # hosts without a worker that are remembered for those who ask what has changed


class Workers(SchedulerPlugin):
    def __init__(self, scheduler):
        self.scheduler = scheduler
        self.clock = 0
        self.forgotten = 0  # what changed up to here cannot be told host by host any more
        self.addresses = {}  # address -> limit of memory
        self.memory = 0
        self.hosts = {}  # host -> (number of workers, clock of its last change), the latest change last
        for address in scheduler.workers:
            self.add_worker(scheduler, address)

    def add_worker(self, scheduler, worker, **kwargs):
        if worker not in self.addresses:
            limit = self.addresses[worker] = scheduler.workers[worker].memory_limit or 0
            self._count(get_address_host(worker), 1, limit)

    def remove_worker(self, scheduler, worker, **kwargs):
        if worker in self.addresses:
            self._count(get_address_host(worker), -1, -self.addresses.pop(worker))

    def _count(self, host, change, memory):
        self.memory += memory
        before = self.hosts.pop(host, (0, 0))[0]
        self.clock += 1
        self.hosts[host] = before + change, self.clock
        if len(self.hosts) > len(self.addresses) + MOST_GONE:
            self._forget()

    def since(self, mark):
        """What has changed since an answer that had the mark; everything where there was none, or not from here."""
        clock = mark[1] if mark and mark[0] == self.scheduler.id else -1
        full = clock < self.forgotten
        changed = {}
        for host, (number, at) in reversed(self.hosts.items()):
            if not full and at <= clock:
                break
            if number or not full:
                changed[host] = number
        return {"mark": [self.scheduler.id, self.clock], "full": full, "hosts": changed}

    def _forget(self):
        """Drops the hosts that lost their last worker longest ago, half of them at once so that it seldom has to look."""
        gone = [host for host, (number, _) in self.hosts.items() if not number]
        for host in gone[: len(gone) - MOST_GONE // 2]:
            self.forgotten = max(self.forgotten, self.hosts.pop(host)[1])


def install(name, dask_scheduler):
    """Adds the operation by which the workers are asked for."""
    workers = Workers(dask_scheduler)
    dask_scheduler.add_plugin(workers, name=name)

    async def call(text):
        asked = json.loads(text)
        return json.dumps(workers.since(asked["since"]) if "since" in asked else totals(dask_scheduler, workers.memory))

    dask_scheduler.handlers[name] = call


def totals(s, memory):
    """What identity(n_workers=0) answers from 2025.4 on."""
    return {
        "type": type(s).__name__,
        "id": str(s.id),
        "address": s.address,
        "services": {name: service.port for name, service in s.services.items()},
        "started": s.time_started,
        "n_workers": len(s.workers),
        "total_threads": s.total_nthreads,
        "total_memory": memory,
    }
