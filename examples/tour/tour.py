import asyncio

from pubnub.pnconfiguration import PNConfiguration  # pip install pubnub==7.2.0
from pubnub.pubnub_asyncio import PubNubAsyncio


async def main():
    config = PNConfiguration()
    config.subscribe_key = config.publish_key = "demo"
    config.user_id = "cleo"
    config.origin = "127.0.0.1:7400"
    config.ssl = False
    pubnub = PubNubAsyncio(config)

    await pubnub.set_state().channels("lobby").state({"age": 20}).future()
    state = await pubnub.get_state().channels("lobby").future()
    print(state.result.channels)

    here = await pubnub.here_now().channels("lobby").include_uuids(True).future()
    print(here.result.total_occupancy)
    await pubnub.stop()


asyncio.run(main())
