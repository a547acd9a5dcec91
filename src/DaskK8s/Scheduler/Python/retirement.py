"""Drains workers before their pods leave, and brings back those whose pods stay.

Runs on the scheduler's event loop: nothing here blocks. Works with distributed 2022.12 to 2026.7; the scheduler's own
`retire_workers` moves the data, this module adds what it leaves out: it waits for tasks that run, takes back those that have
not started, moves what they left behind, and undoes all of it when nobody comes back to finish (a client that died).

What a worker does is never guessed from what it reported last, but asked: a `steal-request`, by which Dask itself moves
tasks, makes the worker give up a task that it has not started, and its answer says what became of it. Answers come in the
order of everything else that the worker sends, so an answer also means that all it sent before has arrived.
"""

import asyncio
import inspect
import itertools
import json
import sys
import time
import types

from distributed.diagnostics.plugin import SchedulerPlugin

GRACE = 45.0  # seconds that a drained worker waits for a word of its client
LAST_START = 10.0  # seconds after its pod began to leave in which the worker of a pod that has had one may turn up again
GIVEN_UP = ("ready", "constrained", "waiting", "released", None)  # states in an answer after which the worker will not run the task

_numbers = itertools.count()


def _state(s):
    """What is remembered of this scheduler, whatever version of this module asks."""
    keeper = sys.modules.setdefault("daskk8s_state", types.ModuleType("daskk8s_state"))
    schedulers = keeper.__dict__.setdefault("retirement", {})
    state = schedulers.setdefault(s.id, {"holds": {}, "tasks": {}})
    state.setdefault("answers", {})
    state.setdefault("doors", {})  # host -> {holder: {"until", "linger"}}
    return state


def install(name, dask_scheduler):
    """Adds the operation by which all of this is called, and listens to the answers of workers."""
    state, handlers = _state(dask_scheduler), dask_scheduler.stream_handlers
    handlers["steal-response"] = _before(state["answers"], handlers.get("steal-response"))
    dask_scheduler.add_plugin(Door(), name=f"{name}-door")

    async def call(text):
        spec = json.loads(text)
        answer = VERBS[spec["do"]](dask_scheduler, spec)
        if asyncio.iscoroutine(answer):
            answer = await answer
        return json.dumps(answer)

    dask_scheduler.handlers[name] = call


class Door(SchedulerPlugin):
    """Retires workers of pods that leave as soon as they turn up: Kubernetes may start a container that it has been told to end, and let it run for all of its grace period."""

    def __init__(self):
        self.tasks = set()

    def add_worker(self, scheduler, worker):
        ws = scheduler.workers[worker]
        for holder, door in _state(scheduler)["doors"].get(ws.host, {}).items():
            if door["until"] > time.monotonic():
                # Not for longer: another pod may have got the address by then.
                _hold(scheduler, worker, holder, door["until"])
                stimulus = f"daskk8s-door-{time.time()}"
                scheduler.handle_worker_status_change("closing_gracefully", ws, stimulus)
                scheduler.worker_send(worker, {"op": "worker-status-change", "status": "closing_gracefully", "stimulus_id": stimulus})
                # It still tells that it has begun to run, and may be given tasks for that; it starts none, and they are taken back.
                task = asyncio.ensure_future(_finish(scheduler, {worker: ws}, {}, time.monotonic() + GRACE, GRACE))
                self.tasks.add(task)
                task.add_done_callback(self.tasks.discard)
                break


def _before(answers, original):
    """Takes the answers to this module's questions, and leaves others to whom they belong."""

    def handle(**message):
        answer = answers.pop(message["stimulus_id"], None)
        if answer is not None:
            answer(message["state"])
            return None
        return original(**message) if original else None

    async def handle_later(**message):
        later = handle(**message)
        if later is not None:
            await later

    return handle_later if inspect.iscoroutinefunction(original) else handle


def look(s, spec):
    """Describes the workers on some hosts, and counts those elsewhere that can take data; from now on keeps workers of others out."""
    hosts = set(spec["hosts"])
    holds, doors = _state(s)["holds"], _state(s)["doors"]
    for host in [host for host, holders in doors.items() if all(door["until"] <= time.monotonic() for door in holders.values())]:
        del doors[host]
    for host in spec["keep_out"]:
        doors.setdefault(host, {})[spec["id"]] = {"until": 0.0, "linger": spec["linger"].get(host, 0.0)}
    _renew(s, spec)
    workers, others = {}, 0
    for address, ws in s.workers.items():
        if ws.host in hosts:
            workers[address] = {
                "host": ws.host,
                "status": ws.status.name,
                "processing": len(ws.processing),
                "occupancy": ws.occupancy,
                "nbytes": ws.nbytes,
                "held": address in holds,
                "mine": spec["id"] in holds.get(address, ()),
            }
        elif ws in s.running:
            others += 1
    return {"workers": workers, "others": others}


async def drain(s, spec):
    """Starts a drain, or goes on waiting for one, for a few seconds: the caller asks again until it is done."""
    tasks = _state(s)["tasks"]
    task = tasks.get(spec["id"])
    if task is None:
        refused = _homeless(s, spec["pods"])
        if refused:
            return {"refused": refused}
        task = tasks[spec["id"]] = asyncio.ensure_future(_drain(s, spec))
        asyncio.get_running_loop().call_later(spec["seconds"] + 2 * GRACE, tasks.pop, spec["id"], None)
    _renew(s, spec)
    await asyncio.wait({task}, timeout=spec["poll"])
    _renew(s, spec)
    if not task.done():
        return {"pending": True}
    tasks.pop(spec["id"], None)
    return task.result()


def check(s, spec):
    """Counts results that a drain would leave without a home."""
    return {"homeless": _homeless(s, spec["pods"])}


def release(s, spec):
    """Ends a holder's drains: those that leave stay as they are, the others work again, as does what has turned up on their hosts."""
    state = _state(s)
    staying = set(spec["staying"])
    for host, holders in state["doors"].items():
        if spec["id"] in holders:
            door = holders[spec["id"]]
            door["until"] = 0.0 if host in staying else time.monotonic() + max(LAST_START, door["linger"])
    for name in [name for name in state["tasks"] if _holder(name) == spec["id"]]:
        state["tasks"].pop(name).cancel()
    restored = []
    for address in spec["leaving"]:
        state["holds"].pop(address, None)
    late = {a for a, holders in state["holds"].items() if spec["id"] in holders and a in s.workers and s.workers[a].host in staying}
    for address in late.union(spec["restore"]):
        holders = state["holds"].get(address, {})
        holders.pop(spec["id"], None)
        if not holders:
            state["holds"].pop(address, None)
            if _restore(s, address):
                restored.append(address)
    return {"restored": restored}


VERBS = {"look": look, "check": check, "drain": drain, "release": release}


def _holder(name):
    """A holder may drain several times: `holder/1`, `holder/2`."""
    return name.partition("/")[0]


def _homeless(s, pods):
    """Counts results that only the victims hold, where no other worker could take them."""
    victims = {s.workers[a] for addresses in pods.values() for a in addresses if a in s.workers}
    if any(ws not in victims for ws in s.running):
        return 0
    return len(_sole(victims))


def _sole(victims):
    return {ts for ws in victims for ts in ws.has_what if not any(_stays(other, victims) for other in ts.who_has)}


def _stays(ws, victims):
    return ws not in victims and ws.status.name in ("running", "paused")


async def _drain(s, spec):
    deadline = time.monotonic() + spec["seconds"]
    pods = {pod: [a for a in addresses if a in s.workers] for pod, addresses in spec["pods"].items()}
    victims = {a: s.workers[a] for addresses in pods.values() for a in addresses}
    failed, moved, retired = {}, 0, set()
    for address in victims:
        _hold(s, address, _holder(spec["id"]))
    try:
        while True:
            left = {a: ws for a, ws in victims.items() if a not in failed and s.workers.get(a) is ws}
            sole = _sole(set(left.values()))
            # One that looks retired already may be on its way back to work: each is told at least once.
            if not sole and all(a in retired and ws.status.name == "closing_gracefully" for a, ws in left.items()):
                if not any(ws.processing for ws in left.values()):
                    break
            moved += len(sole)
            await _retire(s, left, failed, deadline)
            retired.update(left)
            await _finish(s, left, failed, deadline, spec["seconds"])
            await asyncio.sleep(0.02)
    except BaseException:
        for address in victims:
            _unhold(s, address, _holder(spec["id"]))
        raise
    report = {"drained": [], "failed": {}, "moved": moved}
    for pod, addresses in pods.items():
        reasons = [failed[a] for a in addresses if a in failed]
        if not reasons:
            report["drained"].append(pod)
            continue
        report["failed"][pod] = reasons[0]
        for address in addresses:
            _unhold(s, address, _holder(spec["id"]))
    return report


async def _retire(s, left, failed, deadline):
    """Moves the data away; the scheduler sets those that it could not empty back to work."""
    addresses = [a for a in left if a not in failed]
    if not addresses:
        return
    retiring = asyncio.ensure_future(s.retire_workers(workers=addresses, close_workers=False, remove=False))
    try:
        pause = 0.05
        while not retiring.done() and time.monotonic() < deadline:
            await asyncio.wait({retiring}, timeout=pause)
            if not _sole({s.workers[a] for a in addresses if a in s.workers}):
                # All has arrived elsewhere. The memory manager looks every two seconds only.
                pause = 0.25
                for name, callback in list(s.periodic_callbacks.items()):
                    if name.startswith("amm-") and not retiring.done():
                        callback.callback()
    finally:
        if not retiring.done():
            retiring.cancel()
    if not retiring.done() or retiring.cancelled():
        for address in addresses:
            if address in s.workers and _sole({s.workers[address]}):
                failed[address] = "its data could not be moved in time"
        return
    gone = retiring.result()
    for address in addresses:
        if address in s.workers and address not in gone:
            ws = s.workers[address]
            failed[address] = "it holds actors, which cannot be moved" if ws.actors else "no other worker could take its data"


async def _finish(s, left, failed, deadline, seconds):
    """Takes back the tasks that have not started, and waits until the workers have said that nothing runs any more."""
    asked, pause = set(), 0.02
    while True:
        there = {a: ws for a, ws in left.items() if a not in failed and s.workers.get(a) is ws}
        moves = _moves(s)
        for address, ws in there.items():
            for ts in list(ws.processing):
                if (address, ts.key) not in asked and ts not in moves:
                    asked.add((address, ts.key))
                    _take_back(s, address, ts.key, asked)
        busy, silent = _busy(s, there), set()
        if not busy:
            silent = await _hear(s, there, deadline)
            busy = silent | _busy(s, there)
            if not busy:
                return
        if time.monotonic() >= deadline:
            for address in busy:
                failed[address] = (
                    f"it has not answered for {seconds:g} s" if address in silent
                    else f"{len(left[address].processing)} tasks were still running after {seconds:g} s"
                )
            return
        await asyncio.sleep(pause)
        pause = min(2 * pause, 0.25)


def _busy(s, workers):
    """Gives those that have tasks, or are about to get one that Dask itself is moving just now."""
    thieves = {move["thief"] for move in _moves(s).values()}
    return {a for a, ws in workers.items() if s.workers.get(a) is ws and (ws.processing or ws in thieves)}


def _moves(s):
    return getattr(s.extensions.get("stealing"), "in_flight", {})


def _take_back(s, address, key, asked):
    """Asks for a task; one that the worker gives up goes to another one."""
    stimulus = f"daskk8s-drain-{next(_numbers)}-{time.time()}"

    def answer(state):
        if state in GIVEN_UP:
            asked.discard((address, key))
            s._reschedule(key, address, stimulus_id=stimulus)

    _ask(s, address, key, stimulus, answer)


async def _hear(s, addresses, deadline):
    """Waits until workers have answered, so that what they sent before is known; gives those that have not."""
    heard = {}
    for address in addresses:
        heard[address] = asyncio.get_running_loop().create_future()
        _ask(s, address, "daskk8s-nothing", f"daskk8s-hear-{next(_numbers)}-{time.time()}", _setter(heard[address]))
    open_ = dict(heard)
    while open_ and time.monotonic() < deadline:
        await asyncio.wait(open_.values(), timeout=min(0.5, max(0.01, deadline - time.monotonic())), return_when=asyncio.FIRST_COMPLETED)
        open_ = {a: f for a, f in open_.items() if not f.done() and a in s.workers}
    return {a for a, f in heard.items() if not f.done() and a in s.workers}


def _setter(future):
    return lambda _: None if future.done() else future.set_result(None)


def _ask(s, address, key, stimulus, answer):
    answers = _state(s)["answers"]
    answers[stimulus] = answer
    asyncio.get_running_loop().call_later(86400, answers.pop, stimulus, None)  # of workers that have gone
    if address in s.workers:
        s.worker_send(address, {"op": "steal-request", "key": key, "stimulus_id": stimulus})


def _hold(s, address, holder, until=None):
    now = time.monotonic()
    until = now + GRACE if until is None else until
    _state(s)["holds"].setdefault(address, {})[holder] = until
    asyncio.get_running_loop().call_later(until - now + 0.1, _expire, s, address)


def _renew(s, spec):
    """The client has asked again, so it lives."""
    holder, now = _holder(spec["id"]), time.monotonic()
    for holders in _state(s)["holds"].values():
        if holder in holders:
            holders[holder] = now + GRACE
    for holders in _state(s)["doors"].values():
        if holder in holders:
            holders[holder]["until"] = now + max(GRACE, holders[holder]["linger"])


def _unhold(s, address, holder):
    holds = _state(s)["holds"]
    holders = holds.get(address, {})
    holders.pop(holder, None)
    if not holders:
        holds.pop(address, None)
        _restore(s, address)


def _expire(s, address):
    """Gives up what a client began that has not been heard of since."""
    state = _state(s)
    now = time.monotonic()
    for holder, until in list(state["holds"].get(address, {}).items()):
        if until <= now:
            for name in [name for name in state["tasks"] if _holder(name) == holder]:
                state["tasks"].pop(name).cancel()
            _unhold(s, address, holder)
    if address in state["holds"]:
        asyncio.get_running_loop().call_later(max(state["holds"][address].values()) - now + 0.1, _expire, s, address)


def _restore(s, address):
    """Lets a worker take tasks again, as `retire_workers` does itself where it gives up."""
    for extension in (s.extensions.get("amm"),):
        for policy in list(getattr(extension, "policies", ())):
            if type(policy).__name__ == "RetireWorker" and policy.address == address:
                extension.policies.discard(policy)
    ws = s.workers.get(address)
    # One that seems to run may be about to confirm that it was retired; what is sent last is what holds.
    if ws is None or ws.status.name not in ("closing_gracefully", "running"):
        return False
    s.worker_send(address, {"op": "worker-status-change", "status": "running", "stimulus_id": f"daskk8s-restore-{time.time()}"})
    return True
