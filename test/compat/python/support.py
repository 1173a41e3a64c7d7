"""What the programs of the suite share: clients made from the environment, waits with a deadline, and observations.

An observation is one line of JSON on standard output, {"name": ..., "value": ...}. What it has to be is the business
of the test that started the program.
"""

import asyncio
import json
import os

from pubnub.enums import PNStatusCategory
from pubnub.pnconfiguration import PNConfiguration
from pubnub.pubnub_asyncio import PubNubAsyncio, SubscribeListener

DEADLINE_SECONDS = 40


def configuration(user_id, timeout_and_interval=None, **options):
    """A client's configuration: where the server is, who the user is, and otherwise the client's own defaults."""
    config = PNConfiguration()
    config.origin = os.environ["ORIGIN"]
    config.ssl = False
    config.subscribe_key = os.environ["SUBSCRIBE_KEY"]
    config.publish_key = os.environ["PUBLISH_KEY"]
    config.user_id = user_id
    if timeout_and_interval is not None:
        config.set_presence_timeout_with_custom_interval(*timeout_and_interval)
    for name, value in options.items():
        if not hasattr(config, name):
            raise AttributeError(name)
        setattr(config, name, value)
    return config


def observe(name, value):
    print(json.dumps({"name": name, "value": value}), flush=True)


def presence_values(event):
    """Everything the client says about a presence event. Timetokens are too long for a JSON number."""
    return {
        "event": event.event,
        "uuid": event.uuid,
        "channel": event.channel,
        "subscription": event.subscription,
        "occupancy": event.occupancy,
        "state": event.state,
        "timestamp": event.timestamp,
        "timetoken": str(event.timetoken),
    }


def message_values(message):
    return {
        "message": message.message,
        "channel": message.channel,
        "subscription": message.subscription,
        "publisher": message.publisher,
        "timetoken": str(message.timetoken),
    }


def here_now_values(result):
    return {
        "total_channels": result.total_channels,
        "total_occupancy": result.total_occupancy,
        "channels": [channel_values(channel) for channel in result.channels],
    }


def channel_values(channel):
    occupants = channel.occupants
    return {
        "channel_name": channel.channel_name,
        "occupancy": channel.occupancy,
        "occupants": None if occupants is None else [{"uuid": o.uuid, "state": o.state} for o in occupants],
    }


def error_values(envelope):
    status = envelope.status
    return {
        "is_error": envelope.is_error(),
        "category": None if status is None else _category_name(status.category),
        "status_code": None if status is None else status.status_code,
        "body": None if status is None else status.original_response,
    }


def _category_name(number):
    return next(name for name, value in vars(PNStatusCategory).items() if value == number)


class Listener(SubscribeListener):
    """The client's own listener, which keeps presence events and messages, and forgets signals."""

    def __init__(self):
        super().__init__()
        self.signal_queue = asyncio.Queue()

    def signal(self, pubnub, signal):
        self.signal_queue.put_nowait(signal)


class Subscriber:
    """A client and what its listener has heard, in order."""

    def __init__(self, user_id, timeout_and_interval=None, **options):
        self.client = PubNubAsyncio(configuration(user_id, timeout_and_interval, **options))
        self.listener = Listener()
        self.client.add_listener(self.listener)
        _opened.append(self.client)

    async def subscribe(self, channels=(), groups=(), with_presence=False):
        """Subscribes and waits until the server has answered."""
        builder = self.client.subscribe().channels(list(channels)).channel_groups(list(groups))
        if with_presence:
            builder = builder.with_presence()
        builder.execute()
        await self.listener.wait_for_connect()

    async def next_presence(self):
        return presence_values(await self.listener.presence_queue.get())

    async def next_message(self):
        return message_values(await self.listener.message_queue.get())

    async def next_signal(self):
        return message_values(await self.listener.signal_queue.get())


_opened = []


def run(scenario):
    """Runs a scenario to its end, at most until the deadline, and stops its clients."""

    async def bounded():
        try:
            await asyncio.wait_for(scenario(), DEADLINE_SECONDS)
        finally:
            for client in _opened:
                await client.stop()

    asyncio.run(bounded())
