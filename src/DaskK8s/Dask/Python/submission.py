"""Submits tasks in the form that each version of distributed takes."""

import functools
import inspect
import pickle

from distributed.protocol import serialize, to_serialize
from distributed.protocol.serialize import Serialized

from .runtimes import TASK


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
    form = submit_tasks if "tasks" in known else submit_graph if "graph_header" in known else submit_expression
    return functools.partial(form, scheduler, known, TASK)


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
