"""A client that heartbeats watches itself join, and another one come and go: directly, or through a group.

    join_leave.py channel|group
"""

import sys

from support import Subscriber, observe, run

HEARTBEATS = {"timeout_and_interval": (30, 10), "enable_presence_heartbeat": True}


async def scenario():
    through_group = sys.argv[1] == "group"
    channel = "python-join-leave-by-" + sys.argv[1]
    group = channel + "-group"
    channels, groups = ([], [group]) if through_group else ([channel], [])

    watcher = Subscriber("watcher", **HEARTBEATS)
    messenger = Subscriber("messenger", **HEARTBEATS)
    if through_group:
        added = await watcher.client.add_channel_to_channel_group().channels(channel).channel_group(group).future()
        observe("added", not added.is_error())

    await watcher.subscribe(channels, groups, with_presence=True)
    observe("presence", await watcher.next_presence())
    await messenger.subscribe(channels, groups)
    observe("presence", await watcher.next_presence())
    messenger.client.unsubscribe().channels(channels).channel_groups(groups).execute()
    await messenger.listener.wait_for_disconnect()
    observe("presence", await watcher.next_presence())

    await watcher.client.set_state().channels(channel).state({"over": True}).future()
    observe("presence", await watcher.next_presence())


run(scenario)
