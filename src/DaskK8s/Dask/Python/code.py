"""Brings a user's code and packages to workers."""

import asyncio
import hashlib
import io
import pickle
import zipfile

from . import sources
from .submission import Evaluated


class WorkerCode:
    """Brings code to the workers that are there and to those that come: as worker plugins of the scheduler."""

    def __init__(self, scheduler):
        self.scheduler = scheduler

    async def upload(self, name, content, check):
        if check:
            problem = await asyncio.get_running_loop().run_in_executor(None, syntax_error, content)
            if problem is not None:
                return {"outcome": "syntax", "text": problem}
        return await self.plug("daskk8s-upload-" + name, Plugin("Upload", name, content))

    async def remove(self, name):
        name = "daskk8s-upload-" + name
        if name not in self.scheduler.worker_plugins:
            return {"outcome": "none"}
        del self.scheduler.worker_plugins[name]
        await self.tell_workers("plugin-remove", name=name)
        return {"outcome": "OK"}

    async def packages(self, packages, options, restart):
        name = "daskk8s-packages-" + hashlib.sha256(repr((packages, options)).encode()).hexdigest()[:12]
        return await self.plug(name, Plugin("Packages", list(packages), list(options), restart))

    async def plug(self, name, plugin):
        """Give a plugin to all workers, or leave them as they were if one of them fails."""
        before = self.scheduler.worker_plugins.get(name)
        data = self.scheduler.worker_plugins[name] = pickle.dumps(plugin, protocol=4)
        failures = await self.tell_workers("plugin-add", name=name, plugin=data)
        if not failures:
            return {"outcome": "OK"}
        if before is not None:
            self.scheduler.worker_plugins[name] = before
            await self.tell_workers("plugin-add", name=name, plugin=before)
        else:
            self.scheduler.worker_plugins.pop(name, None)
            await self.tell_workers("plugin-remove", name=name)
        return {"outcome": "failed", "failures": failures}

    async def tell_workers(self, operation, **arguments):
        """Call an operation of all workers, and give the errors of those that failed."""
        addresses = list(self.scheduler.workers)
        answers = await asyncio.gather(*(self.tell_worker(address, operation, arguments) for address in addresses))
        return {address: answer for address, answer in zip(addresses, answers) if answer is not None}

    async def tell_worker(self, address, operation, arguments):
        try:
            answer = await getattr(self.scheduler.rpc(address), operation)(**arguments)
        except OSError:
            # The worker is gone; the one that takes its place is given all plugins.
            return None
        except Exception as error:
            return repr(error)
        return answer.get("exception_text") if answer and answer.get("status") == "error" else None


class Plugin:
    """Is pickled as an instance of a class that the worker makes from `plugins.py`."""

    def __init__(self, kind, *arguments):
        self.kind, self.arguments = kind, arguments

    def __reduce__(self):
        source = "(lambda g:[exec(%r,g),g[%r]][1])({'__name__':'daskk8s_plugins'})" % (sources["plugins"], self.kind)
        return Evaluated(source), self.arguments


def syntax_error(content):
    """Find the first module of a zip file that is not Python."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            if name.endswith(".py"):
                try:
                    compile(archive.read(name), name, "exec", dont_inherit=True)
                except (SyntaxError, ValueError) as error:
                    return "%s: %s" % (name, error)
    return None
