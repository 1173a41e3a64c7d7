"""A client publishes in every way it knows, and another one hears it; a third hears only what its filter lets pass."""

from support import Subscriber, observe, run

CHANNEL = "python messages é (1)"


async def scenario():
    reader = Subscriber("reader", timeout_and_interval=(60, 29))
    picky = Subscriber("picky", timeout_and_interval=(60, 29), filter_expression="kind == 'b' && size >= 2")
    writer = Subscriber("writer").client
    await reader.subscribe([CHANNEL])
    await picky.subscribe([CHANNEL])

    async def publish(name, request):
        sent = await request.future()
        observe("published", {"by": name, "error": sent.is_error(), "timetoken": str(sent.result.timetoken)})
        observe("message", await reader.next_message())

    def message():
        return writer.publish().channel(CHANNEL)

    await publish("get", message().message({"text": "a/b?c#d %25 ☃", "n": [1, True, None]}))
    await publish("get with meta", message().message("filtered out").meta({"kind": "b", "size": 1}))
    await publish("get with matching meta", message().message("let through").meta({"kind": "b", "size": 2}))
    observe("filtered", await picky.next_message())
    await publish("post", message().message(["posted"]).use_post(True))
    await publish("compressed post", message().message({"packed": "x" * 200}).use_post(True).use_compression(True))
    fired = await writer.fire().channel(CHANNEL).message("fired").future()
    observe("fired", {"error": fired.is_error(), "timetoken": str(fired.result.timetoken)})
    await publish("get after fire", message().message("after the fired one"))

    sent = await writer.signal().channel(CHANNEL).message("psst").future()
    observe("signalled", {"error": sent.is_error(), "timetoken": str(sent.result.timetoken)})
    observe("signal", await reader.next_signal())


run(scenario)
