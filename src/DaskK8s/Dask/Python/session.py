"""The scheduler's side of DaskK8s: holds what a client submitted while the client's connection comes and goes.

A session is a client of the scheduler like any other, only that its connection ends here: messages of the scheduler to it land
in an outbox, which whoever is attached receives. So a cut connection loses neither tasks nor results.
Runs on the scheduler's event loop (nothing here may block), on distributed 2022.12 and later. NAME, SUFFIX, RUNTIME and
PLUGINS (sources for workers) are set by whoever loads it, with the other files of this folder appended.
"""

import asyncio
import copyreg
import functools
import hashlib
import inspect
import io
import logging
import pickle
import sys
import types
import zipfile
from collections import defaultdict
from time import monotonic

from distributed.client import Future
from distributed.comm.core import Comm, CommClosedError
from distributed.core import Status
from distributed.protocol import serialize, to_serialize
from distributed.protocol.serialize import Serialized
from distributed.versions import get_versions

logger = logging.getLogger("distributed.daskk8s")

# A task evaluates TASK with f (the id of a function), b (its pickled arguments) and d (the results of other tasks). The first one
# that a worker meets loads the worker's module.
LOAD = (
    "import sys,types,distributed as D\n"
    "m=types.ModuleType({name!r})\n"
    "m.NAME,m.SUFFIX={name!r},{suffix!r}\n"
    "w=D.get_worker()\n"
    "exec(D.utils.sync(w.loop,w.scheduler.daskk8s_runtime_{suffix}),m.__dict__)\n"
    "sys.modules[{name!r}]=m"
)
TASK = "(__import__('sys').modules.get({name!r})or eval({expression!r})).run(f,b,d)"

# Run out of band on a worker that holds results but has not met a task of ours.
INSTALL = (
    "import sys,types\n"
    "if {name!r} not in sys.modules:\n"
    "    m=types.ModuleType({name!r})\n"
    "    m.NAME,m.SUFFIX={name!r},{suffix!r}\n"
    "    exec(source,m.__dict__)\n"
    "    sys.modules[{name!r}]=m\n"
    "sys.modules[{name!r}].install_all()\n"
)

GATHER_BYTES = 64 * 2**20
EVAL = pickle.dumps(eval, protocol=4)
EXEC = pickle.dumps(exec, protocol=4)


def install_all():
    from distributed.scheduler import Scheduler

    for scheduler in Scheduler._instances:
        install(scheduler)


def install(dask_scheduler):
    """Add the operations of DaskK8s to a scheduler; once is enough, more does no harm."""
    operation = "daskk8s_attach_" + SUFFIX
    if operation not in dask_scheduler.handlers:
        service, code = Service(dask_scheduler), WorkerCode(dask_scheduler)
        data = Data(service)
        dask_scheduler.handlers.update(
            {
                operation: service.attach,
                "daskk8s_gather_" + SUFFIX: service.gather,
                "daskk8s_runtime_" + SUFFIX: service.runtime,
                "daskk8s_function_" + SUFFIX: service.function,
                "daskk8s_run_" + SUFFIX: service.run,
                "daskk8s_run_here_" + SUFFIX: service.run_here,
                "daskk8s_publish_" + SUFFIX: service.publish,
                "daskk8s_published_" + SUFFIX: service.published,
                "daskk8s_unpublish_" + SUFFIX: service.unpublish,
                "daskk8s_upload_" + SUFFIX: code.upload,
                "daskk8s_remove_upload_" + SUFFIX: code.remove,
                "daskk8s_packages_" + SUFFIX: code.packages,
                "daskk8s_piece_" + SUFFIX: data.piece,
                "daskk8s_place_" + SUFFIX: data.place,
                "daskk8s_put_" + SUFFIX: data.put,
                "daskk8s_keep_" + SUFFIX: data.keep,
            }
        )


class Service:
    def __init__(self, scheduler):
        self.scheduler = scheduler
        self.sessions = {}
        self.functions = {}
        self.ready = {}
        self.submit = submitter(scheduler)
        self.ticker = None

    def runtime(self):
        return RUNTIME

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
            *(self.fetch(address, [keys[i] for i in indexes], how) for address, indexes in groups.items())
        )
        reply = []
        for indexes, pack in zip(groups.values(), packs):
            if pack is None:
                missing.extend(indexes)
            else:
                reply.append([indexes, pack])
        return {"status": "OK", "packs": reply, "missing": missing, "later": later}

    async def fetch(self, address, keys, how):
        worker = self.scheduler.rpc(address)
        operation = getattr(worker, "daskk8s_results_" + SUFFIX)
        plain = ["msgpack", "error"]
        try:
            # An operation that a worker lacks leaves a traceback in its log: those that were not prepared are not asked for it.
            if not await self.prepare(address, worker):
                return None
            pack = await operation(keys=keys, serializers=plain, **how)
            if pack is None:
                self.ready.pop(address, None)
            return pack
        except OSError:
            # The worker is gone, or going: the scheduler will tell what becomes of its keys.
            return None


    async def run(self, function, definition, arguments, workers=None):
        """Run a function on workers, and give each one's answer with its address; nothing for those that are gone."""
        known = self.scheduler.workers
        chosen = list(known) if workers is None else [self.scheduler.aliases.get(name, name) for name in workers]
        answers = await asyncio.gather(*(self.run_on(address, function, definition, arguments) for address in chosen))
        return [[address, answer] for address, answer in zip(chosen, answers)]

    async def run_on(self, address, function, definition, arguments):
        worker = self.scheduler.rpc(address)
        try:
            if not await self.prepare(address, worker):
                return None
            operation = getattr(worker, "daskk8s_run_" + SUFFIX)
            return await operation(
                function=function, definition=definition, arguments=arguments, serializers=["msgpack", "error"]
            )
        except OSError:
            return None

    async def run_here(self, function, definition, arguments):
        tools = sys.modules.get(NAME)
        if tools is None:
            tools = types.ModuleType(NAME)
            tools.NAME, tools.SUFFIX = NAME, SUFFIX
            exec(RUNTIME, tools.__dict__)
            sys.modules[NAME] = tools
        return await tools.answer(self.scheduler, "dask_scheduler", function, definition, arguments, True)

    @property
    def datasets(self):
        return self.scheduler.extensions["publish"].datasets

    def publish(self, name, keys, single, override):
        """Publish futures as Python's client does: a later `get_dataset` gives a future, or a list of them."""
        keys = list(keys)
        if name in self.datasets and not override:
            return {"outcome": "taken"}
        unknown = [key for key in keys if key not in self.scheduler.tasks]
        if unknown:
            return {"outcome": "unknown", "keys": unknown}
        client = "published-" + name
        before = self.datasets.get(name)
        self.scheduler.client_desires_keys(keys=keys, client=client)
        if before is not None:
            self.scheduler.client_releases_keys(
                keys=[key for key in before["keys"] if key not in keys], client=client
            )
        futures = [Reference(key, self.scheduler.address) for key in keys]
        data = pickle.dumps(futures[0] if single else futures, protocol=4)
        self.datasets[name] = {"data": Serialized({"serializer": "pickle", "writeable": ()}, [data]), "keys": keys}
        return {"outcome": "OK"}

    def published(self, name):
        found = self.datasets.get(name)
        if found is None:
            return {"outcome": "none"}
        keys = list(found["keys"])
        if not keys or not all(isinstance(key, str) for key in keys):
            return {"outcome": "foreign"}
        return {"outcome": "OK", "keys": keys}

    def unpublish(self, name):
        found = self.datasets.pop(name, None)
        if found is None:
            return {"outcome": "none"}
        self.scheduler.client_releases_keys(keys=list(found["keys"]), client="published-" + name)
        return {"outcome": "OK"}

    async def prepare(self, address, worker):
        """Let a worker answer for the results that it holds, once in its life; false if it is gone."""
        state = self.scheduler.workers.get(address)
        if state is None:
            return False
        if self.ready.get(address) == state.server_id:
            return True
        source = INSTALL.format(name=NAME, suffix=SUFFIX)
        ran = await worker.run(
            function=EXEC,
            args=pickle.dumps((source, {"source": RUNTIME}), protocol=4),
            serializers=["msgpack", "error"],
        )
        if ran["status"] != "OK":
            raise RuntimeError("worker %s cannot give results: %s" % (address, ran["exception_text"]))
        if len(self.ready) > 2 * len(self.scheduler.workers):
            self.ready = {known: id for known, id in self.ready.items() if known in self.scheduler.workers}
        self.ready[address] = state.server_id
        return True


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
            raise CommClosedError("the session ended")
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


class Reference:
    """Is pickled as the future of a key: whoever opens the pickle holds the key with a client of its own."""

    def __init__(self, key, address):
        self.key, self.address = key, address

    def __reduce__(self):
        if hasattr(Future, "__setstate__"):
            # Up to 2023.4.
            return copyreg._reconstructor, (Future, object, None), (self.key, self.address)
        return Future, (self.key,)


class Evaluated:
    """Is pickled as the value of a Python expression: workers keep what they unpickled, and so compile it once for all tasks."""

    def __init__(self, source):
        self.source = source

    def __reduce__(self):
        return eval, (self.source, {})

    def __call__(self):
        # Pickle wants to see a callable where the pickle's own will be.
        raise NotImplementedError


def submitter(scheduler):
    """Give the function that submits tasks in the form which this version of distributed takes."""
    known = inspect.signature(scheduler.update_graph).parameters
    load = LOAD.format(name=NAME, suffix=SUFFIX)
    code = TASK.format(name=NAME, expression="(lambda g:[exec(%r,g),g['m']][1])({})" % load)
    form = submit_tasks if "tasks" in known else submit_graph if "graph_header" in known else submit_expression
    return functools.partial(form, scheduler, known, code)


async def submit_tasks(scheduler, known, code, client, function, tasks, options):
    """Up to 2023.3: each task as pickles of its function and its arguments."""
    call = pickle.dumps(Evaluated("lambda f,b,d:" + code), protocol=4)
    graph, dependencies, keys = {}, {}, []
    for key, arguments, needs in tasks:
        keys.append(key)
        graph[key] = {"function": call, "args": pickle.dumps((function, arguments, needs), protocol=4)}
        dependencies[key] = set(needs)
    scheduler.update_graph(
        client=client,
        tasks=graph,
        keys=keys,
        dependencies=dependencies,
        priority={key: i for i, key in enumerate(keys)},
        user_priority=options.get("priority") or 0,
        **{
            name: dict.fromkeys(keys, options[given])
            for name, given in (("resources", "resources"), ("restrictions", "workers"), ("retries", "retries"))
            if options.get(given)
        },
        **({"loose_restrictions": list(keys)} if options.get("allow_other_workers") else {}),
    )


async def submit_graph(scheduler, known, code, client, function, tasks, options):
    """2023.4 to 2025.3: a pickled graph."""
    from dask.highlevelgraph import HighLevelGraph
    from distributed.protocol.serialize import ToPickle

    graph = specifications(code, function, tasks)
    header, frames = serialize(ToPickle(HighLevelGraph({"daskk8s": graph}, {"daskk8s": set()})))
    await update(scheduler, known, client, tasks, options, graph_header=header, graph_frames=frames)


async def submit_expression(scheduler, known, code, client, function, tasks, options):
    """From 2025.4: a serialized expression."""
    from dask._expr import LLGExpr

    graph = specifications(code, function, tasks)
    try:
        # A token of our own saves the hashing of every task.
        expression = LLGExpr(graph, _determ_token=tasks[0][0])
    except TypeError:
        expression = LLGExpr(graph)
    serialized = Serialized(*serialize(to_serialize(expression), on_error="raise"))
    await update(scheduler, known, client, tasks, options, expr_ser=serialized)


def specifications(code, function, tasks):
    try:
        from dask._task_spec import Alias, Task, parse_input
    except ImportError:
        from distributed.utils_comm import WrappedKey

        return {
            key: (eval, code, {"f": function, "b": arguments, "d": [WrappedKey(need) for need in needs]})
            for key, arguments, needs in tasks
        }
    graph = {}
    for key, arguments, needs in tasks:
        values = {"f": function, "b": arguments, "d": [Alias(need) for need in needs]}
        graph[key] = Task(key, eval, code, parse_input(values) if needs else values)
    return graph


async def update(scheduler, known, client, tasks, options, **graph):
    keys = [task[0] for task in tasks]
    arguments = {
        "client": client,
        "keys": set(keys),
        "internal_priority": {key: i for i, key in enumerate(keys)},
        "submitting_task": None,
        "annotations": {name: value for name, value in options.items() if value},
        "span_metadata": {"collections": []},
        "code": (),
    }
    await scheduler.update_graph(**graph, **{name: value for name, value in arguments.items() if name in known})
