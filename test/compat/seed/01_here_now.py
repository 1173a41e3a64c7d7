import asyncio
import os
from pubnub.pnconfiguration import PNConfiguration
from pubnub.pubnub_asyncio import PubNubAsyncio
from pubnub.exceptions import PubNubException

async def get_here_now(pubnub: PubNubAsyncio):
    try:
        # Get a list of UUIDs subscribed to channels
        envelope = await pubnub.here_now() \
            .channels(['cool_channel1', 'cool_channel2']) \
            .include_uuids(True) \
            .future()

        if envelope.status.is_error():
            print("Error retrieving here_now data")
            return

        for channel_data in envelope.result.channels:
            print("---")
            print(f"Channel: {channel_data.channel_name}")
            print(f"Occupancy: {channel_data.occupancy}")
            for occupant in channel_data.occupants:
                print(f"UUID: {occupant.uuid}, State: {occupant.state}")

    except PubNubException as e:
        print(f"Error: {e}")

if __name__ == "__main__":
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)

    # Configuration for PubNub instance
    pn_config = PNConfiguration()
    pn_config.subscribe_key = os.getenv('SUBSCRIBE_KEY', 'demo')
    pn_config.user_id = "my_custom_user_id"
    pn_config.origin = os.environ['ORIGIN']
    pn_config.ssl = False

    pubnub = PubNubAsyncio(pn_config)

    try:
        loop.run_until_complete(get_here_now(pubnub))
    finally:
        loop.run_until_complete(pubnub.stop())
        loop.close()
