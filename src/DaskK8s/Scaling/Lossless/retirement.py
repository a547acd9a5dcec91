"""Drains workers before their pods leave, and brings back those whose pods stay.

Runs on the scheduler's event loop: nothing here blocks. Works with distributed 2022.12 to 2026.7; the scheduler's own
`retire_workers` moves the data, this module adds what it leaves out: it waits for tasks that run, takes back those that have
not started, moves what they left behind, and undoes all of it when nobody comes back to finish (a client that died).

What a worker does is never guessed from what it reported last, but asked: a `steal-request`, by which Dask itself moves
tasks, makes the worker give up a task that it has not started, and its answer says what became of it. Answers come in the
order of everything else that the worker sends, so an answer also means that all it sent before has arrived.
"""

import asyncio
import json
import time

from . import holds

GIVEN_UP = ("ready", "constrained", "waiting", "released", None)  # states in an answer after which the worker will not run the task


def install(name, dask_scheduler):
    """Adds the operation by which all of this is called."""
    holds.install(name, dask_scheduler)

    async def call(text):
        spec = json.loads(text)
        answer = VERBS[spec["do"]](dask_scheduler, spec)
        if asyncio.iscoroutine(answer):
            answer = await answer
        return json.dumps(answer)

    dask_scheduler.handlers[name] = call


def look(s, spec):
    """Describes the workers on some hosts, and counts those elsewhere that can take data; from now on keeps workers of others out."""
    hosts = set(spec["hosts"])
    for host, linger in spec["keep_out"].items():
        holds.shut(s, spec["id"], host, linger)
    holds.renew(s, spec["id"])
    held = holds.state_of(s)["holds"]
    workers, others = {}, 0
    for address, ws in s.workers.items():
        if ws.host in hosts:
            workers[address] = {
                "host": ws.host,
                "status": ws.status.name,
                "processing": len(ws.processing),
                "occupancy": ws.occupancy,
                "nbytes": ws.nbytes,
                "held": address in held,
                "mine": spec["id"] in held.get(address, ()),
            }
        elif ws in s.running:
            others += 1
    return {"workers": workers, "others": others}


async def drain(s, spec):
    """Starts a drain, or goes on waiting for one, for a few seconds: the caller asks again until it is done."""
    tasks, holder = holds.state_of(s)["tasks"], holds.holder_of(spec["id"])
    task = tasks.get(spec["id"])
    if task is None:
        refused = _homeless(s, spec["pods"])
        if refused:
            return {"refused": refused}
        task = tasks[spec["id"]] = asyncio.ensure_future(_drain(s, spec))
        asyncio.get_running_loop().call_later(spec["seconds"] + 2 * holds.GRACE, tasks.pop, spec["id"], None)
    holds.renew(s, holder)
    await asyncio.wait({task}, timeout=spec["poll"])
    holds.renew(s, holder)
    if not task.done():
        return {"pending": True}
    tasks.pop(spec["id"], None)
    return task.result()


def check(s, spec):
    """Counts results that a drain would leave without a home."""
    return {"homeless": _homeless(s, spec["pods"])}


def release(s, spec):
    """Ends a holder's drains: those that leave stay as they are, the others work again, as does what has turned up on their hosts."""
    staying, holder, held = set(spec["staying"]), spec["id"], holds.state_of(s)["holds"]
    holds.let_go(s, holder, staying)
    holds.cancel_drains(s, holder)
    for address in spec["leaving"]:
        held.pop(address, None)
    late = {a for a, holders in held.items() if holder in holders and a in s.workers and s.workers[a].host in staying}
    restored = [address for address in late.union(spec["restore"]) if holds.unhold(s, address, holder)]
    return {"restored": restored}


VERBS = {"look": look, "check": check, "drain": drain, "release": release}


def _homeless(s, pods):
    """Counts results that only the candidates hold, where no other worker could take them."""
    candidates = {s.workers[a] for addresses in pods.values() for a in addresses if a in s.workers}
    if any(ws not in candidates for ws in s.running):
        return 0
    return len(_sole(candidates))


def _sole(candidates):
    return {ts for ws in candidates for ts in ws.has_what if not any(_stays(other, candidates) for other in ts.who_has)}


def _stays(ws, candidates):
    return ws not in candidates and ws.status.name in ("running", "paused")


async def _drain(s, spec):
    deadline = time.monotonic() + spec["seconds"]
    pods = {pod: [a for a in addresses if a in s.workers] for pod, addresses in spec["pods"].items()}
    candidates = {a: s.workers[a] for addresses in pods.values() for a in addresses}
    failed, moved, retired = {}, 0, set()
    holder = holds.holder_of(spec["id"])
    for address in candidates:
        holds.hold(s, address, holder)
    try:
        while True:
            left = {a: ws for a, ws in candidates.items() if a not in failed and s.workers.get(a) is ws}
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
        for address in candidates:
            holds.unhold(s, address, holder)
        raise
    report = {"drained": [], "failed": {}, "moved": moved}
    for pod, addresses in pods.items():
        reasons = [failed[a] for a in addresses if a in failed]
        if not reasons:
            report["drained"].append(pod)
            continue
        report["failed"][pod] = reasons[0]
        for address in addresses:
            holds.unhold(s, address, holder)
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

    def answer(state, stimulus):
        if state in GIVEN_UP:
            asked.discard((address, key))
            s._reschedule(key, address, stimulus_id=stimulus)

    holds.ask(s, address, key, "drain", answer)


async def _hear(s, addresses, deadline):
    """Waits until workers have answered, so that what they sent before is known; gives those that have not."""
    heard = {}
    for address in addresses:
        heard[address] = asyncio.get_running_loop().create_future()
        holds.ask(s, address, "daskk8s-nothing", "hear", _setter(heard[address]))
    open_ = dict(heard)
    while open_ and time.monotonic() < deadline:
        await asyncio.wait(open_.values(), timeout=min(0.5, max(0.01, deadline - time.monotonic())), return_when=asyncio.FIRST_COMPLETED)
        open_ = {a: f for a, f in open_.items() if not f.done() and a in s.workers}
    return {a for a, f in heard.items() if not f.done() and a in s.workers}


def _setter(future):
    return lambda *_: None if future.done() else future.set_result(None)
