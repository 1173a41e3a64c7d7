envelope = await pubnub.here_now() \
    .channel_groups(['cg1', 'cg2', 'cg3']) \
    .include_uuids(True) \
    .include_state(True) \
    .future()
