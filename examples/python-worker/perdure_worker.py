"""A Worker for activities in plain Python (3.8 or later): what docs/activity-protocol.md says, and no package.

    Worker("http://127.0.0.1:8787", "my-task-queue", {"greet": lambda activity, name: f"Hello, {name}"}).run()
"""

import base64
import json
import os
import signal
import socket
import threading
import time
import traceback
from email.utils import parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

from signatures import Verifier

SDK_NAME, SDK_VERSION = "perdure-python-example", "1"
MAX_BODY_BYTES = 64 * 1024 * 1024
MAX_RUNNING = 100
# A call is held for so long; what takes longer is answered 202, and reported by token.
HOLD_S = 60
KEEP_ANSWERS_S = 600
REGISTER_EVERY_S = 10
# Of the failure by which an attempt ends that was not cancelled.
STOPPED_TYPES = {"paused": "ActivityPause", "reset": "ActivityReset", "over": "ActivityOver"}


class ApplicationError(Exception):
    """Fails the attempt. Retry policies and workflows look at its `type`."""

    def __init__(self, message, type="ApplicationError", non_retryable=False, details=()):
        super().__init__(message)
        self.type, self.non_retryable, self.details = type, non_retryable, details


class CompleteLater(Exception):
    """Somebody else will complete the activity, by its task token."""


class Stopped(Exception):
    """Raised by `heartbeat` when the attempt is to end. `why`: cancelled, paused, reset or over."""

    def __init__(self, why):
        super().__init__(f"the activity is {why}")
        self.why = why


def encode(values):
    """Payloads of JSON values."""
    encoding = base64.b64encode(b"json/plain").decode()
    data = (base64.b64encode(json.dumps(value).encode()).decode() for value in values)
    return {"payloads": [{"metadata": {"encoding": encoding}, "data": one} for one in data]}


def decode(payloads):
    return [decode_one(payload) for payload in (payloads or {}).get("payloads", [])]


def decode_one(payload):
    encoding = base64.b64decode(payload.get("metadata", {}).get("encoding", "")).decode()
    data = base64.b64decode(payload.get("data", ""))
    if encoding == "json/plain":
        return json.loads(data)
    if encoding == "binary/plain":
        return data
    if encoding == "binary/null":
        return None
    raise ApplicationError(f"a payload of encoding {encoding!r} cannot be read here", "UnknownEncoding", True)


def failure_of(error, depth=0):
    ours = isinstance(error, ApplicationError)
    info = {"type": error.type if ours else type(error).__name__, "nonRetryable": ours and error.non_retryable}
    if ours and error.details:
        info["details"] = encode(error.details)
    failure = {
        "message": str(error),
        "source": "PythonExample",
        "stackTrace": "".join(traceback.format_tb(error.__traceback__)),
        "applicationFailureInfo": info,
    }
    if error.__cause__ is not None and depth < 20:
        failure["cause"] = failure_of(error.__cause__, depth + 1)
    return failure


def json_object(data):
    try:
        value = json.loads(data)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def retry_after(text):
    """Seconds of a Retry-After header, a number or a date; at most a minute."""
    try:
        seconds = float(text) if text.isdigit() else parsedate_to_datetime(text).timestamp() - time.time()
    except (TypeError, ValueError):
        return 0
    return min(max(seconds, 0), 60)


class Engine:
    """The engine's HTTP API, as far as a Worker needs it."""

    def __init__(self, url, namespace="default", api_key=None):
        self._base = f"{url.rstrip('/')}/api/v1/namespaces/{quote(namespace, safe='')}"
        self._headers = {"content-type": "application/json"}
        if api_key:
            self._headers["authorization"] = f"Bearer {api_key}"

    def call(self, method, path, body):
        """HTTP status and JSON; status 0 when the engine was not reached in time. `busyFor`: seconds that it wants to be left alone."""
        data = json.dumps(body).encode()
        try:
            with urlopen(Request(self._base + path, data, self._headers, method=method), timeout=10) as response:
                return response.status, json_object(response.read())
        except HTTPError as refusal:
            busy_for = retry_after(refusal.headers.get("retry-after", ""))
            return refusal.code, {**json_object(refusal.read()), "busyFor": busy_for}
        except OSError as error:
            return 0, {"message": str(error)}

    def respond(self, task_token, answer):
        """Answers by token, again and again until the engine has heard it. False: it does not want the answer."""
        verbs = {"completed": "complete", "failed": "fail", "canceled": "resolve-as-canceled"}
        pause, replaced = 0.25, False
        while True:
            [(kind, fields)] = answer.items()
            path = f"/activity-{verbs[kind]}?noPayloadShorthand=true"
            status, reply = self.call("POST", path, {"taskToken": task_token, **fields})
            if 200 <= status < 300:
                return True
            # In the API's words, and not in those of a proxy: the attempt is over.
            if status == 404 and "code" in reply:
                return False
            if status in (400, 413):
                if replaced:
                    return False
                # It would never be taken. A failure that says so goes in its place.
                error = ApplicationError(f"The answer was refused: {reply.get('message')}", "InvalidAnswer", True)
                answer, replaced = {"failed": {"failure": failure_of(error)}}, True
                continue
            time.sleep(max(pause, reply.get("busyFor", 0)))
            pause = min(pause * 2, 10)


class Activity:
    """What a running attempt knows, and what it can say."""

    def __init__(self, task, engine, identity):
        self.task, self.attempt, self.task_token = task, task["attempt"], task["taskToken"]
        self.heartbeat_details = decode(task.get("heartbeatDetails"))
        # The same for all attempts of this activity and for no other one: for services that take such a key.
        self.idempotency_key = f"{task['runId']}/{task['activityId']}"
        # Details that the engine may not have.
        self.unsent = None
        self._engine, self._identity, self._sent = engine, identity, None
        timeout = float(task["heartbeatTimeout"].rstrip("s"))
        self._interval = min(timeout * 0.8, 60) if timeout > 0 else 30

    def heartbeat(self, *details):
        """Says how far it is, as often as one likes: what is sent is the newest, now and then. Raises Stopped."""
        self.unsent = encode(details)
        now = time.monotonic()
        if self._sent is not None and now - self._sent < self._interval:
            return
        self._sent = now
        body = {"taskToken": self.task_token, "details": self.unsent, "identity": self._identity}
        status, reply = self._engine.call("POST", "/activity-heartbeat?noPayloadShorthand=true", body)
        if status == 404 and "code" in reply:
            raise Stopped("over")
        if status != 200:
            # The next one goes out at once; or when the engine wants it, but not too late for it.
            wait = min(reply.get("busyFor", 0), self._interval)
            self._sent = now - self._interval + wait if wait else None
            return
        self.unsent = None
        for field, why in (("cancelRequested", "cancelled"), ("activityPaused", "paused"), ("activityReset", "reset")):
            if reply.get(field) is True:
                raise Stopped(why)


class Execution:
    """One attempt in this process. A dispatch that comes again joins it, or gets the same answer."""

    def __init__(self):
        self.over = threading.Event()
        self.answer = None  # Stays None for one that is completed later.
        self.accepted = False  # Answered 202: the engine waits for a report.
        self.ended = None


class Worker:
    """`activities`: type → function(activity, *arguments). `url`: how the engine reaches this Worker; default: by `port`."""

    def __init__(self, engine_url, task_queue, activities, namespace="default", api_key=None, port=0, url=None, keys=()):
        self.engine = Engine(engine_url, namespace, api_key)
        self.task_queue, self.activities = task_queue, activities
        self.identity = f"{os.getpid()}@{socket.gethostname()}"
        self.verifier = Verifier(keys)
        self._executions, self._lock = {}, threading.Lock()
        self._ending = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), handler_for(self))
        self.url = url or f"http://127.0.0.1:{self._server.server_port}"

    def run(self):
        """Until SIGTERM or SIGINT."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._ending.set())
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        print(f"Serving task queue {self.task_queue} at {self.url}", flush=True)
        registered = False
        while not self._ending.is_set():
            status, reply = self.engine.call("POST", "/workers", {"url": self.url})
            if status == 200:
                self.verifier.learn(reply.get("engineKeys", []))
            if (status == 200) != registered:
                registered = status == 200
                print("Registered" if registered else f"Waiting for the engine: {status} {reply}", flush=True)
            self._ending.wait(REGISTER_EVERY_S if registered else max(1, reply.get("busyFor", 0)))
        self.engine.call("DELETE", "/workers", {"url": self.url})
        self._server.shutdown()

    def describe(self):
        queue = {"name": self.task_queue, "workflowTypes": [], "activityTypes": list(self.activities)}
        return {
            "identity": self.identity,
            "sdk": {"name": SDK_NAME, "version": SDK_VERSION},
            "taskQueues": [queue],
        }

    def take(self, task):
        """HTTP status and body for one dispatch."""
        function = self.activities.get(task["activityType"])
        if function is None or task["taskQueue"] != self.task_queue or "deploymentVersion" in task:
            return 404, {"notServed": f'activity type "{task["activityType"]}" on task queue "{task["taskQueue"]}"'}
        with self._lock:
            self._forget_old()
            execution = self._executions.get(task["dispatchId"])
            if execution is None:
                if sum(not one.over.is_set() for one in self._executions.values()) >= MAX_RUNNING:
                    return 503, {"message": "this Worker runs as many activities as it may"}
                execution = self._executions[task["dispatchId"]] = Execution()
                threading.Thread(target=self._execute, args=(execution, task, function), daemon=True).start()
        execution.over.wait(HOLD_S)
        with self._lock:
            if execution.accepted or execution.answer is None:
                execution.accepted = True
                return 202, {}
            return 200, execution.answer

    def _execute(self, execution, task, function):
        answer = self._answer(task, function)
        with self._lock:
            execution.answer, execution.ended = answer, time.monotonic()
            execution.over.set()
            accepted = execution.accepted
        if accepted and answer is not None:
            self.engine.respond(task["taskToken"], answer)

    def _answer(self, task, function):
        activity = None
        try:
            activity = Activity(task, self.engine, self.identity)
            result = function(activity, *decode(task.get("input")))
            return {"completed": {"result": encode([result]), "identity": self.identity}}
        except CompleteLater:
            return None
        except Stopped as stop:
            if stop.why == "cancelled":
                return {"canceled": {"identity": self.identity}}
            failure = failure_of(ApplicationError(str(stop), STOPPED_TYPES[stop.why]))
        except Exception as error:  # Whatever the activity raises fails this attempt.
            failure = failure_of(error)
        failed = {"failure": failure, "identity": self.identity}
        if activity is not None and activity.unsent is not None:
            failed["lastHeartbeatDetails"] = activity.unsent
        return {"failed": failed}

    def _forget_old(self):
        limit = time.monotonic() - KEEP_ANSWERS_S
        self._executions = {
            name: one for name, one in self._executions.items() if one.ended is None or one.ended > limit
        }


def handler_for(worker):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            if self.path.endswith("/perdure/v1/describe") and "origin" not in self.headers:
                return self._answer(200, worker.describe())
            return self._answer(404, {"message": "nothing is served here"})

        def do_POST(self):
            length = self.headers.get("content-length", "")
            if "origin" in self.headers:
                return self._answer(403, {"message": "web pages have no business here"})
            if not self.path.endswith("/perdure/v1/activity-task"):
                return self._answer(404, {"message": "nothing is served here"})
            if not length.isdigit() or int(length) > MAX_BODY_BYTES:
                return self._answer(413, {"message": f"a body of at most {MAX_BODY_BYTES} bytes, with its length"})
            body = self.rfile.read(int(length))
            refusal = worker.verifier.refusal(self.headers, body)
            if refusal is not None:
                return self._answer(401, {"message": f"not taken for a request of the engine: {refusal}"})
            task = json.loads(body)
            status, reply = worker.take(task)
            try:
                self._answer(status, reply)
            except OSError:
                # The engine is not there any more: it gets the answer when it is back.
                if status == 200:
                    worker.engine.respond(task["taskToken"], reply)

        def _answer(self, status, body):
            data = json.dumps(body).encode()
            self.send_response(status)
            # Only what carries it is an answer; all else means that no Worker was reached.
            self.send_header("perdure-sdk", f"python-example/{SDK_VERSION}")
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_):
            pass

    return Handler
