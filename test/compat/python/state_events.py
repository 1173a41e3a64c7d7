"""A client sees another one's state change, and the last state when that one leaves or falls silent."""

from support import Subscriber, observe, run

CHANNEL = "python-state-events"


async def scenario():
    watcher = Subscriber("watcher", timeout_and_interval=(60, 29))
    await watcher.subscribe([CHANNEL], with_presence=True)
    observe("presence", await watcher.next_presence())

    mover = Subscriber("mover", timeout_and_interval=(60, 29))
    await mover.subscribe([CHANNEL])
    observe("presence", await watcher.next_presence())
    for state in [{"age": 20, "mood": {"is": "good", "since": [1, 2.5, None]}}, {"name": "Łukasz + Zoë"}]:
        answer = await mover.client.set_state().channels(CHANNEL).state(state).future()
        observe("set", answer.result.state)
        observe("presence", await watcher.next_presence())
    mover.client.unsubscribe().channels(CHANNEL).execute()
    observe("presence", await watcher.next_presence())

    faller = Subscriber("faller", timeout_and_interval=(3, 60), suppress_leave_events=True)
    await faller.subscribe([CHANNEL])
    observe("presence", await watcher.next_presence())
    await faller.client.set_state().channels(CHANNEL).state({"last": "words"}).future()
    observe("presence", await watcher.next_presence())
    faller.client.unsubscribe().channels(CHANNEL).execute()
    observe("presence", await watcher.next_presence())

    await watcher.client.set_state().channels(CHANNEL).state({"over": True}).future()
    observe("presence", await watcher.next_presence())


run(scenario)
