"""The activities. Environment: PERDURE_ADDRESS, PERDURE_API_KEY, PORT, and WORKER_URL where the engine reaches it elsewhere."""

import os
import random
import statistics
import threading
import time

from perdure_worker import ApplicationError, CompleteLater, Worker, encode

TASK_QUEUE = "python-activities"


def summarize(activity, numbers):
    """Answers at once."""
    if len(numbers) < 2:
        raise ApplicationError("a summary needs two numbers", "TooFewNumbers", non_retryable=True)
    return {"mean": statistics.mean(numbers), "deviation": statistics.stdev(numbers)}


def simulate(activity, summary, rounds):
    """Takes its time, says how far it is, and goes on from there when its Worker died."""
    done, total = activity.heartbeat_details or (0, 0.0)
    begun_at = done
    while done < rounds:
        # The same for every attempt: a round that is done twice has the same outcome.
        chance = random.Random(f"{activity.idempotency_key} {done}")
        total += chance.gauss(summary["mean"], summary["deviation"])
        done += 1
        activity.heartbeat(done, total)
        time.sleep(0.01)
    return {"rounds": done, "mean": total / done, "begunAt": begun_at}


def approve(activity, report):
    """Answered 202; completed later with the task token, by whoever has it: here, in a second, by a colleague of few words."""
    reply = {"completed": {"result": encode(["approved by a colleague"])}}
    threading.Timer(1, worker.engine.respond, [activity.task_token, reply]).start()
    raise CompleteLater


worker = Worker(
    os.environ.get("PERDURE_ADDRESS", "http://127.0.0.1:8787"),
    TASK_QUEUE,
    {"summarize": summarize, "simulate": simulate, "approve": approve},
    api_key=os.environ.get("PERDURE_API_KEY"),
    port=int(os.environ.get("PORT", "9244")),
    url=os.environ.get("WORKER_URL"),
)

if __name__ == "__main__":
    worker.run()
