envelope = await pubnub.where_now() \
    .uuid('some-other-uuid') \
    .future()
