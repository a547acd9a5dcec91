"""Tells what the tasks of a scheduler ask for, by what they require, at a cost that does not grow with their number.

A plugin counts tasks as they change state; an answer adds up those counts, and walks the workers once.
Runs on the scheduler's event loop with distributed 2022.12 to 2026.7.
"""

import json

from distributed.diagnostics.plugin import SchedulerPlugin

WAITING = ("queued", "no-worker")
COUNTED = (*WAITING, "processing")


class Demand(SchedulerPlugin):
    def __init__(self, scheduler):
        self.scheduler = scheduler
        self.counts = {}  # (requirement, prefix) -> {state: number}
        for ts in scheduler.tasks.values():
            if ts.state in COUNTED:
                self._count(ts, ts.state, 1)

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
    running = {}  # the longest that tasks of a prefix have run so far
    kinds = {}
    for ws in s.workers.values():
        kind = kinds.setdefault(
            (tuple(sorted((ws.resources or {}).items())), ws.nthreads),
            {"workers": 0, "retired": 0, "idle": 0, "processing": 0, "bytes": 0, "limit": 0},
        )
        kind["workers"] += 1
        kind["retired"] += ws.status.name == "closing_gracefully"
        kind["idle"] += not ws.processing
        kind["processing"] += len(ws.processing)
        kind["bytes"] += ws.nbytes
        kind["limit"] += ws.memory_limit or 0
        for ts, seconds in ws.executing.items():
            prefix = ts.prefix.name
            running[prefix] = max(running.get(prefix, 0.0), seconds)
    requirements = {}
    for ((resources, bound), prefix), states in demand.counts.items():
        needed = requirements.setdefault((resources, bound), {"waiting": 0, "processing": 0, "seconds": 0.0, "waiting_seconds": 0.0})
        duration = _duration(s, prefix, running.get(prefix, 0.0))
        waiting = sum(states[state] for state in WAITING)
        needed["waiting"] += waiting
        needed["processing"] += states["processing"]
        needed["seconds"] += (waiting + states["processing"]) * duration
        needed["waiting_seconds"] += waiting * duration
    return {
        "requirements": [{"resources": dict(r), "bound": bound, **n} for (r, bound), n in requirements.items()],
        "kinds": [{"resources": dict(r), "threads": threads, **k} for (r, threads), k in kinds.items()],
    }


def _duration(s, prefix, running):
    """What a task takes: its prefix's average; while none has finished, at least what one has run so far."""
    known = s.task_prefixes.get(prefix)
    average = getattr(known, "duration_average", -1)
    if average is None or average < 0:
        average = getattr(s, "UNKNOWN_TASK_DURATION", 0.5)
    return max(average, running)
