"""A client in its default configuration subscribes and unsubscribes; a second one does so without telling."""

import time

from support import Subscriber, observe, run

CHANNEL = "python-default"


async def scenario():
    watcher = Subscriber("watcher", timeout_and_interval=(60, 29))
    await watcher.subscribe([CHANNEL], with_presence=True)
    observe("presence", await watcher.next_presence())

    leaver = Subscriber("leaver")
    await leaver.subscribe([CHANNEL])
    observe("presence", await watcher.next_presence())
    leaver.client.unsubscribe().channels(CHANNEL).execute()
    observe("presence", await watcher.next_presence())

    silent = Subscriber("silent", suppress_leave_events=True)
    await silent.subscribe([CHANNEL])
    observe("presence", await watcher.next_presence())
    silent.client.unsubscribe().channels(CHANNEL).execute()
    unsubscribed_at = time.monotonic()
    observe("presence", await watcher.next_presence())
    observe("silence", time.monotonic() - unsubscribed_at)

    await watcher.client.set_state().channels(CHANNEL).state({"over": True}).future()
    observe("presence", await watcher.next_presence())


run(scenario)
