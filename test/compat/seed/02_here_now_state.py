envelope = await pubnub.here_now() \
    .channels("my_channel") \
    .include_uuids(True) \
    .include_state(True) \
    .future()
