"""Every question about presence, asked of a small world: alice in ch1 and ch2, bob in ch2, carol in ch3 by a group."""

from support import Subscriber, here_now_values, observe, run


async def scenario():
    alice = Subscriber("alice", timeout_and_interval=(60, 29))
    bob = Subscriber("bob", timeout_and_interval=(60, 29))
    carol = Subscriber("carol", timeout_and_interval=(60, 29))
    client = Subscriber("asker").client

    await client.add_channel_to_channel_group().channels(["ch2", "ch3"]).channel_group("gr").future()
    await client.add_channel_to_channel_group().channels("ch4").channel_group("gr-empty").future()
    await alice.subscribe(["ch1", "ch2"])
    await bob.subscribe(["ch2"])
    await client.add_channel_to_channel_group().channels("ch3").channel_group("gr-carol").future()
    await carol.subscribe(groups=["gr-carol"])
    await alice.client.set_state().channels(["ch1", "ch2"]).state({"count": 5}).future()

    async def here_now(name, request):
        observe(name, here_now_values((await request.future()).result))

    await here_now("single", client.here_now().channels("ch1"))
    await here_now("single with state", client.here_now().channels(["ch2"]).include_state(True))
    await here_now("single without users", client.here_now().channels("ch2").include_uuids(False))
    await here_now("single, empty", client.here_now().channels("ch-empty"))
    await here_now("several", client.here_now().channels("ch1,ch2"))
    await here_now("several with state", client.here_now().channels(("ch1", "ch2")).include_state(True))
    await here_now("several, empty", client.here_now().channels(["ch-empty", "ch-empty-too"]))
    await here_now("group", client.here_now().channel_groups("gr"))
    await here_now("group and channel", client.here_now().channel_groups("gr").channels("ch1"))
    await here_now("group without users", client.here_now().channel_groups("gr").include_uuids(False))
    await here_now("group, empty", client.here_now().channel_groups("gr-empty"))
    await here_now("all", client.here_now())
    await here_now("all with state", client.here_now().include_state(True))

    async def where_now(name, request):
        observe(name, sorted((await request.future()).result.channels))

    await where_now("where is alice", alice.client.where_now())
    await where_now("where is bob", client.where_now().uuid("bob"))
    await where_now("where is carol", client.where_now().uuid("carol"))
    await where_now("where is nobody", client.where_now().uuid(".*|@"))

    async def state(name, request):
        observe(name, (await request.future()).result.channels)

    await state("state of one channel", client.get_state().channels("ch1").uuid("alice"))
    await state("state of several channels", alice.client.get_state().channels(["ch1", "ch2", "ch3"]))
    await state("state of a group", client.get_state().channel_groups("gr").uuid("alice"))
    await state("state of bob", client.get_state().channels("ch2").uuid("bob"))

    both = await bob.client.set_state().channels("ch1").channel_groups("gr").state({"by": "group"}).future()
    observe("set by channel and group", both.result.state)
    await state("state set by channel and group", bob.client.get_state().channels("ch1").channel_groups("gr"))


run(scenario)
