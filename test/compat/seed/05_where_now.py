envelope = await pubnub.where_now() \
    .future()
