envelope = await pubnub.here_now() \
    .channels("my_channel") \
    .include_uuids(False) \
    .include_state(False) \
    .future()
