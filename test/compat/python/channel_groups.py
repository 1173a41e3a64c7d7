"""A client keeps a group: adds channels, lists them, takes one away, and drops the group."""

from support import Subscriber, error_values, observe, run

GROUP = "python-groups.own"


async def scenario():
    client = Subscriber("keeper").client

    async def listed(name):
        answer = await client.list_channels_in_channel_group().channel_group(GROUP).future()
        observe(name, sorted(answer.result.channels))

    await listed("unknown")
    added = await client.add_channel_to_channel_group().channels(["a", "b", "c-d"]).channel_group(GROUP).future()
    observe("answer to add", str(added.result))
    await listed("added")
    removed = await client.remove_channel_from_channel_group().channels(["a"]).channel_group(GROUP).future()
    observe("answer to remove", str(removed.result))
    await listed("removed")
    refused = await client.add_channel_to_channel_group().channels(["x.*"]).channel_group(GROUP).future()
    observe("wildcard", error_values(refused))
    dropped = await client.remove_channel_group().channel_group(GROUP).future()
    observe("answer to drop", str(dropped.result))
    await listed("dropped")


run(scenario)
