"""Drains workers before their pods leave, and brings back those whose pods stay.

Runs on the scheduler's event loop: nothing here blocks. Works with distributed 2022.12 to 2026.7; the scheduler's own
`retire_workers` moves the data, this module adds what it leaves out: it waits for tasks that run, hands back those that have
not started, moves what they left behind, and undoes all of it when nobody comes back to finish (a client that died).
"""

import asyncio
import json
import sys
import time
import types

GRACE = 45.0  # seconds that a drained worker waits for a word of its client


def _state(s):
    """What is remembered of this scheduler, whatever version of this module asks."""
    keeper = sys.modules.setdefault("daskk8s_state", types.ModuleType("daskk8s_state"))
    schedulers = keeper.__dict__.setdefault("retirement", {})
    return schedulers.setdefault(s.id, {"holds": {}, "tasks": {}})


def install(name, dask_scheduler):
    """Adds the operation by which all of this is called."""

    async def call(text):
        spec = json.loads(text)
        answer = VERBS[spec["do"]](dask_scheduler, spec)
        if asyncio.iscoroutine(answer):
            answer = await answer
        return json.dumps(answer)

    dask_scheduler.handlers[name] = call


def look(s, spec):
    """Describes the workers on some hosts, and counts those elsewhere that can take data."""
    hosts = set(spec["hosts"])
    holds = _state(s)["holds"]
    workers, others = {}, 0
    for address, ws in s.workers.items():
        if ws.host in hosts:
            workers[address] = {
                "host": ws.host,
                "status": ws.status.name,
                "processing": len(ws.processing),
                "occupancy": ws.occupancy,
                "nbytes": ws.nbytes,
                "keys": len(ws.has_what),
                "held": address in holds,
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
    """Ends a holder's drains: those that leave stay as they are, the others work again."""
    state = _state(s)
    for name in [name for name in state["tasks"] if _holder(name) == spec["id"]]:
        state["tasks"].pop(name).cancel()
    restored = []
    for address in spec["leaving"]:
        state["holds"].pop(address, None)
    for address in spec["restore"]:
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
    failed, moved = {}, 0
    for address in victims:
        _hold(s, address, _holder(spec["id"]))
    try:
        while True:
            left = {a: ws for a, ws in victims.items() if a not in failed and s.workers.get(a) is ws}
            sole = _sole(set(left.values()))
            unretired = [a for a, ws in left.items() if ws.status.name != "closing_gracefully"]
            if not sole and not unretired and not any(ws.processing for ws in left.values()):
                break
            moved += len(sole)
            await _retire(s, left, failed, deadline)
            started = time.time()
            heartbeats = {}
            while time.monotonic() < deadline:
                busy = [ws for a, ws in left.items() if a not in failed and s.workers.get(a) is ws and ws.processing]
                if not busy:
                    break
                for ws in busy:
                    _give_back(s, ws, started, heartbeats)
                await asyncio.sleep(0.02)
            for address, ws in left.items():
                if time.monotonic() >= deadline and s.workers.get(address) is ws and (ws.processing or _sole({ws})):
                    failed.setdefault(address, f"{len(ws.processing)} tasks were still running after {spec['seconds']:g} s")
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
        done, _ = await asyncio.wait({retiring}, timeout=max(0.1, deadline - time.monotonic()))
    finally:
        if not retiring.done():
            retiring.cancel()
    if not done:
        for address in addresses:
            if address in s.workers and _sole({s.workers[address]}):
                failed[address] = "its data could not be moved in time"
        return
    gone = retiring.result()
    for address in addresses:
        if address in s.workers and address not in gone:
            ws = s.workers[address]
            failed[address] = "it holds actors, which cannot be moved" if ws.actors else "no other worker could take its data"


def _give_back(s, ws, started, heartbeats):
    """Reschedules what a retired worker has not started: it will not start it any more.

    A heartbeat names what runs. The second one after the retirement was collected when nothing new could start.
    """
    if ws.last_seen > started + 0.1:
        heartbeats.setdefault(ws.address, set()).add(ws.last_seen)
    if len(heartbeats.get(ws.address, ())) < 2:
        return
    for ts in list(ws.processing):
        if ts not in ws.executing:
            s._reschedule(ts.key, ws.address, stimulus_id=f"daskk8s-drain-{time.time()}")


def _hold(s, address, holder):
    _state(s)["holds"].setdefault(address, {})[holder] = time.monotonic() + GRACE
    asyncio.get_running_loop().call_later(GRACE + 0.1, _expire, s, address)


def _renew(s, spec):
    """The client has asked again, so it lives."""
    holder = _holder(spec["id"])
    for address, holders in _state(s)["holds"].items():
        if holder in holders:
            holders[holder] = time.monotonic() + GRACE


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
    if ws is None or ws.status.name != "closing_gracefully":
        return False
    s.stream_comms[address].send(
        {"op": "worker-status-change", "status": "running", "stimulus_id": f"daskk8s-restore-{time.time()}"}
    )
    return True
