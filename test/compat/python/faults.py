"""What a client makes of being refused: by every kind of request, and while it subscribes."""

from support import Subscriber, error_values, observe, run


async def scenario():
    stranger = Subscriber("stranger", subscribe_key="nobodys-key")
    client = stranger.client
    observe("here now", error_values(await client.here_now().channels("ch").future()))
    observe("where now", error_values(await client.where_now().future()))
    observe("set state", error_values(await client.set_state().channels("ch").state({"a": 1}).future()))
    observe("publish", error_values(await client.publish().channel("ch").message("hey").future()))

    client.subscribe().channels("ch").execute()
    heard = await stranger.listener.error_queue.get()
    observe("subscribe", error_values(_Refusal(heard)))

    writer = Subscriber("writer", publish_key="nobodys-key").client
    observe("publish key", error_values(await writer.publish().channel("ch").message("hey").future()))
    observe("name too long", error_values(await writer.here_now().channels("n" * 93).future()))
    still_well = await writer.time().future()
    observe("time", str(still_well.result))


class _Refusal:
    """An exception that the listener was told of, in the shape of a refused request."""

    def __init__(self, exception):
        self.status = exception.status

    @staticmethod
    def is_error():
        return True


run(scenario)
