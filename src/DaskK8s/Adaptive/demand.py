"""Tells what the tasks of a scheduler ask for, by what they require, at a cost that grows neither with them nor with the workers.

A plugin counts tasks and workers as they change. What changes without a word (results that a worker holds, how long its tasks
have run) is looked up for LOOKED_AT workers an answer, each in turn; of the others the last look counts.
Runs on the scheduler's event loop with distributed 2022.12 to 2026.7.
"""

import collections
import json

from distributed.diagnostics.plugin import SchedulerPlugin

WAITING = ("queued", "no-worker")
COUNTED = (*WAITING, "processing")
LOOKED_AT = 500


class Demand(SchedulerPlugin):
    def __init__(self, scheduler):
        self.scheduler = scheduler
        self.counts = {}  # (requirement, prefix) -> {state: number}
        self.kinds = {}  # (resources, threads) -> {"workers", "bytes", "limit"}
        self.seen = collections.OrderedDict()  # worker -> (kind, bytes, limit); the one that was looked at longest ago comes first
        self.running = {}  # prefix -> the longest that a task of it has run so far, of those seen in this turn
        self.before = {}  # the same of the turn before, where a turn takes several answers
        self.left = 0  # workers until the next turn
        for ts in scheduler.tasks.values():
            if ts.state in COUNTED:
                self._count(ts, ts.state, 1)
        for worker in scheduler.workers:
            self.look(worker)

    def add_worker(self, scheduler, worker):
        self.look(worker)

    def remove_worker(self, scheduler, worker, **kwargs):
        self._forget(worker)

    def look_around(self):
        """Looks at the workers whose turn it is."""
        for _ in range(min(LOOKED_AT, len(self.seen))):
            if self.left <= 0:
                self.left = len(self.seen)
                self.before = self.running if self.left > LOOKED_AT else {}
                self.running = {}
            self.left -= 1
            self.look(next(iter(self.seen)))

    def look(self, worker):
        self._forget(worker)
        ws = self.scheduler.workers.get(worker)
        if ws is None:
            return
        key = (tuple(sorted((ws.resources or {}).items())), ws.nthreads)
        size, limit = max(0, ws.nbytes), ws.memory_limit or 0
        self.seen[worker] = key, size, limit
        self._add(key, 1, size, limit)
        for ts, seconds in ws.executing.items():
            prefix = ts.prefix.name
            self.running[prefix] = max(self.running.get(prefix, 0.0), seconds)

    def _forget(self, worker):
        if worker in self.seen:
            key, size, limit = self.seen.pop(worker)
            self._add(key, -1, -size, -limit)

    def _add(self, key, workers, size, limit):
        kind = self.kinds.setdefault(key, {"workers": 0, "bytes": 0, "limit": 0})
        kind["workers"] += workers
        kind["bytes"] += size
        kind["limit"] += limit
        if not kind["workers"]:
            del self.kinds[key]

    def transition(self, key, start, finish, *args, **kwargs):
        if start not in COUNTED and finish not in COUNTED:
            return
        ts = self.scheduler.tasks.get(key)
        if ts is None:
            return
        if start in COUNTED:
            self._count(ts, start, -1)
        if finish in COUNTED:
            self._count(ts, finish, 1)

    def restart(self, scheduler):
        self.counts.clear()
        self.running, self.before = {}, {}

    def _count(self, ts, state, change):
        key = (_requirement(ts), ts.prefix.name)
        states = self.counts.setdefault(key, dict.fromkeys(COUNTED, 0))
        states[state] += change
        if not any(states.values()):
            del self.counts[key]


def install(name, dask_scheduler):
    """Adds the operation by which the demand is asked for."""
    demand = Demand(dask_scheduler)
    dask_scheduler.add_plugin(demand, name=name)

    async def call(text):
        return json.dumps(answer(dask_scheduler, demand))

    dask_scheduler.handlers[name] = call


def _requirement(ts):
    """What a worker must offer: resources; and whether the task is bound to workers by their names."""
    bound = bool((ts.worker_restrictions or ts.host_restrictions) and not ts.loose_restrictions)
    return tuple(sorted((ts.resource_restrictions or {}).items())), bound


def answer(s, demand):
    demand.look_around()
    requirements = {}
    for ((resources, bound), prefix), states in demand.counts.items():
        needed = requirements.setdefault((resources, bound), {"waiting": 0, "processing": 0, "seconds": 0.0, "waiting_seconds": 0.0})
        duration = _duration(s, prefix, max(demand.running.get(prefix, 0.0), demand.before.get(prefix, 0.0)))
        waiting = sum(states[state] for state in WAITING)
        needed["waiting"] += waiting
        needed["processing"] += states["processing"]
        needed["seconds"] += (waiting + states["processing"]) * duration
        needed["waiting_seconds"] += waiting * duration
    return {
        "requirements": [{"resources": dict(r), "bound": bound, **n} for (r, bound), n in requirements.items()],
        "kinds": [{"resources": dict(r), "threads": threads, **k} for (r, threads), k in demand.kinds.items()],
    }


def _duration(s, prefix, running):
    """What a task takes: its prefix's average; while none has finished, at least what one has run so far."""
    known = s.task_prefixes.get(prefix)
    average = getattr(known, "duration_average", -1)
    if average is None or average < 0:
        average = getattr(s, "UNKNOWN_TASK_DURATION", 0.5)
    return max(average, running)
