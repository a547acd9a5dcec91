"""Knows which workers are held for whom, and sets them back to work when nobody says so any more. Is the ground that `retirement.py` stands on.

A worker may be held in two ways: it has been drained, or it has turned up where a pod is on its way out (`Door`). It works again
when its last holder releases it, or has not been heard of for too long. What is remembered belongs to the scheduler and not to
this module, of which several versions may be there at once.
"""

import asyncio
import inspect
import itertools
import sys
import time
import types

from distributed.diagnostics.plugin import SchedulerPlugin

GRACE = 45.0  # seconds that a held worker waits for a word of its client
LAST_START = 10.0  # seconds after its pod began to leave in which the worker of a pod that has had one may turn up again

_numbers = itertools.count()


def state_of(s):
    """What is remembered of this scheduler, whatever version of this module asks."""
    keeper = sys.modules.setdefault("daskk8s_state", types.ModuleType("daskk8s_state"))
    schedulers = keeper.__dict__.setdefault("retirement", {})
    state = schedulers.setdefault(s.id, {})
    state.setdefault("holds", {})  # address -> {holder: until when}
    state.setdefault("tasks", {})  # drain -> what runs it
    state.setdefault("answers", {})  # stimulus -> what takes the answer
    state.setdefault("doors", {})  # host -> {holder: {"until", "linger"}}
    state.setdefault("kept_out", set())  # addresses of workers that the door has met and that have not been told to work since
    return state


def install(name, s):
    """Listens to what workers say, and keeps the door."""
    state, handlers = state_of(s), s.stream_handlers
    handlers["steal-response"] = _before(_takes_answers(state["answers"]), handlers.get("steal-response"))
    handlers["worker-status-change"] = _before(_takes_running(state["kept_out"]), handlers["worker-status-change"])
    s.add_plugin(Door(), name=f"{name}-door")


class Door(SchedulerPlugin):
    """Retires workers of pods that leave as soon as they turn up: a process that has only just begun does not hear that it is to end, and lives for all of its pod's grace period."""

    def add_worker(self, scheduler, worker):
        ws, state = scheduler.workers[worker], state_of(scheduler)
        for holder, door in state["doors"].get(ws.host, {}).items():
            if door["until"] > time.monotonic():
                # Not for longer: another pod may have got the address by then.
                hold(scheduler, worker, holder, door["until"])
                state["kept_out"].add(worker)
                stimulus = f"daskk8s-door-{time.time()}"
                scheduler.handle_worker_status_change("closing_gracefully", ws, stimulus)
                scheduler.worker_send(worker, {"op": "worker-status-change", "status": "closing_gracefully", "stimulus_id": stimulus})
                break

    def remove_worker(self, scheduler, worker, **_):
        state_of(scheduler)["kept_out"].discard(worker)


def _before(takes, original):
    """Lets this module take messages of workers that are meant for it, and leaves others to whom they belong."""

    def handle(**message):
        return None if takes(**message) or not original else original(**message)

    async def handle_later(**message):
        later = handle(**message)
        if later is not None:
            await later

    return handle_later if inspect.iscoroutinefunction(original) else handle


def _takes_answers(answers):
    def takes(stimulus_id, state, **_):
        answer = answers.pop(stimulus_id, None)
        if answer is not None:
            answer(state)
        return answer is not None

    return takes


def _takes_running(kept_out):
    """Each worker tells that it runs when it has registered (2022.12 even after it was told to retire), and the scheduler would give it tasks for that."""

    def takes(status, worker, **_):
        return status == "running" and worker in kept_out

    return takes


def ask(s, address, key, stimulus, answer):
    """Asks a worker to give up a task."""
    stimulus = f"daskk8s-{stimulus}-{next(_numbers)}-{time.time()}"
    answers = state_of(s)["answers"]
    answers[stimulus] = lambda state: answer(state, stimulus)
    asyncio.get_running_loop().call_later(86400, answers.pop, stimulus, None)  # of workers that have gone
    if address in s.workers:
        s.worker_send(address, {"op": "steal-request", "key": key, "stimulus_id": stimulus})


def shut(s, holder, host, linger):
    """Keeps out workers that turn up on a host; `renew` and `let_go` say for how long."""
    doors = state_of(s)["doors"]
    for other in [other for other, holders in doors.items() if all(door["until"] <= time.monotonic() for door in holders.values())]:
        del doors[other]
    doors.setdefault(host, {})[holder] = {"until": _while_it_lives(linger), "linger": linger}


def let_go(s, holder, staying):
    """Opens the doors of hosts that stay, and those of the others when nothing can turn up there any more."""
    for host, holders in state_of(s)["doors"].items():
        if holder in holders:
            door = holders[holder]
            door["until"] = 0.0 if host in staying else time.monotonic() + max(LAST_START, door["linger"])


def hold(s, address, holder, until=None):
    now = time.monotonic()
    until = now + GRACE if until is None else until
    state_of(s)["holds"].setdefault(address, {})[holder] = until
    asyncio.get_running_loop().call_later(until - now + 0.1, _expire, s, address)


def renew(s, holder):
    """The client has asked again, so it lives."""
    now = time.monotonic()
    for holders in state_of(s)["holds"].values():
        if holder in holders:
            holders[holder] = now + GRACE
    for holders in state_of(s)["doors"].values():
        if holder in holders:
            holders[holder]["until"] = _while_it_lives(holders[holder]["linger"])


def _while_it_lives(linger):
    """Until when a door stays shut if its client is not heard of any more: it may have died right after its pods began to leave."""
    return time.monotonic() + max(GRACE, linger)


def unhold(s, address, holder):
    """Takes a hold away; gives whether the worker works again for that."""
    holds = state_of(s)["holds"]
    holders = holds.get(address, {})
    holders.pop(holder, None)
    if holders:
        return False
    holds.pop(address, None)
    return _restore(s, address)


def holder_of(drain):
    """A holder may drain several times: `holder/1`, `holder/2`."""
    return drain.partition("/")[0]


def cancel_drains(s, holder):
    tasks = state_of(s)["tasks"]
    for name in [name for name in tasks if holder_of(name) == holder]:
        tasks.pop(name).cancel()


def _expire(s, address):
    """Gives up what a client began that has not been heard of since."""
    holds, now = state_of(s)["holds"], time.monotonic()
    for holder in list(holds.get(address, ())):
        if _until(s, address, holder) <= now:
            cancel_drains(s, holder)
            unhold(s, address, holder)
    if address in holds:
        last = max(_until(s, address, holder) for holder in holds[address])
        asyncio.get_running_loop().call_later(last - now + 0.1, _expire, s, address)


def _until(s, address, holder):
    """Until when a hold lasts; who was kept out stays so for as long as the door is shut: a pod may take longer to end than a client is waited for."""
    state, ws = state_of(s), s.workers.get(address)
    until = state["holds"][address][holder]
    if ws is not None and address in state["kept_out"]:
        until = max(until, state["doors"].get(ws.host, {}).get(holder, {}).get("until", 0.0))
    return until


def _restore(s, address):
    """Lets a worker take tasks again, as `retire_workers` does itself where it gives up."""
    state_of(s)["kept_out"].discard(address)
    amm = s.extensions.get("amm")
    for policy in list(getattr(amm, "policies", ())):
        if type(policy).__name__ == "RetireWorker" and policy.address == address:
            amm.policies.discard(policy)
    ws = s.workers.get(address)
    # One that seems to run may be about to confirm that it was retired; what is sent last is what holds.
    if ws is None or ws.status.name not in ("closing_gracefully", "running"):
        return False
    s.worker_send(address, {"op": "worker-status-change", "status": "running", "stimulus_id": f"daskk8s-restore-{time.time()}"})
    return True
