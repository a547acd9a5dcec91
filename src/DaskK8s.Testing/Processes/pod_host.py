# Starts the pods' processes for DaskK8s.Testing. It is told what to start on standard input, one JSON object a line, and tells
# what happened on standard output. Where the system can fork, Dask is imported once and each pod is a fork of it. A pod's
# standard output and error are a connection to the .NET process: when that process is gone, by whatever end, the connection
# closes and the pod kills itself.
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import warnings

FORKS = sys.platform == "linux"
SCRIPT = sys.argv[1]


def tell(**event):
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


def kill_all(pid, number):
    # A pod that was just forked has not made its own process group yet.
    for send in (getattr(os, "killpg", os.kill), os.kill):
        try:
            send(pid, number)
            return
        except OSError:
            pass


def watch(connection):
    try:
        while connection.recv(1):
            pass
    except OSError:
        pass
    if hasattr(os, "killpg"):
        os.killpg(0, signal.SIGKILL)
    os._exit(137)


# Resolves Services as the cluster's DNS would, from a file that the .NET process keeps up to date. It is text, since the
# processes that a nanny starts need it too: they find it as sitecustomize.
NAMES = '''
import json
import os
import socket

original = socket.getaddrinfo


def getaddrinfo(host, port, *args, **kwargs):
    if isinstance(host, bytes):
        host = host.decode()
    if isinstance(host, str):
        name = host.rstrip(".")
        for suffix in (".svc.cluster.local", ".svc"):
            if name.endswith(suffix):
                name = name[: -len(suffix)]
        key = name if "." in name else name + "." + os.environ["DASKK8S_NAMESPACE"]
        try:
            with open(os.environ["DASKK8S_NAMES"], encoding="utf-8") as file:
                service = json.load(file).get(key)
        except (OSError, ValueError):
            service = None
        if service is not None:
            address, real = service["ports"].get(str(port), (service["address"], port))
            return original(address, int(real) if real else real, *args, **kwargs)
    return original(host, port, *args, **kwargs)


socket.getaddrinfo = getaddrinfo
'''


def run_pod(order):
    connection = socket.create_connection(("127.0.0.1", order["port"]))
    connection.sendall((order["token"] + "\n").encode())
    os.dup2(connection.fileno(), 1)
    os.dup2(connection.fileno(), 2)
    threading.Thread(target=watch, args=(connection,), daemon=True).start()
    os.environ["DASK_TEMPORARY_DIRECTORY"] = order["directory"]
    os.environ.update(order["environment"])
    os.makedirs(order["directory"], exist_ok=True)
    os.chdir(order["directory"])
    os.environ["DASKK8S_NAMES"] = order["names"]
    os.environ["DASKK8S_NAMESPACE"] = order["namespace"]
    library = os.path.join(order["directory"], "lib")
    os.makedirs(library, exist_ok=True)
    with open(os.path.join(library, "sitecustomize.py"), "w", encoding="utf-8") as file:
        file.write(NAMES)
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [library, os.environ.get("PYTHONPATH")]))
    exec(NAMES, {})
    # The name of a Service resolves for Dask, but not for the datagram with which it guesses its own address.
    warnings.filterwarnings("ignore", message="Couldn't detect a suitable IP address")
    import dask

    if hasattr(dask.config, "_get_paths"):
        # The host imported Dask before it knew of DASK_CONFIG.
        dask.config.paths[:] = dask.config._get_paths()
    dask.config.refresh()
    import importlib

    module = importlib.import_module(order["module"])
    sys.argv = [order["module"].rsplit(".", 1)[1].replace("_", "-"), *order["arguments"]]
    sys.exit(module.main.main(args=order["arguments"], prog_name=sys.argv[0]))


def fork_pod(order, wakeup):
    sys.stdout.flush()
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        os.setsid()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for fd in wakeup:
            os.close(fd)
        import ctypes

        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(137)
        devnull = os.open(os.devnull, os.O_RDONLY)
        os.dup2(devnull, 0)
        try:
            with open("/proc/self/comm", "w") as comm:
                comm.write(order["module"].rsplit(".", 1)[1].replace("_", "-"))
        except OSError:
            pass
        run_pod(order)
        code = 0
    except SystemExit as exit:
        code = exit.code if isinstance(exit.code, int) else 0 if exit.code is None else 1
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(code)


def exit_code(status):
    return 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def host_with_forks():
    import distributed.cli.dask_scheduler  # noqa: F401
    import distributed.cli.dask_worker  # noqa: F401
    import distributed

    read, write = os.pipe()
    os.set_blocking(write, False)
    signal.set_wakeup_fd(write, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    pods = {}
    rest = b""
    tell(ready=distributed.__version__)
    while True:
        ready, _, _ = select.select([0, read], [], [])
        if read in ready:
            os.read(read, 4096)
            for name, pid in list(pods.items()):
                done, status = os.waitpid(pid, os.WNOHANG)
                if done:
                    kill_all(pid, signal.SIGKILL)
                    del pods[name]
                    tell(exited=name, code=exit_code(status))
        if 0 in ready:
            data = os.read(0, 65536)
            if not data:
                for pid in pods.values():
                    kill_all(pid, signal.SIGKILL)
                os._exit(0)
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                order = json.loads(line)
                if "signal" in order:
                    if order["id"] in pods:
                        kill_all(pods[order["id"]], order["signal"])
                else:
                    pods[order["id"]] = fork_pod(order, (read, write))
                    tell(started=order["id"], pid=pods[order["id"]])


def host_without_forks():
    import distributed

    pods = {}

    def wait(name, process):
        code = process.wait()
        pods.pop(name, None)
        tell(exited=name, code=128 - code if code < 0 else code)

    tell(ready=distributed.__version__)
    for line in sys.stdin:
        order = json.loads(line)
        if "signal" in order:
            process = pods.get(order["id"])
            if process is not None:
                process.terminate() if order["signal"] == 15 else process.kill()
            continue
        process = subprocess.Popen(
            [sys.executable, "-u", "-c", SCRIPT, SCRIPT, "pod", json.dumps(order)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=hasattr(os, "setsid"),
        )
        pods[order["id"]] = process
        tell(started=order["id"], pid=process.pid)
        threading.Thread(target=wait, args=(order["id"], process), daemon=True).start()
    for process in list(pods.values()):
        process.kill()
    os._exit(0)


if sys.argv[2] == "pod":
    run_pod(json.loads(sys.argv[3]))
elif FORKS:
    host_with_forks()
else:
    host_without_forks()
