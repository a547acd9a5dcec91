"""Plugins of workers that bring a user's code. Each worker makes them from this source, so that no pickle needs a module that a worker lacks."""

import asyncio
import hashlib
import importlib
import io
import os
import shutil
import sys
import tempfile
import zipfile

from distributed import WorkerPlugin

OUTPUT = 6000


def forget(names=()):
    """Let modules be imported anew, also by functions that have imported them."""
    importlib.invalidate_caches()
    for known, module in list(sys.modules.items()):
        if known.startswith("daskk8s_runtime_"):
            module.FUNCTIONS.clear()
        elif known.partition(".")[0] in names:
            del sys.modules[known]


class Upload(WorkerPlugin):
    """Modules that came as a zip file: unpacked, first on the path, gone with the plugin."""

    def __init__(self, name, content):
        self.name, self.content = name, content

    async def setup(self, worker):
        self.folder = os.path.join(worker.local_directory, "daskk8s-uploads", self.name + "-" + self.digest())
        await asyncio.get_running_loop().run_in_executor(None, self.unpack)
        # Parts of a wheel that go to one of Python's own folders.
        self.paths = [self.folder] + [
            path
            for data in sorted(os.listdir(self.folder))
            if data.endswith(".data")
            for path in (os.path.join(self.folder, data, part) for part in ("purelib", "platlib"))
            if os.path.isdir(path)
        ]
        sys.path[:0] = self.paths
        forget(self.modules())

    def digest(self):
        return hashlib.sha256(self.content).hexdigest()[:12]

    def unpack(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        with zipfile.ZipFile(io.BytesIO(self.content)) as archive:
            archive.extractall(self.folder)

    def modules(self):
        return {entry.partition(".")[0] for path in self.paths for entry in os.listdir(path)}

    def teardown(self, worker):
        if hasattr(self, "paths"):
            modules = self.modules()
            sys.path[:] = [path for path in sys.path if path not in self.paths]
            forget(modules)
            shutil.rmtree(self.folder, ignore_errors=True)


class Packages(WorkerPlugin):
    """Packages that pip installs: a worker that has them already is left as it is."""

    def __init__(self, packages, options, restart):
        self.packages, self.options, self.restart = packages, options, restart

    async def setup(self, worker):
        loop = asyncio.get_running_loop()
        # Workers of one machine share a Python: they take turns.
        with open(os.path.join(tempfile.gettempdir(), "daskk8s-pip.lock"), "a") as turn:
            try:
                import fcntl

                await loop.run_in_executor(None, fcntl.flock, turn, fcntl.LOCK_EX)
            except ImportError:
                pass
            output = await self.install()
        forget()
        if self.restart and worker.nanny and "Successfully installed" in output:
            worker.loop.add_callback(worker.close_gracefully, restart=True)

    async def install(self):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--no-input"),
            *self.options,
            *self.packages,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            output = (await process.communicate())[0].decode(errors="replace")
        except asyncio.CancelledError:
            process.kill()
            raise
        if process.returncode != 0:
            raise RuntimeError("pip failed (%d):\n%s" % (process.returncode, output[-OUTPUT:].strip()))
        return output
