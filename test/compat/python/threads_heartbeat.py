"""The client of threads: a user heartbeats, stops, keeps its poll open, and times out.

    threads_heartbeat.py NAME

The client of this version starts its heartbeat loop with an error after the first heartbeat, so the second one is
sent here by hand. It gives up a poll after ten seconds and asks again, as the client's own tests have it.
"""

import queue
import sys
import threading
import time

from pubnub.pubnub import PubNub, SubscribeListener

from support import DEADLINE_SECONDS, configuration, here_now_values, observe, presence_values

CHANNEL = "python-threads-" + sys.argv[1]
PRESENCE_TIMEOUT_SECONDS = 8
HEARTBEAT_INTERVAL_SECONDS = 3


class Listener(SubscribeListener):
    """The client's own listener, with deadlines."""

    def connected_in_time(self):
        if not self.connected_event.wait(DEADLINE_SECONDS):
            raise TimeoutError("not connected")

    def next_presence(self):
        return presence_values(self.presence_queue.get(timeout=DEADLINE_SECONDS))


def main():
    watcher = PubNub(configuration("watcher", daemon=True, subscribe_request_timeout=10))
    listener = Listener()
    watcher.add_listener(listener)
    watcher.subscribe().channels(CHANNEL).with_presence().execute()
    listener.connected_in_time()
    observe("presence", listener.next_presence())

    timing = (PRESENCE_TIMEOUT_SECONDS, HEARTBEAT_INTERVAL_SECONDS)
    options = {"daemon": True, "subscribe_request_timeout": 10, "enable_presence_heartbeat": True}
    messenger = PubNub(configuration("messenger", timing, **options))
    connecting = Listener()
    messenger.add_listener(connecting)
    try:
        messenger.subscribe().channels(CHANNEL).execute()
        observe("heartbeat loop", "runs")
    except AttributeError as error:
        observe("heartbeat loop", str(error))
    connecting.connected_in_time()
    observe("presence", listener.next_presence())

    threading.Event().wait(HEARTBEAT_INTERVAL_SECONDS)
    messenger.heartbeat().channels([CHANNEL]).sync()
    heartbeat_at = time.monotonic()
    observe("presence", listener.next_presence())
    observe("silence", time.monotonic() - heartbeat_at)
    observe("here now", here_now_values(watcher.here_now().channels(CHANNEL).sync().result))


try:
    main()
except queue.Empty:
    sys.exit("No presence event within %d seconds." % DEADLINE_SECONDS)
