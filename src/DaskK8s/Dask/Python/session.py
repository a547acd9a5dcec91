"""One client's tasks: held while the client's connection comes and goes.

A session is a client of the scheduler like any other, only that its connection ends here: messages of the scheduler to it land
in an outbox, which whoever is attached receives. So a cut connection loses neither tasks nor results.
"""

import asyncio
import logging
import pickle
from time import monotonic

from distributed.comm.core import Comm, CommClosedError
from distributed.versions import get_versions

logger = logging.getLogger("distributed.daskk8s")


class Session:
    """One client's tasks."""

    def __init__(self, service, id, topic):
        self.service, self.scheduler, self.id = service, service.scheduler, id
        # Not the id itself: under that, the scheduler logs what it does for the client.
        self.topic = topic
        self.outlet = Outlet(self)
        self.living = None
        self.comm = None
        self.detached = monotonic()
        self.keep = 600
        self.sequence = 0
        self.outbox = []
        self.waker = asyncio.Event()
        self.idle = set()

    async def start(self):
        self.living = asyncio.ensure_future(self.live())
        while self.id not in self.scheduler.client_comms and not self.living.done():
            await asyncio.sleep(0)
        self.scheduler.stream_handlers["subscribe-topic"](topic=self.topic, client=self.id)

    async def live(self):
        try:
            await self.scheduler.add_client(comm=self.outlet, client=self.id, versions=get_versions())
        finally:
            self.service.sessions.pop(self.id, None)
            if self.comm is not None:
                self.comm.abort()

    async def serve(self, comm):
        if self.comm is not None:
            # The client is back before the loss of its old connection was seen.
            self.comm.abort()
        self.comm = comm
        self.outbox, self.idle = [], set()
        writer = None
        try:
            await comm.write({"attached": True, "sequence": self.sequence})
            writer = asyncio.ensure_future(self.send(comm))
            while True:
                message = await comm.read()
                operation = message.pop("m")
                if operation == "close":
                    self.comm = None
                    self.outlet.abort()
                    await asyncio.wait({self.living})
                    # The client waits for this: a tunnel that it ends before may drop what is still on its way here.
                    writer.cancel()
                    await comm.write({"events": [["closed", []]]})
                    return
                await getattr(self, "on_" + operation)(**message)
        except CommClosedError:
            pass
        finally:
            if writer is not None:
                writer.cancel()
            if self.comm is comm:
                self.comm, self.detached = None, monotonic()

    async def send(self, comm):
        try:
            while True:
                await self.waker.wait()
                self.waker.clear()
                events, self.outbox = self.outbox, []
                if events:
                    await comm.write({"events": events})
        except CommClosedError:
            pass

    async def on_submit(self, sequence, function, definition, options, tasks):
        if sequence <= self.sequence:
            # Sent again after a cut, but it had arrived.
            return
        self.sequence = sequence
        self.service.functions[function] = definition
        try:
            await self.service.submit(self.id, function, tasks, options)
        except Exception as error:
            for task in tasks:
                self.tell("failed", [task[0], repr(error), ""])
        self.tell("taken", sequence)

    async def on_hold(self, sequence, keys):
        """Take a share in tasks that others submitted, and tell how far they are."""
        if sequence <= self.sequence:
            return
        self.sequence = sequence
        known = [key for key in keys if key in self.scheduler.tasks]
        self.scheduler.client_desires_keys(keys=known, client=self.id)
        await self.on_states(keys)
        self.tell("taken", sequence)

    async def on_states(self, keys):
        """Tell anew what became of keys, for a client that was away."""
        for key in keys:
            task = self.scheduler.tasks.get(key)
            if task is None:
                self.tell("gone", [key, "the scheduler forgot it"])
            elif task.state == "memory":
                self.tell("done", key)
            elif task.state == "erred":
                self.tell_failure(key, None)

    async def on_release(self, keys):
        self.scheduler.client_releases_keys(keys=list(keys), client=self.id)

    async def on_ping(self):
        self.tell("pong")

    def tell(self, event, item=None):
        """Queue an event; those of one kind that follow one another share a list."""
        if event in ("done", "pending"):
            # The client no longer takes the task for stuck; if it still is, or is again, it has to be told anew.
            self.idle.discard(item)
        if self.comm is None:
            # Whoever attaches next asks for the state of what is still pending.
            return
        if not self.outbox or self.outbox[-1][0] != event:
            self.outbox.append([event, []])
        if item is not None:
            self.outbox[-1][1].append(item)
        self.waker.set()

    def tell_stuck(self, keys):
        for key in keys:
            if key not in self.idle:
                self.tell("stuck", key)
        for key in self.idle.difference(keys):
            self.tell("unstuck", key)
        self.idle = set(keys)

    def tell_failure(self, key, message):
        task = self.scheduler.tasks.get(key)
        blame = task.exception_blame if task is not None else None
        text = blame.exception_text if blame is not None else None
        if not text:
            # Workers send texts with their exceptions. This one is the scheduler's own: a worker that died, a graph that could
            # not be taken. Only such a pickle may be opened here.
            text = "the scheduler gave no reason"
            exception = blame.exception if blame is not None else message and message["exception"]
            try:
                text = repr(pickle.loads(getattr(exception, "data", exception)))
            except Exception:
                logger.debug("DaskK8s could not read an exception", exc_info=True)
        self.tell("failed", [key, text, (blame.traceback_text if blame is not None else None) or ""])

    def receive(self, message):
        """Take one message of the scheduler to its client."""
        operation = message.get("op")
        if operation == "key-in-memory":
            self.tell("done", message["key"])
        elif operation == "task-erred":
            self.tell_failure(message["key"], message)
        elif operation == "lost-data":
            self.tell("pending", message["key"])
        elif operation == "cancelled-key":
            self.tell("gone", [message["key"], "it was cancelled, or what it depends on is lost"])
        elif operation == "cancelled-keys":
            for key in message["keys"]:
                self.tell("gone", [key, "it was cancelled, or what it depends on is lost"])
        elif operation == "restart":
            self.tell("restarted")
        elif operation == "event" and message.get("topic") == self.topic:
            event = message["event"]
            event = event[1] if isinstance(event, (tuple, list)) else event
            self.tell("printed", [event["key"], event["stream"], event["text"]])


class Outlet(Comm):
    """The end of a session's connection inside the scheduler."""

    def __init__(self, session):
        super().__init__()
        self.session = session
        self.ended = asyncio.Event()

    async def read(self, deserializers=None):
        await self.ended.wait()
        raise CommClosedError("the session ended")

    async def write(self, message, serializers=None, on_error=None):
        if self.closed():
            # The client has left. Dask would only log an error, with its traceback.
            return 0
        for part in message if isinstance(message, (list, tuple)) else (message,):
            try:
                self.session.receive(part)
            except Exception:
                # A message of an unknown form must not end the session, and with it all its tasks.
                logger.exception("DaskK8s could not take a message of the scheduler")
        return 0

    async def close(self):
        self.abort()

    def abort(self):
        self.ended.set()

    def closed(self):
        return self.ended.is_set()

    @property
    def local_address(self):
        return "daskk8s://" + self.session.id

    peer_address = local_address
