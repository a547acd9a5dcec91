"""What a Dask worker needs to run tasks of DaskK8s and to hand out their results.

A worker pulls this source from the scheduler when it meets its first task and keeps it as a module. Tasks are only
`eval` of a short string, so that no task holds a pickle that a worker without this module could fail to open.
Runs on distributed 2022.12 and later; SUFFIX is set by whoever loads it (`runtimes.py`).
"""

import ast
import asyncio
import datetime
import decimal
import enum
import importlib
import inspect
import io
import linecache
import pickle
import sys
import threading
import traceback
import types
import uuid
from collections import defaultdict, deque
from time import monotonic

import msgpack
from distributed import get_worker
from distributed.protocol import register_serialization_family, to_serialize
from distributed.protocol.serialize import Serialized
from distributed.utils import sync

FUNCTIONS = {}


def run(function, arguments, dependencies):
    """Run one task: `function` is the id of a definition, `arguments` a pickle of (args, kwargs)."""
    call = FUNCTIONS.get(function)
    if call is None:
        worker = get_worker()
        definition = sync(worker.loop, getattr(worker.scheduler, "daskk8s_function_" + SUFFIX), id=function)
        if definition is None:
            raise RuntimeError("the scheduler no longer knows this function: it restarted")
        call = FUNCTIONS[function] = define(function, definition)
    args, kwargs = open_arguments(arguments, dependencies)
    try:
        return call(*args, **kwargs)
    except (SystemExit, KeyboardInterrupt) as error:
        # Past this frame they would end the worker's process, and then the next worker's.
        raise RuntimeError("the task called for its process to end: %r" % error) from error


def define(function, definition):
    """Make the callable of a definition."""
    kind = definition["kind"]
    if kind == "name":
        found = importlib.import_module(definition["module"])
        for part in definition["name"].split("."):
            found = getattr(found, part)
        return found
    source = definition["source"]
    filename = "<%s>" % definition["name"]
    # So that tracebacks show the lines.
    linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
    if kind == "script":
        return lambda *arguments: script(source, filename, *arguments)
    # The module is not registered: cloudpickle then sends its functions by value to where they are needed.
    namespace = {"__name__": "daskk8s_" + function, "__builtins__": __builtins__}
    exec(compile(source, filename, "exec"), namespace)
    if definition["name"] not in namespace:
        raise NameError("the source defines no %r" % definition["name"])
    return namespace[definition["name"]]


def script(source, filename, topic, key, variables, lazily):
    """Run a whole program with a Dask client at hand, its printed lines sent to `topic` as they come; collections stay lazy if they are read as streams."""
    from dask.base import is_dask_collection
    from distributed import worker_client

    tree = ast.parse(source, filename)
    last = None
    if tree.body and isinstance(tree.body[-1], ast.Expr):
        last = ast.Expression(tree.body.pop().value)
    namespace = {"__name__": "__daskk8s_script__", "__builtins__": __builtins__}
    namespace.update(variables)
    with worker_client() as client, Printed(get_worker(), topic, key):
        namespace["client"] = client
        exec(compile(tree, filename, "exec"), namespace)
        if last is not None:
            result = eval(compile(last, filename, "eval"), namespace)
        else:
            result = namespace.get("result")
        # What is still to be computed is, here, where a client is at hand.
        return result.compute() if is_dask_collection(result) and not lazily else result


class Printed:
    """Sends what this thread prints to an event topic of the scheduler, and to the worker's own output too."""

    local = threading.local()
    lock = threading.Lock()

    def __init__(self, worker, topic, key):
        self.worker, self.topic, self.key = worker, topic, key
        self.pending = {"stdout": "", "stderr": ""}

    def __enter__(self):
        with Printed.lock:
            for name in self.pending:
                if not isinstance(getattr(sys, name), Tee):
                    setattr(sys, name, Tee(getattr(sys, name), name))
        Printed.local.current = self

    def __exit__(self, *error):
        Printed.local.current = None
        for name, text in self.pending.items():
            if text:
                self.send(name, text)

    def write(self, name, text):
        lines, newline, rest = (self.pending[name] + text).rpartition("\n")
        if newline:
            self.send(name, lines + newline)
        self.pending[name] = rest

    def send(self, name, text):
        self.worker.log_event(self.topic, {"key": self.key, "stream": name, "text": text})


class Tee:
    """Stands in for sys.stdout or sys.stderr: threads that run a script are heard, all others pass."""

    def __init__(self, stream, name):
        self.stream, self.name = stream, name

    def write(self, text):
        current = getattr(Printed.local, "current", None)
        if current is not None:
            current.write(self.name, text)
        return self.stream.write(text)

    def __getattr__(self, name):
        return getattr(self.stream, name)


def encode(value):
    """Give a value as msgpack, or [type, reason] where it has no JSON form."""
    refused = []

    def default(item):
        # numpy's scalars are what sums and means of columns are.
        if type(item).__module__ == "numpy" and getattr(item, "shape", None) == () and hasattr(item, "item"):
            plain = item.item()
            if type(plain) is not type(item):
                return plain
        array = as_array(item)
        if array is not None:
            return pack_array(array)
        if isinstance(item, decimal.Decimal):
            # Read as a decimal where one is asked for; as a float it would lose digits.
            return msgpack.ExtType(1, str(item).encode()) if item.is_finite() else float(item)
        if isinstance(item, (datetime.date, datetime.time)):
            # NaT, which is not a date, is not equal to itself.
            return item.isoformat() if item == item else None
        if isinstance(item, datetime.timedelta):
            return duration(item) if item == item else None
        if isinstance(item, uuid.UUID):
            return str(item)
        if isinstance(item, enum.Enum):
            return item.value
        refused.append(type(item))
        if isinstance(item, int):
            raise OverflowError
        raise TypeError("no JSON form")

    try:
        return msgpack.packb(value, use_bin_type=True, default=default)
    except OverflowError:
        return ["int", "an integer past 64 bits"]
    except (TypeError, ValueError, RecursionError) as error:
        kind = refused[0] if refused else type(value)
        name = kind.__qualname__ if kind.__module__ == "builtins" else kind.__module__ + "." + kind.__qualname__
        return [name, str(error)]


def duration(value):
    """Give a time span as .NET writes it: -1.02:03:04.000005."""
    sign, value = ("-", -value) if value.days < 0 else ("", value)
    minutes, seconds = divmod(value.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    text = "%s%s%02d:%02d:%02d" % (sign, "%d." % value.days if value.days else "", hours, minutes, seconds)
    return text + (".%06d" % value.microseconds if value.microseconds else "")


def takes(call, parameter):
    try:
        return parameter in inspect.signature(call).parameters
    except (TypeError, ValueError):
        # Functions of C tell nothing of their parameters.
        return False


async def answer(owner, parameter, function, definition, arguments, inline):
    """Run a function outside of tasks: pack [True, result, None] or [False, error, traceback]."""
    try:
        call = FUNCTIONS.get(function)
        if call is None:
            call = FUNCTIONS[function] = define(function, definition)
        args, kwargs = open_arguments(arguments, ())
        if takes(call, parameter):
            kwargs[parameter] = owner

        def work():
            return call(*args, **kwargs)

        value = work() if inline else await asyncio.get_running_loop().run_in_executor(None, work)
        if inspect.isawaitable(value):
            value = await value
        out = [True, encode(value), None]
    except asyncio.CancelledError:
        raise
    except (Exception, SystemExit, KeyboardInterrupt) as error:
        out = [False, repr(error), "".join(traceback.format_tb(error.__traceback__))]
    return msgpack.packb(out, use_bin_type=True)


def install(worker):
    """Let a worker answer for the results that it holds."""

    async def run(function, definition, arguments):
        return to_serialize(await answer(worker, "dask_worker", function, definition, arguments, False))

    worker.handlers["daskk8s_run_" + SUFFIX] = run
    install_transfers(worker)


def install_all():
    from distributed.worker import Worker

    for worker in Worker._instances:
        install(worker)
    return True
